//! Learned sparse retrieval in one process: the index's own postings of impacts, chunk by chunk as a browser reads them, or others that are
//! tried on the index.

use super::cascade::Cascade;
use super::fuse::FusionWeights;
use super::searcher::{Hit, not_loaded, weights_of};
use super::sparse_tier::SparseTier;
use crate::error::Result;

/// The name under which errors speak of postings that no manifest has.
const IMPACTS: &str = "impacts";

impl Cascade {
    /// The postings of impacts, once they are open.
    pub fn sparse_tier(&self) -> Option<&SparseTier> {
        self.sparse_tier.as_ref()
    }

    /// The postings of impacts, to add chunks to them.
    pub fn sparse_tier_mut(&mut self) -> Option<&mut SparseTier> {
        self.sparse_tier.as_mut()
    }

    /// Opens the index's own postings by the content of their root.
    ///
    /// # Errors
    /// If the index has none, or the root is damaged.
    pub fn load_sparse_tier(&mut self, root: &[u8]) -> Result<()> {
        let files = self.searcher.manifest().files.sparse.as_ref().ok_or_else(|| not_loaded(IMPACTS))?;
        self.sparse_tier = Some(SparseTier::open(root, &files.root.name, files.impacts.clone())?);
        Ok(())
    }

    /// Answers from these postings from now on.
    pub fn try_sparse_tier(&mut self, tier: SparseTier) {
        self.sparse_tier = Some(tier);
    }

    pub(super) fn rank_sparse(&self, query: &str, limit: usize) -> Result<Vec<Hit>> {
        let tier = self.sparse_tier.as_ref().ok_or_else(|| not_loaded(IMPACTS))?;
        let scored = tier.score(query, &self.searcher.parts_by_words(query)?);
        let entry = self.searcher.manifest().sparse.as_ref().map(|sparse| sparse.fusion);
        self.searcher.rank_impacts(query, &scored, entry.map_or(FusionWeights::SPARSE, weights_of), limit)
    }
}
