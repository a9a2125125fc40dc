//! Attention, once for all instruction sets.
//!
//! Keys and values of one head are repacked into panels as wide as a register tile (32 KB for 256 tokens: they stay
//! in the first-level cache), then tiles of up to `MR` query rows go through scores, softmax and weighted sum. The rows of
//! a tile lie `ROW_STRIDE` floats apart, whatever the model and the sequence: a constant costs no instruction in an address.

use super::math::exp;
use crate::kernels::arch::Arch;
use crate::kernels::attention::{AttentionArgs, CHUNK, ROW_STRIDE};
use crate::kernels::panels::RowPanels;
use std::ops::Range;

/// Lanes of the widest backend's vector.
const MOST_LANES: usize = 16;
/// From place `MOST_LANES - n` on, a mask that keeps `n` lanes.
const ONES_THEN_ZEROS: [f32; 2 * MOST_LANES] = {
    let mut mask = [0.0; 2 * MOST_LANES];
    let mut i = 0;
    while i < MOST_LANES {
        mask[i] = 1.0;
        i += 1;
    }
    mask
};

/// # Safety
/// See [`Arch`]; shapes as `Backend::attention_into` checks them, scratch grown for the longest sequence.
#[inline(always)]
pub(crate) unsafe fn attention<A: Arch>(mut args: AttentionArgs<'_>) {
    for window in args.offsets.windows(2) {
        let (start, len) = (window[0], window[1] - window[0]);
        if len == 0 {
            continue;
        }
        for head in 0..args.heads.num_heads {
            // SAFETY: tokens `start..start + len` and columns of `head` exist.
            unsafe { pack_keys_values::<A>(&mut args, start, len, head) };
            let rows = args.rows.of(len);
            for tile in 0..tiles::<A>(rows) {
                let tile = tile_rows::<A>(rows, tile);
                macro_rules! tile_of {
                    ($($r:literal)*) => {
                        match tile.len() {
                            // SAFETY: rows `tile` of the sequence exist; arms of other heights are never compiled.
                            $($r if is_height::<A>($r) => unsafe { rows_of_head::<A, $r>(&mut args, start, len, head, tile.start) },)*
                            _ => unreachable!("a tile has a height"),
                        }
                    };
                }
                tile_of!(1 2 3 4 5 6 7 8 9 10 11 12);
            }
        }
    }
}

/// A browser loads and compiles each height of a tile, so there are two: the last tile of `MR` rows begins as much earlier as it is too
/// high, and computes the same rows again, and fewer rows than `MR` go one by one. Natively tiles are of nearly equal height.
const TWO_HEIGHTS: bool = cfg!(target_arch = "wasm32");

/// Whether there are tiles of so many rows.
#[inline(always)]
fn is_height<A: Arch>(rows: usize) -> bool {
    rows <= A::MR && (!TWO_HEIGHTS || rows == 1 || rows == A::MR)
}

/// The number of tiles of so many rows.
#[inline(always)]
fn tiles<A: Arch>(rows: usize) -> usize {
    if TWO_HEIGHTS && rows < A::MR { rows } else { rows.div_ceil(A::MR) }
}

/// The rows of one of them.
#[inline(always)]
fn tile_rows<A: Arch>(rows: usize, tile: usize) -> Range<usize> {
    if !TWO_HEIGHTS {
        return RowPanels::new(rows, A::MR).rows(tile);
    }
    let height = if rows < A::MR { 1 } else { A::MR };
    let first = (tile * height).min(rows - height);
    first..first + height
}

