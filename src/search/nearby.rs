//! The static tier's half that knows words and sections: which rows a query reads, and the fusion of their scores.
//!
//! What is near in meaning comes from a few cells with rough scores; what has the query's words, from the postings. The rows
//! of both are read (see [`cells`](crate::index::cells)), so that every candidate of the fusion has a cosine: a candidate
//! without one could not be placed, and most good answers have some of the words.

use super::join::best_by_words;
use super::searcher::{Hit, Searcher, mismatch, not_loaded};
use crate::error::Result;
use crate::index::scan::Scored;
use crate::index::top_k::TopK;

/// Passages from the cells whose rows are read.
const NEAR: usize = 20;
/// Sections with the query's words whose rows are read, and that take part in the fusion. With fifty nDCG@10 is 0.001 to
/// 0.004 higher, for 7 KB more a query; with thirty it was 0.01 lower than with fifty, on rust-docs.
const WORDS: usize = 40;

impl Searcher {
    /// The chunks of rows that a query reads, in order: those of the best of `near`, passages with rough scores by meaning, and
    /// of the best sections by words.
    ///
    /// # Errors
    /// If the lexical postings are not loaded, or `near` has a passage that the index has not.
    pub fn rows_needed(&self, query: &str, near: &[Scored]) -> Result<Vec<u32>> {
        let (sections, lexical) = self.lexical.as_ref().ok_or_else(|| not_loaded(&self.manifest.files.lexical.name))?;
        let mut top = TopK::new(NEAR);
        for scored in near {
            self.check_passage(scored)?;
            if self.is_selected(scored.passage) {
                top.push(scored.passage, scored.score);
            }
        }
        let words = best_by_words(sections, &self.bm25(sections, lexical, query), WORDS).into_iter();
        let mut chunks = Vec::new();
        for passage in top
            .into_sorted()
            .map(|(passage, _)| passage)
            .chain(words.map(|(part, _)| self.first_of(sections.part(part))))
        {
            let behind = self.rows.partition_point(|&first| first <= passage);
            if let Some(chunk) = behind.checked_sub(1).map(|chunk| chunk as u32)
                && let Err(at) = chunks.binary_search(&chunk)
            {
                chunks.insert(at, chunk);
            }
        }
        Ok(chunks)
    }

    /// The best `limit` sections by words and by `scored`, the passages of the rows that were read, with their cosines.
    ///
    /// # Errors
    /// If `scored` has a passage that the index has not.
    pub fn rank_rows(&self, query: &str, scored: &[Scored], limit: usize) -> Result<Vec<Hit>> {
        let mut top = TopK::new(scored.len());
        let mut least = f32::INFINITY;
        for passage in scored {
            self.check_passage(passage)?;
            if self.is_selected(passage.passage) {
                top.push(passage.passage, passage.score);
                least = least.min(passage.score);
            }
        }
        let top: Vec<Scored> = top.into_sorted().map(|(passage, score)| Scored { passage, score }).collect();
        // a section whose rows could not be had is worth no more than the worst
        let unknown = if top.is_empty() { 0.0 } else { least };
        Ok(self.join_scored(query, &top, unknown, self.static_weights(), WORDS, limit))
    }

    pub(super) fn check_passage(&self, scored: &Scored) -> Result<()> {
        let passages = self.manifest.counts.passages;
        if scored.passage < passages {
            return Ok(());
        }
        Err(mismatch(&self.manifest.files.lexical.name, "passage", format!("below {passages}"), scored.passage))
    }
}
