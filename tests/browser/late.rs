//! Late interaction in the shipped client: its page comes between the dense and the reranked one, and its order is the one that the
//! command line gives.

use crate::browser::Browser;
use crate::site::Site;
use std::collections::HashMap;

/// How far a score may be from the native one, and how near two scores are that may change places: relaxed SIMD rounds activations to
/// seven bits, this machine's kernels to more, which moves the query's vector and those of its tokens. On the queries below the largest
/// difference of a score was 0.13 with a code of the site's own, 0.16 with the head's (relaxed SIMD, AVX-512); this is twice the former. Late interaction itself adds several units to a score.
const TIE: f64 = 0.26;

const QUERIES: [&str; 4] = ["garbage pile stinks", "slugs eat my plants", "make soil better", "when to water"];

/// Every page of a query: its tier, and passages with their scores, best first.
async fn ask(browser: &Browser, query: &str) -> Vec<(String, Vec<(u64, f64)>)> {
    let query = serde_json::to_string(query).unwrap();
    let pages = browser
        .run_async(&format!(
            "const pages = [];
             for await (const {{ tier, results }} of search.query({query}))
                 pages.push([tier, results.map(({{ passage, score }}) => [passage, score])]);
             return pages;"
        ))
        .await;
    serde_json::from_value(pages).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn late_interaction_orders_results_as_the_command_line_does() {
    let site = Site::garden_with(&["--late", "rerank"]);
    let browser = Browser::start(800, 600, false).await;
    browser.open(&site.url("index.html")).await;
    browser
        .run_async(
            "const { open } = await import(`${location.origin}/siteseer/siteseer.js`);
             window.search = await open({ rerankBudget: 600000 });",
        )
        .await;
    let (mut changed, mut worst) = (0, 0f64);
    for query in QUERIES {
        let pages = ask(&browser, query).await;
        let tiers: Vec<&str> = pages.iter().map(|(tier, _)| tier.as_str()).collect();
        let place = tiers.iter().position(|tier| *tier == "late").unwrap_or_else(|| panic!("{query}: {tiers:?}"));
        assert_eq!((tiers[place - 1], tiers[place + 1]), ("dense", "reranked"), "{query}");
        let late = &pages[place].1;
        let order = |page: &[(u64, f64)]| page.iter().map(|(passage, _)| *passage).collect::<Vec<_>>();
        changed += usize::from(order(late) != order(&pages[place - 1].1));

        let expected = site.native(query, "late");
        let scores: HashMap<u64, f64> = expected.iter().copied().collect();
        for (at, (passage, score)) in late.iter().enumerate() {
            worst = worst.max((scores[passage] - score).abs());
            let behind = late[at + 1..].iter().map(|(later, _)| scores[later] - scores[passage]).fold(0.0, f64::max);
            assert!(behind <= TIE, "{query}: {passage} stands before one that is {behind} better natively");
        }
        let same = late.iter().zip(&expected).filter(|(a, b)| a.0 == b.0).count();
        println!("`{query}`: {same} of {} at the same place as natively", late.len());
        let behind = expected[0].1 - scores[&late[0].0];
        assert!(behind <= TIE, "{query}: the best is {behind} worse natively than the best there");
    }
    println!("scores differ by {worst:.4} at most");
    assert!(worst <= TIE, "scores differ by {worst}");
    assert!(changed > 0, "late interaction never changed the order");
    let fetched = browser
        .run_async(
            "const manifest = await (await fetch('siteseer/manifest.json')).json();
             return [search.status.late.state, manifest.files.late.tokens.files > 1, search.status.late.loaded];",
        )
        .await;
    let (state, several, loaded): (String, bool, u64) = serde_json::from_value(fetched).unwrap();
    assert!(state == "ready" && several && loaded > 50_000, "{state}, {loaded} bytes of head and code");
    browser.close().await;
}
