//! A Hugging Face BERT-type sentence encoder (safetensors and its JSON files) becomes our int8 model file.
//!
//! Bytes in, bytes out: the command line reads and writes the files. Weight names are accepted with and without the
//! `bert.` prefix, element types are F32, F16 and BF16. Tensors that the encoder does not use (the pooler, position
//! ids, a training head) are left out and named in the report.

use std::collections::{BTreeSet, HashMap};

use candle_core::safetensors::SliceSafetensors;
use candle_core::{DType, Device};

use super::config::Pooling;
use super::file_writer::{Provenance, TensorData, write_model};
use super::import_config::SideFiles;
pub use super::import_config::{SIDE_FILES, SideFile};
use super::quantize::{ScaleSearch, quantize_rows};
use crate::error::{Error, Result};
use crate::hash::sha256_hex;

/// A model to import, read into memory.
#[derive(Debug)]
pub struct ImportSource<'a> {
    /// Name of the weights' file, for errors.
    pub weights_name: &'a str,
    /// Content of the weights' file.
    pub weights: &'a [u8],
    /// The other files of the folder that are there.
    pub side_files: &'a [SideFile],
}

/// Choices of an import.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportOptions {
    /// The model's name.
    pub id: String,
    /// Licence of the weights.
    pub license: String,
    /// Where the weights came from.
    pub source: String,
    /// Pooling, where the folder does not say (or to override it).
    pub pooling: Option<Pooling>,
    /// How scales are chosen.
    pub scales: ScaleSearch,
    /// Smallest scale of the word embeddings, in root mean squares of the table; 0 for none. See [`WORD_STEP`].
    pub word_step: f32,
}

/// The smallest scale of word embeddings that an import uses if not told otherwise. On all-MiniLM-L6-v2 it takes a tenth
/// off the compressed file and costs 0.00004 of cosine, a tenth of what the int8 layers cost.
pub const WORD_STEP: f32 = 0.07;

/// The row that lost most by quantization.
#[derive(Debug, Clone, PartialEq)]
pub struct WorstRow {
    /// Name of its tensor in the model file.
    pub tensor: String,
    /// Its number.
    pub row: usize,
    /// `‖w - ŵ‖ / ‖w‖`.
    pub error: f32,
}

/// A model file and what happened on the way.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    /// The model file.
    pub bytes: Vec<u8>,
    /// Names of source tensors that were left out.
    pub left_out: Vec<String>,
    /// The row that lost most.
    pub worst_row: WorstRow,
    /// Mean of the rows' relative errors.
    pub mean_row_error: f64,
}

