//! The rung between fusion and cross-encoder: late interaction scores the best candidates by their token vectors and reorders
//! them.
//!
//! ```text
//! score(p) = fused(p) + lambda · z(late(query, p))        z over the candidates that are scored
//! ```
//! `late` is the sum of the best products of the query's tokens (see [`model::late`](crate::model::late)); it grows with the
//! query, so it is standardised as cosine and BM25 are. `lambda` stands in the manifest.
//!
//! Nothing here knows words or files: a browser can load it beside the models.

use super::fuse::Standard;
use super::searcher::{Hit, mismatch, not_loaded};
use crate::error::Result;
use crate::index::late::LateTokens;
use crate::kernels::Backend;
use crate::model::late::QueryVectors;

/// Candidates that are scored.
pub const LATE: usize = 50;

/// Scores of passages for a query, `[passages]`.
///
/// # Errors
/// If a passage's chunk is not loaded, or query and passages have vectors of different lengths.
pub fn score_late(query: &QueryVectors, tokens: &LateTokens, passages: &[u32]) -> Result<Vec<f32>> {
    if query.dim() != tokens.dim() {
        return Err(mismatch("late code", "length of a token vector", query.dim(), tokens.dim()));
    }
    let backend = Backend::best();
    let score = |&passage: &u32| {
        let rows = tokens.rows(passage).ok_or_else(|| not_loaded(&format!("token vectors of passage {passage}")))?;
        Ok(query.score(backend, &rows))
    };
    passages.iter().map(score).collect()
}

/// Adds `lambda · z(score)` to the scores of the first hits and sorts these by the sums, equal ones in their old order; the others
/// follow in theirs. `scores` are those of the first hits, in order.
///
/// Numeric example: fused scores 2, 1 with late scores 10, 12 (z −1, 1) and `lambda` 1 become 2 (the second hit), 1 (the first).
#[must_use]
pub fn reorder_late(hits: &[Hit], scores: &[f32], lambda: f32) -> Vec<Hit> {
    let standard = Standard::of(scores.iter().copied());
    let mut ordered: Vec<Hit> = Vec::with_capacity(hits.len());
    for (&hit, &score) in hits.iter().zip(scores) {
        let hit = Hit { score: hit.score + lambda * standard.z(score), ..hit };
        // Behind its equals, so that they keep their order.
        let place = ordered.iter().position(|before| before.score < hit.score).unwrap_or(ordered.len());
        ordered.insert(place, hit);
    }
    ordered.extend(hits.iter().skip(scores.len()));
    ordered
}

/// A ranking by one kind of score, brought to the scale on which the rungs add up: z-scores over its first `n` hits. The others
/// follow with scores below.
#[must_use]
pub fn standardise(hits: &[Hit], n: usize) -> Vec<Hit> {
    let standard = Standard::of(hits.iter().take(n).map(|hit| hit.score));
    hits.iter().map(|hit| Hit { score: standard.z(hit.score), ..*hit }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::residual::ResidualCode;
    use crate::index::chunks::ChunkGroup;
    use crate::index::late::{chunk_body, code_to_bytes};

    fn hit(passage: u32, score: f32) -> Hit {
        Hit { passage, score, lexical_rank: None, dense_rank: Some(passage + 1), logit: None }
    }

    fn order(hits: &[Hit]) -> Vec<(u32, f32)> {
        hits.iter().map(|hit| (hit.passage, hit.score)).collect()
    }

    #[test]
    fn standardised_scores_add_up_and_the_rest_stays_behind() {
        let hits = [hit(0, 2.0), hit(1, 1.0), hit(2, 0.5)];
        let expected = [(1, 2.0), (0, 1.0), (2, 0.5)];
        assert_eq!(order(&reorder_late(&hits, &[10.0, 12.0], 1.0)), expected);
        assert_eq!(order(&reorder_late(&hits, &[3.0, 3.0, 3.0], 9.0)), order(&hits), "equal scores say nothing");
        assert_eq!(reorder_late(&hits, &[], 1.0), hits);
        assert_eq!(reorder_late(&hits, &[1.0, 2.0], 9.0)[0].dense_rank, Some(2), "what explains a hit stays with it");
        let alone = standardise(&[hit(4, 30.0), hit(5, 10.0), hit(6, 5.0)], 2);
        assert_eq!(order(&alone), [(4, 1.0), (5, -1.0), (6, -1.5)]);
    }

    #[test]
    fn passages_are_scored_once_their_chunks_are_there() {
        let mut centres = vec![0i8; 2 * 16];
        (centres[0], centres[17]) = (127, 127);
        let code = ResidualCode::new(16, 1, centres, vec![0.0; 32]).unwrap();
        let token = |centre: u8| vec![centre, 0, 0];
        let bodies = [chunk_body(0, &[token(0), Vec::new(), token(1)], code.len_bytes())];
        let (id, contents) = ChunkGroup::frame(&bodies);
        let group = ChunkGroup { name: "late-*".to_owned(), id, files: 1, bytes: 0, largest: 99 };
        let mut tokens = LateTokens::open(&code_to_bytes(&code), "code", 3, group).unwrap();
        let query = QueryVectors::of(&[[1.0].as_slice(), &[0.0; 15]].concat(), 16);
        let error = score_late(&query, &tokens, &[2, 0]).unwrap_err();
        assert!(error.to_string().starts_with("token vectors of passage 2"), "{error}");
        tokens.add_chunk(0, &contents[0]).unwrap();
        assert_eq!(score_late(&query, &tokens, &[2, 0, 1]).unwrap(), [0.0, 1.0, 0.0]);
        assert!(score_late(&query, &tokens, &[3]).is_err(), "no such passage");
        let other = QueryVectors::of(&[0.0; 32], 32);
        assert!(score_late(&other, &tokens, &[0]).is_err(), "vectors of another length");
    }
}
