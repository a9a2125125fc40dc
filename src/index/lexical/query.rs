//! A query into slots: one for each word, with the dictionary's terms that may stand for it.
//!
//! - The word's own term; in an index of several languages, its term in each.
//! - For the word being typed (the query's end is the word's end): the commonest terms that it begins.
//! - For a word that found nothing so far: the longest term that begins *it*, since the dictionary holds stems (`iterat`
//!   → `iter`), and the terms within one or two edits, the nearest and commonest ones.
//!
//! A passage gets the best of a slot's terms, not their sum, so a word that may be many things weighs no more than one
//! that is itself. A completion is worth no more than the exact word: its idf is bounded by that of the word. A compound and its
//! parts are words each; how they add up is told in `score.rs`.
//!
//! Reading notes which chunks it looked into, loaded or not, and goes no further in a word for which one is not there. So the
//! same walk says what a query needs and, when it is there, answers it.

use super::{
    edits::{Distances, allowed_edits},
    format::unpack_length,
    postings::Posting,
    reader::LexicalIndex,
};
use crate::{
    index::{
        chunks::{Chunk, ChunkKind},
        lexical::Bm25f,
    },
    text::{
        stem::Stemmer,
        words::{Word, WordKind, fold_accents_into, for_each_word},
    },
};

/// Completions of the last word that are looked at.
const MAX_COMPLETIONS: usize = 12;
/// Chunks that are read for completions; of more, only [`FEW_CHUNKS`].
const MOST_CHUNKS: u32 = 4;
/// Chunks that are read for the completions of a few letters.
const FEW_CHUNKS: usize = 2;
/// For a few letters, chunks whose commonest term is in more than one of so many passages are left out: they are the
/// largest, and say the least.
const RARE: f32 = 4.0;
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
    /// What the lesser counts of a compound's score and the sum of its parts'.
    pub lesser: f32,
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
            lesser: 0.75,
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
pub(super) struct Slot<'a> {
    /// The word, as typed.
    word: String,
    /// What the word counts, by its kind.
    pub(super) weight: f32,
    /// Whether it is a part of a compound: of the last slot before it that is no part.
    pub(super) is_part: bool,
    /// The terms that may stand for it; not empty.
    pub(super) terms: Vec<Candidate<'a>>,
}

/// A term that may stand for a word.
#[derive(Debug)]
pub(super) struct Candidate<'a> {
    name: String,
    pub(super) postings: &'a [Posting],
    pub(super) weight: f32,
    pub(super) idf: f32,
    /// Whether it only begins the word.
    cut: bool,
}

impl LexicalIndex {
    /// Whether each passage holds a word, in any form that has its stem: `[passages]`. Its chunks are to be loaded.
    #[must_use]
    pub fn holding(&self, word: &str) -> Vec<bool> {
        let options = LexicalOptions { prefix: false, typos: false, ..LexicalOptions::default() };
        let mut reading = Reading::new(self, &options);
        let (mut holding, mut name) = (vec![false; self.passages() as usize], String::new());
        for stemmer in &self.stemmers {
            stemmer.term_into(word, &mut name);
            for posting in reading.find(&name).unwrap_or_default() {
                holding[posting.passage as usize] = true;
            }
        }
        holding
    }

    /// The words of the query that `passage` holds, each with the term that stands for it, in the order of the query, as far
    /// as the chunks that it needs are loaded.
    #[must_use]
    pub fn matched_terms(&self, query: &str, passage: u32, options: &LexicalOptions<'_>) -> Vec<MatchedTerm> {
        let mut matched = Vec::new();
        for slot in Reading::new(self, options).slots(query) {
            let holds = |candidate: &&Candidate<'_>| candidate.postings.iter().any(|p| p.passage == passage);
            if let Some(candidate) = slot.terms.iter().find(holds) {
                matched.push(MatchedTerm { word: slot.word.clone(), term: candidate.name.clone() });
            }
        }
        matched
    }
}

/// A query being read.
#[derive(Debug)]
pub(super) struct Reading<'a> {
    index: &'a LexicalIndex,
    options: &'a LexicalOptions<'a>,
    /// Chunks that were looked into, in order.
    used: Vec<Chunk>,
    /// Whether one of them was not there.
    blocked: bool,
}

