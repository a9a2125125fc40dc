//! The flat scans over 10,000, 100,000 and 1,000,000 vectors of 384 dimensions, one thread, the best 10: int8, and 1-bit
//! with int8 rescoring, each against a plain sum over the same bytes, which is what memory alone allows.
//!
//! ```text
//! cargo bench --bench scan [-- INDEX]
//! ```
//! With an index folder also how many of the exact best 10 the 1-bit scan finds there (recall@10), asked with every
//! heading that the index knows. Then late interaction: 50 candidates of 48 tokens against a query of 16.

mod common;

use anyhow::{Context, Result, bail};
use common::{medians_ms, processor};
use siteseer::cli::folder;
use siteseer::codes::residual::ResidualCode;
use siteseer::index::flat::FlatIndex;
use siteseer::index::scan::ScanQuery;
use siteseer::index::sign_plane::SignPlane;
use siteseer::index::vectors::Vectors;
use siteseer::kernels::Backend;
use siteseer::model::encoder::Workspace;
use siteseer::model::late::QueryVectors;
use std::collections::BTreeSet;
use std::hint::black_box;
use std::path::Path;

const DIM: usize = 384;
/// Results asked for.
const K: usize = 10;
/// Passages that the 1-bit scan hands to the exact one.
const CANDIDATES: usize = 200;

fn main() -> Result<()> {
    let backend = Backend::best();
    println!("{}\nkernels: {}, one thread, best {K} of n vectors of {DIM} dimensions\n", processor(), backend.name());
    println!("{:>9} {:>14} {:>10} {:>7} {:>8} {:>14}", "n", "scan", "ms", "GB/s", "ms sum", "times the sum");
    for (n, rounds) in [(10_000, 201), (100_000, 51), (1_000_000, 15)] {
        time_scans(backend, n, rounds);
    }
    time_late();
    match std::env::args().skip(1).find(|arg| !arg.starts_with('-')) {
        Some(index) => print_recall(backend, Path::new(&index)),
        None => Ok(()),
    }
}

fn time_scans(backend: Backend, n: usize, rounds: usize) {
    let index = FlatIndex::new(random_vectors(n), backend);
    let vectors = index.vectors();
    let (signs, query) = (SignPlane::new(vectors), ScanQuery::new(&random_rows(1, 7)));
    let (rows, words) = (vectors.rows().as_chunks().0, signs.words());
    let times = medians_ms(
        rounds,
        &mut [
            &mut || drop(black_box(index.top_k(&query, K, |_| true))),
            &mut || _ = black_box(sum(rows.iter().map(|bytes| u64::from_ne_bytes(bytes.map(|byte| byte as u8))))),
            &mut || drop(black_box(query.top_k_by_signs(backend, vectors, &signs, K, CANDIDATES, |_| true))),
            &mut || _ = black_box(sum(words.iter().copied())),
        ],
    );
    let bytes = [vectors.rows().len(), size_of_val(words)];
    for ((name, times), bytes) in ["int8", "1 bit, rescored"].iter().zip(times.chunks(2)).zip(bytes) {
        let rate = bytes as f64 / times[0] / 1e6;
        println!("{n:>9} {name:>14} {:>10.3} {rate:>7.1} {:>8.3} {:>14.2}", times[0], times[1], times[0] / times[1]);
    }
}

