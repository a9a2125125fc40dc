//! The dense tier where all vectors and the words lie in one process, whole: that of the command line, which also tries other query vectors
//! on them. In the browser the two lie apart, and [`dense`](super::dense) joins them; here it is the same code.

use super::dense::compare_all;
use super::fuse::FusionWeights;
use super::searcher::{Hit, Searcher, mismatch, not_loaded, weights_of};
use crate::error::Result;
use crate::index::flat::FlatIndex;
use crate::index::scan::{ScanQuery, Scored};
use crate::kernels::Backend;

impl Searcher {
    /// Opens the vectors.
    ///
    /// # Errors
    /// If they are damaged, or of another shape than the manifest's, or if words alone were indexed.
    pub fn load_vectors(&mut self, content: &[u8]) -> Result<()> {
        let (file, n) = (self.manifest.files.vectors_name(), self.manifest.counts.passages as usize);
        let Some(model) = &self.manifest.model else { return Err(not_loaded(file)) };
        self.vectors = Some(FlatIndex::open(content, file, n, model.dim, Backend::best())?);
        Ok(())
    }

    /// Whether the vectors are there.
    pub fn has_vectors(&self) -> bool {
        self.vectors.is_some()
    }

    /// Row and scale of a passage's vector, once the vectors are loaded.
    pub(super) fn vector(&self, passage: u32) -> Option<(&[i8], f32)> {
        Some(self.vectors.as_ref()?.vectors().row(passage))
    }

    /// The best `limit` sections by words and meaning, best first. `embedding [dim]` is the query's, L2-normalised. Words
    /// are ranked by part of a section; meanings by passage, and a part is worth its best one, a section its best part. Without the lexical postings it is
    /// the order of cosines alone. A blank query has none.
    ///
    /// # Errors
    /// If the vectors are not loaded, or `embedding` has another length than they.
    pub fn rank_dense(&self, query: &str, embedding: &[f32], limit: usize) -> Result<Vec<Hit>> {
        self.rank_vector(query, embedding, weights_of(self.manifest.fusion), limit)
    }

    /// As [`rank_dense`](Self::rank_dense), for an `embedding` by a static query tower that is tried on the vectors of the index:
    /// how much it counts beside the words is what the manifest says of the index's own tower, or [`FusionWeights::STATIC`].
    ///
    /// # Errors
    /// As [`rank_dense`](Self::rank_dense).
    pub fn rank_static(&self, query: &str, embedding: &[f32], limit: usize) -> Result<Vec<Hit>> {
        self.rank_vector(query, embedding, self.static_weights(), limit)
    }

    /// The best `limit` sections by meaning alone, best first; scores are cosines. Without the lexical postings, which know the
    /// sections, the best passages. A blank query has none.
    ///
    /// # Errors
    /// As [`rank_dense`](Self::rank_dense).
    pub fn rank_meaning(&self, query: &str, embedding: &[f32], limit: usize) -> Result<Vec<Hit>> {
        if query.trim().is_empty() {
            return Ok(Vec::new());
        }
        let near = self.vectors_for(embedding)?.top_k(&ScanQuery::new(embedding), 2 * limit, |p| self.is_selected(p));
        Ok(self.sections_of(near, limit))
    }

    /// The first `limit` sections of passages by cosine, best first.
    pub(super) fn sections_of(&self, near: Vec<Scored>, limit: usize) -> Vec<Hit> {
        let (mut hits, mut seen): (Vec<Hit>, Vec<u32>) = (Vec::new(), Vec::new());
        for Scored { passage, score } in near {
            let section = self.section_around(passage).map_or(passage, |section| section.start);
            if hits.len() < limit && !seen.contains(&section) {
                seen.push(section);
                let dense_rank = Some(seen.len() as u32);
                hits.push(Hit { passage, score, lexical_rank: None, dense_rank, logit: None });
            }
        }
        hits
    }

    /// Ranks by the vector of a query, fused with its words if the lexical postings are loaded.
    fn rank_vector(&self, query: &str, vector: &[f32], weights: FusionWeights, limit: usize) -> Result<Vec<Hit>> {
        let words = if self.has_postings() { self.passages_by_words(query)? } else { Vec::new() };
        let file = self.manifest.files.vectors_name();
        let (near, words) = compare_all(self.vectors_for(vector)?, file, vector, |p| self.is_selected(p), &words)?;
        self.join_compared(query, &near, &words, weights, limit)
    }

    /// The vectors, if a query's `vector` can be compared with them.
    fn vectors_for(&self, vector: &[f32]) -> Result<&FlatIndex> {
        let file = self.manifest.files.vectors_name();
        let index = self.vectors.as_ref().ok_or_else(|| not_loaded(file))?;
        match index.vectors().dim() {
            dim if dim == vector.len() => Ok(index),
            dim => Err(mismatch(file, "embedding length", dim, vector.len())),
        }
    }
}
