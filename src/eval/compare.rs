//! Today's figures held against those of an earlier run, query by query.

use super::bootstrap::{Difference, difference};
use super::report::Report;

/// Why two reports can't be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CompareError {
    /// They are about different queries or judgements, or different gains.
    #[error(
        "the {what} changed since the baseline was made, so the figures can't be compared. Make a new baseline with --json"
    )]
    Other {
        /// What differs.
        what: &'static str,
    },
    /// A step of the baseline was not run now.
    #[error(
        "the baseline has the tier `{tier}`, which was not run now. Run it again, or make a new baseline with --json"
    )]
    NotRun {
        /// Name of the step.
        tier: String,
    },
}

/// One step of the ladder, then and now.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Name of the step.
    pub tier: String,
    /// nDCG@10 of the baseline.
    pub before: f64,
    /// nDCG@10 of today.
    pub after: f64,
    /// Figures of `after − before`.
    pub difference: Difference,
}

impl Change {
    /// Whether nDCG@10 fell by more than `drop`.
    pub fn is_drop(&self, drop: f64) -> bool {
        // figures are compared as they are printed in JSON: a last digit of rounding is no drop
        self.before - self.after > drop + 1e-9
    }
}

/// Compares each step of the baseline with the step of the same name.
///
/// # Errors
/// If queries, judgements or gain differ, or a step is missing now. Steps that are new are not compared.
pub fn compare(baseline: &Report, now: &Report) -> Result<Vec<Change>, CompareError> {
    if baseline.collection_sha256 != now.collection_sha256 {
        return Err(CompareError::Other { what: "queries or judgements" });
    }
    if baseline.gain != now.gain {
        return Err(CompareError::Other { what: "gain" });
    }
    let change = |tier: &super::report::TierReport| {
        let values = |report: &Report| report.ndcg_of(&tier.name).filter(|values| values.len() == now.queries);
        let (Some(before), Some(after)) = (values(baseline), values(now)) else {
            return Err(CompareError::NotRun { tier: tier.name.clone() });
        };
        Ok(Change {
            tier: tier.name.clone(),
            before: super::bootstrap::mean(&before),
            after: super::bootstrap::mean(&after),
            difference: difference(&before, &after),
        })
    };
    baseline.tiers.iter().map(change).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::report::tests::report;

    #[test]
    fn drops_are_found_by_tier() {
        let before = report([&["a"], &["c"]], [&["a"], &["c"]]);
        let now = report([&["a"], &["c"]], [&["a"], &["x", "c"]]);
        let changes = compare(&before, &now).unwrap();
        assert_eq!(changes.len(), 2);
        assert!(!changes[0].is_drop(0.0));
        // q2 fell from 1 to 0.63093: the mean by 0.18454
        assert!(changes[1].is_drop(0.184) && !changes[1].is_drop(0.185), "{changes:?}");
        assert_eq!((changes[1].difference.worse, changes[1].difference.equal), (1, 1));
        assert!(!compare(&now, &before).unwrap()[1].is_drop(0.0), "a gain");
    }

    #[test]
    fn what_is_not_alike_is_refused() {
        let base = report([&["a"], &["c"]], [&["a"], &["c"]]);
        let mut other = base.clone();
        other.collection_sha256.clear();
        assert!(compare(&base, &other).unwrap_err().to_string().contains("queries or judgements"));
        let mut fewer = base.clone();
        fewer.tiers.pop();
        assert_eq!(compare(&base, &fewer), Err(CompareError::NotRun { tier: "meaning".into() }));
        assert_eq!(compare(&fewer, &base).unwrap().len(), 1, "a new tier is no change");
        let mut exponential = base.clone();
        exponential.gain = "exponential".into();
        assert!(compare(&base, &exponential).unwrap_err().to_string().contains("gain"));
    }
}
