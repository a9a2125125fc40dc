//! What a model file says of itself that was made for a bi-encoder and is no transformer: a static query tower, or the head of
//! late interaction.

#[cfg(feature = "cli")]
use super::file::ModelFile;
use super::file::{FORMAT_VERSION, key};
#[cfg(feature = "cli")]
use super::import::{ImportOptions, ImportSource};
use crate::error::{Error, Result};
use crate::json::Json;
use crate::tensors::TensorFile;
#[cfg(feature = "cli")]
use std::collections::BTreeMap;

/// Keys of such a file's metadata.
#[cfg(feature = "cli")]
pub(super) const KEYS: [&str; 9] = [
    key::FORMAT,
    key::KIND,
    key::ID,
    key::CONFIG,
    key::LICENSE,
    key::SOURCE,
    key::SOURCE_SHA256,
    key::TOKENIZER_SHA256,
    key::ALIGNED_SOURCE_SHA256,
];

/// Such a file's metadata.
#[derive(Debug)]
pub(super) struct Beside {
    /// Name of the model.
    pub(super) id: String,
    /// Hash of the bi-encoder's weights.
    pub(super) aligned_source_sha256: String,
    /// Hash of the bi-encoder's tokenizer.
    pub(super) tokenizer_sha256: String,
    /// `siteseer.config`, to be read.
    pub(super) config: Json,
}

impl Beside {
    /// Reads it. `next` is what to do with a file of another kind.
    ///
    /// # Errors
    /// If the file is of another kind or version, or lacks something.
    pub(super) fn read(tensors: &TensorFile<'_>, file_name: &str, expected: &str, next: &'static str) -> Result<Self> {
        let required = |key| tensors.metadata(key).ok_or_else(|| tensors.damaged(format!("no {key} in the metadata")));
        let (kind, file) = (required(key::KIND)?, file_name.to_owned());
        if kind != expected {
            return Err(Error::Unsupported { file, detail: format!("a model of kind `{kind}`"), next });
        }
        let version = required(key::FORMAT)?.parse().map_err(|_| tensors.damaged("no format version".to_owned()))?;
        if version != FORMAT_VERSION {
            let supported = FORMAT_VERSION;
            return Err(Error::Version { file, found: version, supported, next: "Use the siteseer that made it" });
        }
        let config = Json::parse(required(key::CONFIG)?.as_bytes());
        Ok(Self {
            id: required(key::ID)?.to_owned(),
            aligned_source_sha256: required(key::ALIGNED_SOURCE_SHA256)?.to_owned(),
            tokenizer_sha256: required(key::TOKENIZER_SHA256)?.to_owned(),
            config: config.map_err(|error| tensors.damaged(format!("{}: {error}", key::CONFIG)))?,
        })
    }
}

/// The metadata of a file of this kind that is made for `bi_encoder`; `config` is JSON.
#[cfg(feature = "cli")]
pub(super) fn metadata(
    kind: &str,
    config: String,
    source: &ImportSource<'_>,
    options: &ImportOptions,
    bi_encoder: &ModelFile<'_>,
) -> BTreeMap<&'static str, String> {
    let provenance = options.provenance(source);
    BTreeMap::from([
        (key::FORMAT, FORMAT_VERSION.to_string()),
        (key::KIND, kind.to_owned()),
        (key::ID, provenance.id),
        (key::CONFIG, config),
        (key::LICENSE, provenance.license),
        (key::SOURCE, provenance.source),
        (key::SOURCE_SHA256, provenance.source_sha256),
        (key::TOKENIZER_SHA256, bi_encoder.tokenizer_sha256().to_owned()),
        (key::ALIGNED_SOURCE_SHA256, bi_encoder.source_sha256().to_owned()),
    ])
}
