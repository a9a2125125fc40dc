//! Words and learned sparse impacts, fused: what `siteseer eval` judges as `lexical+sparse` (native only). The tokens of a query are
//! the bi-encoder's; of both lists the scores are of parts of sections, as BM25's are.

use super::cascade::Cascade;
use super::fuse::{FusionWeights, fuse};
use super::join::{best_by_words, first_of_sections, hit_of};
use super::searcher::{FUSE, Hit, RETRIEVE, Searcher, not_loaded};
use crate::error::Result;
use crate::index::impacts::ImpactIndex;
use crate::index::sections::Sections;
use crate::model::static_tower::MAX_PIECES;

/// The name under which errors speak of the postings, which no manifest has.
const IMPACTS: &str = "impacts";
/// Parts that are looked for, since several may belong to one section.
pub const SPARSE_PARTS: usize = 2 * RETRIEVE;
/// How much the impacts, half as good as the words, count beside these: chosen on the dev queries of rust-docs
/// (`models/training/sparse_postings.py`).
const WEIGHTS: FusionWeights = FusionWeights { dense: 0.4, lexical: 0.75 };

impl Cascade {
    /// Answers `lexical+sparse` from these postings from now on. All of their chunks have been added.
    pub fn load_impacts(&mut self, impacts: ImpactIndex) {
        self.impacts = Some(impacts);
    }

    /// The postings, once there are any.
    pub fn impacts(&self) -> Option<&ImpactIndex> {
        self.impacts.as_ref()
    }

    /// Tokens of a query, in its order.
    ///
    /// # Errors
    /// If the bi-encoder is not loaded.
    pub fn sparse_tokens(&self, query: &str) -> Result<Vec<&str>> {
        let model = self.searcher.manifest.files.model_name();
        let tokenizer = self.encoders().ok_or_else(|| not_loaded(model))?.bi_encoder().tokenizer();
        let mut ids = Vec::new();
        tokenizer.encode_into(query, &mut ids);
        Ok(ids.into_iter().take(MAX_PIECES).map(|id| tokenizer.text_of(id)).collect())
    }

    pub(super) fn rank_sparse(&self, query: &str, limit: usize) -> Result<Vec<Hit>> {
        let impacts = self.impacts.as_ref().ok_or_else(|| not_loaded(IMPACTS))?;
        self.searcher.rank_sparse(query, &self.sparse_tokens(query)?, impacts, limit)
    }
}

impl Searcher {
    /// The sections and their parts, once the root of the lexical index is loaded.
    pub fn sections(&self) -> Option<&Sections> {
        self.lexical.as_ref().map(|(sections, _)| sections)
    }

    /// The best `limit` sections by words and impacts, best first. A blank query has none.
    fn rank_sparse(&self, query: &str, tokens: &[&str], impacts: &ImpactIndex, limit: usize) -> Result<Vec<Hit>> {
        let (sections, lexical) = self.lexical.as_ref().ok_or_else(|| not_loaded(&self.manifest.files.lexical.name))?;
        if query.trim().is_empty() {
            return Ok(Vec::new());
        }
        let bm25 = self.bm25(sections, lexical, query);
        let words = best_by_words(sections, &bm25, RETRIEVE);
        let impacts = impacts.query(tokens.iter().copied());
        let first_of = |part: u32| self.first_of(sections.part(part));
        let best = impacts.top_k(SPARSE_PARTS).parts;
        let near = first_of_sections(sections, &best, RETRIEVE, |&(part, _)| first_of(part));
        let mut parts: Vec<u32> = words.iter().map(|&(part, _)| part).collect();
        parts.sort_unstable();
        let scores = impacts.scores(&parts);
        let score_of = |part: u32| parts.binary_search(&part).map_or(0.0, |at| scores[at]);
        let fused = fuse(&near, &words, WEIGHTS, FUSE, score_of, |part| bm25[part as usize]);
        let fused = first_of_sections(sections, &fused, limit, |fused| first_of(fused.passage));
        Ok(fused.into_iter().map(|fused| hit_of(fused, first_of(fused.passage))).collect())
    }
}
