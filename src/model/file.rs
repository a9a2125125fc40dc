//! The model file, read: one safetensors file over `&[u8]`, checked once, then borrowed.
//!
//! ```text
//! u64 little endian: length of the header | header: JSON | tensors, end to end
//! header: {"__metadata__": {"siteseer.format": "1", "siteseer.kind": "bi-encoder" | "cross-encoder", "siteseer.id": …,
//!          "siteseer.config": JSON of ModelConfig, "siteseer.license": …, "siteseer.source": …,
//!          "siteseer.source_sha256": …, "siteseer.tokenizer_sha256": …,
//!          of a cross-encoder: "siteseer.table_source_sha256": …, "siteseer.lambda": …,
//!          of a query tower: "siteseer.aligned_source_sha256": …},
//!          NAME: {"dtype", "shape", "data_offsets"}, …}                       the tensors: see `layout`
//! ```
//! [`ModelFile::parse`] looks at the header only (some milliseconds, no copy of the weights) and fails with a typed
//! error on anything that is not exactly this; afterwards every accessor finds what it asks for. [`ModelFile::verify`]
//! looks at the numbers too. Integrity of the bytes is the business of whoever delivered them (the index's manifest has
//! the SHA-256).

use super::config::ModelConfig;
use super::layout::{Kind, VOCAB, layout};
use crate::error::{Error, REIMPORT_MODEL, Result};
use crate::hash::sha256_hex;
use crate::json::Json;
use crate::tensors::{Dtype, Tensor, TensorFile};
use crate::text::word_piece::WordPieceConfig;

/// Version of the model file's format that this build reads and writes.
pub const FORMAT_VERSION: u32 = 1;

/// Keys of the safetensors metadata.
pub(crate) mod key {
    pub(crate) const FORMAT: &str = "siteseer.format";
    pub(crate) const KIND: &str = "siteseer.kind";
    pub(crate) const ID: &str = "siteseer.id";
    pub(crate) const CONFIG: &str = "siteseer.config";
    pub(crate) const LICENSE: &str = "siteseer.license";
    pub(crate) const SOURCE: &str = "siteseer.source";
    pub(crate) const SOURCE_SHA256: &str = "siteseer.source_sha256";
    pub(crate) const TOKENIZER_SHA256: &str = "siteseer.tokenizer_sha256";
    pub(crate) const TABLE_SOURCE_SHA256: &str = "siteseer.table_source_sha256";
    pub(crate) const LAMBDA: &str = "siteseer.lambda";
    pub(crate) const ALIGNED_SOURCE_SHA256: &str = "siteseer.aligned_source_sha256";
}

/// A model file whose header has been checked. Borrows the bytes.
#[derive(Debug)]
pub struct ModelFile<'a> {
    tensors: TensorFile<'a>,
    kind: Kind,
    lambda: f32,
    config: ModelConfig,
}

/// One tensor of a file, for listings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorEntry {
    /// Name in the file.
    pub name: String,
    /// Element type as safetensors writes it: `I8`, `F32`, `U8`.
    pub dtype: String,
    /// Shape, row-major.
    pub shape: Vec<usize>,
    /// Length in bytes.
    pub len_bytes: usize,
}

