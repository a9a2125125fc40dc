//! `exp` and GELU on vectors, by polynomials.

use crate::kernels::arch::{Arch, ROUND_MAGIC};

/// `e^x` for `x ≤ 88`, relative error below 3·10⁻⁷ above −87 (and about 10⁻³⁸ below it): `2^n · e^f` with
/// `|f| ≤ ln2/2` and a degree-5 polynomial.
#[inline(always)]
pub(super) unsafe fn exp<A: Arch>(x: A::F) -> A::F {
    // SAFETY: arithmetic only; the caller has the instruction set.
    unsafe {
        let x = A::max(x, A::splat(-87.0));
        let t = A::mul_add(x, A::splat(std::f32::consts::LOG2_E), A::splat(ROUND_MAGIC));
        let n = A::sub(t, A::splat(ROUND_MAGIC));
        // ln 2 in two parts, so that f keeps its low bits
        let f = A::mul_add(n, A::splat(-0.693_359_4), x);
        let f = A::mul_add(n, A::splat(2.121_944_4e-4), f);
        let mut p = A::splat(0.008_301_11);
        for c in [0.041_91, 0.166_667_96, 0.499_999_6, 0.999_999_9, 1.0] {
            p = A::mul_add(p, f, A::splat(c));
        }
        A::scale_pow2(p, t)
    }
}

/// The exact GELU. `erf(z) = z · P(z²) / Q(z²)` for |z| ≤ 4, where it reaches 1 in f32: fitted to an absolute error below
/// 6·10⁻⁸, to which the roundings add 2.5·10⁻⁷.
#[inline(always)]
pub(super) unsafe fn gelu<A: Arch>(x: A::F) -> A::F {
    // SAFETY: arithmetic only; the caller has the instruction set.
    unsafe {
        let z = A::mul(x, A::splat(std::f32::consts::FRAC_1_SQRT_2));
        let z = A::max(A::min(z, A::splat(4.0)), A::splat(-4.0));
        let u = A::mul(z, z);
        let mut p = A::splat(1.921_721_6e-8);
        for c in [-1.990_323_5e-6, 1.555_369_7e-4, 4.293_055_7e-3, 5.243_347_3e-2, 2.139_447_5e-1, 1.128_378_6] {
            p = A::mul_add(p, u, A::splat(c));
        }
        let mut q = A::splat(1.098_039_1e-3);
        for c in [1.555_109_5e-2, 1.207_996_4e-1, 5.229_313e-1, 1.0] {
            q = A::mul_add(q, u, A::splat(c));
        }
        let half = A::mul(x, A::splat(0.5));
        A::mul_add(half, A::div(A::mul(z, p), q), half)
    }
}
