//! The models of an index: the bi-encoder that embeds its passages, and those that go along for the browser: the cross-encoder and
//! the static query tower, and the head of late interaction.

use super::super::model_path::{NONE, find_late, find_model, find_reranker, find_static_tower};
use super::late::LateModel;
use crate::error::Error;
use crate::index::manifest::{ModelEntry, RerankerEntry};
use crate::kernels::Backend;
use crate::model::bi_encoder::BiEncoder;
use crate::model::cross_encoder::CrossEncoder;
use crate::model::late::LateHead;
use crate::model::static_tower::StaticTower;
use anyhow::{Context, Result, bail};
use std::path::Path;

/// The models, loaded and checked, with the bytes that are written into the index.
#[derive(Debug)]
pub(super) struct Models {
    pub(super) bi_encoder: BiEncoder,
    pub(super) bi_encoder_bytes: Vec<u8>,
    /// The cross-encoder's entry and its bytes.
    pub(super) reranker: Option<(RerankerEntry, Vec<u8>)>,
    /// The static query tower.
    pub(super) static_tower: Option<StaticTower>,
    /// The head of late interaction.
    pub(super) late: Option<LateModel>,
}

/// What `--late` and `--late-bits` say.
#[derive(Debug, Clone, Copy)]
pub(super) struct LateChoice<'a> {
    pub(super) path: Option<&'a Path>,
    pub(super) bits: u8,
}

impl Models {
    /// Loads the models that were named, or the default ones. A default cross-encoder or static query tower that belongs
    /// to another bi-encoder is left out. The model `none` gives none: words alone are indexed then.
    ///
    /// # Errors
    /// If one is missing or damaged, or if a cross-encoder, static query tower or late-interaction head that was named
    /// belongs to another bi-encoder, or to none.
    pub(super) fn load(
        model: Option<&Path>,
        reranker: Option<&Path>,
        static_tower: Option<&Path>,
        late: LateChoice<'_>,
    ) -> Result<Option<Self>> {
        if model.is_some_and(|model| model == NONE) {
            let others = [
                ("reranker", "--reranker", reranker),
                ("static query tower", "--static", static_tower),
                ("late-interaction head", "--late", late.path),
            ];
            for (what, option, path) in others {
                if let Some(path) = path.filter(|path| *path != NONE) {
                    let file = path.display();
                    bail!("{file}: a {what} needs the model's vectors. Leave out --model none, or {option}");
                }
            }
            return Ok(None);
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
        let static_tower = match find_static_tower(static_tower)? {
            Some((path, named)) => match load_static_tower(&path, &bi_encoder) {
                Ok(tower) => Some(tower),
                Err(error) if !named && matches!(error.downcast_ref(), Some(Error::Mismatch { .. })) => None,
                Err(error) => return Err(error),
            },
            None => None,
        };
        let late = find_late(late.path)?.map(|path| load_late(&path, late.bits, &bi_encoder)).transpose()?;
        Ok(Some(Self { bi_encoder, bi_encoder_bytes, reranker, static_tower, late }))
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

fn load_static_tower(path: &Path, bi_encoder: &BiEncoder) -> Result<StaticTower> {
    let (file, bytes) = (path.display().to_string(), read(path)?);
    let tower = StaticTower::load(&bytes, &file)?;
    if tower.aligned_source_sha256() != bi_encoder.source_sha256() {
        return Err(Error::Mismatch {
            file,
            what: "the bi-encoder it was fitted to",
            expected: bi_encoder.source_sha256().to_owned(),
            found: tower.aligned_source_sha256().to_owned(),
            next: "Use a static query tower that was fitted to this model, or --static none",
        }
        .into());
    }
    Ok(tower)
}

fn load_late(path: &Path, bits: u8, bi_encoder: &BiEncoder) -> Result<LateModel> {
    let bytes = read(path)?;
    let head = LateHead::load(&bytes, &path.display().to_string())?;
    head.check_encoder(bi_encoder)?;
    Ok(LateModel { head, bytes, bits })
}

fn entry_of(model: &CrossEncoder) -> RerankerEntry {
    RerankerEntry { id: model.id().to_owned(), max_tokens: model.max_tokens(), lambda: model.lambda() }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("{}: can't be read", path.display()))
}
