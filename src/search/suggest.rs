//! "Did you mean …": a query with its unknown words replaced by words of the site. The index knows terms, which are stems; what a
//! person may choose is a word as it stands in a passage with that term.

use super::searcher::{Searcher, not_loaded};
use crate::Result;
use crate::index::chunks::Chunk;
use crate::index::lexical::edits_between;
use crate::text::stem::{Stemmer, for_each_term};
use crate::text::words::lower_into;

/// Queries that are suggested, at most.
const MOST_QUERIES: usize = 3;

/// What to type instead of a query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Suggestions {
    /// Queries of known words only, the best first; none where all words are known, or nothing comes near one.
    pub queries: Vec<String>,
    /// Chunks that this needs and that are not there yet. Once they are added, others may be needed.
    pub missing: Vec<Chunk>,
}

impl Searcher {
    /// What may have been meant by a query, from pages that the filter leaves, as far as chunks are loaded.
    ///
    /// # Errors
    /// If the root of the lexical index is not loaded.
    pub fn suggest(&self, query: &str) -> Result<Suggestions> {
        let (sections, lexical) = self.lexical.as_ref().ok_or_else(|| not_loaded(&self.manifest.files.lexical.name))?;
        let (unknown, mut missing) = lexical.unknown_words(query, &|part| {
            // a filter chooses whole pages, a phrase some passages of a part
            sections.part(part).any(|passage| self.is_selected(passage))
        });
        let mut words: Vec<Vec<String>> = Vec::new();
        for word in &unknown {
            let typed = &query[word.range.clone()];
            let mut meant: Vec<(usize, String)> = Vec::new();
            for (term, part) in &word.terms {
                for chunk in self.missing_chunks_of(sections.part(*part)) {
                    chunk.insert_into(&mut missing);
                }
                if let Some(surface) = self.surface(term, typed, sections.part(*part))
                    && surface.0 <= most_edits(typed)
                    && !meant.contains(&surface)
                {
                    // Insertion into a short list, nearest first; of equals the first stays first.
                    let place = meant.iter().position(|(apart, _)| *apart > surface.0).unwrap_or(meant.len());
                    meant.insert(place, surface);
                }
            }
            words.push(meant.into_iter().map(|(_, surface)| surface).collect());
        }
        let most = words.iter().map(Vec::len).max().unwrap_or(0).min(MOST_QUERIES);
        let mut queries = Vec::new();
        if words.iter().all(|meant| !meant.is_empty()) {
            for nth in 0..most {
                let (mut text, mut at) = (String::new(), 0);
                for (word, meant) in unknown.iter().zip(&words) {
                    text.push_str(&query[at..word.range.start]);
                    text.push_str(&meant[nth.min(meant.len() - 1)]);
                    at = word.range.end;
                }
                text.push_str(&query[at..]);
                queries.push(text.trim().to_string());
            }
        }
        Ok(Suggestions { queries, missing })
    }

    /// The word nearest to `typed` of those that have this term in some passages, behind its distance; none while these are not loaded.
    fn surface(&self, term: &str, typed: &str, passages: std::ops::Range<u32>) -> Option<(usize, String)> {
        let mut lower = String::new();
        lower_into(typed, &mut lower);
        let mut nearest: Option<(usize, String)> = None;
        for record in passages.filter_map(|passage| self.passage(passage)) {
            let stemmer = Stemmer::for_lang(&record.lang);
            let texts = [&record.title, &record.text];
            for text in record.heading_path.iter().chain(texts) {
                for_each_term(text, stemmer, &mut |word, other| {
                    if other != term {
                        return;
                    }
                    let apart = usize::from(edits_between(&lower, word.term));
                    if nearest.as_ref().is_none_or(|(least, _)| apart < *least) {
                        nearest = Some((apart, word.term.to_string()));
                    }
                });
            }
        }
        nearest
    }
}

/// Edits that lead from what was typed to what is suggested, at most.
fn most_edits(typed: &str) -> usize {
    if typed.chars().count() < 6 { 2 } else { 3 }
}
