//! The files that a manifest names.

use super::natively;
use crate::error::{Error, REBUILD_INDEX, Result};
use crate::index::chunks::{ChunkGroup, ChunkKind};
use crate::json::{Json, JsonResult};
use serde::Serialize;

/// The files of an index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Files {
    /// Which passages make up a section, and the root of the lexical index.
    pub lexical: FileEntry,
    /// The stemmers that a visitor needs for the site's languages beside English, if it has others.
    #[cfg(not(target_arch = "wasm32"))]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stemmers: Vec<StemmerFile>,
    /// Lexical postings, by range of terms.
    pub postings: ChunkGroup,
    /// Terms that a misspelt word may mean, by first letter.
    pub spellings: ChunkGroup,
    /// Int8 vectors, a safetensors file, if there is a model. Later builds and the command line read it, and browsers where they are not [`compressed`](Self::compressed).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vectors: Option<FileEntry>,
    /// What browsers read in place of it, if there are many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compressed: Option<CompressedFiles>,
    /// The bi-encoder, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<FileEntry>,
    /// What pages say of themselves, if any does (see [`filters`](crate::index::filters)).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filters: Option<FileEntry>,
    /// The cross-encoder, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reranker: Option<FileEntry>,
    /// The static query tower and what it is compared with, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub static_tower: Option<StaticFiles>,
    /// Postings of impacts in place of it, if there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sparse: Option<SparseFiles>,
    /// Late interaction, if the index has token vectors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late: Option<LateFiles>,
    /// Passages, by range of sections.
    pub passages: ChunkGroup,
}

impl Files {
    pub(super) fn from_json(files: &Json) -> JsonResult<Self> {
        let file = |field| FileEntry::from_json(files.object(field)?);
        let optional = |field| files.get(field).map(FileEntry::from_json).transpose();
        let group = |kind: ChunkKind| ChunkGroup::from_json(files.object(kind.name())?);
        Ok(Self {
            lexical: file("lexical")?,
            #[cfg(not(target_arch = "wasm32"))]
            stemmers: match files.get("stemmers") {
                Some(_) => files.array("stemmers")?.iter().map(StemmerFile::from_json).collect::<JsonResult<_>>()?,
                None => Vec::new(),
            },
            postings: group(ChunkKind::Postings)?,
            spellings: group(ChunkKind::Spellings)?,
            vectors: optional("vectors")?,
            compressed: natively(files.get("compressed")).map(CompressedFiles::from_json).transpose()?,
            model: optional("model")?,
            filters: optional("filters")?,
            reranker: optional("reranker")?,
            static_tower: files.get("staticTower").map(StaticFiles::from_json).transpose()?,
            sparse: natively(files.get("sparse")).map(SparseFiles::from_json).transpose()?,
            late: natively(files.get("late")).map(LateFiles::from_json).transpose()?,
            passages: group(ChunkKind::Passages)?,
        })
    }

    /// The files that are listed one by one.
    pub fn all(&self) -> impl Iterator<Item = &FileEntry> {
        let others = [&self.vectors, &self.model, &self.filters, &self.reranker];
        let tower = self.static_tower.iter().flat_map(|files| [&files.root, &files.axes]);
        let late = self.late.iter().flat_map(|files| [&files.head, &files.code]);
        let sparse = self.sparse.iter().map(|files| &files.root);
        let codes = self.compressed.iter().map(|files| &files.codes);
        let all = std::iter::once(&self.lexical).chain(others.into_iter().flatten());
        let all = all.chain(tower).chain(sparse).chain(late).chain(codes);
        #[cfg(not(target_arch = "wasm32"))]
        let all = all.chain(self.stemmers.iter().map(|stemmer| &stemmer.file));
        all
    }

    /// The groups of chunks.
    pub fn groups(&self) -> impl Iterator<Item = &ChunkGroup> {
        let tower = self.static_tower.iter().flat_map(|files| [&files.tokens, &files.cells, &files.rows]);
        let sparse = self.sparse.iter().map(|files| &files.impacts);
        let late = self.late.iter().map(|files| &files.tokens);
        let exact = self.compressed.iter().map(|files| &files.exact);
        let words = [&self.postings, &self.spellings, &self.passages];
        words.into_iter().chain(tower).chain(sparse).chain(late).chain(exact)
    }

    /// The chunks of a kind.
    pub fn group(&self, kind: ChunkKind) -> &ChunkGroup {
        match kind {
            ChunkKind::Postings => &self.postings,
            ChunkKind::Spellings => &self.spellings,
            ChunkKind::Passages => &self.passages,
        }
    }

    /// Name of the vectors' file, or what it would hold.
    pub fn vectors_name(&self) -> &str {
        self.vectors.as_ref().map_or("vectors", |file| &file.name)
    }

    /// Name of the bi-encoder's file, or what it would hold.
    pub fn model_name(&self) -> &str {
        self.model.as_ref().map_or("model", |file| &file.name)
    }
}