/// MaxSim alone, on the plain loops and on the best kernels, and decoding the candidates' token vectors before it.
fn time_late() {
    const LATE_DIM: usize = 64;
    let (query_tokens, tokens, candidates, rounds) = (16, 48, 50, 201);
    let mut random = fastrand::Rng::with_seed(3);
    let query: Vec<f32> = (0..query_tokens * LATE_DIM).map(|_| (random.f32() * 2.0 - 1.0) / 8.0).collect();
    let query = QueryVectors::of(&query, LATE_DIM);
    let centres = (0..256 * LATE_DIM).map(|_| random.i8(-40..=40)).collect();
    let code = ResidualCode::new(LATE_DIM, 2, centres, vec![0.01; LATE_DIM * 4]).expect("a code");
    let codes: Vec<Vec<u8>> =
        (0..candidates).map(|_| (0..tokens * code.len_bytes()).map(|_| random.u8(..)).collect()).collect();
    let rows: Vec<Vec<i8>> = codes.iter().map(|codes| code.decode(codes)).collect();
    let score = |backend: Backend| rows.iter().map(|rows| query.score(backend, rows)).sum::<f32>();
    let times = medians_ms(
        rounds,
        &mut [
            &mut || _ = black_box(score(Backend::Scalar)),
            &mut || _ = black_box(score(Backend::best())),
            &mut || codes.iter().for_each(|codes| drop(black_box(code.decode(codes)))),
        ],
    );
    let (scalar, best, decode) = (times[0], times[1], times[2]);
    println!("\nlate interaction, {candidates} candidates of {tokens} tokens, {query_tokens} tokens of a query, ms:");
    println!("{:>9} {:>9} {:>9}", "scalar", "kernels", "decoding");
    println!("{scalar:>9.3} {best:>9.3} {decode:>9.3}");
}

fn sum(words: impl Iterator<Item = u64>) -> u64 {
    words.fold(0, u64::wrapping_add)
}

fn random_vectors(n: usize) -> Vectors {
    Vectors::quantize(&random_rows(n, 1), DIM)
}

/// `[n, DIM]`, each value between −1 and 1. Vectors has a scale for each row, so their length does not matter.
fn random_rows(n: usize, seed: u64) -> Vec<f32> {
    let mut random = fastrand::Rng::with_seed(seed);
    (0..n * DIM).map(|_| random.f32() * 2.0 - 1.0).collect()
}

fn print_recall(backend: Backend, index: &Path) -> Result<()> {
    let mut cascade = folder::open(index, true)?;
    folder::load_all_chunks(index, &mut cascade.searcher)?;
    let manifest = cascade.searcher.manifest();
    let (Some(file), Some(model)) = (&manifest.files.vectors, &manifest.model) else {
        bail!("an index of words alone")
    };
    let (n, dim) = (manifest.counts.passages as usize, model.dim);
    let vectors = Vectors::parse(&folder::read_file(index, file)?, &file.name, n, dim)?;
    let index = FlatIndex::new(vectors, backend);
    let vectors = index.vectors();
    let headings: BTreeSet<String> = (0..vectors.len() as u32)
        .filter_map(|id| cascade.searcher.passage(id))
        .map(|passage| passage.heading_path.last().unwrap_or(&passage.title).clone())
        .collect();
    let model = cascade.encoders().context("no bi-encoder")?.bi_encoder();
    let mut work = Workspace::default();
    let queries: Vec<ScanQuery> =
        headings.iter().map(|text| Ok(ScanQuery::new(&model.embed(text, &mut work)?))).collect::<Result<_>>()?;
    let signs = SignPlane::new(vectors);
    println!("\n{} passages, {} headings as queries: recall@{K} of the 1-bit scan", vectors.len(), queries.len());
    for candidates in [K, 50, 100, CANDIDATES, 400, 800] {
        let found: usize = queries.iter().map(|query| found(query, &index, &signs, candidates)).sum();
        let recall = found as f64 / (K * queries.len()) as f64;
        println!("{candidates:>9} candidates {recall:.4}");
    }
    Ok(())
}

/// How many of the exact best are among those of the 1-bit scan.
fn found(query: &ScanQuery, index: &FlatIndex, signs: &SignPlane, candidates: usize) -> usize {
    let exact = index.top_k(query, K, |_| true);
    let coarse = query.top_k_by_signs(Backend::best(), index.vectors(), signs, K, candidates, |_| true);
    exact.iter().filter(|best| coarse.contains(best)).count()
}
