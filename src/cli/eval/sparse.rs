//! Learned sparse retrieval in an evaluation: postings made of the index's vectors for the occasion, and what a query reads of them.

use crate::cli::folder;
use crate::cli::index::gzip;
use crate::cli::model_path::find_static_tower;
use crate::cli::progress::Progress;
use crate::eval::collection::Collection;
use crate::index::chunks::ChunkGroup;
use crate::index::impacts::expand::Rows;
use crate::index::impacts::{ImpactBuilder, ImpactIndex};
use crate::index::vectors::Vectors;
use crate::model::sparse_rows::SparseRows;
use crate::model::static_tower::StaticTower;
use crate::search::cascade::Cascade;
use crate::search::sparse::SPARSE_PARTS;
use anyhow::{Context, Result, bail};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Passages that are expanded together: their vectors stay in a core's cache while all rows go by.
const PASSAGES: u32 = 256;
/// Postings of a token that are kept.
const POSTINGS: usize = 1000;

/// How postings are made: the options' values.
#[derive(Debug)]
pub(super) struct SparseOptions {
    /// Trained rows; without, those of a static query tower.
    pub(super) rows: Option<PathBuf>,
    /// The static query tower's file; without, the default one.
    pub(super) static_tower: Option<PathBuf>,
    /// Tokens of a passage that are kept.
    pub(super) terms: usize,
}

/// Stored bytes of postings that were loaded into a [`Cascade`].
#[derive(Debug)]
pub(super) struct SparseBytes {
    root: u64,
    chunks: Vec<u64>,
}

impl SparseBytes {
    /// Makes postings of an index's vectors and loads them.
    ///
    /// # Errors
    /// If rows or vectors are missing or damaged, or do not belong together.
    pub(super) fn load(index: &Path, cascade: &mut Cascade, options: &SparseOptions, quiet: bool) -> Result<Self> {
        let manifest = cascade.searcher.manifest();
        let vectors = folder::read_vectors(index, manifest)?.context("the index has no vectors")?;
        let rows = read_rows(options, cascade, vectors.dim())?;
        let sections = cascade.searcher.sections().context("the words are not loaded")?;
        let (part_of, parts) = (|passage| sections.part_of(passage), sections.parts());
        let mut builder = ImpactBuilder::new(rows.tokens.clone());
        let expanded = expand(&rows, &vectors, options.terms, quiet);
        (0..).zip(&expanded).for_each(|(passage, impacts)| builder.add(part_of(passage), impacts));
        let files = builder.finish(parts, POSTINGS);
        let damaged = "the postings that were made can't be read";
        let mut impacts = ImpactIndex::open(&files.root).context(damaged)?;
        for (number, body) in (0..).zip(&files.chunks) {
            impacts.add(number, body).context(damaged)?;
        }
        cascade.load_impacts(impacts);
        let stored = |content: &[u8]| Ok(gzip(content)?.len() as u64);
        let (_, contents) = ChunkGroup::frame(&files.chunks);
        let chunks = contents.par_iter().map(|content| stored(content)).collect::<Result<_>>()?;
        Ok(Self { root: stored(&files.root)?, chunks })
    }

    /// What a query loads, root included, on the average of all queries; words not counted.
    pub(super) fn of_query(&self, cascade: &Cascade, collection: &Collection) -> Result<u64> {
        let mut sum = 0;
        for query in &collection.queries {
            let tokens = cascade.sparse_tokens(&query.text)?;
            let chunk_of = |token| cascade.impacts()?.chunk_of(token);
            let chunks: BTreeSet<u32> = tokens.into_iter().filter_map(chunk_of).collect();
            sum += chunks.iter().map(|&chunk| self.chunks[chunk as usize]).sum::<u64>();
        }
        Ok(self.root + sum / collection.queries.len().max(1) as u64)
    }

    /// What the postings cost in all, and what MaxScore skips of a query's.
    pub(super) fn about(&self, cascade: &Cascade, collection: &Collection) -> Result<String> {
        let (mut postings, mut read) = (0, [0; 2]);
        for query in &collection.queries {
            let tokens = cascade.sparse_tokens(&query.text)?;
            let query = cascade.impacts().context("impacts are loaded")?.query(tokens);
            postings += query.postings();
            for (read, k) in read.iter_mut().zip([10, SPARSE_PARTS]) {
                *read += query.top_k(k).read;
            }
        }
        let queries = collection.queries.len().max(1);
        let skipped = read.map(|read| 100.0 * (1.0 - read as f64 / postings.max(1) as f64));
        Ok(format!(
            "lexical+sparse: root {:.1} kB, {} chunks of {:.2} MB; a query's tokens have {} postings, of which {:.0} % are skipped for the best \
             10 parts, {:.0} % for {SPARSE_PARTS}",
            self.root as f64 / 1e3,
            self.chunks.len(),
            self.chunks.iter().sum::<u64>() as f64 / 1e6,
            postings / queries,
            skipped[0],
            skipped[1]
        ))
    }
}

fn read_rows(options: &SparseOptions, cascade: &Cascade, dim: usize) -> Result<SparseRows> {
    let read = |path: &Path| std::fs::read(path).with_context(|| format!("{}: can't be read", path.display()));
    let (path, rows) = match &options.rows {
        Some(path) => (path.clone(), SparseRows::load(&read(path)?, &path.display().to_string())?),
        None => {
            let Some((path, _)) = find_static_tower(options.static_tower.as_deref())? else {
                bail!(
                    "--chain lexical+sparse: no rows. Name a static query tower with --static FILE, or trained rows with --sparse-rows FILE"
                );
            };
            let tower = StaticTower::load(&read(&path)?, &path.display().to_string())?;
            (path, SparseRows::of_static(&tower))
        }
    };
    let model = cascade.searcher.manifest().model.as_ref();
    let is_other = |sha256: &String| model.is_none_or(|model| model.tokenizer_sha256 != *sha256);
    if rows.dim != dim || rows.tokenizer_sha256.as_ref().is_some_and(is_other) {
        bail!(
            "{}: it was not fitted to the model of the index. Name another with --static FILE or --sparse-rows FILE",
            path.display()
        );
    }
    Ok(rows)
}

/// The tokens of each passage with their impacts.
fn expand(rows: &SparseRows, vectors: &Vectors, terms: usize, quiet: bool) -> Vec<Vec<(u32, f32)>> {
    let made = match rows.trained.clone() {
        Some((bias, weight)) => Rows::trained(&rows.rows, bias, weight),
        None => Rows::above_mean(&rows.rows, vectors),
    };
    let count = vectors.len() as u32;
    let progress = Progress::new("Expanding", "passages", u64::from(count), quiet);
    let starts: Vec<u32> = (0..count).step_by(PASSAGES as usize).collect();
    let of_block = |&start: &u32| {
        let passages = start..count.min(start + PASSAGES);
        progress.add(u64::from(passages.end - passages.start));
        made.expand(vectors, passages, terms)
    };
    let expanded = starts.par_iter().flat_map_iter(of_block).collect();
    progress.finish();
    expanded
}
