//! A model file that stays in JavaScript's memory: its tensors come over one at a time. The wasm memory never shrinks, so a
//! whole file in it would be kept for ever, beside the copy on the GPU.

use super::JsResult;
use crate::error::{Error, REIMPORT_MODEL, Result};
use crate::gpu::weights::Weights;
use crate::json::Json;
use crate::model::config::ModelConfig;
use crate::model::file::key;
use crate::model::layout::VOCAB;
use js_sys::Uint8Array;
use std::borrow::Cow;
use wasm_bindgen::JsError;

/// Bytes before the header: its length.
const PREFIX: u32 = 8;

/// A model file that an encoder of the CPU has read already, and so checked.
pub(super) struct OutsideFile {
    bytes: Uint8Array,
    file: String,
    header: Json,
    /// Where the tensors begin.
    data: u32,
    config: ModelConfig,
}

impl OutsideFile {
    /// Reads the header.
    pub(super) fn open(bytes: Uint8Array, file: String) -> JsResult<Self> {
        let prefix = bytes.subarray(0, PREFIX).to_vec();
        let len = prefix.first_chunk::<4>().map_or(0, |len| u32::from_le_bytes(*len));
        let data = PREFIX.saturating_add(len);
        let header = Json::parse(&bytes.subarray(PREFIX, data).to_vec())?;
        let config = header.get("__metadata__").and_then(|metadata| metadata.get(key::CONFIG)).and_then(Json::as_str);
        let config = config.ok_or_else(|| JsError::new(&format!("{file}: no model file")))?;
        let config = ModelConfig::from_json(&Json::parse(config.as_bytes())?)?;
        Ok(Self { bytes, file, header, data, config })
    }

    /// The vocabulary, one token a line.
    pub(super) fn vocab(&self) -> Result<String> {
        String::from_utf8(self.tensor(VOCAB, None)?).map_err(|_| self.damaged(VOCAB))
    }

    /// The bytes of a tensor, as many as are expected.
    fn tensor(&self, name: &str, expected: Option<usize>) -> Result<Vec<u8>> {
        let offsets = self.header.get(name).and_then(|tensor| tensor.get("data_offsets")).and_then(Json::as_array);
        let offset = |at: usize| offsets?.get(at)?.as_whole::<u32>()?.checked_add(self.data);
        let (Some(start), Some(end)) = (offset(0), offset(1)) else { return Err(self.damaged(name)) };
        let bytes = self.bytes.subarray(start, end).to_vec();
        if expected.is_some_and(|expected| expected != bytes.len()) {
            return Err(self.damaged(name));
        }
        Ok(bytes)
    }

    fn damaged(&self, name: &str) -> Error {
        let detail = format!("tensor {name} is not as the configuration says");
        Error::Damaged { file: self.file.clone(), detail, next: REIMPORT_MODEL }
    }
}

impl Weights for OutsideFile {
    fn config(&self) -> &ModelConfig {
        &self.config
    }

    fn i8(&self, name: &str, shape: &[usize]) -> Result<Cow<'_, [i8]>> {
        let bytes = self.tensor(name, Some(shape.iter().product()))?;
        Ok(Cow::Owned(bytes.into_iter().map(|byte| byte as i8).collect()))
    }

    fn f32(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let bytes = self.tensor(name, Some(4 * shape.iter().product::<usize>()))?;
        Ok(bytes.as_chunks::<4>().0.iter().map(|float| f32::from_le_bytes(*float)).collect())
    }
}
