//! An encoder on a GPU: the forward pass of [`crate::model::encoder`], with the head of a bi-encoder (a vector of each
//! sequence) or of a cross-encoder (a logit of each).
//!
//! ```text
//! x   = norm(word[id] + position[i] + token_type[t])                    [tokens, hidden]
//! per layer, seven dispatches:
//!   qkv = x · Wqkvᵀ + b                                                 [tokens, 3·hidden]
//!   z   = attention(qkv)                                                [tokens, hidden]
//!   y   = z · Woᵀ + b                                                   [tokens, hidden]
//!   z   = norm(y + x)                                                   [tokens, hidden]
//!   h   = gelu(z · W1ᵀ + b)                                             [tokens, intermediate]
//!   y   = h · W2ᵀ + b                                                   [tokens, hidden]
//!   x   = norm(y + z)                                                   [tokens, hidden]
//! ```
//! With [`Products::Packed`] a dispatch that quantizes comes before each product. The last layer of a cross-encoder goes on from `attention` with the first row of each sequence alone.

use super::buffers::{floats_of, transposed_words};
use super::context::Context;
use super::error::{GpuError, GpuResult};
use super::kernel::{Kernel, Pipelines, check_shape};
use super::plan::{Capacity, Plan, Rows};
use super::tuning::{Products, Tuning};
use super::weights::Weights;
use crate::model::batch::TokenBatch;
use crate::model::bi_encoder::l2_normalise;
use crate::model::config::{ModelConfig, Pooling};
use std::sync::Arc;
use wgpu::Buffer;

/// The device with its compiled kernels: what all encoders share.
#[derive(Debug)]
pub struct Gpu {
    context: Context,
    pipelines: Pipelines,
}

/// The word embeddings on the device, which several encoders share.
#[derive(Debug)]
pub struct EmbeddingTable {
    rows: Buffer,
    scales: Buffer,
    shape: [usize; 2],
}

/// A BERT encoder on a device, with its head.
#[derive(Debug)]
pub struct Encoder {
    gpu: Arc<Gpu>,
    config: ModelConfig,
    word: Arc<EmbeddingTable>,
    position: EmbeddingTable,
    token_type: Buffer,
    norm: Buffer,
    layers: Vec<Layer>,
    head: Head,
    plan: Option<Plan>,
}

#[derive(Debug)]
struct Layer {
    qkv: Linear,
    attention_output: Linear,
    attention_norm: Buffer,
    intermediate: Linear,
    output: Linear,
    output_norm: Buffer,
}

/// A linear layer `[n, k]`.
#[derive(Debug)]
struct Linear {
    /// `[k / 4, n]` words
    weights: Buffer,
    /// `[n, 2]`: scale, bias
    channels: Buffer,
    n: usize,
    k: usize,
}

#[derive(Debug)]
enum Head {
    /// The vector of a sequence: pooled rows.
    Embedding(Pooling),
    /// The logit of a sequence.
    Logit { pooler: Linear, classifier: Buffer, bias: f32 },
}

/// Buffers between the dispatches of a plan.
struct Between {
    x: Buffer,
    y: Buffer,
    z: Buffer,
    qkv: Buffer,
    intermediate: Buffer,
    /// A product's quantized activations with their scales, where products want them.
    quantized: Option<Buffer>,
}

impl Gpu {
    /// A device with the tunables that suit it.
    pub fn new(context: Context) -> Self {
        let tuning = Tuning::of(&context);
        Self::with_tuning(context, tuning)
    }

    /// A device with these tunables, as far as it has what they want.
    pub fn with_tuning(context: Context, tuning: Tuning) -> Self {
        let tuning = tuning.on(context.features());
        Self { context, pipelines: Pipelines::new(tuning) }
    }

    /// The tunables that the kernels are compiled with.
    pub fn tuning(&self) -> Tuning {
        self.pipelines.tuning()
    }

    /// The device.
    pub fn context(&self) -> &Context {
        &self.context
    }
}

impl EmbeddingTable {
    /// Uploads the word embeddings of a bi-encoder.
    ///
    /// # Errors
    /// If there are none, or the device has failed.
    pub fn word(gpu: &Gpu, weights: &impl Weights) -> GpuResult<Self> {
        Self::load(gpu, weights, "embeddings.word", weights.config().vocab_size)
    }

