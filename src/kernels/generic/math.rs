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

/// GELU of `N` vectors. `erf(x/√2) = x · P(x²)` for |x| ≤ 4.4, where it has reached 1: a minimax fit of `P` to GELU itself, whose
/// error is below 5·10⁻⁵ on −12..12. What follows rounds to 12 bits at most, a hundred times as coarse.
#[inline(always)]
pub(super) unsafe fn gelu<A: Arch, const N: usize>(x: [A::F; N]) -> [A::F; N] {
    const MOST: f32 = 4.4;
    const FIRST: f32 = 7.145_237e-11;
    const P: [f32; 8] = [
        -7.513_247e-9,
        3.483_414_2e-7,
        -9.452_806e-6,
        1.686_176e-4,
        -2.110_172_5e-3,
        1.928_666_6e-2,
        -1.321_538_1e-1,
        7.975_237e-1,
    ];
    // SAFETY: arithmetic only; the caller has the instruction set.
    unsafe {
        let (mut bounded, mut square) = (x, x);
        for i in 0..N {
            bounded[i] = A::max(A::min(x[i], A::splat(MOST)), A::splat(-MOST));
            square[i] = A::mul(bounded[i], bounded[i]);
        }
        let mut p = [A::splat(FIRST); N];
        for c in P {
            let c = A::splat(c);
            for i in 0..N {
                p[i] = A::mul_add(p[i], square[i], c);
            }
        }
        let mut y = x;
        for i in 0..N {
            let half = A::mul(x[i], A::splat(0.5));
            y[i] = A::mul_add(half, A::mul(bounded[i], p[i]), half);
        }
        y
    }
}
