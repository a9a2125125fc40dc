//! One battery for every backend: each kernel against the scalar specification, on shapes that straddle every tile.
//!
//! Native unit tests run it for each backend that the processor has; `tests/wasm.rs` runs it in the browser (feature
//! `battery`). It panics with the shape at which a kernel departs.

use super::attention::{AttentionScratch, Heads, QueryRows};
use super::linear::{Activation, PackedLinear};
use super::quantize::{ActivationFormat, QuantizedRows};
use super::{Backend, MAX_SIGN_WORDS, scalar};

/// Largest difference of a linear layer's output from the specification, relative to `|centred · scale| + |bias|`:
/// two roundings (product and sum) of 2⁻²⁴ each against one where multiply-add is fused, and a third for the residual.
pub const LINEAR_TOLERANCE: f32 = 4.0 / (1 << 24) as f32;
/// Largest absolute error of GELU: 4.2·10⁻⁵ of its polynomial, the roundings included. A step of 12-bit activations is 10⁻³.
pub const GELU_TOLERANCE: f32 = 1.6e-4;
/// Largest absolute error of an attention output for values of magnitude 1. Scores reach about 40 here; another order of
/// summation shifts them by some 40 · 2⁻²⁴ · √64 ≈ 2·10⁻⁵, and the weights by the same, relatively.
pub const ATTENTION_TOLERANCE: f32 = 2e-5;
/// Largest absolute error of a normalised value of magnitude up to 10: another order of summation.
pub const NORM_TOLERANCE: f32 = 1e-5;

/// Row counts around the tiles of 1 to 12 rows and the cache block of 96.
const ROWS: &[usize] = &[1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 24, 25, 95, 96, 97, 100];
/// Channel counts around panels of 8, 16 and 32.
const CHANNELS: &[usize] = &[1, 7, 8, 9, 16, 17, 31, 32, 33, 96];
/// Depths around the quantization block of 16.
const DEPTHS: &[usize] = &[1, 15, 16, 17, 32, 33, 384];

/// Runs everything for one backend.
///
/// # Panics
/// At the first departure from the specification.
pub fn run(backend: Backend) {
    quantize(backend);
    linear(backend);
    gelu(backend);
    attention(backend);
    layer_norm(backend);
    scan(backend);
    scan_u7(backend);
    hamming(backend);
    max_sim(backend);
}

/// Quantized rows are bit-equal to the specification's, for ordinary rows, one-sided ones, zeros and ties.
pub fn quantize(backend: Backend) {
    let mut random = Random(1);
    for &k in DEPTHS {
        for &m in ROWS {
            let mut x = random.floats(m * k, 3.0);
            for (i, row) in x.chunks_exact_mut(k).enumerate() {
                match i % 5 {
                    1 => row.iter_mut().for_each(|v| *v = v.abs()),
                    2 => row.fill(0.0),
                    3 => row.iter_mut().for_each(|v| *v = (*v * 2.0).round() / 2.0),
                    4 => row.iter_mut().for_each(|v| *v = -v.abs() * 1e6),
                    _ => {}
                }
            }
            let mut rows = QuantizedRows::default();
            backend.quantize_rows_into(&x, k, &mut rows);
            for (row, x) in x.chunks_exact(k).enumerate() {
                let (scale, zero, expected) = scalar::quantize_row(x, backend.format());
                assert_eq!(
                    (rows.scales[row], rows.minus_zeros[row]),
                    (scale, -zero as f32),
                    "{backend:?} m={m} k={k} row {row}"
                );
                assert!(expected.eq(unpack(backend, &rows, row)), "{backend:?} m={m} k={k} row {row}");
            }
        }
    }
}