/// Converts a model. `progress` is told the number of source tensors done, their total, and the next one's name.
///
/// # Errors
/// [`Error::Unsupported`] for an architecture that the engine does not run, naming the field; [`Error::Damaged`] for
/// files that are broken, incomplete or contradict each other.
pub fn import(
    source: &ImportSource<'_>,
    options: &ImportOptions,
    progress: &mut dyn FnMut(usize, usize, &str),
) -> Result<Imported> {
    let (config, vocab) = SideFiles(source.side_files).read(options.pooling)?;
    let mut weights = Weights::open(source.weights_name, source.weights)?;
    let mut out = Converted { scales: options.scales, ..Converted::default() };
    let (hidden, inter) = (config.hidden_size, config.intermediate_size);
    let total = 5 + 16 * config.num_layers;
    let mut done = 0;
    let mut take = |name: &str, shape: &[usize]| {
        progress(done, total, name);
        done += 1;
        weights.take(name, shape)
    };

    let words = take("embeddings.word_embeddings.weight", &[config.vocab_size, hidden])?;
    let min_scale = options.word_step * root_mean_square(&words);
    out.rows("embeddings.word", "embeddings.word.scale", &words, hidden, min_scale);
    let positions = take("embeddings.position_embeddings.weight", &[config.max_positions, hidden])?;
    out.rows("embeddings.position", "embeddings.position.scale", &positions, hidden, 0.0);
    let types = take("embeddings.token_type_embeddings.weight", &[config.type_vocab_size, hidden])?;
    out.floats("embeddings.token_type", types);
    for field in ["weight", "bias"] {
        let values = take(&format!("embeddings.LayerNorm.{field}"), &[hidden])?;
        out.floats(&format!("embeddings.norm.{field}"), values);
    }
    for layer in 0..config.num_layers {
        // (ours, theirs stacked by rows, rows of each, columns)
        let linears: [(&str, &[&str], usize, usize); 4] = [
            ("qkv", &["attention.self.query", "attention.self.key", "attention.self.value"], hidden, hidden),
            ("attention_output", &["attention.output.dense"], hidden, hidden),
            ("intermediate", &["intermediate.dense"], inter, hidden),
            ("output", &["output.dense"], hidden, inter),
        ];
        for (ours, theirs, rows, columns) in linears {
            let (mut weight, mut bias) = (Vec::new(), Vec::new());
            for part in theirs {
                weight.extend(take(&format!("encoder.layer.{layer}.{part}.weight"), &[rows, columns])?);
                bias.extend(take(&format!("encoder.layer.{layer}.{part}.bias"), &[rows])?);
            }
            let name = |field: &str| format!("layers.{layer}.{ours}.{field}");
            out.rows(&name("weight"), &name("scale"), &weight, columns, 0.0);
            out.floats(&name("bias"), bias);
        }
        for (ours, theirs) in [("attention_norm", "attention.output"), ("output_norm", "output")] {
            for field in ["weight", "bias"] {
                let values = take(&format!("encoder.layer.{layer}.{theirs}.LayerNorm.{field}"), &[hidden])?;
                out.floats(&format!("layers.{layer}.{ours}.{field}"), values);
            }
        }
    }
    progress(total, total, "");

    let provenance = Provenance {
        id: options.id.clone(),
        license: options.license.clone(),
        source: options.source.clone(),
        source_sha256: sha256_hex(&[source.weights]),
    };
    let bytes = write_model(&options.id, &config, &provenance, &vocab, &out.tensors)?;
    Ok(Imported {
        bytes,
        left_out: weights.unused.into_iter().collect(),
        mean_row_error: out.error_sum / out.error_count.max(1) as f64,
        worst_row: out.worst,
    })
}

/// Tensors on their way into the file, and the errors made.
struct Converted {
    scales: ScaleSearch,
    tensors: HashMap<String, TensorData>,
    worst: WorstRow,
    error_sum: f64,
    error_count: usize,
}

impl Default for Converted {
    fn default() -> Self {
        let worst = WorstRow { tensor: String::new(), row: 0, error: -1.0 };
        Converted { scales: ScaleSearch::Max, tensors: HashMap::new(), worst, error_sum: 0.0, error_count: 0 }
    }
}

impl Converted {
    fn floats(&mut self, name: &str, values: Vec<f32>) {
        self.tensors.insert(name.to_string(), TensorData::F32(values));
    }

    /// Quantizes `weights`, `[rows, columns]`.
    fn rows(&mut self, name: &str, scale_name: &str, weights: &[f32], columns: usize, min_scale: f32) {
        let quantized = quantize_rows(weights, columns, self.scales, min_scale);
        for (row, error) in quantized.errors.iter().enumerate() {
            self.error_sum += f64::from(*error);
            if *error > self.worst.error {
                self.worst = WorstRow { tensor: name.to_string(), row, error: *error };
            }
        }
        self.error_count += quantized.errors.len();
        self.tensors.insert(name.to_string(), TensorData::I8(quantized.values));
        self.floats(scale_name, quantized.scales);
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
        let prefix = if unused.contains("bert.embeddings.word_embeddings.weight") { "bert." } else { "" };
        Ok(Weights { file, tensors, prefix, unused })
    }

    /// Numbers of tensor `name`, which must have this shape and be finite.
    fn take(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let full = format!("{}{name}", self.prefix);
        // Checkpoints converted from the first BERT release call a layer norm's weight gamma and its bias beta.
        let old = full.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta");
        let full = if self.unused.contains(&full) { full } else { old };
        if !self.unused.remove(&full) {
            return Err(damaged(self.file, format!("no tensor {}{name}", self.prefix)));
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
