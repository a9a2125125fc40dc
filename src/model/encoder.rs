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
//! one `Encoder` serves many threads, each with a workspace of its own.

use super::batch::TokenBatch;
use super::config::ModelConfig;
use super::file::ModelFile;
use crate::error::{Error, Result};
use crate::kernels::Backend;
use crate::kernels::attention::{AttentionScratch, Heads, QueryRows};
use crate::kernels::linear::{Activation, PackedLinear};
use crate::kernels::quantize::{QuantizedRows, grow};

/// Weights of a BERT encoder, packed for one backend.
#[derive(Debug)]
pub struct Encoder {
    config: ModelConfig,
    backend: Backend,
    word: Table,
    position: Table,
    /// `[type_vocab, hidden]`
    token_type: Vec<f32>,
    norm: Norm,
    layers: Vec<Layer>,
}

/// An int8 embedding table: `[rows, hidden]` with a scale per row.
#[derive(Debug)]
struct Table {
    rows: Vec<i8>,
    scales: Vec<f32>,
}

#[derive(Debug)]
struct Norm {
    gamma: Vec<f32>,
    beta: Vec<f32>,
}

#[derive(Debug)]
struct Layer {
    qkv: PackedLinear,
    attention_output: PackedLinear,
    attention_norm: Norm,
    intermediate: PackedLinear,
    output: PackedLinear,
    output_norm: Norm,
}

/// Buffers of a forward pass, reused from batch to batch.
#[derive(Debug, Default)]
pub struct Workspace {
    /// `[tokens, hidden]`: the residual stream.
    x: Vec<f32>,
    /// `[tokens, hidden]`: after attention.
    y: Vec<f32>,
    /// `[tokens, 3 · hidden]`
    qkv: Vec<f32>,
    /// `[tokens, hidden]`
    context: Vec<f32>,
    /// `[tokens, intermediate]`
    intermediate: Vec<f32>,
    quantized: QuantizedRows,
    attention: AttentionScratch,
}

