//! A query into slots: one for each word, with the dictionary's terms that may stand for it.
//!
//! - The word's own term; in an index of several languages, its term in each.
//! - For the word being typed (the query's end is the word's end): the commonest terms that it begins.
//! - For a word that found nothing so far: the longest term that begins *it*, since the dictionary holds stems (`iterat`
//!   → `iter`), and the terms within one or two edits, the nearest and commonest ones.
//!
//! A passage gets the best of a slot's terms, not their sum, so a word that may be many things weighs no more than one
//! that is itself. A completion is worth no more than the exact word: its idf is bounded by that of the word.

use super::{
    edits::{Distances, allowed_edits},
    reader::{LexicalIndex, Term},
};
use crate::{
    index::lexical::Bm25f,
    text::words::{WordKind, fold_accents_into, for_each_word},
};

/// Completions of the last word that are looked at.
const MAX_COMPLETIONS: usize = 12;
/// Spellings of a word that are looked at.
const MAX_SPELLINGS: usize = 4;
/// Characters that a stem may lack at the end of the word being typed.
const MAX_STEM_CUT: usize = 4;

/// How a query is read and scored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LexicalOptions<'a> {
    /// Language of the query; empty for the languages of the index.
    pub lang: &'a str,
    /// Complete the last word unless a space follows it.
    pub prefix: bool,
    /// Forgive spelling mistakes in words that are not found.
    pub typos: bool,
    /// The ranking formula.
    pub bm25f: Bm25f,
    /// Weight of a compound as a whole (`vec::push`).
    pub compound: f32,
    /// Weight of a part of a compound (`push` in `vec::push`).
    pub part: f32,
    /// Weight of a completion of a word that is found itself.
    pub completion: f32,
    /// Weight of a spelling at one edit; at two edits its square.
    pub spelling: f32,
}

impl Default for LexicalOptions<'_> {
    fn default() -> Self {
        Self {
            lang: "",
            prefix: true,
            typos: true,
            bm25f: Bm25f::default(),
            compound: 1.0,
            part: 0.75,
            completion: 0.5,
            spelling: 0.7,
        }
    }
}

/// A word of the query and a term of the index that stands for it in a passage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchedTerm {
    /// The word, as typed.
    pub word: String,
    /// The term, as indexed (a stem, or a symbol).
    pub term: String,
}

/// One word of the query.
#[derive(Debug)]
pub(super) struct Slot {
    /// The word, as typed.
    word: String,
    /// What the word counts, by its kind.
    pub(super) weight: f32,
    /// The terms that may stand for it; not empty.
    pub(super) terms: Vec<Candidate>,
}

/// A term that may stand for a word.
#[derive(Debug)]
pub(super) struct Candidate {
    name: String,
    pub(super) term: Term,
    pub(super) weight: f32,
    pub(super) idf: f32,
    /// Whether it only begins the word.
    cut: bool,
}

impl LexicalIndex {
    /// The words of the query that `passage` holds, each with the term that stands for it, in the order of the query.
    #[must_use]
    pub fn matched_terms(&self, query: &str, passage: u32, options: &LexicalOptions<'_>) -> Vec<MatchedTerm> {
        let mut matched = Vec::new();
        for slot in self.slots(query, options) {
            let holds = |candidate: &&Candidate| {
                let mut found = false;
                self.for_each_posting(&candidate.term, |p, _| found |= p == passage);
                found
            };
            if let Some(candidate) = slot.terms.iter().find(holds) {
                matched.push(MatchedTerm { word: slot.word.clone(), term: candidate.name.clone() });
            }
        }
        matched
    }

    /// The slots of a query; words for which nothing stands have none.
    pub(super) fn slots(&self, query: &str, options: &LexicalOptions<'_>) -> Vec<Slot> {
        let stemmers = self.stemmers(options.lang);
        let mut slots: Vec<Slot> = Vec::new();
        let mut seen: Vec<String> = Vec::new();
        for_each_word(query, &mut |word| {
            if seen.iter().any(|s| s == word.term) {
                return;
            }
            seen.push(word.term.to_string());
            let mut terms = Vec::new();
            let mut name = String::new();
            for stemmer in stemmers.iter().rev() {
                stemmer.term_into(word.term, &mut name);
                self.push_exact(&name, &mut terms);
            }
            // From here on `name` is the term in the index's first language, `typed` the word without its accents.
            let mut typed = String::new();
            fold_accents_into(word.term, &mut typed);
            let is_open = options.prefix && word.end == query.len();
            if is_open {
                self.push_completions(&typed, options, &mut terms);
            }
            if terms.is_empty() && (is_open || options.typos) {
                self.push_cut(&typed, options, &mut terms);
            }
            if options.typos && terms.iter().all(|t| t.cut) && word.kind != WordKind::Compound {
                self.push_spellings(&name, allowed_edits(word.term.chars().count()), options, &mut terms);
            }
            if !terms.is_empty() {
                let weight = match word.kind {
                    WordKind::Plain => 1.0,
                    WordKind::Compound => options.compound,
                    WordKind::Part => options.part,
                };
                slots.push(Slot { word: query[word.start..word.end].to_string(), weight, terms });
            }
        });
        slots
    }

