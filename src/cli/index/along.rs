//! The coordinates of a site's vectors along their principal axes, which both ways to write them short begin with: [`nearby`](super::nearby) and
//! [`compressed`](super::compressed).

use crate::codes::axes::Axes;
use crate::codes::{from_bf16, to_bf16};
use crate::index::vectors::Vectors;
use rayon::prelude::*;

/// Vectors that the axes are made of, at most.
const MOST: usize = 20_000;

/// All passages along the axes.
#[derive(Debug)]
pub(super) struct Along {
    pub(super) axes: Axes,
    /// Of each passage, `[axes]`.
    pub(super) coordinates: Vec<Vec<f32>>,
    /// Their mean along each axis, as 16 bits hold it.
    pub(super) mean: Vec<f32>,
    /// Their standard deviation, likewise.
    pub(super) spread: Vec<f32>,
}

impl Along {
    /// Of all vectors.
    pub(super) fn new(vectors: &Vectors) -> Self {
        let (n, dim) = (vectors.len(), vectors.dim());
        let axes = Axes::principal(&moments(vectors), dim);
        let coordinates: Vec<Vec<f32>> =
            (0..n as u32).into_par_iter().map(|passage| axes.of(&unit(vectors, passage))).collect();
        let (mean, spread) = mean_and_spread(&coordinates, dim);
        Self { axes, coordinates, mean, spread }
    }

    /// How much questions are expected to differ along each axis: they are spread as passages are, and around the same mean.
    pub(super) fn weight(&self) -> Vec<f32> {
        self.mean.iter().zip(&self.spread).map(|(m, s)| (m * m + s * s).sqrt()).collect()
    }
}

/// The vector of a passage.
pub(super) fn unit(vectors: &Vectors, passage: u32) -> Vec<f32> {
    let (row, scale) = vectors.row(passage);
    row.iter().map(|&value| f32::from(value) * scale).collect()
}

/// `Σ v vᵀ` of evenly chosen vectors, `[dim, dim]`. Row by row, each summed in the order of the vectors.
fn moments(vectors: &Vectors) -> Vec<f64> {
    let (dim, step) = (vectors.dim(), vectors.len().div_ceil(MOST).max(1));
    let chosen: Vec<Vec<f32>> = (0..vectors.len() as u32).step_by(step).map(|passage| unit(vectors, passage)).collect();
    let row = |at: usize| {
        let mut sums = vec![0.0f64; dim];
        for v in &chosen {
            let x = f64::from(v[at]);
            sums.iter_mut().zip(v).for_each(|(sum, &y)| *sum += x * f64::from(y));
        }
        sums
    };
    let rows: Vec<Vec<f64>> = (0..dim).into_par_iter().map(row).collect();
    rows.concat()
}

/// Mean and standard deviation along each axis, as 16 bits hold them.
fn mean_and_spread(coordinates: &[Vec<f32>], dim: usize) -> (Vec<f32>, Vec<f32>) {
    let n = coordinates.len().max(1) as f64;
    let (mut sums, mut squares) = (vec![0.0f64; dim], vec![0.0f64; dim]);
    for v in coordinates {
        for ((sum, square), &x) in sums.iter_mut().zip(&mut squares).zip(v) {
            *sum += f64::from(x);
            *square += f64::from(x) * f64::from(x);
        }
    }
    let stored = |value: f64| from_bf16(to_bf16(value as f32));
    let means: Vec<f32> = sums.iter().map(|sum| stored(sum / n)).collect();
    let variance = |at: usize| (squares[at] / n - (sums[at] / n).powi(2)).max(0.0);
    (means, (0..dim).map(|at| stored(variance(at).sqrt())).collect())
}
