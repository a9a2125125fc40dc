//! A person types a question and gets the page that answers it, although it shares no word with the question.

use crate::browser::Browser;
use crate::site::Site;
use serde_json::Value;

/// Longer than the reranker goes on after its first page (`rerank-patience`).
const SETTLED_MS: u32 = 2500;
/// The search box of the page.
const BOX: &str = "document.querySelector('siteseer-search').shadowRoot";

/// Addresses of the rows, top first.
async fn addresses(browser: &Browser) -> Vec<String> {
    let rows = browser
        .run(&format!("return [...{BOX}.querySelectorAll('[role=option]')].map((row) => row.getAttribute('href'))"))
        .await;
    serde_json::from_value(rows).unwrap()
}

/// Types a query, waits for the reranked tier, and until it has had the time that it takes for the rest of the candidates.
async fn search(browser: &Browser, query: &str) -> Vec<String> {
    browser
        .run(
            "window.tiers = [];
             document.querySelector('siteseer-search').addEventListener('siteseer-results', ({ detail }) => {
                 tiers.push([detail.tier, detail.query, detail.backend]);
                 window.newest = performance.now();
             })",
        )
        .await;
    browser.run(&format!("{BOX}.querySelector('input').focus()")).await;
    browser.keys(query).await;
    let wanted = serde_json::to_string(query).unwrap();
    browser
        .until(&format!(
            "tiers.some(([tier, query]) => tier === 'reranked' && query === {wanted}) && performance.now() - newest > {SETTLED_MS}"
        ))
        .await;
    addresses(browser).await
}

fn position(addresses: &[String], page: &str) -> usize {
    addresses.iter().position(|a| a.contains(page)).unwrap_or_else(|| panic!("{page} is not in {addresses:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_finds_the_page_that_answers_it_in_other_words() {
    let site = Site::garden();
    let browser = Browser::start(1280, 900, false).await;
    browser.open(&site.url("index.html")).await;
    let found = search(&browser, "garbage pile stinks").await;
    assert_eq!(position(&found, "compost.html#smell"), 0, "{found:?}");

    // the first answer came from words alone, the last from the shipped SIMD kernels
    let tiers: Vec<(String, String, String)> = serde_json::from_value(browser.run("return tiers").await).unwrap();
    assert_eq!(tiers[0].0, "lexical", "{tiers:?}");
    assert_eq!(tiers.last().unwrap().0, "reranked", "{tiers:?}");
    let backend = &tiers.last().unwrap().2;
    assert!(["relaxed-simd", "simd128"].contains(&backend.as_str()), "backend {backend}");

    // nothing came from anywhere else
    let origins = browser
        .run("return [...new Set(performance.getEntriesByType('resource').map((e) => new URL(e.name).origin))]")
        .await;
    assert_eq!(origins, Value::from(vec![browser.run("return location.origin").await]));
    browser.screenshot("garden-desktop-light").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keyboard_is_enough() {
    let site = Site::garden();
    let browser = Browser::start(1280, 900, false).await;
    browser.open(&site.url("index.html")).await;
    let found = search(&browser, "when to water").await;
    browser.keys("\u{E015}\u{E015}").await; // down twice
    let active =
        browser.run(&format!("return {BOX}.querySelector('[aria-selected=true]')?.getAttribute('href')")).await;
    assert_eq!(active, Value::from(found[1].clone()));
    let focused = browser.run(&format!("return {BOX}.activeElement?.getAttribute('aria-activedescendant')")).await;
    assert!(focused.is_string(), "the input names the active row");
    browser.keys("\u{E007}").await; // Enter
    browser.until("!document.querySelector('siteseer-search')").await;
    // as the page sees it: the address may end with the words that the browser marks
    assert_eq!(browser.run("return location.href").await, Value::from(found[1].clone()));
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_site_answers_on_desktop_and_phone_in_light_and_dark() {
    let site = Site::demo();
    // the Rust documentation where rustup installed it; this project's own documentation elsewhere
    let rust = site.folder.join("cargo").is_dir();
    // query, pages that answer it, and how far down they may stand
    let questions: &[(&str, &[&str], usize)] = if rust {
        &[
            ("my program stops when a vector index is too large", &["ch08-01-vectors.html"], 1),
            ("make the binary smaller", &["profiles.html#opt-level", "speed-vs-size.html"], 3),
            // none of its words is in the section, and before the cross-encoder it is not among the first ten
            ("share code between several packages", &["creating-a-workspace"], 5),
        ]
    } else {
        &[("does my text leave the computer", &["privacy.html"], 3)]
    };
    for (name, width, height, dark) in [
        ("desktop-light", 1280, 900, false),
        ("desktop-dark", 1280, 900, true),
        ("phone-light", 360, 740, false),
        ("phone-dark", 360, 740, true),
    ] {
        let browser = Browser::start(width, height, dark).await;
        browser.open(&site.url("index.html")).await;
        browser.screenshot(&format!("demo-{name}-empty")).await;
        for (query, pages, depth) in questions {
            browser.open(&site.url("index.html")).await;
            let found = search(&browser, query).await;
            let best = pages.iter().filter_map(|page| found.iter().position(|a| a.contains(page))).min();
            assert!(
                best.is_some_and(|rank| rank < *depth),
                "{query}: {pages:?} not among the first {depth} of {found:#?}"
            );
            println!("{name}: `{query}` finds {pages:?} at rank {}", best.unwrap() + 1);
        }
        let scheme = browser.run("return matchMedia('(prefers-color-scheme: dark)').matches").await;
        assert_eq!(scheme, Value::from(dark));
        browser.until(&format!("{BOX}.getAnimations().every((a) => a.playState !== 'running')")).await;
        browser.screenshot(&format!("demo-{name}-results")).await;
        browser.close().await;
    }
}
