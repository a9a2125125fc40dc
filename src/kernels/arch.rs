//! The seam between the kernels' algorithms and the processor: one trait, implemented once per instruction set.
//!
//! [`generic`](super::generic) writes each kernel once over [`Arch`]; `simd128`, `relaxed`, `avx2`, `avx512` and `neon`
//! implement it with intrinsics. All methods are `#[inline(always)]`: they must end up inside a function that has the
//! instruction set enabled, which the `entry_points!` macro generates.

use super::quantize::ActivationFormat;

/// Vector operations of one instruction set.
///
/// # Safety
///
/// Every method is `unsafe` for the same two reasons:
/// - the processor must have the instruction set (checked once, where [`Backend::best`](super::Backend::best) chooses), and
/// - pointers must be readable or writable for the number of elements that the method names; no alignment is needed.
pub(super) trait Arch: Copy {
    /// `LANES` floats.
    type F: Copy;
    /// `LANES` 32-bit accumulators.
    type I: Copy;
    /// `LANES` groups of `GROUP` weights, or one group of activations repeated `LANES` times, ready to multiply.
    type W: Copy;
    /// An activation as it lies in memory.
    type Act: Copy + Default;

    /// Floats in a vector.
    const LANES: usize;
    /// Rows of a register tile.
    const MR: usize;
    /// Consecutive `k` that one dot instruction takes.
    const GROUP: usize;
    /// How activations are quantized for this instruction set's dot.
    const FORMAT: ActivationFormat;
    /// Rows that it pays to quantize side by side, since their groups can be written together.
    const ROWS_QUANTIZED: usize = 1;

    unsafe fn splat(x: f32) -> Self::F;
    /// Reads `LANES` floats.
    unsafe fn load(p: *const f32) -> Self::F;
    /// Writes `LANES` floats.
    unsafe fn store(p: *mut f32, v: Self::F);
    unsafe fn add(a: Self::F, b: Self::F) -> Self::F;
    unsafe fn sub(a: Self::F, b: Self::F) -> Self::F;
    unsafe fn mul(a: Self::F, b: Self::F) -> Self::F;
    /// `a * b + c`, in one rounding where the processor can.
    unsafe fn mul_add(a: Self::F, b: Self::F, c: Self::F) -> Self::F;
    unsafe fn max(a: Self::F, b: Self::F) -> Self::F;
    unsafe fn min(a: Self::F, b: Self::F) -> Self::F;
    /// `p * 2^n`, where `t = 1.5 * 2^23 + n` (the float whose low mantissa bits hold the integer `n`).
    unsafe fn scale_pow2(p: Self::F, t: Self::F) -> Self::F;
    unsafe fn reduce_add(a: Self::F) -> f32;
    unsafe fn reduce_max(a: Self::F) -> f32;
    unsafe fn reduce_min(a: Self::F) -> f32;

    /// Four floats from `at` on of each of four rows become four columns: `dst[d · stride + row] = rows[row][at + d]`.
    #[inline(always)]
    unsafe fn transpose4(rows: [*const f32; 4], at: usize, dst: *mut f32, stride: usize) {
        for (i, row) in rows.iter().enumerate() {
            for d in 0..4 {
                // SAFETY: the caller's promise.
                unsafe { *dst.add(d * stride + i) = *row.add(at + d) };
            }
        }
    }

    /// Asks for the line of the cache that `p` points into, which need not exist.
    #[inline(always)]
    fn prefetch(_p: *const i8) {}

    unsafe fn zero_i() -> Self::I;
    unsafe fn to_f32(a: Self::I) -> Self::F;
    /// Reads `LANES * GROUP` packed weights.
    unsafe fn load_weights(p: *const i8) -> Self::W;
    /// Reads `GROUP` activations and repeats them in every lane.
    unsafe fn splat_activations(p: *const Self::Act) -> Self::W;
    /// In each lane: `acc + Σ activations · weights` over the group, exact.
    unsafe fn dot(acc: Self::I, activations: Self::W, weights: Self::W) -> Self::I;

    /// Quantizes [`QUANT_BLOCK`](super::quantize::QUANT_BLOCK) floats: `round(x * inv_scale) + zero`, clamped to the format. Writes them in groups:
    /// group `g` of the block goes to `dst + g * stride`.
    unsafe fn quantize_block(src: *const f32, inv_scale: f32, zero: i32, dst: *mut Self::Act, stride: usize);

    /// The same for the blocks of `R` rows, `row_stride` floats apart, whose groups follow each other in memory: `R` is 1 or
    /// [`ROWS_QUANTIZED`](Self::ROWS_QUANTIZED).
    #[inline(always)]
    unsafe fn quantize_blocks<const R: usize>(
        src: *const f32,
        row_stride: usize,
        inv_scales: [f32; R],
        zeros: [i32; R],
        dst: *mut Self::Act,
        stride: usize,
    ) {
        for r in 0..R {
            // SAFETY: the caller's promise.
            unsafe {
                let (src, dst) = (src.add(r * row_stride), dst.add(r * Self::GROUP));
                Self::quantize_block(src, inv_scales[r], zeros[r], dst, stride);
            }
        }
    }

    /// `Σ query[i] · row[i]` over `len` values (a multiple of 16), exact in 32 bits.
    unsafe fn dot_i16_i8(query: *const i16, row: *const i8, len: usize) -> i32;

    /// The same for two rows that follow each other, where they can share the loads of the query.
    #[inline(always)]
    unsafe fn two_dots_i16_i8(query: *const i16, rows: *const i8, len: usize) -> [i32; 2] {
        // SAFETY: the caller's promise.
        unsafe { [Self::dot_i16_i8(query, rows, len), Self::dot_i16_i8(query, rows.add(len), len)] }
    }

