//! Spherical k-means: vectors in cells around centres of length 1. The result depends on the vectors alone, not on the number of
//! threads.

use rayon::prelude::*;

/// Vectors that place the centres for each cell, at most.
const PER_CELL: usize = 48;
/// Rounds.
const ROUNDS: usize = 8;
/// Dimensions that are compared to find the nearest centre: of principal axes the others hardly differ.
const COMPARED: usize = 128;

/// Spherical k-means: the centres, of length 1, and each vector's cell. Begins with evenly chosen vectors.
pub(super) fn cluster(vectors: &[Vec<f32>], count: usize) -> (Vec<Vec<f32>>, Vec<usize>) {
    let step = (vectors.len() / (count * PER_CELL)).max(1);
    let chosen: Vec<&Vec<f32>> = vectors.iter().step_by(step).collect();
    let mut centres: Vec<Vec<f32>> = (0..count).map(|at| chosen[at * chosen.len() / count].clone()).collect();
    for _ in 0..ROUNDS {
        let cells: Vec<usize> = chosen.par_iter().map(|v| nearest(&centres, v)).collect();
        let mut sums = vec![vec![0.0f32; vectors[0].len()]; count];
        for (v, &cell) in chosen.iter().zip(&cells) {
            sums[cell].iter_mut().zip(v.iter()).for_each(|(sum, x)| *sum += x);
        }
        for (centre, mut sum) in centres.iter_mut().zip(sums) {
            let length = sum.iter().map(|x| x * x).sum::<f32>().sqrt();
            if length > 0.0 {
                sum.iter_mut().for_each(|x| *x /= length);
                *centre = sum;
            }
        }
    }
    let cells = vectors.par_iter().map(|v| nearest(&centres, v)).collect();
    (centres, cells)
}

/// The centre with the greatest product, of equals the first.
fn nearest(centres: &[Vec<f32>], v: &[f32]) -> usize {
    let compared = v.len().min(COMPARED);
    let product = |centre: &[f32]| {
        let (mut sums, head) = ([0.0f32; 8], compared / 8 * 8);
        for (a, b) in centre[..head].chunks_exact(8).zip(v[..head].chunks_exact(8)) {
            sums.iter_mut().zip(a.iter().zip(b)).for_each(|(sum, (a, b))| *sum += a * b);
        }
        let tail: f32 = centre[head..compared].iter().zip(&v[head..compared]).map(|(a, b)| a * b).sum();
        sums.iter().sum::<f32>() + tail
    };
    let products = centres.iter().map(|centre| product(centre)).enumerate();
    products.fold((0, f32::NEG_INFINITY), |best, next| if next.1 > best.1 { next } else { best }).0
}
