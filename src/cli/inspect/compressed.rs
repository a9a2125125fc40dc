//! What a query by meaning with the model reads and loses where vectors are compressed.

use super::{DEPTH, Spread, best, share};
use crate::cli::eval::vectors::vectors_by_query;
use crate::cli::folder;
use crate::cli::index::read_manifest;
use crate::index::flat::FlatIndex;
use crate::index::scan::ScanQuery;
use crate::kernels::Backend;
use anyhow::{Context, Result};
use serde::Serialize;
use std::path::Path;

/// The part of the report on compressed vectors.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CompressedReport {
    /// Stored bytes of the codes, which are read once.
    code_bytes: u64,
    /// Stored bytes of the file of all vectors, which nobody reads.
    whole_bytes: u64,
    /// Stored bytes of vectors that a first query reads, besides the codes.
    query_bytes: Spread,
    /// Share of the 10 passages nearest to the model's vector, of all vectors, that are among the first 10.
    recall_at_10: f64,
}

impl CompressedReport {
    /// None if the vectors of the index are not compressed.
    ///
    /// # Errors
    /// If a file is missing or damaged.
    pub(super) fn new(index: &Path, queries: &[String]) -> Result<Option<Self>> {
        if read_manifest(index)?.files.compressed.is_none() {
            return Ok(None);
        }
        let mut cascade = folder::open_vectors(index)?;
        let files = &cascade.searcher.manifest().files;
        let (Some(compressed), Some(whole)) = (&files.compressed, &files.vectors) else { return Ok(None) };
        let (code_bytes, whole_bytes) = (compressed.codes.bytes, whole.bytes);
        let vectors = folder::read_vectors(index, cascade.searcher.manifest())?.context("the index has vectors")?;
        let vectors = FlatIndex::new(vectors, Backend::best());
        let read = vectors_by_query(&mut cascade, queries.iter().map(String::as_str))?;
        let mut recall = 0.0;
        for query in queries {
            let embedding = cascade.embed(query)?;
            let exact = vectors.top_k(&ScanQuery::new(&embedding), DEPTH, |_| true);
            recall += share(&best(cascade.near(&embedding)?), &best(exact));
        }
        Ok(Some(Self {
            code_bytes,
            whole_bytes,
            query_bytes: Spread::of(read.into_iter().map(|bytes| bytes - code_bytes).collect()),
            recall_at_10: recall / queries.len().max(1) as f64,
        }))
    }

    /// Prints it.
    pub(super) fn print(&self) {
        let Self { code_bytes, whole_bytes, query_bytes: s, recall_at_10 } = self;
        println!(
            "\nVectors are compressed: {code_bytes} bytes of codes once, in place of {whole_bytes}; a first query reads besides"
        );
        println!("{:>10}: median {}, 95 of 100 at most {}, most {}", "vectors", s.median, s.p95, s.most);
        println!("recall@10 of the model's vectors against the exact scan: {recall_at_10:.3}");
    }
}