/// Accumulators are bit-equal (bias 0 leaves one product, rounded once); bias and residual within the tolerance.
pub fn linear(backend: Backend) {
    let mut random = Random(2);
    let mut rows = QuantizedRows::default();
    for &k in DEPTHS {
        for &n in CHANNELS {
            let weights = random.weights(n * k);
            let (scale, bias) = (random.floats(n, 0.02), random.floats(n, 1.0));
            let exact = PackedLinear::new(backend, &weights, &scale, &vec![0.0; n], n, k);
            let biased = PackedLinear::new(backend, &weights, &scale, &bias, n, k);
            for &m in ROWS {
                let (x, residual) = (random.floats(m * k, 2.0), random.floats(m * n, 1.0));
                backend.quantize_rows_into(&x, k, &mut rows);
                let (mut y, mut z) = (vec![f32::NAN; m * n], vec![f32::NAN; m * n]);
                exact.forward_into(&rows, None, Activation::Identity, &mut y);
                biased.forward_into(&rows, Some(&residual), Activation::Identity, &mut z);
                for row in 0..m {
                    let (x_scale, zero, q) = scalar::quantize_row(&x[row * k..][..k], backend.format());
                    let q: Vec<i32> = q.collect();
                    for c in 0..n {
                        let w = &weights[c * k..][..k];
                        let sum: i32 = w.iter().map(|&w| i32::from(w)).sum();
                        let centred = scalar::dot(q.iter().copied(), w) as f32 - zero as f32 * sum as f32;
                        let product = centred * (scale[c] * x_scale);
                        let at = format!("{backend:?} m={m} n={n} k={k} at ({row}, {c})");
                        assert_eq!(y[row * n + c].to_bits(), (product + 0.0).to_bits(), "{at}");
                        let expected = product + bias[c] + residual[row * n + c];
                        let size = product.abs() + bias[c].abs() + residual[row * n + c].abs();
                        let error = (z[row * n + c] - expected).abs();
                        assert!(error <= LINEAR_TOLERANCE * size, "{at}: error {error}");
                    }
                }
            }
        }
    }
}

/// GELU fused into the linear layer, over −8..8: weights 1, one input, read back through the layer's own product.
pub fn gelu(backend: Backend) {
    let steps = 4001;
    let bias: Vec<f32> = (0..steps).map(|i| (i as f32 - 2000.0) / 250.0).collect();
    let layer = PackedLinear::new(backend, &vec![0; steps], &vec![1.0; steps], &bias, steps, 1);
    let mut rows = QuantizedRows::default();
    backend.quantize_rows_into(&[1.0], 1, &mut rows);
    let mut y = vec![0.0; steps];
    layer.forward_into(&rows, None, Activation::Gelu, &mut y);
    for (x, y) in bias.iter().zip(&y) {
        let error = (y - scalar::gelu(*x)).abs();
        assert!(error <= GELU_TOLERANCE, "{backend:?} gelu({x}): error {error}");
    }
}

/// Attention over batches of several lengths, and for the first rows only.
pub fn attention(backend: Backend) {
    let mut random = Random(3);
    let (mut scratch, mut reference) = (AttentionScratch::default(), AttentionScratch::default());
    for (num_heads, head_dim) in [(1, 32), (2, 16), (3, 20), (2, 64)] {
        let heads = Heads { num_heads, head_dim };
        let hidden = heads.hidden_size();
        for lengths in
            [&[1][..], &[2, 1], &[3, 4, 5], &[8, 0, 13], &[31, 32, 33], &[97], &[256], &[511, 512, 513], &[1030]]
        {
            let mut offsets = vec![0];
            offsets.extend(lengths.iter().scan(0, |sum, len| {
                *sum += len;
                Some(*sum)
            }));
            let tokens = offsets[lengths.len()];
            let mut qkv = random.floats(tokens * 3 * hidden, 1.0);
            // peaked scores in every other token
            qkv.chunks_exact_mut(6 * hidden).for_each(|t| t[..hidden].iter_mut().for_each(|v| *v *= 20.0));
            for rows in [QueryRows::All, QueryRows::First] {
                let (mut y, mut expected) = (vec![7.0; tokens * hidden], vec![7.0; tokens * hidden]);
                backend.attention_into(&qkv, &offsets, heads, rows, &mut scratch, &mut y);
                Backend::Scalar.attention_into(&qkv, &offsets, heads, rows, &mut reference, &mut expected);
                for (i, (y, e)) in y.iter().zip(&expected).enumerate() {
                    let error = (y - e).abs();
                    assert!(error <= ATTENTION_TOLERANCE, "{backend:?} {heads:?} {lengths:?} {rows:?} {i}: {error}");
                }
            }
        }
    }
}

