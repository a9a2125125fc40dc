//! WordPiece: text to token ids, the same ids as the `tokenizers` crate gives.
//!
//! A word becomes the longest piece of the vocabulary that begins it, then the longest that continues it (pieces that
//! continue a word are written `##ing`), and so on; a word that can't be spelled to its end, or that is too long,
//! becomes `[UNK]` as a whole.
//!
//! *Special tokens in text.* `tokenizers` by default turns the characters `[SEP]` in a text into the special token. A
//! page must not be able to do that to its own passages, so here they are plain text: `[`, `sep`, `]`. It is what
//! `tokenizers` does after `set_encode_special_tokens(true)`, and ids are identical to that on all text.
//!
//! # How a piece is found
//! The vocabulary is one string, `offsets` delimit its tokens, and a table with open addressing leads from a hash to an
//! id. The hash (FNV-1a) goes byte by byte, so one pass over the rest of a word yields the hash of every prefix; they
//! are then probed from the longest down without hashing anything again. A byte of each token's hash stands in a table
//! of its own (64 KB for MiniLM) and answers most misses without touching the vocabulary. Nothing is allocated per word.

use std::ops::ControlFlow;

use serde::Serialize;

use super::normalize::{NormalizeOptions, for_each_word};
use crate::error::{Error, REIMPORT_MODEL, Result};
use crate::json::{Json, JsonResult};

/// What the tokenizer of one model does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WordPieceConfig {
    /// Lower-case the text.
    pub lowercase: bool,
    /// Decompose (NFD) and drop nonspacing marks.
    pub strip_accents: bool,
    /// Put every CJK ideograph into a word of its own.
    pub split_cjk: bool,
    /// Id of `[UNK]`, for a word that the vocabulary cannot spell.
    pub unk_id: u32,
    /// Id of `[CLS]`, which opens every sequence.
    pub cls_id: u32,
    /// Id of `[SEP]`, which closes every text of a sequence.
    pub sep_id: u32,
    /// Id of `[PAD]`. Unused by our engine (nothing is padded); kept for other readers of the file.
    pub pad_id: u32,
    /// A word of more characters than this becomes `[UNK]` (BERT: 100).
    pub max_word_chars: usize,
}

impl WordPieceConfig {
    /// How text becomes words.
    pub fn options(&self) -> NormalizeOptions {
        NormalizeOptions { lowercase: self.lowercase, strip_accents: self.strip_accents, split_cjk: self.split_cjk }
    }

    /// Reads the object that [`Serialize`] writes.
    ///
    /// # Errors
    /// If a field is missing or of another type.
    pub fn from_json(json: &Json) -> JsonResult<Self> {
        Ok(Self {
            lowercase: json.bool("lowercase")?,
            strip_accents: json.bool("strip_accents")?,
            split_cjk: json.bool("split_cjk")?,
            unk_id: json.whole("unk_id")?,
            cls_id: json.whole("cls_id")?,
            sep_id: json.whole("sep_id")?,
            pad_id: json.whole("pad_id")?,
            max_word_chars: json.whole("max_word_chars")?,
        })
    }
}

/// The name under which errors speak of the vocabulary.
const VOCAB: &str = "tokenizer.vocab";
/// Longest token in bytes, `##` included. Real vocabularies stay far below.
const MAX_TOKEN_BYTES: usize = 256;
/// Start of a word's hash.
const FNV_OFFSET: u32 = 0x811c_9dc5;
const FNV_PRIME: u32 = 0x0100_0193;
/// Marks an empty slot.
const EMPTY: u32 = u32::MAX;

/// A tokenizer.
#[derive(Debug, Clone)]
pub struct WordPiece {
    config: WordPieceConfig,
    /// All tokens, end to end.
    tokens: Box<[u8]>,
    /// Token `id` is `tokens[offsets[id]..offsets[id + 1]]`.
    offsets: Box<[u32]>,
    /// Slot → id or `EMPTY`; a power of two long, at most half full.
    ids: Box<[u32]>,
    /// Slot → a byte of the hash of the token there.
    tags: Box<[u8]>,
    /// Hash after `##`.
    continuation: u32,
    /// Length in bytes of the longest token, without `##`.
    longest: usize,
}

