//! The static tier in an evaluation: the index's own, read in chunks as a browser reads it, and a static query tower that is
//! tried on the whole vectors of the index.

use crate::cli::folder;
use crate::cli::model_path::find_static_tower;
use crate::model::static_tower::StaticTower;
use crate::search::cascade::Cascade;
use crate::search::searcher::Searcher;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// The model file of a tower that is tried.
#[derive(Debug)]
pub(super) struct TriedTower {
    path: PathBuf,
    bytes: Vec<u8>,
}

impl TriedTower {
    /// The file named by `--static`; without it, for an index made from a collection's documents, the default one, if it
    /// belongs to the model.
    pub(super) fn find(named: Option<&Path>, searcher: &Searcher, is_made: bool) -> Result<Option<Self>> {
        if named.is_none() && !is_made {
            return Ok(None);
        }
        let Some((path, is_named)) = find_static_tower(named)? else { return Ok(None) };
        let bytes = std::fs::read(&path).with_context(|| format!("{}: can't be read", path.display()))?;
        let tower = StaticTower::load(&bytes, &path.display().to_string())?;
        let model = searcher.manifest().model.as_ref();
        if !is_named && model.is_none_or(|model| tower.tokenizer_sha256() != model.tokenizer_sha256) {
            return Ok(None);
        }
        Ok(Some(Self { path, bytes }))
    }

    /// Loads it into an index whose vectors are loaded.
    pub(super) fn load_into(&self, cascade: &mut Cascade) -> Result<()> {
        Ok(cascade.load_static_tower(&self.bytes, &self.path.display().to_string())?)
    }

    /// Length of its file.
    pub(super) fn len_bytes(&self) -> u64 {
        self.bytes.len() as u64
    }
}

/// Stored bytes of the static tier that a visitor's first query loads, roots included, by query; words not counted. `probes`: cells that
/// a query looks at, if not the index's number. Leaves the tier with what the last query needs.
///
/// # Errors
/// If a file is missing or damaged.
pub(in crate::cli) fn bytes_by_query<'a>(
    index: &Path,
    cascade: &mut Cascade,
    queries: impl Iterator<Item = &'a str>,
    probes: Option<usize>,
) -> Result<Vec<u64>> {
    let files = cascade.searcher.manifest().files.static_tower.clone().context("the index has no static tier")?;
    let mut bytes = Vec::new();
    for query in queries {
        folder::load_static_tier(index, cascade)?;
        if let (Some(probes), Some(tier)) = (probes, cascade.static_tier_mut()) {
            tier.set_probes(probes);
        }
        bytes.push(files.root.bytes + files.axes.bytes + folder::load_nearby(index, cascade, query)?);
    }
    Ok(bytes)
}
