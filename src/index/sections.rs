//! Which passages make up a section, and the parts of long ones.
//!
//! Meanings are ranked by passage, since a short one has a sharp vector; words by section, since a question's words may be spread
//! over a whole one. But a section as long as a chapter holds all words somewhere, and BM25 can only count its length against it:
//! it is cut into even *parts*, and is worth its best one. A section of up to twelve passages, some 600 words, is one part.
//!
//! The table stands at the head of the lexical index's root, so that it costs no request of its own:
//!
//! ```text
//! "SSec" | number of sections, u32 LE | passages of each section, LEB128 | root of the lexical index
//! ```

use crate::error::{Error, REBUILD_INDEX, Result};

const MAGIC: &[u8; 4] = b"SSec";
/// Passages of the longest section that is one part.
const WHOLE: u32 = 12;
/// Most passages of a part of a longer one.
const PART: u32 = 4;
/// More passages than any site has: a damaged number must not ask for all memory.
pub(super) const MOST_PASSAGES: u32 = 1 << 24;

/// First passage of each section and of each of their parts, and the number of passages at the end of both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sections {
    starts: Vec<u32>,
    parts: Vec<u32>,
}

impl Sections {
    /// The table of sections of so many passages each.
    pub fn new(lengths: &[u32]) -> Self {
        let ends = lengths.iter().scan(0, |end, length| {
            *end += length;
            Some(*end)
        });
        Self::of(std::iter::once(0).chain(ends).collect())
    }

    fn of(starts: Vec<u32>) -> Self {
        let mut parts = vec![0];
        for section in starts.windows(2) {
            let length = section[1] - section[0];
            let count = if length > WHOLE { length.div_ceil(PART) } else { 1 };
            let end = |part: u32| section[0] + (u64::from(length) * u64::from(part) / u64::from(count)) as u32;
            parts.extend((1..=count).map(end));
        }
        Self { starts, parts }
    }

