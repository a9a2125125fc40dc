//! Learned sparse retrieval in the shipped client: the page before the model is the one that the command line gives.

use crate::browser::Browser;
use crate::site::Site;

/// Sums of some ten impacts and z-scores, in 32 bits on both sides; the browser's compiler may order them otherwise.
const ROUNDING: f64 = 1e-4;

const QUERIES: [&str; 5] = ["garbage pile stinks", "slugs eat my plants", "make soil better", "watering", "zzz"];

#[tokio::test(flavor = "multi_thread")]
async fn postings_by_meaning_order_results_as_the_command_line_does() {
    let site = Site::garden_with(&["--sparse", "on"]);
    let browser = Browser::start(800, 600, false).await;
    browser.open(&site.url("index.html")).await;
    let pages = browser
        .run_async(&format!(
            "const {{ open }} = await import(`${{location.origin}}/siteseer/siteseer.js`);
             const search = await open({{ tiers: 'static' }});
             const all = [];
             for (const query of {}) {{
                 const pages = [];
                 for await (const {{ tier, results }} of search.query(query, {{ limit: 50 }}))
                     pages.push([tier, results.map(({{ passage, score }}) => [passage, score])]);
                 all.push(pages);
             }}
             search.close();
             return all;",
            serde_json::to_string(&QUERIES).unwrap()
        ))
        .await;
    let pages: Vec<Vec<(String, Vec<(u64, f64)>)>> = serde_json::from_value(pages).unwrap();
    let mut changed = 0;
    for (query, pages) in QUERIES.iter().zip(&pages) {
        let tiers: Vec<&str> = pages.iter().map(|(tier, _)| tier.as_str()).collect();
        assert_eq!(tiers, ["lexical", "static"], "{query}");
        let (found, expected) = (&pages[1].1, site.native(query, "static"));
        assert_eq!(found.len(), expected.len(), "{query}");
        for (found, expected) in found.iter().zip(&expected) {
            assert!(
                found.0 == expected.0 && (found.1 - expected.1).abs() < ROUNDING,
                "{query}: {found:?}, {expected:?}"
            );
        }
        let order = |page: &[(u64, f64)]| page.iter().map(|(passage, _)| *passage).collect::<Vec<_>>();
        changed += usize::from(order(&pages[0].1) != order(found));
    }
    assert!(changed >= 3, "meaning changed the order of {changed} queries");
    browser.close().await;
}
