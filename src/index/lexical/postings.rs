//! A chunk of postings: the terms of a range, and where each of them occurs.

use super::format::{FIELDS, put_term, put_varint, take_term, take_varint, unpack_tf};
use std::ops::Range;

/// An occurrence of a term in a passage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Posting {
    pub(super) passage: u32,
    /// Packed term frequencies, see `format`.
    pub(super) tf: u8,
    /// Packed lengths of the fields in which the term occurs; 0 for the others.
    pub(super) lengths: [u8; FIELDS],
}

/// Terms with their postings.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PostingsChunk {
    /// Sorted, each with its place in `postings`.
    terms: Vec<(String, Range<usize>)>,
    postings: Vec<Posting>,
}

impl PostingsChunk {
    /// The chunk's bytes. `terms` are sorted, the postings of each by passage.
    pub(super) fn write(terms: &[(&str, Vec<Posting>)]) -> Vec<u8> {
        let mut bytes = Vec::new();
        put_varint(terms.len() as u32, &mut bytes);
        let mut previous = "";
        for (term, postings) in terms {
            put_term(term, previous, &mut bytes);
            put_varint(postings.len() as u32, &mut bytes);
            previous = term;
        }
        let (mut tfs, mut lengths): (Vec<u8>, [Vec<u8>; FIELDS]) = Default::default();
        for (_, postings) in terms {
            let mut next = 0;
            for posting in postings {
                let plain = posting.tf == 1;
                put_varint((posting.passage - next) << 1 | u32::from(!plain), &mut bytes);
                next = posting.passage + 1;
                if !plain {
                    tfs.push(posting.tf);
                }
                for field in (0..FIELDS).filter(|&field| unpack_tf(posting.tf)[field] > 0) {
                    lengths[field].push(posting.lengths[field]);
                }
            }
        }
        let [title, headings, body] = lengths;
        [bytes, tfs, body, title, headings].concat()
    }

    /// Reads a chunk of an index of so many passages. None if it is not well-formed.
    pub(super) fn read(bytes: &[u8], passages: u32) -> Option<Self> {
        let mut at = 0;
        let count = take_varint(bytes, &mut at)?;
        let (mut terms, mut term, mut total) = (Vec::<(String, Range<usize>)>::new(), String::new(), 0usize);
        for _ in 0..count {
            take_term(bytes, &mut at, &mut term)?;
            let df = take_varint(bytes, &mut at)?;
            let start = total;
            total += df as usize;
            // A posting takes at least one byte, so there can't be more of them than bytes.
            if df == 0 || total > bytes.len() || terms.last().is_some_and(|(last, _)| *last >= term) {
                return None;
            }
            terms.push((term.clone(), start..total));
        }
        let mut postings = Vec::with_capacity(total);
        for (_, place) in &terms {
            let mut next = 0u32;
            for _ in place.clone() {
                let head = take_varint(bytes, &mut at)?;
                let passage = next.checked_add(head >> 1).filter(|&passage| passage < passages)?;
                next = passage + 1;
                postings.push(Posting { passage, tf: 1 - (head & 1) as u8, lengths: [0; FIELDS] });
            }
        }
        for posting in postings.iter_mut().filter(|posting| posting.tf == 0) {
            posting.tf = *bytes.get(at)?;
            at += 1;
        }
        for field in [2, 0, 1] {
            for posting in postings.iter_mut().filter(|posting| unpack_tf(posting.tf)[field] > 0) {
                posting.lengths[field] = *bytes.get(at)?;
                at += 1;
            }
        }
        (at == bytes.len()).then_some(Self { terms, postings })
    }

    /// The postings of a term.
    pub(super) fn find(&self, term: &str) -> Option<&[Posting]> {
        let at = self.terms.binary_search_by(|(other, _)| other.as_str().cmp(term)).ok()?;
        Some(&self.postings[self.terms[at].1.clone()])
    }

    /// The terms that begin with `prefix`, in order, with their postings.
    pub(super) fn with_prefix<'a, 'p>(
        &'a self,
        prefix: &'p str,
    ) -> impl Iterator<Item = (&'a str, &'a [Posting])> + use<'a, 'p> {
        let from = self.terms.partition_point(|(term, _)| term.as_str() < prefix);
        let inside = self.terms[from..].iter().take_while(move |(term, _)| term.starts_with(prefix));
        inside.map(|(term, place)| (term.as_str(), &self.postings[place.clone()]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survives_a_round_trip_and_refuses_every_truncation() {
        let posting = |passage, tf, lengths| Posting { passage, tf, lengths };
        let terms = [
            ("cargo", vec![posting(0, 1, [0, 0, 30]), posting(700, 0b0101_0000, [4, 9, 0])]),
            ("cat", vec![posting(0, 1, [0, 0, 30])]),
            (
                "catalogue",
                vec![posting(3, 15, [0, 0, 200]), posting(4, 1, [0, 0, 7]), posting(5, 0b1000_0001, [2, 0, 9])],
            ),
        ];
        let bytes = PostingsChunk::write(&terms);
        let chunk = PostingsChunk::read(&bytes, 701).unwrap();
        for (term, postings) in &terms {
            assert_eq!(chunk.find(term), Some(postings.as_slice()));
        }
        assert_eq!(chunk.find("c"), None);
        assert_eq!(chunk.with_prefix("cat").map(|(term, _)| term).collect::<Vec<_>>(), ["cat", "catalogue"]);
        assert_eq!(chunk.with_prefix("d").count(), 0);
        assert!(PostingsChunk::read(&bytes, 700).is_none(), "a passage that is not there");
        for cut in 0..bytes.len() {
            assert!(PostingsChunk::read(&bytes[..cut], 701).is_none(), "cut at {cut}");
        }
        assert!(PostingsChunk::read(&[&bytes[..], &[0]].concat(), 701).is_none(), "goes on behind its end");
        assert!(PostingsChunk::read(&PostingsChunk::write(&[]), 1).is_some());
    }
}
