//! Real text to compare engines on: the evaluation collections where they are, otherwise this project's own documentation
//! and, to make up the number, sentences put together from the vocabulary.
#![allow(dead_code, unreachable_pub)] // A module of several test binaries; each uses a part.

use super::eval;
use super::random::Random;
use std::path::Path;

/// `n` texts of up to a few hundred words, the same in every run on the same machine; and where they are from.
pub fn passages(n: usize) -> (Vec<String>, &'static str) {
    let Some(folder) = eval::eval_folder() else {
        return (own_passages(n), "this project's documentation and generated sentences");
    };
    let collections = eval::collections(&folder);
    let share = n.div_ceil(collections.len());
    let mut texts = Vec::with_capacity(n);
    for collection in &collections {
        let mut documents = eval::documents(&folder, collection);
        // as the splitter does: fewer than three words make no passage
        documents.retain(|text| text.split_whitespace().count() >= 3);
        let step = (documents.len() / share).max(1);
        texts.extend(documents.into_iter().step_by(step).take(share));
    }
    texts.truncate(n);
    (texts, "the evaluation collections")
}

fn own_passages(n: usize) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = Vec::new();
    for entry in walkdir::WalkDir::new(root.join("docs")).sort_by_file_name().into_iter().flatten() {
        if entry.path().extension().is_some_and(|e| e == "md") {
            texts.extend(eval::windows(&std::fs::read_to_string(entry.path()).expect("docs can be read"), 90));
        }
    }
    let vocabulary = include_str!("../../src/lib.rs");
    let words: Vec<&str> = vocabulary.split_whitespace().collect();
    let mut random = Random::new(17);
    while texts.len() < n {
        let length = 3 + random.below(120);
        texts.push((0..length).map(|_| random.pick(&words)).collect::<Vec<_>>().join(" "));
    }
    texts.truncate(n);
    texts
}
