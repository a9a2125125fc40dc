//! The dense tier of an index whose vectors are compressed (see [`compressed`](crate::index::compressed)). What knows vectors lies beside the
//! models, what knows words and sections in the engine: between them go the passages that are wanted and their cosines.
//! [`rank_dense`](Searcher::rank_dense) does the same where all vectors are at hand.

use super::join::best_by_words;
use super::searcher::{Hit, RETRIEVE, Searcher, not_loaded, weights_of};
use crate::error::Result;
use crate::index::compressed::{CompressedVectors, Look};
use crate::index::scan::Scored;
use std::ops::Range;

/// Passages that the dense tier retrieves by meaning.
const NEAR: usize = 2 * RETRIEVE;

/// Looks through compressed vectors; `keep` is as for [`CompressedVectors::look`].
///
/// # Errors
/// If `embedding` has another length than the vectors.
pub fn look(vectors: &CompressedVectors, embedding: &[f32], keep: impl Fn(u32) -> bool) -> Result<Look> {
    vectors.look(embedding, NEAR, keep)
}

impl Searcher {
    /// For each passage whether it may answer, 1 or 0; none if all may.
    pub fn selected(&self) -> Vec<u8> {
        match self.has_selection() {
            true => (0..self.manifest.counts.passages).map(|passage| u8::from(self.is_selected(passage))).collect(),
            false => Vec::new(),
        }
    }

    /// The passages of the best sections by words, that may answer: they take part in the fusion, so they need a cosine.
    ///
    /// # Errors
    /// If the lexical postings are not loaded.
    pub fn passages_by_words(&self, query: &str) -> Result<Vec<u32>> {
        let (sections, lexical) = self.lexical.as_ref().ok_or_else(|| not_loaded(&self.manifest.files.lexical.name))?;
        let words = best_by_words(sections, &self.bm25(sections, lexical, query), RETRIEVE);
        let passages = words.into_iter().flat_map(|(part, _)| sections.part(part));
        Ok(passages.filter(|&passage| self.is_selected(passage)).collect())
    }

    /// The best `limit` sections by words and meaning, best first: `near` are the passages nearest in meaning, best first, `words` those of
    /// [`passages_by_words`](Self::passages_by_words), with their cosines (a part of a section that has none there counts as the worst that is near).
    ///
    /// # Errors
    /// If one has a passage that the index has not.
    pub fn rank_compared(&self, query: &str, near: &[Scored], words: &[Scored], limit: usize) -> Result<Vec<Hit>> {
        near.iter().chain(words).try_for_each(|scored| self.check_passage(scored))?;
        let worst = near.last().map_or(0.0, |scored| scored.score);
        let best_of = |part: Range<u32>| {
            let known = words.iter().copied().filter(|scored| part.contains(&scored.passage));
            let best = known.reduce(|a, b| if b.score > a.score { b } else { a });
            best.unwrap_or_else(|| Scored { passage: self.first_of(part), score: worst })
        };
        Ok(self.join(query, near, &best_of, weights_of(self.manifest.fusion), RETRIEVE, limit))
    }
}
