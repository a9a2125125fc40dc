//! Quantizing rows and multiplying them by packed weights, once for all instruction sets.
//!
//! ```text
//! for each block of row panels that fits in the second-level cache  (about ROW_BLOCK rows of k bytes)
//!   for each panel of NR channels                                    (NR · k bytes: stays in the first level)
//!     for each panel of up to MR rows                                (MR × NR accumulators: stay in registers)
//!       acc[r][c] += Σ_group x[r][group] · w[c][group]               for all k
//!       out[r][c] = gelu?((acc − zero[r]·colsum[c]) · scale[r]·scale[c] + bias[c]) + residual[r][c]
//! ```
//! Row panels are of equal height, give or take one row ([`RowPanels`]): a low one at the end would leave most of the dot
//! products' latency uncovered. Nothing is padded in `m`. A panel whose channels stick out of `n` goes through a small buffer.

use super::math::gelu;
use crate::kernels::arch::Arch;
use crate::kernels::linear::{Activation, LinearArgs, PackedLinear, QuantizeArgs, pad_k};
use crate::kernels::panels::RowPanels;
use crate::kernels::quantize::QUANT_BLOCK;

/// Rows per cache block, about.
const ROW_BLOCK: usize = 96;
/// Largest `NR` of any backend (two vectors of 16 floats).
const MAX_NR: usize = 32;

/// # Safety
/// See [`Arch`]; `args.out` was resized for `args.x`.
#[inline(always)]
pub(crate) unsafe fn quantize_rows<A: Arch>(args: QuantizeArgs<'_>) {
    let QuantizeArgs { x, out } = args;
    let (m, k, k_padded) = (out.m, out.k, pad_k(out.k));
    let panels = RowPanels::new(m, A::MR);
    for panel in 0..panels.count() {
        let rows = panels.rows(panel);
        let stride = rows.len() * A::GROUP;
        let mut row = rows.start;
        // SAFETY: the panel has `rows.len() * k_padded` places from its start, of which a row's groups take every `stride`-th,
        // beginning at the row's place in it; `x` has `k` floats for each row.
        unsafe {
            let panel = out.data.as_mut_ptr().cast::<A::Act>().add(rows.start * k_padded);
            while row < rows.end {
                let dst = panel.add((row - rows.start) * A::GROUP);
                let (scales, zeros) = (&mut out.scales[row..], &mut out.minus_zeros[row..]);
                if A::ROWS_QUANTIZED == 4 && row + 4 <= rows.end {
                    quantize_some::<A, 4>(&x[row * k..], k, dst, stride, scales, zeros);
                    row += 4;
                } else {
                    quantize_some::<A, 1>(&x[row * k..], k, dst, stride, scales, zeros);
                    row += 1;
                }
            }
        }
    }
}

/// `R` rows side by side in a panel: scales and zero points, then block after block.
///
/// # Safety
/// See [`Arch`]; `x` begins with `R` rows of `k` floats, and `dst` has a place for each group of theirs, those of a row `stride` apart.
#[inline(always)]
unsafe fn quantize_some<A: Arch, const R: usize>(
    x: &[f32],
    k: usize,
    dst: *mut A::Act,
    stride: usize,
    scales: &mut [f32],
    minus_zeros: &mut [f32],
) {
    let (mut inv_scales, mut zeros) = ([0f32; R], [0; R]);
    for r in 0..R {
        // SAFETY: arithmetic and reads inside the slice.
        let (lo, hi) = unsafe { min_max::<A>(&x[r * k..(r + 1) * k]) };
        let (scale, zero) = A::FORMAT.scale_and_zero(lo, hi);
        (scales[r], minus_zeros[r]) = (scale, -zero as f32);
        (inv_scales[r], zeros[r]) = (1.0 / scale, zero);
    }
    let whole = k / QUANT_BLOCK * QUANT_BLOCK;
    // SAFETY: blocks before `whole` read inside `x`, and the last one reads copies padded with zeros (whose weights are zero, so
    // that any value would do).
    unsafe {
        let mut i = 0;
        while i < whole {
            let dst = dst.add(i / A::GROUP * stride);
            A::quantize_blocks::<R>(x.as_ptr().add(i), k, inv_scales, zeros, dst, stride);
            i += QUANT_BLOCK;
        }
        if whole < k {
            let mut blocks = [[0f32; QUANT_BLOCK]; R];
            for (r, block) in blocks.iter_mut().enumerate() {
                block[..k - whole].copy_from_slice(&x[r * k + whole..(r + 1) * k]);
            }
            let dst = dst.add(whole / A::GROUP * stride);
            A::quantize_blocks::<R>(blocks.as_ptr().cast(), QUANT_BLOCK, inv_scales, zeros, dst, stride);
        }
    }
}

