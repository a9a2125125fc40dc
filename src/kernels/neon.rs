//! aarch64 with NEON, with and without the dot product extension (Armv8.2 `dotprod`). Weights and activations are both
//! signed bytes, whose products `sdot` sums four at a time straight into 32 bits: full 8-bit activations. Without the
//! extension the same sums take two widening multiplies and pairwise additions. 12 × 8 tiles take 24 of the 32 registers.
//!
//! Checked on an emulator, never timed: the tile is reasoned, not tuned.

use super::arch::Arch;
use super::quantize::{ActivationFormat, QUANT_BLOCK};
use std::arch::aarch64::*;
use std::arch::{asm, is_aarch64_feature_detected};

/// The instruction set. Every aarch64 processor that runs Rust's standard library has NEON; not every one `dotprod`.
#[derive(Clone, Copy)]
pub(super) struct Neon<const DOTPROD: bool>;

impl<const DOTPROD: bool> Neon<DOTPROD> {
    pub(super) const NAME: &'static str = if DOTPROD { "neon-dotprod" } else { "neon" };
}

/// Whether this processor has the dot product extension.
pub(super) fn has_dotprod() -> bool {
    is_aarch64_feature_detected!("dotprod")
}

// SAFETY of the blocks below: each method's contract is `Arch`'s: the processor has the features, pointers cover what
// the method reads or writes; all loads and stores are unaligned ones.
#[allow(clippy::undocumented_unsafe_blocks)]
impl<const DOTPROD: bool> Arch for Neon<DOTPROD> {
    type F = float32x4_t;
    type I = int32x4_t;
    type W = int8x16_t;
    type Act = i8;

    const LANES: usize = 4;
    const MR: usize = 12;
    const GROUP: usize = 4;
    const FORMAT: ActivationFormat = ActivationFormat::I8;

    #[inline(always)]
    unsafe fn splat(x: f32) -> float32x4_t {
        unsafe { vdupq_n_f32(x) }
    }
    #[inline(always)]
    unsafe fn load(p: *const f32) -> float32x4_t {
        unsafe { vld1q_f32(p) }
    }
    #[inline(always)]
    unsafe fn store(p: *mut f32, v: float32x4_t) {
        unsafe { vst1q_f32(p, v) }
    }
    #[inline(always)]
    unsafe fn add(a: float32x4_t, b: float32x4_t) -> float32x4_t {
        unsafe { vaddq_f32(a, b) }
    }
    #[inline(always)]
    unsafe fn sub(a: float32x4_t, b: float32x4_t) -> float32x4_t {
        unsafe { vsubq_f32(a, b) }
    }
    #[inline(always)]
    unsafe fn mul(a: float32x4_t, b: float32x4_t) -> float32x4_t {
        unsafe { vmulq_f32(a, b) }
    }
    #[inline(always)]
    unsafe fn mul_add(a: float32x4_t, b: float32x4_t, c: float32x4_t) -> float32x4_t {
        unsafe { vfmaq_f32(c, a, b) }
    }
    #[inline(always)]
    unsafe fn max(a: float32x4_t, b: float32x4_t) -> float32x4_t {
        unsafe { vmaxq_f32(a, b) }
    }
    #[inline(always)]
    unsafe fn min(a: float32x4_t, b: float32x4_t) -> float32x4_t {
        unsafe { vminq_f32(a, b) }
    }
    #[inline(always)]
    unsafe fn scale_pow2(p: float32x4_t, t: float32x4_t) -> float32x4_t {
        // the low 9 bits of the magic number's pattern are 0, so the shift leaves only n
        unsafe {
            let n = vshlq_n_s32::<23>(vreinterpretq_s32_f32(t));
            vreinterpretq_f32_s32(vaddq_s32(vreinterpretq_s32_f32(p), n))
        }
    }
    #[inline(always)]
    unsafe fn reduce_add(a: float32x4_t) -> f32 {
        unsafe { vaddvq_f32(a) }
    }
    #[inline(always)]
    unsafe fn reduce_max(a: float32x4_t) -> f32 {
        unsafe { vmaxvq_f32(a) }
    }
    #[inline(always)]
    unsafe fn reduce_min(a: float32x4_t) -> f32 {
        unsafe { vminvq_f32(a) }
    }

    #[inline(always)]
    unsafe fn zero_i() -> int32x4_t {
        unsafe { vdupq_n_s32(0) }
    }
    #[inline(always)]
    unsafe fn to_f32(a: int32x4_t) -> float32x4_t {
        unsafe { vcvtq_f32_s32(a) }
    }
    #[inline(always)]
    unsafe fn load_weights(p: *const i8) -> int8x16_t {
        unsafe { vld1q_s8(p) }
    }
    #[inline(always)]
    unsafe fn splat_activations(p: *const i8) -> int8x16_t {
        unsafe { vreinterpretq_s8_s32(vdupq_n_s32(p.cast::<i32>().read_unaligned())) }
    }
    #[inline(always)]
    unsafe fn dot(acc: int32x4_t, activations: int8x16_t, weights: int8x16_t) -> int32x4_t {
        unsafe {
            if DOTPROD {
                return sdot(acc, activations, weights);
            }
            // Pairs are summed in 32 bits: in 16, two products of −128 by −128 would not fit.
            let low = vpaddlq_s16(vmull_s8(vget_low_s8(activations), vget_low_s8(weights)));
            let high = vpaddlq_s16(vmull_high_s8(activations, weights));
            vaddq_s32(acc, vpaddq_s32(low, high))
        }
    }

