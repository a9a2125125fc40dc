//! What can go wrong with a GPU. None of it is the end: the CPU computes the same.

use crate::error::Error;

/// The result of a call that a GPU has a part in.
pub type GpuResult<T> = std::result::Result<T, GpuError>;

/// An error of the GPU, or of what it was given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GpuError {
    /// No adapter answers, or none of the kind that was asked for.
    #[error("no GPU adapter answers ({0}). Install its Vulkan driver, or compute on the CPU")]
    NoAdapter(String),
    /// The adapter gives no device of the limits that are needed.
    #[error("the GPU adapter gives no device ({0}). Compute on the CPU")]
    NoDevice(String),
    /// The device is gone: unplugged, reset by the system, or destroyed. It does not come back.
    #[error("the GPU device was lost ({0}). Open it again, or compute on the CPU")]
    Lost(String),
    /// There is not enough memory on the device.
    #[error("the GPU has not enough memory ({0}). Compute on the CPU")]
    OutOfMemory(String),
    /// The device refused a call: a fault of ours or of the driver.
    #[error("the GPU device refused a call ({0}). Please report it; compute on the CPU")]
    Refused(String),
    /// A model of a shape that the kernels do not compute.
    #[error("the GPU kernels do not compute this model: {0}. Compute on the CPU")]
    Model(String),
    /// An error of the library, such as a damaged file.
    #[error(transparent)]
    Library(#[from] Error),
}