impl Encoder {
    /// Packs the weights of a model file for `backend`.
    ///
    /// # Errors
    /// If a tensor is missing or has another shape than the configuration says.
    pub fn load(file: &ModelFile<'_>, backend: Backend) -> Result<Self> {
        let config = file.config().clone();
        let (hidden, inter) = (config.hidden_size, config.intermediate_size);
        let table = |name: &str, rows: usize| -> Result<Table> {
            Ok(Table {
                rows: file.i8(name, &[rows, hidden])?.to_vec(),
                scales: file.f32(&format!("{name}.scale"), &[rows])?,
            })
        };
        let norm = |name: String| -> Result<Norm> {
            Ok(Norm {
                gamma: file.f32(&format!("{name}.weight"), &[hidden])?,
                beta: file.f32(&format!("{name}.bias"), &[hidden])?,
            })
        };
        let linear = |name: String, n: usize, k: usize| -> Result<PackedLinear> {
            let weights = file.i8(&format!("{name}.weight"), &[n, k])?;
            let scale = file.f32(&format!("{name}.scale"), &[n])?;
            let bias = file.f32(&format!("{name}.bias"), &[n])?;
            Ok(PackedLinear::new(backend, weights, &scale, &bias, n, k))
        };
        let layer = |i: usize| -> Result<Layer> {
            let name = |part: &str| format!("layers.{i}.{part}");
            Ok(Layer {
                qkv: linear(name("qkv"), 3 * hidden, hidden)?,
                attention_output: linear(name("attention_output"), hidden, hidden)?,
                attention_norm: norm(name("attention_norm"))?,
                intermediate: linear(name("intermediate"), inter, hidden)?,
                output: linear(name("output"), hidden, inter)?,
                output_norm: norm(name("output_norm"))?,
            })
        };
        Ok(Self {
            backend,
            word: table("embeddings.word", config.vocab_size)?,
            position: table("embeddings.position", config.max_positions)?,
            token_type: file.f32("embeddings.token_type", &[config.type_vocab_size, hidden])?,
            norm: norm("embeddings.norm".to_owned())?,
            layers: (0..config.num_layers).map(layer).collect::<Result<_>>()?,
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

    /// Hidden states of the last layer, `[tokens, hidden]`, in the order of the batch.
    ///
    /// # Errors
    /// If a token id, token type or sequence length is outside of what the model knows.
    pub fn forward<'w>(&self, batch: &TokenBatch, work: &'w mut Workspace) -> Result<&'w mut [f32]> {
        self.check(batch)?;
        let (tokens, hidden) = (batch.tokens(), self.config.hidden_size);
        work.reserve(tokens, &self.config);
        let heads = Heads { num_heads: self.config.num_heads, head_dim: hidden / self.config.num_heads };
        self.embed(batch, &mut work.x[..tokens * hidden]);
        for layer in &self.layers {
            layer.forward(self.backend, heads, self.config.layer_norm_eps as f32, batch, work);
        }
        Ok(&mut work.x[..tokens * hidden])
    }

    /// `x[i] = norm(word + position + token_type)`, `[tokens, hidden]`
    fn embed(&self, batch: &TokenBatch, x: &mut [f32]) {
        let hidden = self.config.hidden_size;
        for window in batch.offsets().windows(2) {
            for (position, token) in (window[0]..window[1]).enumerate() {
                let (word, word_scale) = self.word.row(batch.input_ids()[token] as usize, hidden);
                let (place, place_scale) = self.position.row(position, hidden);
                let kind = &self.token_type[batch.token_type_ids()[token] as usize * hidden..][..hidden];
                let x = &mut x[token * hidden..][..hidden];
                for (((x, &w), &p), &k) in x.iter_mut().zip(word).zip(place).zip(kind) {
                    *x = f32::from(w) * word_scale + f32::from(p) * place_scale + k;
                }
            }
        }
        self.backend.layer_norm_in_place(x, &self.norm.gamma, &self.norm.beta, self.config.layer_norm_eps as f32);
    }

    fn check(&self, batch: &TokenBatch) -> Result<()> {
        let error = |detail: String| {
            Err(Error::Unsupported {
                file: "token batch".to_owned(),
                detail,
                next: "Encode texts with this model's tokenizer",
            })
        };
        if let Some(id) = batch.input_ids().iter().find(|&&id| id as usize >= self.config.vocab_size) {
            return error(format!("token id {id} in a vocabulary of {}", self.config.vocab_size));
        }
        if let Some(id) = batch.token_type_ids().iter().find(|&&id| id as usize >= self.config.type_vocab_size) {
            return error(format!("token type {id} of {}", self.config.type_vocab_size));
        }
        let longest = batch.offsets().windows(2).map(|w| w[1] - w[0]).max().unwrap_or(0);
        if longest > self.config.max_positions {
            return error(format!("a sequence of {longest} tokens, longer than {}", self.config.max_positions));
        }
        Ok(())
    }
}

impl Layer {
    fn forward(&self, backend: Backend, heads: Heads, eps: f32, batch: &TokenBatch, work: &mut Workspace) {
        let (tokens, hidden) = (batch.tokens(), heads.hidden_size());
        let n = tokens * hidden;
        let Workspace { x, y, qkv, context, intermediate, quantized, attention } = work;
        let inter = &mut intermediate[..tokens * self.intermediate.n()];

        backend.quantize_rows_into(&x[..n], hidden, quantized);
        self.qkv.forward_into(quantized, None, Activation::Identity, qkv);
        backend.attention_into(qkv, batch.offsets(), heads, QueryRows::All, attention, context);
        backend.quantize_rows_into(&context[..n], hidden, quantized);
        self.attention_output.forward_into(quantized, Some(&x[..n]), Activation::Identity, &mut y[..n]);
        self.attention_norm.apply(backend, &mut y[..n], eps);

        backend.quantize_rows_into(&y[..n], hidden, quantized);
        self.intermediate.forward_into(quantized, None, Activation::Gelu, inter);
        backend.quantize_rows_into(inter, self.output.k(), quantized);
        self.output.forward_into(quantized, Some(&y[..n]), Activation::Identity, &mut x[..n]);
        self.output_norm.apply(backend, &mut x[..n], eps);
    }
}

impl Norm {
    fn apply(&self, backend: Backend, x: &mut [f32], eps: f32) {
        backend.layer_norm_in_place(x, &self.gamma, &self.beta, eps);
    }
}

impl Table {
    fn row(&self, row: usize, hidden: usize) -> (&[i8], f32) {
        (&self.rows[row * hidden..][..hidden], self.scales[row])
    }
}

impl Workspace {
    fn reserve(&mut self, tokens: usize, config: &ModelConfig) {
        let hidden = config.hidden_size;
        grow(&mut self.x, tokens * hidden);
        grow(&mut self.y, tokens * hidden);
        grow(&mut self.qkv, tokens * 3 * hidden);
        grow(&mut self.context, tokens * hidden);
        grow(&mut self.intermediate, tokens * config.intermediate_size);
    }
}
