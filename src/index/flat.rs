//! The flat scan: every vector is compared with the query, and the best `k` are kept. The result is exact.
//!
//! Where the processor multiplies bytes in one step, a query of seven bits is compared first, and a bound says how far that can be
//! off: `|Σ e·v| ≤ ‖e‖ · ‖v‖` (Cauchy and Schwarz), `e` being what rounding to seven bits took from the query. Only vectors that
//! could be among the best are compared again with the query's 16 bits, so ranks and scores are those of a scan that compares all
//! of them so.

use super::scan::{ScanQuery, Scored, refuse_odd_length};
use super::top_k::TopK;
use super::vectors::Vectors;
use crate::error::Result;
use crate::kernels::Backend;

/// Rows that are scored between two looks at the best: keeps the scores in the first-level cache.
const BLOCK: usize = 1024;
/// The number that stands for zero in a query of seven bits.
const ZERO: i32 = 64;
/// The greatest distance from it.
const MOST: f32 = 63.0;
/// What floats round away of a score and of its bound, relative to the vectors' lengths: a dozen roundings of 2⁻²⁴, and of sums of up to 512
/// squares at most 512 · 2⁻²⁴ of a hundredth. Ten times as much.
const ROUNDING: f32 = 1e-5;

/// All vectors of an index, ready to be scanned.
#[derive(Debug)]
pub struct FlatIndex {
    vectors: Vectors,
    backend: Backend,
    /// Sum of each row, `[n]`, if bytes are multiplied: a query's zero is not 0.
    sums: Vec<i32>,
    /// Length of the longest vector.
    longest: f32,
}

impl FlatIndex {
    /// Reads the file of `n` vectors of length `dim`, as [`Vectors::parse`] does.
    ///
    /// # Errors
    /// If it is not such a file, or vectors of that length cannot be scanned.
    pub fn open(content: &[u8], file: &str, n: usize, dim: usize, backend: Backend) -> Result<Self> {
        refuse_odd_length(dim, file)?;
        Ok(Self::new(Vectors::parse(content, file, n, dim)?, backend))
    }

    /// Looks through the vectors once.
    ///
    /// # Panics
    /// If vectors of that length cannot be scanned.
    pub fn new(vectors: Vectors, backend: Backend) -> Self {
        let mut index = Self { vectors, backend, sums: Vec::new(), longest: 0.0 };
        if backend.dots_bytes() {
            let Self { vectors, sums, longest, .. } = &mut index;
            sums.resize(vectors.len(), 0);
            backend.scan_u7_into(&vec![1; vectors.dim()], vectors.rows(), sums);
            let mut wide = Vec::with_capacity(vectors.dim());
            for (row, scale) in vectors.rows().chunks_exact(vectors.dim()).zip(vectors.scales()) {
                let mut square = [0];
                wide.clear();
                wide.extend(row.iter().map(|&value| i16::from(value)));
                backend.scan_into(&wide, row, &mut square);
                *longest = longest.max(scale.abs() * (square[0] as f32).sqrt());
            }
        }
        index
    }

    /// The vectors.
    pub fn vectors(&self) -> &Vectors {
        &self.vectors
    }

    /// The `k` passages with the highest cosine among those that `keep` lets pass, best first; ties by passage id.
    ///
    /// # Panics
    /// If the query has another length than the vectors.
    pub fn top_k(&self, query: &ScanQuery, k: usize, keep: impl Fn(u32) -> bool) -> Vec<Scored> {
        let mut top = TopK::new(k);
        if self.backend.dots_bytes() {
            self.offer_likely(query, keep, &mut top);
        } else {
            self.offer_all(query, keep, &mut top);
        }
        top.into_sorted().map(|(passage, score)| Scored { passage, score }).collect()
    }

    /// Cosine of one passage.
    pub fn score(&self, query: &ScanQuery, passage: u32) -> f32 {
        query.score(self.backend, &self.vectors, passage)
    }

    /// Compares all of them exactly.
    fn offer_all(&self, query: &ScanQuery, keep: impl Fn(u32) -> bool, top: &mut TopK) {
        let (mut dots, mut scores) = (Vec::with_capacity(BLOCK), Vec::with_capacity(BLOCK));
        for passages in self.blocks() {
            query.score_range_into(self.backend, &self.vectors, passages.clone(), &mut dots, &mut scores);
            for (passage, &score) in passages.zip(&scores) {
                if score >= top.threshold() && keep(passage) {
                    top.push(passage, score);
                }
            }
        }
    }

    /// Compares exactly those that may be among the best.
    fn offer_likely(&self, query: &ScanQuery, keep: impl Fn(u32) -> bool, top: &mut TopK) {
        let (dim, rows, scales) = (self.vectors.dim(), self.vectors.rows(), self.vectors.scales());
        let coarse = CoarseQuery::new(query);
        let off = coarse.off * self.longest;
        let mut dots = [0; BLOCK];
        for passages in self.blocks() {
            let (first, last) = (passages.start as usize, passages.end as usize);
            let dots = &mut dots[..last - first];
            self.backend.scan_u7_into(&coarse.values, &rows[first * dim..last * dim], dots);
            let parts = dots.iter().zip(&self.sums[first..last]).zip(&scales[first..last]);
            for (passage, ((&dot, &sum), &scale)) in passages.zip(parts) {
                let rough = (dot - ZERO * sum) as f32 * (coarse.scale * scale);
                if rough + off >= top.threshold() && keep(passage) {
                    top.push(passage, self.score(query, passage));
                }
            }
        }
    }

