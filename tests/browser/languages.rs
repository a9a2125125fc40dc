//! A site in German with a page in English: words are found in all their forms, as on the command line, with the stemmer that the index
//! brings along; and without it still as they are written.

use crate::browser::Browser;
use crate::node::node;
use crate::site::Site;
use serde_json::Value;
use siteseer::text::stem::Stemmer;
use siteseer::text::words::fold_accents_into;
use std::collections::BTreeMap;
use std::path::Path;

/// The search box of the page.
const BOX: &str = "document.querySelector('siteseer-search').shadowRoot";

fn berge() -> Site {
    Site::indexed("berge", &["--model", "none"])
}

/// Types a query and waits for a row of this page with these words marked.
async fn find(browser: &Browser, query: &str, page: &str, marked: &str) {
    browser.run(&format!("{BOX}.querySelector('input').focus()")).await;
    browser.keys(query).await;
    browser
        .until(&format!(
            "[...{BOX}.querySelectorAll('[role=option][href*=\"{page}\"] mark')].some((mark) => mark.textContent === '{marked}')"
        ))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_forms_of_a_word_are_found_and_marked_also_offline() {
    let site = berge();
    let browser = Browser::start(1280, 900, false).await;
    let page = site.url("index.html");
    browser.open(&page).await;
    find(&browser, "Häuser", "huette.html#lage", "Haus").await;
    browser.screenshot("german").await;
    browser
        .run(
            "setInterval(async () => {
                 const opened = await Promise.all((await caches.keys()).map((name) => caches.open(name)));
                 const cached = (await Promise.all(opened.map((cache) => cache.keys()))).flat();
                 const files = [/worker.js/, /stemmers.js/, /stemmer-de-/, /lexical-/, /postings-/, /passages-/];
                 window.kept = files.every((file) => cached.some(({ url }) => file.test(url)));
             }, 100)",
        )
        .await;
    browser.until("window.kept").await;
    drop(site);
    browser.open(&page).await;
    find(&browser, "Häuser", "huette.html#lage", "Haus").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_languages_are_searched_each_in_its_own_way() {
    let site = berge();
    let browser = Browser::start(1280, 900, false).await;
    for (query, page, marked) in [
        ("Straßen ", "huette.html#lage", "Straße"),
        ("Quellen ", "essen.html#wasser", "Quelle"),
        ("walker ", "arrival.html#bus", "walkers"),
        ("housing ", "arrival.html#bus", "houses"),
    ] {
        browser.open(&site.url("index.html")).await;
        find(&browser, query, page, marked).await;
    }
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_stemmer_words_are_found_as_they_are_written() {
    let site = berge();
    std::fs::remove_file(site.index_file("stemmer-")).unwrap();
    let browser = Browser::start(1280, 900, false).await;
    browser.open(&site.url("index.html")).await;
    find(&browser, "Wanderung", "wege.html#gipfel", "Wanderung").await;
    browser.close().await;
}

#[test]
fn node_stems_as_well_from_the_folder_and_through_a_loader() {
    let site = berge();
    let folder = url::Url::from_directory_path(site.folder.canonicalize().unwrap()).unwrap();
    let loader = format!(
        "{{ manifest: 'https://example.org/siteseer/manifest.json',
            loader: (url) => readFile(new URL(url.slice('https://example.org/'.length), '{folder}')) }}"
    );
    for options in ["{}", &loader] {
        let found = node(&format!(
            "import {{ readFile }} from 'node:fs/promises';
             import {{ open }} from '{folder}siteseer/siteseer.js';
             const search = await open({options});
             const first = async (query) => {{
                 for await (const {{ results }} of search.query(query)) return results.map(({{ url, excerpt }}) => url.split('/').at(-1) + ' ' + (/<mark>.*?<.mark>/.exec(excerpt) ?? ''))[0];
             }};
             console.log(JSON.stringify([await first('Wanderungen'), await first('\"eine Wanderung\" Gipfeln '), await first('Wanderrungen '), await search.suggest('Wndarung')]));
             search.close();"
        ));
        let wanted = "wege.html#gipfel <mark>Wanderung</mark>";
        assert_eq!(
            found,
            serde_json::json!([wanted, "wege.html#gipfel <mark>Eine</mark>", "wege.html#gipfel ", ["wanderung"]]),
            "{options}"
        );
    }
}

