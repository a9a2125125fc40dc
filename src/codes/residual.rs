//! Residual codes of token vectors (ColBERTv2, Santhanam et al. 2022): the number of the nearest of at most 256 centres, and what
//! the vector has more than the centre, in 1 or 2 bits a dimension.
//!
//! ```text
//! code     = centre u8 | level[dim], `bits` each, lowest first            1 + dim · bits / 8 bytes
//! v        ≈ normalise(centre / 127 + value[dim][level])
//! ```
//! Token vectors of one site lie in clusters (the same word in like contexts), so a centre says most, and the rest needs few
//! bits. The values of a dimension's levels are the means of its residuals between quantiles, so that each level is used
//! equally often. Vectors have length 1; a decoded one is brought back to that.

use super::{from_bf16, to_bf16};

/// Most centres: their number is a byte.
pub const MAX_CENTRES: usize = 256;
/// What 1 is in a centre and in a decoded vector.
const ONE: f32 = 127.0;

/// `1.5 · 2^23`.
const ROUND_MAGIC: f32 = 12_582_912.0;

/// How token vectors of one site are written.
#[derive(Debug, Clone, PartialEq)]
pub struct ResidualCode {
    dim: usize,
    bits: u8,
    /// `[centres, dim]`
    centres: Vec<i8>,
    /// `[dim, 2^bits]`, as 16 bits hold them.
    values: Vec<f32>,
}

impl ResidualCode {
    /// The code with these `centres [n, dim]` and `values [dim, 2^bits]`; none if the shapes do not fit, `dim` is no multiple
    /// of 16, or a value is not a number.
    pub fn new(dim: usize, bits: u8, centres: Vec<i8>, values: Vec<f32>) -> Option<Self> {
        let shaped = dim > 0 && dim.is_multiple_of(16) && centres.len().is_multiple_of(dim);
        if !shaped || !matches!(bits, 1 | 2) || values.len() != dim << bits || values.iter().any(|x| !x.is_finite()) {
            return None;
        }
        (1..=MAX_CENTRES).contains(&(centres.len() / dim)).then_some(Self { dim, bits, centres, values })
    }

    /// Length of a vector.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Bits of a dimension.
    pub fn bits(&self) -> u8 {
        self.bits
    }

    /// Centres, `[n, dim]`.
    pub fn centres(&self) -> &[i8] {
        &self.centres
    }

    /// Values of the levels, `[dim, 2^bits]`.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// Length of a vector's code.
    pub fn len_bytes(&self) -> usize {
        1 + self.dim * usize::from(self.bits) / 8
    }

    /// Appends the code of `v [dim]`.
    ///
    /// # Panics
    /// If `v` has another length.
    pub fn encode_into(&self, v: &[f32], out: &mut Vec<u8>) {
        assert_eq!(v.len(), self.dim, "a value for each dimension");
        let centre = nearest(&self.centres, v);
        out.push(centre as u8);
        let (levels, per_byte) = (1usize << self.bits, 8 / usize::from(self.bits));
        let residuals = residual(&self.centres[centre * self.dim..][..self.dim], v);
        let (mut byte, mut have) = (0u8, 0);
        for (values, residual) in self.values.chunks_exact(levels).zip(residuals) {
            let better = |best: usize, k: usize| (values[k] - residual).abs() < (values[best] - residual).abs();
            let level = (1..levels).fold(0, |best, k| if better(best, k) { k } else { best });
            byte |= (level as u8) << (have * self.bits);
            have += 1;
            if usize::from(have) == per_byte {
                out.push(byte);
                (byte, have) = (0, 0);
            }
        }
    }

    /// The vectors of codes that lie end to end, `[codes, dim]`, 127 for 1; a code of a centre that there is not gives zeros.
    ///
    /// # Panics
    /// If `codes` is not a whole number of codes.
    pub fn decode(&self, codes: &[u8]) -> Vec<i8> {
        match self.bits {
            1 => self.decode_levels::<2, 8>(codes),
            _ => self.decode_levels::<4, 4>(codes),
        }
    }

