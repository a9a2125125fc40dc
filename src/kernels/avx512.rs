//! x86-64 with AVX-512 (F, BW, DQ, VL) and VNNI. `dpbusd` sums u8 × i8 products straight into 32 bits: full 8-bit
//! activations. 12 × 32 tiles take 24 of the 32 registers.

use super::arch::{Arch, ROUND_MAGIC, entry_points};
use super::avx2;
use super::quantize::ActivationFormat;
use std::arch::x86_64::*;

/// The instruction set.
#[derive(Clone, Copy)]
pub(super) struct Avx512;

impl Avx512 {
    pub(super) const NAME: &'static str = "avx512-vnni";
}

/// Whether this processor has it.
pub(super) fn is_available() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512vnni")
        && is_x86_feature_detected!("popcnt")
}

// SAFETY of the blocks below: each method's contract is `Arch`'s: the processor has the features, pointers cover what
// the method reads or writes; all loads and stores are unaligned ones.
#[allow(clippy::undocumented_unsafe_blocks)]
impl Arch for Avx512 {
    type F = __m512;
    type I = __m512i;
    type W = __m512i;
    type Act = u8;

    const LANES: usize = 16;
    const MR: usize = 12;
    const GROUP: usize = 4;
    const FORMAT: ActivationFormat = ActivationFormat::U8;
    const ROWS_QUANTIZED: usize = 4;

    #[inline(always)]
    unsafe fn splat(x: f32) -> __m512 {
        unsafe { _mm512_set1_ps(x) }
    }
    #[inline(always)]
    unsafe fn load(p: *const f32) -> __m512 {
        unsafe { _mm512_loadu_ps(p) }
    }
    #[inline(always)]
    unsafe fn store(p: *mut f32, v: __m512) {
        unsafe { _mm512_storeu_ps(p, v) }
    }
    #[inline(always)]
    unsafe fn add(a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_add_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn sub(a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_sub_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn mul(a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_mul_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn mul_add(a: __m512, b: __m512, c: __m512) -> __m512 {
        unsafe { _mm512_fmadd_ps(a, b, c) }
    }
    #[inline(always)]
    unsafe fn max(a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_max_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn min(a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_min_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn scale_pow2(p: __m512, t: __m512) -> __m512 {
        // the low 9 bits of the magic number's pattern are 0, so the shift leaves only n
        unsafe {
            let n = _mm512_slli_epi32::<23>(_mm512_castps_si512(t));
            _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(p), n))
        }
    }
    #[inline(always)]
    unsafe fn reduce_add(a: __m512) -> f32 {
        unsafe { _mm512_reduce_add_ps(a) }
    }
    #[inline(always)]
    unsafe fn reduce_max(a: __m512) -> f32 {
        unsafe { _mm512_reduce_max_ps(a) }
    }
    #[inline(always)]
    unsafe fn reduce_min(a: __m512) -> f32 {
        unsafe { _mm512_reduce_min_ps(a) }
    }

    #[inline(always)]
    unsafe fn transpose4(rows: [*const f32; 4], at: usize, dst: *mut f32, stride: usize) {
        unsafe { avx2::transpose4(rows, at, dst, stride) }
    }

    #[inline(always)]
    fn prefetch(p: *const i8) {
        // SAFETY: a hint, which reads nothing.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(p) }
    }

    #[inline(always)]
    unsafe fn zero_i() -> __m512i {
        unsafe { _mm512_setzero_si512() }
    }
    #[inline(always)]
    unsafe fn to_f32(a: __m512i) -> __m512 {
        unsafe { _mm512_cvtepi32_ps(a) }
    }
    #[inline(always)]
    unsafe fn load_weights(p: *const i8) -> __m512i {
        unsafe { _mm512_loadu_si512(p.cast()) }
    }
    #[inline(always)]
    unsafe fn splat_activations(p: *const u8) -> __m512i {
        unsafe { _mm512_set1_epi32(p.cast::<i32>().read_unaligned()) }
    }
    #[inline(always)]
    unsafe fn dot(acc: __m512i, activations: __m512i, weights: __m512i) -> __m512i {
        unsafe { _mm512_dpbusd_epi32(acc, activations, weights) }
    }

    avx2::quantize_methods!();

    #[inline(always)]
    unsafe fn max_dot_i16_i8(query: *const i16, rows: *const i8, n: usize, len: usize) -> i32 {
        unsafe { avx2::max_dot(query, rows, n, len) }
    }

    #[inline(always)]
    unsafe fn dot_u7_i8(query: *const u8, row: *const i8, len: usize) -> i32 {
        unsafe {
            let mut acc = _mm512_setzero_si512();
            let mut i = 0;
            while i < len {
                // the last vector may be a part of one: what is beyond `len` counts as zeros
                let mask = u64::MAX >> (64 - (len - i).min(64));
                let (q, v) =
                    (_mm512_maskz_loadu_epi8(mask, query.add(i).cast()), _mm512_maskz_loadu_epi8(mask, row.add(i)));
                acc = _mm512_dpbusd_epi32(acc, q, v);
                i += 64;
            }
            _mm512_reduce_add_epi32(acc)
        }
    }

    #[inline(always)]
    unsafe fn dot_i16_i8(query: *const i16, row: *const i8, len: usize) -> i32 {
        unsafe {
            let (mut acc, mut tail) = (_mm512_setzero_si512(), _mm256_setzero_si256());
            let mut i = 0;
            while i + 32 <= len {
                let v = _mm512_cvtepi8_epi16(_mm256_loadu_si256(row.add(i).cast()));
                acc = _mm512_add_epi32(acc, _mm512_madd_epi16(v, _mm512_loadu_si512(query.add(i).cast())));
                i += 32;
            }
            if i < len {
                let v = _mm256_cvtepi8_epi16(_mm_loadu_si128(row.add(i).cast()));
                tail = _mm256_madd_epi16(v, _mm256_loadu_si256(query.add(i).cast()));
            }
            _mm512_reduce_add_epi32(_mm512_add_epi32(acc, _mm512_zextsi256_si512(tail)))
        }
    }
}

/// Sixteen floats as u8: `round(x · inv_scale) + zero`.
///
/// # Safety
/// The processor has AVX-512 F; `src` points at sixteen floats.
#[inline(always)]
unsafe fn quantize(src: *const f32, inv_scale: f32, zero: i32) -> __m128i {
    // SAFETY: the caller's promise.
    unsafe {
        let (scale, magic) = (_mm512_set1_ps(inv_scale), _mm512_set1_ps(ROUND_MAGIC));
        let shift = _mm512_set1_epi32(zero.wrapping_sub(ROUND_MAGIC.to_bits() as i32));
        let t = _mm512_add_ps(_mm512_mul_ps(_mm512_loadu_ps(src), scale), magic);
        let q = _mm512_add_epi32(_mm512_castps_si512(t), shift);
        _mm512_cvtusepi32_epi8(_mm512_max_epi32(q, _mm512_setzero_si512()))
    }
}

entry_points!(Avx512, "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,popcnt");
