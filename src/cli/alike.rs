//! How much pages are alike, by their passages' vectors: for two pages the passages that are nearest to each other, and how
//! many have one on the other page that says the same.

use crate::index::scan::{ScanQuery, Scored};
use crate::index::vectors::Vectors;
use crate::kernels::Backend;
use std::ops::Range;

/// Cosine from which a passage says the same as another: the prefix of title and headings, which may differ, is part of it.
pub(super) const SAME_PASSAGE: f32 = 0.95;
/// Passages of a page up to which all pages are compared passage by passage; with more, only pages whose means are near.
const ALL_PASSAGES: usize = 60_000;
/// Pages whose means are nearest.
const NEAR_PAGES: usize = 100;
/// Pairs of passages that a page's likeness is the mean of, at most.
pub(super) const PAIRS: usize = 3;

/// What a page has in common with another one.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Likeness {
    /// The other page.
    pub(super) page: usize,
    /// Mean cosine of the best pairs.
    pub(super) score: f32,
    /// A passage of the page and the one on the other page that is nearest to it, and their cosine; the best pair.
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
    /// The pages' mean vectors, where they are needed.
    means: Option<Vectors>,
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
        let means = (vectors.len() > ALL_PASSAGES).then(|| means(vectors, &pages));
        Self { vectors, pages, means, backend: Backend::best() }
    }

    /// Number of pages.
    pub(super) fn len(&self) -> usize {
        self.pages.len()
    }

    /// What a page has in common with each other page (of very many, with those that are near as a whole), in the order of the
    /// pages. Pages without passages have nothing.
    pub(super) fn others(&self, page: usize) -> Vec<Likeness> {
        let others: Vec<usize> = match &self.means {
            None => (0..self.len()).collect(),
            Some(means) => {
                let mean = ScanQuery::new(&unit(means, page as u32));
                let mut near: Vec<usize> = mean
                    .top_k(self.backend, means, NEAR_PAGES, |_| true)
                    .iter()
                    .map(|Scored { passage, .. }| *passage as usize)
                    .collect();
                near.sort_unstable();
                near
            }
        };
        let others: Vec<usize> = others.into_iter().filter(|&other| other != page).collect();
        self.compare(page, &others)
    }

    /// What a page has in common with one other.
    pub(super) fn with(&self, page: usize, other: usize) -> Option<Likeness> {
        self.compare(page, &[other]).pop()
    }

    fn compare(&self, page: usize, others: &[usize]) -> Vec<Likeness> {
        let mut tops: Vec<Best> = others.iter().map(|_| Best::default()).collect();
        let (mut dots, mut scores) = (Vec::new(), Vec::new());
        for passage in self.pages[page].clone() {
            let query = ScanQuery::new(&unit(self.vectors, passage));
            for (&other, best) in others.iter().zip(&mut tops) {
                let range = self.pages[other].clone();
                query.score_range_into(self.backend, self.vectors, range.clone(), &mut dots, &mut scores);
                let nearest = range.zip(&scores).fold((0, f32::NEG_INFINITY), |best, (passage, &score)| {
                    if score > best.1 { (passage, score) } else { best }
                });
                best.push(passage, nearest);
            }
        }
        let passages = self.pages[page].len();
        others.iter().zip(tops).filter_map(|(&other, best)| best.likeness(other, passages)).collect()
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

    fn likeness(self, page: usize, passages: usize) -> Option<Likeness> {
        let pair = *self.pairs.first()?;
        let score = self.pairs.iter().map(|pair| pair.2).sum::<f32>() / self.pairs.len() as f32;
        Some(Likeness { page, score, pair, same: self.same as f32 / passages as f32 })
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
