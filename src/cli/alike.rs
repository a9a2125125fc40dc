//! How much pages are alike, by their passages' vectors: for two pages the passages that are nearest to each other, and how
//! many have one on the other page that says the same.

use crate::index::flat::FlatIndex;
use crate::index::scan::ScanQuery;
use crate::index::vectors::Vectors;
use crate::kernels::Backend;
use std::ops::Range;

/// Cosine from which a passage says the same as another: the prefix of title and headings, which may differ, is part of it.
pub(super) const SAME_PASSAGE: f32 = 0.95;
/// Share of passages with their like on another page from which a page says the same as that one.
pub(super) const SAME_PAGE: f32 = 0.8;
/// Cosine of the means below which pages do not say the same.
const SAME_MEAN: f32 = 0.9;
/// Passages of a site up to which all pages are compared passage by passage; with more, only pages whose means are near.
const ALL_PASSAGES: usize = 60_000;
/// Pages whose means are nearest.
const NEAR_PAGES: usize = 100;
/// Pairs of passages that tell how near two pages are, at most. With one alone, long pages are near to everything.
const PAIRS: usize = 3;
/// Weight of the pages' means beside the pairs.
const MEAN_WEIGHT: f32 = 0.3;

/// What a page has in common with another one.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Likeness {
    /// The other page.
    pub(super) page: usize,
    /// How much it is alike: the cosine of the best pairs and, with less weight, that of the pages' means.
    pub(super) score: f32,
    /// Mean cosine of the best pairs.
    pub(super) near: f32,
    /// A passage of the page and the one on the other page that is nearest to it, and their cosine: the best pair.
    pub(super) pair: (u32, u32, f32),
    /// Share of the page's passages with one on the other page that says the same.
    pub(super) same: f32,
}

/// The passages of all pages.
#[derive(Debug)]
pub(super) struct PagePassages<'a> {
    vectors: &'a Vectors,
    /// Passages of each page.
    pages: Vec<Range<u32>>,
    /// The pages' mean vectors.
    means: FlatIndex,
    backend: Backend,
}

impl<'a> PagePassages<'a> {
    /// Of passages that are in the order of their pages; `lengths` counts those of each page.
    pub(super) fn new(vectors: &'a Vectors, lengths: &[u32]) -> Self {
        let ends = lengths.iter().scan(0, |end, length| {
            *end += length;
            Some(*end - length..*end)
        });
        let pages: Vec<Range<u32>> = ends.collect();
        let backend = Backend::best();
        let means = FlatIndex::new(means(vectors, &pages), backend);
        Self { vectors, pages, means, backend }
    }

    /// Number of pages.
    pub(super) fn len(&self) -> usize {
        self.pages.len()
    }

    /// What a page has in common with each other page (of very many, with those that are near as a whole), in the order of the
    /// pages. Pages without passages have nothing.
    pub(super) fn others(&self, page: usize) -> Vec<Likeness> {
        let others: Vec<usize> = if self.vectors.len() <= ALL_PASSAGES {
            (0..self.len()).filter(|&other| other != page).collect()
        } else {
            let near = self.means.top_k(&self.mean(page), NEAR_PAGES, |other| other as usize != page);
            let mut near: Vec<usize> = near.iter().map(|scored| scored.passage as usize).collect();
            near.sort_unstable();
            near
        };
        self.compare(page, &others)
    }

    /// What a page has in common with one other.
    pub(super) fn with(&self, page: usize, other: usize) -> Option<Likeness> {
        self.compare(page, &[other]).pop()
    }

    /// Whether two pages say the same: nearly all passages of one have their like on the other, and they are about as long.
    pub(super) fn say_the_same(&self, page: usize, other: usize) -> bool {
        let says = |page, other| self.with(page, other).is_some_and(|likeness| likeness.same >= SAME_PAGE);
        let means = self.means.score(&self.mean(page), other as u32);
        means >= SAME_MEAN && (says(page, other) || says(other, page))
    }

    fn mean(&self, page: usize) -> ScanQuery {
        ScanQuery::new(&unit(self.means.vectors(), page as u32))
    }

    fn compare(&self, page: usize, others: &[usize]) -> Vec<Likeness> {
        let passages = self.pages[page].clone();
        let queries: Vec<(u32, ScanQuery)> =
            passages.map(|passage| (passage, ScanQuery::new(&unit(self.vectors, passage)))).collect();
        let (mut dots, mut scores) = (Vec::new(), Vec::new());
        let mean = self.mean(page);
        let likeness = |&other: &usize| {
            let range = self.pages[other].clone();
            let mut best = Best::default();
            for (passage, query) in &queries {
                query.score_range_into(self.backend, self.vectors, range.clone(), &mut dots, &mut scores);
                let nearest = range.clone().zip(&scores).fold((0, f32::NEG_INFINITY), |best, (passage, &score)| {
                    if score > best.1 { (passage, score) } else { best }
                });
                best.push(*passage, nearest);
            }
            let pair = *best.pairs.first()?;
            let near = best.pairs.iter().map(|pair| pair.2).sum::<f32>() / best.pairs.len() as f32;
            let mean = self.means.score(&mean, other as u32);
            let score = (1.0 - MEAN_WEIGHT) * near + MEAN_WEIGHT * mean;
            Some(Likeness { page: other, score, near, pair, same: best.same as f32 / queries.len() as f32 })
        };
        others.iter().filter_map(likeness).collect()
    }
}

