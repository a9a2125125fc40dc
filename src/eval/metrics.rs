//! Metrics of one ranking. A ranking is given as the grades of its documents, best first; a document that nobody judged
//! has grade 0, and so has one that was judged useless. A document is relevant from grade 1.
//!
//! Definitions are those of `trec_eval` (`ndcg_cut`, `recall`, `recip_rank`), so the figures can be held against
//! published ones.

/// What a grade is worth in [`ndcg`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Gain {
    /// The grade itself: Järvelin & Kekäläinen 2002, `trec_eval`, and so BEIR's tables.
    #[default]
    Linear,
    /// `2^grade − 1`: Burges et al. 2005; stresses the best documents.
    Exponential,
}

impl Gain {
    /// Gain of a document of this grade.
    #[must_use]
    pub fn of(self, grade: u32) -> f64 {
        match self {
            Gain::Linear => f64::from(grade),
            Gain::Exponential => f64::from(grade).exp2() - 1.0,
        }
    }

    /// Name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Gain::Linear => "linear",
            Gain::Exponential => "exponential",
        }
    }
}

/// nDCG@k in 0..=1: `Σ gain / log2(rank + 1)` over the first `k`, divided by that of the best possible order of all
/// `judged` grades. 0 if nothing judged is relevant.
///
/// Grades 0, 3 found, and 3, 1 judged: `(3 / log2 3) / (3 + 1 / log2 3) = 1.893 / 3.631 = 0.521`.
#[must_use]
pub fn ndcg(found: &[u32], judged: &[u32], k: usize, gain: Gain) -> f64 {
    let dcg = |grades: &[u32]| -> f64 {
        let gains = grades.iter().take(k).zip(2..).map(|(&grade, place)| gain.of(grade) / f64::from(place).log2());
        gains.fold(0.0, |sum, gain| sum + gain) // `sum` of nothing is −0
    };
    let mut ideal = judged.to_vec();
    ideal.sort_unstable_by(|a, b| b.cmp(a));
    let best = dcg(&ideal);
    if best > 0.0 { dcg(found) / best } else { 0.0 }
}

/// Recall@k in 0..=1: the share of the relevant documents that is among the first `k`. 0 if there are none.
#[must_use]
pub fn recall(found: &[u32], judged: &[u32], k: usize) -> f64 {
    let relevant = judged.iter().filter(|&&grade| grade > 0).count();
    let hits = found.iter().take(k).filter(|&&grade| grade > 0).count();
    if relevant > 0 { hits as f64 / relevant as f64 } else { 0.0 }
}

/// One over the rank of the first relevant document, 0 if the first `k` hold none. Its mean over queries is MRR@k.
#[must_use]
pub fn reciprocal_rank(found: &[u32], k: usize) -> f64 {
    first_relevant(found).filter(|&rank| rank <= k).map_or(0.0, |rank| 1.0 / rank as f64)
}

/// Rank of the first relevant document, from 1.
#[must_use]
pub fn first_relevant(found: &[u32]) -> Option<usize> {
    found.iter().position(|&grade| grade > 0).map(|at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(value: f64, by_hand: f64) {
        assert!((value - by_hand).abs() < 5e-5, "{value}, by hand {by_hand}");
    }

    #[test]
    fn ndcg_by_hand() {
        // logarithms: log2 2 = 1, log2 3 = 1.58496, log2 4 = 2, log2 5 = 2.32193, log2 6 = 2.58496
        let linear = |found: &[u32], judged: &[u32]| ndcg(found, judged, 10, Gain::Linear);
        near(linear(&[3], &[3]), 1.0);
        near(linear(&[0, 3], &[3]), 0.63093); // 1 / 1.58496
        near(linear(&[0, 3], &[3, 1]), 1.89279 / 3.63093);
        // 3 + 2/1.58496 + 3/2 + 0 + 1/2.58496 = 6.14871, best: 3 + 3/1.58496 + 2/2 + 1/2.32193 = 6.32346
        near(linear(&[3, 2, 3, 0, 1], &[1, 2, 3, 3]), 6.14871 / 6.32346);
        near(linear(&[], &[2]), 0.0);
        assert!(linear(&[], &[2]).is_sign_positive(), "not −0");
        near(linear(&[0, 0], &[0]), 0.0);
        // 2³ − 1 = 7, 2¹ − 1 = 1: (1 + 7 / 1.58496) / (7 + 1 / 1.58496)
        near(ndcg(&[1, 3], &[3, 1], 10, Gain::Exponential), 5.41651 / 7.63093);
    }

    #[test]
    fn the_cut_applies_to_the_ranking_and_to_the_best_order() {
        let mut found = vec![0; 10];
        found.push(3);
        near(ndcg(&found, &[3], 10, Gain::Linear), 0.0);
        near(ndcg(&found, &[3], 11, Gain::Linear), 1.0 / 12f64.log2());
        near(ndcg(&[1; 10], &[1; 40], 10, Gain::Linear), 1.0);
    }

    #[test]
    fn recall_and_reciprocal_rank_by_hand() {
        let found = [0, 1, 0, 3, 0, 2];
        let judged = [1, 3, 2, 1, 0];
        near(recall(&found, &judged, 1), 0.0);
        near(recall(&found, &judged, 4), 2.0 / 4.0);
        near(recall(&found, &judged, 200), 3.0 / 4.0);
        near(recall(&found, &[0], 10), 0.0);
        near(reciprocal_rank(&found, 10), 0.5);
        near(reciprocal_rank(&found, 1), 0.0);
        near(reciprocal_rank(&[0; 20], 10), 0.0);
        assert_eq!(first_relevant(&[0, 0, 2]), Some(3));
    }
}
