//! The models of an index: the bi-encoder that embeds its passages, and the cross-encoder that goes along for the browser.

use super::super::model_path::{NONE, find_model, find_reranker};
use crate::error::Error;
use crate::index::manifest::{ModelEntry, RerankerEntry};
use crate::kernels::Backend;
use crate::model::bi_encoder::BiEncoder;
use crate::model::cross_encoder::CrossEncoder;
use anyhow::{Context, Result, bail};
use std::path::Path;

/// The models, loaded and checked, with the bytes that are written into the index.
#[derive(Debug)]
pub(super) struct Models {
    pub(super) bi_encoder: BiEncoder,
    pub(super) bi_encoder_bytes: Vec<u8>,
    /// The cross-encoder's entry and its bytes.
    pub(super) reranker: Option<(RerankerEntry, Vec<u8>)>,
}

impl Models {
    /// Loads the models that were named, or the default ones. A default cross-encoder that belongs to another bi-encoder is
    /// left out. The model `none` gives none: words alone are indexed then.
    ///
    /// # Errors
    /// If one is missing or damaged, or if the cross-encoder that was named belongs to another bi-encoder, or to none.
    pub(super) fn load(model: Option<&Path>, reranker: Option<&Path>) -> Result<Option<Self>> {
        if model.is_some_and(|model| model == NONE) {
            return match reranker {
                Some(path) if path != NONE => bail!(
                    "{}: a reranker needs the model's vectors. Leave out --model none, or --reranker",
                    path.display()
                ),
                _ => Ok(None),
            };
        }
        let path = find_model(model)?;
        let bi_encoder_bytes = read(&path)?;
        let bi_encoder = BiEncoder::load(&bi_encoder_bytes, &path.display().to_string(), Backend::best())?;
        let reranker = match find_reranker(reranker)? {
            Some((path, named)) => {
                let bytes = read(&path)?;
                match CrossEncoder::load(&bytes, &path.display().to_string(), &bi_encoder) {
                    Ok(model) => Some((entry_of(&model), bytes)),
                    Err(Error::Mismatch { .. }) if !named => None,
                    Err(error) => return Err(error.into()),
                }
            }
            None => None,
        };
        Ok(Some(Self { bi_encoder, bi_encoder_bytes, reranker }))
    }

    /// What the manifest says of the bi-encoder.
    pub(super) fn bi_encoder_entry(&self) -> ModelEntry {
        let model = &self.bi_encoder;
        ModelEntry {
            id: model.id().to_owned(),
            dim: model.dim(),
            max_tokens: model.max_tokens(),
            tokenizer_sha256: model.tokenizer_sha256().to_owned(),
        }
    }
}

fn entry_of(model: &CrossEncoder) -> RerankerEntry {
    RerankerEntry { id: model.id().to_owned(), max_tokens: model.max_tokens(), lambda: model.lambda() }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("{}: can't be read", path.display()))
}
