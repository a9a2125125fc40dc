//! Float rows to int8: symmetric, one scale per output row, the scale chosen for the smallest squared error.
//!
//! The usual scale is `max|w| / 127`. One outlier then makes the grid coarse for all other weights of its row, so a few
//! smaller scales, which clip the outlier, are tried as well; each is refined by the least-squares scale for the integers
//! it gives, `<w, q> / <q, q>`. Rounding is half away from zero, as in [`f32::round`].
//!
//! A *smallest scale* may be set from outside. Rows whose own scale is below it then use it and fewer of the 255 values:
//! they compress better. For a table of word embeddings that is nearly free (models/README.md has the numbers): one grid
//! for all rows spends the bits of the compressed file where the squared error is.

use rayon::prelude::*;

/// Largest magnitude of a quantized weight. -128 is not used, so that negation is safe and the range symmetric.
pub const Q_MAX: f32 = 127.0;

/// How the scale of a row is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScaleSearch {
    /// `max|w| / 127`.
    Max,
    /// The best of some scales from the maximum's down to 0.8 of it, in squared error.
    LeastSquares,
}

/// A quantized matrix.
#[derive(Debug, Clone, PartialEq)]
pub struct QuantizedRows {
    /// Integers, `[rows, columns]`.
    pub values: Vec<i8>,
    /// Scales, `[rows]`: a weight is `scale * value`.
    pub scales: Vec<f32>,
    /// Relative error of each row, `‖w - scale * q‖ / ‖w‖`, `[rows]`; 0 for a row of zeros.
    pub errors: Vec<f32>,
}

/// Quantizes `weights`, `[rows, columns]`, to 4 bits: values -7 ..= 7, scales by [`ScaleSearch::LeastSquares`], which
/// clips more of a row's extremes than it does for 8 bits.
///
/// # Panics
/// If `columns` is 0 or does not divide the number of weights.
pub fn quantize_rows_4_bits(weights: &[f32], columns: usize) -> QuantizedRows {
    assert!(columns > 0 && weights.len().is_multiple_of(columns), "weights must be whole rows");
    let mut quantized = QuantizedRows { values: Vec::new(), scales: Vec::new(), errors: Vec::new() };
    for row in weights.chunks_exact(columns) {
        let mut values = vec![0; columns];
        let (scale, error) = quantize_row_4_bits(row, &mut values);
        quantized.values.extend(values);
        quantized.scales.push(scale);
        quantized.errors.push(error);
    }
    quantized
}

/// Quantizes one row into `values`. Returns its scale and its relative error.
fn quantize_row_4_bits(row: &[f32], values: &mut [i8]) -> (f32, f32) {
    const MOST: f32 = 7.0;
    let widest = row.iter().fold(0.0f32, |max, w| max.max(w.abs())) / MOST;
    if !(1.0 / widest).is_finite() {
        return (0.0, 0.0);
    }
    let rounded = |weight: f32, scale: f32| (weight / scale).round().clamp(-MOST, MOST);
    let mut best = (f64::INFINITY, widest);
    for step in 0..=50 {
        let grid = widest * (1.0 - 0.01 * step as f32);
        let (mut wq, mut qq) = (0.0f64, 0.0f64);
        for &weight in row {
            let q = f64::from(rounded(weight, grid));
            (wq, qq) = (wq + f64::from(weight) * q, qq + q * q);
        }
        let scale = (wq / qq.max(1.0)) as f32;
        for scale in [grid, scale].into_iter().filter(|scale| *scale > 0.0) {
            let error = row.iter().map(|&w| f64::from(w - scale * rounded(w, scale)).powi(2)).sum();
            if error < best.0 {
                best = (error, scale);
            }
        }
    }
    for (value, &weight) in values.iter_mut().zip(row) {
        *value = rounded(weight, best.1) as i8;
    }
    let norm = row.iter().map(|w| f64::from(*w).powi(2)).sum::<f64>();
    (best.1, (best.0 / norm).sqrt() as f32)
}

/// Quantizes `weights`, `[rows, columns]` row-major, all finite. No scale is below `min_scale`.
///
/// Numeric example: the row `[0.5, -1.27, 0.004]` has scale 0.01 (maximum) and integers `[50, -127, 0]`.
///
/// # Panics
/// If `columns` is 0 or does not divide the number of weights.
pub fn quantize_rows(weights: &[f32], columns: usize, search: ScaleSearch, min_scale: f32) -> QuantizedRows {
    assert!(columns > 0 && weights.len().is_multiple_of(columns), "weights must be whole rows");
    let rows = weights.len() / columns;
    let mut quantized =
        QuantizedRows { values: vec![0; weights.len()], scales: vec![0.0; rows], errors: vec![0.0; rows] };
    weights
        .par_chunks(columns)
        .zip(quantized.values.par_chunks_mut(columns))
        .zip(quantized.scales.par_iter_mut().zip(&mut quantized.errors))
        .for_each(|((row, values), (scale, error))| (*scale, *error) = quantize_row(row, values, search, min_scale));
    quantized
}

