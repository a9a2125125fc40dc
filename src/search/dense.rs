//! The dense tier. What knows vectors, all of them ([`flat`](crate::index::flat)) or codes ([`compressed`](crate::index::compressed)), lies
//! beside the models, what knows words and sections in the engine: between them go the passages that are wanted and their cosines.

use super::fuse::FusionWeights;
use super::join::best_by_words;
use super::searcher::{Hit, RETRIEVE, Searcher, mismatch, not_loaded, weights_of};
use crate::error::Result;
use crate::index::compressed::{CompressedVectors, Look};
use crate::index::flat::FlatIndex;
use crate::index::scan::{ScanQuery, Scored};
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

/// The passages nearest to a query among those that `keep` lets pass, best first, and these `words`, which are wanted anyway: with their
/// cosines, all exact. `file` has the vectors, for messages.
///
/// # Errors
/// If `embedding` has another length than the vectors, or one of `words` is no passage.
pub fn compare_all(
    index: &FlatIndex,
    file: &str,
    embedding: &[f32],
    keep: impl Fn(u32) -> bool,
    words: &[u32],
) -> Result<(Vec<Scored>, Vec<Scored>)> {
    let (n, dim) = (index.vectors().len(), index.vectors().dim());
    if embedding.len() != dim {
        return Err(mismatch(file, "embedding length", dim, embedding.len()));
    }
    if let Some(passage) = words.iter().find(|&&passage| passage as usize >= n) {
        return Err(mismatch(file, "passage", format!("below {n}"), passage));
    }
    let query = ScanQuery::new(embedding);
    let compared = words.iter().map(|&passage| Scored { passage, score: index.score(&query, passage) }).collect();
    Ok((index.top_k(&query, NEAR, keep), compared))
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
        self.join_compared(query, near, words, weights_of(self.manifest.fusion), limit)
    }

    /// The same, with other weights.
    pub(super) fn join_compared(
        &self,
        query: &str,
        near: &[Scored],
        words: &[Scored],
        weights: FusionWeights,
        limit: usize,
    ) -> Result<Vec<Hit>> {
        near.iter().chain(words).try_for_each(|scored| self.check_passage(scored))?;
        let worst = near.last().map_or(0.0, |scored| scored.score);
        let best_of = |part: Range<u32>| {
            let known = words.iter().copied().filter(|scored| part.contains(&scored.passage));
            let best = known.reduce(|a, b| if b.score > a.score { b } else { a });
            best.unwrap_or_else(|| Scored { passage: self.first_of(part), score: worst })
        };
        Ok(self.join(query, near, &best_of, weights, RETRIEVE, limit))
    }
}
