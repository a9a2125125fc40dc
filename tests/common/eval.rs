//! Texts of the evaluation collections (BEIR layout), for tests on real text.
#![allow(dead_code, unreachable_pub)] // A module of several test binaries; each uses a part.

use std::io::Read;
use std::path::{Path, PathBuf};

/// Folder of the collections: `SITESEER_EVAL`, or `../shared/eval` beside the repository. `None` if it is not there:
/// the collections are not part of the project, so only suites that are about them may ask for them.
pub fn eval_folder() -> Option<PathBuf> {
    let folder = match std::env::var_os("SITESEER_EVAL") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/eval"),
    };
    folder.is_dir().then_some(folder)
}

/// Names of the collections in `folder`, sorted.
pub fn collections(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("the folder of collections can be listed");
    let folders = entries.filter_map(|entry| entry.ok()).filter(|entry| entry.path().is_dir());
    let mut names: Vec<String> = folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Documents of a collection, `title` and `text` joined by a line break.
pub fn documents(folder: &Path, collection: &str) -> Vec<String> {
    let plain = folder.join(collection).join("corpus.jsonl");
    if plain.is_file() {
        return json_lines(&std::fs::read_to_string(&plain).expect("corpus.jsonl is text"));
    }
    let file = std::fs::File::open(plain.with_extension("jsonl.gz")).expect("a collection has corpus.jsonl(.gz)");
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(file).read_to_string(&mut text).expect("corpus.jsonl.gz is gzipped text");
    json_lines(&text)
}

/// Queries of a collection.
pub fn queries(folder: &Path, collection: &str) -> Vec<String> {
    json_lines(&std::fs::read_to_string(folder.join(collection).join("queries.jsonl")).expect("queries.jsonl is text"))
}

fn json_lines(text: &str) -> Vec<String> {
    text.lines()
        .map(|line| {
            let entry: serde_json::Value = serde_json::from_str(line).expect("a line is a JSON object");
            let field = |name| entry[name].as_str().unwrap_or_default();
            format!("{}\n{}", field("title"), field("text")).trim().to_string()
        })
        .collect()
}

/// Cuts `text` into windows of `words` words.
pub fn windows(text: &str, words: usize) -> Vec<String> {
    let all: Vec<&str> = text.split_whitespace().collect();
    all.chunks(words).map(|window| window.join(" ")).collect()
}
