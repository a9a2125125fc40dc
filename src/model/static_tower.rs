//! The static query tower: the vector of a query is the sum of its tokens' rows, brought to length 1. No transformer, and
//! no order of words.
//!
//! ```text
//! q = normalise(Σ_tokens scale[token] · row[token])            in the vector space of the bi-encoder it was fitted to
//! ```
//! A token's weight is the length of its row. The rows lie either all in one model file, or beside an index in a *root* and in
//! *shards* of some rows each, so that a query fetches only the shards that hold its tokens' rows:
//!
//! ```text
//! file     metadata as in `file`, kind `static-tower`; siteseer.aligned_source_sha256 and siteseer.tokenizer_sha256 are
//!          the bi-encoder's; siteseer.config {"dim", "bits", "vocab_size", "rows_per_shard", "tokenizer"}
//!          tokens U8 [bytes]       tiers U8 [vocab_size]
//! model    … and  scales F32 [n]            rows: I8 [n, dim] of 8 bits, U8 [n, dim / 2] of 4 bits
//! root     … and  shards U8 [n / rows_per_shard, 16]: the first half of each shard's SHA-256
//! shard    scales F32 [m], rows as above, no metadata; m = rows_per_shard, but for the last one
//! ```
//! *Tokens* are those of the bi-encoder that have a row, and the special ones, sorted, each as the number of bytes that it
//! shares with the one before, the other bytes, and a line feed: less than half of what the bi-encoder's vocabulary takes to
//! download. Token ids here are places in that list. *Tiers* tell where a token's row is: 0 that there is none; rows stand by
//! tier, and within a tier by token id. Frequent tokens are in the first tiers, so their shards serve many queries, and a byte that mostly repeats
//! is all that a token costs in the root. 4-bit rows hold even columns in the low halves of their bytes; a value is the half minus 8.

use super::bi_encoder::l2_normalise;
use super::file::{FORMAT_VERSION, key};
use crate::error::{Error, REBUILD_INDEX, REIMPORT_MODEL, Result};
use crate::hash::sha256_hex;
use crate::json::{Json, JsonResult};
use crate::tensors::{Dtype, TensorFile};
use crate::text::word_piece::{WordPiece, WordPieceConfig};

/// Value of `siteseer.kind`.
pub const KIND: &str = "static-tower";
/// Tokens of a query that are looked up; the rest of a longer one is not read.
pub const MAX_PIECES: usize = 64;
/// Bytes of a shard's SHA-256 that the root keeps: enough to tell any two apart.
pub const HASH_BYTES: usize = 16;
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
    /// Rows of a shard; 0 in a model file, which has none.
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
        if !even || !matches!(self.bits, 4 | 8) || self.vocab_size > 1 << 24 || self.rows_per_shard > 1 << 24 {
            return Err("the sizes make no sense".to_owned());
        }
        Ok(())
    }
}

/// Some rows with their scales.
#[derive(Debug, Clone)]
struct Rows {
    scales: Vec<f32>,
    /// `[rows, row_bytes]`
    values: Vec<u8>,
}

impl Rows {
    /// The tensors `scales` and `rows` of a file, which must be `n`.
    fn read(tensors: &TensorFile<'_>, config: &StaticConfig, n: usize) -> Result<Self> {
        let scales = tensors.f32("scales", &[n])?;
        if scales.iter().any(|scale| !scale.is_finite()) {
            return Err(tensors.damaged("a scale is not a number".to_owned()));
        }
        let (dtype, shape) = config.rows(n);
        Ok(Self { scales, values: tensors.bytes("rows", dtype, &shape)?.to_vec() })
    }

