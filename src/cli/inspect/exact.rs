//! The exact scan that the static tier is measured against: the tower's model file and all vectors of the index.

use crate::cli::folder;
use crate::cli::model_path::find_static_tower;
use crate::index::flat::FlatIndex;
use crate::index::scan::{ScanQuery, Scored};
use crate::kernels::Backend;
use crate::model::static_tower::StaticTower;
use crate::search::cascade::Cascade;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::Path;

/// The tower that an index's is made of, and all vectors.
pub(super) struct Exact {
    tower: StaticTower,
    pub(super) vectors: FlatIndex,
}

impl Exact {
    /// None if the tower's file is not at hand; `named` is the one that was asked for.
    ///
    /// # Errors
    /// If a file is missing or damaged, or the one that was asked for is not the index's.
    pub(super) fn open(named: Option<&Path>, index: &Path, cascade: &Cascade) -> Result<Option<Self>> {
        let manifest = cascade.searcher.manifest();
        let (Some(model), Some(entry)) = (&manifest.model, &manifest.static_tower) else { return Ok(None) };
        let Some((path, named)) = find_static_tower(named)? else { return Ok(None) };
        let bytes = fs::read(&path).with_context(|| format!("{}: can't be read", path.display()))?;
        let tower = StaticTower::load(&bytes, &path.display().to_string())?;
        let belongs = tower.id() == entry.id && tower.tokenizer_sha256() == model.tokenizer_sha256;
        if !belongs && named {
            bail!("{}: the index's static query tower is another one, {}", path.display(), entry.id);
        }
        let vectors = folder::read_vectors(index, manifest)?;
        let vectors = vectors.filter(|_| belongs).map(|vectors| FlatIndex::new(vectors, Backend::best()));
        Ok(vectors.map(|vectors| Self { tower, vectors }))
    }

    /// The passages nearest to a query.
    pub(super) fn first(&self, query: &str, count: usize) -> Vec<u32> {
        let scan = ScanQuery::new(&self.embed(query));
        let top = self.vectors.top_k(&scan, count, |_| true);
        top.iter().map(|scored| scored.passage).collect()
    }

    /// These passages with their cosines.
    pub(super) fn compare(&self, query: &str, passages: impl Iterator<Item = u32>) -> Vec<Scored> {
        let vector = self.embed(query);
        let score = |passage| {
            let (row, scale) = self.vectors.vectors().row(passage);
            scale * row.iter().zip(&vector).map(|(&x, q)| f32::from(x) * q).sum::<f32>()
        };
        passages.map(|passage| Scored { passage, score: score(passage) }).collect()
    }

    /// Bytes of the tower's rows of a query's tokens, each with its scale.
    pub(super) fn token_bytes(&self, query: &str) -> u64 {
        let config = self.tower.config();
        self.tower.tokenize(query).len() as u64 * (config.dim * config.bits / 8 + 4) as u64
    }

    fn embed(&self, query: &str) -> Vec<f32> {
        self.tower.embed(&self.tower.tokenize(query))
    }
}
