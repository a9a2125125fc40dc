//! Late interaction's scores as a caller gets them, against those of the CPU's scalar code.

use super::open;
use super::random::Random;
use siteseer::gpu::GpuError;
use siteseer::gpu::max_sim::MaxSim;
use siteseer::gpu::tuning::Tuning;
use siteseer::kernels::Backend;
use siteseer::model::late::QueryVectors;

/// How far a score may be off, for each token of the query. Both add up at most 64 terms of at most 1 in f32, after each other, so
/// that a sum carries half an ε for each of them; and both divide.
const PER_TOKEN: f32 = 64.0 * f32::EPSILON;

/// A query of vectors of length 1, whose values have both signs.
fn query(random: &mut Random, tokens: usize, dim: usize) -> QueryVectors {
    let mut vectors: Vec<f32> = (0..tokens * dim).map(|_| random.below(2001) as f32 / 1000.0 - 1.0).collect();
    for vector in vectors.chunks_exact_mut(dim) {
        let len = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        vector.iter_mut().for_each(|x| *x /= len);
    }
    QueryVectors::of(&vectors, dim)
}

/// Rows of passages of these lengths, whose vectors have length 1 too, and the first of each.
fn passages(random: &mut Random, lengths: &[usize], dim: usize) -> (Vec<i8>, Vec<u32>) {
    let (mut rows, mut first) = (Vec::new(), vec![0]);
    for &len in lengths {
        let vectors = query(random, len, dim);
        rows.extend(vectors.vectors().iter().map(|&value| (f32::from(value) / 32_767.0 * 127.0).round() as i8));
        first.push((rows.len() / dim) as u32);
    }
    (rows, first)
}

#[test]
fn scores_are_the_cpus() {
    let context = open();
    let mut random = Random::new(12);
    for tuning in [Tuning::HARDWARE, Tuning::SOFTWARE] {
        // one for all, so that buffers are used again, too large for some and made anew for others
        let mut on_gpu = MaxSim::new(&context, tuning).unwrap();
        for (tokens, dim, count) in [(16, 64, 50), (1, 64, 1), (33, 48, 200), (64, 64, 200), (12, 48, 3), (5, 128, 33)]
        {
            let query = query(&mut random, tokens, dim);
            let lengths: Vec<usize> = (0..count).map(|at| [33, 0, 1, 45, 4, 127][at % 6]).collect();
            let (rows, first) = passages(&mut random, &lengths, dim);
            let got = pollster::block_on(on_gpu.scores(&context, &query, &rows, &first)).unwrap();
            assert_eq!(got.len(), count);
            for (passage, (window, got)) in first.windows(2).zip(got).enumerate() {
                let rows = &rows[window[0] as usize * dim..window[1] as usize * dim];
                let want = query.score(Backend::Scalar, rows);
                let allowed = PER_TOKEN * tokens as f32;
                assert!((got - want).abs() <= allowed, "{tokens} x {dim}, passage {passage}: {got}, not {want}");
            }
        }
    }
}

#[test]
fn a_passage_that_has_the_query_scores_its_tokens() {
    let context = open();
    let mut on_gpu = MaxSim::new(&context, Tuning::of(&context)).unwrap();
    let unit = |at: usize| (0..16).map(move |i| if i == at { 1.0 } else { 0.0 });
    let query = QueryVectors::of(&unit(0).chain(unit(5)).collect::<Vec<f32>>(), 16);
    let rows: Vec<i8> = [0, 5, 5].into_iter().flat_map(unit).map(|x: f32| (x * 127.0) as i8).collect();
    let mut scores = |rows, first| pollster::block_on(on_gpu.scores(&context, &query, rows, first));
    assert_eq!(scores(&rows, &[0, 2, 2, 3]).unwrap(), [2.0, 0.0, 1.0]);
    assert_eq!(scores(&[], &[0, 0]).unwrap(), [0.0]);
    assert!(scores(&[], &[0]).unwrap().is_empty());
    for first in [&[0, 2][..], &[1, 3], &[0, 3, 2, 3], &[]] {
        assert!(matches!(scores(&rows, first), Err(GpuError::Model(_))), "{first:?}");
    }
    assert!(matches!(scores(&rows[..40], &[0, 2]), Err(GpuError::Model(_))), "half a row");
    context.destroy();
    let mut scores = |rows, first| pollster::block_on(on_gpu.scores(&context, &query, rows, first));
    assert!(matches!(scores(&rows, &[0, 3]), Err(GpuError::Lost(_))));
}
