//! x86-64 with AVX2 and FMA. 7-bit activations, so that the pairwise `maddubs` can't saturate: 2 · 127 · 127 < 2¹⁵.

use super::arch::{Arch, ROUND_MAGIC, entry_points};
use super::quantize::ActivationFormat;
use std::arch::x86_64::*;

/// The instruction set.
#[derive(Clone, Copy)]
pub(super) struct Avx2;

impl Avx2 {
    pub(super) const NAME: &'static str = "avx2";
}

/// Whether this processor has it.
pub(super) fn is_available() -> bool {
    is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") && is_x86_feature_detected!("popcnt")
}

/// The methods of [`Arch`] that quantize, where the module has a `quantize` of sixteen floats.
macro_rules! quantize_methods {
    () => {
        #[inline(always)]
        unsafe fn quantize_block(src: *const f32, inv_scale: f32, zero: i32, dst: *mut u8, stride: usize) {
            unsafe { $crate::kernels::avx2::store_groups(quantize(src, inv_scale, zero), dst, stride) }
        }

        #[inline(always)]
        unsafe fn quantize_blocks<const R: usize>(
            src: *const f32,
            row_stride: usize,
            inv_scales: [f32; R],
            zeros: [i32; R],
            dst: *mut u8,
            stride: usize,
        ) {
            unsafe {
                let mut blocks = [_mm_setzero_si128(); R];
                for (r, block) in blocks.iter_mut().enumerate() {
                    *block = quantize(src.add(r * row_stride), inv_scales[r], zeros[r]);
                }
                $crate::kernels::avx2::store_blocks(&blocks, dst, stride);
            }
        }
    };
}
pub(super) use quantize_methods;

// SAFETY of the blocks below: each method's contract is `Arch`'s: the processor has AVX2 and FMA, pointers cover what
// the method reads or writes; all loads and stores are unaligned ones.
#[allow(clippy::undocumented_unsafe_blocks)]
impl Arch for Avx2 {
    type F = __m256;
    type I = __m256i;
    type W = __m256i;
    type Act = u8;

    const LANES: usize = 8;
    const MR: usize = 4;
    const GROUP: usize = 4;
    const FORMAT: ActivationFormat = ActivationFormat::U7;
    const ROWS_QUANTIZED: usize = 4;

