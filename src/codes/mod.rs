//! Short codes of vectors: each axis has its own number of bits, so that the axes along which vectors differ most are kept
//! best and those along which they hardly differ cost nothing.
//!
//! ```text
//! k(axis) = ⌊(v − mean) / step⌋ + 2^(bits − 1)       0 ≤ k < 2^bits, clamped          step = STEP[bits] · spread
//! v      ≈ (k − 2^(bits − 1) + ½) · step + mean       an axis of 0 bits is its mean
//! ```
//! A code is the `k` of all axes end to end, lowest bit first. It presupposes that the axes are the principal ones of the
//! vectors ([`axes`] finds them): 96 bytes of 384 axes then rank about as well as 192 bytes of 4 bits an axis ranked before
//! (docs/index-format.md has the figures). [`fit`] shares out the bits.
//!
//! Vectors of tokens, of which a site has fifty times as many, have codes of another kind: [`residual`].
//!
//! The vectors of a query stay as they are: a score is `Σ q · v`, which needs one multiplication an axis that has bits.

pub mod axes;
pub mod fit;
pub mod residual;
pub mod table;

/// Most bits of an axis.
pub const MAX_BITS: u8 = 8;
/// Step of the uniform quantizer of `2^bits` levels that loses least of a normal distribution of spread 1, by bits
/// (Max 1960).
const STEP: [f32; MAX_BITS as usize + 1] = [0.0, 1.596, 0.9957, 0.5860, 0.3352, 0.1881, 0.1041, 0.0569, 0.0308];

/// How vectors of one kind are written.
#[derive(Debug, Clone, PartialEq)]
pub struct Code {
    mean: Vec<f32>,
    step: Vec<f32>,
    bits: Vec<u8>,
}

impl Code {
    /// The code for vectors with this mean and spread (standard deviation) along each axis.
    ///
    /// # Panics
    /// If the three differ in length, or an axis has more than [`MAX_BITS`].
    pub fn new(mean: &[f32], spread: &[f32], bits: &[u8]) -> Self {
        assert!(mean.len() == spread.len() && spread.len() == bits.len(), "an entry for each axis");
        let step = bits.iter().zip(spread).map(|(&bits, spread)| STEP[usize::from(bits)] * spread).collect();
        Self { mean: mean.to_vec(), step, bits: bits.to_vec() }
    }

    /// Number of axes.
    pub fn dim(&self) -> usize {
        self.bits.len()
    }

    /// Length of a vector's code.
    pub fn len_bytes(&self) -> usize {
        self.bits.iter().map(|&bits| usize::from(bits)).sum::<usize>().div_ceil(8)
    }

    /// Appends the code of `v [dim]`.
    ///
    /// # Panics
    /// If `v` has another length.
    pub fn encode_into(&self, v: &[f32], out: &mut Vec<u8>) {
        assert_eq!(v.len(), self.dim(), "a value for each axis");
        let (mut pending, mut have) = (0u32, 0u32);
        for (axis, &bits) in self.bits.iter().enumerate().filter(|(_, bits)| **bits > 0) {
            let half = 1i32 << (bits - 1);
            let level = ((v[axis] - self.mean[axis]) / self.step[axis].max(f32::MIN_POSITIVE)).floor();
            let k = (level.clamp(-(half as f32), (half - 1) as f32) as i32 + half) as u32;
            pending |= k << have;
            have += u32::from(bits);
            while have >= 8 {
                out.push(pending as u8);
                pending >>= 8;
                have -= 8;
            }
        }
        if have > 0 {
            out.push(pending as u8);
        }
    }

    /// Adds `weight` times the vector of a code to `sum [dim]`.
    ///
    /// # Panics
    /// If the code is shorter than [`len_bytes`](Self::len_bytes), or `sum` than the axes.
    pub fn add_to(&self, sum: &mut [f32], code: &[u8], weight: f32) {
        let mut levels = Levels::of(code);
        for (axis, &bits) in self.bits.iter().enumerate() {
            sum[axis] += weight * self.mean[axis];
            if bits > 0 {
                let half = (1u32 << (bits - 1)) as f32;
                sum[axis] += weight * self.step[axis] * (levels.next(bits) as f32 - half + 0.5);
            }
        }
    }

    /// A query against codes of this kind.
    ///
    /// # Panics
    /// If `query` has another length than the axes.
    pub fn query(&self, query: &[f32]) -> CodeQuery {
        assert_eq!(query.len(), self.dim(), "a value for each axis");
        let (mut base, mut weights) = (0.0, Vec::new());
        for (axis, &bits) in self.bits.iter().enumerate() {
            base += query[axis] * self.mean[axis];
            if bits > 0 {
                let weight = query[axis] * self.step[axis];
                base += weight * (0.5 - (1u32 << (bits - 1)) as f32);
                weights.push((bits, weight));
            }
        }
        CodeQuery { base, weights }
    }
}

