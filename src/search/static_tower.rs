//! The static tier in one process: the index's own, chunk by chunk as a browser reads it, or a whole static query tower that
//! is tried on the index's vectors.

use super::cascade::Cascade;
use super::searcher::{Hit, mismatch, not_loaded};
use super::static_tier::{StaticGroups, StaticTier};
use crate::error::Result;
use crate::model::static_tower::StaticTower;

/// The name under which errors speak of a tower that the manifest does not have.
const STATIC_TOWER: &str = "static query tower";

impl Cascade {
    /// The index's own static tier, once its roots are loaded.
    pub fn static_tier(&self) -> Option<&StaticTier> {
        self.static_tier.as_ref()
    }

    /// The index's own static tier, to add chunks to it.
    pub fn static_tier_mut(&mut self) -> Option<&mut StaticTier> {
        self.static_tier.as_mut()
    }

    /// Opens the index's own static tier by the contents of its two roots, the tower's and the axes.
    ///
    /// # Errors
    /// If the index has none, or a root is damaged.
    pub fn load_static_tier(&mut self, root: &[u8], axes: &[u8]) -> Result<()> {
        let manifest = self.searcher.manifest();
        let files = manifest.files.static_tower.as_ref().ok_or_else(|| not_loaded(STATIC_TOWER))?;
        let (tokens, cells, rows) = (files.tokens.clone(), files.cells.clone(), files.rows.clone());
        let names = [files.root.name.as_str(), &files.axes.name];
        let groups = StaticGroups { tokens, cells, rows };
        self.static_tier = Some(StaticTier::open(root, axes, names, manifest.counts.passages, groups)?);
        Ok(())
    }

    /// Loads the model file of a static query tower that was fitted to the index's bi-encoder, to try it on the index's
    /// vectors in place of the index's own. `file_name` is only for messages.
    ///
    /// # Errors
    /// If words alone were indexed, the file is damaged, or its tokens or vectors are not those of the index's model.
    pub fn load_static_tower(&mut self, content: &[u8], file_name: &str) -> Result<()> {
        let manifest = self.searcher.manifest();
        let model = manifest.model.as_ref().ok_or_else(|| not_loaded(manifest.files.model_name()))?;
        let tower = StaticTower::load(content, file_name)?;
        if tower.tokenizer_sha256() != model.tokenizer_sha256 {
            return Err(mismatch(file_name, "tokenizer hash", &model.tokenizer_sha256, tower.tokenizer_sha256()));
        }
        if tower.config().dim != model.dim {
            return Err(mismatch(file_name, "embedding length", model.dim, tower.config().dim));
        }
        self.static_tower = Some(tower);
        Ok(())
    }

    /// Takes a tower that was tried out again: the index's own answers from now on.
    pub fn unload_static_tower(&mut self) {
        self.static_tower = None;
    }

    pub(super) fn rank_static(&self, query: &str, limit: usize) -> Result<Vec<Hit>> {
        if let Some(tower) = &self.static_tower {
            return self.searcher.rank_static(query, &tower.embed(&tower.tokenize(query)), limit);
        }
        let file = self.searcher.manifest().files.static_tower.as_ref();
        let tier = self.static_tier.as_ref();
        let tier = tier.ok_or_else(|| not_loaded(file.map_or(STATIC_TOWER, |files| &files.root.name)))?;
        let rows = self.searcher.rows_needed(query, &tier.near(query)?)?;
        self.searcher.rank_rows(query, &tier.score_rows(query, &rows)?, limit)
    }
}
