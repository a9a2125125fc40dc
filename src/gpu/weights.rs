//! Where an encoder's tensors come from.

use crate::error::Result;
use crate::model::config::ModelConfig;
use crate::model::file::ModelFile;
use std::borrow::Cow;

/// A model's tensors by name, one at a time: a file in memory, or in the browser one outside of the wasm memory, which
/// never shrinks.
pub trait Weights {
    /// The model's shape.
    fn config(&self) -> &ModelConfig;

    /// Int8 weights `name` of this `shape`, row-major.
    ///
    /// # Errors
    /// If there are none.
    fn i8(&self, name: &str, shape: &[usize]) -> Result<Cow<'_, [i8]>>;

    /// Float tensor `name` of this `shape`, row-major.
    ///
    /// # Errors
    /// If there is none.
    fn f32(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>>;
}

impl Weights for ModelFile<'_> {
    fn config(&self) -> &ModelConfig {
        self.config()
    }

    fn i8(&self, name: &str, shape: &[usize]) -> Result<Cow<'_, [i8]>> {
        Ok(Cow::Borrowed(self.i8(name, shape)?))
    }

    fn f32(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        self.f32(name, shape)
    }
}