/// The vectors of a site that has many (see [`compressed`](crate::index::compressed)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CompressedFiles {
    /// Codes of all passages.
    pub codes: FileEntry,
    /// The vectors, by range of passages.
    pub exact: ChunkGroup,
}

impl CompressedFiles {
    pub(super) fn from_json(json: &Json) -> JsonResult<Self> {
        Ok(Self {
            codes: FileEntry::from_json(json.object("codes")?)?,
            exact: ChunkGroup::from_json(json.object("exact")?)?,
        })
    }
}

/// What a query by meaning reads without a model: the static query tower, and the passages in cells and in rows (see
/// [`cells`](crate::index::cells)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StaticFiles {
    /// Root of the tower.
    pub root: FileEntry,
    /// Its tokens with their rows, by range of tokens.
    pub tokens: ChunkGroup,
    /// Principal axes' codes and the cells' centres.
    pub axes: FileEntry,
    /// Passages by meaning, with short codes.
    pub cells: ChunkGroup,
    /// Passages in order, with longer codes, by range of sections.
    pub rows: ChunkGroup,
}

impl StaticFiles {
    pub(super) fn from_json(json: &Json) -> JsonResult<Self> {
        Ok(Self {
            root: FileEntry::from_json(json.object("root")?)?,
            tokens: ChunkGroup::from_json(json.object("tokens")?)?,
            axes: FileEntry::from_json(json.object("axes")?)?,
            cells: ChunkGroup::from_json(json.object("cells")?)?,
            rows: ChunkGroup::from_json(json.object("rows")?)?,
        })
    }
}

/// Postings of impacts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SparseFiles {
    /// The root.
    pub root: FileEntry,
    /// Tokens with their postings, by range of tokens.
    pub impacts: ChunkGroup,
}

impl SparseFiles {
    pub(super) fn from_json(json: &Json) -> JsonResult<Self> {
        Ok(Self {
            root: FileEntry::from_json(json.object("root")?)?,
            impacts: ChunkGroup::from_json(json.object("impacts")?)?,
        })
    }
}

/// What late interaction reads (see [`late`](crate::index::late)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LateFiles {
    /// The head, which makes vectors of a query's tokens.
    pub head: FileEntry,
    /// What codes mean.
    pub code: FileEntry,
    /// Token vectors of passages, [`LateEntry::passages_per_chunk`](super::LateEntry::passages_per_chunk) of them in a file.
    pub tokens: ChunkGroup,
}

impl LateFiles {
    pub(super) fn from_json(json: &Json) -> JsonResult<Self> {
        Ok(Self {
            head: FileEntry::from_json(json.object("head")?)?,
            code: FileEntry::from_json(json.object("code")?)?,
            tokens: ChunkGroup::from_json(json.object("tokens")?)?,
        })
    }
}

/// What stems words of languages that the browser's engine does not know by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StemmerFile {
    /// Primary subtags of the pages in such a language: `nb` and `nn` have one stemmer.
    pub languages: Vec<String>,
    /// A wasm file.
    pub file: FileEntry,
}

#[cfg(not(target_arch = "wasm32"))]
impl StemmerFile {
    pub(super) fn from_json(json: &Json) -> JsonResult<Self> {
        Ok(Self { languages: json.strings("languages")?, file: FileEntry::from_json(json.object("file")?)? })
    }
}

/// One file: its name, and what its content must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FileEntry {
    /// Name in the index folder; ends in `.gz` if stored compressed.
    pub name: String,
    /// Length as stored.
    pub bytes: u64,
    /// Length of the content, uncompressed.
    pub raw_bytes: u64,
    /// SHA-256 of the content, uncompressed, in hex.
    pub sha256: String,
}

impl FileEntry {
    pub(super) fn from_json(json: &Json) -> JsonResult<Self> {
        Ok(Self {
            name: json.string("name")?,
            bytes: json.whole("bytes")?,
            raw_bytes: json.whole("rawBytes")?,
            sha256: json.string("sha256")?,
        })
    }

    /// Checks the length and the SHA-256 of a file's uncompressed content.
    ///
    /// # Errors
    /// [`Error::Truncated`] or [`Error::Damaged`], naming the file.
    pub fn verify(&self, content: &[u8]) -> Result<()> {
        if content.len() as u64 != self.raw_bytes {
            return Err(Error::Truncated {
                file: self.name.clone(),
                expected: self.raw_bytes,
                found: content.len() as u64,
                next: REBUILD_INDEX,
            });
        }
        if crate::hash::sha256_hex(&[content]) != self.sha256 {
            let detail = "its content does not have the SHA-256 of the manifest".to_owned();
            return Err(Error::Damaged { file: self.name.clone(), detail, next: REBUILD_INDEX });
        }
        Ok(())
    }

    /// Whether the file is stored compressed.
    pub fn is_gzip(&self) -> bool {
        self.name.ends_with(".gz")
    }
}
