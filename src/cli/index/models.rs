//! The models of an index: the passage tower, the bi-encoder that embeds its passages, and those that go along for the browser: the
//! query tower (or the passage tower itself), the cross-encoder that shares its word embeddings, the static query tower, and the head of
//! late interaction.

use super::super::model_path::{
    NONE, OFF, find_late, find_model, find_query_tower, find_reranker, find_sparse, find_static_tower,
};
use super::impacts::SparseModel;
use super::late::LateModel;
use crate::error::{Error, check_same};
use crate::hash::sha256_hex;
use crate::index::manifest::{ModelEntry, PassageModelEntry, RerankerEntry};
use crate::kernels::Backend;
use crate::model::bi_encoder::BiEncoder;
use crate::model::cross_encoder::CrossEncoder;
use crate::model::late::LateHead;
use crate::model::late_code::{code_of, without_code};
use crate::model::sparse_rows::SparseRows;
use crate::model::static_tower::StaticTower;
use anyhow::{Context, Result, bail};
use std::path::Path;

/// Numbers of a vector, at most: what [`Backend::scan_into`] takes.
const MAX_DIM: usize = 512;
/// Why a query tower has no late interaction.
const UNTRAINED: &str = "the head of late interaction was not trained with a query tower's token vectors";

/// The models, loaded and checked, with the bytes that are written into the index.
#[derive(Debug)]
pub(super) struct Models {
    /// The passage tower.
    pub(super) bi_encoder: BiEncoder,
    pub(super) bi_encoder_bytes: Vec<u8>,
    /// The query tower and its bytes, where queries have one of their own.
    query_tower: Option<(BiEncoder, Vec<u8>)>,
    /// The cross-encoder's entry and its bytes.
    pub(super) reranker: Option<(RerankerEntry, Vec<u8>)>,
    /// The static query tower.
    pub(super) static_tower: Option<StaticTower>,
    /// The rows of learned sparse retrieval.
    pub(super) sparse: Option<SparseModel>,
    /// The head of late interaction.
    pub(super) late: Option<LateModel>,
}

/// The models that were named.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct ModelChoice<'a> {
    /// `--model`
    pub(in crate::cli) model: Option<&'a Path>,
    /// `--query-tower`
    pub(in crate::cli) query_tower: Option<&'a Path>,
    /// `--reranker`
    pub(in crate::cli) reranker: Option<&'a Path>,
    /// `--static`
    pub(in crate::cli) static_tower: Option<&'a Path>,
    /// `--sparse`
    pub(in crate::cli) sparse: Option<&'a Path>,
    /// `--sparse-terms`
    pub(in crate::cli) sparse_terms: u16,
    /// `--late`
    pub(in crate::cli) late: Option<&'a Path>,
    /// `--late-bits`
    pub(in crate::cli) late_bits: u8,
}

impl Models {
    /// Loads the models that were named, or the default ones. A default query tower, cross-encoder or static query tower that
    /// belongs to another bi-encoder is left out, a default query tower where late interaction was asked for, and a default static query
    /// tower where learned sparse retrieval was. The model
    /// `none` gives none: words alone are indexed then.
    ///
    /// # Errors
    /// If one is missing or damaged, or if a query tower, cross-encoder, static query tower or late-interaction head that was
    /// named belongs to another bi-encoder, or to none.
    pub(super) fn load(choice: ModelChoice<'_>) -> Result<Option<Self>> {
        let ModelChoice { model, query_tower, reranker, static_tower, sparse, sparse_terms, late, late_bits } = choice;
        if model.is_some_and(|model| model == NONE) {
            let others = [
                ("query tower", "--query-tower", query_tower),
                ("reranker", "--reranker", reranker),
                ("static query tower", "--static", static_tower),
                ("table of rows for learned sparse retrieval", "--sparse", sparse),
                ("late-interaction head", "--late", late),
            ];
            for (what, option, path) in others {
                if let Some(path) = path.filter(|path| *path != NONE && *path != OFF) {
                    let file = path.display();
                    bail!("{file}: a {what} needs the model's vectors. Leave out --model none, or {option}");
                }
            }
            return Ok(None);
        }
        let path = find_model(model)?;
        let bi_encoder_bytes = read(&path)?;
        let bi_encoder = BiEncoder::load(&bi_encoder_bytes, &path.display().to_string(), Backend::best())?;
        check_dim(bi_encoder.dim(), &path)?;
        let late = find_late(late)?;
        let query_tower = match find_query_tower(query_tower)? {
            Some((_, false)) if late.is_some() => None, // its head reads the bi-encoder's token vectors
            Some((path, named)) => unless_mismatched(load_query_tower(&path, &bi_encoder), named)?,
            None => None,
        };
        let visitors = query_tower.as_ref().map_or(&bi_encoder, |(tower, _)| tower);
        let reranker = match find_reranker(reranker)? {
            Some((path, named)) => {
                let bytes = read(&path)?;
                match CrossEncoder::load(&bytes, &path.display().to_string(), visitors) {
                    Ok(model) => Some((entry_of(&model), bytes)),
                    Err(Error::Mismatch { .. }) if !named => None,
                    Err(error) => return Err(error.into()),
                }
            }
            None => None,
        };
        let sparse = match find_sparse(sparse)? {
            Some(path) => Some(load_sparse(&path, sparse_terms, &bi_encoder)?),
            None => None,
        };
        let static_tower = match find_static_tower(static_tower)? {
            Some((_, false)) if sparse.is_some() => None,
            Some((path, true)) if sparse.is_some() => {
                bail!(
                    "{}: an index has one way to search by meaning without a model. Leave out --static, or --sparse",
                    path.display()
                )
            }
            Some((path, named)) => unless_mismatched(load_static_tower(&path, &bi_encoder), named)?,
            None => None,
        };
        let late = match late {
            Some(path) if query_tower.is_some() => {
                bail!("{}: {UNTRAINED}. Leave out --query-tower, or --late", path.display())
            }
            Some(path) => Some(load_late(&path, late_bits, &bi_encoder)?),
            None => None,
        };
        Ok(Some(Self { bi_encoder, bi_encoder_bytes, query_tower, reranker, static_tower, sparse, late }))
    }

