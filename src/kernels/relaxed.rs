//! wasm with relaxed SIMD: `i32x4.relaxed_dot_i8x16_i7x16_add` multiplies int8 weights by 7-bit activations, with one
//! instruction where the processor has AVX-VNNI or ARM's dot product. Seven bits make every implementation agree.
//!
//! Other x86 processors, most of them, sum pairs in 16 bits first. V8 writes five instructions for that, two of which make the ones by
//! which the pairs are then summed; so there the two steps are asked for one by one, which is three. Which it is shows where pairs
//! do not fit 16 bits.

use super::arch::{Arch, ROUND_MAGIC};
use super::quantize::{ActivationFormat, QUANT_BLOCK};
use super::simd128::{float_operations, quantize4};
use std::arch::wasm32::*;

/// The instruction set; `PAIRS`: for processors that sum pairs in 16 bits.
#[derive(Clone, Copy)]
pub(super) struct Relaxed<const PAIRS: bool>;

impl<const PAIRS: bool> Relaxed<PAIRS> {
    pub(super) const NAME: &'static str = "relaxed-simd";
}

/// Whether this processor sums pairs in 16 bits, which are not enough for two products of 127 and 255.
pub(super) fn sums_pairs() -> bool {
    /// Two pairs, each of which has become the greatest number of 16 bits.
    const SATURATED: i32 = 2 * i16::MAX as i32;
    let (a, b) = (std::hint::black_box(i8x16_splat(127)), std::hint::black_box(u8x16_splat(255)));
    i32x4_extract_lane::<0>(i32x4_relaxed_dot_i8x16_i7x16_add(a, b, i32x4_splat(0))) == SATURATED
}

// SAFETY of the blocks below: each method's contract is `Arch`'s: pointers cover what the method reads or writes; wasm
// loads and stores need no alignment, and the instructions were validated with the module.
#[allow(clippy::undocumented_unsafe_blocks)]
impl<const PAIRS: bool> Arch for Relaxed<PAIRS> {
    type F = v128;
    type I = v128;
    type W = v128;
    type Act = u8;

    const LANES: usize = 4;
    const MR: usize = 6;
    const GROUP: usize = 4;
    const FORMAT: ActivationFormat = ActivationFormat::U7;

    float_operations!(f32x4_relaxed_madd);

    #[inline(always)]
    unsafe fn load_weights(p: *const i8) -> v128 {
        unsafe { v128_load(p.cast()) }
    }
    #[inline(always)]
    unsafe fn splat_activations(p: *const u8) -> v128 {
        unsafe { v128_load32_splat(p.cast()) }
    }
    #[inline(always)]
    unsafe fn dot(acc: v128, activations: v128, weights: v128) -> v128 {
        if PAIRS {
            let pairs = i16x8_relaxed_dot_i8x16_i7x16(weights, activations);
            // not `extadd_pairwise`: LLVM makes the one instruction of both again
            return i32x4_add(acc, i32x4_dot_i16x8(pairs, i16x8_splat(1)));
        }
        i32x4_relaxed_dot_i8x16_i7x16_add(weights, activations, acc)
    }

    #[inline(always)]
    unsafe fn dot_u7_i8(query: *const u8, row: *const i8, len: usize) -> i32 {
        unsafe {
            let mut acc = i32x4_splat(0);
            for i in (0..len).step_by(16) {
                acc = Self::dot(acc, v128_load(query.add(i).cast()), v128_load(row.add(i).cast()));
            }
            i32x4_extract_lane::<0>(acc)
                + i32x4_extract_lane::<1>(acc)
                + i32x4_extract_lane::<2>(acc)
                + i32x4_extract_lane::<3>(acc)
        }
    }
    #[inline(always)]
    unsafe fn four_dots_u7_i8(query: *const u8, rows: *const i8, len: usize) -> [i32; 4] {
        unsafe {
            // two sums a row, since a dot takes longer than the next one waits
            let mut acc = [[i32x4_splat(0); 2]; 4];
            let mut i = 0;
            while i < len {
                for half in 0..2 {
                    let at = i + 16 * half;
                    if at < len {
                        let q = v128_load(query.add(at).cast());
                        for (r, acc) in acc.iter_mut().enumerate() {
                            acc[half] = Self::dot(acc[half], q, v128_load(rows.add(r * len + at).cast()));
                        }
                    }
                }
                i += 32;
            }
            let [a, b, c, d] = acc.map(|[even, odd]| i32x4_add(even, odd));
            let ab = i32x4_add(i32x4_shuffle::<0, 4, 1, 5>(a, b), i32x4_shuffle::<2, 6, 3, 7>(a, b));
            let cd = i32x4_add(i32x4_shuffle::<0, 4, 1, 5>(c, d), i32x4_shuffle::<2, 6, 3, 7>(c, d));
            let sums = i32x4_add(i32x4_shuffle::<0, 1, 4, 5>(ab, cd), i32x4_shuffle::<2, 3, 6, 7>(ab, cd));
            let mut out = [0; 4];
            v128_store(out.as_mut_ptr().cast(), sums);
            out
        }
    }

    #[inline(always)]
    unsafe fn quantize_block(src: *const f32, inv_scale: f32, zero: i32, dst: *mut u8, stride: usize) {
        unsafe {
            let inv_scale = f32x4_splat(inv_scale);
            let shift = i32x4_splat(zero.wrapping_sub(ROUND_MAGIC.to_bits() as i32));
            let quantize = |i: usize| quantize4(src.add(i), inv_scale, shift);
            let words = (i16x8_narrow_i32x4(quantize(0), quantize(4)), i16x8_narrow_i32x4(quantize(8), quantize(12)));
            let q = u8x16_min(u8x16_narrow_i16x8(words.0, words.1), u8x16_splat(127));
            v128_store32_lane::<0>(q, dst.cast());
            v128_store32_lane::<1>(q, dst.add(stride).cast());
            v128_store32_lane::<2>(q, dst.add(2 * stride).cast());
            v128_store32_lane::<3>(q, dst.add(3 * stride).cast());
        }
    }
}

const _: () = assert!(QUANT_BLOCK == 16, "quantize_block writes four groups of four");

/// Entry points for processors that sum four products in one step.
pub(super) mod fours {
    super::super::arch::entry_points!(super::Relaxed<false>);
}

/// Entry points for processors that sum pairs: what multiplies bytes, and the others as they are.
pub(super) mod pairs {
    use super::Relaxed;
    use crate::kernels::generic;
    use crate::kernels::linear::LinearArgs;

    pub(in crate::kernels) use super::fours::{attention, hamming, layer_norm, max_sim, quantize_rows, scan};

    /// # Safety
    /// As of `fours`.
    pub(in crate::kernels) unsafe fn linear(args: LinearArgs<'_>) {
        // SAFETY: the caller's promise.
        unsafe { generic::linear::linear::<Relaxed<true>>(args) }
    }

    /// # Safety
    /// As of `fours`.
    pub(in crate::kernels) unsafe fn scan_u7(query: &[u8], rows: &[i8], out: &mut [i32]) {
        // SAFETY: the caller's promise.
        unsafe { generic::scan_u7::<Relaxed<true>>(query, rows, out) }
    }
}