    fn load(gpu: &Gpu, weights: &impl Weights, name: &str, rows: usize) -> GpuResult<Self> {
        let shape = [rows, weights.config().hidden_size];
        Ok(Self {
            rows: gpu.context.upload(name, &weights.i8(name, &shape)?),
            scales: gpu.context.upload(name, &weights.f32(&format!("{name}.scale"), &[rows])?),
            shape,
        })
    }

    /// Number of rows, and their width.
    pub fn shape(&self) -> [usize; 2] {
        self.shape
    }
}

impl Linear {
    fn load(gpu: &Gpu, weights: &impl Weights, name: &str, n: usize, k: usize) -> GpuResult<Self> {
        let scale = weights.f32(&format!("{name}.scale"), &[n])?;
        let bias = weights.f32(&format!("{name}.bias"), &[n])?;
        let words = transposed_words(&weights.i8(&format!("{name}.weight"), &[n, k])?, n, k);
        Ok(Self {
            weights: gpu.context.upload(name, &words),
            channels: gpu.context.upload(name, &floats_of(&scale, &bias)),
            n,
            k,
        })
    }
}

impl Layer {
    fn load(gpu: &Gpu, weights: &impl Weights, at: usize) -> GpuResult<Self> {
        let (hidden, inter) = (weights.config().hidden_size, weights.config().intermediate_size);
        let name = |part: &str| format!("layers.{at}.{part}");
        Ok(Self {
            qkv: Linear::load(gpu, weights, &name("qkv"), 3 * hidden, hidden)?,
            attention_output: Linear::load(gpu, weights, &name("attention_output"), hidden, hidden)?,
            attention_norm: load_norm(gpu, weights, &name("attention_norm"))?,
            intermediate: Linear::load(gpu, weights, &name("intermediate"), inter, hidden)?,
            output: Linear::load(gpu, weights, &name("output"), hidden, inter)?,
            output_norm: load_norm(gpu, weights, &name("output_norm"))?,
        })
    }
}

/// Scale and shift of a layer norm: `[2, hidden]`.
fn load_norm(gpu: &Gpu, weights: &impl Weights, name: &str) -> GpuResult<Buffer> {
    let hidden = weights.config().hidden_size;
    let mut affine = weights.f32(&format!("{name}.weight"), &[hidden])?;
    affine.extend(weights.f32(&format!("{name}.bias"), &[hidden])?);
    Ok(gpu.context.upload(name, &affine))
}

impl Encoder {
    /// Uploads a bi-encoder.
    ///
    /// # Errors
    /// If a tensor is missing, the kernels do not compute such a model, or the device has failed.
    pub fn bi_encoder(gpu: &Arc<Gpu>, weights: &impl Weights, word: &Arc<EmbeddingTable>) -> GpuResult<Self> {
        Self::load(gpu, weights, word, Head::Embedding(weights.config().pooling))
    }

    /// Uploads a cross-encoder; `word` are the word embeddings of its bi-encoder.
    ///
    /// # Errors
    /// As [`bi_encoder`](Self::bi_encoder).
    pub fn cross_encoder(gpu: &Arc<Gpu>, weights: &impl Weights, word: &Arc<EmbeddingTable>) -> GpuResult<Self> {
        let hidden = weights.config().hidden_size;
        let head = Head::Logit {
            pooler: Linear::load(gpu, weights, "pooler", hidden, hidden)?,
            classifier: gpu.context.upload("classifier", &weights.f32("classifier.weight", &[hidden])?),
            bias: weights.f32("classifier.bias", &[1])?.iter().sum(),
        };
        Self::load(gpu, weights, word, head)
    }

