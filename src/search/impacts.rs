//! The half of learned sparse retrieval that knows words and sections: which parts need a score, and the fusion of these scores with
//! the words'. Scores are of parts of sections, as BM25's are.

use super::fuse::FusionWeights;
use super::join::best_by_words;
use super::searcher::{Hit, RETRIEVE, Searcher, mismatch, not_loaded};
use crate::error::Result;
use crate::index::scan::Scored;
use crate::index::top_k::TopK;

impl Searcher {
    /// The parts of the best sections by words, in order of number: they take part in the fusion, so they need a score.
    ///
    /// # Errors
    /// If the root of the lexical index is not loaded.
    pub fn parts_by_words(&self, query: &str) -> Result<Vec<u32>> {
        let (sections, lexical) = self.lexical.as_ref().ok_or_else(|| not_loaded(&self.manifest.files.lexical.name))?;
        let mut parts = Vec::new();
        for (part, _) in best_by_words(sections, &self.bm25(sections, lexical, query), RETRIEVE) {
            let place = parts.partition_point(|&other| other < part);
            parts.insert(place, part);
        }
        Ok(parts)
    }

    /// The best `limit` sections by words and by the sums of impacts of `scored`, parts whose passages are taken for their numbers; others have none.
    ///
    /// # Errors
    /// If the root of the lexical index is not loaded, or `scored` has a part that the index has not.
    pub fn rank_impacts(
        &self,
        query: &str,
        scored: &[Scored],
        weights: FusionWeights,
        limit: usize,
    ) -> Result<Vec<Hit>> {
        let name = &self.manifest.files.lexical.name;
        let (sections, _) = self.lexical.as_ref().ok_or_else(|| not_loaded(name))?;
        let mut top = TopK::new(scored.len());
        for part in scored {
            if part.passage >= sections.parts() {
                return Err(mismatch(name, "part of a section", format!("below {}", sections.parts()), part.passage));
            }
            let passages = sections.part(part.passage);
            if passages.clone().any(|passage| self.is_selected(passage)) {
                top.push(self.first_of(passages), part.score);
            }
        }
        let top: Vec<Scored> = top.into_sorted().map(|(passage, score)| Scored { passage, score }).collect();
        Ok(self.join_scored(query, &top, 0.0, weights, RETRIEVE, limit))
    }
}
