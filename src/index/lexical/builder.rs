//! Builds the lexical index: passages in, one file out. The same passages give the same bytes.

use super::format::{BLOCK, FIELDS, HEADER_BYTES, MAGIC, VERSION, pack_length, pack_tf, put_varint};
use crate::text::{
    stem::{Stemmer, primary_subtag},
    words::{WordKind, for_each_word},
};
use std::collections::{BTreeMap, HashMap};

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
    /// Counts in the passage being added.
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
        let texts = std::iter::once((0, title)).chain(headings.iter().map(|h| (1, h.as_str()))).chain([(2, body)]);
        for (field, text) in texts {
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
                terms[id].tf[field] += 1;
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

    /// The file, in the format that the module's page draws.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        let mut sorted: Vec<(&str, &Postings)> = self
            .ids
            .iter()
            .filter(|(t, _)| !t.is_empty())
            .map(|(term, &id)| (term.as_str(), &self.terms[id]))
            .collect();
        sorted.sort_unstable_by_key(|(term, _)| *term);

        let mut languages: Vec<(&str, u32)> = self.surfaces.iter().map(|(tag, (n, _))| (tag.as_str(), *n)).collect();
        languages.sort_by_key(|&(tag, n)| (std::cmp::Reverse(n), tag));
        let mut tags = Vec::new();
        for (tag, passages) in languages {
            tags.push(tag.len() as u8);
            tags.extend_from_slice(tag.as_bytes());
            put_varint(passages, &mut tags);
        }
        let lengths = self.lengths.concat();
        let (mut dictionary, mut postings) = (Vec::new(), Vec::new());
        let mut previous = "";
        for (i, (term, list)) in sorted.iter().enumerate() {
            let shared = if i % BLOCK == 0 { 0 } else { shared_prefix(previous, term) };
            put_varint(shared as u32, &mut dictionary);
            put_varint((term.len() - shared) as u32, &mut dictionary);
            dictionary.extend_from_slice(&term.as_bytes()[shared..]);
            put_varint(list.df, &mut dictionary);
            put_varint(list.bytes.len() as u32, &mut dictionary);
            postings.extend_from_slice(&list.bytes);
            previous = term;
        }

        let sections = [tags, lengths, dictionary, postings];
        let mut file = Vec::with_capacity(HEADER_BYTES + sections.iter().map(Vec::len).sum::<usize>());
        file.extend_from_slice(MAGIC);
        let counts = [VERSION, self.lengths[0].len() as u32, sorted.len() as u32];
        for value in counts.into_iter().chain(sections.iter().map(|s| s.len() as u32)) {
            file.extend_from_slice(&value.to_le_bytes());
        }
        for total in self.totals {
            let mean = total as f64 / self.added.max(1) as f64;
            file.extend_from_slice(&(mean as f32).to_le_bytes());
        }
        sections.iter().for_each(|s| file.extend_from_slice(s));
        file
    }
}

impl Postings {
    /// Writes the counts of the passage that ends here, and clears them.
    fn close(&mut self, passage: u32) {
        let tf = std::mem::take(&mut self.tf);
        let plain = tf == [0, 0, 1];
        put_varint((passage - self.next) << 1 | u32::from(!plain), &mut self.bytes);
        if !plain {
            self.bytes.push(pack_tf(tf));
        }
        self.df += 1;
        self.next = passage + 1;
    }
}

/// Bytes that two terms share at the front, cut back to a character.
fn shared_prefix(a: &str, b: &str) -> usize {
    let shared = a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
    (0..=shared).rev().find(|&i| b.is_char_boundary(i)).unwrap_or(0)
}
