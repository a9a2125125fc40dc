//! Choosing a weight by the queries of a site.
//!
//! The means over a few hundred queries go up and down by chance from one weight to the next, so the best one is the middle
//! of the best three neighbours. And the best of many is better than it will be on other queries, so what is gained is
//! judged by cross-validation: each fifth of the queries is answered with the weight that the other four choose.

use super::bootstrap::{Difference, difference};

/// Parts of cross-validation.
const FOLDS: usize = 5;

/// A weight and how good the queries are answered with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// The weight.
    pub weight: f32,
    /// nDCG@10 of each query, in the order of the collection.
    pub ndcg: Vec<f64>,
}

/// What the trials say.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// Place of the best weight among the trials.
    pub best: usize,
    /// From the present weight to those that cross-validation chooses, on queries that did not choose.
    pub gain: Difference,
}

/// Chooses among trials in the order of their weights, of which the one at `present` is what the index has now.
///
/// # Panics
/// If there are no trials, or if they have not the same number of queries.
#[must_use]
pub fn choose(trials: &[Trial], present: usize) -> Choice {
    let chosen: Vec<usize> = (0..FOLDS).map(|fold| best_of(trials, |query| query % FOLDS != fold)).collect();
    let held_out: Vec<f64> =
        (0..trials[present].ndcg.len()).map(|query| trials[chosen[query % FOLDS]].ndcg[query]).collect();
    Choice { best: best_of(trials, |_| true), gain: difference(&trials[present].ndcg, &held_out) }
}

/// The trial whose mean, together with those of its neighbours, is best on some of the queries; the first of equals.
fn best_of(trials: &[Trial], counts: impl Fn(usize) -> bool) -> usize {
    let sum_of = |trial: &Trial| -> f64 {
        let counted = trial.ndcg.iter().enumerate().filter(|(query, _)| counts(*query));
        counted.map(|(_, ndcg)| ndcg).sum()
    };
    let sums: Vec<f64> = trials.iter().map(sum_of).collect();
    let smooth = |at: usize| {
        let near = &sums[at.saturating_sub(1)..sums.len().min(at + 2)];
        near.iter().sum::<f64>() / near.len() as f64
    };
    (1..sums.len()).fold(0, |best, at| if smooth(at) > smooth(best) + 1e-9 { at } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trials(values: &[&[f64]]) -> Vec<Trial> {
        (0u8..).zip(values).map(|(weight, ndcg)| Trial { weight: f32::from(weight), ndcg: ndcg.to_vec() }).collect()
    }

    #[test]
    fn the_middle_of_a_plateau_beats_a_peak() {
        let trials = trials(&[&[0.2; 10], &[0.9; 10], &[0.2; 10], &[0.7; 10], &[0.75; 10], &[0.7; 10], &[0.1; 10]]);
        assert_eq!(choose(&trials, 0).best, 4);
    }

    #[test]
    fn equal_weights_gain_nothing() {
        let equal: &[f64] = &[0.5; 10];
        let choice = choose(&trials(&[equal; 4]), 2);
        assert_eq!((choice.best, choice.gain.interval.mean, choice.gain.equal), (0, 0.0, 10));
        assert!((choice.gain.p - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_gain_on_the_queries_that_chose_is_not_counted() {
        // every query has a weight of its own that suits it: what the others choose is no use to it
        let own: Vec<Vec<f64>> =
            (0..5).map(|weight| (0..5).map(|q| f64::from(u8::from(q == weight))).collect()).collect();
        let own: Vec<&[f64]> = own.iter().map(Vec::as_slice).collect();
        let choice = choose(&trials(&own), 0);
        assert!(choice.gain.interval.mean < 0.0, "{choice:?}");
    }

    #[test]
    fn a_weight_that_is_better_everywhere_is_a_gain() {
        let choice = choose(&trials(&[&[0.1; 20], &[0.2; 20], &[0.8; 20], &[0.9; 20]]), 0);
        assert_eq!(choice.best, 3, "an end has one neighbour");
        assert!((choice.gain.interval.mean - 0.8).abs() < 1e-9 && choice.gain.p < 0.01);
    }
}
