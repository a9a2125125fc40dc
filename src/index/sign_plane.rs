//! The 1-bit scan: the signs of all vectors lie in a plane of their own, an eighth of the int8 rows (48 bytes a passage at
//! 384 dimensions). Passages whose signs differ least from the query's are candidates; the int8 rows score these exactly.
//!
//! For two random directions at an angle θ, each sign differs with probability θ/π, so the Hamming distance estimates the
//! angle (Charikar 2002). The estimate is coarse: how many candidates it takes to find what the exact scan finds is
//! measured by `benches/scan.rs`.
//!
//! Nothing calls it yet but that bench: docs/engine.md says at what size it would pay.

use super::scan::{ScanQuery, Scored};
use super::top_k::TopK;
use super::vectors::Vectors;
use crate::kernels::{Backend, MAX_SIGN_WORDS};

/// Signs in a word.
const BITS: usize = 64;
/// Rows are padded to whole 128-bit vectors of two words.
const WORDS: usize = 2;
/// Rows that are compared between two looks at the best.
const BLOCK: usize = 1024;

/// The signs of all vectors, one bit a dimension: 1 where a value is negative.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignPlane {
    words_per_row: usize,
    /// `[n, words_per_row]`, bits from the lowest up, padded with zeros.
    words: Vec<u64>,
}

impl SignPlane {
    /// The signs of `vectors`. Memory: `dim / 8` bytes a vector, padded to 16.
    ///
    /// # Panics
    /// If a vector has more than 2048 dimensions.
    pub fn new(vectors: &Vectors) -> Self {
        let words_per_row = words_per_row(vectors.dim());
        assert!(words_per_row <= MAX_SIGN_WORDS, "at most {} dimensions", MAX_SIGN_WORDS * BITS);
        let mut words = vec![0; vectors.len() * words_per_row];
        for (row, words) in vectors.rows().chunks_exact(vectors.dim()).zip(words.chunks_exact_mut(words_per_row)) {
            pack_signs(row.iter().map(|&v| v < 0), words);
        }
        Self { words_per_row, words }
    }

