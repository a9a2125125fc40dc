//! Joins what was found by meaning with what was found by words.
//!
//! Both name parts of sections (see [`sections`](crate::index::sections)), and a part's two scores are of the same text: were a section
//! given the best of each, long ones, in which some passage is near to anything, would come first. In the end a section stands
//! once, for its best part.

use super::fuse::{Fused, FusionWeights, fuse};
use super::searcher::{FUSE, Hit, RETRIEVE, Searcher};
use crate::index::lexical::{LexicalIndex, LexicalOptions, top_k};
use crate::index::scan::Scored;
use crate::index::sections::Sections;

impl Searcher {
    /// Joins passages ranked by meaning, best first, with the best `words` sections by words. `best_of` gives the best of the
    /// passages of a part that is not among the former. A blank query has none.
    pub(super) fn join(
        &self,
        query: &str,
        top: &[Scored],
        best_of: &dyn Fn(std::ops::Range<u32>) -> Scored,
        weights: FusionWeights,
        words: usize,
        limit: usize,
    ) -> Vec<Hit> {
        if query.trim().is_empty() {
            return Vec::new();
        }
        let Some((sections, lexical)) = &self.lexical else {
            let hit = |(s, rank): (&Scored, u32)| Hit {
                passage: s.passage,
                score: s.score,
                lexical_rank: None,
                dense_rank: Some(rank),
                logit: None,
            };
            return top.iter().zip(1..).map(hit).take(limit).collect();
        };
        // the first passage of a section that comes by is its best one; the lists are short enough to look through
        let near = first_of_sections(sections, top, RETRIEVE, |scored| scored.passage);
        let dense: Vec<(u32, f32)> = near.iter().map(|s| (sections.part_of(s.passage), s.score)).collect();
        let bm25 = self.bm25(sections, lexical, query);
        let words = best_by_words(sections, &bm25, words);
        let best_of = |part: u32| best_of(sections.part(part));
        let fused = fuse(&dense, &words, weights, FUSE, |part| best_of(part).score, |part| bm25[part as usize]);
        let passage_of = |part: u32| match dense.iter().position(|&(other, _)| other == part) {
            Some(at) => near[at].passage,
            None => best_of(part).passage,
        };
        let best = first_of_sections(sections, &fused, limit, |fused| sections.part(fused.passage).start);
        best.into_iter().map(|fused| hit_of(fused, passage_of(fused.passage))).collect()
    }

    /// Joins passages that have scores by meaning, best first, with the best `words` sections by words. A part without one of them has the score `unknown`.
    pub(super) fn join_scored(
        &self,
        query: &str,
        top: &[Scored],
        unknown: f32,
        weights: FusionWeights,
        words: usize,
        limit: usize,
    ) -> Vec<Hit> {
        let best_of = |passages: std::ops::Range<u32>| {
            let known = top.iter().find(|scored| passages.contains(&scored.passage));
            known.copied().unwrap_or(Scored { passage: self.first_of(passages), score: unknown })
        };
        self.join(query, top, &best_of, weights, words, limit)
    }

    /// BM25 scores of all parts of sections; 0 of those that the filter leaves out.
    pub(super) fn bm25(&self, sections: &Sections, lexical: &LexicalIndex, query: &str) -> Vec<f32> {
        let mut scores = lexical.score_all(query, &LexicalOptions::default());
        if self.has_selection() {
            for (part, score) in (0..).zip(&mut scores) {
                // a filter chooses whole pages, a phrase some passages of a part
                if *score > 0.0 && !sections.part(part).any(|passage| self.is_selected(passage)) {
                    *score = 0.0;
                }
            }
        }
        scores
    }
}

/// The best part of each of the best `limit` sections by the scores of all parts, best first: its number and score.
pub(super) fn best_by_words(sections: &Sections, bm25: &[f32], limit: usize) -> Vec<(u32, f32)> {
    let best = sections.best_parts(bm25);
    let scores: Vec<f32> = best.iter().map(|&(_, score)| score).collect();
    top_k(&scores, limit).into_iter().map(|hit| best[hit.passage as usize]).collect()
}

/// The first `limit` of a list, each of another section; `passage_of` gives a passage of an item's section.
pub(super) fn first_of_sections<T: Copy>(
    sections: &Sections,
    list: &[T],
    limit: usize,
    passage_of: impl Fn(&T) -> u32,
) -> Vec<T> {
    let (mut first, mut seen): (Vec<T>, Vec<u32>) = (Vec::new(), Vec::new());
    for item in list {
        let section = sections.section_of(passage_of(item));
        if first.len() < limit && !seen.contains(&section) {
            seen.push(section);
            first.push(*item);
        }
    }
    first
}

pub(super) fn hit_of(fused: Fused, passage: u32) -> Hit {
    let Fused { score, lexical_rank, dense_rank, .. } = fused;
    Hit { passage, score, lexical_rank, dense_rank, logit: None }
}
