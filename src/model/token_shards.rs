//! The static query tower as a browser reads it: the rows of a query's tokens, and no more of the vocabulary than that takes.
//!
//! A row's shard has its token beside it, and tokens stand in the order of their bytes; one that stands in an earlier shard is
//! repeated, with its row, at the head of each shard whose name begins with it. WordPiece needs nothing else (see
//! [`spell`](crate::text::spell)).
//!
//! The most frequent words are *hot*: their rows are also together in the first shards, and the root names them. A word that
//! is a token as a whole is its own longest token.
//!
//! ```text
//! root    "STok" | dim u16 | lowercase u8 | strip accents u8 | split CJK u8 | longest word u16, characters | rows of a hot shard varint
//!         | spread bf16[dim] | bits u8[dim] | hot words varint, texts | shards varint, what names each, texts
//! shard   rows varint | tokens, texts | lengths bf16[rows] | codes of the directions [rows, code]
//! ```
//! The first hot word is empty: it stands for words that the vocabulary can't spell (`[UNK]`). Hot shards come first. Vectors
//! are in coordinates along an index's axes (see [`codes`](crate::codes)); a row is a length times a direction.

use super::bi_encoder::l2_normalise;
use super::static_tower::MAX_PIECES;
use crate::bytes::{Bytes, put_halves, put_texts, put_varint};
use crate::codes::{Code, MAX_BITS};
use crate::error::{Error, REBUILD_INDEX, Result};
use crate::text::normalize::{NormalizeOptions, for_each_word};
use crate::text::spell::{shard_of, spell};
use std::ops::ControlFlow;

const MAGIC: &[u8; 4] = b"STok";

/// What the root holds.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenRoot {
    /// How text becomes words.
    pub options: NormalizeOptions,
    /// Longest word, in characters; a longer one can't be spelled.
    pub max_word_chars: usize,
    /// Rows of a hot shard.
    pub hot_rows: usize,
    /// Standard deviation of the directions along each axis; their mean is 0.
    pub spread: Vec<f32>,
    /// Bits of each axis.
    pub bits: Vec<u8>,
    /// Hot words; the first is empty.
    pub hot: Vec<String>,
    /// What names each other shard (see [`separator`](crate::text::spell::separator)).
    pub starts: Vec<String>,
}

impl TokenRoot {
    /// The code of directions.
    pub fn code(&self) -> Code {
        Code::new(&vec![0.0; self.spread.len()], &self.spread, &self.bits)
    }

    /// The root's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.extend((self.spread.len() as u16).to_le_bytes());
        out.extend([self.options.lowercase, self.options.strip_accents, self.options.split_cjk].map(u8::from));
        out.extend((self.max_word_chars as u16).to_le_bytes());
        put_varint(self.hot_rows as u32, &mut out);
        put_halves(&self.spread, &mut out);
        out.extend(&self.bits);
        for texts in [&self.hot, &self.starts] {
            put_varint(texts.len() as u32, &mut out);
            put_texts(texts.iter().map(String::as_str), &mut out);
        }
        out
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let mut bytes = Bytes(bytes);
        if bytes.take(4)? != MAGIC {
            return None;
        }
        let dim = usize::from(bytes.u16()?);
        let (lowercase, strip_accents, split_cjk) = (bytes.byte()? == 1, bytes.byte()? == 1, bytes.byte()? == 1);
        let (max_word_chars, hot_rows) = (usize::from(bytes.u16()?), bytes.varint()? as usize);
        let spread = bytes.halves(dim)?;
        let bits = bytes.take(dim)?.to_vec();
        let mut texts = || {
            let count = bytes.varint()?;
            bytes.texts(count as usize)
        };
        let (hot, starts) = (texts()?, texts()?);
        let sound = bits.iter().all(|&bits| bits <= MAX_BITS) && spread.iter().all(|value| value.is_finite());
        let options = NormalizeOptions { lowercase, strip_accents, split_cjk };
        let file = Self { options, max_word_chars, hot_rows, spread, bits, hot, starts };
        (sound && bytes.0.is_empty() && file.hot_rows > 0 && !file.hot.is_empty() && !file.starts.is_empty())
            .then_some(file)
    }
}

/// A shard's body: tokens with the length and the code of each row.
pub fn shard_body(tokens: &[&str], lengths: &[f32], codes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    put_varint(tokens.len() as u32, &mut out);
    put_texts(tokens.iter().copied(), &mut out);
    put_halves(lengths, &mut out);
    out.extend(codes);
    out
}

#[derive(Debug)]
struct Shard {
    tokens: Vec<String>,
    lengths: Vec<f32>,
    codes: Vec<u8>,
}

impl Shard {
    fn parse(body: &[u8], code_bytes: usize) -> Option<Self> {
        let mut bytes = Bytes(body);
        let count = bytes.varint()? as usize;
        let (tokens, lengths) = (bytes.texts(count)?, bytes.halves(count)?);
        let sound = bytes.0.len() == count * code_bytes && lengths.iter().all(|length| length.is_finite());
        sound.then(|| Self { tokens, lengths, codes: bytes.0.to_vec() })
    }

    /// The longest token of more than `least` bytes with which `text` begins.
    fn longest(&self, text: &str, least: usize) -> Option<usize> {
        let fits = |token: &String| token.len() > least && text.starts_with(token.as_str());
        let lengths = self.tokens.iter().map(|token| if fits(token) { token.len() } else { 0 });
        let (at, length) =
            lengths.enumerate().fold((0, 0), |best, (at, len)| if len > best.1 { (at, len) } else { best });
        (length > 0).then_some(at)
    }
}

