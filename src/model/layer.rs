//! One transformer layer, post-norm: the full one, and the last one of a cross-encoder, of which only `[CLS]` is read.
//!
//! # The last layer for `[CLS]` alone
//! The head of a cross-encoder reads one row of each sequence. That row attends to all tokens of its sequence, so keys
//! and values are computed for all of them; but the query, the attention's output, the feed-forward part and both norms
//! are computed for that one row:
//! ```text
//! kv  = x · Wkvᵀ + b                                                    [tokens, 2·hidden]
//! q   = x_cls · Wqᵀ + b                                                 [sequences, hidden]
//! y   = norm(attention(q, kv) · Woᵀ + b + x_cls)                        [sequences, hidden]
//! x   = norm(gelu(y · W1ᵀ + b) · W2ᵀ + b + y)                           [sequences, hidden]
//! ```
//! Of a layer's 12·hidden² multiplications a token (intermediate = 4·hidden) 2·hidden² are left: a six-layer model saves
//! 13.9% in all. Every kernel computes a row by itself, so the result is bit-equal to the full layer's.

use super::batch::TokenBatch;
use super::encoder::Workspace;
use super::file::ModelFile;
use crate::error::Result;
use crate::kernels::Backend;
use crate::kernels::aligned::Aligned;
use crate::kernels::attention::{Heads, QueryRows};
use crate::kernels::linear::{Activation, PackedLinear};
use std::ops::Range;

/// Rows that go through what follows attention together: as many as a matrix product takes at a time.
pub(super) const ROW_BLOCK: usize = 96;

/// What every layer of one model has in common.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shared {
    pub(super) backend: Backend,
    pub(super) heads: Heads,
    pub(super) eps: f32,
}

/// Scale and shift of a layer norm, `[hidden]` each.
#[derive(Debug)]
pub(super) struct Norm {
    gamma: Aligned<f32>,
    beta: Aligned<f32>,
}

/// A layer that computes all tokens.
#[derive(Debug)]
pub(super) struct Layer {
    qkv: PackedLinear,
    rest: Rest,
}

/// A layer that computes the first token of each sequence.
#[derive(Debug)]
pub(super) struct ClsLayer {
    query: PackedLinear,
    key_value: PackedLinear,
    rest: Rest,
}

/// What follows attention.
#[derive(Debug)]
struct Rest {
    attention_output: PackedLinear,
    attention_norm: Norm,
    intermediate: PackedLinear,
    output: PackedLinear,
    output_norm: Norm,
}

impl Norm {
    /// Reads `NAME.weight` and `NAME.bias`.
    pub(super) fn load(file: &ModelFile<'_>, name: &str) -> Result<Self> {
        let hidden = file.config().hidden_size;
        let floats =
            |field: &str| file.f32(&format!("{name}.{field}"), &[hidden]).map(|values| Aligned::from(&values[..]));
        Ok(Self { gamma: floats("weight")?, beta: floats("bias")? })
    }

    /// Normalises the rows of `x`.
    pub(super) fn apply(&self, shared: Shared, x: &mut [f32]) {
        shared.backend.layer_norm_in_place(x, &self.gamma, &self.beta, shared.eps);
    }
}

/// Packs output rows `rows` of the linear layer `name`, whose weights are `[n, k]`.
pub(super) fn load_linear(
    file: &ModelFile<'_>,
    backend: Backend,
    name: &str,
    n: usize,
    k: usize,
    rows: Range<usize>,
) -> Result<PackedLinear> {
    let weights = &file.i8(&format!("{name}.weight"), &[n, k])?[rows.start * k..rows.end * k];
    let scale = &file.f32(&format!("{name}.scale"), &[n])?[rows.clone()];
    let bias = &file.f32(&format!("{name}.bias"), &[n])?[rows.clone()];
    Ok(PackedLinear::new(backend, weights, scale, bias, rows.len(), k))
}

impl Layer {
    /// Packs layer number `at`.
    pub(super) fn load(file: &ModelFile<'_>, backend: Backend, at: usize) -> Result<Self> {
        let hidden = file.config().hidden_size;
        let qkv = load_linear(file, backend, &format!("layers.{at}.qkv"), 3 * hidden, hidden, 0..3 * hidden)?;
        Ok(Self { qkv, rest: Rest::load(file, backend, at)? })
    }

    /// `work.x [tokens, hidden]` through the layer.
    pub(super) fn forward(&self, shared: Shared, batch: &TokenBatch, work: &mut Workspace) {
        let Shared { backend, heads, .. } = shared;
        let hidden = heads.hidden_size();
        let Workspace { x, qkv, context, quantized, attention, .. } = &mut *work;
        backend.quantize_rows_into(&x[..batch.tokens() * hidden], hidden, quantized);
        self.qkv.forward_into(quantized, None, Activation::Identity, qkv);
        backend.attention_into(qkv, batch.offsets(), heads, QueryRows::All, attention, context);
        self.rest.forward(shared, batch.tokens(), work);
    }
}

