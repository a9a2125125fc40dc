//! MaxSim of late interaction on a GPU: what [`QueryVectors::score`] says of many passages, in one submission of two dispatches
//! and one read-back. The products are those of [`crate::kernels::max_sim`], bit for bit; the sums over a query's tokens are
//! floats, as there.
//!
//! The browser's search uses it for late interaction where a GPU scores pairs and a probe found it quicker than the CPU (`www/siteseer/late-scorer.js`):
//! often it is not, as the round trip to a device takes longer than the CPU does for thirty passages (`docs/engine.md`). The command line does not use it.

use super::context::Context;
use super::error::{GpuError, GpuResult};
use super::kernel::{Kernel, Pipelines, bind};
use super::tuning::Tuning;
use crate::model::late::QueryVectors;
use wgpu::{BindGroup, Buffer, BufferUsages, ComputePipeline};

/// The most workgroups of a dispatch.
const MAX_WORKGROUPS: u32 = 65_535;
/// The longest vector whose products are sure to fit in 32 bits.
const MAX_DIM: usize = 512;
const KERNELS: [Kernel; 2] = [Kernel::MaxSim { sums: false }, Kernel::MaxSim { sums: true }];

/// The kernels and their buffers, which it keeps from call to call.
#[derive(Debug)]
pub struct MaxSim {
    tuning: Tuning,
    pipelines: [ComputePipeline; 2],
    buffers: Option<Buffers>,
}

/// Numbers of words that buffers have room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sizes {
    passages: usize,
    tokens: usize,
    query: usize,
    rows: usize,
}

#[derive(Debug)]
struct Buffers {
    sizes: Sizes,
    shape: Buffer,
    query: Buffer,
    weights: Buffer,
    rows: Buffer,
    first: Buffer,
    scores: Buffer,
    staging: Buffer,
    bindings: [BindGroup; 2],
}

impl MaxSim {
    /// Compiles the kernels with these tunables.
    ///
    /// # Errors
    /// If the device has failed.
    pub fn new(context: &Context, tuning: Tuning) -> GpuResult<Self> {
        let pipelines = Pipelines::new(tuning);
        let [products, sums] = KERNELS;
        let pipelines = [pipelines.get(context, products)?, pipelines.get(context, sums)?];
        Ok(Self { tuning, pipelines, buffers: None })
    }

    /// The score of each passage, `[passages]`: 1 for each token of the query, times its weight, that is in the passage as it
    /// stands in the query; 0 for a passage without rows.
    ///
    /// Shapes: `rows [n, dim]` of all passages, 127 for 1; `first [passages + 1]`, the first row of each passage, and behind
    /// them `n`. `dim` is the query's, a multiple of 16 and at most 512.
    ///
    /// # Errors
    /// [`GpuError::Model`] if the shapes do not fit or a dispatch does not cover so many passages; or whatever goes wrong on the
    /// device.
    pub async fn scores(
        &mut self,
        context: &Context,
        query: &QueryVectors,
        rows: &[i8],
        first: &[u32],
    ) -> GpuResult<Vec<f32>> {
        check(query, rows, first)?;
        let (passages, tokens) = (first.len() - 1, query.len());
        if passages == 0 || tokens == 0 {
            return Ok(vec![0.0; passages]);
        }
        let shape = [passages as u32, tokens as u32, query.dim() as u32 / 4, 0];
        let [products, sums] = KERNELS;
        let workgroups = [(products, tokens), (sums, 1)]
            .map(|(kernel, columns)| kernel.workgroups(self.tuning, passages as u32, columns as u32)[0]);
        if workgroups[0] > MAX_WORKGROUPS {
            return Err(GpuError::Model(format!("{passages} passages for a query of {tokens} tokens at once")));
        }
        context.check()?;
        let sizes = Sizes { passages, tokens, query: query.vectors().len(), rows: rows.len() / 4 };
        let buffers = match self.buffers.take() {
            Some(buffers) if buffers.sizes.hold(sizes) => buffers,
            _ => Buffers::new(context, &self.pipelines, sizes),
        };
        let values: Vec<i32> = query.vectors().iter().map(|&value| i32::from(value)).collect();
        let write = |buffer: &Buffer, bytes: &[u8]| context.queue().write_buffer(buffer, 0, bytes);
        write(&buffers.shape, bytemuck::cast_slice(&shape));
        write(&buffers.query, bytemuck::cast_slice(&values));
        write(&buffers.weights, bytemuck::cast_slice(query.weights()));
        write(&buffers.rows, bytemuck::cast_slice(rows));
        write(&buffers.first, bytemuck::cast_slice(first));
        let mut encoder = context.device().create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
            for ((pipeline, bindings), workgroups) in self.pipelines.iter().zip(&buffers.bindings).zip(workgroups) {
                pass.set_pipeline(pipeline);
                pass.set_bind_group(0, bindings, &[]);
                pass.dispatch_workgroups(workgroups, 1, 1);
            }
        }
        encoder.copy_buffer_to_buffer(&buffers.scores, 0, &buffers.staging, 0, passages as u64 * 4);
        context.queue().submit([encoder.finish()]);
        let scores = context.read(&buffers.staging, passages).await?;
        self.buffers = Some(buffers); // those of a call that failed are not used again
        Ok(scores)
    }
}