    #[inline(always)]
    unsafe fn splat(x: f32) -> __m256 {
        unsafe { _mm256_set1_ps(x) }
    }
    #[inline(always)]
    unsafe fn load(p: *const f32) -> __m256 {
        unsafe { _mm256_loadu_ps(p) }
    }
    #[inline(always)]
    unsafe fn store(p: *mut f32, v: __m256) {
        unsafe { _mm256_storeu_ps(p, v) }
    }
    #[inline(always)]
    unsafe fn add(a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_add_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn sub(a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_sub_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn mul(a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_mul_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn mul_add(a: __m256, b: __m256, c: __m256) -> __m256 {
        unsafe { _mm256_fmadd_ps(a, b, c) }
    }
    #[inline(always)]
    unsafe fn max(a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_max_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn min(a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_min_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn scale_pow2(p: __m256, t: __m256) -> __m256 {
        // the low 9 bits of the magic number's pattern are 0, so the shift leaves only n
        unsafe {
            let n = _mm256_slli_epi32::<23>(_mm256_castps_si256(t));
            _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(p), n))
        }
    }
    #[inline(always)]
    unsafe fn reduce_add(a: __m256) -> f32 {
        unsafe { fold(a, |a, b| _mm_add_ps(a, b)) }
    }
    #[inline(always)]
    unsafe fn reduce_max(a: __m256) -> f32 {
        unsafe { fold(a, |a, b| _mm_max_ps(a, b)) }
    }
    #[inline(always)]
    unsafe fn reduce_min(a: __m256) -> f32 {
        unsafe { fold(a, |a, b| _mm_min_ps(a, b)) }
    }

    #[inline(always)]
    unsafe fn transpose4(rows: [*const f32; 4], at: usize, dst: *mut f32, stride: usize) {
        unsafe { transpose4(rows, at, dst, stride) }
    }

    #[inline(always)]
    unsafe fn zero_i() -> __m256i {
        unsafe { _mm256_setzero_si256() }
    }
    #[inline(always)]
    unsafe fn to_f32(a: __m256i) -> __m256 {
        unsafe { _mm256_cvtepi32_ps(a) }
    }
    #[inline(always)]
    unsafe fn load_weights(p: *const i8) -> __m256i {
        unsafe { _mm256_loadu_si256(p.cast()) }
    }
    #[inline(always)]
    unsafe fn splat_activations(p: *const u8) -> __m256i {
        unsafe { _mm256_set1_epi32(p.cast::<i32>().read_unaligned()) }
    }
    #[inline(always)]
    unsafe fn dot(acc: __m256i, activations: __m256i, weights: __m256i) -> __m256i {
        unsafe {
            let pairs = _mm256_maddubs_epi16(activations, weights);
            _mm256_add_epi32(acc, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)))
        }
    }

    quantize_methods!();

    #[inline(always)]
    unsafe fn dot_u7_i8(query: *const u8, row: *const i8, len: usize) -> i32 {
        unsafe {
            let mut acc = _mm256_setzero_si256();
            let mut i = 0;
            while i + 32 <= len {
                let (q, v) = (_mm256_loadu_si256(query.add(i).cast()), _mm256_loadu_si256(row.add(i).cast()));
                acc = Self::dot(acc, q, v);
                i += 32;
            }
            if i < len {
                let (q, v) = (_mm_loadu_si128(query.add(i).cast()), _mm_loadu_si128(row.add(i).cast()));
                acc = Self::dot(acc, _mm256_zextsi128_si256(q), _mm256_zextsi128_si256(v));
            }
            let mut sums = [0i32; 8];
            _mm256_storeu_si256(sums.as_mut_ptr().cast(), acc);
            sums.iter().sum()
        }
    }

    #[inline(always)]
    unsafe fn max_dot_i16_i8(query: *const i16, rows: *const i8, n: usize, len: usize) -> i32 {
        unsafe { max_dot(query, rows, n, len) }
    }

    #[inline(always)]
    unsafe fn dot_i16_i8(query: *const i16, row: *const i8, len: usize) -> i32 {
        unsafe {
            let mut acc = _mm256_setzero_si256();
            let mut i = 0;
            while i < len {
                let v = _mm256_cvtepi8_epi16(_mm_loadu_si128(row.add(i).cast()));
                acc = _mm256_add_epi32(acc, _mm256_madd_epi16(v, _mm256_loadu_si256(query.add(i).cast())));
                i += 16;
            }
            let mut sums = [0i32; 8];
            _mm256_storeu_si256(sums.as_mut_ptr().cast(), acc);
            sums.iter().sum()
        }
    }
}

/// Sixteen floats as u7: `round(x · inv_scale) + zero`.
///
/// # Safety
/// The processor has AVX2; `src` points at sixteen floats.
#[inline(always)]
unsafe fn quantize(src: *const f32, inv_scale: f32, zero: i32) -> __m128i {
    // SAFETY: the caller's promise.
    unsafe {
        let (scale, magic) = (_mm256_set1_ps(inv_scale), _mm256_set1_ps(ROUND_MAGIC));
        let shift = _mm256_set1_epi32(zero.wrapping_sub(ROUND_MAGIC.to_bits() as i32));
        let low = _mm256_add_ps(_mm256_mul_ps(_mm256_loadu_ps(src), scale), magic);
        let high = _mm256_add_ps(_mm256_mul_ps(_mm256_loadu_ps(src.add(8)), scale), magic);
        let low = _mm256_add_epi32(_mm256_castps_si256(low), shift);
        let high = _mm256_add_epi32(_mm256_castps_si256(high), shift);
        // packs works in 128-bit halves; the permutation puts the quarters back in order
        let words = _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_packs_epi32(low, high));
        let bytes = _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256::<1>(words));
        _mm_min_epu8(bytes, _mm_set1_epi8(127))
    }
}

/// Writes the four groups of a block, `stride` bytes apart.
///
/// # Safety
/// There is room for them from `dst` on.
#[inline(always)]
pub(super) unsafe fn store_groups(block: __m128i, dst: *mut u8, stride: usize) {
    let mut groups = [0u32; 4];
    // SAFETY: the caller's promise.
    unsafe {
        _mm_storeu_si128(groups.as_mut_ptr().cast(), block);
        for (g, group) in groups.iter().enumerate() {
            dst.add(g * stride).cast::<u32>().write_unaligned(*group);
        }
    }
}

