//! Builds the lexical index: passages in, files out. The same passages give the same bytes.
//!
//! Where to cut the postings: a word of a query costs the root, which has a line for each chunk, and a chunk or two. With `T`
//! bytes of postings in chunks of `c` that is about `T / c · line + 2 · c`, which is least at `c ∝ √T`. So a site of 5,000
//! sections has some 500 chunks of 2 KB, and one of 300,000 about 3,000 of 20 KB.

use super::format::{
    FIELDS, MAGIC, VERSION, pack_length, pack_tf, put_term, put_varint, shared_prefix, take_varint, unpack_tf,
};
use super::postings::{Posting, PostingsChunk};
use super::reader::MAX_QUERY_LANGUAGES;
use super::spellings::SpellingsChunk;
use crate::text::{
    stem::{Stemmer, primary_subtag},
    words::{WordKind, for_each_word},
};
use std::collections::{BTreeMap, HashMap};

/// Length of a chunk of postings before compression, in square roots of the length of all of them.
const CHUNK_ROOTS: f64 = 2.5;
/// No chunk is made smaller than this.
const LEAST_CHUNK_BYTES: usize = 2048;

/// Weight of a text that nobody weighted.
const PLAIN_PERCENT: u16 = 100;

/// The files of a lexical index, uncompressed and without headers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LexicalFiles {
    /// Number of passages: one more than the highest id.
    pub passages: u32,
    /// Primary subtags of the languages that queries are stemmed in, as the root lists them.
    pub languages: Vec<String>,
    /// What every query reads.
    pub root: Vec<u8>,
    /// Terms and postings, by range of terms.
    pub postings: Vec<Vec<u8>>,
    /// Terms by first letter.
    pub spellings: Vec<Vec<u8>>,
}

/// Collects postings passage by passage.
#[derive(Debug, Default)]
pub struct LexicalBuilder {
    /// Index term → its place in `terms`.
    ids: HashMap<String, usize>,
    terms: Vec<Postings>,
    /// By language (primary subtag): passages, and word as it stands in the text → its term's place, so that each is stemmed once.
    surfaces: BTreeMap<String, (u32, HashMap<String, usize>)>,
    /// Packed lengths, by field: `[FIELDS][passages]`.
    lengths: [Vec<u8>; FIELDS],
    /// Sum of the lengths in words, by field.
    totals: [u64; FIELDS],
    /// Passages that were really added (ids may have gaps).
    added: u64,
}

/// The posting list of one term, as far as it is known.
#[derive(Debug, Default)]
struct Postings {
    df: u32,
    /// Passage after the last one written: the next delta counts from here.
    next: u32,
    /// Counts in the passage being added, in percent.
    tf: [u32; FIELDS],
    bytes: Vec<u8>,
}

impl LexicalBuilder {
    /// An empty builder.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a passage. `lang` is the page's language tag (empty: English), `title` its title, `headings` the heading
    /// path of the section, `body` the passage's own text.
    ///
    /// # Panics
    /// If `passage` is not greater than every id added before, or over 2³⁰.
    pub fn add(&mut self, passage: u32, lang: &str, title: &str, headings: &[String], body: &str) {
        self.add_weighted(passage, lang, title, headings, &[(PLAIN_PERCENT, body)]);
    }

    /// As [`add`](Self::add), for a text in pieces, each with its weight in percent: a word counts as if it stood there so
    /// many times, rounded over the whole text, and once at least. The words of a piece of weight 0 are not indexed.
    ///
    /// # Panics
    /// As [`add`](Self::add).
    pub fn add_weighted(&mut self, passage: u32, lang: &str, title: &str, headings: &[String], body: &[(u16, &str)]) {
        let known = self.lengths[0].len();
        assert!(passage as usize >= known && passage <= 1 << 30, "passages must be added in increasing order");
        for column in &mut self.lengths {
            column.resize(passage as usize + 1, 0);
        }
        let stemmer = Stemmer::for_lang(lang);
        let language = self.surfaces.entry(primary_subtag(lang).to_ascii_lowercase()).or_default();
        language.0 += 1;
        self.added += 1;

        let mut touched = Vec::new();
        let mut words = [0u32; FIELDS];
        let (ids, terms, surfaces) = (&mut self.ids, &mut self.terms, &mut language.1);
        let mut term = String::new();
        let headings = headings.iter().map(|heading| (1, PLAIN_PERCENT, heading.as_str()));
        let body = body.iter().filter(|(percent, _)| *percent > 0).map(|&(percent, text)| (2, percent, text));
        for (field, percent, text) in std::iter::once((0, PLAIN_PERCENT, title)).chain(headings).chain(body) {
            for_each_word(text, &mut |word| {
                words[field] += u32::from(word.kind != WordKind::Compound);
                let id = surfaces.get(word.term).copied().unwrap_or_else(|| {
                    stemmer.term_into(word.term, &mut term);
                    let id = ids.get(&term).copied().unwrap_or_else(|| {
                        terms.push(Postings::default());
                        ids.insert(term.clone(), terms.len() - 1);
                        terms.len() - 1
                    });
                    surfaces.insert(word.term.to_string(), id);
                    id
                });
                if terms[id].tf == [0; FIELDS] {
                    touched.push(id);
                }
                terms[id].tf[field] += u32::from(percent);
            });
        }
        for id in touched {
            terms[id].close(passage);
        }
        for (field, &words) in words.iter().enumerate() {
            self.lengths[field][passage as usize] = pack_length(words);
            self.totals[field] += u64::from(words);
        }
    }

