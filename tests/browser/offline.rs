//! With the server gone, the visited page and the search go on: the built engine, through the service worker.

use crate::browser::Browser;
use crate::site::Site;

/// The search box of the page.
const BOX: &str = "document.querySelector('siteseer-search').shadowRoot";

/// Types a question that shares no word with its answer, and waits for the answer.
async fn search_by_meaning(browser: &Browser) {
    browser.run(&format!("{BOX}.querySelector('input').focus()")).await;
    browser.keys("garbage pile stinks").await;
    browser
        .until(&format!(
            "['.badge:is(.dense, .reranked)', '[href*=\"compost.html#smell\"]'].every((part) => {BOX}.querySelector(part))"
        ))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_one_visit_the_page_and_the_search_need_no_server() {
    let site = Site::garden();
    let browser = Browser::start(1280, 900, false).await;
    let page = site.url("index.html");
    browser.open(&page).await;
    search_by_meaning(&browser).await;
    browser
        .run(
            "setInterval(async () => {
                 const needed = ['demo.css', 'siteseer/worker.js'];
                 const answers = await Promise.all(needed.map((name) => caches.match(name)));
                 const opened = await Promise.all((await caches.keys()).map((name) => caches.open(name)));
                 const cached = (await Promise.all(opened.map((cache) => cache.keys()))).flat();
                 const files = [/model-/, /vectors-/, /lexical-/, /postings-/, /passages-/];
                 window.kept = answers.every(Boolean) && files.every((file) => cached.some(({ url }) => file.test(url)));
             }, 100)",
        )
        .await;
    browser.until("window.kept").await;
    drop(site);
    browser.open(&page).await;
    search_by_meaning(&browser).await;
    browser.screenshot("garden-offline").await;
    browser.close().await;
}
