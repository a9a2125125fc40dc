//! A chunk of spellings: the terms of some first letters that a misspelt word may mean, with how common each is. Where such
//! a term occurs stands in the postings.

use super::format::{put_term, put_varint, take_term, take_varint};
use std::collections::BTreeMap;

/// Letters in a term that may be meant; a misspelt word has five at least, of which a stem lacks some.
const LEAST_LETTERS: usize = 3;
/// Terms at most: the commonest, so that the list of a letter stays short however large the site is.
const MOST_TERMS: usize = 16_384;
/// Lists of letters are put together up to this, in bytes.
const TOGETHER_BYTES: usize = 2048;

/// Terms with their number of passages, sorted.
#[derive(Debug)]
pub(super) struct SpellingsChunk {
    terms: Vec<(String, u32)>,
}

impl SpellingsChunk {
    /// The bytes of all chunks, and the letter at which each starts. `terms` are sorted, each with its number of passages.
    pub(super) fn write_all<'a>(terms: impl Iterator<Item = (&'a str, u32)>) -> Vec<(char, Vec<u8>)> {
        let mut kept: Vec<(&str, u32)> = terms.filter(|(term, _)| is_word(term)).collect();
        kept.sort_by_key(|&(term, df)| (std::cmp::Reverse(df), term));
        kept.truncate(MOST_TERMS);
        kept.sort_unstable();
        let mut letters = BTreeMap::<char, Vec<(&str, u32)>>::new();
        for (term, df) in kept {
            let first = term.chars().next().expect("it is a word");
            letters.entry(first).or_default().push((term, df));
        }
        let mut chunks: Vec<(char, Vec<(&str, u32)>)> = Vec::new();
        let size = |terms: &[(&str, u32)]| terms.iter().map(|(term, _)| term.len() / 2 + 3).sum::<usize>();
        for (letter, terms) in letters {
            match chunks.last_mut() {
                Some((_, before)) if size(before) + size(&terms) <= TOGETHER_BYTES => before.extend(terms),
                _ => chunks.push((letter, terms)),
            }
        }
        chunks.into_iter().map(|(letter, terms)| (letter, write(&terms))).collect()
    }

    /// Reads a chunk. None if it is not well-formed.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let mut at = 0;
        let count = take_varint(bytes, &mut at)?;
        let (mut terms, mut term) = (Vec::<(String, u32)>::new(), String::new());
        for _ in 0..count {
            take_term(bytes, &mut at, &mut term)?;
            let df = take_varint(bytes, &mut at)?;
            if terms.last().is_some_and(|(last, _)| *last >= term) {
                return None;
            }
            terms.push((term.clone(), df));
        }
        (at == bytes.len()).then_some(Self { terms })
    }

    /// The terms that begin with `letter`, in order, with their number of passages.
    pub(super) fn with_letter(&self, letter: char) -> impl Iterator<Item = (&str, u32)> {
        self.terms.iter().filter(move |(term, _)| term.starts_with(letter)).map(|(term, df)| (term.as_str(), *df))
    }
}

fn write(terms: &[(&str, u32)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    put_varint(terms.len() as u32, &mut bytes);
    let mut previous = "";
    for (term, df) in terms {
        put_term(term, previous, &mut bytes);
        put_varint(*df, &mut bytes);
        previous = term;
    }
    bytes
}

/// Whether somebody may have meant to write it: numbers and compounds are not guessed at.
fn is_word(term: &str) -> bool {
    term.chars().count() >= LEAST_LETTERS
        && term.chars().all(char::is_alphanumeric)
        && term.chars().any(char::is_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survives_a_round_trip_and_refuses_every_truncation() {
        let terms = [("--cfg", 3), ("2024", 9), ("ab", 9), ("apple", 2), ("apricot", 300), ("e0277", 1), ("ébène", 1)];
        let chunks = SpellingsChunk::write_all(terms.into_iter());
        let [(letter, bytes)] = chunks.as_slice() else { panic!("short lists are put together") };
        assert_eq!(*letter, 'a');
        let chunk = SpellingsChunk::read(bytes).unwrap();
        assert_eq!(chunk.with_letter('a').collect::<Vec<_>>(), [("apple", 2), ("apricot", 300)]);
        assert_eq!(chunk.with_letter('e').collect::<Vec<_>>(), [("e0277", 1)]);
        assert_eq!(chunk.with_letter('-').count() + chunk.with_letter('2').count(), 0);
        for cut in 0..bytes.len() {
            assert!(SpellingsChunk::read(&bytes[..cut]).is_none(), "cut at {cut}");
        }
        assert!(SpellingsChunk::read(&[&bytes[..], &[0]].concat()).is_none());
    }

    #[test]
    fn a_letter_is_never_cut_and_the_rarest_are_left_out() {
        let names: Vec<String> = (0..20_000).map(|i| format!("{}word{i:05}", ['p', 'q', 'r'][i / 7000])).collect();
        let terms = names.iter().enumerate().map(|(i, name)| (name.as_str(), 1 + i as u32 / 10_000));
        let chunks = SpellingsChunk::write_all(terms);
        assert_eq!(chunks.iter().map(|(letter, _)| *letter).collect::<Vec<_>>(), ['p', 'q', 'r']);
        let counts =
            chunks.iter().map(|(letter, bytes)| SpellingsChunk::read(bytes).unwrap().with_letter(*letter).count());
        assert_eq!(counts.collect::<Vec<_>>(), [6384, 4000, 6000]);
    }
}
