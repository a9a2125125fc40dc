//! The model file, written: the same bytes for the same model.
//!
//! The safetensors crate keeps metadata in a hash map, whose order changes from run to run; the header is therefore put
//! together here (keys sorted, tensors in the order of their offsets), and the result is read back before it is returned.
//! F32 tensors come first, so that they lie aligned to 4 bytes, then the bytes in the order of the forward pass.

use std::collections::{BTreeMap, HashMap};

use serde_json::json;

use super::config::ModelConfig;
use super::file::{FORMAT_VERSION, ModelFile, key, tokenizer_sha256};
use super::layout::{Kind, VOCAB, layout};
use crate::error::{Error, REIMPORT_MODEL, Result};
use crate::tensors::Dtype;

/// Numbers of one tensor.
#[derive(Debug, Clone, PartialEq)]
pub enum TensorData {
    /// Quantized weights.
    I8(Vec<i8>),
    /// Scales, biases, norms.
    F32(Vec<f32>),
}

/// What a model file says about the model besides its architecture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// The model's name, such as `all-MiniLM-L6-v2`.
    pub id: String,
    /// Licence of the weights, an SPDX expression.
    pub license: String,
    /// Where the weights came from, in words.
    pub source: String,
    /// SHA-256 (hexadecimal) of the file that was imported.
    pub source_sha256: String,
}

/// Bytes of a bi-encoder's file with these `tensors` (all of [`layout`] but the vocabulary, shapes as there). `aligned_to`: the
/// passage tower, if this is a query tower.
///
/// # Errors
/// [`Error::Damaged`] if the result would not be a valid model file: a tensor missing, one too many, or of another
/// length. `file_name` is the name that the error carries.
pub fn write_model(
    file_name: &str,
    config: &ModelConfig,
    provenance: &Provenance,
    vocab: &str,
    aligned_to: Option<&ModelFile<'_>>,
    tensors: &HashMap<String, TensorData>,
) -> Result<Vec<u8>> {
    let mut own = vec![(key::TOKENIZER_SHA256, tokenizer_sha256(vocab, &config.tokenizer))];
    own.extend(aligned_to.map(|passage_tower| (key::ALIGNED_SOURCE_SHA256, passage_tower.source_sha256().to_owned())));
    write(file_name, Kind::BiEncoder, config, provenance, &own, vocab, tensors)
}

/// Bytes of a cross-encoder's file with these `tensors` (all of [`layout`]). It reads with the word embeddings and the
/// tokenizer of `table_of`; `lambda` is the weight of its logit beside the score of the first stage.
///
/// # Errors
/// As [`write_model`], and if `lambda` is negative or not a number.
pub fn write_cross_encoder(
    file_name: &str,
    config: &ModelConfig,
    provenance: &Provenance,
    table_of: &ModelFile<'_>,
    lambda: f32,
    tensors: &HashMap<String, TensorData>,
) -> Result<Vec<u8>> {
    let own = [
        (key::TOKENIZER_SHA256, table_of.tokenizer_sha256().to_string()),
        (key::TABLE_SOURCE_SHA256, table_of.source_sha256().to_string()),
        (key::LAMBDA, lambda.to_string()),
    ];
    write(file_name, Kind::CrossEncoder, config, provenance, &own, "", tensors)
}

/// Writes a file; `own` is the metadata that its kind has.
fn write(
    file_name: &str,
    kind: Kind,
    config: &ModelConfig,
    provenance: &Provenance,
    own: &[(&'static str, String)],
    vocab: &str,
    tensors: &HashMap<String, TensorData>,
) -> Result<Vec<u8>> {
    let damaged = |detail| Error::Damaged { file: file_name.to_string(), detail, next: REIMPORT_MODEL };
    let config_json = serde_json::to_string(config).map_err(|error| damaged(error.to_string()))?;
    let mut metadata = BTreeMap::from([
        (key::FORMAT, FORMAT_VERSION.to_string()),
        (key::KIND, kind.name().to_string()),
        (key::ID, provenance.id.clone()),
        (key::CONFIG, config_json),
        (key::LICENSE, provenance.license.clone()),
        (key::SOURCE, provenance.source.clone()),
        (key::SOURCE_SHA256, provenance.source_sha256.clone()),
    ]);
    metadata.extend(own.iter().cloned());
    let mut specs = layout(config, kind);
    let needed = specs.iter().filter(|spec| spec.name != VOCAB).count();
    specs.sort_by_key(|spec| spec.dtype != Dtype::F32);

    let mut entries = Vec::new();
    for spec in specs {
        let (content, shape) = match tensors.get(&spec.name) {
            Some(TensorData::I8(values)) => (values.iter().map(|value| value.cast_unsigned()).collect(), spec.shape),
            Some(TensorData::F32(values)) => {
                (values.iter().flat_map(|value| value.to_le_bytes()).collect(), spec.shape)
            }
            None if spec.name == VOCAB => (vocab.as_bytes().to_vec(), vec![vocab.len()]),
            None => return Err(damaged(format!("no tensor {}", spec.name))),
        };
        entries.push(Entry { name: spec.name, dtype: spec.dtype, shape, content });
    }
    if tensors.len() != needed {
        return Err(damaged(format!("{} tensors given, {needed} needed", tensors.len())));
    }
    let bytes = assemble(&metadata, &entries);
    ModelFile::parse(&bytes, file_name)?.verify()?;
    Ok(bytes)
}

/// One tensor, as it stands in a file.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) dtype: Dtype,
    pub(super) shape: Vec<usize>,
    pub(super) content: Vec<u8>,
}

/// A safetensors file of these tensors, in this order.
pub(super) fn assemble(metadata: &BTreeMap<&str, String>, tensors: &[Entry]) -> Vec<u8> {
    let mut header = format!("{{\"__metadata__\":{}", json!(metadata));
    let mut start = 0;
    for Entry { name, dtype, shape, content } in tensors {
        let end = start + content.len();
        let entry = json!({"dtype": dtype.name(), "shape": shape, "data_offsets": [start, end]});
        header += &format!(",{}:{entry}", json!(name));
        start = end;
    }
    header.push('}');
    // The format wants the data to start at a multiple of 8, padded with spaces.
    header.extend(std::iter::repeat_n(' ', header.len().next_multiple_of(8) - header.len()));

    let mut bytes = Vec::with_capacity(8 + header.len() + start);
    bytes.extend((header.len() as u64).to_le_bytes());
    bytes.extend(header.as_bytes());
    tensors.iter().for_each(|tensor| bytes.extend_from_slice(&tensor.content));
    bytes
}
