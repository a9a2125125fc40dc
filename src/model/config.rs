//! The shape of a model and how its text is prepared: everything about a model but its numbers.
//!
//! The configuration travels as JSON in the metadata of the model file. [`ModelConfig::check`] is what makes it safe to
//! compute with: after it no product of sizes overflows, heads divide the hidden size, and every id is in the vocabulary.

use serde::Serialize;

use crate::json::{Json, JsonError, JsonResult};
use crate::text::word_piece::WordPieceConfig;

/// How the token vectors of the last layer become one embedding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Pooling {
    /// The mean over all real tokens, `[CLS]` and `[SEP]` included.
    Mean,
    /// The vector of `[CLS]`.
    Cls,
}

/// Architecture of a BERT-type encoder (post-layer-norm, learned absolute positions, exact GELU).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelConfig {
    /// Width of a token vector and of the embedding.
    pub hidden_size: usize,
    /// Number of transformer layers.
    pub num_layers: usize,
    /// Number of attention heads; divides `hidden_size`.
    pub num_heads: usize,
    /// Width between the two matmuls of the feed-forward part.
    pub intermediate_size: usize,
    /// Rows of the word embedding table (a cross-encoder's is its bi-encoder's).
    pub vocab_size: usize,
    /// Rows of the position table: the longest sequence that the model can take.
    pub max_positions: usize,
    /// Rows of the token type table.
    pub type_vocab_size: usize,
    /// Epsilon of every layer norm, added to the variance.
    pub layer_norm_eps: f64,
    /// Tokens of a sequence that are used, `[CLS]` and `[SEP]` included; longer text is cut. At most `max_positions`.
    pub max_tokens: usize,
    /// How token vectors become one embedding; `cls` for a cross-encoder, whose head reads that vector.
    pub pooling: Pooling,
    /// Whether the embedding is L2-normalised, so that the dot product is the cosine.
    pub normalize: bool,
    /// How text becomes token ids.
    pub tokenizer: WordPieceConfig,
}

/// No size in a configuration may be larger than this (16 M): products of two then fit in 48 bits.
const MAX_SIZE: usize = 1 << 24;
/// More layers than any encoder has.
const MAX_LAYERS: usize = 1 << 10;
/// Most floats of a head: what the attention kernels have room for.
const MAX_HEAD_DIM: usize = crate::kernels::attention::CHUNK;
/// Weights of one table, at most 2^30: their byte offsets fit in 32 bits, a wasm pointer.
const MAX_ELEMENTS: usize = 1 << 30;

impl Pooling {
    fn of_name(name: &str) -> Option<Self> {
        match name {
            "mean" => Some(Self::Mean),
            "cls" => Some(Self::Cls),
            _ => None,
        }
    }
}

impl ModelConfig {
    /// Reads the object that [`Serialize`] writes.
    ///
    /// # Errors
    /// If a field is missing or of another type.
    pub fn from_json(json: &Json) -> JsonResult<Self> {
        let pooling = Pooling::of_name(&json.string("pooling")?);
        Ok(Self {
            hidden_size: json.whole("hidden_size")?,
            num_layers: json.whole("num_layers")?,
            num_heads: json.whole("num_heads")?,
            intermediate_size: json.whole("intermediate_size")?,
            vocab_size: json.whole("vocab_size")?,
            max_positions: json.whole("max_positions")?,
            type_vocab_size: json.whole("type_vocab_size")?,
            layer_norm_eps: json.number("layer_norm_eps")?,
            max_tokens: json.whole("max_tokens")?,
            pooling: pooling.ok_or(JsonError::Field { field: "pooling", expected: "`mean` or `cls`" })?,
            normalize: json.bool("normalize")?,
            tokenizer: WordPieceConfig::from_json(json.object("tokenizer")?)?,
        })
    }

    /// Width of one attention head.
    pub fn head_dim(&self) -> usize {
        self.hidden_size / self.num_heads
    }

    /// Says what is impossible about the configuration, if anything is.
    ///
    /// # Errors
    /// A sentence that names the field, its value and the rule it breaks.
    pub fn check(&self) -> Result<(), String> {
        let sizes = [
            ("hidden_size", self.hidden_size),
            ("num_layers", self.num_layers),
            ("num_heads", self.num_heads),
            ("intermediate_size", self.intermediate_size),
            ("vocab_size", self.vocab_size),
            ("max_positions", self.max_positions),
            ("type_vocab_size", self.type_vocab_size),
            ("tokenizer.max_word_chars", self.tokenizer.max_word_chars),
        ];
        for (name, value) in sizes {
            if value == 0 || value > MAX_SIZE {
                return Err(format!("{name} is {value}, but must be between 1 and {MAX_SIZE}"));
            }
        }
        let rows = self.vocab_size.max(self.max_positions).max(self.type_vocab_size).max(self.intermediate_size);
        let widest = rows.max(self.hidden_size * 3) as u64 * self.hidden_size as u64;
        if widest > MAX_ELEMENTS as u64 {
            return Err(format!("the largest table has {widest} weights, but may have {MAX_ELEMENTS}"));
        }
        if self.num_layers > MAX_LAYERS {
            return Err(format!("num_layers is {}, but may be {MAX_LAYERS}", self.num_layers));
        }
        if !self.hidden_size.is_multiple_of(self.num_heads) {
            return Err(format!(
                "num_heads is {}, which does not divide hidden_size {}",
                self.num_heads, self.hidden_size
            ));
        }
        if self.head_dim() > MAX_HEAD_DIM {
            return Err(format!("a head has {} of hidden_size, but may have {MAX_HEAD_DIM}", self.head_dim()));
        }
        if !(self.layer_norm_eps > 0.0 && self.layer_norm_eps < 1.0) {
            // without the value: this would be the only place where the browser writes a float, for 7 KB
            return Err("layer_norm_eps must be between 0 and 1".to_owned());
        }
        // Two special tokens and a word.
        if self.max_tokens < 3 || self.max_tokens > self.max_positions {
            let most = self.max_positions;
            return Err(format!("max_tokens is {}, but must be between 3 and max_positions {most}", self.max_tokens));
        }
        let tokenizer = &self.tokenizer;
        let ids = [
            ("unk_id", tokenizer.unk_id),
            ("cls_id", tokenizer.cls_id),
            ("sep_id", tokenizer.sep_id),
            ("pad_id", tokenizer.pad_id),
        ];
        for (name, id) in ids {
            if id as usize >= self.vocab_size {
                return Err(format!("tokenizer.{name} is {id}, but the vocabulary has {} tokens", self.vocab_size));
            }
        }
        Ok(())
    }
}
