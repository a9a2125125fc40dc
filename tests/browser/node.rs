//! The shipped client and engines in Node, from the index folder on disk and through a loader.

use crate::site::Site;
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// Runs a module of Node and reads the JSON that it writes. It has to end by itself.
pub(crate) fn node(script: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("script.mjs");
    std::fs::write(&file, script).unwrap();
    let output = Command::new("node").arg(&file).output().expect("Node 20 or newer is on PATH");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Every page of one query: its tier, who computed it, and the addresses of its results.
fn search(client: &Path, options: &str, query: &str) -> Vec<(String, String, Vec<String>)> {
    let client = url::Url::from_file_path(client).unwrap();
    let query = Value::from(query);
    let pages = node(&format!(
        "import {{ readFile }} from 'node:fs/promises';
         import {{ open }} from '{client}';
         const search = await open({options});
         const pages = [];
         for await (const {{ tier, backend, results }} of search.query({query}))
             pages.push([tier, backend, results.map(({{ url }}) => url)]);
         search.close();
         console.log(JSON.stringify(pages));"
    ));
    serde_json::from_value(pages).unwrap()
}

#[test]
fn node_answers_from_the_folder_and_through_a_loader() {
    let site = Site::garden();
    let site_folder = site.folder.canonicalize().unwrap();
    let client = site_folder.join("siteseer/siteseer.js");
    let question = "garbage pile stinks";
    let pages = search(&client, "", question);
    let tiers: Vec<_> = pages.iter().map(|(tier, ..)| tier.as_str()).collect();
    assert_eq!(tiers.first(), Some(&"lexical"), "{tiers:?}");
    assert!(tiers.contains(&"static") && tiers.contains(&"dense"), "{tiers:?}");
    let (tier, backend, urls) = pages.last().unwrap();
    assert_eq!(tier, "reranked");
    assert!(["relaxed-simd", "simd128"].contains(&backend.as_str()), "backend {backend}");
    let folder = url::Url::from_directory_path(&site_folder).unwrap();
    assert_eq!(urls[0], format!("{folder}compost.html#smell"), "{urls:?}");

    for (tier, _, urls) in search(&client, "", "\"turn the heap\" compost") {
        assert_eq!(urls, [format!("{folder}compost.html#smell")], "{tier}: only there these words follow each other");
    }

    let options = format!(
        "{{ manifest: 'https://example.org/docs/siteseer/manifest.json', rerankWorkers: 2,
            loader: (url) => readFile(new URL(url.slice('https://example.org/docs/'.length), '{folder}')) }}"
    );
    let loaded = search(&client, &options, question);
    let (tier, _, urls) = loaded.last().unwrap();
    assert_eq!(tier, "reranked");
    assert_eq!(urls[0], "https://example.org/docs/compost.html#smell", "{urls:?}");
}