    /// Decodes codes of `LEVELS` levels a dimension and `PER_BYTE` dimensions a byte.
    fn decode_levels<const LEVELS: usize, const PER_BYTE: usize>(&self, codes: &[u8]) -> Vec<i8> {
        assert!(codes.len().is_multiple_of(self.len_bytes()), "whole codes");
        let values = self.values.as_chunks::<LEVELS>().0.as_chunks::<PER_BYTE>().0;
        let mut rows = Vec::with_capacity(codes.len() / self.len_bytes() * self.dim);
        let mut v = vec![0f32; self.dim];
        for code in codes.chunks_exact(self.len_bytes()) {
            let centre = self.centres.get(usize::from(code[0]) * self.dim..).unwrap_or_default();
            let Some(centre) = centre.get(..self.dim) else {
                rows.resize(rows.len() + self.dim, 0);
                continue;
            };
            let mut sum = 0.0;
            let bytes = v.as_chunks_mut::<PER_BYTE>().0.iter_mut().zip(centre.as_chunks::<PER_BYTE>().0);
            for ((v, centre), (values, &byte)) in bytes.zip(values.iter().zip(&code[1..])) {
                let mut levels = usize::from(byte);
                for ((x, &c), values) in v.iter_mut().zip(centre).zip(values) {
                    *x = f32::from(c) / ONE + values[levels % LEVELS];
                    levels /= LEVELS;
                    sum += *x * *x;
                }
            }
            let scale = if sum > 0.0 { ONE / sum.sqrt() } else { 0.0 };
            // rounded by adding a number whose last bit is worth 1: the low byte is then the integer
            rows.extend(v.iter().map(|x| (x * scale + ROUND_MAGIC).to_bits() as i8));
        }
        rows
    }

    /// The code for vectors like those of `sample [n, dim]`, which have length 1, around `centres [m, dim]`.
    ///
    /// # Panics
    /// If the shapes do not fit (see [`new`](Self::new)), or there is no vector.
    pub fn fit(centres: &[f32], sample: &[f32], dim: usize, bits: u8) -> Self {
        let centres: Vec<i8> = centres.iter().map(|x| (x * ONE).round_ties_even() as i8).collect();
        let mut residuals: Vec<Vec<f32>> = vec![Vec::with_capacity(sample.len() / dim); dim];
        for v in sample.chunks_exact(dim) {
            let centre = &centres[nearest(&centres, v) * dim..][..dim];
            residuals.iter_mut().zip(residual(centre, v)).for_each(|(all, x)| all.push(x));
        }
        let values = residuals.iter_mut().flat_map(|residuals| levels_of(residuals, 1 << bits)).collect();
        Self::new(dim, bits, centres, values).expect("shapes that fit")
    }
}

/// The centre with the greatest product, of equals the first.
fn nearest(centres: &[i8], v: &[f32]) -> usize {
    let product = |centre: &[i8]| {
        // sixteen sums at once, so that the compiler may use vectors
        let mut sums = [0f32; 16];
        for (c, v) in centre.as_chunks::<16>().0.iter().zip(v.as_chunks::<16>().0) {
            sums.iter_mut().zip(c.iter().zip(v)).for_each(|(sum, (&c, &v))| *sum += f32::from(c) * v);
        }
        sums.iter().sum::<f32>()
    };
    let products = centres.chunks_exact(v.len()).map(product).enumerate();
    products.fold((0, f32::NEG_INFINITY), |best, next| if next.1 > best.1 { next } else { best }).0
}

fn residual(centre: &[i8], v: &[f32]) -> impl Iterator<Item = f32> {
    v.iter().zip(centre).map(|(x, &c)| x - f32::from(c) / ONE)
}