/// A query, prepared for codes of one kind.
#[derive(Debug, Clone, PartialEq)]
pub struct CodeQuery {
    base: f32,
    /// Bits and weight of each axis that has bits.
    weights: Vec<(u8, f32)>,
}

impl CodeQuery {
    /// `Σ q · v` for the vector of a code.
    ///
    /// # Panics
    /// If the code is too short.
    pub fn score(&self, code: &[u8]) -> f32 {
        let mut levels = Levels::of(code);
        self.weights.iter().fold(self.base, |sum, &(bits, weight)| sum + weight * levels.next(bits) as f32)
    }
}

/// Reads the `k` of a code, one axis after the other.
struct Levels<'a> {
    bytes: std::slice::Iter<'a, u8>,
    pending: u32,
    have: u8,
}

impl<'a> Levels<'a> {
    fn of(code: &'a [u8]) -> Self {
        Self { bytes: code.iter(), pending: 0, have: 0 }
    }

    fn next(&mut self, bits: u8) -> u32 {
        if self.have < bits {
            let byte = *self.bytes.next().expect("a code has the bits of all axes");
            self.pending |= u32::from(byte) << self.have;
            self.have += 8;
        }
        let k = self.pending & ((1 << bits) - 1);
        self.pending >>= bits;
        self.have -= bits;
        k
    }
}

/// A number in 16 bits: the upper half of its `f32` (8 bits of precision), rounded.
pub fn to_bf16(value: f32) -> u16 {
    ((value.to_bits() + 0x7fff + (value.to_bits() >> 16 & 1)) >> 16) as u16
}

/// The number that [`to_bf16`] wrote.
pub fn from_bf16(bits: u16) -> f32 {
    f32::from_bits(u32::from(bits) << 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code() -> Code {
        let bits: Vec<u8> = (0..23).map(|axis| [8, 5, 3, 0, 1, 7][axis % 6]).collect();
        let mean: Vec<f32> = (0..23).map(|axis| axis as f32 / 10.0 - 1.0).collect();
        Code::new(&mean, &[0.5; 23], &bits)
    }

    /// Value of an axis, in the middle of level `k`.
    fn value(code: &Code, axis: usize, k: i32) -> f32 {
        (k as f32 + 0.5) * code.step[axis] + code.mean[axis]
    }

    #[test]
    fn a_vector_of_levels_comes_back_and_scores_as_its_dot_product() {
        let code = code();
        let k = |axis: usize| match code.bits[axis] {
            0 => 0,
            bits => (axis as i32 * 37 % (1 << bits)) - (1 << (bits - 1)),
        };
        let v: Vec<f32> = (0..23)
            .map(|axis| if code.bits[axis] == 0 { code.mean[axis] } else { value(&code, axis, k(axis)) })
            .collect();
        let mut bytes = Vec::new();
        code.encode_into(&v, &mut bytes);
        assert_eq!(bytes.len(), code.len_bytes());
        let mut back = vec![0.0; 23];
        code.add_to(&mut back, &bytes, 2.0);
        let query: Vec<f32> = (0..23).map(|axis| (axis as f32 * 0.7).sin()).collect();
        let dot: f32 = query.iter().zip(&v).map(|(q, v)| q * v).sum();
        assert!((code.query(&query).score(&bytes) - dot).abs() < 1e-4);
        for (back, v) in back.iter().zip(&v) {
            assert!((back - 2.0 * v).abs() < 1e-5, "{back} for 2 × {v}");
        }
    }

    #[test]
    fn values_out_of_range_are_the_outermost_levels() {
        let code = Code::new(&[0.0, 0.0], &[1.0, 1.0], &[2, 2]);
        let mut bytes = Vec::new();
        code.encode_into(&[100.0, -100.0], &mut bytes);
        assert_eq!(bytes, [0b0011]);
        code.encode_into(&[f32::NAN, 0.1], &mut bytes);
        assert_eq!(bytes.len(), 2, "what is no number is still a code");
    }

    #[test]
    fn an_axis_without_spread_is_its_mean() {
        let code = Code::new(&[0.25, 0.0], &[0.0, 1.0], &[1, 1]);
        let mut bytes = Vec::new();
        code.encode_into(&[0.25, 1.0], &mut bytes);
        assert!((code.query(&[1.0, 0.0]).score(&bytes) - 0.25).abs() < 1e-7);
    }

    #[test]
    fn halves_of_floats() {
        for value in [0.0f32, 1.0, -0.37, 1e-6, 123.4] {
            assert!((from_bf16(to_bf16(value)) - value).abs() <= value.abs() / 256.0, "{value}");
        }
    }
}
