//! A forward pass as it is submitted: buffers, and the dispatches that go through them. Made once for a largest batch; a
//! batch only brings its tokens and how many rows there are.

use super::context::Context;
use super::error::{GpuError, GpuResult};
use super::kernel::{Kernel, Pipelines, bind};
use super::tuning::Tuning;
use crate::model::batch::TokenBatch;
use wgpu::{BindGroup, BindingResource, Buffer, BufferBinding, BufferUsages, ComputePipeline};

/// Bytes between two shapes: the most that a device may demand.
const SHAPE_STRIDE: usize = 256;
/// Shapes that differ in a forward pass: far fewer than dispatches, as layers are alike.
const MAX_SHAPES: usize = 32;
/// The most workgroups along one side of a dispatch: the gather's limit for tokens.
const MAX_TOKENS: usize = 65_535;

/// What a dispatch has a row for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rows {
    Tokens,
    Sequences,
}

/// The largest batch that a plan has buffers for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Capacity {
    pub(super) tokens: usize,
    pub(super) sequences: usize,
}

/// A shader's `Shape` but for its rows: two words, integers or bits of floats.
type Fields = [u32; 2];

#[derive(Debug)]
struct Step {
    kernel: Kernel,
    pipeline: ComputePipeline,
    bindings: BindGroup,
    rows: Rows,
    columns: u32,
}

/// Buffers and dispatches for batches up to a capacity.
#[derive(Debug)]
pub(super) struct Plan {
    tuning: Tuning,
    capacity: Capacity,
    /// `[tokens, 4]`: id, token type, start and end of its sequence.
    tokens: Buffer,
    /// `[sequences + 1]`: the first token of each sequence, and the number of tokens.
    first: Buffer,
    shapes: Buffer,
    shape_list: Vec<(Rows, Fields)>,
    steps: Vec<Step>,
    /// What is read back: `[sequences, width]`, with its width, and the buffer that it is read through.
    output: Option<(Buffer, usize, Buffer)>,
}

impl Capacity {
    /// One that holds the batch, with room for others.
    ///
    /// # Errors
    /// If no dispatch covers so many tokens.
    pub(super) fn of(batch: &TokenBatch) -> GpuResult<Self> {
        if batch.tokens() > MAX_TOKENS || batch.len() > MAX_TOKENS {
            let most = format!("a batch of {} tokens, more than {MAX_TOKENS}", batch.tokens());
            return Err(GpuError::Model(most));
        }
        let grown = |len: usize, least: usize| len.next_power_of_two().clamp(least, MAX_TOKENS);
        Ok(Self { tokens: grown(batch.tokens(), 256), sequences: grown(batch.len(), 8) })
    }
}

impl Plan {
    /// Without dispatches.
    pub(super) fn new(context: &Context, tuning: Tuning, capacity: Capacity) -> Self {
        let input = BufferUsages::STORAGE | BufferUsages::COPY_DST;
        let uniform = BufferUsages::UNIFORM | BufferUsages::COPY_DST;
        Self {
            tuning,
            capacity,
            tokens: context.buffer("tokens", capacity.tokens * 16, input),
            first: context.buffer("first", (capacity.sequences + 1) * 4, input),
            shapes: context.buffer("shapes", MAX_SHAPES * SHAPE_STRIDE, uniform),
            shape_list: Vec::new(),
            steps: Vec::new(),
            output: None,
        }
    }

    /// Whether there is room for the batch.
    pub(super) fn holds(&self, batch: &TokenBatch) -> bool {
        batch.tokens() <= self.capacity.tokens && batch.len() <= self.capacity.sequences
    }

    pub(super) fn tokens(&self) -> Buffer {
        self.tokens.clone()
    }

    pub(super) fn first(&self) -> Buffer {
        self.first.clone()
    }

    /// A buffer `[rows, width]` of floats between two dispatches.
    pub(super) fn matrix(&self, context: &Context, label: &str, rows: Rows, width: usize) -> Buffer {
        let rows = match rows {
            Rows::Tokens => self.capacity.tokens,
            Rows::Sequences => self.capacity.sequences,
        };
        context.buffer(label, rows * width * 4, BufferUsages::STORAGE | BufferUsages::COPY_SRC)
    }