/// Means of so many equal parts of the numbers in their order, rising, as 16 bits hold them.
fn levels_of(numbers: &mut [f32], levels: usize) -> Vec<f32> {
    numbers.sort_unstable_by(f32::total_cmp);
    let part = |k: usize| &numbers[numbers.len() * k / levels..(numbers.len() * (k + 1)).div_ceil(levels)];
    let mean = |part: &[f32]| part.iter().map(|&x| f64::from(x)).sum::<f64>() / part.len() as f64;
    (0..levels).map(|k| from_bf16(to_bf16(mean(part(k)) as f32))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIM: usize = 32;

    /// Vectors of length 1 around some directions.
    fn sample(n: usize, spread: f32) -> (Vec<f32>, Vec<f32>) {
        let mut state = 11u64;
        let mut random = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1 << 23) as f32 - 1.0
        };
        let mut unit = |around: &[f32], spread: f32| {
            let v: Vec<f32> = around.iter().map(|x| x + spread * random()).collect();
            let length = v.iter().map(|x| x * x).sum::<f32>().sqrt();
            v.iter().map(|x| x / length).collect::<Vec<f32>>()
        };
        let centres: Vec<Vec<f32>> = (0..8).map(|_| unit(&[0.0; DIM], 1.0)).collect();
        let vectors = (0..n).flat_map(|i| unit(&centres[i % 8], spread)).collect();
        (centres.concat(), vectors)
    }

    /// Mean cosine of vectors to what their codes say.
    fn fidelity(code: &ResidualCode, vectors: &[f32]) -> f32 {
        let mut codes = Vec::new();
        vectors.chunks_exact(DIM).for_each(|v| code.encode_into(v, &mut codes));
        assert_eq!(codes.len(), vectors.len() / DIM * code.len_bytes());
        let decoded = code.decode(&codes);
        let cosines = vectors.iter().zip(&decoded).map(|(x, &y)| x * f32::from(y) / ONE).sum::<f32>();
        cosines / (vectors.len() / DIM) as f32
    }

    #[test]
    fn more_bits_say_more_than_the_centre_alone() {
        let (centres, vectors) = sample(4000, 0.15);
        let [one, two] = [1, 2].map(|bits| ResidualCode::fit(&centres, &vectors[..2000 * DIM], DIM, bits));
        assert_eq!((one.len_bytes(), two.len_bytes()), (1 + DIM / 8, 1 + DIM / 4));
        let alone = ResidualCode::new(DIM, 1, one.centres.clone(), vec![0.0; 2 * DIM]).unwrap();
        let unseen = &vectors[2000 * DIM..];
        let [alone, one, two] = [alone, one, two].map(|code| fidelity(&code, unseen));
        assert!(alone < 0.92 && one > 0.97 && two > 0.99 && two > one, "{alone} {one} {two}");
    }

    #[test]
    fn levels_are_means_between_quantiles() {
        assert_eq!(levels_of(&mut [4.0, 1.0, 3.0, 2.0], 2), [1.5, 3.5]);
        assert_eq!(levels_of(&mut [8.0, 1.0, 3.0, 2.0], 4), [1.0, 2.0, 3.0, 8.0]);
        assert_eq!(levels_of(&mut [0.5], 4), [0.5; 4], "fewer numbers than levels");
    }

    #[test]
    fn a_vector_of_centre_and_levels_comes_back() {
        let mut centres = vec![0; 2 * 16];
        (centres[0], centres[16]) = (127, -127);
        let values: Vec<f32> = (0..16).flat_map(|_| [-0.25, -0.0625, 0.0625, 0.25]).collect();
        let code = ResidualCode::new(16, 2, centres, values).unwrap();
        let mut v = [0.0625; 16];
        (v[0], v[5], v[6]) = (-0.9375, -0.25, 0.25);
        let mut codes = Vec::new();
        code.encode_into(&v, &mut codes);
        assert_eq!(codes, [1, 0b10_10_10_10, 0b10_11_00_10, 0b10_10_10_10, 0b10_10_10_10]);
        let length = v.iter().map(|x| x * x).sum::<f32>().sqrt();
        let expected: Vec<i8> = v.iter().map(|x| (x / length * ONE).round() as i8).collect();
        assert_eq!(code.decode(&codes), expected);
        codes[0] = 2;
        assert_eq!(code.decode(&codes), [0; 16], "no such centre");
    }

    #[test]
    fn codes_that_make_no_sense_are_none() {
        let new = |dim: usize, bits: u8, centres: usize, value: f32| {
            ResidualCode::new(dim, bits, vec![0; centres * dim], vec![value; dim << bits])
        };
        assert!(new(16, 1, 256, 0.0).is_some());
        assert!(new(16, 1, 257, 0.0).is_none() && new(16, 1, 0, 0.0).is_none() && new(24, 1, 1, 0.0).is_none());
        assert!(new(16, 3, 1, 0.0).is_none() && new(16, 1, 1, f32::NAN).is_none() && new(0, 1, 0, 0.0).is_none());
        assert!(ResidualCode::new(16, 1, vec![0; 16], vec![0.0; 16]).is_none(), "values of another number");
    }
}