/// Layer normalisation, also of rows far from zero.
pub fn layer_norm(backend: Backend) {
    let mut random = Random(4);
    for hidden in [1, 3, 4, 15, 16, 17, 33, 384] {
        let (gamma, beta) = (random.floats(hidden, 2.0), random.floats(hidden, 1.0));
        let mut x = random.floats(5 * hidden, 4.0);
        x[hidden..2 * hidden].iter_mut().for_each(|v| *v += 50.0);
        let mut expected = x.clone();
        backend.layer_norm_in_place(&mut x, &gamma, &beta, 1e-12);
        Backend::Scalar.layer_norm_in_place(&mut expected, &gamma, &beta, 1e-12);
        if hidden == 1 {
            continue; // variance 0: only that nothing is out of bounds
        }
        for (i, (y, e)) in x.iter().zip(&expected).enumerate() {
            let error = (y - e).abs();
            // the shifted row loses log2(50/4) bits to cancellation in the mean, in both
            let tolerance = if i / hidden == 1 { 20.0 * NORM_TOLERANCE } else { NORM_TOLERANCE };
            assert!(error <= tolerance, "{backend:?} hidden={hidden} at {i}: error {error}");
        }
    }
}

/// Integer dots of the flat scan are exact, the extremes included.
pub fn scan(backend: Backend) {
    let mut random = Random(5);
    for len in [16, 32, 48, 384, 512] {
        for n in [0, 1, 2, 3, 17] {
            let mut rows = random.weights(n * len);
            let mut query: Vec<i16> = random.floats(len, 1.0).iter().map(|v| (v * 32767.0) as i16).collect();
            if n == 3 {
                query.fill(32767);
                rows.fill(-127);
            }
            let (mut y, mut expected) = (vec![0; n], vec![1; n]);
            backend.scan_into(&query, &rows, &mut y);
            Backend::Scalar.scan_into(&query, &rows, &mut expected);
            assert_eq!(y, expected, "{backend:?} len={len} n={n}");
        }
    }
}

/// So are those of a query of seven bits.
pub fn scan_u7(backend: Backend) {
    let mut random = Random(7);
    for len in [16, 32, 48, 64, 80, 384, 512] {
        for n in [0, 1, 2, 3, 4, 5, 17] {
            let mut rows = random.weights(n * len);
            let mut query: Vec<u8> = random.floats(len, 1.0).iter().map(|v| (v.abs() * 127.0) as u8).collect();
            if n == 5 {
                query.fill(127);
                rows.fill(-127);
            }
            let (mut y, mut expected) = (vec![0; n], vec![1; n]);
            backend.scan_u7_into(&query, &rows, &mut y);
            Backend::Scalar.scan_u7_into(&query, &rows, &mut expected);
            assert_eq!(y, expected, "{backend:?} len={len} n={n}");
        }
    }
}

/// Hamming distances are exact, from none to every bit.
pub fn hamming(backend: Backend) {
    let mut random = Random(6);
    for words in [2, 4, 6, 8, MAX_SIGN_WORDS] {
        for n in [0, 1, 2, 3, 17] {
            let (query, mut rows) = (random.words(words), random.words(n * words));
            if n == 3 {
                rows[..words].copy_from_slice(&query);
                rows[words..2 * words].iter_mut().zip(&query).for_each(|(row, q)| *row = !q);
            }
            let (mut y, mut expected) = (vec![0; n], vec![1; n]);
            backend.hamming_into(&query, &rows, &mut y);
            Backend::Scalar.hamming_into(&query, &rows, &mut expected);
            assert_eq!(y, expected, "{backend:?} words={words} n={n}");
            if n == 3 {
                assert_eq!(y[..2], [0, 64 * words as u32], "{backend:?} words={words}");
            }
        }
    }
}

