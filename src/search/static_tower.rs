//! The static tier of an open index: its query tower and the shards of it that have been fetched.

use super::cascade::Cascade;
use super::searcher::{Hit, mismatch, not_loaded};
use crate::error::Result;
use crate::model::static_tower::StaticTower;

/// The name under which errors speak of a tower that the manifest does not have.
const STATIC_TOWER: &str = "static query tower";

impl Cascade {
    /// The static query tower, once its root is loaded.
    pub fn static_tower(&self) -> Option<&StaticTower> {
        self.static_tower.as_ref()
    }

    /// Loads the root of a static query tower (or its model file, which has all rows): the index's own, or another that was
    /// fitted to the same bi-encoder, to try it. `file_name` is only for messages.
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

    /// Shards of the static query tower that this query needs and that are not there yet, in order: fetch them by
    /// [`StaticTower::shard_name`] and hand them to [`add_static_shard`](Self::add_static_shard).
    ///
    /// # Errors
    /// If the root is not loaded.
    pub fn missing_static_shards(&self, query: &str) -> Result<Vec<u32>> {
        let tower = self.static_tower.as_ref().ok_or_else(|| self.no_static_tower())?;
        Ok(tower.missing(&tower.tokenize(query)))
    }

    /// Adds a shard of the static query tower.
    ///
    /// # Errors
    /// If the root is not loaded, or it knows no such shard.
    pub fn add_static_shard(&mut self, shard: u32, content: &[u8]) -> Result<()> {
        match &mut self.static_tower {
            Some(tower) => tower.add_shard(shard, content),
            None => Err(self.no_static_tower()),
        }
    }

    pub(super) fn rank_static(&self, query: &str, limit: usize) -> Result<Vec<Hit>> {
        let tower = self.static_tower.as_ref().ok_or_else(|| self.no_static_tower())?;
        self.searcher.rank_static(query, &tower.embed(&tower.tokenize(query))?, limit)
    }

    fn no_static_tower(&self) -> crate::Error {
        let file = self.searcher.manifest().files.static_tower.as_ref();
        not_loaded(file.map_or(STATIC_TOWER, |file| &file.name))
    }
}
