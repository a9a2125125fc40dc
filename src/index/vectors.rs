//! Passage vectors, int8 with a scale each: a safetensors file with `vectors I8[n, dim]` and `scales F32[n]`.
//!
//! `v ≈ row · scale` with `scale = max|v| / 127`. One line of Python opens it:
//! `safetensors.numpy.load_file("vectors-….safetensors")`. Memory: `dim + 4` bytes a passage.

use crate::error::{REBUILD_INDEX, Result};
use crate::tensors::TensorFile;
use safetensors::tensor::{Dtype, TensorView, serialize};

/// The vectors of all passages, in order of passage id.
#[derive(Debug, Clone, PartialEq)]
pub struct Vectors {
    dim: usize,
    /// `[n, dim]`
    rows: Vec<i8>,
    /// `[n]`
    scales: Vec<f32>,
}

impl Vectors {
    /// Vectors of zeros, to be filled by [`rows_mut`](Self::rows_mut).
    ///
    /// # Panics
    /// If `dim` is 0.
    pub fn zeros(n: usize, dim: usize) -> Self {
        assert!(dim > 0, "a vector has a length");
        Self { dim, rows: vec![0; n * dim], scales: vec![0.0; n] }
    }

    /// Quantizes `embeddings [n, dim]`.
    ///
    /// # Panics
    /// If `embeddings` is not a whole number of rows.
    pub fn quantize(embeddings: &[f32], dim: usize) -> Self {
        assert!(dim > 0 && embeddings.len().is_multiple_of(dim), "embeddings are [n, dim]");
        let mut vectors = Self::zeros(embeddings.len() / dim, dim);
        for (v, (row, scale)) in embeddings.chunks_exact(dim).zip(vectors.rows_mut()) {
            *scale = quantize_row(v, row);
        }
        vectors
    }

    /// Row and scale of one passage.
    ///
    /// # Panics
    /// If there is no such passage.
    pub fn row(&self, passage: u32) -> (&[i8], f32) {
        (&self.rows[passage as usize * self.dim..][..self.dim], self.scales[passage as usize])
    }

    /// Each row with its scale, to be written to.
    pub fn rows_mut(&mut self) -> impl Iterator<Item = (&mut [i8], &mut f32)> {
        self.rows.chunks_exact_mut(self.dim).zip(&mut self.scales)
    }

    /// The file's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let rows: Vec<u8> = self.rows.iter().map(|&v| v as u8).collect();
        let scales: Vec<u8> = self.scales.iter().flat_map(|s| s.to_le_bytes()).collect();
        let n = self.len();
        let view = |dtype, shape, data| TensorView::new(dtype, shape, data).expect("shape and data agree");
        let tensors =
            [("vectors", view(Dtype::I8, vec![n, self.dim], &rows)), ("scales", view(Dtype::F32, vec![n], &scales))];
        serialize(tensors, None).expect("two tensors serialize")
    }

    /// Reads the file.
    ///
    /// # Errors
    /// If it is not a whole file of `n` vectors of length `dim`.
    pub fn parse(bytes: &[u8], file: &str, n: usize, dim: usize) -> Result<Self> {
        let tensors = TensorFile::parse(bytes, file, REBUILD_INDEX)?;
        let rows = tensors.i8("vectors", &[n, dim])?.to_vec();
        let scales = tensors.f32("scales", &[n])?;
        if scales.iter().any(|s| !s.is_finite()) {
            return Err(tensors.damaged("a scale is not a number".to_owned()));
        }
        Ok(Self { dim, rows, scales })
    }

    /// Number of vectors.
    pub fn len(&self) -> usize {
        self.scales.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.scales.is_empty()
    }

    /// Length of a vector.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Rows, `[n, dim]`.
    pub fn rows(&self) -> &[i8] {
        &self.rows
    }

    /// Scales, `[n]`.
    pub fn scales(&self) -> &[f32] {
        &self.scales
    }
}

/// Quantizes `v` into `row`, of the same length, and returns the scale. A row depends on nothing but its own vector.
pub fn quantize_row(v: &[f32], row: &mut [i8]) -> f32 {
    let scale = v.iter().fold(0f32, |m, x| m.max(x.abs())).max(f32::MIN_POSITIVE) / 127.0;
    for (quantized, x) in row.iter_mut().zip(v) {
        *quantized = (x / scale).round() as i8;
    }
    scale
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vectors {
        Vectors::quantize(&[0.5, -1.0, 0.25, 0.0, 0.0, 0.0, 0.0, 0.0, 1e-3, 2e-3, -3e-3, 1.27e-3], 4)
    }

    #[test]
    fn quantizes_each_row_to_its_own_scale() {
        let v = sample();
        assert_eq!(v.rows(), [64, -127, 32, 0, 0, 0, 0, 0, 42, 85, -127, 54]);
        assert_eq!(v.scales()[0], 1.0 / 127.0);
    }

    #[test]
    fn survives_a_round_trip_and_refuses_every_truncation() {
        let bytes = sample().to_bytes();
        assert_eq!(Vectors::parse(&bytes, "v", 3, 4), Ok(sample()));
        for cut in 0..bytes.len() {
            let error = Vectors::parse(&bytes[..cut], "v.safetensors", 3, 4).unwrap_err();
            assert!(error.to_string().starts_with("v.safetensors: truncated"), "cut at {cut}: {error}");
        }
        assert!(Vectors::parse(&bytes, "v", 4, 3).is_err(), "another shape");
    }
}