    /// Number of vectors.
    pub fn len(&self) -> usize {
        self.words.len() / self.words_per_row
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The rows, `[n, words]`.
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// The `count` passages whose signs differ least from the query's among those that `keep` lets pass, with the
    /// number of signs that do; nearest first, ties by passage id.
    ///
    /// # Panics
    /// If the query has another length than the vectors.
    pub fn nearest(
        &self,
        backend: Backend,
        query: &ScanQuery,
        count: usize,
        keep: impl Fn(u32) -> bool,
    ) -> impl Iterator<Item = (u32, u32)> {
        let width = self.words_per_row;
        assert_eq!(words_per_row(query.values.len()), width, "query and vectors have the same length");
        let (mut signs, mut distances) = ([0; MAX_SIGN_WORDS], [0; BLOCK]);
        pack_signs(query.values.iter().map(|&v| v < 0), &mut signs);
        let mut top = TopK::new(count);
        for first in (0..self.len()).step_by(BLOCK) {
            let distances = &mut distances[..BLOCK.min(self.len() - first)];
            let rows = &self.words[first * width..(first + distances.len()) * width];
            backend.hamming_into(&signs[..width], rows, distances);
            for (passage, &distance) in (first as u32..).zip(distances.iter()) {
                // an equal distance loses to the smaller ids that are already in
                let score = -(distance as f32);
                if score > top.threshold() && keep(passage) {
                    top.push(passage, score);
                }
            }
        }
        top.into_sorted().map(|(passage, score)| (passage, -score as u32))
    }
}

impl ScanQuery {
    /// The `k` best by cosine among the `candidates` passages whose signs are nearest: [`FlatIndex::top_k`](super::flat::FlatIndex::top_k), but for
    /// those whose signs mislead.
    ///
    /// # Panics
    /// If query, vectors and signs differ in shape.
    pub fn top_k_by_signs(
        &self,
        backend: Backend,
        vectors: &Vectors,
        signs: &SignPlane,
        k: usize,
        candidates: usize,
        keep: impl Fn(u32) -> bool,
    ) -> Vec<Scored> {
        assert_eq!(signs.len(), vectors.len(), "a row of signs for each vector");
        let mut top = TopK::new(k);
        for (passage, _) in signs.nearest(backend, self, candidates.max(k), keep) {
            top.push(passage, self.score(backend, vectors, passage));
        }
        top.into_sorted().map(|(passage, score)| Scored { passage, score }).collect()
    }
}

fn words_per_row(dim: usize) -> usize {
    dim.div_ceil(BITS).next_multiple_of(WORDS)
}

fn pack_signs(negative: impl Iterator<Item = bool>, words: &mut [u64]) {
    for (i, negative) in negative.enumerate() {
        words[i / BITS] |= u64::from(negative) << (i % BITS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::flat::FlatIndex;

    const DIM: usize = 384;

    /// `n` vectors in directions that have nothing to do with each other; a longer sample begins with the shorter.
    fn sample(n: usize) -> Vec<f32> {
        let mut state = 9u64;
        let mut random = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1 << 23) as f32 - 1.0
        };
        (0..n * DIM).map(|_| random()).collect()
    }

    fn signs_of(row: &[i8]) -> Vec<bool> {
        row.iter().map(|&v| v < 0).collect()
    }

    #[test]
    fn distances_are_the_numbers_of_differing_signs() {
        for dim in [16, 64, 80, 128, 384] {
            let vectors = Vectors::quantize(&sample(DIM)[..100 * dim], dim);
            let plane = SignPlane::new(&vectors);
            assert_eq!(plane.len(), 100);
            let query = ScanQuery::new(&sample(2)[1..=dim]);
            let wanted: Vec<bool> = query.values.iter().map(|&v| v < 0).collect();
            let distance = |row| signs_of(row).iter().zip(&wanted).filter(|(a, b)| a != b).count() as u32;
            let mut expected: Vec<(u32, u32)> = (0..).zip(vectors.rows().chunks_exact(dim).map(distance)).collect();
            expected.sort_by_key(|&(passage, distance)| (distance, passage));
            for backend in Backend::available() {
                for count in [1, 7, 100, 101] {
                    let nearest = plane.nearest(backend, &query, count, |_| true);
                    assert!(nearest.eq(expected.iter().copied().take(count)), "{backend:?} dim={dim} count={count}");
                }
            }
        }
    }

    #[test]
    fn with_every_passage_a_candidate_it_is_the_exact_scan() {
        let vectors = Vectors::quantize(&sample(3000), DIM);
        let (plane, query) = (SignPlane::new(&vectors), ScanQuery::new(&sample(1)[..DIM]));
        for backend in Backend::available() {
            let exact = FlatIndex::new(vectors.clone(), backend).top_k(&query, 10, |p| p % 3 == 1);
            assert_eq!(query.top_k_by_signs(backend, &vectors, &plane, 10, 3000, |p| p % 3 == 1), exact);
        }
    }

    #[test]
    fn finds_what_is_near_and_filters_before_the_cut() {
        let mut embeddings = sample(3000);
        let query: Vec<f32> = sample(3001)[3000 * DIM..].to_vec();
        // two passages lean towards the query; one of them is filtered
        for near in [777, 2048] {
            embeddings[near * DIM..][..DIM].iter_mut().zip(&query).for_each(|(v, q)| *v = 0.5 * *v + q);
        }
        let vectors = Vectors::quantize(&embeddings, DIM);
        let (plane, query) = (SignPlane::new(&vectors), ScanQuery::new(&query));
        let best = |keep: &dyn Fn(u32) -> bool| {
            let top = query.top_k_by_signs(Backend::best(), &vectors, &plane, 1, 20, keep);
            (top.len(), top[0].passage)
        };
        assert!([777, 2048].contains(&best(&|_| true).1));
        assert_eq!(best(&|p| p != 777), (1, 2048));
        assert_eq!(best(&|p| p != 2048), (1, 777));
        assert!(query.top_k_by_signs(Backend::best(), &vectors, &plane, 3, 20, |_| false).is_empty());
    }
}