/// Quantizes one row into `values`. Returns its scale and its relative error.
fn quantize_row(row: &[f32], values: &mut [i8], search: ScaleSearch, min_scale: f32) -> (f32, f32) {
    let max = row.iter().fold(0.0f32, |max, w| max.max(w.abs()));
    let norm = row.iter().map(|w| f64::from(*w).powi(2)).sum::<f64>();
    let widest = max / Q_MAX;
    // A row of zeros, or of numbers so small that their scale has no reciprocal.
    if !(1.0 / widest).is_finite() {
        values.fill(0);
        return (0.0, 0.0);
    }
    let mut best = (f64::INFINITY, widest);
    let mut consider = |scale: f32| {
        let error = squared_error(row, scale);
        if error < best.0 {
            best = (error, scale);
        }
    };
    if widest <= min_scale {
        consider(min_scale);
    } else if search == ScaleSearch::Max {
        consider(widest);
    } else {
        for step in 0..=20 {
            let scale = (widest * (1.0 - 0.01 * step as f32)).max(min_scale);
            consider(scale);
            consider(least_squares_scale(row, scale).max(min_scale));
        }
    }
    for (value, weight) in values.iter_mut().zip(row) {
        *value = round(*weight, 1.0 / best.1) as i8;
    }
    (best.1, (best.0 / norm).sqrt() as f32)
}

/// Nearest integer to `weight * inverse` within ±127.
fn round(weight: f32, inverse: f32) -> f32 {
    (weight * inverse).round().clamp(-Q_MAX, Q_MAX)
}

/// Squared error of a row rounded with `scale`.
fn squared_error(row: &[f32], scale: f32) -> f64 {
    let inverse = 1.0 / scale;
    row.iter().map(|w| f64::from(w - scale * round(*w, inverse)).powi(2)).sum()
}

/// The scale that restores best what `grid` rounded.
fn least_squares_scale(row: &[f32], grid: f32) -> f32 {
    let inverse = 1.0 / grid;
    let (mut wq, mut qq) = (0.0f64, 0.0f64);
    for weight in row {
        let q = f64::from(round(*weight, inverse));
        wq += f64::from(*weight) * q;
        qq += q * q;
    }
    if qq > 0.0 { (wq / qq) as f32 } else { grid }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_half_away_from_zero_and_keeps_the_maximum() {
        let rows = quantize_rows(&[0.5, -1.27, 0.004, 127.0, 0.5, -0.5], 3, ScaleSearch::Max, 0.0);
        assert_eq!(rows.values, [50, -127, 0, 127, 1, -1]);
        assert_eq!(rows.scales, [0.01, 1.0]);
    }

    #[test]
    fn zeros_and_the_tiniest_numbers_become_zeros() {
        let rows = quantize_rows(&[0.0, 0.0, 1e-45, -1e-40], 2, ScaleSearch::LeastSquares, 0.0);
        assert_eq!((rows.values, rows.scales, rows.errors), (vec![0; 4], vec![0.0; 2], vec![0.0; 2]));
    }

    #[test]
    fn no_scale_is_below_the_smallest() {
        let rows = quantize_rows(&[0.5, -1.27, 0.05, -0.127], 2, ScaleSearch::LeastSquares, 0.1);
        assert_eq!(rows.scales, [0.1, 0.1]);
        assert_eq!(rows.values, [5, -13, 1, -1]);
    }

    #[test]
    fn four_bits_keep_zeros_and_clip_an_outlier() {
        let mut rows: Vec<f32> = (0..384).map(|i| ((i * 37 % 101) as f32 - 50.0) / 50.0).collect();
        rows[7] = 2.0;
        rows.extend([0.0; 384]);
        let four = quantize_rows_4_bits(&rows, 384);
        assert!(four.values.iter().all(|q| q.abs() <= 7) && four.values[7] == 7);
        assert!(four.scales[0] < 2.0 / 7.0 && four.scales[1] == 0.0, "{:?}", four.scales);
        // a row of squared length 132: the scale 2/7 loses 384 · (2/7)² / 12 = 2.6 of it, the error is √(2.6 / 132) = 0.14; clipping the
        // outlier to 1.2 at the scale 0.17 loses 0.9 by rounding and 0.64 by clipping, 0.108
        assert!((0.09..0.12).contains(&four.errors[0]), "{}", four.errors[0]);
        let restored = four.values.iter().take(384).map(|q| f32::from(*q) * four.scales[0]);
        let error: f32 = rows.iter().zip(restored).map(|(w, r)| (w - r).powi(2)).sum();
        let norm: f32 = rows.iter().map(|w| w * w).sum();
        assert!(((error / norm).sqrt() - four.errors[0]).abs() < 1e-5);
    }

    #[test]
    fn search_is_never_worse_and_helps_a_row_with_an_outlier() {
        let mut row: Vec<f32> = (0..384).map(|i| ((i * 37 % 101) as f32 - 50.0) / 50.0).collect();
        row[7] = 1.3;
        let max = quantize_rows(&row, 384, ScaleSearch::Max, 0.0);
        let best = quantize_rows(&row, 384, ScaleSearch::LeastSquares, 0.0);
        assert!(best.errors[0] < max.errors[0], "{} {}", best.errors[0], max.errors[0]);
        let restored = best.values.iter().map(|q| f32::from(*q) * best.scales[0]);
        let error: f32 = row.iter().zip(restored).map(|(w, r)| (w - r).powi(2)).sum();
        let norm: f32 = row.iter().map(|w| w * w).sum();
        assert!(((error / norm).sqrt() - best.errors[0]).abs() < 1e-5);
    }
}
