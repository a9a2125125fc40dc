//! The static query tower: the vector of a query is the sum of its tokens' rows, brought to length 1. No transformer, and
//! no order of words.
//!
//! ```text
//! q = normalise(Σ_tokens scale[token] · row[token])            in the vector space of the bi-encoder it was fitted to
//! ```
//! A token's weight is the length of its row. This is the model file, with all rows; what lies beside an index, so that a query
//! fetches only the rows of its tokens, is in [`token_shards`](super::token_shards).
//!
//! ```text
//! file     metadata as in `file`, kind `static-tower`; siteseer.aligned_source_sha256 and siteseer.tokenizer_sha256 are
//!          the bi-encoder's; siteseer.config {"dim", "bits", "vocab_size", "rows_per_shard": 0, "tokenizer"}
//!          tokens U8 [bytes]       tiers U8 [vocab_size]
//!          scales F32 [n]          rows: I8 [n, dim] of 8 bits, U8 [n, dim / 2] of 4 bits
//! ```
//! *Tokens* are those of the bi-encoder that have a row, and the special ones, sorted, each as the number of bytes that it
//! shares with the one before, the other bytes, and a line feed: less than half of what the bi-encoder's vocabulary takes.
//! Token ids here are places in that list. *Tiers* tell how frequent a token is, from 1 on, and 0 that it has no row; rows stand by
//! tier, and within a tier by token id. 4-bit rows hold even columns in the low halves of their bytes; a value is the half minus 8.

use super::beside::Beside;
use super::bi_encoder::l2_normalise;
use super::file::key;
use crate::error::{REIMPORT_MODEL, Result};
use crate::json::{Json, JsonResult};
use crate::tensors::{Dtype, TensorFile};
use crate::text::word_piece::{WordPiece, WordPieceConfig};

/// Value of `siteseer.kind`.
pub const KIND: &str = "static-tower";
/// Tokens of a query that are looked up; the rest of a longer one is not read.
pub use crate::text::spell::MAX_PIECES;
/// Name of the tensor that holds the tokens.
pub(super) const TOKENS: &str = "tokens";
/// Slot of a token without a row.
const NO_ROW: u32 = u32::MAX;

/// What the file says about itself in numbers.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct StaticConfig {
    /// Length of a row.
    pub dim: usize,
    /// Bits of a value: 8 or 4.
    pub bits: usize,
    /// Tokens of the vocabulary.
    pub vocab_size: usize,
    /// Rows of a file's part; 0, since a model file has no parts.
    pub rows_per_shard: usize,
    /// The tokenizer's settings.
    pub tokenizer: WordPieceConfig,
}

impl StaticConfig {
    fn from_json(json: &Json) -> JsonResult<Self> {
        Ok(Self {
            dim: json.whole("dim")?,
            bits: json.whole("bits")?,
            vocab_size: json.whole("vocab_size")?,
            rows_per_shard: json.whole("rows_per_shard")?,
            tokenizer: WordPieceConfig::from_json(json.object("tokenizer")?)?,
        })
    }

    /// Type and shape of `n` rows.
    pub(super) fn rows(&self, n: usize) -> (Dtype, [usize; 2]) {
        if self.bits == 8 { (Dtype::I8, [n, self.dim]) } else { (Dtype::U8, [n, self.dim / 2]) }
    }

    fn check(&self) -> std::result::Result<(), String> {
        let even = self.dim > 0 && self.dim.is_multiple_of(2) && self.dim <= 1 << 14;
        if !even || !matches!(self.bits, 4 | 8) || self.vocab_size > 1 << 24 || self.rows_per_shard != 0 {
            return Err("the sizes make no sense".to_owned());
        }
        Ok(())
    }
}

/// Some rows with their scales.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    scales: Vec<f32>,
    /// `[rows, row_bytes]`
    values: Vec<u8>,
}

impl Rows {
    /// The tensors `scales` and `rows` of a file, the latter of this type and shape.
    pub(super) fn read(tensors: &TensorFile<'_>, (dtype, shape): (Dtype, [usize; 2])) -> Result<Self> {
        let scales = tensors.f32("scales", &shape[..1])?;
        if scales.iter().any(|scale| !scale.is_finite()) {
            return Err(tensors.damaged("a scale is not a number".to_owned()));
        }
        Ok(Self { scales, values: tensors.bytes("rows", dtype, &shape)?.to_vec() })
    }