#[test]
fn an_index_has_the_stemmers_of_its_languages_and_no_others() {
    let stemmers = |site: &Site| {
        let manifest = std::fs::read(site.folder.join("siteseer/manifest.json")).unwrap();
        let manifest: Value = serde_json::from_slice(&manifest).unwrap();
        manifest["files"]["stemmers"].clone()
    };
    let (english, german) = (Site::garden_with(&["--model", "none"]), berge());
    assert_eq!(stemmers(&english), Value::Null);
    let list = stemmers(&german);
    assert_eq!((&list[0]["languages"], &list[1]), (&serde_json::json!(["de"]), &Value::Null));
    assert_eq!(german.index_file("stemmer-").file_name().unwrap().to_str(), list[0]["file"]["name"].as_str());
    let is_stemmer = |entry: std::io::Result<std::fs::DirEntry>| {
        let name = entry.unwrap().file_name().into_string().unwrap();
        name.starts_with("stemmer") && name != "stemmers.js"
    };
    for (site, count) in [(&english, 0), (&german, 1)] {
        assert_eq!(
            std::fs::read_dir(site.folder.join("siteseer"))
                .unwrap()
                .filter_map(|e| is_stemmer(e).then_some(()))
                .count(),
            count
        );
    }
}

/// Words of a language: those of the fixture, their beginnings, and two of them joined.
fn words_like(words: &BTreeMap<String, String>) -> Vec<String> {
    let mut made: Vec<String> = Vec::new();
    for word in words.keys() {
        let ends = word.char_indices().map(|(at, _)| at).skip(1);
        made.extend(ends.map(|end| word[..end].to_owned()));
        made.extend(words.keys().map(|other| format!("{word}{other}")));
    }
    made.extend(words.keys().cloned());
    made
}

#[test]
fn the_stemmers_of_the_browser_are_those_of_the_command_line() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let stems: BTreeMap<String, BTreeMap<String, String>> =
        serde_json::from_slice(&std::fs::read(root.join("tests/fixtures/stems.json")).unwrap()).unwrap();
    let words: BTreeMap<&String, Vec<String>> = stems.iter().map(|(tag, words)| (tag, words_like(words))).collect();
    let dist = url::Url::from_directory_path(root.join("www/dist")).unwrap();
    let answers = node(&format!(
        "import {{ readFile }} from 'node:fs/promises';
         import {{ gunzipSync }} from 'node:zlib';
         import {{ useStemmers }} from '{dist}stemmers.js';
         const words = {};
         const stemmers = Object.keys(words).map((tag) => ({{ languages: [tag], file: {{ name: tag }} }}));
         const read = async (tag) => ({{ status: 'fulfilled', value: gunzipSync(await readFile(new URL('stemmers/' + tag + '.wasm.gz', '{dist}'))) }});
         await useStemmers(stemmers, await Promise.all(Object.keys(words).map(read)));
         const stem = (tag) => (word) => siteseerStem(tag.charCodeAt(0) | (tag.charCodeAt(1) << 8), word);
         console.log(JSON.stringify(Object.fromEntries(Object.entries(words).map(([tag, list]) => [tag, list.map(stem(tag))]))));",
        serde_json::to_string(&words).unwrap()
    ));
    let answers: BTreeMap<String, Vec<String>> = serde_json::from_value(answers).unwrap();
    let (mut term, mut folded, mut compared) = (String::new(), String::new(), 0);
    for (tag, words) in words {
        for (word, stem) in words.iter().zip(&answers[tag]).filter(|(word, _)| word.chars().all(char::is_alphabetic)) {
            Stemmer::for_lang(tag).term_into(word, &mut term);
            folded.clear();
            fold_accents_into(if stem.is_empty() { word } else { stem }, &mut folded);
            assert_eq!(folded, term, "{word} in {tag}");
            compared += 1;
        }
    }
    assert!(compared > 500, "{compared}");
}
