//! Comparing a query with passages: their cosines, exactly over the int8 rows. (Which are the best of all: [`flat`](super::flat).)
//!
//! The query is quantized to 16 bits (relative error below 2⁻¹⁵, far below that of the 8-bit rows), so that the sums are
//! integer and exact; the scales are multiplied in at the end.

use super::vectors::Vectors;
use crate::error::{Error, REBUILD_INDEX, Result};
use crate::kernels::Backend;

/// A passage and its score; higher is better.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored {
    /// Passage id.
    pub passage: u32,
    /// Cosine, or whatever was asked for.
    pub score: f32,
}

/// Refuses vectors of a length that no kernel takes; `file` is only for the message.
pub(super) fn refuse_odd_length(dim: usize, file: &str) -> Result<()> {
    if Backend::scans(dim) {
        return Ok(());
    }
    let detail = format!("vectors of {dim} numbers cannot be compared: a multiple of 16 can, 512 at most");
    Err(Error::Unsupported { file: file.to_owned(), detail, next: REBUILD_INDEX })
}

/// A query vector, quantized for scans over int8 rows.
#[derive(Debug, Clone, PartialEq)]
pub struct ScanQuery {
    pub(super) values: Vec<i16>,
    scale: f32,
}

impl ScanQuery {
    /// Quantizes `query [dim]`.
    pub fn new(query: &[f32]) -> Self {
        let scale = query.iter().fold(0f32, |m, x| m.max(x.abs())).max(f32::MIN_POSITIVE) / 32767.0;
        Self { values: query.iter().map(|x| (x / scale).round() as i16).collect(), scale }
    }

    /// Cosines of some passages that follow each other, `[passages]`, written to `out`; `dots` is room to work in.
    ///
    /// # Panics
    /// If there are no such passages, or the query has another length than the vectors.
    pub fn score_range_into(
        &self,
        backend: Backend,
        vectors: &Vectors,
        passages: std::ops::Range<u32>,
        dots: &mut Vec<i32>,
        out: &mut Vec<f32>,
    ) {
        assert_eq!(self.values.len(), vectors.dim(), "query and vectors have the same length");
        dots.resize(passages.len(), 0);
        out.resize(passages.len(), 0.0);
        self.score_block(backend, vectors, passages.start as usize, dots, out);
    }

    /// Scores of the passages from `first`, one for each place in `out`.
    fn score_block(&self, backend: Backend, vectors: &Vectors, first: usize, dots: &mut [i32], out: &mut [f32]) {
        let dim = vectors.dim();
        let n = out.len();
        backend.scan_into(&self.values, &vectors.rows()[first * dim..(first + n) * dim], &mut dots[..n]);
        for ((out, &dot), &scale) in out.iter_mut().zip(dots.iter()).zip(&vectors.scales()[first..]) {
            *out = dot as f32 * (self.scale * scale);
        }
    }

    /// The query's values, as far as 16 bits hold them.
    pub(super) fn dequantized(&self) -> impl Iterator<Item = f32> {
        self.values.iter().map(|&value| f32::from(value) * self.scale)
    }

    /// Cosine of a vector that stands by itself: its row `[dim]` and scale.
    ///
    /// # Panics
    /// If the query has another length than the row.
    pub fn cosine(&self, backend: Backend, row: &[i8], scale: f32) -> f32 {
        let mut dot = [0];
        backend.scan_into(&self.values, row, &mut dot);
        dot[0] as f32 * (self.scale * scale)
    }

    /// Cosine of one passage.
    pub fn score(&self, backend: Backend, vectors: &Vectors, passage: u32) -> f32 {
        let mut out = [0.0];
        self.score_block(backend, vectors, passage as usize, &mut [0], &mut out);
        out[0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Vectors in 16 dimensions with known cosines to the first axis, many of them equal.
    fn sample(n: usize) -> Vectors {
        let mut embeddings = vec![0.0; n * 16];
        for (i, v) in embeddings.chunks_exact_mut(16).enumerate() {
            let angle = (i * 7919 % n / 3) as f32 / n as f32;
            (v[0], v[1]) = (angle.cos(), angle.sin());
        }
        Vectors::quantize(&embeddings, 16)
    }

    fn axis() -> ScanQuery {
        let mut query = [0.0; 16];
        query[0] = 1.0;
        ScanQuery::new(&query)
    }

    #[test]
    fn scores_are_cosines() {
        let (vectors, query) = (sample(300), axis());
        for passage in 0..300 {
            let angle = (passage * 7919 % 300 / 3) as f32 / 300.0;
            let score = query.score(Backend::best(), &vectors, passage as u32);
            // one half step of the int8 row, relative to its largest value
            assert!((score - angle.cos()).abs() < 0.5 / 127.0, "{passage}: {score} {}", angle.cos());
        }
    }
}
