//! How much of a mean over queries, or of a difference between two tiers, is chance.
//!
//! - [`interval`]: percentile bootstrap (Efron & Tibshirani 1993): the queries are drawn again with replacement 10,000
//!   times; 95% of the means lie in the interval. It answers: what if other queries of this kind had been asked?
//! - [`difference`]: the same for the differences per query, and the p of Fisher's randomization test (Smucker, Allan &
//!   Carterette 2007): if both tiers were equally good, each difference could as well have had the other sign; p is how
//!   often random signs give a mean at least as far from 0. Two-sided; nothing is corrected for the number of
//!   comparisons.
//!
//! The random numbers are seeded: the same values give the same figures.

use serde::{Deserialize, Serialize};

/// Resamples, and random sign patterns.
const RESAMPLES: usize = 10_000;
/// Share of the resampled means below the interval, and above it.
const TAIL: f64 = 0.025;
/// Differences smaller than this are rounding.
const ROUNDING: f64 = 1e-9;
const SEED: u64 = 20_020_701;

/// A mean and its 95% interval.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Interval {
    /// Mean over the queries.
    pub mean: f64,
    /// 2.5th percentile of the resampled means.
    pub low: f64,
    /// 97.5th percentile of the resampled means.
    pub high: f64,
}

/// How one tier differs from another on the same queries.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Difference {
    /// Mean of `to − from`, with its interval.
    #[serde(flatten)]
    pub interval: Interval,
    /// Two-sided p of the randomization test; at least 1 / 10,001.
    pub p: f64,
    /// Queries that are better in `to`.
    pub better: usize,
    /// Queries that are worse in `to`.
    pub worse: usize,
    /// The others.
    pub equal: usize,
}

/// Mean of the values with its interval; all 0 without values.
#[must_use]
pub fn interval(values: &[f64]) -> Interval {
    if values.is_empty() {
        return Interval::default();
    }
    let n = values.len();
    let mut random = fastrand::Rng::with_seed(SEED);
    let mut means: Vec<f64> =
        (0..RESAMPLES).map(|_| (0..n).map(|_| values[random.usize(..n)]).sum::<f64>() / n as f64).collect();
    means.sort_unstable_by(f64::total_cmp);
    let below = (TAIL * RESAMPLES as f64) as usize;
    Interval { mean: mean(values), low: means[below], high: means[RESAMPLES - 1 - below] }
}

/// Compares two tiers, given their values for the same queries in the same order.
///
/// # Panics
/// If the lists differ in length.
#[must_use]
pub fn difference(from: &[f64], to: &[f64]) -> Difference {
    assert_eq!(from.len(), to.len(), "both tiers answer the same queries");
    let deltas: Vec<f64> = to.iter().zip(from).map(|(t, f)| t - f).collect();
    let observed = deltas.iter().sum::<f64>().abs();
    let mut random = fastrand::Rng::with_seed(SEED);
    let as_far = (0..RESAMPLES)
        .filter(|_| {
            let sum: f64 = deltas.iter().map(|d| if random.bool() { *d } else { -d }).sum();
            sum.abs() >= observed - ROUNDING
        })
        .count();
    let count = |wanted: fn(f64) -> bool| deltas.iter().filter(|d| wanted(**d)).count();
    let (better, worse) = (count(|d| d > ROUNDING), count(|d| d < -ROUNDING));
    Difference {
        interval: interval(&deltas),
        p: (as_far + 1) as f64 / (RESAMPLES + 1) as f64,
        better,
        worse,
        equal: deltas.len() - better - worse,
    }
}

/// Mean; 0 without values.
#[must_use]
pub fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / values.len() as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values between 0 and 1 with mean 1/2 and deviation 1/√12.
    fn uniform(seed: u64, n: usize) -> Vec<f64> {
        let mut random = fastrand::Rng::with_seed(seed);
        (0..n).map(|_| random.f64()).collect()
    }

    #[test]
    fn the_interval_is_that_of_the_normal_approximation() {
        let values = uniform(1, 400);
        let Interval { mean, low, high } = interval(&values);
        // deviation of the mean: 1/√12/√400 = 0.01443; ± 1.96 of it; resampling and sample add some 3% each
        let half = 1.96 * 0.01443;
        assert!((high - low - 2.0 * half).abs() < 0.1 * 2.0 * half, "{low} {mean} {high}");
        assert!(low < mean && mean < high);
        assert_eq!(interval(&values), Interval { mean, low, high }, "seeded");
        assert_eq!(interval(&[0.25; 9]), Interval { mean: 0.25, low: 0.25, high: 0.25 });
    }

    #[test]
    fn about_95_of_100_intervals_hold_the_true_mean() {
        let covered = (0..100)
            .filter(|&seed| {
                let i = interval(&uniform(seed, 60));
                i.low <= 0.5 && 0.5 <= i.high
            })
            .count();
        // binomial with 95%: deviation 2.2; three of them
        assert!((88..=100).contains(&covered), "{covered}");
    }

    #[test]
    fn p_is_the_share_of_sign_patterns() {
        // five equal gains: of 32 sign patterns only all-plus and all-minus are as far from 0
        let d = difference(&[0.0; 5], &[0.5; 5]);
        assert!((d.p - 2.0 / 32.0).abs() < 0.01, "{}", d.p);
        assert_eq!((d.better, d.worse, d.equal, d.interval.mean), (5, 0, 0, 0.5));
        let same = difference(&[0.1, 0.9], &[0.1, 0.9]);
        assert_eq!((same.p, same.equal), (1.0, 2));
        let d = difference(&[0.0, 0.5, 1.0], &[1.0, 0.5, 0.0]);
        assert_eq!((d.p, d.better, d.worse, d.equal), (1.0, 1, 1, 1));
    }

    #[test]
    fn p_is_small_where_the_difference_is_large_and_seldom_small_where_there_is_none() {
        let from = uniform(1, 200);
        let to: Vec<f64> = from.iter().zip(uniform(2, 200)).map(|(f, u)| f + u - 0.4).collect();
        assert!(difference(&from, &to).p < 0.001);
        let chance = (0..100).filter(|&s| difference(&uniform(s, 50), &uniform(s + 1000, 50)).p < 0.05).count();
        assert!(chance <= 12, "{chance} of 100");
    }
}
