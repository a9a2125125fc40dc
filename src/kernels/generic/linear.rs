//! Quantizing rows and multiplying them by packed weights, once for all instruction sets.
//!
//! ```text
//! for each block of rows that fits in the second-level cache        (ROW_BLOCK rows of k bytes)
//!   for each panel of NR channels                                    (NR · k bytes: stays in the first level)
//!     for each panel of up to MR rows                                (MR × NR accumulators: stay in registers)
//!       acc[r][c] += Σ_group x[r][group] · w[c][group]               for all k
//!       out[r][c] = gelu?((acc − zero[r]·colsum[c]) · scale[r]·scale[c] + bias[c]) + residual[r][c]
//! ```
//! The last row panel has fewer rows and its own, smaller tile: nothing is padded in `m`. A panel whose channels stick
//! out of `n` goes through a small buffer.

use super::math::gelu;
use crate::kernels::arch::Arch;
use crate::kernels::linear::{Activation, LinearArgs, QuantizeArgs, pad_k};
use crate::kernels::quantize::QUANT_BLOCK;

/// Rows per cache block.
const ROW_BLOCK: usize = 96;
/// Largest `MR` of any backend, and largest `NR` (two vectors of 16 floats).
const MAX_NR: usize = 32;

/// # Safety
/// See [`Arch`]; `args.out` was resized for `args.x`.
#[inline(always)]
pub(crate) unsafe fn quantize_rows<A: Arch>(args: QuantizeArgs<'_>) {
    let QuantizeArgs { x, out } = args;
    let (k, k_padded) = (out.k, pad_k(out.k));
    let data = out.data.as_mut_ptr().cast::<A::Act>();
    for (row, x) in x.chunks_exact(k).enumerate() {
        // SAFETY: `x` has `k` floats.
        let (lo, hi) = unsafe { min_max::<A>(x) };
        let (scale, zero) = A::FORMAT.scale_and_zero(lo, hi);
        (out.scales[row], out.zeros[row]) = (scale, zero);
        let (panel, in_panel) = (row / A::MR, row % A::MR);
        let rows = A::MR.min(out.m - panel * A::MR); // rows of this panel
        let stride = rows * A::GROUP;
        let inv_scale = 1.0 / scale;
        let whole = k / QUANT_BLOCK * QUANT_BLOCK;
        // SAFETY: the panel has `rows * k_padded` places from its start, of which this row's groups take every
        // `stride`-th, beginning at `in_panel * GROUP`; blocks before `whole` read inside `x`, and the last one reads a copy
        // padded with zeros (whose weights are zero, so that any value would do).
        unsafe {
            let dst = data.add(panel * A::MR * k_padded + in_panel * A::GROUP);
            let mut i = 0;
            while i < whole {
                A::quantize_block(x.as_ptr().add(i), inv_scale, zero, dst.add(i / A::GROUP * stride), stride);
                i += QUANT_BLOCK;
            }
            if whole < k {
                let mut block = [0f32; QUANT_BLOCK];
                block[..k - whole].copy_from_slice(&x[whole..]);
                A::quantize_block(block.as_ptr(), inv_scale, zero, dst.add(whole / A::GROUP * stride), stride);
            }
        }
    }
}

