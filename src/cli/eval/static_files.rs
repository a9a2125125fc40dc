//! The static query tower that an evaluation judges: the index's own, or a model file that is tried on it. Either way it is
//! read as a browser reads it, root and shards.

use crate::cli::folder;
use crate::cli::model_path::find_static_tower;
use crate::model::static_shards::{ROWS_PER_SHARD, Shards, cut};
use crate::model::static_tower::StaticTower;
use crate::search::cascade::Cascade;
use crate::search::searcher::Searcher;
use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;
use std::path::Path;

/// A root and all its shards.
#[derive(Debug)]
pub(super) struct StaticFiles {
    files: Shards,
    /// Bytes of the root, compressed.
    root_bytes: u64,
}

impl StaticFiles {
    /// The tower that is meant by `--static`; without it, the index's own or, for an index made from a collection's
    /// documents, the default one, if it belongs to the model.
    pub(super) fn find(named: Option<&Path>, index: &Path, searcher: &Searcher, is_made: bool) -> Result<Option<Self>> {
        if named.is_none() && !is_made {
            return Self::of_index(index, searcher);
        }
        let Some((path, is_named)) = find_static_tower(named)? else { return Ok(None) };
        let bytes = std::fs::read(&path).with_context(|| format!("{}: can't be read", path.display()))?;
        let files = cut(&bytes, &path.display().to_string(), ROWS_PER_SHARD)?;
        let tower = StaticTower::load(&files.root, &path.display().to_string())?;
        let model = searcher.manifest().model.as_ref();
        if !is_named && model.is_none_or(|model| tower.tokenizer_sha256() != model.tokenizer_sha256) {
            return Ok(None);
        }
        let mut compressed = GzEncoder::new(Vec::new(), Compression::best());
        compressed.write_all(&files.root)?;
        let root_bytes = compressed.finish()?.len() as u64;
        Ok(Some(Self { files, root_bytes }))
    }

    fn of_index(index: &Path, searcher: &Searcher) -> Result<Option<Self>> {
        let Some(entry) = &searcher.manifest().files.static_tower else { return Ok(None) };
        let root = folder::read_file(index, entry)?;
        let tower = StaticTower::load(&root, &entry.name)?;
        let names = (0..tower.num_shards() as u32).map(|shard| tower.shard_name(shard));
        let read = |name: crate::Result<String>| -> Result<(String, Vec<u8>)> {
            let path = index.join(name?);
            let content = std::fs::read(&path).with_context(|| format!("{}: can't be read", path.display()))?;
            Ok((path.display().to_string(), content))
        };
        let shards = names.map(read).collect::<Result<_>>()?;
        Ok(Some(Self { files: Shards { root, shards }, root_bytes: entry.bytes }))
    }

    /// Loads the root and all shards.
    pub(super) fn load_into(&self, cascade: &mut Cascade) -> Result<()> {
        cascade.load_static_tower(&self.files.root, "root of the static query tower")?;
        for ((_, content), shard) in self.files.shards.iter().zip(0..) {
            cascade.add_static_shard(shard, content)?;
        }
        Ok(())
    }

    /// Bytes of root and shards that a visitor's first query loads, on average.
    pub(super) fn mean_bytes<'a>(&self, queries: impl ExactSizeIterator<Item = &'a str>) -> Result<u64> {
        let tower = StaticTower::load(&self.files.root, "root of the static query tower")?;
        let n = queries.len().max(1) as u64;
        let shards = queries.flat_map(|query| tower.missing(&tower.tokenize(query)));
        let bytes: u64 = shards.map(|shard| self.files.shards[shard as usize].1.len() as u64).sum();
        Ok(self.root_bytes + bytes / n)
    }
}
