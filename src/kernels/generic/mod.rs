//! The kernels, written once over [`Arch`](super::arch::Arch). The specification they are tested against is
//! [`scalar`](super::scalar).

pub(super) mod attention;
pub(super) mod linear;
mod math;
pub(super) mod norm;

use super::arch::Arch;

/// Integer dot of `query` with each row.
///
/// # Safety
/// See [`Arch`]; `query.len()` is a multiple of 16, `rows` holds `out.len()` rows of that length.
#[inline(always)]
pub(crate) unsafe fn scan<A: Arch>(query: &[i16], rows: &[i8], out: &mut [i32]) {
    let len = query.len();
    let (pairs, last) = out.as_chunks_mut::<2>();
    for (i, pair) in pairs.iter_mut().enumerate() {
        // SAFETY: rows `2 · i` and the next lie inside `rows`.
        *pair = unsafe { A::two_dots_i16_i8(query.as_ptr(), rows.as_ptr().add(2 * i * len), len) };
    }
    for out in last {
        // SAFETY: the last of an odd number of rows lies inside `rows`.
        *out = unsafe { A::dot_i16_i8(query.as_ptr(), rows.as_ptr().add(2 * pairs.len() * len), len) };
    }
}

/// Integer dot of a `query` of seven bits with each row.
///
/// # Safety
/// As [`scan`], and the query's values are below 128.
#[inline(always)]
pub(crate) unsafe fn scan_u7<A: Arch>(query: &[u8], rows: &[i8], out: &mut [i32]) {
    let len = query.len();
    let (fours, last) = out.as_chunks_mut::<4>();
    for (i, four) in fours.iter_mut().enumerate() {
        // SAFETY: rows `4 · i` to `4 · i + 3` lie inside `rows`.
        *four = unsafe { A::four_dots_u7_i8(query.as_ptr(), rows.as_ptr().add(4 * i * len), len) };
    }
    for (i, out) in last.iter_mut().enumerate() {
        // SAFETY: the rows behind the fours lie inside `rows`.
        *out = unsafe { A::dot_u7_i8(query.as_ptr(), rows.as_ptr().add((4 * fours.len() + i) * len), len) };
    }
}

/// Hamming distance of `query` to each row.
///
/// # Safety
/// See [`Arch`]; `query.len()` is even and at most `MAX_SIGN_WORDS`, `rows` holds `out.len()` rows of that length.
#[inline(always)]
pub(crate) unsafe fn hamming<A: Arch>(query: &[u64], rows: &[u64], out: &mut [u32]) {
    /// 384 dimensions: a length that the compiler knows, so that the loop over words is unrolled.
    const USUAL: usize = 6;
    let (p, words) = (query.as_ptr(), query.len());
    for (i, out) in out.iter_mut().enumerate() {
        // SAFETY: row `i` lies inside `rows`.
        *out = unsafe {
            match words {
                USUAL => A::hamming(p, rows.as_ptr().add(i * USUAL), USUAL),
                _ => A::hamming(p, rows.as_ptr().add(i * words), words),
            }
        };
    }
}

/// The greatest integer dot of each query vector with any row.
///
/// # Safety
/// See [`Arch`]; `dim` is a multiple of 16, `query` holds `out.len()` vectors of that length, `rows` at least one.
#[inline(always)]
pub(crate) unsafe fn max_sim<A: Arch>(query: &[i16], rows: &[i8], dim: usize, out: &mut [i32]) {
    let n = rows.len() / dim;
    for (t, out) in out.iter_mut().enumerate() {
        // SAFETY: vector `t` lies inside `query`, and `rows` holds `n` of its length.
        *out = unsafe { A::max_dot_i16_i8(query.as_ptr().add(t * dim), rows.as_ptr(), n, dim) };
    }
}
