//! The rung between fusion and cross-encoder: late interaction scores the best candidates by their token vectors and reorders
//! them.
//!
//! ```text
//! score(p) = fused(p) + lambda · late(query, p)
//! ```
//! `late` is the weighted sum of the best products of the query's tokens (see [`model::late`](crate::model::late)). The head was
//! trained with this very sum, as the cross-encoder was. `lambda` stands in the manifest.
//!
//! Nothing here knows words or files: a browser can load it beside the models.

use super::fuse::Standard;
use super::rerank::reorder;
use super::searcher::{Hit, mismatch, not_loaded};
use crate::error::Result;
use crate::index::chunks::ChunkGroup;
use crate::index::late::LateTokens;
use crate::kernels::Backend;
use crate::model::encoders::Encoders;
use crate::model::late::QueryVectors;

/// Candidates that are scored: fifty give no better order, and a visitor reads token vectors of each.
pub const LATE: usize = 30;

/// The files that late interaction begins with, uncompressed, and their names for messages.
#[derive(Debug, Clone, Copy)]
pub struct LateFiles<'a> {
    /// The head of the bi-encoder.
    pub head: (&'a [u8], &'a str),
    /// What codes of token vectors mean.
    pub code: (&'a [u8], &'a str),
}

/// Loads the head into `encoders` and opens the token vectors of an index of so many passages, whose chunks are `group`, of
/// `per_chunk` passages each.
///
/// # Errors
/// If a file is damaged, or they do not belong together.
pub fn open_late(
    encoders: &mut Encoders,
    files: LateFiles<'_>,
    passages: u32,
    per_chunk: u32,
    group: ChunkGroup,
) -> Result<LateTokens> {
    let LateFiles { head: (head, head_file), code: (code, code_file) } = files;
    let tokens = LateTokens::open(code, code_file, passages, per_chunk, group)?;
    let dim = encoders.load_late_head(head, head_file)?.config().dim;
    if dim != tokens.dim() {
        return Err(mismatch(code_file, "length of a token vector", dim, tokens.dim()));
    }
    Ok(tokens)
}

/// Scores of passages for a query, `[passages]`.
///
/// # Errors
/// If a passage's chunk is not loaded, or query and passages have vectors of different lengths.
pub fn score_late(query: &QueryVectors, tokens: &LateTokens, passages: &[u32]) -> Result<Vec<f32>> {
    let (rows, first) = late_rows(query, tokens, passages)?;
    let backend = Backend::best();
    let row = |at: u32| at as usize * query.dim();
    Ok(first.windows(2).map(|window| query.score(backend, &rows[row(window[0])..row(window[1])])).collect())
}

/// What [`score_late`] compares a query with: the token vectors of passages, one after the other, `[n, dim]`, 127 for 1; and the
/// first row of each passage, and behind them `n`: `[passages + 1]`.
///
/// Numeric example: passages of two, no and one tokens begin at rows 0, 2, 2, and `n` is 3.
///
/// # Errors
/// As there.
pub fn late_rows(query: &QueryVectors, tokens: &LateTokens, passages: &[u32]) -> Result<(Vec<i8>, Vec<u32>)> {
    if query.dim() != tokens.dim() {
        return Err(mismatch("late code", "length of a token vector", query.dim(), tokens.dim()));
    }
    let (mut rows, mut first) = (Vec::new(), vec![0]);
    for &passage in passages {
        let more = tokens.rows(passage);
        rows.extend(more.ok_or_else(|| not_loaded(&format!("token vectors of passage {passage}")))?);
        first.push((rows.len() / tokens.dim()) as u32);
    }
    Ok((rows, first))
}

/// Adds `lambda · score` to the scores of the first hits and sorts these by the sums, equal ones in their old order; the others
/// follow in theirs. `scores` are those of the first hits, in order.
///
/// Numeric example: fused scores 2, 1 with late scores 10, 12 and `lambda` 1 become 13 (the second hit), 12 (the first).
#[must_use]
pub fn reorder_late(hits: &[Hit], scores: &[f32], lambda: f32) -> Vec<Hit> {
    reorder(hits, scores, |hit, score| Hit { score: hit.score + lambda * score, ..hit })
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
    use crate::index::late::{chunk_body, code_to_bytes};

    fn hit(passage: u32, score: f32) -> Hit {
        Hit { passage, score, lexical_rank: None, dense_rank: Some(passage + 1), logit: None }
    }

    fn order(hits: &[Hit]) -> Vec<(u32, f32)> {
        hits.iter().map(|hit| (hit.passage, hit.score)).collect()
    }

    #[test]
    fn scores_add_up_and_the_rest_stays_behind() {
        let hits = [hit(0, 2.0), hit(1, 1.0), hit(2, 0.5)];
        let expected = [(1, 13.0), (0, 12.0), (2, 0.5)];
        assert_eq!(order(&reorder_late(&hits, &[10.0, 12.0], 1.0)), expected);
        let late = reorder_late(&hits, &[3.0, 3.5, 5.0], 0.0);
        assert_eq!(late, hits, "lambda 0 changes nothing");
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
        let mut tokens = LateTokens::open(&code_to_bytes(&code), "code", 3, 3, group).unwrap();
        let query = QueryVectors::of(&[[1.0].as_slice(), &[0.0; 15]].concat(), 16);
        let error = score_late(&query, &tokens, &[2, 0]).unwrap_err();
        assert!(error.to_string().starts_with("token vectors of passage 2"), "{error}");
        tokens.add_chunk(0, &contents[0]).unwrap();
        assert_eq!(score_late(&query, &tokens, &[2, 0, 1]).unwrap(), [0.0, 1.0, 0.0]);
        let (rows, first) = late_rows(&query, &tokens, &[2, 1, 0]).unwrap();
        assert_eq!((&rows[..], &first[..]), (&code.decode(&[1, 0, 0, 0, 0, 0])[..], &[0, 1, 1, 2][..]));
        assert!(score_late(&query, &tokens, &[3]).is_err(), "no such passage");
        let other = QueryVectors::of(&[0.0; 32], 32);
        assert!(score_late(&other, &tokens, &[0]).is_err(), "vectors of another length");
    }
}
