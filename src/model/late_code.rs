//! What codes of token vectors mean (see [`residual`](crate::codes::residual)), where it comes with the head of late interaction: fitted
//! once to many sites, so that every index with that head has the same code.
//!
//! ```text
//! code.centres I8 [n, dim]      code.values.1 F32 [dim, 2]      code.values.2 F32 [dim, 4]       values by bits of a dimension
//! ```
//! An index has its code in a file of its own, so its head goes without.

use super::beside::KEYS;
use super::file_writer::{Entry, assemble};
use crate::codes::residual::ResidualCode;
use crate::codes::{from_bf16, to_bf16};
use crate::error::{REIMPORT_MODEL, Result};
use crate::tensors::{Dtype, TensorFile};
use std::collections::BTreeMap;

/// Name of the tensor with the centres.
const CENTRES: &str = "code.centres";
/// What the names of the tensors of a code begin with.
const PREFIX: &str = "code.";

fn values_name(bits: u8) -> String {
    format!("{PREFIX}values.{bits}")
}

/// The tensors of a code for vectors of length `dim`; none if the file has no code.
///
/// # Errors
/// If one is missing or has another shape.
pub(super) fn code_entries(tensors: &TensorFile<'_>, dim: usize) -> Result<Vec<Entry>> {
    let Some(centres) = tensors.tensors().iter().find(|tensor| tensor.name == CENTRES) else { return Ok(Vec::new()) };
    let count = centres.shape.first().copied().unwrap_or_default();
    let shapes = [
        (values_name(1), Dtype::F32, vec![dim, 2]),
        (values_name(2), Dtype::F32, vec![dim, 4]),
        (CENTRES.to_owned(), Dtype::I8, vec![count, dim]),
    ];
    let entry = |(name, dtype, shape): (String, Dtype, Vec<usize>)| {
        let content = tensors.bytes(&name, dtype, &shape)?.to_vec();
        Ok(Entry { name, dtype, shape, content })
    };
    shapes.into_iter().map(entry).collect()
}

/// The code with so many bits a dimension that a head's file has for its vectors of length `dim`; none if it has no code.
///
/// # Errors
/// If it makes no sense.
pub fn code_of(bytes: &[u8], file_name: &str, dim: usize, bits: u8) -> Result<Option<ResidualCode>> {
    let tensors = TensorFile::parse(bytes, file_name, REIMPORT_MODEL)?;
    let Some(centres) = code_entries(&tensors, dim)?.pop() else { return Ok(None) };
    let values = tensors.f32(&values_name(bits), &[dim, 1 << bits])?;
    let values = values.into_iter().map(|value| from_bf16(to_bf16(value))).collect();
    let centres = centres.content.iter().map(|&value| value as i8).collect();
    match ResidualCode::new(dim, bits, centres, values) {
        Some(code) => Ok(Some(code)),
        None => Err(tensors.damaged(format!("{PREFIX}*: no code of token vectors"))),
    }
}

/// The head's file without its code: the file itself if it has none.
///
/// # Errors
/// If it is damaged.
pub fn without_code(bytes: &[u8], file_name: &str) -> Result<Vec<u8>> {
    let tensors = TensorFile::parse(bytes, file_name, REIMPORT_MODEL)?;
    let is_code = |name: &str| name.starts_with(PREFIX);
    if !tensors.tensors().iter().any(|tensor| is_code(&tensor.name)) {
        return Ok(bytes.to_vec());
    }
    let metadata: BTreeMap<&str, String> =
        KEYS.iter().filter_map(|&key| Some((key, tensors.metadata(key)?.to_owned()))).collect();
    let kept = tensors.tensors().iter().filter(|tensor| !is_code(&tensor.name));
    let entries: Vec<Entry> = kept
        .map(|tensor| Entry {
            name: tensor.name.clone(),
            dtype: tensor.dtype,
            shape: tensor.shape.clone(),
            content: tensors.bytes_of(tensor).to_vec(),
        })
        .collect();
    Ok(assemble(&metadata, &entries))
}
