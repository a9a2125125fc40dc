//! The BERT encoder (Devlin et al. 2019): embeddings, then layers of self-attention and feed-forward, post-norm.
//!
//! ```text
//! x   = norm(word[id] + position[i] + token_type[t])                    [tokens, hidden]
//! per layer:
//!   qkv = x · Wqkvᵀ + b                                                 [tokens, 3·hidden]
//!   y   = norm(attention(qkv) · Woᵀ + b + x)                            [tokens, hidden]
//!   x   = norm(gelu(y · W1ᵀ + b) · W2ᵀ + b + y)                         [tokens, hidden]
//! ```
//! Weights are packed once, at load. The forward pass allocates nothing once its [`Workspace`] has seen the largest batch;
//! one `Encoder` serves many threads, each with a workspace of its own. The word embeddings, half of a model, may be
//! shared by several encoders.

use super::batch::TokenBatch;
use super::config::ModelConfig;
use super::file::ModelFile;
use super::layer::{ClsLayer, Layer, Norm, ROW_BLOCK, Shared};
use crate::error::Result;
use crate::kernels::Backend;
use crate::kernels::aligned::Aligned;
use crate::kernels::attention::{AttentionScratch, Heads, QueryRows};
use crate::kernels::quantize::QuantizedRows;
use std::sync::Arc;

/// Weights of a BERT encoder, packed for one backend.
#[derive(Debug)]
pub struct Encoder {
    config: ModelConfig,
    backend: Backend,
    word: Arc<EmbeddingTable>,
    position: EmbeddingTable,
    /// `[type_vocab, hidden]`
    token_type: Vec<f32>,
    norm: Norm,
    layers: Vec<Layer>,
    /// The last layer, where only `[CLS]` is wanted; otherwise it is one of `layers`.
    cls_layer: Option<ClsLayer>,
}

/// An int8 embedding table: `[rows, hidden]` with a scale per row.
#[derive(Debug)]
pub struct EmbeddingTable {
    hidden: usize,
    rows: Vec<i8>,
    scales: Vec<f32>,
}

/// Buffers of a forward pass, reused from batch to batch.
#[derive(Debug, Default)]
pub struct Workspace {
    /// `[tokens, hidden]`: the residual stream.
    pub(super) x: Aligned<f32>,
    /// `[tokens, hidden]`: after attention.
    pub(super) y: Aligned<f32>,
    /// `[tokens, 3 · hidden]`
    pub(super) qkv: Aligned<f32>,
    /// `[tokens, hidden]`
    pub(super) context: Aligned<f32>,
    /// `[ROW_BLOCK, intermediate]`; in the last layer of a cross-encoder keys and values, `[tokens, 2 · hidden]`.
    pub(super) intermediate: Aligned<f32>,
    pub(super) quantized: QuantizedRows,
    pub(super) attention: AttentionScratch,
}

impl EmbeddingTable {
    /// The word embeddings of a bi-encoder's file.
    ///
    /// # Errors
    /// If the file has none.
    pub fn word(file: &ModelFile<'_>) -> Result<Self> {
        Self::load(file, "embeddings.word", file.config().vocab_size)
    }

    fn load(file: &ModelFile<'_>, name: &str, rows: usize) -> Result<Self> {
        let hidden = file.config().hidden_size;
        Ok(Self {
            hidden,
            rows: file.i8(name, &[rows, hidden])?.to_vec(),
            scales: file.f32(&format!("{name}.scale"), &[rows])?,
        })
    }

    /// Number of rows, and their width.
    pub fn shape(&self) -> [usize; 2] {
        [self.scales.len(), self.hidden]
    }

    fn row(&self, row: usize) -> (&[i8], f32) {
        (&self.rows[row * self.hidden..][..self.hidden], self.scales[row])
    }
}

