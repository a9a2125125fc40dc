//! wasm with 128-bit SIMD. There is no 8-bit dot, so weights are widened as they are loaded and meet 12-bit
//! activations in `i32x4.dot_i16x8_s`.

use super::arch::{Arch, ROUND_MAGIC, entry_points};
use super::quantize::{ActivationFormat, QUANT_BLOCK};
use std::arch::wasm32::*;

/// The instruction set.
#[derive(Clone, Copy)]
pub(super) struct Simd128;

impl Simd128 {
    pub(super) const NAME: &'static str = "simd128";
}

/// The float half of `Arch`, which plain and relaxed SIMD share but for the multiply-add.
macro_rules! float_operations {
    ($mul_add:expr) => {
        #[inline(always)]
        unsafe fn splat(x: f32) -> v128 {
            f32x4_splat(x)
        }
        #[inline(always)]
        unsafe fn load(p: *const f32) -> v128 {
            unsafe { v128_load(p.cast()) }
        }
        #[inline(always)]
        unsafe fn store(p: *mut f32, v: v128) {
            unsafe { v128_store(p.cast(), v) }
        }
        #[inline(always)]
        unsafe fn add(a: v128, b: v128) -> v128 {
            f32x4_add(a, b)
        }
        #[inline(always)]
        unsafe fn sub(a: v128, b: v128) -> v128 {
            f32x4_sub(a, b)
        }
        #[inline(always)]
        unsafe fn mul(a: v128, b: v128) -> v128 {
            f32x4_mul(a, b)
        }
        #[inline(always)]
        unsafe fn mul_add(a: v128, b: v128, c: v128) -> v128 {
            $mul_add(a, b, c)
        }
        #[inline(always)]
        unsafe fn max(a: v128, b: v128) -> v128 {
            f32x4_pmax(a, b)
        }
        #[inline(always)]
        unsafe fn min(a: v128, b: v128) -> v128 {
            f32x4_pmin(a, b)
        }
        #[inline(always)]
        unsafe fn scale_pow2(p: v128, t: v128) -> v128 {
            // the low 9 bits of the magic number's pattern are 0, so the shift leaves only n
            i32x4_add(p, i32x4_shl(t, 23))
        }
        #[inline(always)]
        unsafe fn reduce_add(a: v128) -> f32 {
            let pairs = f32x4_add(a, i32x4_shuffle::<2, 3, 0, 1>(a, a));
            f32x4_extract_lane::<0>(pairs) + f32x4_extract_lane::<1>(pairs)
        }
        #[inline(always)]
        unsafe fn reduce_max(a: v128) -> f32 {
            let pairs = f32x4_pmax(a, i32x4_shuffle::<2, 3, 0, 1>(a, a));
            f32x4_extract_lane::<0>(pairs).max(f32x4_extract_lane::<1>(pairs))
        }
        #[inline(always)]
        unsafe fn reduce_min(a: v128) -> f32 {
            let pairs = f32x4_pmin(a, i32x4_shuffle::<2, 3, 0, 1>(a, a));
            f32x4_extract_lane::<0>(pairs).min(f32x4_extract_lane::<1>(pairs))
        }
        #[inline(always)]
        unsafe fn transpose4(rows: [*const f32; 4], at: usize, dst: *mut f32, stride: usize) {
            unsafe {
                let [a, b, c, d] = rows;
                let [a, b, c, d] = [
                    v128_load(a.add(at).cast()),
                    v128_load(b.add(at).cast()),
                    v128_load(c.add(at).cast()),
                    v128_load(d.add(at).cast()),
                ];
                let (ab, ab_high) = (i32x4_shuffle::<0, 4, 1, 5>(a, b), i32x4_shuffle::<2, 6, 3, 7>(a, b));
                let (cd, cd_high) = (i32x4_shuffle::<0, 4, 1, 5>(c, d), i32x4_shuffle::<2, 6, 3, 7>(c, d));
                v128_store(dst.cast(), i32x4_shuffle::<0, 1, 4, 5>(ab, cd));
                v128_store(dst.add(stride).cast(), i32x4_shuffle::<2, 3, 6, 7>(ab, cd));
                v128_store(dst.add(2 * stride).cast(), i32x4_shuffle::<0, 1, 4, 5>(ab_high, cd_high));
                v128_store(dst.add(3 * stride).cast(), i32x4_shuffle::<2, 3, 6, 7>(ab_high, cd_high));
            }
        }
        #[inline(always)]
        unsafe fn zero_i() -> v128 {
            i32x4_splat(0)
        }
        #[inline(always)]
        unsafe fn to_f32(a: v128) -> v128 {
            f32x4_convert_i32x4(a)
        }
        #[inline(always)]
        unsafe fn dot_i16_i8(query: *const i16, row: *const i8, len: usize) -> i32 {
            unsafe {
                let (mut a, mut b) = (i32x4_splat(0), i32x4_splat(0));
                let mut i = 0;
                while i < len {
                    let (q, v) = (query.add(i).cast::<v128>(), row.add(i));
                    a = i32x4_add(a, i32x4_dot_i16x8(v128_load(q), i16x8_load_extend_i8x8(v)));
                    b = i32x4_add(b, i32x4_dot_i16x8(v128_load(q.add(1)), i16x8_load_extend_i8x8(v.add(8))));
                    i += 16;
                }
                let sum = i32x4_add(a, b);
                let sum = i32x4_add(sum, i32x4_shuffle::<2, 3, 0, 1>(sum, sum));
                i32x4_extract_lane::<0>(sum) + i32x4_extract_lane::<1>(sum)
            }
        }
        #[inline(always)]
        unsafe fn two_dots_i16_i8(query: *const i16, rows: *const i8, len: usize) -> [i32; 2] {
            unsafe {
                let mut acc = [[i32x4_splat(0); 2]; 2];
                let mut i = 0;
                while i < len {
                    for half in 0..2 {
                        let at = i + 8 * half;
                        let q = v128_load(query.add(at).cast());
                        for (row, acc) in acc.iter_mut().enumerate() {
                            let v = i16x8_load_extend_i8x8(rows.add(row * len + at));
                            acc[half] = i32x4_add(acc[half], i32x4_dot_i16x8(q, v));
                        }
                    }
                    i += 16;
                }
                let [a, b] = acc.map(|[even, odd]| i32x4_add(even, odd));
                let sums = i32x4_add(i32x4_shuffle::<0, 4, 1, 5>(a, b), i32x4_shuffle::<2, 6, 3, 7>(a, b));
                let sums = i32x4_add(sums, i32x4_shuffle::<2, 3, 0, 1>(sums, sums));
                [i32x4_extract_lane::<0>(sums), i32x4_extract_lane::<1>(sums)]
            }
        }
        #[inline(always)]
        unsafe fn max_dot_i16_i8(query: *const i16, rows: *const i8, n: usize, len: usize) -> i32 {
            unsafe {
                let mut best = i32x4_splat(i32::MIN);
                let mut first = 0;
                while first < n {
                    // four rows share the loads of the query and one sum across; past the end the last one counts again
                    let row = |r: usize| rows.add((first + r).min(n - 1) * len);
                    let tile = [row(0), row(1), row(2), row(3)];
                    let mut acc = [i32x4_splat(0); 4];
                    let mut i = 0;
                    while i < len {
                        let q = v128_load(query.add(i).cast());
                        for r in 0..4 {
                            acc[r] = i32x4_add(acc[r], i32x4_dot_i16x8(q, i16x8_load_extend_i8x8(tile[r].add(i))));
                        }
                        i += 8;
                    }
                    let [a, b, c, d] = acc;
                    let ab = i32x4_add(i32x4_shuffle::<0, 4, 1, 5>(a, b), i32x4_shuffle::<2, 6, 3, 7>(a, b));
                    let cd = i32x4_add(i32x4_shuffle::<0, 4, 1, 5>(c, d), i32x4_shuffle::<2, 6, 3, 7>(c, d));
                    let sums = i32x4_add(i32x4_shuffle::<0, 1, 4, 5>(ab, cd), i32x4_shuffle::<2, 3, 6, 7>(ab, cd));
                    best = i32x4_max(best, sums);
                    first += 4;
                }
                let best = i32x4_max(best, i32x4_shuffle::<2, 3, 0, 1>(best, best));
                i32x4_extract_lane::<0>(best).max(i32x4_extract_lane::<1>(best))
            }
        }
        #[inline(always)]
        unsafe fn hamming(a: *const u64, b: *const u64, words: usize) -> u32 {
            unsafe {
                // a byte lane counts up to 8 bits a vector, and there are at most 16 vectors
                let mut bytes = i8x16_splat(0);
                let mut i = 0;
                while i < words {
                    let differing = v128_xor(v128_load(a.add(i).cast()), v128_load(b.add(i).cast()));
                    bytes = i8x16_add(bytes, i8x16_popcnt(differing));
                    i += 2;
                }
                let sum = u32x4_extadd_pairwise_u16x8(u16x8_extadd_pairwise_u8x16(bytes));
                let sum = i32x4_add(sum, i32x4_shuffle::<2, 3, 0, 1>(sum, sum));
                u32x4_extract_lane::<0>(sum) + u32x4_extract_lane::<1>(sum)
            }
        }
    };
}
#[cfg(target_feature = "relaxed-simd")]
pub(super) use float_operations;