impl Sizes {
    fn hold(self, other: Self) -> bool {
        self.passages >= other.passages
            && self.tokens >= other.tokens
            && self.query >= other.query
            && self.rows >= other.rows
    }
}

impl Buffers {
    /// With room for these sizes and somewhat more.
    fn new(context: &Context, [products, sums]: &[ComputePipeline; 2], least: Sizes) -> Self {
        let sizes = Sizes {
            passages: least.passages.next_power_of_two(),
            tokens: least.tokens.next_power_of_two(),
            query: least.query.next_power_of_two(),
            rows: least.rows.next_power_of_two(),
        };
        let input =
            |label, words: usize| context.buffer(label, words * 4, BufferUsages::STORAGE | BufferUsages::COPY_DST);
        let output =
            |label, words: usize| context.buffer(label, words * 4, BufferUsages::STORAGE | BufferUsages::COPY_SRC);
        let shape = context.buffer("shape", 16, BufferUsages::UNIFORM | BufferUsages::COPY_DST);
        let (query, weights) = (input("query", sizes.query), input("weights", sizes.tokens));
        let (rows, first) = (input("rows", sizes.rows), input("first", sizes.passages + 1));
        let best = output("best", sizes.passages * sizes.tokens);
        let scores = output("scores", sizes.passages);
        let staging = context.buffer("staging", sizes.passages * 4, BufferUsages::MAP_READ | BufferUsages::COPY_DST);
        let bound = |pipeline, buffers: &[&Buffer]| {
            bind(context, pipeline, &buffers.iter().map(|buffer| buffer.as_entire_binding()).collect::<Vec<_>>())
        };
        let bindings = [
            bound(products, &[&shape, &query, &rows, &first, &best]),
            bound(sums, &[&shape, &best, &weights, &scores]),
        ];
        Self { sizes, shape, query, weights, rows, first, scores, staging, bindings }
    }
}

/// Checks the shapes.
fn check(query: &QueryVectors, rows: &[i8], first: &[u32]) -> GpuResult<()> {
    let dim = query.dim();
    if dim == 0 || !dim.is_multiple_of(16) || dim > MAX_DIM {
        return Err(GpuError::Model(format!("token vectors of {dim} values, not a multiple of 16 up to {MAX_DIM}")));
    }
    let covered = first.first() == Some(&0) && first.last().is_some_and(|&last| last as usize * dim == rows.len());
    if !covered || !first.is_sorted() {
        return Err(GpuError::Model(format!("passages that do not cover {} values in rows of {dim}", rows.len())));
    }
    Ok(())
}