    /// The table and the lexical root behind it, as the file's bytes. `lengths` counts the passages of each section.
    pub fn prepend_to(lengths: &[u32], lexical: &[u8]) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend((lengths.len() as u32).to_le_bytes());
        for &length in lengths {
            let mut rest = length;
            while rest >= 0x80 {
                bytes.push(rest as u8 | 0x80);
                rest >>= 7;
            }
            bytes.push(rest as u8);
        }
        bytes.extend_from_slice(lexical);
        bytes
    }

    /// Reads the table; returns it and the offset of the lexical root.
    ///
    /// # Errors
    /// If the table is cut short, or does not add up to `sections` and `passages`.
    pub fn parse(bytes: &[u8], file: &str, sections: u32, passages: u32) -> Result<(Self, usize)> {
        let damaged = |detail: &str| {
            Err(Error::Damaged { file: file.to_owned(), detail: detail.to_owned(), next: REBUILD_INDEX })
        };
        if bytes.get(..4) != Some(MAGIC) {
            return damaged("it does not begin with a table of sections");
        }
        let Some(count) = bytes.get(4..8) else { return damaged("its table of sections is cut short") };
        if u32::from_le_bytes([count[0], count[1], count[2], count[3]]) != sections {
            return damaged("its number of sections is not the manifest's");
        }
        if passages > MOST_PASSAGES || sections as usize > bytes.len() {
            return damaged("it has more passages or sections than there can be");
        }
        let (mut starts, mut at, mut sum) = (Vec::with_capacity(sections as usize + 1), 8, 0u32);
        for _ in 0..sections {
            starts.push(sum);
            let (mut length, mut shift) = (0u64, 0);
            loop {
                let Some(&byte) = bytes.get(at) else { return damaged("its table of sections is cut short") };
                at += 1;
                length |= u64::from(byte & 0x7f) << shift;
                shift += 7;
                if byte < 0x80 || shift > 28 {
                    break;
                }
            }
            match u32::try_from(u64::from(sum) + length) {
                Ok(end) if end <= passages && length > 0 => sum = end,
                _ => return damaged("its sections do not add up to the manifest's passages"),
            }
        }
        if sum != passages {
            return damaged("its sections do not add up to the manifest's passages");
        }
        starts.push(sum);
        Ok((Self::of(starts), at))
    }

    /// Number of sections.
    pub fn len(&self) -> u32 {
        self.starts.len() as u32 - 1
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Passages of a section.
    ///
    /// # Panics
    /// If there is no such section.
    pub fn passages(&self, section: u32) -> std::ops::Range<u32> {
        self.starts[section as usize]..self.starts[section as usize + 1]
    }

    /// Section of a passage.
    pub fn section_of(&self, passage: u32) -> u32 {
        self.starts.partition_point(|&start| start <= passage) as u32 - 1
    }

    /// Number of parts of all sections together.
    pub fn parts(&self) -> u32 {
        self.parts.len() as u32 - 1
    }

    /// Passages of a part.
    ///
    /// # Panics
    /// If there is no such part.
    pub fn part(&self, part: u32) -> std::ops::Range<u32> {
        self.parts[part as usize]..self.parts[part as usize + 1]
    }

    /// Part of a passage.
    pub fn part_of(&self, passage: u32) -> u32 {
        self.parts.partition_point(|&start| start <= passage) as u32 - 1
    }

    /// The best part of each section and its score, of the scores of all parts; of equals the first.
    ///
    /// # Panics
    /// If there are more parts than scores.
    pub fn best_parts(&self, scores: &[f32]) -> Vec<(u32, f32)> {
        let mut best: Vec<(u32, f32)> = Vec::with_capacity(self.len() as usize);
        for part in 0..self.parts() {
            let (begins, score) = (self.parts[part as usize] == self.starts[best.len()], scores[part as usize]);
            match best.last_mut() {
                Some(last) if !begins => {
                    if score > last.1 {
                        *last = (part, score);
                    }
                }
                _ => best.push((part, score)),
            }
        }
        best
    }

    /// The first passage of each chunk of them: as many whole parts as have `most` passages at most, or one alone.
    pub fn chunks(&self, most: u32) -> Vec<u32> {
        let mut chunks: Vec<u32> = Vec::new();
        for part in self.parts.windows(2) {
            if chunks.last().is_none_or(|first| part[1] - first > most) {
                chunks.push(part[0]);
            }
        }
        chunks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survives_a_round_trip() {
        let lengths = [1, 3, 200, 1, 20_000];
        let bytes = Sections::prepend_to(&lengths, b"rest");
        let (sections, at) = Sections::parse(&bytes, "l", 5, 20_205).unwrap();
        assert_eq!(&bytes[at..], b"rest");
        assert_eq!(sections.passages(1), 1..4);
        assert_eq!(sections.passages(4), 205..20_205);
        for (passage, section) in [(0, 0), (1, 1), (3, 1), (4, 2), (203, 2), (204, 3), (205, 4), (20_204, 4)] {
            assert_eq!(sections.section_of(passage), section, "passage {passage}");
        }
    }

    #[test]
    fn a_long_section_has_even_parts() {
        let sections = Sections::new(&[1, 12, 13, 2]);
        let parts: Vec<_> = (0..sections.parts()).map(|part| sections.part(part)).collect();
        assert_eq!(parts, [0..1, 1..13, 13..16, 16..19, 19..22, 22..26, 26..28]);
        for (part, passages) in (0..).zip(parts) {
            passages.for_each(|passage| assert_eq!(sections.part_of(passage), part, "passage {passage}"));
        }
        let best = sections.best_parts(&[0.0, 2.0, 1.0, 3.0, 3.0, 0.5, 0.0]);
        assert_eq!(best, [(0, 0.0), (1, 2.0), (3, 3.0), (6, 0.0)], "of equals the first");
        let best = sections.best_parts(&[0.0, 2.0, 0.0, 0.0, 0.0, 0.5, 4.0]);
        assert_eq!(best, [(0, 0.0), (1, 2.0), (5, 0.5), (6, 4.0)]);
        assert_eq!((Sections::new(&[]).parts(), Sections::new(&[]).best_parts(&[])), (0, Vec::new()));
    }

    #[test]
    fn chunks_hold_whole_parts() {
        let chunks = |lengths: &[u32], most| {
            let (sections, sum) = (Sections::new(lengths), lengths.iter().sum());
            let parsed = Sections::parse(&Sections::prepend_to(lengths, &[]), "l", sections.len(), sum).unwrap().0;
            assert_eq!(parsed, sections);
            sections.chunks(most)
        };
        assert_eq!(chunks(&[1, 3, 12, 1, 3, 1, 4], 4), [0, 4, 16, 20, 21]);
        assert_eq!(chunks(&[1, 3, 12, 1, 3, 1, 4], 5), [0, 4, 16, 21]);
        assert_eq!(chunks(&[7], 4), [0]);
        assert_eq!(chunks(&[], 4), [0u32; 0]);
        assert_eq!(chunks(&[1, 16, 2], 8), [0, 5, 13], "a long section is cut between its parts");
        assert_eq!(chunks(&[6151], 14).len(), 513, "parts of four, three to a chunk");
    }

    #[test]
    fn refuses_what_does_not_add_up() {
        let bytes = Sections::prepend_to(&[1, 300], &[]);
        for cut in 0..bytes.len() {
            assert!(Sections::parse(&bytes[..cut], "l", 2, 301).is_err(), "cut at {cut}");
        }
        assert!(Sections::parse(&bytes, "l", 3, 301).is_err());
        assert!(Sections::parse(&bytes, "l", 2, 300).is_err());
        assert!(Sections::parse(&bytes, "l", 2, 302).is_err());
        assert!(Sections::parse(&Sections::prepend_to(&[0, 301], &[]), "l", 2, 301).is_err(), "an empty section");
        let huge = Sections::prepend_to(&[MOST_PASSAGES + 1], &[]);
        assert!(Sections::parse(&huge, "l", 1, MOST_PASSAGES + 1).is_err(), "more than memory");
        let count = [&b"SSec"[..], &u32::MAX.to_le_bytes()].concat();
        assert!(Sections::parse(&count, "l", u32::MAX, 7).is_err());
    }
}