#[inline(always)]
fn mul_then_add(a: v128, b: v128, c: v128) -> v128 {
    f32x4_add(f32x4_mul(a, b), c)
}

/// Rounds four floats to integers and adds the zero point.
#[inline(always)]
pub(super) unsafe fn quantize4(p: *const f32, inv_scale: v128, shift: v128) -> v128 {
    // SAFETY: the caller's pointer covers four floats.
    let x = unsafe { v128_load(p.cast()) };
    i32x4_add(f32x4_add(f32x4_mul(x, inv_scale), f32x4_splat(ROUND_MAGIC)), shift)
}

// SAFETY of the blocks below: each method's contract is `Arch`'s: pointers cover what the method reads or writes; wasm
// loads and stores need no alignment, and the instructions were validated with the module.
#[allow(clippy::undocumented_unsafe_blocks)]
impl Arch for Simd128 {
    type F = v128;
    type I = v128;
    type W = v128;
    type Act = i16;

    const LANES: usize = 4;
    const MR: usize = 4;
    const GROUP: usize = 2;
    const FORMAT: ActivationFormat = ActivationFormat::I16;

    float_operations!(mul_then_add);

    #[inline(always)]
    unsafe fn load_weights(p: *const i8) -> v128 {
        unsafe { i16x8_load_extend_i8x8(p) }
    }
    #[inline(always)]
    unsafe fn splat_activations(p: *const i16) -> v128 {
        unsafe { v128_load32_splat(p.cast()) }
    }
    #[inline(always)]
    unsafe fn dot(acc: v128, activations: v128, weights: v128) -> v128 {
        i32x4_add(acc, i32x4_dot_i16x8(activations, weights))
    }

