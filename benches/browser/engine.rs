//! The engine that visitors load, with one more door: token ids in, vectors or logits out. Shipped engines take text, but
//! runtimes can be compared only on the same token ids. Built with the shipped engine's flags; nothing of it ships.

#![cfg(target_arch = "wasm32")]

use siteseer::index::flat::FlatIndex;
use siteseer::index::scan::ScanQuery;
use siteseer::index::vectors::Vectors;
use siteseer::kernels::Backend;
use siteseer::model::batch::TokenBatch;
use siteseer::model::bi_encoder::BiEncoder;
use siteseer::model::cross_encoder::{BATCH, CrossEncoder, PairWorkspace};
use siteseer::model::encoder::Workspace;
use std::arch::wasm32::{i64x2_add, i64x2_extract_lane, i64x2_splat, v128};
use wasm_bindgen::prelude::*;

/// A bi-encoder and a cross-encoder that read token ids.
#[wasm_bindgen]
#[derive(Debug)]
pub struct TokenEngine {
    bi_encoder: BiEncoder,
    cross_encoder: Option<CrossEncoder>,
    work: Workspace,
    pair_work: PairWorkspace,
    batch: TokenBatch,
}

type JsResult<T> = Result<T, JsError>;

#[wasm_bindgen]
impl TokenEngine {
    /// Loads the bi-encoder (uncompressed bytes).
    #[wasm_bindgen(constructor)]
    pub fn new(model: &[u8]) -> JsResult<TokenEngine> {
        let bi_encoder = BiEncoder::load(model, "model", Backend::best())?;
        let mut work = Workspace::default();
        bi_encoder.rehearse(&mut work)?;
        Ok(TokenEngine {
            bi_encoder,
            cross_encoder: None,
            work,
            pair_work: PairWorkspace::default(),
            batch: TokenBatch::new(),
        })
    }

    /// The kernels that run: their name, and which of those that have it.
    pub fn backend(&self) -> String {
        let backend = self.bi_encoder.backend();
        format!("{} ({backend:?})", backend.name())
    }

    /// Token ids of a text, special tokens included.
    pub fn tokenize(&self, text: &str) -> Vec<u32> {
        self.bi_encoder.tokenize(text)
    }

    /// Loads the cross-encoder (uncompressed bytes).
    pub fn load_reranker(&mut self, model: &[u8]) -> JsResult<()> {
        self.cross_encoder = Some(CrossEncoder::load(model, "reranker", &self.bi_encoder)?);
        Ok(())
    }

    /// Embeds `ids [sequences, seq_len]` to `[sequences, dim]`, L2-normalised.
    pub fn embed(&mut self, ids: &[u32], seq_len: usize) -> JsResult<Vec<f32>> {
        self.batch.clear();
        ids.chunks_exact(seq_len).for_each(|sequence| self.batch.push(sequence));
        let mut out = vec![0.0; self.batch.len() * self.bi_encoder.dim()];
        self.bi_encoder.embed_into(&self.batch, &mut self.work, &mut out)?;
        Ok(out)
    }

    /// Logits `[sequences]` of the pairs `ids`, `types`, both `[sequences, seq_len]`, in batches as the search makes them.
    pub fn score(&mut self, ids: &[u32], types: &[u32], seq_len: usize) -> JsResult<Vec<f32>> {
        let cross_encoder = self.cross_encoder.as_ref().ok_or_else(|| JsError::new("load_reranker comes first"))?;
        let mut logits = Vec::with_capacity(ids.len() / seq_len);
        for (ids, types) in ids.chunks(BATCH * seq_len).zip(types.chunks(BATCH * seq_len)) {
            self.batch.clear();
            for (ids, types) in ids.chunks_exact(seq_len).zip(types.chunks_exact(seq_len)) {
                self.batch.push_pair(ids, types);
            }
            cross_encoder.score_tokens(&self.batch, &mut self.pair_work, &mut logits)?;
        }
        Ok(logits)
    }
}

/// MaxSim of `query [n, dim]` with `rows [passage's tokens, dim]`, `rounds` times over, by plain loops or by the best kernels of this
/// file: the last round's result, `[n]`.
#[wasm_bindgen]
pub fn max_sim(plain: bool, query: &[i16], rows: &[i8], dim: usize, rounds: u32) -> Vec<i32> {
    let mut out = vec![0; query.len() / dim];
    for _ in 0..rounds {
        let (query, rows) = (std::hint::black_box(query), std::hint::black_box(rows));
        if plain {
            plain_max_sim(query, rows, dim, &mut out);
        } else {
            Backend::best().max_sim_into(query, rows, dim, &mut out);
        }
    }
    out
}

/// The formula of `src/kernels/max_sim.rs`, as it stands there.
fn plain_max_sim(query: &[i16], rows: &[i8], dim: usize, out: &mut [i32]) {
    for (out, query) in out.iter_mut().zip(query.chunks_exact(dim)) {
        let dot = |row: &[i8]| query.iter().zip(row).map(|(&q, &r)| i32::from(q) * i32::from(r)).sum::<i32>();
        *out = rows.chunks_exact(dim).map(dot).max().unwrap_or(0);
    }
}

/// A flat index of made-up vectors, for the scan.
#[wasm_bindgen]
#[derive(Debug)]
pub struct FlatScan {
    index: FlatIndex,
    query: ScanQuery,
}

#[wasm_bindgen]
impl FlatScan {
    /// `values [n, dim]` become int8 vectors with a scale each; the first one is the query.
    #[wasm_bindgen(constructor)]
    pub fn new(values: Vec<f32>, dim: usize) -> FlatScan {
        let index = FlatIndex::new(Vectors::quantize(&values, dim), Backend::best());
        FlatScan { query: ScanQuery::new(&values[..dim]), index }
    }

    /// The best `k` of all, by the scan that searches: their numbers.
    pub fn top_k(&self, k: usize) -> Vec<u32> {
        self.index.top_k(&self.query, k, |_| true).iter().map(|scored| scored.passage).collect()
    }

    /// A sum of the same bytes, sixteen at a time: what memory alone allows.
    pub fn sum(&self) -> i64 {
        let mut sums = [i64x2_splat(0); 4];
        for block in self.index.vectors().rows().chunks_exact(64) {
            for (i, sum) in sums.iter_mut().enumerate() {
                // SAFETY: the block has 64 bytes; loads need no alignment.
                *sum = i64x2_add(*sum, unsafe { block.as_ptr().add(16 * i).cast::<v128>().read_unaligned() });
            }
        }
        let sum = i64x2_add(i64x2_add(sums[0], sums[1]), i64x2_add(sums[2], sums[3]));
        i64x2_extract_lane::<0>(sum).wrapping_add(i64x2_extract_lane::<1>(sum))
    }
}