/// Repacks keys `[len, head_dim]` to `[len_padded / NR][head_dim][NR]` and values to `[dim_padded / NR][len][NR]`.
/// The last key stands in for those that pad: their scores are left out of the softmax.
#[inline(always)]
unsafe fn pack_keys_values<A: Arch>(args: &mut AttentionArgs<'_>, start: usize, len: usize, head: usize) {
    let (dim, hidden, nr) = (args.heads.head_dim, args.heads.hidden_size(), 2 * A::LANES);
    let (width, len_padded) = (3 * hidden, len.next_multiple_of(nr));
    assert!(args.scratch.keys.len() >= len_padded * dim && args.scratch.values.len() >= len * dim.next_multiple_of(nr));
    // SAFETY: token `start + j` has its key from column `hidden + head · dim` on, and its value `hidden` further, `dim` floats
    // each; the scratch is as long as was just checked.
    unsafe {
        let first_key = args.qkv.as_ptr().add(start * width + hidden + head * dim);
        for panel in (0..len_padded).step_by(nr) {
            let to = args.scratch.keys.as_mut_ptr().add(panel * dim);
            for j in (0..nr).step_by(4) {
                let mut keys = [first_key; 4];
                for (i, key) in keys.iter_mut().enumerate() {
                    *key = key.add((panel + j + i).min(len - 1) * width);
                }
                let mut d = 0;
                while d + 4 <= dim {
                    A::transpose4(keys, d, to.add(d * nr + j), nr);
                    d += 4;
                }
                for d in d..dim {
                    for (i, key) in keys.iter().enumerate() {
                        *to.add(d * nr + j + i) = *key.add(d);
                    }
                }
            }
        }
        let whole = dim / nr * nr;
        for j in 0..len {
            let value = first_key.add(hidden + j * width);
            let to = args.scratch.values.as_mut_ptr().add(j * nr);
            let mut d = 0;
            while d < whole {
                A::store(to.add(d * len), A::load(value.add(d)));
                A::store(to.add(d * len + A::LANES), A::load(value.add(d + A::LANES)));
                d += nr;
            }
            for i in whole..dim.next_multiple_of(nr) {
                *to.add(whole * len + i - whole) = if i < dim { *value.add(i) } else { 0.0 };
            }
        }
    }
}

/// `R` query rows of one head: scores, softmax, weighted sum of the values.
///
/// In wasm a function of its own, as a tile of [`linear`](super::linear) is: a large one takes a browser a tenth of a second.
#[cfg_attr(target_arch = "wasm32", inline(never))]
#[cfg_attr(not(target_arch = "wasm32"), inline(always))]
unsafe fn rows_of_head<A: Arch, const R: usize>(
    args: &mut AttentionArgs<'_>,
    start: usize,
    len: usize,
    head: usize,
    row: usize,
) {
    let (dim, hidden, nr) = (args.heads.head_dim, args.heads.hidden_size(), 2 * A::LANES);
    // SAFETY: keys hold `len_padded * dim`, values `len * dim_padded`, queries `MR`, scores `MR · chunks` rows of `ROW_STRIDE` floats;
    // query rows are tokens `start + row + r` of `qkv`, output rows the same of `out`.
    unsafe {
        let queries = args.scratch.queries.as_mut_ptr();
        for r in 0..R {
            let query = args.qkv.as_ptr().add((start + row + r) * 3 * hidden + head * dim);
            scale_row::<A>(query, dim, 1.0 / (dim as f32).sqrt(), queries.add(r * ROW_STRIDE));
        }
        let scores = args.scratch.scores.as_mut_ptr();
        let mut most = [A::splat(f32::MIN); R];
        for panel in (0..len).step_by(nr) {
            let keys = args.scratch.keys.as_ptr().add(panel * dim);
            let acc = f32_tile::<A, R>([[A::splat(0.0); 2]; R], queries, keys, dim);
            let to = scores.add(panel / CHUNK * R * ROW_STRIDE + panel % CHUNK);
            for (r, acc) in acc.iter().enumerate() {
                A::store(to.add(r * ROW_STRIDE), acc[0]);
                A::store(to.add(r * ROW_STRIDE + A::LANES), acc[1]);
                // keys that pad repeat the last one, so they cannot be the only greatest
                most[r] = A::max(most[r], A::max(acc[0], acc[1]));
            }
        }
        let mut inv_sum = [0f32; R];
        for (r, inv_sum) in inv_sum.iter_mut().enumerate() {
            let (max, mut sum) = (A::splat(A::reduce_max(most[r])), A::splat(0.0));
            for first in (0..len).step_by(CHUNK) {
                let scores = scores.add((first / CHUNK * R + r) * ROW_STRIDE);
                sum = softmax_numerators::<A>(scores, CHUNK.min(len - first), max, sum);
            }
            *inv_sum = 1.0 / A::reduce_add(sum);
        }
        let mut d = 0;
        while d < dim {
            let mut acc = [[A::splat(0.0); 2]; R];
            for first in (0..len).step_by(CHUNK) {
                let scores = scores.add(first / CHUNK * R * ROW_STRIDE);
                let values = args.scratch.values.as_ptr().add(d * len + first * nr);
                acc = f32_tile::<A, R>(acc, scores, values, CHUNK.min(len - first));
            }
            for (r, acc) in acc.iter().enumerate() {
                let out = args.out.as_mut_ptr().add((start + row + r) * hidden + head * dim + d);
                let inv = A::splat(inv_sum[r]);
                if d + nr <= dim {
                    A::store(out, A::mul(acc[0], inv));
                    A::store(out.add(A::LANES), A::mul(acc[1], inv));
                } else {
                    let mut buffer = [0f32; 32];
                    A::store(buffer.as_mut_ptr(), A::mul(acc[0], inv));
                    A::store(buffer.as_mut_ptr().add(A::LANES), A::mul(acc[1], inv));
                    std::ptr::copy_nonoverlapping(buffer.as_ptr(), out, dim - d);
                }
            }
            d += nr;
        }
    }
}

