//! Opens the lexical index and checks it; looks terms up and walks posting lists.

use super::format::{BLOCK, FIELDS, HEADER_BYTES, MAGIC, VERSION, take_array, take_varint};
use crate::{Error, Result, error::REBUILD_INDEX, text::stem::Stemmer};
use std::ops::Range;

/// Languages that a query is stemmed in when it doesn't say its own: the most frequent of the index.
const MAX_QUERY_LANGUAGES: usize = 4;

/// An open lexical index. Everything is checked but the posting lists, which are decoded with bounds checks.
#[derive(Debug)]
pub struct LexicalIndex {
    bytes: Vec<u8>,
    passages: u32,
    terms: u32,
    /// Mean words of title, heading path and body.
    mean: [f32; FIELDS],
    /// Stemmers of the index's languages, most passages first.
    stemmers: Vec<Stemmer>,
    /// Packed lengths, `[FIELDS][passages]`.
    lengths: Range<usize>,
    blocks: Vec<Block>,
}

/// Where a block of the dictionary and the posting lists of its terms start in the file.
#[derive(Debug, Clone, Copy)]
struct Block {
    entry: usize,
    postings: usize,
}

/// A term that the dictionary holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Term {
    /// Passages that hold it.
    pub(super) df: u32,
    /// Where its posting list lies in the file.
    pub(super) postings: Range<usize>,
}

impl LexicalIndex {
    /// Opens the index in `bytes`; `file_name` is for messages.
    ///
    /// # Errors
    /// [`Error::Damaged`], [`Error::Version`] or [`Error::Truncated`] if the bytes are not such an index, whole.
    pub fn open(bytes: Vec<u8>, file_name: &str) -> Result<Self> {
        let damaged =
            |detail: &str| Error::Damaged { file: file_name.into(), detail: detail.into(), next: REBUILD_INDEX };
        let truncated = |expected: u64| Error::Truncated {
            file: file_name.into(),
            expected,
            found: bytes.len() as u64,
            next: REBUILD_INDEX,
        };
        if !bytes.starts_with(&MAGIC[..bytes.len().min(MAGIC.len())]) {
            return Err(damaged("it does not start as a lexical index does"));
        }
        let mut at = MAGIC.len();
        let mut words = [0u32; 7];
        for word in &mut words {
            *word = u32::from_le_bytes(take_array(&bytes, &mut at).ok_or_else(|| truncated(HEADER_BYTES as u64))?);
        }
        let [version, passages, terms, lens @ ..] = words;
        if version != VERSION {
            return Err(Error::Version {
                file: file_name.into(),
                found: version,
                supported: VERSION,
                next: REBUILD_INDEX,
            });
        }
        let mut mean = [0f32; FIELDS];
        for mean in &mut mean {
            *mean = f32::from_le_bytes(take_array(&bytes, &mut at).ok_or_else(|| truncated(HEADER_BYTES as u64))?);
        }
        let expected = HEADER_BYTES as u64 + lens.iter().map(|&l| u64::from(l)).sum::<u64>();
        match (bytes.len() as u64).cmp(&expected) {
            std::cmp::Ordering::Less => return Err(truncated(expected)),
            std::cmp::Ordering::Greater => return Err(damaged("it goes on behind its end")),
            std::cmp::Ordering::Equal => {}
        }
        if !mean.iter().all(|m| m.is_finite() && *m >= 0.0) {
            return Err(damaged("a mean length is not a number"));
        }
        let [languages, lengths, dictionary, postings] = lens.map(|len| {
            at += len as usize;
            at - len as usize..at
        });
        if lengths.len() as u64 != FIELDS as u64 * u64::from(passages) {
            return Err(damaged("the number of lengths is not the number of passages"));
        }
        let stemmers = read_languages(&bytes[languages]).ok_or_else(|| damaged("its list of languages is broken"))?;
        let mut index = Self { bytes, passages, terms, mean, stemmers, lengths, blocks: Vec::new() };
        index.check_dictionary(dictionary, postings).map_err(|detail| Error::Damaged {
            file: file_name.into(),
            detail: detail.into(),
            next: REBUILD_INDEX,
        })?;
        Ok(index)
    }