impl<'a> ModelFile<'a> {
    /// Reads the header of `bytes` and checks that the file is complete and holds exactly the tensors of its
    /// configuration. `file_name` is the name that errors carry.
    ///
    /// # Errors
    /// [`Error::Truncated`] if bytes are missing, [`Error::Version`] for another format version,
    /// [`Error::Unsupported`] for a safetensors file that is not a Siteseer model (such as a Hugging Face export),
    /// [`Error::Damaged`] for anything else that is not as prescribed.
    pub fn parse(bytes: &'a [u8], file_name: &str) -> Result<Self> {
        let tensors = TensorFile::parse(bytes, file_name, REIMPORT_MODEL)?;
        let file = file_name.to_string();
        let unsupported = |detail: String, next| Error::Unsupported { file: file_name.to_string(), detail, next };

        let Some(version) = tensors.metadata(key::FORMAT) else {
            let detail = "a safetensors file, but not a Siteseer model file".to_string();
            return Err(unsupported(detail, "Convert the model with `siteseer model import DIR`"));
        };
        let version = version.parse::<u32>().map_err(|_| tensors.damaged(format!("format version `{version}`")))?;
        if version != FORMAT_VERSION {
            let next = if version > FORMAT_VERSION { "Use a newer siteseer" } else { REIMPORT_MODEL };
            return Err(Error::Version { file, found: version, supported: FORMAT_VERSION, next });
        }
        let required = |key| tensors.metadata(key).ok_or_else(|| tensors.damaged(format!("no {key} in the metadata")));
        let kind = required(key::KIND)?;
        let Some(kind) = Kind::of_name(kind) else {
            return Err(unsupported(
                format!("a model of kind `{kind}`"),
                "Name another kind of model, or use a newer siteseer",
            ));
        };
        for key in [key::ID, key::LICENSE, key::SOURCE, key::SOURCE_SHA256, key::TOKENIZER_SHA256] {
            required(key)?;
        }
        let mut lambda = 0.0;
        if kind == Kind::CrossEncoder {
            required(key::TABLE_SOURCE_SHA256)?;
            let text = required(key::LAMBDA)?;
            lambda = match Json::parse(text.as_bytes()) {
                Ok(Json::Number(lambda)) if lambda >= 0.0 && (lambda as f32).is_finite() => lambda as f32,
                _ => return Err(tensors.damaged(format!("{} is `{text}`, not a weight", key::LAMBDA))),
            };
        }
        let config = Json::parse(required(key::CONFIG)?.as_bytes()).and_then(|json| ModelConfig::from_json(&json));
        let config = config.map_err(|error| error.to_string()).and_then(|config| config.check().map(|()| config));
        let config = config.map_err(|detail| tensors.damaged(format!("{}: {detail}", key::CONFIG)))?;

        let model = ModelFile { tensors, kind, lambda, config };
        let specs = layout(&model.config, kind);
        for spec in &specs {
            if spec.name == VOCAB {
                model.tensors.tensor(VOCAB, spec.dtype)?;
            } else {
                model.tensors.bytes(&spec.name, spec.dtype, &spec.shape)?;
            }
        }
        let found = model.tensors.tensors().len();
        if found != specs.len() {
            return Err(model.damaged(format!("{found} tensors, but the configuration has {}", specs.len())));
        }
        if kind == Kind::BiEncoder {
            let (lines, rows) = (model.vocab()?.lines().count(), model.config.vocab_size);
            if lines > rows {
                return Err(model.damaged(format!("{lines} tokens, but {rows} rows of word embeddings")));
            }
        }
        Ok(model)
    }

    /// The file, if it is of this kind.
    ///
    /// # Errors
    /// [`Error::Unsupported`] if it is of another.
    pub fn of_kind(self, kind: Kind) -> Result<Self> {
        if self.kind == kind {
            return Ok(self);
        }
        let next = match kind {
            Kind::BiEncoder => "Use a bi-encoder here",
            Kind::CrossEncoder => "Use a cross-encoder here",
        };
        let file = self.file_name().to_owned();
        Err(Error::Unsupported { file, detail: format!("a model of kind `{}`", self.kind.name()), next })
    }

    /// Checks what [`parse`](Self::parse) leaves out because it costs time: a bi-encoder's tokenizer hash, and that every scale,
    /// bias and norm is a finite number.
    ///
    /// # Errors
    /// [`Error::Damaged`], naming the tensor.
    pub fn verify(&self) -> Result<()> {
        if self.kind == Kind::BiEncoder {
            let hash = tokenizer_sha256(self.vocab()?, &self.config.tokenizer);
            if hash != self.tokenizer_sha256() {
                let recorded = self.tokenizer_sha256();
                return Err(self.damaged(format!("tokenizer has SHA-256 {hash}, recorded is {recorded}")));
            }
        }
        for spec in layout(&self.config, self.kind).iter().filter(|spec| spec.dtype == Dtype::F32) {
            if !self.f32(&spec.name, &spec.shape)?.iter().all(|value| value.is_finite()) {
                return Err(self.damaged(format!("tensor {} holds a value that is not finite", spec.name)));
            }
        }
        Ok(())
    }

