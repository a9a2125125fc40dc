//! The best `k` of many scores, in a heap.
//!
//! An entry is one integer: the score's bits, made to rise as the score does, above the complement of the id. So the
//! greater entry is the better one, ties go to the smaller id, and there is one heap in the engine, not one a type.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The best `k` seen so far. Scores are compared by [`f32::total_cmp`]; equal ones by id, the smaller first.
#[derive(Debug)]
pub struct TopK {
    k: usize,
    heap: BinaryHeap<Reverse<u64>>,
}

impl TopK {
    /// None yet, of at most `k`.
    pub fn new(k: usize) -> Self {
        Self { k, heap: BinaryHeap::new() }
    }

    /// Offers an id with its score.
    pub fn push(&mut self, id: u32, score: f32) {
        let entry = Reverse(rising(score) << 32 | u64::from(!id));
        if self.heap.len() < self.k {
            self.heap.push(entry);
        } else if let Some(mut worst) = self.heap.peek_mut()
            && entry < *worst
        {
            *worst = entry;
        }
    }

    /// A lower score is not among the best any more.
    pub fn threshold(&self) -> f32 {
        match self.heap.peek() {
            Some(Reverse(worst)) if self.heap.len() == self.k => score_of(*worst),
            _ => f32::NEG_INFINITY,
        }
    }

    /// (id, score), best first.
    pub fn into_sorted(self) -> impl Iterator<Item = (u32, f32)> {
        self.heap.into_sorted_vec().into_iter().map(|Reverse(entry)| (!(entry as u32), score_of(entry)))
    }
}

/// The bits of a float, as a number that rises with it: for negative ones all bits turn, for others the sign.
fn rising(score: f32) -> u64 {
    let bits = score.to_bits();
    u64::from(if bits >> 31 == 1 { !bits } else { bits | 1 << 31 })
}

fn score_of(entry: u64) -> f32 {
    let bits = (entry >> 32) as u32;
    f32::from_bits(if bits >> 31 == 1 { bits & !(1 << 31) } else { !bits })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_of_a_full_sort() {
        let scores = [0.5, -1.0, 0.0, -0.0, f32::INFINITY, f32::NEG_INFINITY, 0.5, 1e-40, -1e-40, f32::MAX, 0.5, -1.0];
        let mut all: Vec<(u32, f32)> = (0..).zip(scores).collect();
        all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        for k in 0..scores.len() + 2 {
            let mut top = TopK::new(k);
            for &(id, score) in all.iter().rev() {
                top.push(id, score);
            }
            let expected = &all[..k.min(all.len())];
            if k > 0 && k <= all.len() {
                assert_eq!(top.threshold().to_bits(), expected[k - 1].1.to_bits());
            }
            let bits = |(id, score): (u32, f32)| (id, score.to_bits());
            assert!(top.into_sorted().map(bits).eq(expected.iter().copied().map(bits)), "k = {k}");
        }
    }
}