impl WordPiece {
    /// A tokenizer for `vocab`: tokens, one a line, whose number (from 0) is the id. Of two equal tokens the later one
    /// counts, as in `tokenizers`.
    ///
    /// # Errors
    /// [`Error::Damaged`] for an empty vocabulary, a token over 256 bytes, or an id of `config` that has no token.
    pub fn new(vocab: &str, config: WordPieceConfig) -> Result<Self> {
        let damaged = |detail| Error::Damaged { file: VOCAB.to_string(), detail, next: REIMPORT_MODEL };
        let mut tokens = Vec::with_capacity(vocab.len());
        let mut offsets = vec![0u32];
        let mut longest = 0;
        for (id, token) in vocab.lines().enumerate() {
            if token.len() > MAX_TOKEN_BYTES {
                return Err(damaged(format!("token {id} has {} bytes, at most {MAX_TOKEN_BYTES} can be", token.len())));
            }
            longest = longest.max(token.strip_prefix("##").unwrap_or(token).len());
            tokens.extend_from_slice(token.as_bytes());
            offsets.push(u32::try_from(tokens.len()).map_err(|_| damaged("more than 4 GB".to_string()))?);
        }
        let count = offsets.len() - 1;
        for (name, id) in
            [("unk_id", config.unk_id), ("cls_id", config.cls_id), ("sep_id", config.sep_id), ("pad_id", config.pad_id)]
        {
            if id as usize >= count {
                return Err(damaged(format!("{name} is {id}, but there are {count} tokens")));
            }
        }
        let slots = (count * 2).next_power_of_two();
        let mut this = WordPiece {
            config,
            tokens: tokens.into(),
            offsets: offsets.into(),
            ids: vec![EMPTY; slots].into(),
            tags: vec![0; slots].into(),
            continuation: hash(FNV_OFFSET, b"##"),
            longest,
        };
        for id in 0..count as u32 {
            let hash = hash(FNV_OFFSET, this.token(id));
            let mut slot = this.slot(hash);
            while this.ids[slot] != EMPTY && this.token(this.ids[slot]) != this.token(id) {
                slot = this.after(slot);
            }
            this.ids[slot] = id;
            this.tags[slot] = tag(hash);
        }
        Ok(this)
    }

    /// Number of tokens.
    pub fn vocab_size(&self) -> usize {
        self.offsets.len() - 1
    }

    /// The text of a token; empty if there is no such id.
    pub fn text_of(&self, id: u32) -> &str {
        let known = (id as usize) < self.vocab_size();
        std::str::from_utf8(if known { self.token(id) } else { b"" }).unwrap_or_default()
    }

    /// The configuration that it was made with.
    pub fn config(&self) -> &WordPieceConfig {
        &self.config
    }

    /// Appends the ids of `text` to `ids`: no special tokens, no truncation.
    pub fn encode_into(&self, text: &str, ids: &mut Vec<u32>) {
        self.append(text, ids, usize::MAX);
    }

    /// `[CLS] text [SEP]`, cut to `max_tokens` in all. Text behind the cut is not looked at.
    ///
    /// Numeric example: MiniLM's ids of `cargo workspaces` are `[101, 6636, 2573, 15327, 2015, 102]`.
    pub fn encode(&self, text: &str, max_tokens: usize) -> Vec<u32> {
        let room = max_tokens.saturating_sub(2);
        let mut ids = vec![self.config.cls_id];
        self.append(text, &mut ids, room);
        ids.push(self.config.sep_id);
        ids
    }

    /// `[CLS] a [SEP] b [SEP]`: `a` cut to `max_a` pieces (and to `max_tokens` with the special tokens), then `b` so that
    /// all fits into `max_tokens`. Returns ids and token types (0 up to the first `[SEP]`, then 1), both `[seq_len]`.
    pub fn encode_pair(&self, a: &str, b: &str, max_a: usize, max_tokens: usize) -> (Vec<u32>, Vec<u32>) {
        let room = max_tokens.saturating_sub(3);
        let mut ids = vec![self.config.cls_id];
        self.append(a, &mut ids, max_a.min(room));
        let left = room + 1 - ids.len();
        ids.push(self.config.sep_id);
        let boundary = ids.len();
        self.append(b, &mut ids, left);
        ids.push(self.config.sep_id);
        let types = (0..ids.len()).map(|at| u32::from(at >= boundary)).collect();
        (ids, types)
    }

    /// Number of pieces of `text`, without special tokens.
    pub fn count(&self, text: &str) -> usize {
        let mut ids = Vec::with_capacity(text.len() / 4);
        self.encode_into(text, &mut ids);
        ids.len()
    }

