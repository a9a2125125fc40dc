//! The encoders on a GPU, by WebGPU: in the browser as it is there, natively over Vulkan, Metal or Direct3D 12.
//!
//! [`Context`] is a device; [`kernel`] lists the kernels, each a file in `shaders/` with its contract in its head, behind
//! which is put what it shares with others; [`tuning`] has their variants, [`encoder`] runs a model of them. It reads the same
//! int8 files as the CPU's: weights stay int8 on the device and become floats in the kernel, activations and sums are f32,
//! where the CPU quantizes activations. So its numbers are a little closer to those of the f32 model than the CPU's are.
//!
//! A forward pass is one submission of some seven dispatches a layer, and one read-back: of embeddings, or of logits. Late
//! interaction's scores are [`max_sim`]'s, where that is the quicker way. Whatever
//! goes wrong on the way (the device is lost, memory is short, a call is invalid) is a [`GpuError`]; the caller then
//! computes on the CPU.

mod buffers;
mod context;
pub mod encoder;
mod error;
pub mod kernel;
pub mod max_sim;
mod plan;
pub mod tuning;
pub mod weights;

pub use buffers::{floats_of, transposed_words};
pub use context::{Choice, Context};
pub use error::{GpuError, GpuResult};