/// A token: its shard and its row in it.
type Place = (u32, usize);

/// A static query tower of which shards have been added as queries need them.
#[derive(Debug)]
pub struct TokenShards {
    file: String,
    root: TokenRoot,
    code: Code,
    shards: Vec<Option<Shard>>,
}

impl TokenShards {
    /// Opens a root; `file` is only for messages.
    ///
    /// # Errors
    /// If it is damaged.
    pub fn open(content: &[u8], file: &str) -> Result<Self> {
        let Some(root) = TokenRoot::parse(content) else {
            let detail = "it is not a whole root of a static query tower".to_owned();
            return Err(Error::Damaged { file: file.to_owned(), detail, next: REBUILD_INDEX });
        };
        let count = root.hot.len().div_ceil(root.hot_rows) + root.starts.len();
        Ok(Self { file: file.to_owned(), code: root.code(), shards: (0..count).map(|_| None).collect(), root })
    }

    /// Number of axes.
    pub fn dim(&self) -> usize {
        self.code.dim()
    }

    /// Number of shards.
    pub fn num_shards(&self) -> u32 {
        self.shards.len() as u32
    }

    /// Adds a shard; none if its body is not one.
    pub fn add_shard(&mut self, shard: u32, body: &[u8]) -> Option<()> {
        let slot = self.shards.get_mut(shard as usize)?;
        *slot = Some(Shard::parse(body, self.code.len_bytes())?);
        Some(())
    }

    /// Shards that a query needs and that have not been added, as far as can be told; ask again when these have been, until
    /// there are none. A word of several tokens takes as many rounds.
    pub fn missing(&self, query: &str) -> Vec<u32> {
        self.places(query).1
    }

    /// The vector of a query, of length 1: `[dim]`. Zeros if it has no token.
    ///
    /// # Errors
    /// If a shard that it needs has not been added.
    pub fn embed(&self, query: &str) -> Result<Vec<f32>> {
        let (places, missing) = self.places(query);
        self.check(&missing)?;
        let mut sum = vec![0.0; self.dim()];
        for (shard, at) in places.into_iter().take(MAX_PIECES) {
            if let Some(Some(shard)) = self.shards.get(shard as usize)
                && let Some(code) = shard.codes.chunks_exact(self.code.len_bytes().max(1)).nth(at)
            {
                self.code.add_to(&mut sum, code, shard.lengths[at]);
            }
        }
        l2_normalise(&mut sum);
        Ok(sum)
    }

    /// The tokens of a query; an empty one for a word that can't be spelled.
    ///
    /// # Errors
    /// If a shard that it needs has not been added.
    pub fn tokens(&self, query: &str) -> Result<Vec<String>> {
        let (places, missing) = self.places(query);
        self.check(&missing)?;
        let token = |(shard, at): Place| Some(self.shards.get(shard as usize)?.as_ref()?.tokens[at].clone());
        Ok(places.into_iter().take(MAX_PIECES).filter_map(token).collect())
    }

    fn check(&self, missing: &[u32]) -> Result<()> {
        let Some(shard) = missing.first() else { return Ok(()) };
        let detail = format!("this query needs shard {shard}, and it is not loaded");
        Err(Error::Unsupported { file: self.file.clone(), detail, next: "Add the shards that `missing` names first" })
    }

    /// Places of a query's tokens, and shards without which they can't be told.
    fn places(&self, query: &str) -> (Vec<Place>, Vec<u32>) {
        let (mut places, mut missing) = (Vec::new(), Vec::new());
        for_each_word(query, self.root.options, self.root.max_word_chars, |word| {
            let before = places.len();
            match self.spell(word.text, word.chars, &mut places) {
                Ok(true) => {}
                Ok(false) => {
                    places.truncate(before);
                    self.add_hot(0, &mut places, &mut missing);
                }
                Err(shard) => insert(shard, &mut missing),
            }
            if let Some(&(shard, _)) = places.last().filter(|(shard, _)| self.shards[*shard as usize].is_none()) {
                insert(shard, &mut missing);
            }
            if places.len() >= MAX_PIECES { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        (places, missing)
    }

    fn add_hot(&self, at: usize, places: &mut Vec<Place>, missing: &mut Vec<u32>) {
        let shard = (at / self.root.hot_rows) as u32;
        if self.shards[shard as usize].is_none() {
            insert(shard, missing);
        }
        places.push((shard, at % self.root.hot_rows));
    }

    /// Appends the places of a word's tokens; false if it can't be spelled, a shard if that is needed to tell.
    fn spell(&self, word: &str, chars: usize, places: &mut Vec<Place>) -> std::result::Result<bool, u32> {
        if chars > self.root.max_word_chars {
            return Ok(false);
        }
        if let Some(at) = self.root.hot.iter().position(|hot| hot == word) {
            places.push(((at / self.root.hot_rows) as u32, at % self.root.hot_rows));
            return Ok(true);
        }
        let first = self.shards.len() - self.root.starts.len();
        let longest = |text: &str, least| {
            let number = (first + shard_of(&self.root.starts, text)) as u32;
            let shard = self.shards[number as usize].as_ref().ok_or(number)?;
            Ok(shard.longest(text, least).map(|at| (shard.tokens[at].len(), (number, at))))
        };
        spell(word, longest, places)
    }
}

/// Inserts a number into a list in order, if it is not there.
fn insert(number: u32, list: &mut Vec<u32>) {
    if let Err(at) = list.binary_search(&number) {
        list.insert(at, number);
    }
}