    /// Appends at most `limit` ids of `text`.
    fn append(&self, text: &str, ids: &mut Vec<u32>, limit: usize) {
        let config = &self.config;
        let options = config.options();
        let end = ids.len().saturating_add(limit);
        if limit == 0 {
            return;
        }
        let mut prefixes = [0; MAX_TOKEN_BYTES];
        for_each_word(text, options, config.max_word_chars, |word| {
            let before = ids.len();
            if word.chars > config.max_word_chars || !self.spell(word.text, &mut prefixes, ids) {
                ids.truncate(before);
                ids.push(config.unk_id);
            }
            if ids.len() >= end { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        ids.truncate(end);
    }

    /// Appends the pieces of `word`. False if it can't be spelled; some pieces may then have been appended. `prefixes` is
    /// scratch: hashes of the prefixes of what is left of the word.
    fn spell(&self, word: &str, prefixes: &mut [u32; MAX_TOKEN_BYTES], ids: &mut Vec<u32>) -> bool {
        let mut seed = FNV_OFFSET;
        let mut rest = word;
        while !rest.is_empty() {
            let bytes = rest.as_bytes();
            let mut hash = seed;
            let reach = bytes.len().min(self.longest);
            for (prefix, byte) in prefixes.iter_mut().zip(&bytes[..reach]) {
                hash = step(hash, *byte);
                *prefix = hash;
            }
            let continues = seed != FNV_OFFSET;
            let found = (1..=reach)
                .rev()
                .filter(|len| rest.is_char_boundary(*len))
                .find_map(|len| Some((len, self.find(prefixes[len - 1], &bytes[..len], continues)?)));
            let Some((len, id)) = found else { return false };
            ids.push(id);
            rest = &rest[len..];
            seed = self.continuation;
        }
        true
    }

    /// Id of the token `piece`, or `##piece` if it `continues` a word, whose hash is given.
    fn find(&self, hash: u32, piece: &[u8], continues: bool) -> Option<u32> {
        let mut slot = self.slot(hash);
        loop {
            let id = self.ids[slot];
            if id == EMPTY {
                return None;
            }
            if self.tags[slot] == tag(hash) {
                let token = self.token(id);
                let token = if continues { token.strip_prefix(b"##") } else { Some(token) };
                if token == Some(piece) {
                    return Some(id);
                }
            }
            slot = self.after(slot);
        }
    }

    fn token(&self, id: u32) -> &[u8] {
        let id = id as usize;
        &self.tokens[self.offsets[id] as usize..self.offsets[id + 1] as usize]
    }

    fn slot(&self, hash: u32) -> usize {
        // FNV's low bits are its weak ones where tokens are a character long; fold the high ones in.
        (hash ^ (hash >> 15)) as usize & (self.ids.len() - 1)
    }

    fn after(&self, slot: usize) -> usize {
        (slot + 1) & (self.ids.len() - 1)
    }
}

fn step(hash: u32, byte: u8) -> u32 {
    (hash ^ u32::from(byte)).wrapping_mul(FNV_PRIME)
}

fn hash(seed: u32, bytes: &[u8]) -> u32 {
    bytes.iter().fold(seed, |hash, byte| step(hash, *byte))
}

fn tag(hash: u32) -> u8 {
    (hash >> 24) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    const VOCAB: &str = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[\n]\nun\n##aff\n##able\nsep\na\nb\n##b\ncafe\n##é\n日";

    fn tokenizer() -> WordPiece {
        let config = WordPieceConfig {
            lowercase: true,
            strip_accents: true,
            split_cjk: true,
            unk_id: 1,
            cls_id: 2,
            sep_id: 3,
            pad_id: 0,
            max_word_chars: 100,
        };
        WordPiece::new(VOCAB, config).unwrap()
    }

    fn ids(text: &str) -> Vec<u32> {
        let mut ids = Vec::new();
        tokenizer().encode_into(text, &mut ids);
        ids
    }

    #[test]
    fn longest_piece_first() {
        assert_eq!(ids("unaffable"), [6, 7, 8]);
        assert_eq!(ids("Café 日b"), [13, 15, 11]);
    }

    #[test]
    fn a_word_that_can_not_be_spelled_is_one_unk() {
        assert_eq!(ids("unaffablex un"), [1, 6]);
        assert_eq!(ids("affable"), [1]);
    }

    #[test]
    fn special_tokens_in_text_are_text() {
        assert_eq!(ids("a[SEP]b"), [10, 4, 9, 5, 11]);
    }

    #[test]
    fn words_have_a_longest_length() {
        let long = |len: usize| ids(&format!("a{}", "b".repeat(len - 1)));
        assert_eq!(long(100).len(), 100);
        assert_eq!(long(101), [1]);
        assert_eq!(long(10_000), [1]);
    }

    #[test]
    fn truncation_counts_special_tokens() {
        let tokenizer = tokenizer();
        assert_eq!(tokenizer.encode("a b unaffable", 6), [2, 10, 11, 6, 7, 3]);
        assert_eq!(tokenizer.encode("a b", 4), [2, 10, 11, 3]);
        assert_eq!(tokenizer.encode("a b", 2), [2, 3]);
        assert_eq!(tokenizer.encode("", 9), [2, 3]);
        let (ids, types) = tokenizer.encode_pair("a a a a a", "b b b", 2, 7);
        assert_eq!(ids, [2, 10, 10, 3, 11, 11, 3]);
        assert_eq!(types, [0, 0, 0, 0, 1, 1, 1]);
        assert_eq!(tokenizer.encode_pair("a a", "b", 9, 9).0, [2, 10, 10, 3, 11, 3], "nothing to cut");
        assert_eq!(tokenizer.encode_pair("a a a", "b", 9, 5).0, [2, 10, 10, 3, 3], "no room for the second");
        assert_eq!(tokenizer.encode_pair("a", "b", 9, 0).0, [2, 3, 3]);
        assert_eq!(tokenizer.count("a unaffable"), 4);
    }

    #[test]
    fn bad_vocabularies_are_refused() {
        let config = tokenizer().config().clone();
        assert!(matches!(WordPiece::new("", config.clone()), Err(Error::Damaged { .. })));
        assert!(matches!(WordPiece::new("[PAD]\n[UNK]", config.clone()), Err(Error::Damaged { .. })));
        let long = format!("{VOCAB}\n{}", "x".repeat(257));
        assert!(matches!(WordPiece::new(&long, config), Err(Error::Damaged { .. })));
    }
}