    /// Adds row `at` to `sum`.
    fn add_to(&self, sum: &mut [f32], at: usize, bits: usize) {
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

/// A static query tower, whole or with the shards that have been added.
#[derive(Debug)]
pub struct StaticTower {
    file: String,
    id: String,
    aligned_source_sha256: String,
    tokenizer_sha256: String,
    config: StaticConfig,
    tokenizer: WordPiece,
    /// Token → place of its row, or [`NO_ROW`].
    slots: Vec<u32>,
    /// Hexadecimal digits of each shard's hash.
    hashes: Vec<String>,
    shards: Vec<Option<Rows>>,
}

impl StaticTower {
    /// Reads a model file or a root; `file_name` is only for messages. A model file brings all rows.
    ///
    /// # Errors
    /// If the bytes are not such a file, whole and of a version that this build reads.
    pub fn load(bytes: &[u8], file_name: &str) -> Result<Self> {
        let tensors = TensorFile::parse(bytes, file_name, REIMPORT_MODEL)?;
        let required = |key| tensors.metadata(key).ok_or_else(|| tensors.damaged(format!("no {key} in the metadata")));
        let kind = required(key::KIND)?;
        if kind != KIND {
            let detail = format!("a model of kind `{kind}`");
            let file = file_name.to_owned();
            return Err(Error::Unsupported { file, detail, next: "Use a static query tower here" });
        }
        let version = required(key::FORMAT)?.parse().map_err(|_| tensors.damaged("no format version".to_owned()))?;
        if version != FORMAT_VERSION {
            let (file, supported) = (file_name.to_owned(), FORMAT_VERSION);
            return Err(Error::Version { file, found: version, supported, next: "Use the siteseer that made it" });
        }
        let config = Json::parse(required(key::CONFIG)?.as_bytes()).and_then(|json| StaticConfig::from_json(&json));
        let config = config.map_err(|error| error.to_string()).and_then(|config| config.check().map(|()| config));
        let config = config.map_err(|detail| tensors.damaged(format!("{}: {detail}", key::CONFIG)))?;

        let vocab = unpack_tokens(tensors.bytes_of(tensors.tensor(TOKENS, Dtype::U8)?));
        let vocab = vocab.ok_or_else(|| tensors.damaged(format!("{TOKENS} is not a list of tokens")))?;
        let tokenizer = WordPiece::new(&vocab, config.tokenizer.clone())?;
        if tokenizer.vocab_size() != config.vocab_size {
            return Err(tensors.damaged(format!("{} tokens, not {}", tokenizer.vocab_size(), config.vocab_size)));
        }
        let (slots, n) = slots_of(tensors.bytes("tiers", Dtype::U8, &[config.vocab_size])?);
        let (hashes, shards) = if config.rows_per_shard == 0 {
            (Vec::new(), vec![Some(Rows::read(&tensors, &config, n)?)])
        } else {
            let count = n.div_ceil(config.rows_per_shard);
            let hashes = tensors.bytes("shards", Dtype::U8, &[count, HASH_BYTES])?;
            (hashes.chunks_exact(HASH_BYTES).map(hex).collect(), (0..count).map(|_| None).collect())
        };
        Ok(Self {
            file: file_name.to_owned(),
            id: required(key::ID)?.to_owned(),
            aligned_source_sha256: required(key::ALIGNED_SOURCE_SHA256)?.to_owned(),
            tokenizer_sha256: required(key::TOKENIZER_SHA256)?.to_owned(),
            config,
            tokenizer,
            slots,
            hashes,
            shards,
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

    /// Number of shards of a root; a model file counts as one, which is there.
    pub fn num_shards(&self) -> usize {
        self.shards.len()
    }

    /// Token ids of a query: no special tokens, at most [`MAX_PIECES`].
    pub fn tokenize(&self, query: &str) -> Vec<u32> {
        let mut ids = Vec::new();
        self.tokenizer.encode_into(query, &mut ids);
        ids.truncate(MAX_PIECES);
        ids
    }

    /// Shards that [`embed`](Self::embed) needs for these tokens and that are not there yet, in order.
    pub fn missing(&self, ids: &[u32]) -> Vec<u32> {
        let mut missing = Vec::new();
        for shard in ids.iter().filter_map(|&id| self.place(id)).map(|(shard, _)| shard) {
            if self.shards[shard].is_none() {
                let shard = shard as u32;
                if let Err(at) = missing.binary_search(&shard) {
                    missing.insert(at, shard);
                }
            }
        }
        missing
    }

    /// File name of a shard of a root: it is named after its content.
    ///
    /// # Errors
    /// If there is no such shard.
    pub fn shard_name(&self, shard: u32) -> Result<String> {
        match self.hashes.get(shard as usize) {
            Some(hash) => Ok(shard_name(hash)),
            None => Err(self.error(&self.file, format!("there is no shard {shard}"))),
        }
    }

    /// Adds the content of a shard.
    ///
    /// # Errors
    /// If there is no such shard, or it is not what the root says.
    pub fn add_shard(&mut self, shard: u32, bytes: &[u8]) -> Result<()> {
        let name = self.shard_name(shard)?;
        let at = shard as usize;
        if !sha256_hex(&[bytes]).starts_with(&self.hashes[at]) {
            return Err(self.error(&name, "its content does not have the SHA-256 of the root".to_owned()));
        }
        let size = self.config.rows_per_shard;
        let n = size.min(self.num_rows() - at * size);
        self.shards[at] = Some(Rows::read(&TensorFile::parse(bytes, &name, REBUILD_INDEX)?, &self.config, n)?);
        Ok(())
    }

    /// The vector of these tokens, of length 1: `[dim]`. Zeros if none has a row.
    ///
    /// # Errors
    /// If a shard that it needs has not been added.
    pub fn embed(&self, ids: &[u32]) -> Result<Vec<f32>> {
        let mut sum = vec![0.0; self.config.dim];
        for (shard, row) in ids.iter().filter_map(|&id| self.place(id)) {
            let Some(rows) = &self.shards[shard] else {
                let file = self.shard_name(shard as u32)?;
                let detail = "this query needs it, and it is not loaded".to_owned();
                return Err(Error::Unsupported { file, detail, next: "Add the shards that `missing` names first" });
            };
            rows.add_to(&mut sum, row, self.config.bits);
        }
        l2_normalise(&mut sum);
        Ok(sum)
    }

    /// Shard and row of a token, if it has one.
    fn place(&self, id: u32) -> Option<(usize, usize)> {
        let slot = *self.slots.get(id as usize)?;
        let per_shard = if self.config.rows_per_shard == 0 { NO_ROW } else { self.config.rows_per_shard as u32 };
        (slot != NO_ROW).then(|| ((slot / per_shard) as usize, (slot % per_shard) as usize))
    }

    fn error(&self, file: &str, detail: String) -> Error {
        Error::Damaged { file: file.to_owned(), detail, next: REBUILD_INDEX }
    }
}

/// File name of the shard with this hash.
pub(super) fn shard_name(hash: &str) -> String {
    format!("static-{}.safetensors", &hash[..12])
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
fn unpack_tokens(mut packed: &[u8]) -> Option<String> {
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

fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from(b"0123456789abcdef"[usize::from(nibble)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
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