/// MaxSim is exact, around the tile of four rows, the extremes and ties included.
pub fn max_sim(backend: Backend) {
    let mut random = Random(7);
    for dim in [16, 32, 48, 64, 128, 512] {
        for tokens in [0, 1, 2, 5] {
            for n in [0, 1, 2, 3, 4, 5, 7, 8, 9, 33] {
                let mut rows = random.weights(n * dim);
                let mut query: Vec<i16> =
                    random.floats(tokens * dim, 1.0).iter().map(|v| (v * 32767.0) as i16).collect();
                if n == 3 {
                    query.fill(32767);
                    rows.fill(-127); // every product is the least that there is
                }
                let (mut y, mut expected) = (vec![1; tokens], vec![2; tokens]);
                backend.max_sim_into(&query, &rows, dim, &mut y);
                Backend::Scalar.max_sim_into(&query, &rows, dim, &mut expected);
                assert_eq!(y, expected, "{backend:?} dim={dim} tokens={tokens} n={n}");
            }
        }
    }
}

/// Row `row` of a packed batch, as integers.
fn unpack(backend: Backend, rows: &QuantizedRows, row: usize) -> Vec<i32> {
    let group = backend.group();
    let k_padded = super::linear::pad_k(rows.k);
    // panels of equal height, the higher ones first
    let mut panels = vec![0; rows.m.div_ceil(backend.mr())];
    let count = panels.len();
    (0..rows.m).for_each(|row| panels[row % count] += 1);
    let (mut first, mut panel) = (0, 0);
    while first + panels[panel] <= row {
        first += panels[panel];
        panel += 1;
    }
    (0..rows.k)
        .map(|i| {
            let at = first * k_padded + i / group * panels[panel] * group + (row - first) * group + i % group;
            match backend.format() {
                ActivationFormat::U7 | ActivationFormat::U8 => i32::from(rows.data[at]),
                ActivationFormat::I8 => i32::from(rows.data[at] as i8),
                ActivationFormat::I16 => i32::from(i16::from_ne_bytes([rows.data[2 * at], rows.data[2 * at + 1]])),
            }
        })
        .collect()
}

/// A small linear congruential generator: the same numbers everywhere, no dependency.
struct Random(u64);

impl Random {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1 << 23) as f32 - 1.0
    }

    fn floats(&mut self, n: usize, size: f32) -> Vec<f32> {
        (0..n).map(|_| self.next() * size).collect()
    }

    fn words(&mut self, n: usize) -> Vec<u64> {
        (0..n).map(|_| (0..4).fold(0, |word, _| word << 16 | (self.next().to_bits() >> 7 & 0xffff) as u64)).collect()
    }

    fn weights(&mut self, n: usize) -> Vec<i8> {
        (0..n).map(|_| (self.next() * 127.0).round() as i8).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_backend_of_this_processor() {
        let backends = Backend::available();
        assert_eq!(backends[0], Backend::Scalar);
        for backend in backends {
            run(backend);
        }
    }

    /// Were a processor's instructions not found, every other test would pass without them. A suite that knows what its
    /// processor has names the backend: `./build.sh test arm` does for the emulated ones.
    #[test]
    fn the_best_backend_is_the_one_that_the_suite_names() {
        let best = Backend::best();
        assert_eq!(Backend::available().last(), Some(&best));
        assert!(cfg!(not(target_arch = "aarch64")) || best != Backend::Scalar, "every aarch64 has NEON");
        if let Ok(expected) = std::env::var("SITESEER_EXPECTED_BACKEND") {
            assert_eq!(best.name(), expected);
        }
    }
}