    /// Bytes of the model that embeds queries.
    pub(super) fn query_bytes(&self) -> &[u8] {
        self.query_tower.as_ref().map_or(&self.bi_encoder_bytes, |(_, bytes)| bytes)
    }

    /// What the manifest says of the passage tower, if queries have a tower of their own.
    pub(super) fn passage_entry(&self) -> Option<PassageModelEntry> {
        self.query_tower.as_ref().map(|_| PassageModelEntry {
            id: self.bi_encoder.id().to_owned(),
            sha256: sha256_hex(&[&self.bi_encoder_bytes]),
        })
    }

    /// What the manifest says of the model that embeds queries.
    pub(super) fn query_entry(&self) -> ModelEntry {
        let model = self.query_tower.as_ref().map_or(&self.bi_encoder, |(tower, _)| tower);
        ModelEntry {
            id: model.id().to_owned(),
            dim: model.dim(),
            max_tokens: model.max_tokens(),
            tokenizer_sha256: model.tokenizer_sha256().to_owned(),
        }
    }
}

/// The model; none if it was not named and belongs to another bi-encoder.
fn unless_mismatched<T>(loaded: Result<T>, named: bool) -> Result<Option<T>> {
    match loaded {
        Err(error) if !named && matches!(error.downcast_ref(), Some(Error::Mismatch { .. })) => Ok(None),
        loaded => loaded.map(Some),
    }
}

/// Refuses vectors that no kernel scans.
fn check_dim(dim: usize, path: &Path) -> Result<()> {
    if dim.is_multiple_of(16) && dim <= MAX_DIM {
        return Ok(());
    }
    let detail = format!("vectors of {dim} numbers; supported: up to {MAX_DIM}, a multiple of 16");
    let next = "Use a smaller model, such as all-MiniLM-L6-v2 or bge-small-en-v1.5";
    Err(Error::Unsupported { file: path.display().to_string(), detail, next }.into())
}

fn load_query_tower(path: &Path, passage_tower: &BiEncoder) -> Result<(BiEncoder, Vec<u8>)> {
    let (file, bytes) = (path.display().to_string(), read(path)?);
    let tower = BiEncoder::load(&bytes, &file, Backend::best())?;
    let properties = [
        ("the passage tower it was fitted to", tower.space_sha256(), passage_tower.space_sha256()),
        ("tokenizer hash", tower.tokenizer_sha256(), passage_tower.tokenizer_sha256()),
    ];
    let next = "Use a query tower that was fitted to this model (`siteseer model import --query-tower-of`), or --query-tower none";
    check_same(&file, &properties, next)?;
    Ok((tower, bytes))
}

fn load_static_tower(path: &Path, bi_encoder: &BiEncoder) -> Result<StaticTower> {
    let (file, bytes) = (path.display().to_string(), read(path)?);
    let tower = StaticTower::load(&bytes, &file)?;
    let fitted_to = ("the bi-encoder it was fitted to", tower.aligned_source_sha256(), bi_encoder.source_sha256());
    check_same(&file, &[fitted_to], "Use a static query tower that was fitted to this model, or --static none")?;
    Ok(tower)
}

fn load_sparse(path: &Path, terms: u16, bi_encoder: &BiEncoder) -> Result<SparseModel> {
    let (file, bytes) = (path.display().to_string(), read(path)?);
    let rows = SparseRows::load(&bytes, &file)?;
    let Some(of) = &rows.of else {
        bail!(
            "{file}: a checkpoint, which does not say what it belongs to. Make a model file of it with `siteseer model import --sparse-of`"
        );
    };
    let trained_with =
        ("the bi-encoder it was trained with", of.aligned_source_sha256.as_str(), bi_encoder.source_sha256());
    check_same(&file, &[trained_with], "Use rows that were trained with this model's vectors, or --sparse off")?;
    Ok(SparseModel { id: of.id.clone(), rows, terms })
}

fn load_late(path: &Path, bits: u8, bi_encoder: &BiEncoder) -> Result<LateModel> {
    let (file, bytes) = (path.display().to_string(), read(path)?);
    let head = LateHead::load(&bytes, &file)?;
    head.check_encoder(bi_encoder)?;
    let code = code_of(&bytes, &file, head.config().dim, bits)?;
    Ok(LateModel { head, bytes: without_code(&bytes, &file)?, bits, code })
}

fn entry_of(model: &CrossEncoder) -> RerankerEntry {
    RerankerEntry { id: model.id().to_owned(), max_tokens: model.max_tokens(), lambda: model.lambda() }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("{}: can't be read", path.display()))
}