    fn blocks(&self) -> impl Iterator<Item = std::ops::Range<u32>> + use<> {
        let n = self.vectors.len();
        (0..n).step_by(BLOCK).map(move |first| first as u32..n.min(first + BLOCK) as u32)
    }
}

/// A query of seven bits.
struct CoarseQuery {
    /// `[dim]`, around [`ZERO`].
    values: Vec<u8>,
    scale: f32,
    /// How far a score can be off, for a vector of length 1.
    off: f32,
}

impl CoarseQuery {
    fn new(query: &ScanQuery) -> Self {
        let exact: Vec<f32> = query.dequantized().collect();
        let scale = exact.iter().fold(0f32, |m, x| m.max(x.abs())).max(f32::MIN_POSITIVE) / MOST;
        let rounded: Vec<f32> = exact.iter().map(|x| (x / scale).round()).collect();
        let length = |values: &mut dyn Iterator<Item = f32>| values.map(|x| x * x).sum::<f32>().sqrt();
        let lost = length(&mut exact.iter().zip(&rounded).map(|(x, rounded)| x - rounded * scale));
        let off = lost + ROUNDING * length(&mut exact.iter().copied());
        Self { values: rounded.iter().map(|x| (*x as i32 + ZERO) as u8).collect(), scale, off }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    /// Vectors of `dim` numbers between −1 and 1; a longer sample begins with the shorter.
    fn sample(n: usize, dim: usize) -> Vec<f32> {
        let mut state = 9u64;
        let mut random = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1 << 23) as f32 - 1.0
        };
        (0..n * dim).map(|_| random()).collect()
    }

    /// `top_k` against the head of a sort of all exact scores, on every backend.
    fn check(vectors: &Vectors, query: &[f32], what: &str) {
        let query = ScanQuery::new(query);
        for backend in Backend::available() {
            let index = FlatIndex::new(vectors.clone(), backend);
            let n = vectors.len();
            let score = |passage| Scored { passage, score: query.score(backend, vectors, passage) };
            let mut all: Vec<Scored> = (0..n as u32).map(score).collect();
            all.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.passage.cmp(&b.passage)));
            for k in [0, 1, 3, 10, 100, n, n + 1] {
                assert_eq!(index.top_k(&query, k, |_| true), all[..k.min(n)], "{what}: n={n} k={k} {backend:?}");
            }
        }
    }

    #[test]
    fn top_k_is_the_head_of_a_full_sort() {
        for n in [1, 5, 1023, 1024, 1025, 3000] {
            // known angles to the first axis, many of them equal
            let mut angles = vec![0.0; n * 16];
            for (i, v) in angles.chunks_exact_mut(16).enumerate() {
                let angle = (i * 7919 % n / 3) as f32 / n as f32;
                (v[0], v[1]) = (angle.cos(), angle.sin());
            }
            let mut axis = [0.0; 16];
            axis[0] = 1.0;
            check(&Vectors::quantize(&angles, 16), &axis, "equal ones");
        }
    }

    #[test]
    fn whatever_seven_bits_lose() {
        for dim in [16, 48, 384] {
            let (mut values, mut query) = (sample(2500, dim), sample(1, dim));
            let vectors = Vectors::quantize(&values, dim);
            check(&vectors, &query, "numbers of all sizes");
            check(&vectors, &vec![0.0; dim], "a query of nothing");
            query[3] = 40.0; // of the others little is left
            check(&vectors, &query, "a query of one great number");
            // one after the other is longer than the last, and one is nothing
            for (i, v) in values.chunks_exact_mut(dim).enumerate() {
                v.iter_mut().for_each(|x| *x *= (i % 7) as f32 * 100.0);
            }
            check(&Vectors::quantize(&values, dim), &query, "lengths of all sizes");
        }
    }

    #[test]
    fn lengths_that_no_kernel_takes_are_refused() {
        for dim in [4, 40, 528] {
            let bytes = Vectors::quantize(&sample(2, dim), dim).to_bytes();
            let error = FlatIndex::open(&bytes, "vectors-0.safetensors", 2, dim, Backend::best()).unwrap_err();
            assert!(
                error.to_string().contains("vectors-0.safetensors") && error.to_string().contains("multiple of 16"),
                "{error}"
            );
        }
        let bytes = Vectors::quantize(&sample(2, 48), 48).to_bytes();
        assert!(FlatIndex::open(&bytes, "vectors", 2, 48, Backend::best()).is_ok());
        assert!(FlatIndex::open(&bytes, "vectors", 3, 48, Backend::best()).is_err(), "of another index");
    }

    #[test]
    fn few_are_compared_again() {
        let (vectors, query) = (Vectors::quantize(&sample(5000, 384), 384), ScanQuery::new(&sample(1, 384)));
        for backend in Backend::available() {
            let index = FlatIndex::new(vectors.clone(), backend);
            let compared = Cell::new(0);
            index.top_k(&query, 10, |_| {
                compared.set(compared.get() + 1);
                true
            });
            // ten of so many are replaced some 70 times
            assert!(compared.get() < 150, "{backend:?}: {}", compared.get());
        }
    }

    #[test]
    fn filters_apply_before_the_cut() {
        let query = ScanQuery::new(&sample(1, 48));
        for backend in Backend::available() {
            let index = FlatIndex::new(Vectors::quantize(&sample(3000, 48), 48), backend);
            let top = index.top_k(&query, 10, |p| p % 100 == 7);
            assert_eq!(top.len(), 10);
            assert!(top.iter().all(|s| s.passage % 100 == 7));
        }
    }
}