    /// Appends a dispatch that makes `[rows, columns]`; the buffers follow the shape in the order of the bindings.
    ///
    /// # Errors
    /// If the device has failed.
    pub(super) fn add(
        &mut self,
        context: &Context,
        pipelines: &Pipelines,
        kernel: Kernel,
        (rows, columns): (Rows, usize),
        fields: Fields,
        buffers: &[&Buffer],
    ) -> GpuResult<()> {
        let at = self.shape_list.iter().position(|shape| *shape == (rows, fields)).unwrap_or_else(|| {
            self.shape_list.push((rows, fields));
            self.shape_list.len() - 1
        });
        if at >= MAX_SHAPES {
            return Err(GpuError::Model(format!("more than {MAX_SHAPES} different shapes")));
        }
        let shape = BindingResource::Buffer(BufferBinding {
            buffer: &self.shapes,
            offset: (at * SHAPE_STRIDE) as u64,
            size: std::num::NonZeroU64::new(16),
        });
        let resources: Vec<_> =
            [shape].into_iter().chain(buffers.iter().map(|buffer| buffer.as_entire_binding())).collect();
        let pipeline = pipelines.get(context, kernel)?;
        let bindings = bind(context, &pipeline, &resources);
        self.steps.push(Step { kernel, pipeline, bindings, rows, columns: columns as u32 });
        Ok(())
    }

    /// Says what is read back: a matrix `[sequences, width]`.
    pub(super) fn read_back(&mut self, context: &Context, output: Buffer, width: usize) {
        let usage = BufferUsages::MAP_READ | BufferUsages::COPY_DST;
        let staging = context.buffer("staging", self.capacity.sequences * width * 4, usage);
        self.output = Some((output, width, staging));
    }

    /// Runs the dispatches on a batch that it holds, as one submission: `[sequences, width]`.
    ///
    /// # Errors
    /// Whatever goes wrong on the device.
    pub(super) async fn run(&self, context: &Context, batch: &TokenBatch) -> GpuResult<Vec<f32>> {
        let Some((output, width, staging)) = &self.output else { return Ok(Vec::new()) };
        context.check()?;
        self.write(context, batch);
        let mut encoder = context.device().create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
            for step in &self.steps {
                let [x, y] = step.kernel.workgroups(self.tuning, rows_of(step.rows, batch), step.columns);
                pass.set_pipeline(&step.pipeline);
                pass.set_bind_group(0, &step.bindings, &[]);
                pass.dispatch_workgroups(x, y, 1);
            }
        }
        let len = batch.len() * width;
        encoder.copy_buffer_to_buffer(output, 0, staging, 0, len as u64 * 4);
        context.queue().submit([encoder.finish()]);
        context.read(staging, len).await
    }

    /// Sends what a batch brings.
    fn write(&self, context: &Context, batch: &TokenBatch) {
        let mut tokens = Vec::with_capacity(batch.tokens() * 4);
        for window in batch.offsets().windows(2) {
            for token in window[0]..window[1] {
                let kind = batch.token_type_ids()[token];
                tokens.extend([batch.input_ids()[token], kind, window[0] as u32, window[1] as u32]);
            }
        }
        let first: Vec<u32> = batch.offsets().iter().map(|&offset| offset as u32).collect();
        let mut shapes = vec![0; self.shape_list.len() * SHAPE_STRIDE / 4];
        for (shape, (rows, fields)) in shapes.chunks_exact_mut(SHAPE_STRIDE / 4).zip(&self.shape_list) {
            shape[0] = rows_of(*rows, batch);
            shape[1..3].copy_from_slice(fields);
        }
        for (buffer, words) in [(&self.tokens, &tokens), (&self.first, &first), (&self.shapes, &shapes)] {
            context.queue().write_buffer(buffer, 0, bytemuck::cast_slice(words));
        }
    }
}

fn rows_of(rows: Rows, batch: &TokenBatch) -> u32 {
    match rows {
        Rows::Tokens => batch.tokens() as u32,
        Rows::Sequences => batch.len() as u32,
    }
}