/// Smallest and largest value of a row.
#[inline(always)]
unsafe fn min_max<A: Arch>(x: &[f32]) -> (f32, f32) {
    let (mut lo, mut hi) = (0f32, 0f32);
    let whole = x.len() / A::LANES * A::LANES;
    // SAFETY: reads stay below `whole <= x.len()`.
    unsafe {
        let (mut vlo, mut vhi) = (A::splat(0.0), A::splat(0.0));
        let mut i = 0;
        while i < whole {
            let v = A::load(x.as_ptr().add(i));
            (vlo, vhi) = (A::min(vlo, v), A::max(vhi, v));
            i += A::LANES;
        }
        (lo, hi) = (lo.min(A::reduce_min(vlo)), hi.max(A::reduce_max(vhi)));
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
    let (m, nr) = (args.x.m, 2 * A::LANES);
    let row_block = ROW_BLOCK / A::MR * A::MR;
    let mut block = 0;
    while block < m {
        let block_end = m.min(block + row_block);
        for channel in (0..args.layer.n).step_by(nr) {
            let mut row = block;
            while row < block_end {
                let rows = A::MR.min(m - row);
                macro_rules! tile_of {
                    ($($r:literal)*) => {
                        match rows {
                            // SAFETY: rows and channels of the tile exist; arms above MR are never reached and, since
                            // MR is a constant, never compiled.
                            $($r if $r <= A::MR => unsafe { tile::<A, $r>(&mut args, row, channel) },)*
                            _ => unreachable!("a panel has between 1 and MR rows"),
                        }
                    };
                }
                tile_of!(1 2 3 4 5 6 7 8 9 10 11 12);
                row += rows;
            }
        }
        block = block_end;
    }
}

/// One register tile: `R` rows by two vectors of channels, all of `k`, and its way out.
#[inline(always)]
unsafe fn tile<A: Arch, const R: usize>(args: &mut LinearArgs<'_>, row: usize, channel: usize) {
    let layer = args.layer;
    let k_padded = pad_k(layer.k);
    let nr = 2 * A::LANES;
    // SAFETY: row panel `row / MR` and channel panel `channel / nr` lie inside the packed buffers, each `k_padded` long;
    // per-channel vectors are padded to whole panels; rows `row..row + R` of `out` and `residual` have `n` floats.
    unsafe {
        let mut a = args.x.data.as_ptr().cast::<A::Act>().add(row * k_padded);
        let mut b = layer.weights.as_ptr().add(channel * k_padded);
        let mut acc = [[A::zero_i(); 2]; R];
        for _ in 0..k_padded / A::GROUP {
            let (b0, b1) = (A::load_weights(b), A::load_weights(b.add(A::LANES * A::GROUP)));
            for (r, acc) in acc.iter_mut().enumerate() {
                let x = A::splat_activations(a.add(r * A::GROUP));
                acc[0] = A::dot(acc[0], x, b0);
                acc[1] = A::dot(acc[1], x, b1);
            }
            a = a.add(R * A::GROUP);
            b = b.add(nr * A::GROUP);
        }
        let whole = channel + nr <= layer.n;
        let valid = nr.min(layer.n - channel);
        for (r, acc) in acc.iter().enumerate() {
            let row = row + r;
            let (x_scale, zero) = (A::splat(args.x.scales[row]), A::splat(args.x.zeros[row] as f32));
            let out = args.out.as_mut_ptr().add(row * layer.n + channel);
            let mut buffer = [0f32; MAX_NR];
            let to = if whole { out } else { buffer.as_mut_ptr() };
            for (half, &acc) in acc.iter().enumerate() {
                let c = channel + half * A::LANES;
                let column_sum = A::load(layer.column_sum.as_ptr().add(c));
                let scale = A::mul(A::load(layer.scale.as_ptr().add(c)), x_scale);
                let centred = A::sub(A::to_f32(acc), A::mul(zero, column_sum));
                let mut y = A::mul_add(centred, scale, A::load(layer.bias.as_ptr().add(c)));
                if args.activation == Activation::Gelu {
                    y = gelu::<A>(y);
                }
                if whole && let Some(residual) = args.residual {
                    y = A::add(y, A::load(residual.as_ptr().add(row * layer.n + c)));
                }
                A::store(to.add(half * A::LANES), y);
            }
            if !whole {
                for (i, y) in buffer[..valid].iter().enumerate() {
                    let residual = args.residual.map_or(0.0, |res| res[row * layer.n + channel + i]);
                    *out.add(i) = y + residual;
                }
            }
        }
    }
}