    /// The files, in the formats that the module's page draws.
    #[must_use]
    pub fn finish(self) -> LexicalFiles {
        let mut sorted: Vec<(&str, &Postings)> = self
            .ids
            .iter()
            .filter(|(t, _)| !t.is_empty())
            .map(|(term, &id)| (term.as_str(), &self.terms[id]))
            .collect();
        sorted.sort_unstable_by_key(|(term, _)| *term);
        let chunks = cut(&sorted);
        let spellings = SpellingsChunk::write_all(sorted.iter().map(|(term, list)| (*term, list.df)));

        let mut root = MAGIC.to_vec();
        for value in [VERSION, self.lengths[0].len() as u32] {
            root.extend_from_slice(&value.to_le_bytes());
        }
        for total in self.totals {
            let mean = total as f64 / self.added.max(1) as f64;
            root.extend_from_slice(&(mean as f32).to_le_bytes());
        }
        let languages = self.query_languages();
        put_varint(languages.len() as u32, &mut root);
        for (tag, passages) in &languages {
            root.push(tag.len() as u8);
            root.extend_from_slice(tag.as_bytes());
            put_varint(*passages, &mut root);
        }
        put_varint(chunks.len() as u32, &mut root);
        let (mut last, mut previous) = ("", "");
        for chunk in &chunks {
            let first = chunk[0].0;
            // No longer than it must be to stand between its neighbours.
            let len = if last.is_empty() { 0 } else { shared_prefix(last, first) + 1 };
            let start = &first[..first.ceil_char_boundary(len)];
            put_term(start, previous, &mut root);
            root.push(pack_length(chunk.iter().map(|(_, list)| list.df).max().unwrap_or(0)));
            (last, previous) = (chunk[chunk.len() - 1].0, start);
        }
        put_varint(spellings.len() as u32, &mut root);
        let mut previous = String::new();
        for (letter, _) in &spellings {
            let start = String::from(*letter);
            put_term(&start, &previous, &mut root);
            previous = start;
        }
        let write = |chunk: &&[(&str, &Postings)]| {
            let terms: Vec<(&str, Vec<Posting>)> =
                chunk.iter().map(|(term, list)| (*term, list.decode(&self.lengths))).collect();
            PostingsChunk::write(&terms)
        };
        LexicalFiles {
            passages: self.lengths[0].len() as u32,
            languages: languages.into_iter().map(|(tag, _)| tag.to_owned()).collect(),
            root,
            postings: chunks.iter().map(write).collect(),
            spellings: spellings.into_iter().map(|(_, bytes)| bytes).collect(),
        }
    }

    /// The languages that queries are stemmed in with their passages, most passages first: one of those with the same stemmer.
    fn query_languages(&self) -> Vec<(&str, u32)> {
        let mut languages: Vec<(&str, u32)> = self.surfaces.iter().map(|(tag, (n, _))| (tag.as_str(), *n)).collect();
        languages.sort_by_key(|&(tag, n)| (std::cmp::Reverse(n), tag));
        let mut stemmers = Vec::new();
        languages.retain(|(tag, _)| {
            let stemmer = Stemmer::for_lang(tag);
            let is_new = !stemmers.contains(&stemmer);
            stemmers.extend(is_new.then_some(stemmer));
            is_new
        });
        languages.truncate(MAX_QUERY_LANGUAGES);
        languages
    }
}

/// Cuts sorted terms into chunks. A term that fills one has it alone, so that its neighbours stay cheap.
fn cut<'a, 'b>(terms: &'b [(&'a str, &'a Postings)]) -> Vec<&'b [(&'a str, &'a Postings)]> {
    let size = |(term, list): &(&str, &Postings)| term.len() + 3 + list.bytes.len() + list.df as usize;
    let total: usize = terms.iter().map(size).sum();
    let target = ((total as f64).sqrt() * CHUNK_ROOTS) as usize;
    let target = target.max(LEAST_CHUNK_BYTES);
    let (mut chunks, mut start, mut filled) = (Vec::new(), 0, 0);
    for (i, term) in terms.iter().enumerate() {
        if i > start && filled + size(term) > target {
            chunks.push(&terms[start..i]);
            (start, filled) = (i, 0);
        }
        filled += size(term);
    }
    chunks.extend(Some(&terms[start..]).filter(|rest| !rest.is_empty()));
    chunks
}

impl Postings {
    /// Writes the counts of the passage that ends here, and clears them.
    fn close(&mut self, passage: u32) {
        let whole = u32::from(PLAIN_PERCENT);
        let rounded = |percent: u32| if percent == 0 { 0 } else { ((percent + whole / 2) / whole).max(1) };
        let tf = std::mem::take(&mut self.tf).map(rounded);
        let plain = tf == [0, 0, 1];
        put_varint((passage - self.next) << 1 | u32::from(!plain), &mut self.bytes);
        if !plain {
            self.bytes.push(pack_tf(tf));
        }
        self.df += 1;
        self.next = passage + 1;
    }

    /// The postings with the lengths of the fields that they are in; `lengths` is `[FIELDS][passages]`.
    fn decode(&self, lengths: &[Vec<u8>; FIELDS]) -> Vec<Posting> {
        let (mut at, mut next) = (0, 0);
        let mut take = || {
            let head = take_varint(&self.bytes, &mut at)?;
            let tf = if head & 1 == 0 { 1 } else { self.bytes[at] };
            at += (head & 1) as usize;
            let passage = next + (head >> 1);
            next = passage + 1;
            let counts = unpack_tf(tf);
            let length = |field: usize| if counts[field] > 0 { lengths[field][passage as usize] } else { 0 };
            Some(Posting { passage, tf, lengths: [0, 1, 2].map(length) })
        };
        std::iter::from_fn(&mut take).collect()
    }
}
