//! Learned sparse retrieval in an evaluation: the index's own postings of impacts, or others that are made of its vectors for the occasion, and
//! what a query reads of them.

use crate::cli::folder;
use crate::cli::index::{Storage, make_impacts, pack};
use crate::cli::model_path::find_static_tower;
use crate::eval::collection::Collection;
use crate::index::chunks::ChunkGroup;
use crate::model::sparse_rows::{RowsOf, SparseRows};
use crate::model::static_tower::StaticTower;
use crate::search::cascade::Cascade;
use crate::search::sparse_tier::{SPARSE_PARTS, SparseTier};
use anyhow::{Context, Result, bail};
use rayon::prelude::*;
use std::path::{Path, PathBuf};

/// The name of postings that are in no file.
const TRIED: &str = "impacts";

/// How postings are made: the options' values.
#[derive(Debug)]
pub(super) struct SparseOptions {
    /// Trained rows; without, the index's own postings, or else the rows of a static query tower.
    pub(super) rows: Option<PathBuf>,
    /// The static query tower's file; without, the default one.
    pub(super) static_tower: Option<PathBuf>,
    /// Tokens of a passage that are kept.
    pub(super) terms: usize,
}

/// The files of postings that were loaded into a [`Cascade`].
#[derive(Debug)]
pub(in crate::cli) struct SparseFiles {
    root: Vec<u8>,
    group: ChunkGroup,
    /// Contents of the chunks, with their stored bytes.
    chunks: Vec<(Vec<u8>, u64)>,
    /// Stored bytes of the root.
    root_bytes: u64,
}

impl SparseFiles {
    /// The index's own, if it has them.
    ///
    /// # Errors
    /// If a file is missing or damaged.
    pub(in crate::cli) fn own(index: &Path, cascade: &mut Cascade) -> Result<Option<Self>> {
        let Some(files) = cascade.searcher.manifest().files.sparse.clone() else { return Ok(None) };
        let chunks = (0..files.impacts.files).map(|number| folder::read_chunk(index, &files.impacts, number));
        let own = Self {
            root: folder::read_file(index, &files.root)?,
            chunks: chunks.collect::<Result<_>>()?,
            group: files.impacts,
            root_bytes: files.root.bytes,
        };
        own.load_into(cascade)?;
        Ok(Some(own))
    }

    /// Makes postings of an index's vectors and loads them.
    ///
    /// # Errors
    /// If rows or vectors are missing or damaged, or do not belong together.
    pub(super) fn make(index: &Path, cascade: &mut Cascade, options: &SparseOptions, quiet: bool) -> Result<Self> {
        let manifest = cascade.searcher.manifest();
        let vectors = folder::read_vectors(index, manifest)?.context("the index has no vectors")?;
        let rows = read_rows(options, cascade, vectors.dim())?;
        let sections = cascade.searcher.sections().context("the words are not loaded")?;
        let tokenizer = cascade.encoders().context("the bi-encoder is not loaded")?.bi_encoder().tokenizer();
        let files = make_impacts(&rows, &vectors, sections, tokenizer, options.terms, quiet);
        let stored = |content: &[u8], storage| Ok(pack(content, storage)?.len() as u64);
        let (id, contents) = ChunkGroup::frame(&files.chunks);
        let sizes: Vec<u64> =
            contents.par_iter().map(|content| stored(content, Storage::Gzip)).collect::<Result<_>>()?;
        let group = ChunkGroup {
            name: format!("{TRIED}-*"),
            id,
            files: sizes.len() as u32,
            bytes: sizes.iter().sum(),
            largest: contents.iter().map(|content| content.len() as u64).max().unwrap_or_default(),
        };
        let chunks = contents.into_iter().zip(sizes).collect();
        let made = Self { root_bytes: stored(&files.root, Storage::Zopfli)?, root: files.root, group, chunks };
        made.load_into(cascade)?;
        Ok(made)
    }

    fn open(&self) -> Result<SparseTier> {
        Ok(SparseTier::open(&self.root, TRIED, self.group.clone())?)
    }

    fn load_into(&self, cascade: &mut Cascade) -> Result<()> {
        let mut tier = self.open()?;
        for (number, (content, _)) in (0..).zip(&self.chunks) {
            tier.add(number, content)?;
        }
        cascade.try_sparse_tier(tier);
        Ok(())
    }

    /// What a first query loads, root included, on the average of all queries; words not counted.
    pub(super) fn of_query(&self, collection: &Collection) -> Result<u64> {
        let bytes = self.by_query(collection.queries.iter().map(|query| query.text.as_str()))?;
        Ok(bytes.iter().sum::<u64>() / bytes.len().max(1) as u64)
    }

    /// What a visitor's first query loads, root included, by query; words not counted.
    ///
    /// # Errors
    /// If a chunk is damaged.
    pub(in crate::cli) fn by_query<'a>(&self, queries: impl Iterator<Item = &'a str>) -> Result<Vec<u64>> {
        let mut all = Vec::new();
        for query in queries {
            let (mut tier, mut sum) = (self.open()?, self.root_bytes);
            loop {
                let missing = tier.missing(query);
                if missing.is_empty() {
                    break;
                }
                for number in missing {
                    let (content, bytes) = &self.chunks[number as usize];
                    tier.add(number, content)?;
                    sum += bytes;
                }
            }
            all.push(sum);
        }
        Ok(all)
    }

    /// What the postings cost in all, and what MaxScore skips of a query's.
    pub(super) fn about(&self, cascade: &Cascade, collection: &Collection) -> Result<String> {
        let impacts = cascade.sparse_tier().context("impacts are loaded")?.impacts();
        let (mut postings, mut read) = (0, [0; 2]);
        for query in &collection.queries {
            let (tokens, _) = impacts.tokens(&query.text);
            let query = impacts.query(tokens.iter().map(String::as_str));
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
            self.root_bytes as f64 / 1e3,
            self.chunks.len(),
            self.group.bytes as f64 / 1e6,
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
                    "--chain lexical+sparse: no rows. Name a static query tower with --static FILE, or trained rows with --sparse-rows FILE, or index with --sparse on"
                );
            };
            let tower = StaticTower::load(&read(&path)?, &path.display().to_string())?;
            (path, SparseRows::of_static(&tower))
        }
    };
    let model = cascade.searcher.manifest().model.as_ref();
    let is_other = |of: &RowsOf| model.is_none_or(|model| model.tokenizer_sha256 != of.tokenizer_sha256);
    if rows.dim != dim || rows.of.as_ref().is_some_and(is_other) {
        bail!(
            "{}: it was not fitted to the model of the index. Name another with --static FILE or --sparse-rows FILE",
            path.display()
        );
    }
    Ok(rows)
}
