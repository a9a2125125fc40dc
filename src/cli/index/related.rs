//! The related pages of each page: of those whose passages are nearest to its own a few that differ from each other, each with
//! the two headings whose texts are the nearest.

use crate::cli::alike::{Likeness, PagePassages, SAME_PAGE, SAME_PASSAGE};
use crate::index::related::{RelatedPage, key};
use crate::index::vectors::Vectors;
use crate::site::{Page, Passage, decode_url, headings};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Pages that are looked at for each.
const CANDIDATES: usize = 12;
/// Likeness below which a page has nothing to do with another.
const LEAST: f32 = 0.4;
/// Weight of a candidate's own likeness; the rest counts against those that resemble one that was chosen.
const LAMBDA: f32 = 0.8;

/// Up to `count` related pages of each page, by key. Pages of one key, such as `guide.html` and `guide/index.html`, can't be told apart by their
/// readers' address on all hosts: they have none.
pub(super) fn related_pages(
    pages: &[Page],
    passages: &[Passage],
    vectors: &Vectors,
    count: usize,
) -> BTreeMap<String, Vec<RelatedPage>> {
    let mut lengths = vec![0; pages.len()];
    passages.iter().for_each(|passage| lengths[passage.page] += 1);
    let alike = PagePassages::new(vectors, &lengths);
    let keys: Vec<String> = pages.iter().map(|page| key(&decode_url(&page.url)).to_owned()).collect();
    let rows = (0..pages.len()).into_par_iter().map(|page| {
        let chosen = choose(&alike, page, count, |other| keys[other] != keys[page]);
        chosen.iter().map(|likeness| row(pages, passages, likeness)).collect()
    });
    let rows: Vec<Vec<RelatedPage>> = rows.collect();
    let mut count_of: BTreeMap<&str, u32> = BTreeMap::new();
    keys.iter().for_each(|key| *count_of.entry(key).or_default() += 1);
    let alone = keys.iter().zip(rows).filter(|(key, _)| count_of[key.as_str()] == 1);
    alone.map(|(key, rows)| (key.clone(), rows)).collect()
}

fn row(pages: &[Page], passages: &[Passage], likeness: &Likeness) -> RelatedPage {
    let heading = |passage: u32| {
        let Passage { page, section, .. } = passages[passage as usize];
        let page = &pages[page];
        headings(page, &page.sections[section]).last().cloned().unwrap_or_default()
    };
    let page = &pages[likeness.page];
    let (here, there, _) = likeness.pair;
    RelatedPage { url: page.url.clone(), title: page.title.clone(), here: heading(here), there: heading(there) }
}

/// The nearest pages that may be chosen, without those of the same text and without one text twice, each taken for what it
/// has that the chosen ones lack (maximal marginal relevance).
fn choose(alike: &PagePassages<'_>, page: usize, count: usize, may: impl Fn(usize) -> bool) -> Vec<Likeness> {
    let mut candidates = alike.others(page);
    candidates.retain(|other| other.score >= LEAST && may(other.page));
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.page.cmp(&b.page)));
    let back = |other: usize| alike.with(other, page).is_some_and(|back| back.same >= SAME_PAGE);
    let is_same = |other: &Likeness| other.same >= SAME_PAGE || (other.pair.2 >= SAME_PASSAGE && back(other.page));
    let mut near: Vec<Likeness> = Vec::new();
    for candidate in candidates {
        if near.len() == CANDIDATES.max(count) {
            break;
        }
        if !is_same(&candidate) && !near.iter().any(|other| alike.say_the_same(other.page, candidate.page)) {
            near.push(candidate);
        }
    }
    let scores: Vec<f32> = near.iter().map(|candidate| candidate.score).collect();
    let between = |a: usize, b: usize| alike.with(near[a].page, near[b].page).map_or(0.0, |both| both.near);
    diversify(&scores, between, count).into_iter().map(|at| near[at].clone()).collect()
}

/// Indices of up to `count` candidates: each time the one with the most of `LAMBDA · score - (1 - LAMBDA) · likeness to the
/// nearest one that was chosen`; of equals the first.
fn diversify(scores: &[f32], between: impl Fn(usize, usize) -> f32, count: usize) -> Vec<usize> {
    let mut chosen: Vec<usize> = Vec::new();
    let mut nearest = vec![0.0f32; scores.len()];
    while chosen.len() < count.min(scores.len()) {
        let worth = |at: usize| LAMBDA * scores[at] - (1.0 - LAMBDA) * nearest[at];
        let left = (0..scores.len()).filter(|at| !chosen.contains(at));
        let Some(best) = left.reduce(|best, at| if worth(at) > worth(best) { at } else { best }) else { break };
        for (at, nearest) in nearest.iter_mut().enumerate().filter(|(at, _)| !chosen.contains(at)) {
            *nearest = nearest.max(if at == best { 0.0 } else { between(at, best) });
        }
        chosen.push(best);
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_candidates_that_say_the_same_one_is_chosen() {
        // 0 and 1 are nearly the same; 2 is a little farther and something else
        let between = |a: usize, b: usize| if a.min(b) == 0 && a.max(b) == 1 { 0.99 } else { 0.2 };
        assert_eq!(diversify(&[0.9, 0.89, 0.8], between, 2), [0, 2]);
        assert_eq!(diversify(&[0.9, 0.89, 0.8], between, 9), [0, 2, 1]);
        assert_eq!(diversify(&[0.9, 0.89, 0.6], between, 2), [0, 1], "but not for the sake of a far one");
        assert_eq!(diversify(&[0.5, 0.5], |_, _| 0.0, 1), [0], "of equals the first");
        assert_eq!(diversify(&[], |_, _| 0.0, 3), [0usize; 0]);
    }
}