    /// Adds row `at` to `sum`.
    pub(super) fn add_to(&self, sum: &mut [f32], at: usize, bits: usize) {
        let scale = self.scales[at];
        let len = sum.len() * bits / 8;
        let row = &self.values[at * len..(at + 1) * len];
        if bits == 8 {
            sum.iter_mut().zip(row).for_each(|(s, &v)| *s += scale * f32::from(v as i8));
            return;
        }
        let value = |half: u8| f32::from(half) - 8.0;
        for (pair, &byte) in sum.chunks_exact_mut(2).zip(row) {
            pair[0] += scale * value(byte & 15);
            pair[1] += scale * value(byte >> 4);
        }
    }
}

/// A static query tower.
#[derive(Debug)]
pub struct StaticTower {
    id: String,
    aligned_source_sha256: String,
    tokenizer_sha256: String,
    config: StaticConfig,
    tokenizer: WordPiece,
    /// Token → place of its row, or [`NO_ROW`].
    slots: Vec<u32>,
    rows: Rows,
}

impl StaticTower {
    /// Reads a model file; `file_name` is only for messages.
    ///
    /// # Errors
    /// If the bytes are not such a file, whole and of a version that this build reads.
    pub fn load(bytes: &[u8], file_name: &str) -> Result<Self> {
        let tensors = TensorFile::parse(bytes, file_name, REIMPORT_MODEL)?;
        let about = Beside::read(&tensors, file_name, KIND, "Use a static query tower here")?;
        let config = StaticConfig::from_json(&about.config);
        let config = config.map_err(|error| error.to_string()).and_then(|config| config.check().map(|()| config));
        let config = config.map_err(|detail| tensors.damaged(format!("{}: {detail}", key::CONFIG)))?;

        let vocab = unpack_tokens(tensors.bytes_of(tensors.tensor(TOKENS, Dtype::U8)?));
        let vocab = vocab.ok_or_else(|| tensors.damaged(format!("{TOKENS} is not a list of tokens")))?;
        let tokenizer = WordPiece::new(&vocab, config.tokenizer.clone())?;
        if tokenizer.vocab_size() != config.vocab_size {
            return Err(tensors.damaged(format!("{} tokens, not {}", tokenizer.vocab_size(), config.vocab_size)));
        }
        let (slots, n) = slots_of(tensors.bytes("tiers", Dtype::U8, &[config.vocab_size])?);
        let rows = Rows::read(&tensors, config.rows(n))?;
        Ok(Self {
            id: about.id,
            aligned_source_sha256: about.aligned_source_sha256,
            tokenizer_sha256: about.tokenizer_sha256,
            config,
            tokenizer,
            slots,
            rows,
        })
    }

    /// Name of the model.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// SHA-256 of the source of the bi-encoder in whose vector space its vectors lie.
    pub fn aligned_source_sha256(&self) -> &str {
        &self.aligned_source_sha256
    }

    /// Hash of the vocabulary and tokenizer settings of that bi-encoder, of whose tokens these are a part.
    pub fn tokenizer_sha256(&self) -> &str {
        &self.tokenizer_sha256
    }

    /// The numbers of the file.
    pub fn config(&self) -> &StaticConfig {
        &self.config
    }

    /// Tokens that have a row.
    pub fn num_rows(&self) -> usize {
        self.slots.iter().filter(|&&slot| slot != NO_ROW).count()
    }

    /// Text of a token.
    pub fn token(&self, id: u32) -> &str {
        self.tokenizer.text_of(id)
    }

    /// Whether a token has a row.
    pub fn has_row(&self, id: u32) -> bool {
        self.place(id).is_some()
    }

    /// The row of a token, `[dim]`; zeros if it has none.
    pub fn row(&self, id: u32) -> Vec<f32> {
        let mut row = vec![0.0; self.config.dim];
        if let Some(place) = self.place(id) {
            self.rows.add_to(&mut row, place, self.config.bits);
        }
        row
    }