impl ClsLayer {
    /// Packs layer number `at`.
    pub(super) fn load(file: &ModelFile<'_>, backend: Backend, at: usize) -> Result<Self> {
        let hidden = file.config().hidden_size;
        let rows = |rows| load_linear(file, backend, &format!("layers.{at}.qkv"), 3 * hidden, hidden, rows);
        Ok(Self { query: rows(0..hidden)?, key_value: rows(hidden..3 * hidden)?, rest: Rest::load(file, backend, at)? })
    }

    /// `work.x [tokens, hidden]` through the layer, into its first rows: `[sequences, hidden]`. No sequence is empty.
    pub(super) fn forward(&self, shared: Shared, batch: &TokenBatch, work: &mut Workspace) {
        let Shared { backend, heads, .. } = shared;
        let (hidden, offsets) = (heads.hidden_size(), batch.offsets());
        let first_tokens = &offsets[..batch.len()];
        let Workspace { x, y, qkv, context, intermediate, quantized, attention } = &mut *work;

        backend.quantize_rows_into(&x[..batch.tokens() * hidden], hidden, quantized);
        let key_value = &mut intermediate[..batch.tokens() * 2 * hidden];
        self.key_value.forward_into(quantized, None, Activation::Identity, key_value);
        for (qkv, key_value) in qkv.chunks_exact_mut(3 * hidden).zip(key_value.chunks_exact(2 * hidden)) {
            qkv[hidden..].copy_from_slice(key_value);
        }

        gather_rows(x, first_tokens, hidden);
        backend.quantize_rows_into(&x[..batch.len() * hidden], hidden, quantized);
        self.query.forward_into(quantized, None, Activation::Identity, y);
        for (&token, query) in first_tokens.iter().zip(y.chunks_exact(hidden)) {
            qkv[token * 3 * hidden..][..hidden].copy_from_slice(query);
        }
        backend.attention_into(qkv, offsets, heads, QueryRows::First, attention, context);
        gather_rows(context, first_tokens, hidden);
        self.rest.forward(shared, batch.len(), work);
    }
}

/// Moves `rows` (rising) of `x [_, hidden]` to its front.
fn gather_rows(x: &mut [f32], rows: &[usize], hidden: usize) {
    for (to, &from) in rows.iter().enumerate() {
        x.copy_within(from * hidden..(from + 1) * hidden, to * hidden);
    }
}

impl Rest {
    fn load(file: &ModelFile<'_>, backend: Backend, at: usize) -> Result<Self> {
        let (hidden, inter) = (file.config().hidden_size, file.config().intermediate_size);
        let name = |part: &str| format!("layers.{at}.{part}");
        Ok(Self {
            attention_output: load_linear(file, backend, &name("attention_output"), hidden, hidden, 0..hidden)?,
            attention_norm: Norm::load(file, &name("attention_norm"))?,
            intermediate: load_linear(file, backend, &name("intermediate"), inter, hidden, 0..inter)?,
            output: load_linear(file, backend, &name("output"), hidden, inter, 0..hidden)?,
            output_norm: Norm::load(file, &name("output_norm"))?,
        })
    }

    /// Takes `work.context [rows, hidden]` and the residual `work.x [rows, hidden]`; the result is in `work.x`. Every row is computed by
    /// itself, so a block of them goes through all steps before the next: what lies between two steps stays near the core.
    fn forward(&self, shared: Shared, rows: usize, work: &mut Workspace) {
        let Shared { backend, heads, .. } = shared;
        let (hidden, n) = (heads.hidden_size(), rows * heads.hidden_size());
        let Workspace { x, y, context, intermediate, quantized, .. } = work;
        let block = ROW_BLOCK * hidden;
        let blocks = x[..n].chunks_mut(block).zip(y[..n].chunks_mut(block)).zip(context[..n].chunks(block));
        for ((x, y), context) in blocks {
            let intermediate = &mut intermediate[..x.len() / hidden * self.intermediate.n()];

            backend.quantize_rows_into(context, hidden, quantized);
            self.attention_output.forward_into(quantized, Some(x), Activation::Identity, y);
            self.attention_norm.apply(shared, y);

            backend.quantize_rows_into(y, hidden, quantized);
            self.intermediate.forward_into(quantized, None, Activation::Gelu, intermediate);
            backend.quantize_rows_into(intermediate, self.output.k(), quantized);
            self.output.forward_into(quantized, Some(y), Activation::Identity, x);
            self.output_norm.apply(shared, x);
        }
    }
}