/// Writes the groups of several rows' blocks, which follow each other in memory: four rows' at once.
///
/// # Safety
/// There is room for them from `dst` on.
#[inline(always)]
pub(super) unsafe fn store_blocks(blocks: &[__m128i], dst: *mut u8, stride: usize) {
    let (fours, rest) = blocks.as_chunks::<4>();
    // SAFETY: the caller's promise.
    unsafe {
        for (four, &blocks) in fours.iter().enumerate() {
            let [a, b, c, d] = blocks;
            let (mut a, mut b, mut c, mut d) =
                (_mm_castsi128_ps(a), _mm_castsi128_ps(b), _mm_castsi128_ps(c), _mm_castsi128_ps(d));
            _MM_TRANSPOSE4_PS(&mut a, &mut b, &mut c, &mut d);
            for (g, group) in [a, b, c, d].into_iter().enumerate() {
                _mm_storeu_ps(dst.add(g * stride + 16 * four).cast(), group);
            }
        }
        for (r, &block) in rest.iter().enumerate() {
            store_groups(block, dst.add(4 * (4 * fours.len() + r)), stride);
        }
    }
}

/// The greatest dot of `query` with one of `n` rows, four at a time: they share the loads of the query and one sum across
/// the lanes. Past the end the last row counts again.
///
/// # Safety
/// The processor has AVX2; `query` points at `len` values (a multiple of 16), `rows` at `n` rows of that length, `n > 0`.
#[inline(always)]
pub(super) unsafe fn max_dot(query: *const i16, rows: *const i8, n: usize, len: usize) -> i32 {
    // SAFETY: the caller's promise; the tile's rows are below `n`.
    unsafe {
        let mut best = _mm_set1_epi32(i32::MIN);
        for first in (0..n).step_by(4) {
            let row = |r: usize| rows.add((first + r).min(n - 1) * len);
            let tile = [row(0), row(1), row(2), row(3)];
            let mut acc = [_mm256_setzero_si256(); 4];
            for i in (0..len).step_by(16) {
                let q = _mm256_loadu_si256(query.add(i).cast());
                for r in 0..4 {
                    let v = _mm256_cvtepi8_epi16(_mm_loadu_si128(tile[r].add(i).cast()));
                    acc[r] = _mm256_add_epi32(acc[r], _mm256_madd_epi16(v, q));
                }
            }
            let [a, b, c, d] = acc;
            let sums = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
            let sums = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256::<1>(sums));
            best = _mm_max_epi32(best, sums);
        }
        let mut lanes = [0i32; 4];
        _mm_storeu_si128(lanes.as_mut_ptr().cast(), best);
        lanes[0].max(lanes[1]).max(lanes[2]).max(lanes[3])
    }
}

/// Halves a vector until one lane is left.
///
/// # Safety
/// The processor has AVX.
#[inline(always)]
unsafe fn fold(a: __m256, combine: impl Fn(__m128, __m128) -> __m128) -> f32 {
    // SAFETY: the caller's promise.
    unsafe {
        let a = combine(_mm256_castps256_ps128(a), _mm256_extractf128_ps::<1>(a));
        let a = combine(a, _mm_movehl_ps(a, a));
        _mm_cvtss_f32(combine(a, _mm_shuffle_ps::<1>(a, a)))
    }
}

/// [`Arch::transpose4`] in registers of 128 bits.
///
/// # Safety
/// As there.
#[inline(always)]
pub(super) unsafe fn transpose4(rows: [*const f32; 4], at: usize, dst: *mut f32, stride: usize) {
    let [a, b, c, d] = rows;
    // SAFETY: the caller's promise.
    unsafe {
        let [mut a, mut b, mut c, mut d] =
            [_mm_loadu_ps(a.add(at)), _mm_loadu_ps(b.add(at)), _mm_loadu_ps(c.add(at)), _mm_loadu_ps(d.add(at))];
        _MM_TRANSPOSE4_PS(&mut a, &mut b, &mut c, &mut d);
        _mm_storeu_ps(dst, a);
        _mm_storeu_ps(dst.add(stride), b);
        _mm_storeu_ps(dst.add(2 * stride), c);
        _mm_storeu_ps(dst.add(3 * stride), d);
    }
}

entry_points!(Avx2, "avx2,fma,popcnt");
