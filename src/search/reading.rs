//! What the cross-encoder reads of a candidate: the opening of its section.
//!
//! The dense tier compares short passages, since a short one has a sharp vector. A reader needs more: what the section is
//! about, and a section says that at its beginning. Reading the passage that was found, alone or with its neighbours, was tried
//! on dev queries and did less; the opening is also the shortest to read.

use super::searcher::{Searcher, not_loaded};
use crate::error::Result;
use crate::index::passages::model_text;

/// Words of a section that are read: with title, headings and query they fit into 160 word pieces.
const WORDS: usize = 85;
/// Passages at a section's beginning that hold these words; a passage has some fifty.
const PASSAGES: usize = 3;

impl Searcher {
    /// The passages whose texts [`pair_texts`](Self::pair_texts) is made of: the first ones of their
    /// sections. Without the lexical file, which knows the sections, the candidates themselves.
    pub fn reading(&self, candidates: &[u32]) -> Vec<u32> {
        candidates.iter().flat_map(|&passage| self.opening(passage)).collect()
    }

    /// What the cross-encoder reads of each candidate: title and headings, and the words of the section's opening, as far
    /// as they are loaded (see [`reading`](Self::reading)).
    ///
    /// # Errors
    /// If not even a candidate itself is loaded.
    pub fn pair_texts(&self, candidates: &[u32]) -> Result<Vec<String>> {
        candidates.iter().map(|&candidate| self.pair_text(candidate)).collect()
    }

    fn pair_text(&self, candidate: u32) -> Result<String> {
        let mut read: Vec<_> = self.opening(candidate).map_while(|passage| self.passage(passage)).collect();
        if read.is_empty() {
            read.extend(self.passage(candidate));
        }
        let Some(first) = read.first() else { return Err(not_loaded(&format!("passage {candidate}"))) };
        let words: Vec<&str> = read.iter().flat_map(|record| record.text.split_whitespace()).take(WORDS).collect();
        Ok(model_text(&first.title, &first.heading_path, &words.join(" ")))
    }

    fn opening(&self, passage: u32) -> std::ops::Range<u32> {
        let section = self.section_around(passage).unwrap_or(passage..passage + 1);
        section.start..section.end.min(section.start + PASSAGES as u32)
    }
}