    #[inline(always)]
    unsafe fn quantize_block(src: *const f32, inv_scale: f32, zero: i32, dst: *mut i8, stride: usize) {
        unsafe {
            let (scale, zero) = (vdupq_n_f32(inv_scale), vdupq_n_s32(zero));
            // `vcvtn` rounds ties to even; the narrowing moves saturate, which is the format's range
            let quantize = |i: usize| vaddq_s32(vcvtnq_s32_f32(vmulq_f32(vld1q_f32(src.add(i)), scale)), zero);
            let narrow = |i: usize| vqmovn_s16(vcombine_s16(vqmovn_s32(quantize(i)), vqmovn_s32(quantize(i + 4))));
            let mut block = [0u32; QUANT_BLOCK / 4];
            vst1q_s8(block.as_mut_ptr().cast(), vcombine_s8(narrow(0), narrow(8)));
            for (g, group) in block.iter().enumerate() {
                dst.add(g * stride).cast::<u32>().write_unaligned(*group);
            }
        }
    }

    #[inline(always)]
    unsafe fn dot_i16_i8(query: *const i16, row: *const i8, len: usize) -> i32 {
        unsafe {
            let (mut a, mut b) = (vdupq_n_s32(0), vdupq_n_s32(0));
            for i in (0..len).step_by(16) {
                let v = vld1q_s8(row.add(i));
                a = multiply_8(a, vld1q_s16(query.add(i)), vmovl_s8(vget_low_s8(v)));
                b = multiply_8(b, vld1q_s16(query.add(i + 8)), vmovl_high_s8(v));
            }
            vaddvq_s32(vaddq_s32(a, b))
        }
    }

    #[inline(always)]
    unsafe fn dot_u7_i8(query: *const u8, row: *const i8, len: usize) -> i32 {
        unsafe {
            let mut acc = vdupq_n_s32(0);
            for i in (0..len).step_by(16) {
                acc = Self::dot(acc, vld1q_s8(query.add(i).cast()), vld1q_s8(row.add(i)));
            }
            vaddvq_s32(acc)
        }
    }

    #[inline(always)]
    unsafe fn max_dot_i16_i8(query: *const i16, rows: *const i8, n: usize, len: usize) -> i32 {
        unsafe {
            let mut best = vdupq_n_s32(i32::MIN);
            for first in (0..n).step_by(4) {
                // four rows share the loads of the query and one sum across; past the end the last one counts again
                let row = |r: usize| rows.add((first + r).min(n - 1) * len);
                let tile = [row(0), row(1), row(2), row(3)];
                let mut acc = [vdupq_n_s32(0); 4];
                for i in (0..len).step_by(8) {
                    let q = vld1q_s16(query.add(i));
                    for r in 0..4 {
                        acc[r] = multiply_8(acc[r], q, vmovl_s8(vld1_s8(tile[r].add(i))));
                    }
                }
                let [a, b, c, d] = acc;
                best = vmaxq_s32(best, vpaddq_s32(vpaddq_s32(a, b), vpaddq_s32(c, d)));
            }
            vmaxvq_s32(best)
        }
    }

    #[inline(always)]
    unsafe fn hamming(a: *const u64, b: *const u64, words: usize) -> u32 {
        unsafe {
            // a byte lane counts up to 8 bits a vector, and there are at most 16 vectors
            let mut bytes = vdupq_n_u8(0);
            for i in (0..words).step_by(2) {
                let differing = veorq_u8(vld1q_u8(a.add(i).cast()), vld1q_u8(b.add(i).cast()));
                bytes = vaddq_u8(bytes, vcntq_u8(differing));
            }
            u32::from(vaddlvq_u8(bytes))
        }
    }
}

/// `acc + Σ a · b`, four products of bytes a lane. In assembly because `vdotq_s32` is not stable yet (rust-lang/rust#117224).
///
/// # Safety
/// The processor has the dot product extension.
#[inline]
#[target_feature(enable = "dotprod")]
unsafe fn sdot(mut acc: int32x4_t, a: int8x16_t, b: int8x16_t) -> int32x4_t {
    // SAFETY: the caller's promise; registers only.
    unsafe {
        asm!(
            "sdot {acc:v}.4s, {a:v}.16b, {b:v}.16b",
            acc = inout(vreg) acc, a = in(vreg) a, b = in(vreg) b,
            options(pure, nomem, nostack, preserves_flags)
        );
    }
    acc
}

/// Adds eight products to four sums.
///
/// # Safety
/// The processor has NEON.
#[inline(always)]
unsafe fn multiply_8(acc: int32x4_t, a: int16x8_t, b: int16x8_t) -> int32x4_t {
    // SAFETY: the caller's promise.
    unsafe { vmlal_high_s16(vmlal_s16(acc, vget_low_s16(a), vget_low_s16(b)), a, b) }
}

/// Entry points for processors without the dot product extension.
pub(super) mod plain {
    super::super::arch::entry_points!(super::Neon<false>, "neon");
}

/// Entry points for processors with it.
pub(super) mod dotprod {
    super::super::arch::entry_points!(super::Neon<true>, "neon,dotprod");
}