    fn load(gpu: &Arc<Gpu>, weights: &impl Weights, word: &Arc<EmbeddingTable>, head: Head) -> GpuResult<Self> {
        let config = weights.config().clone();
        let hidden = config.hidden_size;
        check_shape(hidden, config.intermediate_size, config.head_dim())?;
        if word.shape() != [config.vocab_size, hidden] {
            let [rows, width] = word.shape();
            return Err(GpuError::Model(format!("word embeddings of {rows} x {width}, but not its own")));
        }
        let encoder = Self {
            position: EmbeddingTable::load(gpu, weights, "embeddings.position", config.max_positions)?,
            token_type: {
                let shape = [config.type_vocab_size, hidden];
                gpu.context.upload("embeddings.token_type", &weights.f32("embeddings.token_type", &shape)?)
            },
            norm: load_norm(gpu, weights, "embeddings.norm")?,
            layers: (0..config.num_layers).map(|at| Layer::load(gpu, weights, at)).collect::<GpuResult<_>>()?,
            gpu: Arc::clone(gpu),
            word: Arc::clone(word),
            config,
            head,
            plan: None,
        };
        gpu.context.check()?;
        Ok(encoder)
    }

    /// The model's shape.
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// What the model says of each sequence: its vector, L2-normalised if the model says so, `[sequences, hidden]`; or
    /// its logit, `[sequences]`.
    ///
    /// # Errors
    /// If the batch does not fit the model, or whatever goes wrong on the device.
    pub async fn forward(&mut self, batch: &TokenBatch) -> GpuResult<Vec<f32>> {
        batch.check(&self.config)?;
        if matches!(self.head, Head::Logit { .. }) {
            batch.check_first()?;
        }
        let gpu = Arc::clone(&self.gpu);
        let plan = match self.plan.take() {
            Some(plan) if plan.holds(batch) => plan,
            _ => self.plan(Capacity::of(batch)?)?,
        };
        let result = plan.run(&gpu.context, batch).await;
        let mut out = result?; // a plan that has failed is not used again
        self.plan = Some(plan);
        if self.config.normalize && matches!(self.head, Head::Embedding(_)) {
            out.chunks_exact_mut(self.config.hidden_size).for_each(l2_normalise);
        }
        Ok(out)
    }

    /// The forward pass for batches of this capacity.
    fn plan(&self, capacity: Capacity) -> GpuResult<Plan> {
        let Self { gpu, config, .. } = self;
        let mut plan = Plan::new(&gpu.context, gpu.pipelines.tuning(), capacity);
        let hidden = config.hidden_size;
        let matrix = |label, width| plan.matrix(&gpu.context, label, Rows::Tokens, width);
        let between = Between {
            x: matrix("x", hidden),
            y: matrix("y", hidden),
            z: matrix("z", hidden),
            qkv: matrix("qkv", 3 * hidden),
            intermediate: matrix("intermediate", config.intermediate_size),
            quantized: (gpu.tuning().products == Products::Packed)
                .then(|| matrix("quantized", config.intermediate_size.max(hidden) / 4 + 1)),
        };
        self.add_embeddings(&mut plan, &between)?;
        for (at, layer) in self.layers.iter().enumerate() {
            let last = at + 1 == self.layers.len();
            let first = last && matches!(self.head, Head::Logit { .. });
            self.add_layer(&mut plan, &between, layer, first)?;
        }
        self.add_head(&mut plan, between)?;
        gpu.context.check()?;
        Ok(plan)
    }

    /// Into `x [tokens, hidden]`.
    fn add_embeddings(&self, plan: &mut Plan, between: &Between) -> GpuResult<()> {
        let hidden = self.config.hidden_size;
        let (tokens, Between { x, y, .. }) = (plan.tokens(), between);
        let tables = [&self.word.rows, &self.word.scales, &self.position.rows, &self.position.scales];
        let [word, word_scale, position, position_scale] = tables;
        plan.add(
            &self.gpu.context,
            &self.gpu.pipelines,
            Kernel::GatherEmbed,
            (Rows::Tokens, hidden),
            [hidden as u32 / 4, 0],
            &[&tokens, word, word_scale, position, position_scale, &self.token_type, y],
        )?;
        self.add_norm(plan, Rows::Tokens, [y, y, x], &self.norm, Kernel::LayerNorm { residual: false, first: false })
    }

