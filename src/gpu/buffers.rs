//! How tensors lie in buffers.

/// The int8 weights `[n, k]` as the matmul reads them: `[k / 4, n]` words, each four weights of a row, the first in its lowest
/// byte.
///
/// # Panics
/// If `k` is not a multiple of 4, or the weights are not `[n, k]`.
pub fn transposed_words(weights: &[i8], n: usize, k: usize) -> Vec<u32> {
    assert!(k.is_multiple_of(4) && weights.len() == n * k, "weights are [n, k], k a multiple of 4");
    let mut words = vec![0; n * k / 4];
    for (column, row) in weights.chunks_exact(k).enumerate() {
        for (word, four) in words[column..].iter_mut().step_by(n).zip(row.as_chunks::<4>().0) {
            *word = u32::from_le_bytes(four.map(|weight| weight as u8));
        }
    }
    words
}

/// Pairs of floats, one after the other: `[n, 2]`.
pub fn floats_of(first: &[f32], second: &[f32]) -> Vec<f32> {
    first.iter().zip(second).flat_map(|(a, b)| [*a, *b]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_hold_four_weights_of_a_row() {
        // two rows of eight
        let weights: Vec<i8> = (0..16).map(|i| i as i8 - 8).collect();
        let words = transposed_words(&weights, 2, 8);
        let bytes: Vec<i8> = words.iter().flat_map(|word| word.to_le_bytes()).map(|byte| byte as i8).collect();
        assert_eq!(bytes, [-8, -7, -6, -5, 0, 1, 2, 3, -4, -3, -2, -1, 4, 5, 6, 7]);
    }
}
