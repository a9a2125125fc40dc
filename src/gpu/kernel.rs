//! The kernels: which shader, its tunables, and how many workgroups cover a matrix. Bindings and shapes are in the head of
//! each shader.

use super::context::Context;
use super::error::{GpuError, GpuResult};
use super::tuning::{Products, Tuning};
use std::sync::{Mutex, PoisonError};
use wgpu::{BindGroup, BindingResource, ComputePipeline, ShaderSource};

/// Files of `shaders/`, one after the other, as `build.rs` leaves them: without comments, which no visitor needs to download.
macro_rules! shader {
    ($($name:literal),+) => { concat!($(include_str!(concat!(env!("OUT_DIR"), "/", $name, ".wgsl"))),+) };
}

/// Rows of the matmul's register tile: `ROWS` in its shader.
const MATMUL_ROWS: u32 = 8;
/// Columns of the matmul's register tile.
const MATMUL_COLUMNS: u32 = 4;
/// The largest head that the attention kernel holds: four times `MOST` in its shader.
pub const MAX_HEAD_DIM: usize = 64;

/// A kernel with what is fixed when it is compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kernel {
    /// `gather_embed.wgsl`
    GatherEmbed,
    /// `layer_norm.wgsl`, or `layer_norm_subgroups.wgsl`
    LayerNorm {
        /// Adds a residual first.
        residual: bool,
        /// Row r goes with the residual of the first token of sequence r.
        first: bool,
    },
    /// `quantize.wgsl`
    Quantize,
    /// `matmul.wgsl`, or what [`Products`] says; after [`Products::Packed`] it reads what [`Quantize`](Self::Quantize) makes.
    Matmul {
        /// GELU comes after it.
        gelu: bool,
    },
    /// `attention.wgsl`
    Attention {
        /// Width of a head.
        head_dim: u32,
        /// Only for the first token of each sequence.
        first: bool,
    },
    /// `pool.wgsl`
    Pool {
        /// The mean of all tokens, or the first.
        mean: bool,
    },
    /// `logit.wgsl`
    Logit,
    /// `max_sim.wgsl`: products.
    MaxSim {
        /// `max_sim_sums.wgsl` instead, which makes scores of them.
        sums: bool,
    },
}

impl Kernel {
    /// The shader's text: its file, then what it shares with others. The file comes first, as `enable` and `requires` have to.
    fn source(self, tuning: Tuning) -> &'static str {
        match self {
            Self::GatherEmbed => shader!("gather_embed"),
            Self::LayerNorm { .. } if tuning.norm_subgroups => shader!("layer_norm_subgroups", "layer_norm_row"),
            Self::LayerNorm { .. } => shader!("layer_norm", "layer_norm_row"),
            Self::Quantize => shader!("quantize"),
            Self::Matmul { .. } => match tuning.products {
                Products::Float => shader!("matmul", "matmul_store", "gelu"),
                Products::Half => shader!("matmul_half", "matmul_store", "gelu"),
                Products::Packed => shader!("matmul_packed", "matmul_store", "gelu"),
            },
            Self::Attention { .. } => shader!("attention"),
            Self::Pool { .. } => shader!("pool"),
            Self::Logit => shader!("logit"),
            Self::MaxSim { sums: false } => shader!("max_sim"),
            Self::MaxSim { sums: true } => shader!("max_sim_sums"),
        }
    }

    /// Values of the shader's `override` constants.
    fn constants(self, tuning: Tuning) -> Vec<(&'static str, f64)> {
        let flag = |flag: bool| f64::from(u8::from(flag));
        let lanes = f64::from(tuning.lanes);
        match self {
            Self::GatherEmbed | Self::Logit => vec![("LANES", lanes)],
            Self::LayerNorm { residual, first } => {
                let mut constants = vec![("RESIDUAL", flag(residual)), ("FIRST", flag(first)), ("SIZE", lanes)];
                if !tuning.norm_subgroups {
                    constants.push(("LANES", f64::from(tuning.norm_lanes)));
                }
                constants
            }
            Self::Quantize => vec![("LANES", f64::from(tuning.norm_lanes)), ("SIZE", lanes)],
            Self::Matmul { gelu } => {
                vec![("GELU", flag(gelu)), ("LANES", lanes), ("TILES", f64::from(tuning.matmul_tiles))]
            }
            Self::Attention { head_dim, first } => {
                vec![("FIRST", flag(first)), ("HEAD", f64::from(head_dim / 4)), ("LANES", lanes)]
            }
            Self::Pool { mean } => vec![("MEAN", flag(mean)), ("LANES", lanes)],
            Self::MaxSim { .. } => vec![("LANES", lanes)],
        }
    }

    /// The workgroups, along x and y, that cover an output of `rows` and `columns`.
    pub fn workgroups(self, tuning: Tuning, rows: u32, columns: u32) -> [u32; 2] {
        match self {
            Self::GatherEmbed | Self::Pool { .. } => [(columns / 4).div_ceil(tuning.lanes), rows],
            Self::LayerNorm { .. } if tuning.norm_subgroups => [rows, 1],
            Self::LayerNorm { .. } | Self::Quantize => [rows.div_ceil(tuning.lanes / tuning.norm_lanes), 1],
            Self::Matmul { .. } => {
                [columns.div_ceil(tuning.lanes * MATMUL_COLUMNS), rows.div_ceil(MATMUL_ROWS * tuning.matmul_tiles)]
            }
            Self::Attention { head_dim, .. } => [rows.div_ceil(tuning.lanes), columns / head_dim],
            Self::Logit => [rows.div_ceil(tuning.lanes), 1],
            Self::MaxSim { .. } => [(rows * columns).div_ceil(tuning.lanes), 1],
        }
    }
}

