//! The tensors of a Hugging Face BERT checkpoint on their way into a model file: read, checked, quantized.

use std::collections::{BTreeSet, HashMap};

use candle_core::safetensors::SliceSafetensors;
use candle_core::{DType, Device};

use super::config::ModelConfig;
use super::file_writer::TensorData;
use super::import::{Grid, Imported, WorstRow};
use super::quantize::quantize_rows;
use crate::error::{Error, Result};

/// A checkpoint and what has been made of it.
pub(super) struct Conversion<'a> {
    weights: Weights<'a>,
    grid: Grid,
    tensors: HashMap<String, TensorData>,
    worst: WorstRow,
    error_sum: f64,
    error_count: usize,
    progress: &'a mut dyn FnMut(usize, usize, &str),
    done: usize,
    total: usize,
}

impl<'a> Conversion<'a> {
    /// Opens the checkpoint `bytes`, of which `total` tensors will be taken.
    pub(super) fn open(
        file: &'a str,
        bytes: &'a [u8],
        grid: Grid,
        total: usize,
        progress: &'a mut dyn FnMut(usize, usize, &str),
    ) -> Result<Self> {
        let worst = WorstRow { tensor: String::new(), row: 0, error: -1.0 };
        let (weights, tensors) = (Weights::open(file, bytes)?, HashMap::new());
        Ok(Conversion { weights, grid, tensors, worst, error_sum: 0.0, error_count: 0, progress, done: 0, total })
    }

    /// Number of tensors that [`encoder`](Self::encoder) takes.
    pub(super) fn encoder_tensors(config: &ModelConfig) -> usize {
        4 + 16 * config.num_layers
    }

    /// Everything of the encoder but its word embeddings. Of `positions` rows of the position table the first
    /// `max_positions` are kept.
    pub(super) fn encoder(&mut self, config: &ModelConfig, positions: usize) -> Result<()> {
        let (hidden, inter) = (config.hidden_size, config.intermediate_size);
        let mut places = self.take("embeddings.position_embeddings.weight", &[positions, hidden])?;
        places.truncate(config.max_positions * hidden);
        self.rows("embeddings.position", "embeddings.position.scale", &[places], hidden, 0.0);
        let types = self.take("embeddings.token_type_embeddings.weight", &[config.type_vocab_size, hidden])?;
        self.floats("embeddings.token_type", types);
        self.norm("embeddings.norm", "embeddings", hidden)?;
        for layer in 0..config.num_layers {
            // (ours, theirs stacked by rows, rows of each, columns)
            let linears: [(&str, &[&str], usize, usize); 4] = [
                ("qkv", &["attention.self.query", "attention.self.key", "attention.self.value"], hidden, hidden),
                ("attention_output", &["attention.output.dense"], hidden, hidden),
                ("intermediate", &["intermediate.dense"], inter, hidden),
                ("output", &["output.dense"], hidden, inter),
            ];
            for (ours, theirs, rows, columns) in linears {
                let theirs: Vec<String> = theirs.iter().map(|part| format!("encoder.layer.{layer}.{part}")).collect();
                self.linear(&format!("layers.{layer}.{ours}"), &theirs, rows, columns)?;
            }
            for (ours, theirs) in [("attention_norm", "attention.output"), ("output_norm", "output")] {
                self.norm(&format!("layers.{layer}.{ours}"), &format!("encoder.layer.{layer}.{theirs}"), hidden)?;
            }
        }
        Ok(())
    }

    /// Numbers of tensor `name`, which must have this shape and be finite.
    pub(super) fn take(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        (self.progress)(self.done, self.total, name);
        self.done += 1;
        self.weights.take(name, shape)
    }

    /// Adds a tensor of floats.
    pub(super) fn floats(&mut self, name: &str, values: Vec<f32>) {
        self.tensors.insert(name.to_string(), TensorData::F32(values));
    }

    /// Takes linear layers of `[rows, columns]` and adds them as one, stacked by rows.
    pub(super) fn linear(&mut self, ours: &str, theirs: &[String], rows: usize, columns: usize) -> Result<()> {
        let (mut weights, mut bias) = (Vec::new(), Vec::new());
        for part in theirs {
            weights.push(self.take(&format!("{part}.weight"), &[rows, columns])?);
            bias.extend(self.take(&format!("{part}.bias"), &[rows])?);
        }
        let name = |field: &str| format!("{ours}.{field}");
        self.rows(&name("weight"), &name("scale"), &weights, columns, self.grid.layer_step);
        self.floats(&name("bias"), bias);
        Ok(())
    }