impl<'a> Reading<'a> {
    pub(super) fn new(index: &'a LexicalIndex, options: &'a LexicalOptions<'a>) -> Self {
        Self { index, options, used: Vec::new(), blocked: false }
    }

    /// The chunks that were looked into, each once, in order.
    pub(super) fn into_used(self) -> Vec<Chunk> {
        self.used
    }

    /// The slots of a query; words for which nothing stands have none.
    pub(super) fn slots(&mut self, query: &str) -> Vec<Slot<'a>> {
        let mut slots: Vec<Slot<'a>> = Vec::new();
        let mut seen: Vec<String> = Vec::new();
        // Where the last word ends that is no part; the parts of a compound come behind it.
        let mut whole_end = 0;
        for_each_word(query, &mut |word| {
            if seen.iter().any(|s| s == word.term) {
                return;
            }
            seen.push(word.term.to_string());
            let mut terms = Vec::new();
            self.blocked = false;
            self.push_terms(&word, word.end == query.len(), &mut terms);
            if !terms.is_empty() {
                let weight = match word.kind {
                    WordKind::Plain => 1.0,
                    WordKind::Compound => self.options.compound,
                    WordKind::Part => self.options.part,
                };
                let is_part = word.end <= whole_end;
                whole_end = whole_end.max(word.end);
                slots.push(Slot { word: query[word.start..word.end].to_string(), weight, is_part, terms });
            }
        });
        slots
    }

    /// Whether it is known that no term stands for a word, nor begins it.
    pub(super) fn is_unknown(&mut self, word: &Word<'_>, is_last: bool) -> bool {
        let mut terms = Vec::new();
        self.blocked = false;
        self.push_terms(word, is_last, &mut terms);
        !self.blocked && terms.iter().all(|t| t.cut)
    }

    /// What may stand for a word.
    fn push_terms(&mut self, word: &Word<'_>, is_last: bool, terms: &mut Vec<Candidate<'a>>) {
        let options = self.options;
        let its_own = [Stemmer::for_lang(options.lang)];
        let stemmers = if options.lang.is_empty() { &self.index.stemmers[..] } else { &its_own };
        let mut name = String::new();
        for stemmer in stemmers.iter().rev() {
            stemmer.term_into(word.term, &mut name);
            self.push_exact(&name, terms);
        }
        // From here on `name` is the term in the index's first language, `typed` the word without its accents.
        let mut typed = String::new();
        fold_accents_into(word.term, &mut typed);
        let is_open = options.prefix && is_last;
        if is_open {
            self.push_completions(&typed, terms);
        }
        if !self.blocked && terms.is_empty() && (is_open || options.typos) {
            self.push_cut(&typed, terms);
        }
        if !self.blocked && options.typos && terms.iter().all(|t| t.cut) && word.kind != WordKind::Compound {
            self.push_spellings(&name, allowed_edits(word.term.chars().count()), terms);
        }
    }

    /// Notes that a chunk is looked into.
    pub(super) fn look(&mut self, kind: ChunkKind, number: u32) {
        let chunk = Chunk { kind, number };
        chunk.insert_into(&mut self.used);
        self.blocked |= !self.index.has(chunk);
    }

    /// The postings of a term.
    pub(super) fn find(&mut self, term: &str) -> Option<&'a [Posting]> {
        let number = self.index.postings.of(term)?;
        self.look(ChunkKind::Postings, number);
        self.index.postings.get(number)?.find(term)
    }

    fn candidate(&self, name: &str, postings: &'a [Posting], weight: f32) -> Candidate<'a> {
        let (n, df) = (self.index.passages() as f32, postings.len() as f32);
        let idf = (1.0 + (n - df + 0.5) / (df + 0.5)).ln();
        Candidate { name: name.to_string(), postings, weight, idf, cut: false }
    }

    fn push_exact(&mut self, name: &str, terms: &mut Vec<Candidate<'a>>) {
        if terms.iter().all(|t| t.name != name)
            && let Some(postings) = self.find(name)
        {
            terms.push(self.candidate(name, postings, 1.0));
        }
    }

    /// Terms that `typed` begins, the commonest ones.
    fn push_completions(&mut self, typed: &str, terms: &mut Vec<Candidate<'a>>) {
        let exact_idf = terms.iter().map(|t| t.idf).reduce(f32::min);
        let weight = if terms.is_empty() { 1.0 } else { self.options.completion };
        let mut found: Vec<(&str, &[Posting])> = Vec::new();
        let index = self.index;
        for number in self.chunks_of(typed) {
            self.look(ChunkKind::Postings, number);
            let Some(chunk) = index.postings.get(number) else { continue };
            for (name, postings) in chunk.with_prefix(typed) {
                if terms.iter().any(|t| t.name == name) {
                    continue;
                }
                // Insertion into a short list, commonest first; of equals the first in the dictionary stays first.
                let place = found.iter().position(|(_, p)| p.len() < postings.len()).unwrap_or(found.len());
                if place < MAX_COMPLETIONS {
                    found.insert(place, (name, postings));
                    found.truncate(MAX_COMPLETIONS);
                }
            }
        }
        for (name, postings) in found {
            let mut candidate = self.candidate(name, postings, weight);
            candidate.idf = candidate.idf.min(exact_idf.unwrap_or(f32::MAX));
            terms.push(candidate);
        }
    }

    /// The chunks in which to look for completions: all that may hold some, or, for a few letters that begin very many terms,
    /// those with the commonest.
    fn chunks_of(&self, typed: &str) -> Vec<u32> {
        let range = self.index.postings.with_prefix(typed);
        if range.len() as u32 <= MOST_CHUNKS {
            return range.collect();
        }
        let commonest = |number: u32| self.index.commonest[number as usize];
        let mut chunks: Vec<u32> = Vec::new();
        for number in range {
            if unpack_length(commonest(number)) * RARE > self.index.passages() as f32 {
                continue;
            }
            // Commonest first; of equals the first stays first.
            let place = chunks.iter().position(|&other| commonest(other) < commonest(number)).unwrap_or(chunks.len());
            chunks.insert(place, number);
            chunks.truncate(FEW_CHUNKS);
        }
        chunks
    }

    /// The longest term that begins `word`, if it lacks few characters.
    fn push_cut(&mut self, word: &str, terms: &mut Vec<Candidate<'a>>) {
        for (end, _) in word.char_indices().rev().take(MAX_STEM_CUT) {
            let stem = &word[..end];
            let found = if stem.chars().count() < 3 { None } else { self.find(stem) };
            if let Some(postings) = found {
                terms.push(Candidate { cut: true, ..self.candidate(stem, postings, self.options.spelling) });
            }
            if found.is_some() || self.blocked {
                return;
            }
        }
    }

    /// Terms within `edits` of `name` and with the same first letter, nearest first, then commonest.
    fn push_spellings(&mut self, name: &str, edits: u8, terms: &mut Vec<Candidate<'a>>) {
        let index = self.index;
        let letter = name.chars().next().filter(|_| edits > 0);
        let Some((letter, number)) = letter.and_then(|l| Some((l, index.spellings.of(l.encode_utf8(&mut [0; 4]))?)))
        else {
            return;
        };
        self.look(ChunkKind::Spellings, number);
        let Some(chunk) = index.spellings.get(number) else { return };
        let mut distances = Distances::new(name, edits);
        let mut found: Vec<(u8, &str, u32)> = Vec::new();
        for (candidate, df) in chunk.with_letter(letter) {
            let Some(distance) = distances.to(candidate) else {
                continue;
            };
            let worse = |(d, _, other): &(u8, &str, u32)| *d > distance || *d == distance && *other < df;
            let place = found.iter().position(worse).unwrap_or(found.len());
            if place < MAX_SPELLINGS {
                found.insert(place, (distance, candidate, df));
                found.truncate(MAX_SPELLINGS);
            }
        }
        for (distance, name, _) in found {
            if let Some(postings) = self.find(name) {
                terms.push(self.candidate(name, postings, self.options.spelling.powi(i32::from(distance))));
            }
        }
    }
}