    /// Int8 weights `name` of this `shape`, row-major.
    ///
    /// # Errors
    /// [`Error::Damaged`] if there is no such tensor or it has another type or shape.
    pub fn i8(&self, name: &str, shape: &[usize]) -> Result<&'a [i8]> {
        self.tensors.i8(name, shape)
    }

    /// Float tensor `name` of this `shape`, row-major, copied out because the bytes may lie at any alignment.
    ///
    /// # Errors
    /// [`Error::Damaged`] if there is no such tensor or it has another type or shape.
    pub fn f32(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        self.tensors.f32(name, shape)
    }

    /// The vocabulary: tokens, one a line; the line number (from 0) is the id.
    ///
    /// # Errors
    /// [`Error::Damaged`] if it is not UTF-8, or if this is a cross-encoder, which has none.
    pub fn vocab(&self) -> Result<&'a str> {
        let bytes = self.tensors.bytes_of(self.tensors.tensor(VOCAB, Dtype::U8)?);
        std::str::from_utf8(bytes).map_err(|error| self.damaged(format!("tensor {VOCAB}: {error}")))
    }

    /// What the file holds.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Number of weights, biases and norms, without quantization scales.
    pub fn num_parameters(&self) -> usize {
        let specs = layout(&self.config, self.kind);
        let counted = specs.iter().filter(|spec| spec.name != VOCAB && !spec.name.ends_with(".scale"));
        counted.map(|spec| spec.shape.iter().product::<usize>()).sum()
    }

    /// The architecture.
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// The name that the bytes were handed in with.
    pub fn file_name(&self) -> &str {
        self.tensors.file()
    }

    /// The model's name, such as `all-MiniLM-L6-v2`.
    pub fn id(&self) -> &str {
        self.meta(key::ID)
    }

    /// Licence of the weights, an SPDX expression.
    pub fn license(&self) -> &str {
        self.meta(key::LICENSE)
    }

    /// Where the weights came from, in words.
    pub fn source(&self) -> &str {
        self.meta(key::SOURCE)
    }

    /// SHA-256 (hexadecimal) of the safetensors file that was imported.
    pub fn source_sha256(&self) -> &str {
        self.meta(key::SOURCE_SHA256)
    }

    /// Of a cross-encoder: [`source_sha256`](Self::source_sha256) of the bi-encoder whose word embeddings it reads with.
    pub fn table_source_sha256(&self) -> &str {
        self.meta(key::TABLE_SOURCE_SHA256)
    }

    /// [`source_sha256`](Self::source_sha256) of the model in whose space the vectors of a bi-encoder lie: its own, or of a query tower
    /// that of the passage tower it was fitted to.
    pub fn space_sha256(&self) -> &str {
        self.tensors.metadata(key::ALIGNED_SOURCE_SHA256).unwrap_or_else(|| self.source_sha256())
    }

    /// Of a cross-encoder: how much its logit counts beside the score of the first stage, as calibrated on sites that it
    /// was not trained on.
    pub fn lambda(&self) -> f32 {
        self.lambda
    }

    /// [`tokenizer_sha256`] of this model: two files with the same value cut text into the same ids.
    pub fn tokenizer_sha256(&self) -> &str {
        self.meta(key::TOKENIZER_SHA256)
    }

    /// All tensors in the order of the file.
    pub fn tensors(&self) -> Vec<TensorEntry> {
        let entry = |tensor: &Tensor| TensorEntry {
            name: tensor.name.clone(),
            dtype: tensor.dtype.name().to_owned(),
            shape: tensor.shape.clone(),
            len_bytes: tensor.range.len(),
        };
        self.tensors.tensors().iter().map(entry).collect()
    }

    fn meta(&self, key: &str) -> &str {
        // `parse` has seen that every key is there.
        self.tensors.metadata(key).unwrap_or_default()
    }

    fn damaged(&self, detail: String) -> Error {
        self.tensors.damaged(detail)
    }
}

/// SHA-256 (hexadecimal) of the vocabulary's bytes and the tokenizer's configuration in JSON: the identity that an index
/// records, so that it is not searched with a tokenizer other than the one it was made with.
pub fn tokenizer_sha256(vocab: &str, config: &WordPieceConfig) -> String {
    // A struct of numbers and booleans always has a JSON form.
    let config = serde_json::to_vec(config).unwrap_or_default();
    sha256_hex(&[vocab.as_bytes(), &config])
}
