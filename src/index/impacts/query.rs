//! The best parts for a query, exactly, without reading all of its postings.
//!
//! ```text
//! score(part) = Σ_tokens impact(token, part)
//! ```
//! MaxScore (Turtle & Flood 1995), which adds up term after term, with a *run* for each level of each token's list in place of a
//! term: all its postings have the same impact, so that its bound is exact, and runs go by in order of impact, so that
//! what decides comes first. Once what is left can't lift a part without a score over the k-th best one, no more parts
//! come in; and of those that are in, the ones that can't reach it any more drop out. From then on a run is only asked for these few,
//! and leaps over blocks whose last part is less than the one that is asked for, unread.
//!
//! A part stands in one level of a list at most, so several runs of a token add their greatest impact to a bound, not their
//! sum.

use super::list::{Level, List};
use crate::bytes::Bytes;
use crate::index::top_k::TopK;

/// What a run says that has no more parts.
const END: u32 = u32::MAX;

/// An open query.
#[derive(Debug)]
pub struct ImpactQuery<'a> {
    parts: u32,
    /// Lists of the tokens, the bytes in which their postings lie, and how often the token is in the query.
    lists: Vec<(&'a List, &'a [u8], f32)>,
}

/// The best parts, and what it took to find them.
#[derive(Debug, Clone, PartialEq)]
pub struct Best {
    /// (part, score), best first; equal scores by number.
    pub parts: Vec<(u32, f32)>,
    /// Postings of the blocks that were read.
    pub read: usize,
}

impl<'a> ImpactQuery<'a> {
    pub(super) fn new(parts: u32, lists: Vec<(&'a List, &'a [u8], f32)>) -> Self {
        Self { parts, lists }
    }

    /// Number of postings of all its tokens.
    pub fn postings(&self) -> usize {
        self.lists.iter().map(|(list, ..)| list.postings()).sum()
    }

    /// The scores of all parts: `[parts]`. The specification of the others.
    pub fn score_all(&self) -> Vec<f32> {
        let mut scores = vec![0.0; self.parts as usize];
        for mut run in self.runs() {
            while run.part() != END {
                scores[run.part() as usize] += run.impact;
                run.next();
            }
        }
        scores
    }

    /// The scores of some parts, which are in order.
    pub fn scores(&self, parts: &[u32]) -> Vec<f32> {
        let mut scores = vec![0.0; parts.len()];
        for mut run in self.runs() {
            for (score, &part) in scores.iter_mut().zip(parts) {
                *score += if run.is_at(part) { run.impact } else { 0.0 };
            }
        }
        scores
    }

    /// The `k` best parts; those with none of the tokens are not among them.
    pub fn top_k(&self, k: usize) -> Best {
        let mut runs: Vec<Run<'_>> = Vec::new();
        for run in self.runs() {
            let place = runs.partition_point(|other| other.impact >= run.impact);
            runs.insert(place, run);
        }
        let left = self.left(&runs);
        let mut scores = vec![0.0; self.parts as usize];
        let (mut found, mut is_open, mut greatest) = (Vec::<u32>::new(), true, 0f32);
        for (run, &left) in runs.iter_mut().zip(&left[1..]) {
            let impact = run.impact;
            let mut add = |part: u32| {
                let score: &mut f32 = &mut scores[part as usize];
                let is_new = *score == 0.0;
                *score += impact;
                greatest = greatest.max(*score);
                is_new
            };
            if is_open {
                while run.part() != END {
                    let part = run.part();
                    if add(part) {
                        found.push(part);
                    }
                    run.next();
                }
            } else {
                for &part in &found {
                    if run.is_at(part) {
                        add(part);
                    }
                }
            }
            if left >= greatest {
                continue; // the k-th best is not greater than the best
            }
            let least = k_th(&found, &scores, k);
            if is_open && left < least {
                found = (0..self.parts).filter(|&part| scores[part as usize] > 0.0).collect(); // in order
                is_open = false;
            }
            if !is_open {
                found.retain(|&part| scores[part as usize] + left >= least);
            }
        }
        let mut top = TopK::new(k);
        found.iter().for_each(|&part| top.push(part, scores[part as usize]));
        Best { parts: top.into_sorted().collect(), read: runs.iter().map(|run| run.read).sum() }
    }

    fn runs(&self) -> Vec<Run<'a>> {
        let of_list = |(token, &(list, bytes, count)): (usize, &(&'a List, &'a [u8], f32))| {
            list.levels.iter().map(move |level| Run::new(token, level, bytes, count))
        };
        self.lists.iter().enumerate().flat_map(of_list).collect()
    }

    /// What `runs`, which stand in order of impact, give a part at most behind the first so many of them: `[runs + 1]`.
    fn left(&self, runs: &[Run<'_>]) -> Vec<f32> {
        let mut greatest = vec![0.0; self.lists.len()];
        let bound = |run: &Run<'_>| {
            greatest[run.token] = run.impact;
            greatest.iter().sum()
        };
        let mut left: Vec<f32> = std::iter::once(0.0).chain(runs.iter().rev().map(bound)).collect();
        left.reverse();
        left
    }
}

/// The k-th best score of these parts; 0 if they are fewer.
fn k_th(parts: &[u32], scores: &[f32], k: usize) -> f32 {
    let mut top = TopK::new(k);
    parts.iter().for_each(|&part| top.push(part, scores[part as usize]));
    top.threshold().max(0.0)
}

/// A walk through the parts of a level, of which one block at a time is read.
#[derive(Debug)]
struct Run<'a> {
    token: usize,
    /// That of the level, as often as the token is in the query.
    impact: f32,
    level: &'a Level,
    bytes: &'a [u8],
    /// The block that is next to be read.
    next_block: usize,
    /// What is left of the block that was read, the next part last.
    left: Vec<u32>,
    /// The part that it is at, once that was asked for.
    known: Option<u32>,
    read: usize,
}

impl<'a> Run<'a> {
    fn new(token: usize, level: &'a Level, bytes: &'a [u8], count: f32) -> Self {
        let impact = level.impact * count;
        Self { token, impact, level, bytes, next_block: 0, left: Vec::new(), known: None, read: 0 }
    }

    /// The part that it is at.
    fn part(&mut self) -> u32 {
        if let Some(part) = self.known {
            return part;
        }
        if self.left.is_empty() {
            self.read_block();
        }
        let part = self.left.last().copied().unwrap_or(END);
        self.known = Some(part);
        part
    }

    fn next(&mut self) {
        self.left.pop();
        self.known = None;
    }

    /// Goes on to `part`, or behind it if it is not there, and says whether it is. Parts are asked for in order.
    fn is_at(&mut self, part: u32) -> bool {
        let blocks = &self.level.blocks;
        if self.next_block == 0 || blocks[self.next_block - 1].last < part {
            self.next_block += blocks[self.next_block..].partition_point(|block| block.last < part);
            self.left.clear();
            self.known = None;
        }
        while self.part() < part {
            self.next();
        }
        self.part() == part
    }

    fn read_block(&mut self) {
        let Some(block) = self.level.blocks.get(self.next_block) else { return };
        self.next_block += 1;
        self.read += block.postings;
        // blocks were checked when the chunk was read
        self.left = block.decode(&mut Bytes(&self.bytes[block.bytes.clone()])).unwrap_or_default();
        self.left.reverse();
    }
}
