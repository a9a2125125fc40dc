//! Which passages make up a section. Words are ranked by section, meanings by passage: a short passage has a sharp vector, but
//! a question's words may be spread over a whole section.
//!
//! The table stands at the head of the lexical index's root, so that it costs no request of its own:
//!
//! ```text
//! "SSec" | number of sections, u32 LE | passages of each section, LEB128 | root of the lexical index
//! ```

use crate::error::{Error, REBUILD_INDEX, Result};

const MAGIC: &[u8; 4] = b"SSec";
/// A section alone may have so many times the passages of a chunk of rows.
const LONG: u32 = 8;

/// First passage of each section, and the number of passages at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sections {
    starts: Vec<u32>,
}

impl Sections {
    /// The table of sections of so many passages each.
    pub fn new(lengths: &[u32]) -> Self {
        let ends = lengths.iter().scan(0, |end, length| {
            *end += length;
            Some(*end)
        });
        Self { starts: std::iter::once(0).chain(ends).collect() }
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
        Ok((Self { starts }, at))
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

    /// The first passage of each chunk of them: as many whole sections as have `most` passages at most, or one alone.
    pub fn chunks(&self, most: u32) -> Vec<u32> {
        self.cut(most, u32::MAX)
    }

    /// The first passage of each chunk of rows: chunks as above, but a section of more than eight times `most` passages is cut,
    /// since a query reads the rows of fifty sections. On sites of code a section may list thousands of names.
    pub fn row_chunks(&self, most: u32) -> Vec<u32> {
        self.cut(most, LONG.saturating_mul(most).max(1))
    }

    /// Chunks of whole sections, but a section is cut after each `longest` passages; what is left of it begins a chunk.
    fn cut(&self, most: u32, longest: u32) -> Vec<u32> {
        let mut chunks: Vec<u32> = Vec::new();
        for section in self.starts.windows(2) {
            if chunks.last().is_none_or(|first| section[1] - first > most) {
                let mut first = section[0];
                chunks.push(first);
                while section[1] - first > longest {
                    first += longest;
                    chunks.push(first);
                }
            }
        }
        chunks
    }

    /// Section of a passage.
    pub fn section_of(&self, passage: u32) -> u32 {
        self.starts.partition_point(|&start| start <= passage) as u32 - 1
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
    fn chunks_hold_whole_sections() {
        let chunks = |lengths: &[u32], most| {
            let (sections, sum) = (Sections::new(lengths), lengths.iter().sum());
            let parsed = Sections::parse(&Sections::prepend_to(lengths, &[]), "l", sections.len(), sum).unwrap().0;
            assert_eq!(parsed, sections);
            sections.chunks(most)
        };
        assert_eq!(chunks(&[1, 3, 200, 1, 3, 1, 4], 4), [0, 4, 204, 208, 209]);
        assert_eq!(chunks(&[1, 3, 200, 1, 3, 1, 4], 5), [0, 4, 204, 209]);
        assert_eq!(chunks(&[7], 4), [0]);
        assert_eq!(chunks(&[], 4), [0u32; 0]);
    }

    #[test]
    fn rows_of_long_sections_are_cut() {
        let chunks = |lengths: &[u32], most| Sections::new(lengths).row_chunks(most);
        assert_eq!(chunks(&[1, 2, 16, 17, 2], 2), [0, 1, 3, 19, 35, 36], "sixteen are not cut, seventeen are");
        assert_eq!(chunks(&[17, 1], 2), [0, 16], "what is left of a section begins a chunk");
        assert_eq!(chunks(&[50], 2), [0, 16, 32, 48]);
        assert_eq!(chunks(&[1, 1], 14), [0]);
        assert_eq!(chunks(&[], 14), [0u32; 0]);
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
    }
}
