//! MaxSim (Khattab & Zaharia 2020): for each vector of a query the greatest dot product with any vector of a passage.
//!
//! ```text
//! out[t] = max_r  query[t] · rows[r]            0 where there are no rows
//! ```
//! Query vectors are quantized to 16 bits (see [`quantize_vectors`]), rows to 8, so that sums and maxima are integers and
//! the same on every backend. What a query's vectors count, and the sum of them all, is for the caller to multiply in.

use super::Backend;

/// What 1 is in a quantized query vector.
pub const QUERY_ONE: f32 = 32767.0;
/// What 1 is in a quantized row.
pub const ROW_ONE: f32 = 127.0;

/// Quantizes query vectors whose values lie in −1..=1: `round(x · 32767)`.
///
/// Numeric example: 0.5 becomes 16384, −1 becomes −32767.
pub fn quantize_vectors(vectors: &[f32]) -> Vec<i16> {
    vectors.iter().map(|x| (x * QUERY_ONE).round_ties_even() as i16).collect()
}

impl Backend {
    /// `out[t]` = greatest dot product of `query[t]` with the rows, exact in 32 bits; 0 if there are no rows.
    ///
    /// Shapes: `query [out, dim]`, `rows [n, dim]`. `dim` is a multiple of 16 and at most 512, so that
    /// `dim · 127 · 32767` fits in an `i32`.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn max_sim_into(self, query: &[i16], rows: &[i8], dim: usize, out: &mut [i32]) {
        assert!(dim > 0 && dim.is_multiple_of(16) && dim <= 512, "dimensions of MaxSim");
        assert_eq!(query.len(), out.len() * dim, "query vectors are [out, dim]");
        assert!(rows.len().is_multiple_of(dim), "rows are [n, dim]");
        match rows.is_empty() {
            true => out.fill(0),
            false => self.max_sim(query, rows, dim, out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greatest_product_of_each_query_vector() {
        let unit = |at: usize, x: f32| (0..16).map(|i| if i == at { x } else { 0.0 }).collect::<Vec<f32>>();
        let query = quantize_vectors(&[unit(0, 0.5), unit(1, -1.0)].concat());
        assert_eq!((query[0], query[17]), (16384, -32767));
        let rows: Vec<i8> = [unit(0, 127.0), unit(0, -2.0), unit(1, 3.0)].concat().iter().map(|&x| x as i8).collect();
        for backend in Backend::available() {
            let mut out = [7; 2];
            backend.max_sim_into(&query, &rows, 16, &mut out);
            assert_eq!(out, [16384 * 127, 0], "{backend:?}");
            backend.max_sim_into(&query, &rows[32..], 16, &mut out);
            assert_eq!(out, [0, -32767 * 3], "{backend:?}: the greatest may be negative");
            backend.max_sim_into(&query, &[], 16, &mut out);
            assert_eq!(out, [0, 0], "{backend:?}");
        }
    }
}
