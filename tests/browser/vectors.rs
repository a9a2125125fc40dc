//! Compressed vectors in the shipped client: the dense page is the one of all vectors.

use crate::browser::Browser;
use crate::site::Site;

const QUERIES: [&str; 5] = ["garbage pile stinks", "slugs eat my plants", "make soil better", "when to water", "zzz"];

/// The dense page of each query, passages with their scores, and the tier's state, the bytes that it loaded, and its error.
async fn ask(site: &Site, browser: &Browser) -> (Vec<Vec<(u64, f64)>>, Vec<String>) {
    browser.open(&site.url("index.html")).await;
    let found = browser
        .run_async(&format!(
            "const {{ open }} = await import(`${{location.origin}}/siteseer/siteseer.js`);
             const search = await open({{ tiers: 'dense' }});
             const all = [];
             for (const query of {}) {{
                 for await (const {{ tier, results }} of search.query(query, {{ limit: 50 }}))
                     if (tier === 'dense') all.push(results.map(({{ passage, score }}) => [passage, score]));
             }}
             const {{ state, loaded, error }} = search.status.dense;
             search.close();
             return [all, [state, String(loaded), String(error ?? '')]];",
            serde_json::to_string(&QUERIES).unwrap()
        ))
        .await;
    serde_json::from_value(found).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn compressed_vectors_find_what_all_vectors_find() {
    let browser = Browser::start(800, 600, false).await;
    let [whole, compressed] = ["whole", "compressed"].map(|vectors| Site::garden_with(&["--vectors", vectors]));
    let (all, status) = ask(&whole, &browser).await;
    assert_eq!((status[0].as_str(), all.len()), ("ready", QUERIES.len()), "{status:?}");
    let (few, other) = ask(&compressed, &browser).await;
    assert_eq!(other[0], "ready", "{other:?}");
    assert_ne!(status[1], other[1], "other files were loaded");
    // all passages of this site are on the shortlist, integer kernels are bit-equal, and the engine adds in the same order
    assert_eq!(few, all);

    // without the vectors it is the codes that are compared: the same sections, with scores close to those
    for name in std::fs::read_dir(compressed.folder.join("siteseer")).unwrap() {
        let path = name.unwrap().path();
        if path.file_name().unwrap().to_str().unwrap().starts_with("exact-") {
            std::fs::remove_file(path).unwrap();
        }
    }
    let browser = {
        browser.close().await;
        Browser::start(800, 600, false).await
    };
    let (codes, status) = ask(&compressed, &browser).await;
    assert_eq!(status[0], "ready", "{status:?}");
    assert_ne!(codes, all, "these are codes");
    for (codes, all) in codes.iter().zip(&all) {
        assert_eq!(codes.len(), all.len());
        let close = codes.iter().filter(|(passage, score)| {
            let other = all.iter().find(|(other, _)| other == passage).map(|(_, score)| *score);
            other.is_some_and(|other| (other - score).abs() < 0.3)
        });
        assert!(close.count() * 10 >= all.len() * 9, "{codes:?} {all:?}");
    }
    browser.close().await;
}
