//! The head of late interaction, as training left it, becomes our model file.
//!
//! The checkpoint has `head.weight` F32 `[dim, hidden]`, and `weight.weight` F32 `[1, hidden]` with `weight.bias` F32 `[1]` if a
//! query's tokens weigh differently. Nothing of it is quantized. What codes of token vectors mean may come along (see
//! [`late_code`](super::late_code)).

use super::beside::metadata;
use super::file::ModelFile;
use super::file_writer::{Entry, assemble};
use super::import::{ImportOptions, ImportSource};
use super::late::{HEAD, KIND, LateConfig, LateHead, WEIGHT};
use super::late_code::{code_entries, code_of};
use super::layout::Kind;
use crate::error::{Error, REIMPORT_MODEL, Result};
use crate::tensors::{Dtype, TensorFile};

/// Converts a checkpoint that was trained with the token vectors of `late_of`; `lambda` is how much its score counts
/// beside that of the first stage.
///
/// # Errors
/// [`Error::Damaged`] if the checkpoint lacks a tensor or has another shape than the bi-encoder.
pub fn import_late(
    source: &ImportSource<'_>,
    late_of: ModelFile<'_>,
    options: &ImportOptions,
    lambda: f32,
) -> Result<Vec<u8>> {
    let late_of = late_of.of_kind(Kind::BiEncoder)?;
    let damaged = |detail| Error::Damaged { file: source.weights_name.to_owned(), detail, next: REIMPORT_MODEL };
    let tensors = TensorFile::parse(source.weights, source.weights_name, REIMPORT_MODEL)?;
    let hidden_size = late_of.config().hidden_size;
    let dim = tensors.tensor(HEAD, Dtype::F32)?.shape.first().copied().unwrap_or_default();
    let config = LateConfig { dim, hidden_size, lambda };
    config.check().map_err(|detail| damaged(detail.to_owned()))?;
    let mut shapes = vec![(HEAD, vec![dim, hidden_size])];
    if tensors.tensor(WEIGHT[0], Dtype::F32).is_ok() {
        shapes.extend([(WEIGHT[0], vec![1, hidden_size]), (WEIGHT[1], vec![1])]);
    }
    let entry = |(name, shape): (&str, Vec<usize>)| {
        let content = tensors.bytes(name, Dtype::F32, &shape)?.to_vec();
        Ok(Entry { name: name.to_owned(), dtype: Dtype::F32, shape, content })
    };
    let mut entries: Vec<Entry> = shapes.into_iter().map(entry).collect::<Result<_>>()?;
    entries.extend(code_entries(&tensors, dim)?);
    let config_json = serde_json::to_string(&config).map_err(|error| damaged(error.to_string()))?;
    let metadata = metadata(KIND, config_json, source, options, &late_of);
    let bytes = assemble(&metadata, &entries);
    LateHead::load(&bytes, &options.id)?;
    code_of(&bytes, &options.id, dim, 1)?;
    Ok(bytes)
}
