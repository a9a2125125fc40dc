//! What a misspelt word may mean, for a person to choose: it goes further than what the ranking forgives by itself, also to another
//! first letter, and to words of three letters.

use super::edits::Distances;
use super::query::Reading;
use super::{LexicalIndex, LexicalOptions};
use crate::index::chunks::{Chunk, ChunkKind};
use crate::text::words::{WordKind, fold_accents_into, for_each_word};
use std::ops::Range;

/// Terms that are looked at for a word, at most.
const MOST_TERMS: usize = 5;
/// Passages in which a person's word for the nearest term is looked for, at most; for other terms it is one.
const MOST_PASSAGES: usize = 6;
/// One edit for so many characters, and [`MOST_EDITS`] at most.
const CHARS_PER_EDIT: usize = 3;
const MOST_EDITS: usize = 2;
/// Characters that a term, which is a stem, may lack at the word's end, and no more than half of it.
const MOST_CUT: usize = 5;
/// Letters at the word's start that the term meant may begin with: the second, where the first is too much or swapped with it.
const FIRST_LETTERS: usize = 2;

/// A word of a query that the index does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownWord {
    /// Where it stands in the query, in bytes.
    pub range: Range<usize>,
    /// Terms that it may mean, nearest first, then commonest, each with the passage asked for that holds it most, in title and headings
    /// above all. The first term comes with further ones: a stem has many forms, and the one that was meant may be rare.
    pub terms: Vec<(String, u32)>,
}

impl LexicalIndex {
    /// The words of a query for which no term stands, with what they may mean in passages that are `wanted`, as far as the
    /// chunks are loaded; and those that are missing. Symbols and numbers are not guessed at.
    #[must_use]
    pub fn unknown_words(&self, query: &str, wanted: &dyn Fn(u32) -> bool) -> (Vec<UnknownWord>, Vec<Chunk>) {
        let options = LexicalOptions { typos: false, ..LexicalOptions::default() };
        let mut reading = Reading::new(self, &options);
        let mut unknown: Vec<UnknownWord> = Vec::new();
        for_each_word(query, &mut |word| {
            let chars = word.term.chars().count();
            let edits = (chars / CHARS_PER_EDIT).min(MOST_EDITS) as u8;
            if word.kind == WordKind::Compound || edits == 0 || !word.term.chars().all(char::is_alphabetic) {
                return;
            }
            if reading.is_unknown(&word, word.end == query.len()) {
                let found = self.terms_like(word.term, edits, &mut reading);
                let mut terms = Vec::new();
                for term in found {
                    let most = if terms.is_empty() { MOST_PASSAGES } else { 1 };
                    let mut best: Vec<(u8, &str, u32)> = Vec::new();
                    for posting in reading.find(&term).unwrap_or_default() {
                        // Insertion into a short list; of equals the first stays first.
                        let place = best.iter().position(|(tf, ..)| *tf < posting.tf).unwrap_or(best.len());
                        if place < most && wanted(posting.passage) {
                            best.insert(place, (posting.tf, &term, posting.passage));
                            best.truncate(most);
                        }
                    }
                    terms.extend(best.into_iter().map(|(_, term, passage)| (term.to_string(), passage)));
                }
                unknown.push(UnknownWord { range: word.start..word.end, terms });
            }
        });
        let mut missing = reading.into_used();
        missing.retain(|&chunk| !self.has(chunk));
        (unknown, missing)
    }

    /// Terms within `edits` of a beginning of a word, nearest first, then commonest.
    fn terms_like(&self, word: &str, edits: u8, reading: &mut Reading<'_>) -> Vec<String> {
        let mut folded = String::new();
        fold_accents_into(word, &mut folded);
        let mut distances = Distances::new(&folded, edits);
        let chars = folded.chars().count();
        let least = chars.saturating_sub(MOST_CUT).max(chars.div_ceil(2));
        let mut found: Vec<(u8, &str, u32)> = Vec::new();
        let mut letters: Vec<char> = folded.chars().take(FIRST_LETTERS).collect();
        letters.dedup();
        for letter in letters {
            let Some(number) = self.spellings.of(letter.encode_utf8(&mut [0; 4])) else { continue };
            reading.look(ChunkKind::Spellings, number);
            let Some(chunk) = self.spellings.get(number) else { continue };
            for (candidate, df) in chunk.with_letter(letter) {
                let Some(distance) = distances.of_beginning(candidate, least) else { continue };
                let worse = |(d, _, other): &(u8, &str, u32)| *d > distance || *d == distance && *other < df;
                let place = found.iter().position(worse).unwrap_or(found.len());
                if place < MOST_TERMS {
                    found.insert(place, (distance, candidate, df));
                    found.truncate(MOST_TERMS);
                }
            }
        }
        found.into_iter().map(|(_, term, _)| term.to_string()).collect()
    }
}
