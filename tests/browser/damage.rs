//! Files that are missing, cut short or from somewhere else: the box says so, and search goes down a tier, not away.

use crate::browser::Browser;
use crate::site::Site;
use std::fs;

const BOX: &str = "document.querySelector('siteseer-search').shadowRoot";

/// Searches for a word of the garden site; returns all text of the box once rows or a message are there.
async fn text_after_search(site: &Site, until: &str) -> String {
    let browser = Browser::start(1280, 900, false).await;
    browser.open(&site.url("index.html")).await;
    browser.run(&format!("{BOX}.querySelector('input').focus()")).await;
    browser.keys("aphids").await;
    browser
        .until(&format!(
            "(() => {{ const text = {BOX}.querySelector('[part=panel]')?.innerText ?? ''; return {until} }})()"
        ))
        .await;
    let text = browser.run(&format!("return {BOX}.querySelector('[part=panel]').innerText")).await;
    browser.close().await;
    text.as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_model_words_still_find() {
    let site = Site::garden();
    fs::remove_file(site.index_file("model-")).unwrap();
    let text = text_after_search(&site, "text.includes('phid') && text.includes('model-')").await;
    assert!(text.contains("404"), "the reason is given: {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_truncated_vectors_file_is_named_and_words_still_find() {
    let site = Site::garden();
    let path = site.index_file("vectors-");
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 100]).unwrap();
    let text = text_after_search(&site, "text.includes('phid') && text.includes('vectors-')").await;
    assert!(text.contains("bytes"), "expected and found lengths are given: {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_build_of_the_lexical_file_is_refused_with_the_next_step() {
    let site = Site::garden();
    let path = site.index_file("lexical-");
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x55;
    fs::write(&path, bytes).unwrap();
    let text = text_after_search(&site, "text.includes('lexical-')").await;
    assert!(text.contains("eploy") || text.contains("again"), "the next step is given: {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manifest_of_a_newer_format_is_refused() {
    let site = Site::garden();
    let path = site.folder.join("siteseer/manifest.json");
    let mut manifest: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    manifest["version"] = 99.into();
    fs::write(&path, manifest.to_string()).unwrap();
    let text = text_after_search(&site, "text.includes('99') || text.includes('version')").await;
    assert!(text.contains("version"), "{text}");
}