    fn candidate(&self, name: &str, term: Term, weight: f32) -> Candidate {
        let (n, df) = (self.passages() as f32, term.df as f32);
        let idf = (1.0 + (n - df + 0.5) / (df + 0.5)).ln();
        Candidate { name: name.to_string(), term, weight, idf, cut: false }
    }

    fn push_exact(&self, name: &str, terms: &mut Vec<Candidate>) {
        if terms.iter().all(|t| t.name != name)
            && let Some(term) = self.find(name)
        {
            terms.push(self.candidate(name, term, 1.0));
        }
    }

    /// Terms that `typed` begins, the commonest ones.
    fn push_completions(&self, typed: &str, options: &LexicalOptions<'_>, terms: &mut Vec<Candidate>) {
        let exact_idf = terms.iter().map(|t| t.idf).reduce(f32::min);
        let weight = if terms.is_empty() { 1.0 } else { options.completion };
        let mut found: Vec<(String, Term)> = Vec::new();
        let mut walk = self.walk_from(typed);
        while let Some((_, term)) = walk.advance() {
            let name = walk.term();
            if !name.starts_with(typed) {
                if name > typed {
                    break;
                }
                continue;
            }
            if terms.iter().any(|t| t.name == name) {
                continue;
            }
            // Insertion into a short list, commonest first; of equals the first in the dictionary stays first.
            let place = found.iter().position(|(_, t)| t.df < term.df).unwrap_or(found.len());
            if place < MAX_COMPLETIONS {
                found.insert(place, (name.to_string(), term));
                found.truncate(MAX_COMPLETIONS);
            }
        }
        for (name, term) in found {
            let mut candidate = self.candidate(&name, term, weight);
            candidate.idf = candidate.idf.min(exact_idf.unwrap_or(f32::MAX));
            terms.push(candidate);
        }
    }

    /// The longest term that begins `word`, if it lacks few characters.
    fn push_cut(&self, word: &str, options: &LexicalOptions<'_>, terms: &mut Vec<Candidate>) {
        let starts = word.char_indices().rev().take(MAX_STEM_CUT).map(|(i, _)| &word[..i]);
        let stem = starts.filter(|s| s.chars().count() >= 3).find_map(|s| Some((s, self.find(s)?)));
        terms.extend(stem.map(|(name, term)| Candidate { cut: true, ..self.candidate(name, term, options.spelling) }));
    }

    /// Terms within `edits` of `name` and with the same first letter, nearest first, then commonest.
    fn push_spellings(&self, name: &str, edits: u8, options: &LexicalOptions<'_>, terms: &mut Vec<Candidate>) {
        let Some(first) = name.chars().next().filter(|_| edits > 0) else {
            return;
        };
        let first = first.encode_utf8(&mut [0; 4]).to_string();
        let mut distances = Distances::new(name, edits);
        let mut found: Vec<(u8, String, Term)> = Vec::new();
        let mut walk = self.walk_from(&first);
        while let Some((_, term)) = walk.advance() {
            let candidate = walk.term();
            if !candidate.starts_with(&first) {
                if candidate > first.as_str() {
                    break;
                }
                continue;
            }
            let Some(distance) = distances.to(candidate) else {
                continue;
            };
            let worse = |(d, _, t): &(u8, String, Term)| *d > distance || *d == distance && t.df < term.df;
            let place = found.iter().position(worse).unwrap_or(found.len());
            if place < MAX_SPELLINGS {
                found.insert(place, (distance, candidate.to_string(), term));
                found.truncate(MAX_SPELLINGS);
            }
        }
        for (distance, name, term) in found {
            terms.push(self.candidate(&name, term, options.spelling.powi(i32::from(distance))));
        }
    }
}
