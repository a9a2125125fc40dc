//! Rows of learned sparse retrieval, as training left them, become our model file: rows of 4 bits, an eighth of the checkpoint.
//!
//! Tokens stand in the order of their bytes, so that their packed form is small. None is left out.

use super::beside::metadata;
use super::file::ModelFile;
use super::file_writer::{Entry, assemble};
use super::import::{ImportOptions, ImportSource, Imported};
use super::import_static_tower::{pack, pack_tokens};
use super::layout::Kind;
use super::quantize::quantize_rows_4_bits;
use super::sparse_rows::{KIND, RETRAIN, ROWS, SparseRows};
use super::static_tower::TOKENS;
use crate::error::{Error, Result};
use crate::tensors::{Dtype, TensorFile};
use serde_json::json;
use std::collections::HashSet;

/// Converts a checkpoint that was trained with the vectors of `sparse_of`.
///
/// # Errors
/// [`Error::Damaged`] if the checkpoint lacks a tensor, has other tokens than the bi-encoder or rows of another length.
pub fn import_sparse(source: &ImportSource<'_>, sparse_of: ModelFile<'_>, options: &ImportOptions) -> Result<Imported> {
    let sparse_of = sparse_of.of_kind(Kind::BiEncoder)?;
    let damaged = |detail| Error::Damaged { file: source.weights_name.to_owned(), detail, next: RETRAIN };
    let checkpoint = SparseRows::of_checkpoint(&TensorFile::parse(source.weights, source.weights_name, RETRAIN)?)?;
    let (n, dim) = (checkpoint.tokens.len(), checkpoint.dim);
    if dim != sparse_of.config().hidden_size || !dim.is_multiple_of(2) {
        return Err(damaged(format!(
            "rows have {dim} numbers, the bi-encoder's vectors {}",
            sparse_of.config().hidden_size
        )));
    }
    let vocab: HashSet<&str> = sparse_of.vocab()?.lines().collect();
    if let Some(token) = checkpoint.tokens.iter().find(|token| !vocab.contains(token.as_str())) {
        return Err(damaged(format!("the bi-encoder has no token {token}")));
    }
    let mut tokens: Vec<(&str, usize)> = checkpoint.tokens.iter().map(String::as_str).zip(0..).collect();
    tokens.sort_unstable();
    let row = |at: usize| &checkpoint.rows[at * dim..(at + 1) * dim];
    let rows: Vec<f32> = tokens.iter().flat_map(|&(_, at)| row(at)).copied().collect();
    let quantized = quantize_rows_4_bits(&rows, dim);

    let (bias, weight) = checkpoint.trained.unwrap_or_default();
    let ordered = |values: &[f32]| tokens.iter().map(|&(_, at)| values[at]).collect::<Vec<f32>>();
    let floats = |name: &str, values: &[f32]| Entry {
        name: name.to_owned(),
        dtype: Dtype::F32,
        shape: vec![n],
        content: values.iter().flat_map(|value| value.to_le_bytes()).collect(),
    };
    let bytes_of =
        |name: &str, shape: Vec<usize>, content| Entry { name: name.to_owned(), dtype: Dtype::U8, shape, content };
    let packed = pack_tokens(&tokens);
    let bytes = assemble(
        &metadata(KIND, json!({ "dim": dim }).to_string(), source, options, &sparse_of),
        &[
            floats("scales", &quantized.scales),
            floats("bias", &ordered(&bias)),
            floats("weight", &ordered(&weight)),
            bytes_of(ROWS, vec![n, dim / 2], pack(&quantized, 4)),
            bytes_of(TOKENS, vec![packed.len()], packed),
        ],
    );
    SparseRows::load(&bytes, &options.id)?;
    Ok(Imported::of_rows(bytes, &quantized))
}
