//! The last step of a query: the cross-encoder reads the best candidates together with the query, and its logits reorder
//! them.
//!
//! ```text
//! score(p) = fused(p) + lambda · logit(query, p)
//! ```
//! `fused` is the sum of z-scores that ordered the dense tier (see [`fuse`](super::fuse)). The cross-encoder was trained
//! with this very sum: it learned what the first stage lacks, so it corrects that order and does not replace it, and a
//! weak one can't ruin a good one. `lambda` is calibrated on sites that it was not trained on and stands in the manifest.

use super::searcher::{Hit, Searcher, mismatch, not_loaded};
use crate::error::Result;

/// Candidates that are reranked where time does not matter. The browser takes as many as its budget allows.
pub const RERANK: usize = 30;

/// The name under which errors speak of a reranker that the manifest does not have.
const RERANKER: &str = "reranker";

impl Searcher {
    /// Checks that a cross-encoder is the index's.
    ///
    /// # Errors
    /// If the index has none, or another one.
    pub fn check_reranker(&self, id: &str) -> Result<()> {
        let (Some(expected), Some(file)) = (&self.manifest.reranker, &self.manifest.files.reranker) else {
            return Err(not_loaded(RERANKER));
        };
        if id != expected.id {
            return Err(mismatch(&file.name, "model", &expected.id, id));
        }
        Ok(())
    }

    /// The hits of the dense tier with the first `logits.len()` of them reordered; `logits` are theirs, in order. See
    /// [`rerank`].
    pub fn rerank(&self, hits: &[Hit], logits: &[f32]) -> Vec<Hit> {
        rerank(hits, logits, self.manifest.reranker.as_ref().map_or(0.0, |reranker| reranker.lambda))
    }
}

/// Adds `lambda · logit` to the scores of the first hits and sorts these by the sums, equal ones in their old order; the
/// others follow in theirs. A logit that is not finite counts as none.
///
/// Numeric example: scores 2, 1, 0 with logits 0, 4 and `lambda` 0.5 become 3 (the second hit), 2 (the first), 0.
#[must_use]
pub fn rerank(hits: &[Hit], logits: &[f32], lambda: f32) -> Vec<Hit> {
    reorder(hits, logits, |hit, logit| Hit { logit: Some(logit), score: hit.score + lambda * logit, ..hit })
}

/// Gives each of the first hits what `add` makes of it and its score, unless that is not finite, and sorts these by what comes out,
/// equal ones in their old order; the others follow in theirs.
pub(super) fn reorder(hits: &[Hit], scores: &[f32], add: impl Fn(Hit, f32) -> Hit) -> Vec<Hit> {
    let mut ordered: Vec<Hit> = Vec::with_capacity(hits.len());
    for (&hit, &score) in hits.iter().zip(scores) {
        let hit = if score.is_finite() { add(hit, score) } else { hit };
        // Behind its equals, so that they keep their order.
        let place = ordered.iter().position(|before| before.score < hit.score).unwrap_or(ordered.len());
        ordered.insert(place, hit);
    }
    ordered.extend(hits.iter().skip(scores.len()));
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(passage: u32, score: f32) -> Hit {
        Hit { passage, score, lexical_rank: Some(passage + 1), dense_rank: None, logit: None }
    }

    fn order(hits: &[Hit]) -> Vec<(u32, f32, Option<f32>)> {
        hits.iter().map(|hit| (hit.passage, hit.score, hit.logit)).collect()
    }

    #[test]
    fn reorders_the_scored_ones_and_leaves_the_rest() {
        let hits = [hit(0, 2.0), hit(1, 1.0), hit(2, 0.0), hit(3, -1.0)];
        let expected = [(1, 3.0, Some(4.0)), (0, 2.0, Some(0.0)), (2, 0.0, None), (3, -1.0, None)];
        assert_eq!(order(&rerank(&hits, &[0.0, 4.0], 0.5)), expected);
        let last_first = rerank(&hits, &[-9.0, 0.0, 0.0, 9.0], 1.0);
        assert_eq!(last_first.iter().map(|hit| hit.passage).collect::<Vec<_>>(), [3, 1, 2, 0]);
        assert_eq!(last_first[0].lexical_rank, Some(4), "what explains a hit stays with it");
        // the rest stays behind, however low the scored ones fall
        assert_eq!(order(&rerank(&hits, &[-99.0], 1.0))[0].0, 0);
    }

    #[test]
    fn without_logits_nothing_changes() {
        let hits = [hit(0, 2.0), hit(1, 1.0)];
        assert_eq!(rerank(&hits, &[], 0.5), hits);
        assert_eq!(rerank(&[], &[1.0], 0.5), []);
        assert_eq!(rerank(&hits, &[1.0, 2.0, 3.0], 0.5).len(), 2, "logits of no hit");
    }

    #[test]
    fn equal_sums_keep_their_order_and_broken_logits_count_as_none() {
        let hits = [hit(5, 1.0), hit(4, 0.5), hit(3, 0.0)];
        assert_eq!(order(&rerank(&hits, &[0.0, 0.5, 1.0], 1.0)).iter().map(|h| h.0).collect::<Vec<_>>(), [5, 4, 3]);
        let broken = rerank(&hits, &[f32::NAN, f32::INFINITY, 3.0], 1.0);
        assert_eq!(order(&broken), [(3, 3.0, Some(3.0)), (5, 1.0, None), (4, 0.5, None)]);
    }
}
