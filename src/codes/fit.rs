//! Sharing out the bits of a code among its axes.

use super::MAX_BITS;

/// Mean square error of the quantizer of `2^bits` levels for a normal distribution of spread 1 (Max 1960; each bit takes
/// about three quarters off).
const ERROR: [f64; MAX_BITS as usize + 1] = [1.0, 0.3634, 0.1188, 0.0374, 0.0115, 0.0035, 0.00104, 0.0003, 0.00008];

/// Bits for each axis, `8 · bytes` in all unless every axis has [`MAX_BITS`], so that the expected square error of a score
/// is least: `Σ weight² · spread² · ERROR[bits]`. One bit after the other goes where it takes most of the error away; of
/// equals to the first axis. `spread` and `weight` are standard deviations of the vectors' and the queries' values. Where all vectors
/// are one, no bit takes anything away, and the first axis has one, so that a code has a length.
pub fn share_bits(spread: &[f32], weight: &[f32], bytes: usize) -> Vec<u8> {
    let mut bits = vec![0u8; spread.len()];
    let gain = |axis: usize, bits: u8| {
        let at = usize::from(bits);
        (f64::from(spread[axis]) * f64::from(weight[axis])).powi(2) * (ERROR[at] - ERROR[at + 1])
    };
    for _ in 0..8 * bytes {
        let mut best: Option<(usize, f64)> = None;
        for (axis, &have) in bits.iter().enumerate().filter(|(_, have)| **have < MAX_BITS) {
            let gain = gain(axis, have);
            if gain > best.map_or(0.0, |(_, most)| most) {
                best = Some((axis, gain));
            }
        }
        let Some((axis, _)) = best else { break };
        bits[axis] += 1;
    }
    if bits.iter().all(|&bits| bits == 0)
        && let Some(first) = bits.first_mut()
    {
        *first = 1;
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_axes_get_more_and_flat_ones_nothing() {
        let bits = share_bits(&[4.0, 1.0, 1.0, 0.25, 0.0], &[1.0; 5], 1);
        assert_eq!(bits.iter().map(|&bits| u32::from(bits)).sum::<u32>(), 8);
        assert!(bits.is_sorted_by(|a, b| a >= b) && bits[0] >= 3 && bits[4] == 0, "{bits:?}");
        assert_eq!(share_bits(&[1.0, 1.0], &[1.0, 0.0], 1), [8, 0], "what no query has needs no bits");
        assert_eq!(share_bits(&[1.0, 1.0], &[1.0, 1.0], 10), [MAX_BITS; 2]);
        assert_eq!(share_bits(&[0.0, 0.0, 0.0], &[1.0; 3], 4), [1, 0, 0], "of vectors that are all the same");
    }
}
