//! The specification: every kernel as plain loops over row-major data, with no thought for speed.
//!
//! It is also what runs where there is no SIMD. Activations are in the 12-bit format; `reference_*` functions take
//! the format as an argument, so that the other backends' integers can be checked bit for bit.

use super::attention::AttentionArgs;
use super::linear::{Activation, LinearArgs, QuantizeArgs, pad_k};
use super::norm::NormArgs;
use super::quantize::ActivationFormat;

/// Format of this backend's activations.
pub(super) const FORMAT: ActivationFormat = ActivationFormat::I16;

/// Quantizes one row: `q[i] = clamp(round(x[i] / scale) + zero)`, ties to even. Returns `(scale, zero)`, and `q`.
pub fn quantize_row(x: &[f32], format: ActivationFormat) -> (f32, i32, impl Iterator<Item = i32>) {
    let lo = x.iter().copied().fold(0.0, f32::min);
    let hi = x.iter().copied().fold(0.0, f32::max);
    let (scale, zero) = format.scale_and_zero(lo, hi);
    let inv_scale = 1.0 / scale;
    let quantize = move |x: f32| (x * inv_scale).round_ties_even() as i32 + zero;
    (scale, zero, x.iter().map(move |&x| quantize(x).clamp(format.min(), format.max())))
}

/// `Σ_k a[k] · w[k]` in 32 bits.
pub fn dot(a: impl Iterator<Item = i32>, w: &[i8]) -> i32 {
    a.zip(w).map(|(a, &w)| a * i32::from(w)).sum()
}

/// The exact GELU: `x/2 · (1 + erf(x/√2))`.
pub fn gelu(x: f32) -> f32 {
    0.5 * x * (1.0 + libm::erff(x * std::f32::consts::FRAC_1_SQRT_2))
}

pub(super) fn quantize_rows(args: QuantizeArgs<'_>) {
    let QuantizeArgs { x, out } = args;
    let (k, k_padded) = (out.k, pad_k(out.k));
    for (row, x) in x.chunks_exact(k).enumerate() {
        let (scale, zero, q) = quantize_row(x, FORMAT);
        (out.scales[row], out.minus_zeros[row]) = (scale, -zero as f32);
        for (bytes, q) in out.data[row * k_padded * 2..].chunks_exact_mut(2).zip(q) {
            bytes.copy_from_slice(&(q as i16).to_ne_bytes());
        }
    }
}

pub(super) fn linear(args: LinearArgs<'_>) {
    let LinearArgs { layer, x, residual, activation, out } = args;
    let (n, k, k_padded) = (layer.n, layer.k, pad_k(layer.k));
    for row in 0..x.m {
        let bytes = x.data[row * k_padded * 2..].chunks_exact(2);
        let a = bytes.map(|bytes| i32::from(i16::from_ne_bytes([bytes[0], bytes[1]])));
        for c in 0..n {
            let acc = dot(a.clone(), &layer.weights[c * k_padded..][..k]);
            let centred = acc as f32 + x.minus_zeros[row] * layer.column_sum[c];
            let mut y = centred * (layer.scale[c] * x.scales[row]) + layer.bias[c];
            if activation == Activation::Gelu {
                y = gelu(y);
            }
            out[row * n + c] = y + residual.map_or(0.0, |r| r[row * n + c]);
        }
    }
}

pub(super) fn attention(args: AttentionArgs<'_>) {
    let (dim, hidden) = (args.heads.head_dim, args.heads.hidden_size());
    let scale = 1.0 / (dim as f32).sqrt();
    for window in args.offsets.windows(2) {
        let (start, len) = (window[0], window[1] - window[0]);
        // column `part * hidden + head * dim ..` of token `t`
        let part = |t: usize, part: usize, head: usize| {
            &args.qkv[(start + t) * 3 * hidden + part * hidden + head * dim..][..dim]
        };
        for head in 0..args.heads.num_heads {
            for i in 0..args.rows.of(len) {
                let q = part(i, 0, head);
                let scores = &mut args.scratch.scores[..len];
                for (j, s) in scores.iter_mut().enumerate() {
                    *s = q.iter().zip(part(j, 1, head)).map(|(a, b)| a * b).sum::<f32>() * scale;
                }
                let max = scores.iter().copied().fold(f32::MIN, f32::max);
                scores.iter_mut().for_each(|s| *s = (*s - max).exp());
                let sum: f32 = scores.iter().sum();
                let out = &mut args.out[(start + i) * hidden + head * dim..][..dim];
                out.fill(0.0);
                for (j, s) in scores.iter().enumerate() {
                    for (o, v) in out.iter_mut().zip(part(j, 2, head)) {
                        *o += s / sum * v;
                    }
                }
            }
        }
    }
}

pub(super) fn layer_norm(args: NormArgs<'_>) {
    let hidden = args.gamma.len() as f32;
    for row in args.x.chunks_exact_mut(args.gamma.len()) {
        let mean = row.iter().sum::<f32>() / hidden;
        let variance = row.iter().map(|v| (v - mean) * (v - mean)).sum::<f32>() / hidden;
        let inv = 1.0 / (variance + args.eps).sqrt();
        for ((x, gamma), beta) in row.iter_mut().zip(args.gamma).zip(args.beta) {
            *x = (*x - mean) * inv * gamma + beta;
        }
    }
}

pub(super) fn scan(query: &[i16], rows: &[i8], out: &mut [i32]) {
    for (row, out) in rows.chunks_exact(query.len()).zip(out) {
        *out = query.iter().zip(row).map(|(&q, &v)| i32::from(q) * i32::from(v)).sum();
    }
}

pub(super) fn scan_u7(query: &[u8], rows: &[i8], out: &mut [i32]) {
    for (row, out) in rows.chunks_exact(query.len()).zip(out) {
        *out = query.iter().zip(row).map(|(&q, &v)| i32::from(q) * i32::from(v)).sum();
    }
}

pub(super) fn hamming(query: &[u64], rows: &[u64], out: &mut [u32]) {
    for (row, out) in rows.chunks_exact(query.len()).zip(out) {
        *out = query.iter().zip(row).map(|(q, v)| (q ^ v).count_ones()).sum();
    }
}

pub(super) fn max_sim(query: &[i16], rows: &[i8], dim: usize, out: &mut [i32]) {
    let dot = |q: &[i16], row: &[i8]| q.iter().zip(row).map(|(&q, &v)| i32::from(q) * i32::from(v)).sum::<i32>();
    for (q, out) in query.chunks_exact(dim).zip(out) {
        *out = rows.chunks_exact(dim).map(|row| dot(q, row)).fold(i32::MIN, i32::max);
    }
}
