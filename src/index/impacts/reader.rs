//! Reading the files: the chunks are added as queries need them.

use super::MAGIC;
use super::list::List;
use super::query::ImpactQuery;
use crate::bytes::{Bytes, put_varint};
use crate::index::sections::MOST_PASSAGES;
use crate::text::normalize::{NormalizeOptions, for_each_word};
use crate::text::spell::{MAX_PIECES, shard_of, spell};
use crate::text::stop_words::is_stop_word;
use std::ops::ControlFlow;

/// How a query becomes words that are spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spelling {
    /// How text becomes words.
    pub options: NormalizeOptions,
    /// Longest word, in characters; a longer one can't be spelled.
    pub max_word_chars: usize,
}

impl Spelling {
    pub(super) fn put(self, out: &mut Vec<u8>) {
        let NormalizeOptions { lowercase, strip_accents, split_cjk } = self.options;
        out.extend([lowercase, strip_accents, split_cjk].map(u8::from));
        put_varint(self.max_word_chars as u32, out);
    }

    fn read(bytes: &mut Bytes<'_>) -> Option<Self> {
        let (lowercase, strip_accents, split_cjk) = (bytes.byte()? == 1, bytes.byte()? == 1, bytes.byte()? == 1);
        let options = NormalizeOptions { lowercase, strip_accents, split_cjk };
        Some(Self { options, max_word_chars: bytes.varint()? as usize })
    }
}

/// Postings of impacts of which chunks have been added.
#[derive(Debug)]
pub struct ImpactIndex {
    spelling: Spelling,
    parts: u32,
    /// What names each chunk.
    starts: Vec<String>,
    chunks: Vec<Option<Chunk>>,
}

/// Tokens in order with their lists, whose postings lie in `bytes`.
#[derive(Debug)]
struct Chunk {
    /// Lengths of the tokens of earlier chunks with which the first one begins.
    heads: Vec<usize>,
    tokens: Vec<String>,
    lists: Vec<List>,
    bytes: Vec<u8>,
}

impl Chunk {
    fn read(body: &[u8], parts: u32) -> Option<Self> {
        let mut bytes = Bytes(body);
        let heads = bytes.varint()?;
        let heads: Vec<usize> = (0..heads).map(|_| Some(bytes.varint()? as usize)).collect::<Option<_>>()?;
        let count = bytes.varint()? as usize;
        let tokens = bytes.texts(count)?;
        let lists: Vec<List> = (0..count).map(|_| List::read(&mut bytes, body.len(), parts)).collect::<Option<_>>()?;
        let first = tokens.first()?;
        let sound = bytes.0.is_empty()
            && tokens.is_sorted_by(|a, b| a < b)
            && heads.iter().all(|&length| (1..first.len()).contains(&length) && first.is_char_boundary(length));
        sound.then(|| Self { heads, tokens, lists, bytes: body.to_vec() })
    }

    /// The longest token of more than `least` bytes with which `text` begins, of the range of which this chunk is.
    fn longest(&self, text: &str, least: usize) -> Option<&str> {
        let first = self.tokens[0].as_str();
        let heads = self.heads.iter().map(|&length| &first[..length]);
        let fits = |token: &&str| token.len() > least && text.starts_with(*token);
        let tokens = heads.chain(self.tokens.iter().map(String::as_str)).filter(fits);
        tokens.fold(
            None,
            |best, token| if best.is_none_or(|best: &str| token.len() > best.len()) { Some(token) } else { best },
        )
    }
}

impl ImpactIndex {
    /// Opens a root; none if it is not one.
    pub fn open(root: &[u8]) -> Option<Self> {
        let mut bytes = Bytes(root);
        if bytes.take(4)? != MAGIC {
            return None;
        }
        let spelling = Spelling::read(&mut bytes)?;
        let (parts, count) = (bytes.varint()?, bytes.varint()? as usize);
        let starts = bytes.texts(count)?;
        let sound = bytes.0.is_empty() && count > 0 && parts <= MOST_PASSAGES && starts.is_sorted_by(|a, b| a < b);
        sound.then(|| Self { spelling, parts, starts, chunks: (0..count).map(|_| None).collect() })
    }

    /// Adds a chunk; none if its body is not one, or there is no such chunk.
    pub fn add(&mut self, number: u32, body: &[u8]) -> Option<()> {
        let chunk = Chunk::read(body, self.parts)?;
        *self.chunks.get_mut(number as usize)? = Some(chunk);
        Some(())
    }

    /// Number of parts.
    pub fn parts(&self) -> u32 {
        self.parts
    }

    /// Number of chunks.
    pub fn chunks(&self) -> u32 {
        self.chunks.len() as u32
    }

    /// The chunk in whose range a token falls.
    pub fn chunk_of(&self, token: &str) -> u32 {
        shard_of(&self.starts, token) as u32
    }

    /// The tokens of a query without its stop words, in its order, at most [`MAX_PIECES`], and the chunks that it needs and that have not been added, as far as can be told:
    /// ask again when these have been, until there are none. A word of several tokens takes as many rounds.
    pub fn tokens(&self, query: &str) -> (Vec<String>, Vec<u32>) {
        let (mut tokens, mut missing) = (Vec::new(), Vec::new());
        let mut needs = |number: u32| {
            if let Err(at) = missing.binary_search(&number) {
                missing.insert(at, number);
            }
        };
        let longest = |text: &str, least| {
            let number = self.chunk_of(text);
            let chunk = self.chunks[number as usize].as_ref().ok_or(number)?;
            Ok(chunk.longest(text, least).map(|token| (token.len(), token.to_owned())))
        };
        let Spelling { options, max_word_chars } = self.spelling;
        for_each_word(query, options, max_word_chars, |word| {
            if word.chars <= max_word_chars && !is_stop_word(word.text) {
                let mut spelled = Vec::new();
                match spell(word.text, longest, &mut spelled) {
                    Ok(true) => tokens.append(&mut spelled),
                    Ok(false) => {}
                    Err(number) => needs(number),
                }
            }
            if tokens.len() >= MAX_PIECES { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        tokens.truncate(MAX_PIECES);
        let lists = tokens.iter().map(|token| self.chunk_of(token));
        lists.filter(|&number| self.chunks[number as usize].is_none()).for_each(needs);
        (tokens, missing)
    }

    /// The query of these tokens; one that comes twice counts twice. Tokens without a list, or whose chunk has not been added,
    /// give nothing.
    pub fn query<'t>(&self, tokens: impl IntoIterator<Item = &'t str>) -> ImpactQuery<'_> {
        let mut sorted: Vec<&str> = Vec::new();
        for token in tokens {
            // few; no sorting algorithm is for visitors to download
            let place = sorted.partition_point(|other| *other < token);
            sorted.insert(place, token);
        }
        let list_of = |same: &[&str]| {
            let chunk = self.chunks[self.chunk_of(same[0]) as usize].as_ref()?;
            let at = chunk.tokens.binary_search_by(|token| token.as_str().cmp(same[0])).ok()?;
            Some((&chunk.lists[at], chunk.bytes.as_slice(), same.len() as f32))
        };
        ImpactQuery::new(self.parts, sorted.chunk_by(|a, b| a == b).filter_map(list_of).collect())
    }
}