    const DOTS_BYTES: bool = false;

    #[inline(always)]
    unsafe fn dot_u7_i8(query: *const u8, row: *const i8, len: usize) -> i32 {
        // SAFETY: both pointers cover `len` values.
        (0..len).map(|i| unsafe { i32::from(*query.add(i)) * i32::from(*row.add(i)) }).sum()
    }

    #[inline(always)]
    unsafe fn quantize_block(src: *const f32, inv_scale: f32, zero: i32, dst: *mut i16, stride: usize) {
        unsafe {
            let inv_scale = f32x4_splat(inv_scale);
            let shift = i32x4_splat(zero.wrapping_sub(ROUND_MAGIC.to_bits() as i32));
            let mut group = dst.cast::<u8>();
            for half in 0..QUANT_BLOCK / 8 {
                let src = src.add(half * 8);
                let (lo, hi) = (quantize4(src, inv_scale, shift), quantize4(src.add(4), inv_scale, shift));
                let limit = i16x8_splat(2047);
                let q = i16x8_max(i16x8_min(i16x8_narrow_i32x4(lo, hi), limit), i16x8_neg(limit));
                v128_store32_lane::<0>(q, group.cast());
                v128_store32_lane::<1>(q, group.add(2 * stride).cast());
                v128_store32_lane::<2>(q, group.add(4 * stride).cast());
                v128_store32_lane::<3>(q, group.add(6 * stride).cast());
                group = group.add(8 * stride);
            }
        }
    }
}

entry_points!(Simd128);