/// Smallest and largest value of a row, or 0 if that is beyond. Four vectors at a time, none of which waits for another.
#[inline(always)]
unsafe fn min_max<A: Arch>(x: &[f32]) -> (f32, f32) {
    let whole = x.len() / (4 * A::LANES) * 4 * A::LANES;
    let (mut lo, mut hi);
    // SAFETY: reads stay below `whole <= x.len()`.
    unsafe {
        let (mut vlo, mut vhi) = ([A::splat(0.0); 4], [A::splat(0.0); 4]);
        let mut i = 0;
        while i < whole {
            for lane in 0..4 {
                let v = A::load(x.as_ptr().add(i + lane * A::LANES));
                (vlo[lane], vhi[lane]) = (A::min(vlo[lane], v), A::max(vhi[lane], v));
            }
            i += 4 * A::LANES;
        }
        (vlo[0], vhi[0]) = (A::min(vlo[0], vlo[1]), A::max(vhi[0], vhi[1]));
        (vlo[2], vhi[2]) = (A::min(vlo[2], vlo[3]), A::max(vhi[2], vhi[3]));
        lo = A::reduce_min(A::min(vlo[0], vlo[2]));
        hi = A::reduce_max(A::max(vhi[0], vhi[2]));
    }
    for &v in &x[whole..] {
        (lo, hi) = (lo.min(v), hi.max(v));
    }
    (lo, hi)
}

/// # Safety
/// See [`Arch`]; shapes as `PackedLinear::forward_into` checks them.
#[inline(always)]
pub(crate) unsafe fn linear<A: Arch>(mut args: LinearArgs<'_>) {
    let panels = RowPanels::new(args.x.m, A::MR);
    let block = ROW_BLOCK / A::MR;
    for first in (0..panels.count()).step_by(block) {
        for channel in (0..args.layer.n).step_by(2 * A::LANES) {
            let together = panels.count().min(first + block) - first;
            for panel in first..first + together {
                let rows = panels.rows(panel);
                let ahead = Ahead::new::<A>(args.layer, channel, panel - first, together);
                macro_rules! tile_of {
                    ($($r:literal)*) => {
                        match rows.len() {
                            // SAFETY: rows and channels of the tile exist; arms above MR are never reached and, since
                            // MR is a constant, never compiled.
                            $($r if $r <= A::MR => unsafe { tile::<A, $r>(&mut args, rows.start, channel, ahead) },)*
                            _ => unreachable!("a panel has between 1 and MR rows"),
                        }
                    };
                }
                tile_of!(1 2 3 4 5 6 7 8 9 10 11 12);
            }
        }
    }
}

/// The next channels' weights, of which each tile asks for its part while it computes: a panel that comes from the third-level
/// cache is there when its turn is. The processor itself looks ahead to the end of a page only.
#[derive(Clone, Copy)]
struct Ahead {
    at: *const i8,
    /// Bytes from one group of inputs to the next.
    step: usize,
}

impl Ahead {
    /// The part of tile number `part` of the `parts` that share the weights of the channels from `channel` on.
    #[inline(always)]
    fn new<A: Arch>(layer: &PackedLinear, channel: usize, part: usize, parts: usize) -> Self {
        let (k_padded, nr) = (pad_k(layer.k), 2 * A::LANES);
        let step = nr * A::GROUP / parts;
        let skipped = part * (k_padded / A::GROUP) * step;
        // behind the last panel lies nothing, which a hint may point at
        Self { at: layer.weights.as_ptr().wrapping_add((channel + nr) * k_padded + skipped), step }
    }
}

/// One register tile: `R` rows by two vectors of channels, all of `k`, and its way out.
///
/// In wasm a function of its own: a browser optimizes function by function, the busiest first, and a small one is soon done.
///
/// # Safety
/// See [`Arch`]; the `R` rows from `row`, which are a panel, and the channel panel at `channel` exist.
#[cfg_attr(target_arch = "wasm32", inline(never))]
#[cfg_attr(not(target_arch = "wasm32"), inline(always))]
unsafe fn tile<A: Arch, const R: usize>(args: &mut LinearArgs<'_>, row: usize, channel: usize, mut ahead: Ahead) {
    let layer = args.layer;
    let k_padded = pad_k(layer.k);
    let nr = 2 * A::LANES;
    // SAFETY: the row panel at `row` and the channel panel at `channel` lie inside the packed buffers, each `k_padded` long.
    unsafe {
        let mut acc = [[A::zero_i(); 2]; R];
        let mut a = args.x.data.as_ptr().cast::<A::Act>().add(row * k_padded);
        let mut b = layer.weights.as_ptr().add(channel * k_padded);
        for _ in 0..k_padded / A::GROUP {
            let (b0, b1) = (A::load_weights(b), A::load_weights(b.add(A::LANES * A::GROUP)));
            for (r, acc) in acc.iter_mut().enumerate() {
                let x = A::splat_activations(a.add(r * A::GROUP));
                acc[0] = A::dot(acc[0], x, b0);
                acc[1] = A::dot(acc[1], x, b1);
            }
            a = a.add(R * A::GROUP);
            b = b.add(nr * A::GROUP);
            A::prefetch(ahead.at);
            ahead.at = ahead.at.wrapping_add(ahead.step);
        }
        let sums = acc; // a copy: what is pointed at could not stay in registers
        finish::<A, R>(args, &sums, row, channel);
    }
}