    /// From `x` to `x`, `[tokens, hidden]`; with `first` to the first rows alone, `[sequences, hidden]`.
    fn add_layer(&self, plan: &mut Plan, between: &Between, layer: &Layer, first: bool) -> GpuResult<()> {
        let Between { x, y, z, qkv, intermediate, quantized } = between;
        let quantized = quantized.as_ref();
        let rows = if first { Rows::Sequences } else { Rows::Tokens };
        self.add_matmul(plan, Rows::Tokens, [x, qkv], quantized, &layer.qkv, false)?;
        self.add_attention(plan, rows, qkv, z)?;
        self.add_matmul(plan, rows, [z, y], quantized, &layer.attention_output, false)?;
        self.add_norm(plan, rows, [y, x, z], &layer.attention_norm, Kernel::LayerNorm { residual: true, first })?;
        self.add_matmul(plan, rows, [z, intermediate], quantized, &layer.intermediate, true)?;
        self.add_matmul(plan, rows, [intermediate, y], quantized, &layer.output, false)?;
        let norm = Kernel::LayerNorm { residual: true, first: false };
        self.add_norm(plan, rows, [y, z, x], &layer.output_norm, norm)
    }

    /// From `x` to what is read back.
    fn add_head(&self, plan: &mut Plan, between: Between) -> GpuResult<()> {
        let (context, pipelines) = (&self.gpu.context, &self.gpu.pipelines);
        let hidden = self.config.hidden_size;
        let Between { x, y, quantized, .. } = between;
        let width = match &self.head {
            Head::Embedding(_) => hidden,
            Head::Logit { .. } => 1,
        };
        let out = plan.matrix(context, "out", Rows::Sequences, width);
        match &self.head {
            Head::Embedding(pooling) => {
                let kernel = Kernel::Pool { mean: *pooling == Pooling::Mean };
                let fields = [hidden as u32 / 4, 0];
                let first = plan.first();
                plan.add(context, pipelines, kernel, (Rows::Sequences, hidden), fields, &[&first, &x, &out])?;
            }
            Head::Logit { pooler, classifier, bias } => {
                self.add_matmul(plan, Rows::Sequences, [&x, &y], quantized.as_ref(), pooler, false)?;
                let fields = [hidden as u32 / 4, bias.to_bits()];
                let buffers = [&y, classifier, &out];
                plan.add(context, pipelines, Kernel::Logit, (Rows::Sequences, 1), fields, &buffers)?;
            }
        }
        plan.read_back(context, out, width);
        Ok(())
    }

    /// `y = x · Wᵀ + b`
    fn add_matmul(
        &self,
        plan: &mut Plan,
        rows: Rows,
        [x, y]: [&Buffer; 2],
        quantized: Option<&Buffer>,
        linear: &Linear,
        gelu: bool,
    ) -> GpuResult<()> {
        let Gpu { context, pipelines } = &*self.gpu;
        let words = linear.k as u32 / 4;
        if let Some(quantized) = quantized {
            plan.add(context, pipelines, Kernel::Quantize, (rows, linear.k), [words, 0], &[x, quantized])?;
        }
        let buffers = [quantized.unwrap_or(x), &linear.weights, &linear.channels, y];
        plan.add(context, pipelines, Kernel::Matmul { gelu }, (rows, linear.n), [linear.n as u32, words], &buffers)
    }

    fn add_attention(&self, plan: &mut Plan, rows: Rows, qkv: &Buffer, context: &Buffer) -> GpuResult<()> {
        let (hidden, head_dim) = (self.config.hidden_size, self.config.head_dim());
        let kernel = Kernel::Attention { head_dim: head_dim as u32, first: rows == Rows::Sequences };
        let fields = [hidden as u32 / 4, (1.0 / (head_dim as f32).sqrt()).to_bits()];
        let (tokens, first) = (plan.tokens(), plan.first());
        let buffers = [&tokens, &first, qkv, context];
        plan.add(&self.gpu.context, &self.gpu.pipelines, kernel, (rows, hidden), fields, &buffers)
    }

    /// `y = norm(x + residual)`
    fn add_norm(
        &self,
        plan: &mut Plan,
        rows: Rows,
        [x, residual, y]: [&Buffer; 3],
        affine: &Buffer,
        kernel: Kernel,
    ) -> GpuResult<()> {
        let hidden = self.config.hidden_size;
        let fields = [hidden as u32 / 4, (self.config.layer_norm_eps as f32).to_bits()];
        let first = plan.first();
        let buffers = [x, residual, &first, affine, y];
        plan.add(&self.gpu.context, &self.gpu.pipelines, kernel, (rows, hidden), fields, &buffers)
    }
}
