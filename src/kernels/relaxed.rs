//! wasm with relaxed SIMD: `i32x4.relaxed_dot_i8x16_i7x16_add` multiplies int8 weights by 7-bit activations, with one
//! instruction where the processor has AVX-VNNI or ARM's dot product. Seven bits make every implementation agree.

use super::arch::{Arch, ROUND_MAGIC, entry_points};
use super::quantize::{ActivationFormat, QUANT_BLOCK};
use super::simd128::{float_operations, quantize4};
use std::arch::wasm32::*;

/// The instruction set.
#[derive(Clone, Copy)]
pub(super) struct Relaxed;

impl Relaxed {
    pub(super) const NAME: &'static str = "relaxed-simd";
}

// SAFETY of the blocks below: each method's contract is `Arch`'s: pointers cover what the method reads or writes; wasm
// loads and stores need no alignment, and the instructions were validated with the module.
#[allow(clippy::undocumented_unsafe_blocks)]
impl Arch for Relaxed {
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
        i32x4_relaxed_dot_i8x16_i7x16_add(weights, activations, acc)
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

entry_points!(Relaxed);
