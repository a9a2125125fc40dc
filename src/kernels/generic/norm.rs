//! Layer normalisation, once for all instruction sets: two passes over a row that is in the first-level cache.

use crate::kernels::arch::Arch;
use crate::kernels::norm::NormArgs;

/// # Safety
/// See [`Arch`]; shapes as `Backend::layer_norm_in_place` checks them.
#[inline(always)]
pub(crate) unsafe fn layer_norm<A: Arch>(args: NormArgs<'_>) {
    let NormArgs { x, gamma, beta, eps } = args;
    let hidden = gamma.len();
    let whole = hidden / A::LANES * A::LANES;
    for row in x.chunks_exact_mut(hidden) {
        // SAFETY: all offsets stay below `whole <= hidden`, the length of `row`, `gamma` and `beta`.
        unsafe {
            let p = row.as_mut_ptr();
            let mut sum = A::splat(0.0);
            let mut i = 0;
            while i < whole {
                sum = A::add(sum, A::load(p.add(i)));
                i += A::LANES;
            }
            let tail: f32 = row[whole..].iter().sum();
            let mean = (A::reduce_add(sum) + tail) / hidden as f32;
            let vmean = A::splat(mean);
            let mut squares = A::splat(0.0);
            i = 0;
            while i < whole {
                let d = A::sub(A::load(p.add(i)), vmean);
                squares = A::mul_add(d, d, squares);
                i += A::LANES;
            }
            let tail: f32 = row[whole..].iter().map(|&v| (v - mean) * (v - mean)).sum();
            let inv = 1.0 / ((A::reduce_add(squares) + tail) / hidden as f32 + eps).sqrt();
            let vinv = A::splat(inv);
            i = 0;
            while i < whole {
                let y = A::mul(A::sub(A::load(p.add(i)), vmean), vinv);
                A::store(p.add(i), A::mul_add(y, A::load(gamma.as_ptr().add(i)), A::load(beta.as_ptr().add(i))));
                i += A::LANES;
            }
            for i in whole..hidden {
                row[i] = (row[i] - mean) * inv * gamma[i] + beta[i];
            }
        }
    }
}