/// Compiled kernels, each compiled when it is first asked for.
#[derive(Debug)]
pub struct Pipelines {
    tuning: Tuning,
    compiled: Mutex<Vec<(Kernel, ComputePipeline)>>,
}

impl Pipelines {
    /// None yet.
    pub fn new(tuning: Tuning) -> Self {
        Self { tuning, compiled: Mutex::default() }
    }

    /// The tunables that they are compiled with.
    pub fn tuning(&self) -> Tuning {
        self.tuning
    }

    /// The pipeline of a kernel. A browser compiles it in the background.
    ///
    /// # Errors
    /// If the device has failed.
    pub fn get(&self, context: &Context, kernel: Kernel) -> GpuResult<ComputePipeline> {
        context.check()?;
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, pipeline)) = compiled.iter().find(|(other, _)| *other == kernel) {
            return Ok(pipeline.clone());
        }
        let device = context.device();
        let source = ShaderSource::Wgsl(kernel.source(self.tuning).into());
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor { label: None, source });
        let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: None,
            layout: None,
            module: &module,
            entry_point: None,
            compilation_options: wgpu::PipelineCompilationOptions {
                constants: &kernel.constants(self.tuning),
                ..Default::default()
            },
            cache: None,
        });
        compiled.push((kernel, pipeline.clone()));
        Ok(pipeline)
    }
}

/// Binds resources to a kernel, in the order of its bindings.
pub fn bind(context: &Context, pipeline: &ComputePipeline, resources: &[BindingResource<'_>]) -> BindGroup {
    let entries: Vec<_> = (0..)
        .zip(resources)
        .map(|(binding, resource)| wgpu::BindGroupEntry { binding, resource: resource.clone() })
        .collect();
    context.device().create_bind_group(&wgpu::BindGroupDescriptor {
        label: None,
        layout: &pipeline.get_bind_group_layout(0),
        entries: &entries,
    })
}

/// Checks that the kernels compute a model of this width and these heads.
///
/// # Errors
/// [`GpuError::Model`] with the rule that it breaks.
pub fn check_shape(hidden: usize, intermediate: usize, head_dim: usize) -> GpuResult<()> {
    if [hidden, intermediate, head_dim].iter().any(|size| !size.is_multiple_of(4)) {
        return Err(GpuError::Model(format!("sizes {hidden}, {intermediate} and {head_dim} must be multiples of 4")));
    }
    if head_dim > MAX_HEAD_DIM {
        return Err(GpuError::Model(format!("heads of {head_dim}, more than {MAX_HEAD_DIM}")));
    }
    Ok(())
}