    /// Walks the dictionary once: terms in order and UTF-8, posting lists adding up to their section.
    fn check_dictionary(
        &mut self,
        dictionary: Range<usize>,
        postings: Range<usize>,
    ) -> std::result::Result<(), &'static str> {
        let mut blocks = Vec::new();
        let mut walk = Walk {
            bytes: &self.bytes[..dictionary.end],
            at: dictionary.start,
            postings: postings.start,
            term: String::new(),
        };
        let mut previous = String::new();
        for i in 0..self.terms as usize {
            if i % BLOCK == 0 {
                blocks.push(Block { entry: walk.at, postings: walk.postings });
                walk.term.clear();
            }
            let (_, term) = walk.step().ok_or("its dictionary is broken")?;
            if i > 0 && walk.term <= previous {
                return Err("its dictionary is not sorted");
            }
            // A posting takes at least one byte, so df can't exceed the bytes.
            if term.df == 0
                || term.df > self.passages
                || term.df as usize > term.postings.len()
                || term.postings.end > postings.end
            {
                return Err("a posting list has an impossible length");
            }
            previous.clone_from(&walk.term);
        }
        if walk.at != dictionary.end || walk.postings != postings.end {
            return Err("its dictionary does not fill its section");
        }
        self.blocks = blocks;
        Ok(())
    }

    /// Number of passages.
    #[must_use]
    pub fn passages(&self) -> u32 {
        self.passages
    }

    /// Number of terms in the dictionary.
    #[must_use]
    pub fn terms(&self) -> u32 {
        self.terms
    }

    /// Mean length of a field in words.
    pub(super) fn mean(&self, field: usize) -> f32 {
        self.mean[field]
    }

    /// Packed lengths of a field, by passage.
    pub(super) fn lengths(&self, field: usize) -> &[u8] {
        let n = self.passages as usize;
        &self.bytes[self.lengths.clone()][field * n..(field + 1) * n]
    }

    /// The stemmers that a query is read with: that of `lang`, or, if it is empty, those of the index.
    pub(super) fn stemmers(&self, lang: &str) -> Vec<Stemmer> {
        if lang.is_empty() { self.stemmers.clone() } else { vec![Stemmer::for_lang(lang)] }
    }

    /// Looks a term up.
    pub(super) fn find(&self, term: &str) -> Option<Term> {
        let mut walk = self.walk_from(term);
        while let Some((_, found)) = walk.advance() {
            match walk.term().cmp(term) {
                std::cmp::Ordering::Less => {}
                std::cmp::Ordering::Equal => return Some(found),
                std::cmp::Ordering::Greater => return None,
            }
        }
        None
    }

    /// Walks the dictionary from the start of the block in which `term` stands or would stand.
    pub(super) fn walk_from(&self, term: &str) -> Terms<'_> {
        let block = self.blocks.partition_point(|block| {
            let mut walk = self.walk(*block);
            walk.step().is_some() && walk.term.as_str() <= term
        });
        Terms { index: self, next: block.saturating_sub(1) * BLOCK, walk: self.walk(Block { entry: 0, postings: 0 }) }
    }

    fn walk(&self, block: Block) -> Walk<'_> {
        Walk { bytes: &self.bytes, at: block.entry, postings: block.postings, term: String::new() }
    }

    /// Calls `visit` with each passage that holds the term, in increasing order, and its packed term frequencies.
    pub(super) fn for_each_posting(&self, term: &Term, mut visit: impl FnMut(u32, u8)) {
        let list = &self.bytes[..term.postings.end];
        let (mut at, mut next) = (term.postings.start, 0u32);
        for _ in 0..term.df {
            let Some(head) = take_varint(list, &mut at) else {
                return;
            };
            let tf = if head & 1 == 0 {
                1
            } else {
                let Some(&tf) = list.get(at) else { return };
                at += 1;
                tf
            };
            let Some(passage) = next.checked_add(head >> 1).filter(|&p| p < self.passages) else {
                return;
            };
            visit(passage, tf);
            next = passage + 1;
        }
    }
}

/// A walk over the dictionary's entries.
pub(super) struct Terms<'a> {
    index: &'a LexicalIndex,
    /// Number of the term that comes next.
    next: usize,
    walk: Walk<'a>,
}

impl Terms<'_> {
    /// The next term: how many bytes it shares with the one before in this walk at least, and where its postings are.
    pub(super) fn advance(&mut self) -> Option<(usize, Term)> {
        if self.next >= self.index.terms as usize {
            return None;
        }
        if self.next.is_multiple_of(BLOCK) {
            let block = self.index.blocks.get(self.next / BLOCK)?;
            (self.walk.at, self.walk.postings) = (block.entry, block.postings);
        }
        self.next += 1;
        self.walk.step()
    }

    /// The term that [`Self::advance`] came to.
    pub(super) fn term(&self) -> &str {
        &self.walk.term
    }
}

/// Decodes front-coded entries one after the other.
struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    postings: usize,
    term: String,
}

impl Walk<'_> {
    /// Decodes the entry at `at` into `term`. None if it is not well-formed.
    fn step(&mut self) -> Option<(usize, Term)> {
        let shared = take_varint(self.bytes, &mut self.at)? as usize;
        let rest = take_varint(self.bytes, &mut self.at)? as usize;
        let rest = self.bytes.get(self.at..self.at.checked_add(rest)?)?;
        self.at += rest.len();
        if shared > self.term.len() || !self.term.is_char_boundary(shared) {
            return None;
        }
        self.term.truncate(shared);
        self.term.push_str(std::str::from_utf8(rest).ok()?);
        let df = take_varint(self.bytes, &mut self.at)?;
        let len = take_varint(self.bytes, &mut self.at)? as usize;
        let start = self.postings;
        self.postings = start.checked_add(len)?;
        Some((shared, Term { df, postings: start..self.postings }))
    }
}

/// The stemmers of the index's languages, each once. None if the section is not well-formed.
fn read_languages(mut section: &[u8]) -> Option<Vec<Stemmer>> {
    let mut stemmers = Vec::new();
    while let Some((&len, rest)) = section.split_first() {
        let (tag, rest) = rest.split_at_checked(len as usize)?;
        let mut at = 0;
        take_varint(rest, &mut at)?;
        section = &rest[at..];
        let stemmer = Stemmer::for_lang(std::str::from_utf8(tag).ok()?);
        if !stemmers.contains(&stemmer) && stemmers.len() < MAX_QUERY_LANGUAGES {
            stemmers.push(stemmer);
        }
    }
    if stemmers.is_empty() {
        stemmers.push(Stemmer::for_lang(""));
    }
    Some(stemmers)
}
