//! The stemmers that go along with an index: one file for each of its languages that the browser's engine does not stem itself.

use super::output::OutputFolder;
use crate::cli::client;
use crate::index::manifest::StemmerFile;
use crate::text::stem::{primary_subtag, stemmer_of};
use anyhow::Result;
use std::collections::BTreeSet;

/// Writes the stemmers of the languages in which queries are stemmed. `tags`: the language tags of all pages, since a language may have
/// several. A program that was built without the browser's files has none to write.
pub(super) fn write_stemmers<'a>(
    output: &OutputFolder,
    query_languages: &[String],
    tags: impl Iterator<Item = &'a str>,
) -> Result<Vec<StemmerFile>> {
    let subtags: BTreeSet<String> = tags.map(|tag| primary_subtag(tag).to_ascii_lowercase()).collect();
    let mut written = Vec::new();
    for name in query_languages.iter().filter_map(|subtag| stemmer_of(subtag)) {
        let Some(packed) = client::stemmer(name) else { continue };
        let languages = subtags.iter().filter(|subtag| stemmer_of(subtag) == Some(name)).cloned().collect();
        written.push(StemmerFile { languages, file: output.add_packed(&format!("stemmer-{name}"), "wasm", &packed)? });
    }
    Ok(written)
}