    /// Whether there is a dot of bytes that takes less than the one of 16-bit queries.
    const DOTS_BYTES: bool = true;

    /// `Σ query[i] · row[i]` over `len` values (a multiple of 16), the query's below 128, exact in 32 bits.
    unsafe fn dot_u7_i8(query: *const u8, row: *const i8, len: usize) -> i32;

    /// The same for four rows that follow each other, where they can share the loads of the query and one sum across.
    #[inline(always)]
    unsafe fn four_dots_u7_i8(query: *const u8, rows: *const i8, len: usize) -> [i32; 4] {
        // SAFETY: the caller's promise.
        unsafe {
            [
                Self::dot_u7_i8(query, rows, len),
                Self::dot_u7_i8(query, rows.add(len), len),
                Self::dot_u7_i8(query, rows.add(2 * len), len),
                Self::dot_u7_i8(query, rows.add(3 * len), len),
            ]
        }
    }

    /// The greatest [`dot_i16_i8`](Self::dot_i16_i8) of `query` with one of `n` rows, at least one, that lie end to end.
    unsafe fn max_dot_i16_i8(query: *const i16, rows: *const i8, n: usize, len: usize) -> i32;

    /// Number of bits in which `words` words (even, at most [`MAX_SIGN_WORDS`](super::MAX_SIGN_WORDS)) differ.
    #[inline(always)]
    unsafe fn hamming(a: *const u64, b: *const u64, words: usize) -> u32 {
        let mut distance = 0;
        for i in 0..words {
            // SAFETY: the caller's promise.
            distance += unsafe { (a.add(i).read() ^ b.add(i).read()).count_ones() };
        }
        distance
    }
}

/// `1.5 * 2^23`: added to a float below `2^22` in magnitude, it rounds it to an integer (ties to even) whose
/// two's complement stands in the low bits of the sum.
pub(super) const ROUND_MAGIC: f32 = 12_582_912.0;

/// Writes the functions through which the rest of the crate enters one instruction set: each enables the features
/// and inlines the generic kernel.
macro_rules! entry_points {
    ($arch:ty $(, $features:literal)?) => {
        use crate::kernels::generic;
        use crate::kernels::linear::{LinearArgs, QuantizeArgs};
        use crate::kernels::attention::AttentionArgs;
        use crate::kernels::norm::NormArgs;

        /// # Safety
        /// The processor has this instruction set, and the arguments' shapes were checked.
        $(#[target_feature(enable = $features)])?
        pub(in crate::kernels) unsafe fn quantize_rows(args: QuantizeArgs<'_>) {
            // SAFETY: the caller's promise.
            unsafe { generic::linear::quantize_rows::<$arch>(args) }
        }

        /// # Safety
        /// The processor has this instruction set, and the arguments' shapes were checked.
        $(#[target_feature(enable = $features)])?
        pub(in crate::kernels) unsafe fn linear(args: LinearArgs<'_>) {
            // SAFETY: the caller's promise.
            unsafe { generic::linear::linear::<$arch>(args) }
        }

        /// # Safety
        /// The processor has this instruction set, and the arguments' shapes were checked.
        $(#[target_feature(enable = $features)])?
        pub(in crate::kernels) unsafe fn attention(args: AttentionArgs<'_>) {
            // SAFETY: the caller's promise.
            unsafe { generic::attention::attention::<$arch>(args) }
        }

        /// # Safety
        /// The processor has this instruction set, and the arguments' shapes were checked.
        $(#[target_feature(enable = $features)])?
        pub(in crate::kernels) unsafe fn layer_norm(args: NormArgs<'_>) {
            // SAFETY: the caller's promise.
            unsafe { generic::norm::layer_norm::<$arch>(args) }
        }

        /// # Safety
        /// The processor has this instruction set; `rows` is a whole number of rows as long as `query`, whose length
        /// is a multiple of 16; `out` has a place for each.
        $(#[target_feature(enable = $features)])?
        pub(in crate::kernels) unsafe fn scan(query: &[i16], rows: &[i8], out: &mut [i32]) {
            // SAFETY: the caller's promise.
            unsafe { generic::scan::<$arch>(query, rows, out) }
        }

        /// # Safety
        /// As of `scan`, and the query's values are below 128.
        $(#[target_feature(enable = $features)])?
        pub(in crate::kernels) unsafe fn scan_u7(query: &[u8], rows: &[i8], out: &mut [i32]) {
            // SAFETY: the caller's promise.
            unsafe { generic::scan_u7::<$arch>(query, rows, out) }
        }

        /// # Safety
        /// The processor has this instruction set; `dim` is a multiple of 16, `query` holds `out.len()` vectors of that
        /// length, `rows` a whole number of them and at least one.
        $(#[target_feature(enable = $features)])?
        pub(in crate::kernels) unsafe fn max_sim(query: &[i16], rows: &[i8], dim: usize, out: &mut [i32]) {
            // SAFETY: the caller's promise.
            unsafe { generic::max_sim::<$arch>(query, rows, dim, out) }
        }

        /// # Safety
        /// The processor has this instruction set; `rows` is a whole number of rows as long as `query`, whose length
        /// is even and at most `MAX_SIGN_WORDS`; `out` has a place for each.
        $(#[target_feature(enable = $features)])?
        pub(in crate::kernels) unsafe fn hamming(query: &[u64], rows: &[u64], out: &mut [u32]) {
            // SAFETY: the caller's promise.
            unsafe { generic::hamming::<$arch>(query, rows, out) }
        }
    };
}
pub(super) use entry_points;
