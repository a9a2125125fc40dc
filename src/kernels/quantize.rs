//! How activations become integers: the formats, their ranges, and what a quantized batch looks like in memory.
//!
//! Weights are int8, symmetric per output channel, from the model file. Activations are quantized per row at run
//! time, in the format that the instruction set multiplies fastest *without losing a bit in the accumulator*:
//!
//! | format | range | multiplied by | why |
//! |---|---|---|---|
//! | [`I16`](ActivationFormat::I16) | −2047..=2047, symmetric | 16-bit pair dot | plain wasm SIMD has no 8-bit dot |
//! | [`U7`](ActivationFormat::U7) | 0..=127, zero point | relaxed dot, `maddubs` | a pair of products fits in 16 bits |
//! | [`U8`](ActivationFormat::U8) | 0..=255, zero point | VNNI `dpbusd` | sums in 32 bits, so all 8 bits are usable |
//! | [`I8`](ActivationFormat::I8) | −128..=127, zero point | NEON `sdot` | the same where both factors are signed |

use super::aligned::Aligned;

/// Floats that a backend quantizes at a time; every packed `k` is a multiple of it.
pub(super) const QUANT_BLOCK: usize = 16;

/// Integer format of quantized activations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActivationFormat {
    /// Symmetric, 12 bits in an `i16`; zero point 0.
    I16,
    /// Asymmetric, 7 bits in a `u8`.
    U7,
    /// Asymmetric, 8 bits in a `u8`.
    U8,
    /// Asymmetric, 8 bits in an `i8`.
    I8,
}

impl ActivationFormat {
    /// Largest quantized value.
    pub const fn max(self) -> i32 {
        match self {
            Self::I16 => 2047,
            Self::U7 | Self::I8 => 127,
            Self::U8 => 255,
        }
    }

    /// Smallest quantized value.
    pub const fn min(self) -> i32 {
        match self {
            Self::I16 => -2047,
            Self::U7 | Self::U8 => 0,
            Self::I8 => -128,
        }
    }

    /// Bytes of one activation.
    pub const fn size(self) -> usize {
        match self {
            Self::I16 => 2,
            Self::U7 | Self::U8 | Self::I8 => 1,
        }
    }

    /// Scale and zero point of a row whose values lie in `lo..=hi`: `x ≈ (q − zero) · scale`.
    ///
    /// The range is widened to contain 0, so that 0 is represented exactly. A row of zeros gets a tiny scale.
    pub fn scale_and_zero(self, lo: f32, hi: f32) -> (f32, i32) {
        const SMALLEST: f32 = 1e-12;
        let (lo, hi) = (lo.min(0.0), hi.max(0.0));
        match self {
            Self::I16 => (hi.max(-lo).max(SMALLEST) / 2047.0, 0),
            Self::U7 | Self::U8 | Self::I8 => {
                let steps = self.max() - self.min();
                let scale = (hi - lo).max(SMALLEST) / steps as f32;
                (scale, ((-lo / scale).round_ties_even() as i32).clamp(0, steps) + self.min())
            }
        }
    }
}

/// A batch of quantized rows, packed for the register tiles of one backend; reused from call to call.
///
/// Rows are grouped in panels (`RowPanels`: as few as there can be, of equal height); one of `r` rows from row `first` starts at activation
/// `first · k_padded` and is laid out `[k_padded / GROUP][r][GROUP]`, so that a tile reads it front to back.
#[derive(Debug, Default, Clone)]
pub struct QuantizedRows {
    /// Packed activations, as bytes in the backend's format.
    pub(super) data: Aligned<u8>,
    /// Scale of each row.
    pub(super) scales: Aligned<f32>,
    /// Zero point of each row, negated.
    pub(super) minus_zeros: Aligned<f32>,
    /// Number of rows.
    pub(super) m: usize,
    /// Length of a row.
    pub(super) k: usize,
}

impl QuantizedRows {
    /// Makes room for `m` rows of `k` (padded to `k_padded`) activations of `size` bytes.
    pub(super) fn resize(&mut self, m: usize, k: usize, k_padded: usize, size: usize) {
        self.data.grow(m * k_padded * size);
        self.scales.grow(m);
        self.minus_zeros.grow(m);
        (self.m, self.k) = (m, k);
    }
}
