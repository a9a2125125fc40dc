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

/// The exact GELU. `erf` by Abramowitz & Stegun 7.1.26, absolute error below 1.5·10⁻⁷.
#[inline(always)]
pub(super) unsafe fn gelu<A: Arch>(x: A::F) -> A::F {
    // SAFETY: arithmetic only; the caller has the instruction set.
    unsafe {
        let z = A::mul(A::abs(x), A::splat(std::f32::consts::FRAC_1_SQRT_2));
        let t = A::div(A::splat(1.0), A::mul_add(z, A::splat(0.327_591_1), A::splat(1.0)));
        let mut p = A::splat(1.061_405_4);
        for c in [-1.453_152, 1.421_413_7, -0.284_496_74, 0.254_829_6] {
            p = A::mul_add(p, t, A::splat(c));
        }
        let minus_z2 = A::sub(A::splat(0.0), A::mul(z, z));
        let erfc = A::mul(A::mul(p, t), exp::<A>(minus_z2));
        let erf = A::with_sign(A::max(A::sub(A::splat(1.0), erfc), A::splat(0.0)), x);
        A::mul(A::mul(x, A::splat(0.5)), A::add(A::splat(1.0), erf))
    }
}