    fn norm(&mut self, ours: &str, theirs: &str, hidden: usize) -> Result<()> {
        for field in ["weight", "bias"] {
            let values = self.take(&format!("{theirs}.LayerNorm.{field}"), &[hidden])?;
            self.floats(&format!("{ours}.{field}"), values);
        }
        Ok(())
    }

    /// Quantizes matrices of `columns` and adds them as one, stacked by rows. In each, no scale is below `step` root mean
    /// squares of its weights.
    pub(super) fn rows(&mut self, name: &str, scale_name: &str, parts: &[Vec<f32>], columns: usize, step: f32) {
        let (mut values, mut scales) = (Vec::new(), Vec::new());
        for weights in parts {
            let quantized = quantize_rows(weights, columns, self.grid.scales, step * root_mean_square(weights));
            for (row, error) in (scales.len()..).zip(&quantized.errors) {
                self.error_sum += f64::from(*error);
                if *error > self.worst.error {
                    self.worst = WorstRow { tensor: name.to_string(), row, error: *error };
                }
            }
            self.error_count += quantized.errors.len();
            values.extend(quantized.values);
            scales.extend(quantized.scales);
        }
        self.tensors.insert(name.to_string(), TensorData::I8(values));
        self.floats(scale_name, scales);
    }

    /// The file that `write` makes of the tensors, and the account of the conversion.
    pub(super) fn finish(
        self,
        write: impl FnOnce(&HashMap<String, TensorData>) -> Result<Vec<u8>>,
    ) -> Result<Imported> {
        (self.progress)(self.total, self.total, "");
        Ok(Imported {
            bytes: write(&self.tensors)?,
            left_out: self.weights.unused.into_iter().collect(),
            mean_row_error: self.error_sum / self.error_count.max(1) as f64,
            worst_row: self.worst,
        })
    }
}

/// The source's tensors, by their names without prefix.
struct Weights<'a> {
    file: &'a str,
    tensors: SliceSafetensors<'a>,
    prefix: &'static str,
    unused: BTreeSet<String>,
}

impl<'a> Weights<'a> {
    fn open(file: &'a str, bytes: &'a [u8]) -> Result<Self> {
        let tensors = SliceSafetensors::new(bytes).map_err(|error| damaged(file, error.to_string()))?;
        let unused: BTreeSet<String> = tensors.tensors().into_iter().map(|(name, _)| name).collect();
        let prefix = if unused.iter().any(|name| name.starts_with("bert.")) { "bert." } else { "" };
        Ok(Weights { file, tensors, prefix, unused })
    }

    /// Numbers of tensor `name`, which must have this shape and be finite.
    fn take(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        // The head stands beside the encoder, not in it.
        let prefix = if name.starts_with("classifier.") { "" } else { self.prefix };
        let full = format!("{prefix}{name}");
        // Checkpoints converted from the first BERT release call a layer norm's weight gamma and its bias beta.
        let old = full.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta");
        let full = if self.unused.contains(&full) { full } else { old };
        if !self.unused.remove(&full) {
            return Err(damaged(self.file, format!("no tensor {prefix}{name}")));
        }
        let broken = |error: candle_core::Error| damaged(self.file, format!("tensor {full}: {error}"));
        let tensor = self.tensors.load(&full, &Device::Cpu).map_err(broken)?;
        if tensor.dims() != shape {
            let found = tensor.dims();
            return Err(damaged(self.file, format!("tensor {full} has shape {found:?}, config.json says {shape:?}")));
        }
        if !matches!(tensor.dtype(), DType::F32 | DType::F16 | DType::BF16) {
            let detail = format!("tensor {full} is {:?}; supported: F32, F16, BF16", tensor.dtype());
            let next = "Import the unquantized export of the model";
            return Err(Error::Unsupported { file: self.file.to_string(), detail, next });
        }
        let flat = tensor.to_dtype(DType::F32).and_then(|tensor| tensor.flatten_all());
        let values = flat.and_then(|tensor| tensor.to_vec1::<f32>()).map_err(broken)?;
        match values.iter().position(|value| !value.is_finite()) {
            Some(at) => Err(damaged(self.file, format!("tensor {full}: value {at} is not finite"))),
            None => Ok(values),
        }
    }
}

fn root_mean_square(values: &[f32]) -> f32 {
    let squares = values.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>();
    (squares / values.len().max(1) as f64).sqrt() as f32
}

fn damaged(file: &str, detail: String) -> Error {
    Error::Damaged { file: file.to_string(), detail, next: "Get the model again, unquantized, as one safetensors file" }
}