/// The best pairs of two pages so far, each of another passage of the first.
#[derive(Debug, Default)]
struct Best {
    /// `(passage, passage of the other page, cosine)`, the best first.
    pairs: Vec<(u32, u32, f32)>,
    same: u32,
}

impl Best {
    fn push(&mut self, passage: u32, (nearest, score): (u32, f32)) {
        self.same += u32::from(score >= SAME_PASSAGE);
        let place = self.pairs.partition_point(|pair| pair.2 >= score);
        if place < PAIRS && score > f32::NEG_INFINITY {
            self.pairs.insert(place, (passage, nearest, score));
            self.pairs.truncate(PAIRS);
        }
    }
}

/// The vector of a row.
fn unit(vectors: &Vectors, row: u32) -> Vec<f32> {
    let (row, scale) = vectors.row(row);
    row.iter().map(|&value| f32::from(value) * scale).collect()
}

/// The mean of each page's vectors, of length 1.
fn means(vectors: &Vectors, pages: &[Range<u32>]) -> Vectors {
    let mut all = Vec::with_capacity(pages.len() * vectors.dim());
    for page in pages {
        let mut mean = vec![0.0f32; vectors.dim()];
        for passage in page.clone() {
            mean.iter_mut().zip(unit(vectors, passage)).for_each(|(sum, x)| *sum += x);
        }
        let length = mean.iter().map(|x| x * x).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
        all.extend(mean.iter().map(|x| x / length));
    }
    Vectors::quantize(&all, vectors.dim())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Vectors of 16 axes: one for each `(axis, share of it)`, the rest along axis 15.
    fn vectors(all: &[(usize, f32)]) -> Vectors {
        let mut embeddings = vec![0.0; all.len() * 16];
        for (v, &(axis, share)) in embeddings.chunks_exact_mut(16).zip(all) {
            (v[axis], v[15]) = (share, (1.0 - share * share).sqrt());
        }
        Vectors::quantize(&embeddings, 16)
    }

    /// Three pages: the second repeats two of the first's three passages, the third has one that is a little like its third.
    fn pages() -> Vectors {
        vectors(&[(0, 1.0), (1, 1.0), (2, 1.0), (1, 1.0), (0, 1.0), (4, 1.0), (5, 1.0), (3, 1.0), (2, 0.5)])
    }

    #[test]
    fn the_best_passage_on_the_other_page_counts() {
        let vectors = pages();
        let pages = PagePassages::new(&vectors, &[3, 4, 2]);
        let others = pages.others(0);
        assert_eq!(others.iter().map(|other| other.page).collect::<Vec<_>>(), [1, 2]);
        let near = |page: usize, pair, score: f32, same: f32| {
            let other = &others[page - 1];
            assert_eq!((other.pair.0, other.pair.1), pair);
            // a row's values are rounded to a 127th
            assert!((other.near - score).abs() < 0.01, "{other:?}");
            assert!((other.same - same).abs() < 1e-6, "{other:?}");
        };
        near(1, (0, 4), 2.0 / 3.0, 2.0 / 3.0);
        near(2, (2, 8), 0.5 / 3.0, 0.0);
        assert!(others[0].score > others[1].score);
        assert_eq!(pages.with(0, 2).as_ref(), others.get(1));
        assert_eq!(pages.with(1, 0).unwrap().same, 0.5, "half of the second stands on the first");
        assert!(!pages.say_the_same(0, 1));
    }

    #[test]
    fn pages_of_one_text_say_the_same() {
        let vectors = vectors(&[(0, 1.0), (1, 1.0), (2, 1.0), (2, 1.0), (0, 1.0), (1, 1.0), (0, 1.0)]);
        let pages = PagePassages::new(&vectors, &[3, 3, 1]);
        assert!(pages.say_the_same(0, 1) && pages.say_the_same(1, 0));
        assert!(!pages.say_the_same(0, 2), "a part of it");
        assert_eq!(pages.with(2, 0).unwrap().same, 1.0);
    }

    #[test]
    fn a_page_without_passages_has_nothing_in_common() {
        let vectors = pages();
        let pages = PagePassages::new(&vectors, &[3, 0, 6]);
        assert_eq!(pages.others(0).iter().map(|other| other.page).collect::<Vec<_>>(), [2]);
        assert_eq!(pages.others(1), []);
    }

    #[test]
    fn of_very_many_passages_near_pages_are_compared() {
        // 20,001 pages of three passages; page 7 and the last one share an axis, the others another
        let n = ALL_PASSAGES / 3 + 1;
        let axis = |page: usize| if page == 7 || page == n - 1 { 0 } else { 1 };
        let all: Vec<(usize, f32)> = (0..3 * n).map(|passage| (axis(passage / 3), 1.0)).collect();
        let vectors = vectors(&all);
        let others = PagePassages::new(&vectors, &vec![3; n]).others(7);
        assert_eq!(others.len(), NEAR_PAGES);
        let best = others.iter().max_by(|a, b| a.score.total_cmp(&b.score)).unwrap();
        assert_eq!((best.page, best.same), (n - 1, 1.0));
    }
}
