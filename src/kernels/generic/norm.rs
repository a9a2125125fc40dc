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
            let mean = sum::<A, false>(row, 0.0) / hidden as f32;
            let squares = sum::<A, true>(row, mean);
            let vmean = A::splat(mean);
            let inv = 1.0 / (squares / hidden as f32 + eps).sqrt();
            let (vinv, p) = (A::splat(inv), row.as_mut_ptr());
            let mut i = 0;
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

// No closures below and in the other kernels: natively a closure is a function without the instruction set, and stays one.

/// The sum of a row, or of the squares of its distances to `mean`. Four sums run side by side, since each addition waits for the one before.
///
/// # Safety
/// See [`Arch`].
#[inline(always)]
unsafe fn sum<A: Arch, const SQUARES: bool>(row: &[f32], mean: f32) -> f32 {
    let whole = row.len() / (4 * A::LANES) * 4 * A::LANES;
    // SAFETY: all offsets stay below `whole <= row.len()`.
    let mut all = unsafe {
        let mut sums = [A::splat(0.0); 4];
        let mut i = 0;
        while i < whole {
            for (lane, sum) in sums.iter_mut().enumerate() {
                let v = A::load(row.as_ptr().add(i + lane * A::LANES));
                if SQUARES {
                    let distance = A::sub(v, A::splat(mean));
                    *sum = A::mul_add(distance, distance, *sum);
                } else {
                    *sum = A::add(*sum, v);
                }
            }
            i += 4 * A::LANES;
        }
        A::reduce_add(A::add(A::add(sums[0], sums[1]), A::add(sums[2], sums[3])))
    };
    for &v in &row[whole..] {
        all += if SQUARES { (v - mean) * (v - mean) } else { v };
    }
    all
}