/// The way out of a tile: from sums of products to what the layer says.
///
/// In wasm a function by itself, which both kinds of relaxed SIMD share.
///
/// # Safety
/// As [`tile`].
#[cfg_attr(target_arch = "wasm32", inline(never))]
#[cfg_attr(not(target_arch = "wasm32"), inline(always))]
unsafe fn finish<A: Arch, const R: usize>(
    args: &mut LinearArgs<'_>,
    sums: &[[A::I; 2]; R],
    row: usize,
    channel: usize,
) {
    let layer = args.layer;
    // SAFETY: scales and zeros have `m` places, per-channel vectors are padded to whole panels.
    let y = unsafe {
        let at = |values: &[f32]| values.as_ptr().wrapping_add(channel);
        let (column_sum, scale, bias) = (at(&layer.column_sum), at(&layer.scale), at(&layer.bias));
        let mut y = [[A::splat(0.0); 2]; R];
        let (c0, s0, b0) = (A::load(column_sum), A::load(scale), A::load(bias));
        let (c1, s1, b1) =
            (A::load(column_sum.add(A::LANES)), A::load(scale.add(A::LANES)), A::load(bias.add(A::LANES)));
        for r in 0..R {
            let x_scale = A::splat(*args.x.scales.as_ptr().add(row + r));
            let minus_zero = A::splat(*args.x.minus_zeros.as_ptr().add(row + r));
            y[r][0] = A::mul_add(A::mul_add(minus_zero, c0, A::to_f32(sums[r][0])), A::mul(s0, x_scale), b0);
            y[r][1] = A::mul_add(A::mul_add(minus_zero, c1, A::to_f32(sums[r][1])), A::mul(s1, x_scale), b1);
        }
        y
    };
    // SAFETY: the tile's rows and channels exist.
    unsafe {
        if args.activation == Activation::Gelu {
            let mut y = y;
            gelu_tile::<A>(y.as_flattened_mut());
            store::<A, R>(args, y, row, channel);
        } else {
            store::<A, R>(args, y, row, channel);
        }
    }
}

/// GELU of all vectors, four at a time: they share the constants, and none waits for another.
#[inline(always)]
unsafe fn gelu_tile<A: Arch>(y: &mut [A::F]) {
    let (fours, rest) = y.as_chunks_mut::<4>();
    // SAFETY: arithmetic only; the caller has the instruction set.
    unsafe {
        for four in fours {
            *four = gelu::<A, 4>(*four);
        }
        for one in rest {
            [*one] = gelu::<A, 1>([*one]);
        }
    }
}

/// Adds the residual to a tile and writes it.
///
/// # Safety
/// See [`Arch`]; `R` rows from `row` exist, and channels from `channel` on.
#[inline(always)]
unsafe fn store<A: Arch, const R: usize>(args: &mut LinearArgs<'_>, y: [[A::F; 2]; R], row: usize, channel: usize) {
    let n = args.layer.n;
    // SAFETY: the caller's promise.
    unsafe {
        if channel + 2 * A::LANES > n {
            return store_part::<A, R>(args, &y, row, channel);
        }
        let at = row * n + channel;
        let out = args.out.as_mut_ptr().add(at);
        if let Some(residual) = args.residual {
            let residual = residual.as_ptr().add(at);
            for (r, [a, b]) in y.into_iter().enumerate() {
                A::store(out.add(r * n), A::add(a, A::load(residual.add(r * n))));
                A::store(out.add(r * n + A::LANES), A::add(b, A::load(residual.add(r * n + A::LANES))));
            }
        } else {
            for (r, [a, b]) in y.into_iter().enumerate() {
                A::store(out.add(r * n), a);
                A::store(out.add(r * n + A::LANES), b);
            }
        }
    }
}

/// The same for the last channels, where the tile is wider than what is left of `n`.
///
/// # Safety
/// See [`Arch`]; `R` rows from `row` exist, and channels from `channel` to `n`.
#[cfg_attr(target_arch = "wasm32", inline(never))]
#[cfg_attr(not(target_arch = "wasm32"), inline(always))]
unsafe fn store_part<A: Arch, const R: usize>(
    args: &mut LinearArgs<'_>,
    y: &[[A::F; 2]; R],
    row: usize,
    channel: usize,
) {
    let n = args.layer.n;
    for (r, y) in y.iter().enumerate() {
        let mut buffer = [0f32; MAX_NR];
        for (half, &y) in y.iter().enumerate() {
            // SAFETY: the buffer has places for two vectors of any backend.
            unsafe { A::store(buffer.as_mut_ptr().add(half * A::LANES), y) };
        }
        for (i, y) in buffer[..n - channel].iter().enumerate() {
            let at = (row + r) * n + channel + i;
            args.out[at] = y + args.residual.map_or(0.0, |residual| residual[at]);
        }
    }
}
