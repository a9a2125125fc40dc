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

/// GELU of `N` vectors. `Φ(x) = 1/2 + x · P(x²)` for |x| ≤ 3.9, where it has reached 0 or 1: a minimax fit of `P` to GELU itself, whose
/// error is below 1.6·10⁻⁴ on −12..12. What follows rounds to 12 bits at most, ten times as coarse.
#[inline(always)]
pub(super) unsafe fn gelu<A: Arch, const N: usize>(x: [A::F; N]) -> [A::F; N] {
    const MOST: f32 = 3.9;
    const FIRST: f32 = 2.676_141_8e-8;
    const P: [f32; 6] = [-1.797_484_5e-6, 5.182_568_2e-5, -8.509_34e-4, 8.950_19e-3, -6.496_868e-2, 3.981_834_6e-1];
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
            y[i] = A::mul(x[i], A::mul_add(bounded[i], p[i], A::splat(0.5)));
        }
        y
    }
}