impl Encoder {
    /// Packs the weights of a model file for `backend`; `word` are the word embeddings, its own or shared ones. `rows`
    /// says what [`forward`](Self::forward) gives.
    ///
    /// # Errors
    /// If a tensor is missing or has another shape than the configuration says.
    ///
    /// # Panics
    /// If `word` has another shape than the configuration says.
    pub fn load(file: &ModelFile<'_>, backend: Backend, word: Arc<EmbeddingTable>, rows: QueryRows) -> Result<Self> {
        let config = file.config().clone();
        assert_eq!(word.shape(), [config.vocab_size, config.hidden_size], "word embeddings are [vocab, hidden]");
        let full_layers = config.num_layers - usize::from(rows == QueryRows::First);
        Ok(Self {
            backend,
            word,
            position: EmbeddingTable::load(file, "embeddings.position", config.max_positions)?,
            token_type: file.f32("embeddings.token_type", &[config.type_vocab_size, config.hidden_size])?,
            norm: Norm::load(file, "embeddings.norm")?,
            layers: (0..full_layers).map(|at| Layer::load(file, backend, at)).collect::<Result<_>>()?,
            cls_layer: (full_layers..config.num_layers)
                .map(|at| ClsLayer::load(file, backend, at))
                .next()
                .transpose()?,
            config,
        })
    }

    /// The model's shape.
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// The backend that the weights are packed for.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// The word embeddings.
    pub fn word_embeddings(&self) -> &Arc<EmbeddingTable> {
        &self.word
    }

    /// Hidden states of the last layer in the order of the batch: `[tokens, hidden]`, or `[sequences, hidden]` if only
    /// the first row of each sequence is computed.
    ///
    /// # Errors
    /// If a token id, token type or sequence length is outside of what the model knows; where only first rows are
    /// computed, also if a sequence has none.
    pub fn forward<'w>(&self, batch: &TokenBatch, work: &'w mut Workspace) -> Result<&'w mut [f32]> {
        batch.check(&self.config)?;
        if self.cls_layer.is_some() {
            batch.check_first()?;
        }
        let (tokens, hidden) = (batch.tokens(), self.config.hidden_size);
        work.reserve(tokens, &self.config);
        let heads = Heads { num_heads: self.config.num_heads, head_dim: hidden / self.config.num_heads };
        let shared = Shared { backend: self.backend, heads, eps: self.config.layer_norm_eps as f32 };
        self.embed(batch, shared, &mut work.x[..tokens * hidden]);
        for layer in &self.layers {
            layer.forward(shared, batch, work);
        }
        let Some(layer) = &self.cls_layer else { return Ok(&mut work.x[..tokens * hidden]) };
        layer.forward(shared, batch, work);
        Ok(&mut work.x[..batch.len() * hidden])
    }

    /// `x[i] = norm(word + position + token_type)`, `[tokens, hidden]`
    fn embed(&self, batch: &TokenBatch, shared: Shared, x: &mut [f32]) {
        let hidden = self.config.hidden_size;
        for window in batch.offsets().windows(2) {
            for (position, token) in (window[0]..window[1]).enumerate() {
                let (word, word_scale) = self.word.row(batch.input_ids()[token] as usize);
                let (place, place_scale) = self.position.row(position);
                let kind = &self.token_type[batch.token_type_ids()[token] as usize * hidden..][..hidden];
                let x = &mut x[token * hidden..][..hidden];
                for (((x, &w), &p), &k) in x.iter_mut().zip(word).zip(place).zip(kind) {
                    *x = f32::from(w) * word_scale + f32::from(p) * place_scale + k;
                }
            }
        }
        self.norm.apply(shared, x);
    }
}

impl Workspace {
    fn reserve(&mut self, tokens: usize, config: &ModelConfig) {
        let hidden = config.hidden_size;
        self.x.grow(tokens * hidden);
        self.y.grow(tokens * hidden);
        self.qkv.grow(tokens * 3 * hidden);
        self.context.grow(tokens * hidden);
        self.intermediate.grow((tokens.min(ROW_BLOCK) * config.intermediate_size).max(tokens * 2 * hidden));
    }
}
