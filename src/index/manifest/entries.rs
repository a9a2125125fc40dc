//! What a manifest says of the parts of an index besides their files.

use crate::index::chunks::ChunkGroup;
use crate::json::{Json, JsonResult};
use serde::Serialize;

/// The bi-encoder of an index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ModelEntry {
    /// Name, such as `all-MiniLM-L6-v2`.
    pub id: String,
    /// Length of an embedding.
    pub dim: usize,
    /// Longest input, special tokens included.
    pub max_tokens: usize,
    /// Hash of vocabulary and tokenizer settings.
    pub tokenizer_sha256: String,
}

impl ModelEntry {
    pub(super) fn from_json(json: &Json) -> JsonResult<Self> {
        Ok(Self {
            id: json.string("id")?,
            dim: json.whole("dim")?,
            max_tokens: json.whole("maxTokens")?,
            tokenizer_sha256: json.string("tokenizerSha256")?,
        })
    }
}

/// The passage tower of an index, which nobody downloads: it says whether a later build may take vectors over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PassageModelEntry {
    /// Name, such as `all-MiniLM-L6-v2`.
    pub id: String,
    /// SHA-256 of its file.
    pub sha256: String,
}

impl PassageModelEntry {
    pub(super) fn from_json(json: &Json) -> JsonResult<Self> {
        Ok(Self { id: json.string("id")?, sha256: json.string("sha256")? })
    }
}

/// Weights of the z-score sum (see [`crate::search::fuse`]).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct FusionEntry {
    /// Weight of the standardised cosine.
    pub dense: f32,
    /// Weight of the standardised BM25 score.
    pub lexical: f32,
}

impl FusionEntry {
    pub(super) fn from_json(json: &Json) -> JsonResult<Self> {
        Ok(Self { dense: json.number("dense")? as f32, lexical: json.number("lexical")? as f32 })
    }
}

/// The cross-encoder of an index.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RerankerEntry {
    /// Name.
    pub id: String,
    /// Longest input, query and passage and special tokens together.
    pub max_tokens: usize,
    /// Weight of its logit beside the fused score (see [`crate::search::rerank`]).
    pub lambda: f32,
}

impl RerankerEntry {
    pub(super) fn from_json(json: &Json) -> JsonResult<Self> {
        Ok(Self { id: json.string("id")?, max_tokens: json.whole("maxTokens")?, lambda: json.number("lambda")? as f32 })
    }
}

/// The static query tower of an index.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StaticTowerEntry {
    /// Name.
    pub id: String,
    /// Weights of the fused score with its vectors.
    pub fusion: FusionEntry,
    /// Passages in a chunk of their rows, as in [`Manifest::passages_per_chunk`](super::Manifest::passages_per_chunk).
    pub rows_per_chunk: u32,
}

impl StaticTowerEntry {
    pub(super) fn from_json(json: &Json) -> JsonResult<Self> {
        let fusion = FusionEntry::from_json(json.object("fusion")?)?;
        Ok(Self { id: json.string("id")?, fusion, rows_per_chunk: json.whole("rowsPerChunk")? })
    }
}

/// Learned sparse retrieval with an index (see [`impacts`](crate::index::impacts)).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SparseEntry {
    /// Name of the rows by which passages were expanded.
    pub id: String,
    /// Tokens of a passage, at most.
    pub terms: u32,
    /// Weights of the fused score with its impacts.
    pub fusion: FusionEntry,
}

impl SparseEntry {
    pub(super) fn from_json(json: &Json) -> JsonResult<Self> {
        let fusion = FusionEntry::from_json(json.object("fusion")?)?;
        Ok(Self { id: json.string("id")?, terms: json.whole("terms")?, fusion })
    }
}

/// The related pages of an index (see [`related`](crate::index::related)). They are no part of [`Files`](super::Files): no query reads them, and their
/// numbers are not consecutive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RelatedEntry {
    /// How many a page has at most.
    pub count: u32,
    /// Bits of a file's number.
    pub bits: u32,
    /// The files, by the address of the page.
    pub chunks: ChunkGroup,
}

impl RelatedEntry {
    pub(super) fn from_json(json: &Json) -> JsonResult<Self> {
        let chunks = ChunkGroup::from_json(json.object("chunks")?)?;
        Ok(Self { count: json.whole("count")?, bits: json.whole("bits")?, chunks })
    }
}

/// Late interaction with an index.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LateEntry {
    /// Name of the head.
    pub id: String,
    /// Length of a token vector.
    pub dim: usize,
    /// Weight of its score beside that of the first stage (see [`crate::search::late`]).
    pub lambda: f32,
    /// Passages in a chunk of their token vectors.
    pub passages_per_chunk: u32,
}

impl LateEntry {
    pub(super) fn from_json(json: &Json) -> JsonResult<Self> {
        Ok(Self {
            id: json.string("id")?,
            dim: json.whole("dim")?,
            lambda: json.number("lambda")? as f32,
            passages_per_chunk: json.whole("passagesPerChunk")?,
        })
    }
}
