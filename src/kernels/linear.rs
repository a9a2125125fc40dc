//! The linear layer `Y = X · Wᵀ + b`: packed weights, the arguments that cross into a backend, and the checks that
//! make the crossing safe.

use super::Backend;
use super::aligned::Aligned;
use super::quantize::{QUANT_BLOCK, QuantizedRows};

/// What happens to a row of a linear layer's output after the bias.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// Nothing.
    Identity,
    /// The exact GELU, `x/2 · (1 + erf(x/√2))` (Hendrycks & Gimpel 2016).
    Gelu,
}

/// Weights `W [n, k]` of a linear layer, packed for one backend's register tiles.
///
/// Panels of `NR = 2 · LANES` output channels, each laid out `[k_padded / GROUP][NR][GROUP]`; channels and `k` are
/// padded with zeros. Memory: `n · k` bytes and 12 bytes a channel.
#[derive(Debug, Clone)]
pub struct PackedLinear {
    pub(super) backend: Backend,
    pub(super) n: usize,
    pub(super) k: usize,
    pub(super) weights: Aligned<i8>,
    /// Per channel: weight scale, bias, and `Σ_k W[n, k]` (to take the activations' zero point out again).
    pub(super) scale: Aligned<f32>,
    pub(super) bias: Aligned<f32>,
    pub(super) column_sum: Aligned<f32>,
}

impl PackedLinear {
    /// Packs row-major `weights [n, k]` with a `scale` and a `bias` per output channel.
    ///
    /// # Panics
    /// If the lengths do not fit `n` and `k`.
    pub fn new(backend: Backend, weights: &[i8], scale: &[f32], bias: &[f32], n: usize, k: usize) -> Self {
        assert_eq!(weights.len(), n * k, "weights are [n, k]");
        assert_eq!(scale.len(), n, "one scale per output channel");
        assert_eq!(bias.len(), n, "one bias per output channel");
        let (nr, group, k_padded) = (backend.nr(), backend.group(), pad_k(k));
        let n_padded = n.next_multiple_of(nr);
        let mut packed = Aligned::zeros(n_padded * k_padded);
        let mut column_sum = Aligned::zeros(n_padded);
        for (channel, row) in weights.chunks_exact(k).enumerate() {
            let panel = &mut packed[channel / nr * nr * k_padded..];
            for (i, &w) in row.iter().enumerate() {
                panel[i / group * nr * group + channel % nr * group + i % group] = w;
            }
            column_sum[channel] = row.iter().map(|&w| i32::from(w)).sum::<i32>() as f32;
        }
        let pad = |v: &[f32]| {
            let mut padded = Aligned::zeros(n_padded);
            padded[..n].copy_from_slice(v);
            padded
        };
        Self { backend, n, k, weights: packed, scale: pad(scale), bias: pad(bias), column_sum }
    }

    /// Number of output channels.
    pub fn n(&self) -> usize {
        self.n
    }

    /// Number of input channels.
    pub fn k(&self) -> usize {
        self.k
    }

    /// `out [m, n] = activation(x · Wᵀ + bias) (+ residual [m, n])`, for the rows quantized in `x`.
    ///
    /// # Panics
    /// If shapes differ, or the rows are too short to be this backend's. (Those of another backend whose activations take as many bytes
    /// give wrong numbers.)
    pub fn forward_into(&self, x: &QuantizedRows, residual: Option<&[f32]>, activation: Activation, out: &mut [f32]) {
        let len = x.m * self.n;
        assert_eq!(x.k, self.k, "rows have the layer's input width");
        assert!(x.data.len() >= x.m * pad_k(self.k) * self.backend.format().size(), "rows are of this backend");
        assert!(out.len() >= len && residual.is_none_or(|r| r.len() >= len), "output and residual are [m, n]");
        self.backend.linear(LinearArgs { layer: self, x, residual, activation, out });
    }
}

impl Backend {
    /// Quantizes and packs `x [m, k]` row by row into `out`.
    ///
    /// # Panics
    /// If `x` is not a whole number of rows.
    pub fn quantize_rows_into(self, x: &[f32], k: usize, out: &mut QuantizedRows) {
        assert!(k > 0 && x.len().is_multiple_of(k), "x is [m, k]");
        out.resize(x.len() / k, k, pad_k(k), self.format().size());
        self.quantize_rows(QuantizeArgs { x, out });
    }
}

/// Arguments of the backends' `linear`.
pub(super) struct LinearArgs<'a> {
    pub(super) layer: &'a PackedLinear,
    pub(super) x: &'a QuantizedRows,
    pub(super) residual: Option<&'a [f32]>,
    pub(super) activation: Activation,
    pub(super) out: &'a mut [f32],
}

/// Arguments of the backends' `quantize_rows`.
pub(super) struct QuantizeArgs<'a> {
    pub(super) x: &'a [f32],
    pub(super) out: &'a mut QuantizedRows,
}

/// `k` padded to whole quantization blocks.
pub(super) const fn pad_k(k: usize) -> usize {
    k.next_multiple_of(QUANT_BLOCK)
}
