//! A Hugging Face `BertForSequenceClassification` with one label becomes our cross-encoder file.
//!
//! The model must have been trained with the word embeddings of a bi-encoder (frozen) and with its tokenizer. Both are
//! taken from the bi-encoder's file; word embeddings in the checkpoint are left out, and it needs no tokenizer files.

use super::file::ModelFile;
use super::file_writer::write_cross_encoder;
use super::import::{ImportOptions, ImportSource, Imported};
use super::import_config::SideFiles;
use super::import_weights::Conversion;
use super::layout::Kind;
use crate::error::Result;

/// Tokens of a sequence unless told otherwise, and rows of the position table that are kept: query, title, headings and a
/// passage of the index's usual length.
pub const MAX_TOKENS: usize = 160;
/// Weight of a logit unless told otherwise. The first cross-encoder, trained with 1, was better with 0.5 on every site that
/// it had not seen.
pub const LAMBDA: f32 = 0.5;

/// What is specific to a cross-encoder.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CrossEncoderOptions {
    /// Tokens of a sequence, special tokens included.
    pub max_tokens: usize,
    /// Weight of its logit beside the score of the first stage.
    pub lambda: f32,
}

impl Default for CrossEncoderOptions {
    fn default() -> Self {
        Self { max_tokens: MAX_TOKENS, lambda: LAMBDA }
    }
}

/// Converts a cross-encoder that reads with the word embeddings and the tokenizer of `table_of`. `progress` as for
/// [`import`](super::import::import).
///
/// # Errors
/// As [`import`](super::import::import); [`Error::Mismatch`](crate::Error::Mismatch) if the model's word embeddings would
/// have another shape than the bi-encoder's.
pub fn import_cross_encoder(
    source: &ImportSource<'_>,
    table_of: ModelFile<'_>,
    options: &ImportOptions,
    own: CrossEncoderOptions,
    progress: &mut dyn FnMut(usize, usize, &str),
) -> Result<Imported> {
    let table_of = table_of.of_kind(Kind::BiEncoder)?;
    let (config, positions) = SideFiles(source.side_files).read_cross_encoder(&table_of, own.max_tokens)?;
    let hidden = config.hidden_size;
    let total = Conversion::encoder_tensors(&config) + 4;
    let mut out = Conversion::open(source.weights_name, source.weights, options.grid, total, progress)?;
    out.encoder(&config, positions)?;
    out.linear("pooler", &["pooler.dense".to_owned()], hidden, hidden)?;
    let classifier = out.take("classifier.weight", &[1, hidden])?;
    out.floats("classifier.weight", classifier);
    let bias = out.take("classifier.bias", &[1])?;
    out.floats("classifier.bias", bias);
    let provenance = options.provenance(source);
    out.finish(|tensors| write_cross_encoder(&options.id, &config, &provenance, &table_of, own.lambda, tensors))
}