    /// Place of a token's row, if it has one: the more frequent a token, the nearer to 0, by tiers.
    pub fn place(&self, id: u32) -> Option<usize> {
        self.slots.get(id as usize).filter(|slot| **slot != NO_ROW).map(|slot| *slot as usize)
    }

    /// Token ids of a query: no special tokens, at most [`MAX_PIECES`].
    pub fn tokenize(&self, query: &str) -> Vec<u32> {
        let mut ids = Vec::new();
        self.tokenizer.encode_into(query, &mut ids);
        ids.truncate(MAX_PIECES);
        ids
    }

    /// The vector of these tokens, of length 1: `[dim]`. Zeros if none has a row.
    pub fn embed(&self, ids: &[u32]) -> Vec<f32> {
        let mut sum = vec![0.0; self.config.dim];
        for place in ids.iter().filter_map(|&id| self.place(id)) {
            self.rows.add_to(&mut sum, place, self.config.bits);
        }
        l2_normalise(&mut sum);
        sum
    }
}

/// Places of the rows by token id, and their number: by tier, then by id.
pub(super) fn slots_of(tiers: &[u8]) -> (Vec<u32>, usize) {
    let mut slots = vec![NO_ROW; tiers.len()];
    let mut next = 0;
    for tier in 1..=tiers.iter().copied().max().unwrap_or(0) {
        for (slot, _) in slots.iter_mut().zip(tiers).filter(|(_, t)| **t == tier) {
            *slot = next;
            next += 1;
        }
    }
    (slots, next as usize)
}

/// Tokens one a line out of their packed form; none if it is broken.
pub(super) fn unpack_tokens(mut packed: &[u8]) -> Option<String> {
    let (mut lines, mut before) = (Vec::new(), 0..0);
    while let [shared, rest @ ..] = packed {
        let len = rest.iter().position(|&byte| byte == b'\n')?;
        if usize::from(*shared) > before.len() {
            return None;
        }
        let start = lines.len();
        lines.extend_from_within(before.start..before.start + usize::from(*shared));
        lines.extend_from_slice(&rest[..len]);
        before = start..lines.len();
        lines.push(b'\n');
        packed = &rest[len + 1..];
    }
    String::from_utf8(lines).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_by_tier_then_by_token() {
        assert_eq!(slots_of(&[2, 0, 1, 2, 1]), (vec![2, NO_ROW, 0, 3, 1], 4));
        assert_eq!(slots_of(&[0, 0]), (vec![NO_ROW; 2], 0));
        assert_eq!(slots_of(&[]), (vec![], 0));
    }

    #[test]
    fn tokens_share_what_they_begin_with() {
        let packed = b"\x00##s\n\x03old\n\x00car\n\x03go\n\x02t\n";
        assert_eq!(unpack_tokens(packed).as_deref(), Some("##s\n##sold\ncar\ncargo\ncat\n"));
        assert_eq!(unpack_tokens(b"").as_deref(), Some(""));
        for cut in 1..packed.len() {
            let whole = packed[cut - 1] == b'\n';
            assert_eq!(unpack_tokens(&packed[..cut]).is_some(), whole, "cut at {cut}");
        }
        assert_eq!(unpack_tokens(b"\x00a\n\x02b\n"), None, "more than the token before has");
        assert_eq!(unpack_tokens(b"\x00\xc3\n"), None, "half a character");
    }

    #[test]
    fn rows_of_both_widths_add_up() {
        let eight = Rows { scales: vec![1.0, 0.5], values: [1i8, 2, -3, 4].map(|v| v as u8).to_vec() };
        let mut sum = vec![1.0, 1.0];
        eight.add_to(&mut sum, 1, 8);
        assert_eq!(sum, [-0.5, 3.0]);
        // 7 and -8, then -1 and 0
        let four = Rows { scales: vec![2.0, 0.5], values: vec![15, 0x87] };
        let mut sum = vec![1.0, 1.0];
        four.add_to(&mut sum, 0, 4);
        assert_eq!(sum, [15.0, -15.0]);
        four.add_to(&mut sum, 1, 4);
        assert_eq!(sum, [14.5, -15.0]);
    }
}
