//! The chains of rungs that are judged: those of late interaction where the index has token vectors, and those that were asked for.

use super::mean_vectors_read;
use super::sparse::{SparseFiles, SparseOptions};
use super::static_tower::bytes_by_query;
use crate::cli::folder;
use crate::eval::collection::Collection;
use crate::eval::names::Names;
use crate::eval::run::{Run, Step, run_chain};
use crate::index::manifest::FileEntry;
use crate::search::cascade::Cascade;
use crate::search::chain::{Chain, First, Rung};
use crate::search::late::LATE;
use crate::search::searcher::Tier;
use anyhow::{Result, bail};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Pairs that the cross-encoder reads after late interaction.
const PAIRS: usize = 10;

/// Chains with the names of their steps.
#[derive(Debug)]
pub(super) struct Chains {
    index: PathBuf,
    chains: Vec<(String, Chain)>,
    sparse: Option<SparseFiles>,
}

impl Chains {
    /// Those of late interaction, if the index has it, and those that were `asked` for.
    ///
    /// # Errors
    /// If one that was asked for needs what the index lacks.
    pub(super) fn of(
        asked: &[Chain],
        cascade: &Cascade,
        has_late: bool,
        with_cross: bool,
        index: &Path,
    ) -> Result<Self> {
        let manifest = cascade.searcher.manifest();
        for chain in asked {
            let lacks = [
                (chain.has_late() && !has_late, "token vectors. Index with --late rerank"),
                (chain.has_cross() && manifest.reranker.is_none(), "cross-encoder. Index with --reranker FILE"),
                (
                    chain.first == First::Static && manifest.static_tower.is_none(),
                    "static query tower. Index with --static FILE",
                ),
            ];
            if let Some((_, what)) = lacks.iter().find(|(lacks, _)| *lacks) {
                bail!("--chain {chain}: {} has no {what}", index.display());
            }
        }
        let mut chains = Vec::new();
        if has_late {
            let chain = |rungs: Vec<Rung>| Chain { first: First::Fused, rungs };
            chains.push((format!("+ late {LATE}"), chain(vec![Rung::Late(LATE)])));
            if with_cross {
                let name = format!("+ late {LATE} + cross-encoder {PAIRS}");
                chains.push((name, chain(vec![Rung::Late(LATE), Rung::Cross(PAIRS)])));
            }
        }
        chains.extend(asked.iter().map(|chain| (chain.to_string(), chain.clone())));
        Ok(Self { index: index.to_owned(), chains, sparse: None })
    }

    /// Loads the postings of learned sparse retrieval, if a chain needs them, and says what they cost: the index's own, or those that
    /// are made for the occasion, if there are none or rows were named.
    ///
    /// # Errors
    /// If they, or what they are made of, are missing or damaged.
    pub(super) fn load_sparse(
        &mut self,
        cascade: &mut Cascade,
        own: Option<SparseFiles>,
        options: &SparseOptions,
        collection: &Collection,
        quiet: bool,
    ) -> Result<()> {
        if self.chains.iter().any(|(_, chain)| chain.first == First::Sparse) {
            let sparse = match own {
                Some(own) if options.rows.is_none() => own,
                _ => SparseFiles::make(&self.index, cascade, options, quiet)?,
            };
            if !quiet {
                eprintln!("{}", sparse.about(cascade, collection)?);
            }
            self.sparse = Some(sparse);
        }
        Ok(())
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.chains.len()
    }

    /// Ranks all queries by each; `words` are the bytes that a query by words reads.
    pub(super) fn rank(
        &self,
        cascade: &mut Cascade,
        words: u64,
        collection: &Collection,
        names: &Names,
        done: &dyn Fn(),
    ) -> Result<Vec<Run>> {
        let mut runs = Vec::new();
        for (name, chain) in &self.chains {
            let tier = if chain.has_cross() { Tier::Reranked } else { Tier::Late };
            let mut against = vec!["fused".to_owned()];
            if chain.has_cross() {
                against.push("+ cross-encoder 30".to_owned());
            }
            if chain.first == First::Sparse && chain.rungs.is_empty() {
                against.extend(["lexical", "lexical + static", "lexical + sparse"].map(String::from));
            }
            let bytes = self.bytes(cascade, chain, words, collection)?;
            let step = Step { name: name.clone(), tier, against, bytes };
            runs.push(run_chain(cascade, (step, chain), collection, names, done)?);
        }
        Ok(runs)
    }

    /// Bytes of index and models that a visitor loads for a query of average need.
    fn bytes(&self, cascade: &mut Cascade, chain: &Chain, words: u64, collection: &Collection) -> Result<u64> {
        let files = cascade.searcher.manifest().files.clone();
        let stored = |file: &Option<FileEntry>| file.as_ref().map_or(0, |file| file.bytes);
        let queries = collection.queries.len().max(1) as u64;
        let mut bytes = if chain.first == First::Dense { 0 } else { words };
        if chain.first == First::Static {
            let texts = collection.queries.iter().map(|query| query.text.as_str());
            bytes += bytes_by_query(&self.index, cascade, texts, None)?.iter().sum::<u64>() / queries;
            folder::load_all_nearby(&self.index, cascade)?;
        }
        if let (First::Sparse, Some(sparse)) = (chain.first, &self.sparse) {
            bytes += sparse.of_query(collection)?;
        }
        if matches!(chain.first, First::Dense | First::Fused) {
            bytes += mean_vectors_read(cascade, collection)?;
        }
        if matches!(chain.first, First::Dense | First::Fused) || !chain.rungs.is_empty() {
            bytes += stored(&files.model);
        }
        if chain.has_cross() {
            bytes += stored(&files.reranker);
        }
        let (Some(late), Some(Rung::Late(n))) =
            (&files.late, chain.rungs.iter().find(|rung| matches!(rung, Rung::Late(_))))
        else {
            return Ok(bytes);
        };
        let before: Vec<Rung> = chain.rungs.iter().copied().take_while(|rung| !matches!(rung, Rung::Late(_))).collect();
        let candidates = Chain { first: chain.first, rungs: before };
        let per_chunk = cascade.searcher.manifest().late.as_ref().map_or(1, |late| late.passages_per_chunk.max(1));
        let mut chunks = 0;
        for query in &collection.queries {
            let hits = cascade.rank_chain(&query.text, &candidates, *n)?;
            let read: BTreeSet<_> = hits.iter().map(|hit| hit.passage / per_chunk).collect();
            chunks += read.len() as u64;
        }
        let read = late.tokens.bytes as f64 / f64::from(late.tokens.files.max(1)) * chunks as f64 / queries as f64;
        Ok(bytes + late.head.bytes + late.code.bytes + read as u64)
    }
}
