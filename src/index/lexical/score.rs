//! BM25F: one score from term frequencies in several fields (Robertson, Zaragoza & Taylor 2004).
//!
//! For a term t and a passage p with field f's term frequency tf, length len and mean length mean:
//! ```text
//! tf'   = Σ_f weight_f · tf_f / (1 − b_f + b_f · len_f / mean_f)
//! score = idf · tf' · (k1 + 1) / (k1 + tf')          idf = ln(1 + (N − df + ½) / (df + ½))
//! ```
//! Fields are added up before saturation, so a word in the title *and* in the body is not counted as two words. With
//! only a body of weight 1 this is plain BM25. Example: N = 3, df = 1, tf = 2 in a body of mean length, k1 = 1.2:
//! ln(1 + 2.5 / 1.5) · 2 · 2.2 / 3.2 = 1.349.
//!
//! A passage that holds a compound holds its parts, too: that is one piece of evidence, not several. Of the compound's score and the
//! sum of its parts' the greater counts whole, the lesser by [`LexicalOptions::lesser`].

use super::{
    format::{FIELDS, unpack_length, unpack_tf},
    query::{LexicalOptions, Reading, Slot},
    reader::LexicalIndex,
};
use crate::index::top_k::TopK;

/// A field of a passage.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Field {
    /// What one occurrence counts.
    pub weight: f32,
    /// How much length counts against it: 0 not at all, 1 in proportion.
    pub b: f32,
}

/// The parameters of BM25F. Where the defaults come from is told in `docs/evaluation.md`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bm25f {
    /// How soon repetition saturates.
    pub k1: f32,
    /// The page's title.
    pub title: Field,
    /// The heading path.
    pub headings: Field,
    /// The passage's own text.
    pub body: Field,
}

impl Default for Bm25f {
    fn default() -> Self {
        Self {
            k1: 1.7,
            title: Field { weight: 2.5, b: 0.5 },
            headings: Field { weight: 2.5, b: 0.4 },
            body: Field { weight: 1.0, b: 0.7 },
        }
    }
}

/// A passage and its score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LexicalHit {
    /// Number of the passage.
    pub passage: u32,
    /// BM25F score; greater is better.
    pub score: f32,
}

/// The `k` best of the scores of all passages (`[passages]`, as [`LexicalIndex::score_all`] gives them), best first;
/// equal scores by number, none of 0.
#[must_use]
pub fn top_k(scores: &[f32], k: usize) -> Vec<LexicalHit> {
    let mut best = TopK::new(k);
    for (passage, &score) in (0u32..).zip(scores).filter(|(_, score)| **score > 0.0) {
        best.push(passage, score);
    }
    best.into_sorted().map(|(passage, score)| LexicalHit { passage, score }).collect()
}

/// `weight / (1 − b + b · len / mean)` by field and packed length.
struct Norms([[f32; 256]; FIELDS]);

impl Norms {
    fn new(index: &LexicalIndex, bm25f: &Bm25f) -> Self {
        let mut table = [[0.0; 256]; FIELDS];
        for (f, field) in [bm25f.title, bm25f.headings, bm25f.body].into_iter().enumerate() {
            let mean = index.mean(f).max(1e-6);
            for (packed, norm) in table[f].iter_mut().enumerate() {
                *norm = field.weight / (1.0 - field.b + field.b * unpack_length(packed as u8) / mean).max(1e-6);
            }
        }
        Self(table)
    }
}

impl LexicalIndex {
    /// The `k` best passages, best first; equal scores by number. Passages without any of the words are not among them.
    #[must_use]
    pub fn search(&self, query: &str, k: usize, options: &LexicalOptions<'_>) -> Vec<LexicalHit> {
        top_k(&self.score_all(query, options), k)
    }

    /// The scores of some passages, in the order asked for; 0 for a passage without any of the words (or none such).
    #[must_use]
    pub fn scores(&self, query: &str, passages: &[u32], options: &LexicalOptions<'_>) -> Vec<f32> {
        let all = self.score_all(query, options);
        passages.iter().map(|&p| all.get(p as usize).copied().unwrap_or(0.0)).collect()
    }

    /// The score of every passage: `[passages]`. Words whose chunks are not loaded give nothing (see
    /// [`missing`](Self::missing)).
    #[must_use]
    pub fn score_all(&self, query: &str, options: &LexicalOptions<'_>) -> Vec<f32> {
        let norms = Norms::new(self, &options.bm25f);
        let mut scores = vec![0.0; self.passages() as usize];
        let (mut whole, mut parts, mut best) = (Vec::new(), Vec::new(), Vec::new());
        let slots = Reading::new(self, options).slots(query);
        for word in slots.chunk_by(|_, next| next.is_part) {
            if let [slot] = word {
                add_slot(slot, &norms, options, &mut best, &mut scores);
                continue;
            }
            for sums in [&mut whole, &mut parts] {
                sums.clear();
                sums.resize(scores.len(), 0.0);
            }
            for slot in word {
                let sums = if slot.is_part { &mut parts } else { &mut whole };
                add_slot(slot, &norms, options, &mut best, sums);
            }
            for ((score, whole), parts) in scores.iter_mut().zip(&whole).zip(&parts) {
                *score += whole.max(*parts) + options.lesser * whole.min(*parts);
            }
        }
        scores
    }
}

/// Adds what a slot gives each passage to the passage's sum: several terms stand for one word of the query, and the best of them
/// counts. `best` is scratch.
fn add_slot(slot: &Slot<'_>, norms: &Norms, options: &LexicalOptions<'_>, best: &mut Vec<f32>, sums: &mut [f32]) {
    if let [_] = slot.terms.as_slice() {
        for_each_score(slot, norms, options, |passage, score| sums[passage as usize] += score);
        return;
    }
    best.clear();
    best.resize(sums.len(), 0.0f32);
    for_each_score(slot, norms, options, |passage, score| {
        let best = &mut best[passage as usize];
        *best = best.max(score);
    });
    sums.iter_mut().zip(best).for_each(|(sum, best)| *sum += *best);
}

/// Calls `visit` with what each term of a slot gives each passage.
fn for_each_score(slot: &Slot<'_>, norms: &Norms, options: &LexicalOptions<'_>, mut visit: impl FnMut(u32, f32)) {
    let k1 = options.bm25f.k1;
    for candidate in &slot.terms {
        let scale = slot.weight * candidate.weight * candidate.idf * (k1 + 1.0);
        for posting in candidate.postings {
            let [t, h, b] = unpack_tf(posting.tf).map(f32::from);
            let [title, headings, body] = posting.lengths.map(usize::from);
            let mut tf = b * norms.0[2][body];
            if posting.tf > 15 {
                tf += t * norms.0[0][title] + h * norms.0[1][headings];
            }
            visit(posting.passage, scale * tf / (k1 + tf));
        }
    }
}