/// `to[i] = from[i] · scale`, `i < len`.
#[inline(always)]
unsafe fn scale_row<A: Arch>(from: *const f32, len: usize, scale: f32, to: *mut f32) {
    let whole = len / A::LANES * A::LANES;
    // SAFETY: both have `len` floats.
    unsafe {
        let mut i = 0;
        while i < whole {
            A::store(to.add(i), A::mul(A::load(from.add(i)), A::splat(scale)));
            i += A::LANES;
        }
        for i in whole..len {
            *to.add(i) = *from.add(i) * scale;
        }
    }
}

/// `acc[r][c] += Σ_i a[r · ROW_STRIDE + i] · b[i · NR + c]` for `R` rows, `NR` columns, `i < k`.
#[inline(always)]
unsafe fn f32_tile<A: Arch, const R: usize>(
    mut acc: [[A::F; 2]; R],
    a: *const f32,
    mut b: *const f32,
    k: usize,
) -> [[A::F; 2]; R] {
    // SAFETY: the caller's pointers cover `R` rows of `k` floats and `k * NR` floats.
    unsafe {
        for i in 0..k {
            let (b0, b1) = (A::load(b), A::load(b.add(A::LANES)));
            for (r, acc) in acc.iter_mut().enumerate() {
                let x = A::splat(*a.add(r * ROW_STRIDE + i));
                acc[0] = A::mul_add(x, b0, acc[0]);
                acc[1] = A::mul_add(x, b1, acc[1]);
            }
            b = b.add(2 * A::LANES);
        }
        acc
    }
}

/// Replaces `len` scores by `e^(score − max)` and adds them to `sum`. What follows them in the last vector becomes zero.
#[inline(always)]
unsafe fn softmax_numerators<A: Arch>(scores: *mut f32, len: usize, max: A::F, mut sum: A::F) -> A::F {
    let whole = len / A::LANES * A::LANES;
    // SAFETY: `scores` has `len` floats, padded to whole vectors; the mask's first `len - whole` lanes, fewer than all, are ones.
    unsafe {
        let mut j = 0;
        while j < whole {
            let e = exp::<A>(A::sub(A::load(scores.add(j)), max));
            A::store(scores.add(j), e);
            sum = A::add(sum, e);
            j += A::LANES;
        }
        if whole < len {
            let mask = A::load(ONES_THEN_ZEROS.as_ptr().add(MOST_LANES - (len - whole)));
            let e = A::mul(exp::<A>(A::sub(A::load(scores.add(j)), max)), mask);
            A::store(scores.add(j), e);
            sum = A::add(sum, e);
        }
        sum
    }
}
