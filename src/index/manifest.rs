//! `manifest.json`: what an index folder holds, and what belongs together.
//!
//! It is the only file whose name never changes, hence the only one that a browser revalidates. Every other file is named
//! after its content. Large ones are listed here with length and SHA-256, small ones by groups (see [`ChunkGroup`]).

use super::chunks::{ChunkGroup, ChunkKind};
use crate::error::{Error, REBUILD_INDEX, Result};
use crate::json::{Json, JsonError, JsonResult};
use serde::Serialize;

/// Name of the manifest in an index folder.
pub const MANIFEST_NAME: &str = "manifest.json";
/// Value of [`Manifest::format`].
pub const FORMAT: &str = "siteseer-index";
/// Version of the index format that this build writes and reads.
pub const VERSION: u32 = 3;

/// The manifest of an index.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// [`FORMAT`], so that a stray JSON file is not taken for a manifest.
    pub format: String,
    /// [`VERSION`] of the build that wrote it.
    pub version: u32,
    /// Program and version that wrote it.
    pub generator: String,
    /// Where result URLs start, relative to the manifest.
    pub site_root: String,
    /// How much was indexed.
    pub counts: Counts,
    /// Pages by language tag, in the order of the tags; the empty tag counts pages that do not say. (A list, since a map's
    /// code is more than a visitor should download for it.)
    #[serde(serialize_with = "as_map")]
    pub languages: Vec<(String, u32)>,
    /// The model that embeds queries; none if words alone were indexed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelEntry>,
    /// The model that embedded the passages, if that is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passage_model: Option<PassageModelEntry>,
    /// Weights of the fused score.
    pub fusion: FusionEntry,
    /// The cross-encoder, if the index has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reranker: Option<RerankerEntry>,
    /// The static query tower, if the index has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub static_tower: Option<StaticTowerEntry>,
    /// Learned sparse retrieval in place of a static query tower, if the index has its postings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sparse: Option<SparseEntry>,
    /// Related pages, if the index has them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub related: Option<RelatedEntry>,
    /// Late interaction, if the index has token vectors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late: Option<LateEntry>,
    /// Passages in a chunk of them, unless a part of a section alone has more.
    pub passages_per_chunk: u32,
    /// The other files.
    pub files: Files,
}

/// How much an index holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Pages with text.
    pub pages: u32,
    /// Sections with text.
    pub sections: u32,
    /// Passages.
    pub passages: u32,
}

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

/// The passage tower of an index, which nobody downloads: it says whether a later build may take vectors over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PassageModelEntry {
    /// Name, such as `all-MiniLM-L6-v2`.
    pub id: String,
    /// SHA-256 of its file.
    pub sha256: String,
}

/// Weights of the z-score sum (see [`crate::search::fuse`]).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct FusionEntry {
    /// Weight of the standardised cosine.
    pub dense: f32,
    /// Weight of the standardised BM25 score.
    pub lexical: f32,
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

/// The static query tower of an index.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StaticTowerEntry {
    /// Name.
    pub id: String,
    /// Weights of the fused score with its vectors.
    pub fusion: FusionEntry,
    /// Passages in a chunk of their rows, as in [`Manifest::passages_per_chunk`].
    pub rows_per_chunk: u32,
}

/// Learned sparse retrieval with an index (see [`impacts`](super::impacts)).
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

/// Postings of impacts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SparseFiles {
    /// The root.
    pub root: FileEntry,
    /// Tokens with their postings, by range of tokens.
    pub impacts: ChunkGroup,
}

/// The related pages of an index (see [`related`](super::related)). They are no part of [`Files`]: no query reads them, and their
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

/// What late interaction reads (see [`late`](super::late)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LateFiles {
    /// The head, which makes vectors of a query's tokens.
    pub head: FileEntry,
    /// What codes mean.
    pub code: FileEntry,
    /// Token vectors of passages, [`LateEntry::passages_per_chunk`] of them in a file.
    pub tokens: ChunkGroup,
}

/// What a query by meaning reads without a model: the static query tower, and the passages in cells and in rows (see
/// [`cells`](super::cells)).
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

/// What stems words of languages that the browser's engine does not know by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StemmerFile {
    /// Primary subtags of the pages in such a language: `nb` and `nn` have one stemmer.
    pub languages: Vec<String>,
    /// A wasm file.
    pub file: FileEntry,
}

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
    /// Int8 vectors, a safetensors file, if there is a model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vectors: Option<FileEntry>,
    /// The bi-encoder, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<FileEntry>,
    /// What pages say of themselves, if any does (see [`filters`](super::filters)).
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

impl Manifest {
    /// Reads and checks a manifest.
    ///
    /// # Errors
    /// If it is not JSON of this format, of another version, or names a file outside of its folder.
    pub fn parse(json: &[u8], file: &str) -> Result<Self> {
        let damaged = |detail: String| Error::Damaged { file: file.to_owned(), detail, next: REBUILD_INDEX };
        let not_ours = |error| damaged(format!("not an index manifest ({error})"));
        let json = Json::parse(json).map_err(not_ours)?;
        // version first: another version may have other fields
        let (format, version) = (json.string("format").map_err(not_ours)?, json.whole("version").map_err(not_ours)?);
        if format != FORMAT {
            return Err(damaged(format!("its format is `{format}`, not `{FORMAT}`")));
        }
        if version != VERSION {
            let next = "Use the client that came with the index, or build the index again with this version";
            return Err(Error::Version { file: file.to_owned(), found: version, supported: VERSION, next });
        }
        let manifest = Self::from_json(&json).map_err(|error| damaged(error.to_string()))?;
        if manifest.reranker.is_some() != manifest.files.reranker.is_some() {
            return Err(damaged("a reranker needs both an entry and a file".to_owned()));
        }
        if manifest.static_tower.is_some() != manifest.files.static_tower.is_some() {
            return Err(damaged("a static query tower needs both an entry and a file".to_owned()));
        }
        if manifest.sparse.is_some() != manifest.files.sparse.is_some() {
            return Err(damaged("learned sparse retrieval needs both an entry and files".to_owned()));
        }
        if manifest.late.is_some() != manifest.files.late.is_some() {
            return Err(damaged("late interaction needs both an entry and files".to_owned()));
        }
        let (model, files) = (manifest.model.is_some(), &manifest.files);
        if model != files.model.is_some() || model != files.vectors.is_some() {
            return Err(damaged("a model needs an entry, a file and vectors".to_owned()));
        }
        let files = manifest.files.all().map(|entry| entry.name.clone());
        let related = || manifest.related.iter().map(|related| &related.chunks);
        let groups = manifest.files.groups().chain(related()).map(|group| group.file(0));
        if let Some(name) = files.chain(groups).find(|name| !is_plain_name(name)) {
            return Err(damaged(format!("`{name}` is not a plain file name")));
        }
        if let Some(group) = manifest.files.groups().chain(related()).find(|group| !group.name.contains('*')) {
            return Err(damaged(format!("`{}` is no name for many files", group.name)));
        }
        Ok(manifest)
    }

    fn from_json(json: &Json) -> JsonResult<Self> {
        let counts = json.object("counts")?;
        let files = json.object("files")?;
        let file = |field| FileEntry::from_json(files.object(field)?);
        let optional = |field| files.get(field).map(FileEntry::from_json).transpose();
        let group = |kind: ChunkKind| ChunkGroup::from_json(files.object(kind.name())?);
        let mut languages = Vec::new();
        for (tag, pages) in json.object("languages")?.members() {
            let expected = "a table of whole numbers";
            languages.push((tag.clone(), pages.as_whole().ok_or(JsonError::Field { field: "languages", expected })?));
        }
        Ok(Self {
            format: json.string("format")?,
            version: json.whole("version")?,
            generator: json.string("generator")?,
            site_root: json.string("siteRoot")?,
            counts: Counts {
                pages: counts.whole("pages")?,
                sections: counts.whole("sections")?,
                passages: counts.whole("passages")?,
            },
            languages,
            model: json.get("model").map(ModelEntry::from_json).transpose()?,
            passage_model: natively(json.get("passageModel")).map(PassageModelEntry::from_json).transpose()?,
            fusion: FusionEntry::from_json(json.object("fusion")?)?,
            reranker: json.get("reranker").map(RerankerEntry::from_json).transpose()?,
            static_tower: json.get("staticTower").map(StaticTowerEntry::from_json).transpose()?,
            sparse: natively(json.get("sparse")).map(SparseEntry::from_json).transpose()?,
            related: natively(json.get("related")).map(RelatedEntry::from_json).transpose()?,
            late: natively(json.get("late")).map(LateEntry::from_json).transpose()?,
            passages_per_chunk: json.whole("passagesPerChunk")?,
            files: Files {
                lexical: file("lexical")?,
                #[cfg(not(target_arch = "wasm32"))]
                stemmers: match files.get("stemmers") {
                    Some(_) => {
                        files.array("stemmers")?.iter().map(StemmerFile::from_json).collect::<JsonResult<_>>()?
                    }
                    None => Vec::new(),
                },
                postings: group(ChunkKind::Postings)?,
                spellings: group(ChunkKind::Spellings)?,
                vectors: optional("vectors")?,
                model: optional("model")?,
                filters: optional("filters")?,
                reranker: optional("reranker")?,
                static_tower: files.get("staticTower").map(StaticFiles::from_json).transpose()?,
                sparse: natively(files.get("sparse")).map(SparseFiles::from_json).transpose()?,
                late: natively(files.get("late")).map(LateFiles::from_json).transpose()?,
                passages: group(ChunkKind::Passages)?,
            },
        })
    }

    /// The manifest as JSON, in a stable order, with a newline at the end.
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("strings and numbers serialize");
        json.push('\n');
        json
    }
}

impl Files {
    /// The files that are listed one by one.
    pub fn all(&self) -> impl Iterator<Item = &FileEntry> {
        let others = [&self.vectors, &self.model, &self.filters, &self.reranker];
        let tower = self.static_tower.iter().flat_map(|files| [&files.root, &files.axes]);
        let late = self.late.iter().flat_map(|files| [&files.head, &files.code]);
        let sparse = self.sparse.iter().map(|files| &files.root);
        let all =
            std::iter::once(&self.lexical).chain(others.into_iter().flatten()).chain(tower).chain(sparse).chain(late);
        #[cfg(not(target_arch = "wasm32"))]
        let all = all.chain(self.stemmers.iter().map(|stemmer| &stemmer.file));
        all
    }

    /// The groups of chunks.
    pub fn groups(&self) -> impl Iterator<Item = &ChunkGroup> {
        let tower = self.static_tower.iter().flat_map(|files| [&files.tokens, &files.cells, &files.rows]);
        let sparse = self.sparse.iter().map(|files| &files.impacts);
        let late = self.late.iter().map(|files| &files.tokens);
        [&self.postings, &self.spellings, &self.passages].into_iter().chain(tower).chain(sparse).chain(late)
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

impl ModelEntry {
    fn from_json(json: &Json) -> JsonResult<Self> {
        Ok(Self {
            id: json.string("id")?,
            dim: json.whole("dim")?,
            max_tokens: json.whole("maxTokens")?,
            tokenizer_sha256: json.string("tokenizerSha256")?,
        })
    }
}

impl FusionEntry {
    fn from_json(json: &Json) -> JsonResult<Self> {
        Ok(Self { dense: json.number("dense")? as f32, lexical: json.number("lexical")? as f32 })
    }
}

impl StaticTowerEntry {
    fn from_json(json: &Json) -> JsonResult<Self> {
        let fusion = FusionEntry::from_json(json.object("fusion")?)?;
        Ok(Self { id: json.string("id")?, fusion, rows_per_chunk: json.whole("rowsPerChunk")? })
    }
}

/// What the browser's engine does not read: it is spared the code, which every visitor would load.
fn natively(entry: Option<&Json>) -> Option<&Json> {
    entry.filter(|_| cfg!(not(target_arch = "wasm32")))
}

impl PassageModelEntry {
    fn from_json(json: &Json) -> JsonResult<Self> {
        Ok(Self { id: json.string("id")?, sha256: json.string("sha256")? })
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl StemmerFile {
    fn from_json(json: &Json) -> JsonResult<Self> {
        Ok(Self { languages: json.strings("languages")?, file: FileEntry::from_json(json.object("file")?)? })
    }
}

impl RelatedEntry {
    fn from_json(json: &Json) -> JsonResult<Self> {
        let chunks = ChunkGroup::from_json(json.object("chunks")?)?;
        Ok(Self { count: json.whole("count")?, bits: json.whole("bits")?, chunks })
    }
}

impl StaticFiles {
    fn from_json(json: &Json) -> JsonResult<Self> {
        Ok(Self {
            root: FileEntry::from_json(json.object("root")?)?,
            tokens: ChunkGroup::from_json(json.object("tokens")?)?,
            axes: FileEntry::from_json(json.object("axes")?)?,
            cells: ChunkGroup::from_json(json.object("cells")?)?,
            rows: ChunkGroup::from_json(json.object("rows")?)?,
        })
    }
}

impl SparseEntry {
    fn from_json(json: &Json) -> JsonResult<Self> {
        let fusion = FusionEntry::from_json(json.object("fusion")?)?;
        Ok(Self { id: json.string("id")?, terms: json.whole("terms")?, fusion })
    }
}

impl SparseFiles {
    fn from_json(json: &Json) -> JsonResult<Self> {
        Ok(Self {
            root: FileEntry::from_json(json.object("root")?)?,
            impacts: ChunkGroup::from_json(json.object("impacts")?)?,
        })
    }
}

impl LateEntry {
    fn from_json(json: &Json) -> JsonResult<Self> {
        Ok(Self {
            id: json.string("id")?,
            dim: json.whole("dim")?,
            lambda: json.number("lambda")? as f32,
            passages_per_chunk: json.whole("passagesPerChunk")?,
        })
    }
}

impl LateFiles {
    fn from_json(json: &Json) -> JsonResult<Self> {
        Ok(Self {
            head: FileEntry::from_json(json.object("head")?)?,
            code: FileEntry::from_json(json.object("code")?)?,
            tokens: ChunkGroup::from_json(json.object("tokens")?)?,
        })
    }
}

impl RerankerEntry {
    fn from_json(json: &Json) -> JsonResult<Self> {
        Ok(Self { id: json.string("id")?, max_tokens: json.whole("maxTokens")?, lambda: json.number("lambda")? as f32 })
    }
}

impl FileEntry {
    fn from_json(json: &Json) -> JsonResult<Self> {
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

fn as_map<S: serde::Serializer>(pairs: &[(String, u32)], serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(key, value)| (key, value)))
}

/// Whether `name` is a file of the index folder itself: it can't lead a reader elsewhere.
fn is_plain_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('.')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, content: &[u8]) -> FileEntry {
        let sha256 = crate::hash::sha256_hex(&[content]);
        FileEntry { name: name.to_owned(), bytes: 1, raw_bytes: content.len() as u64, sha256 }
    }

    fn group(name: &str, files: u32) -> ChunkGroup {
        ChunkGroup { name: name.to_owned(), id: "0123456789abcdef".to_owned(), files, bytes: 10, largest: 30 }
    }

    fn manifest() -> Manifest {
        Manifest {
            format: FORMAT.to_owned(),
            version: VERSION,
            generator: "siteseer test".to_owned(),
            site_root: "../".to_owned(),
            counts: Counts { pages: 1, sections: 2, passages: 3 },
            languages: vec![("en".to_owned(), 1)],
            model: Some(ModelEntry { id: "m".to_owned(), dim: 4, max_tokens: 8, tokenizer_sha256: "0".to_owned() }),
            passage_model: None,
            fusion: FusionEntry { dense: 0.94, lexical: 0.59 },
            reranker: None,
            static_tower: None,
            sparse: None,
            related: None,
            late: None,
            passages_per_chunk: 2,
            files: Files {
                lexical: entry("lexical-0.bin.gz", b"a"),
                #[cfg(not(target_arch = "wasm32"))]
                stemmers: Vec::new(),
                postings: group("postings-0-*.bin.gz", 7),
                spellings: group("spellings-0-*.bin.gz", 0),
                vectors: Some(entry("vectors-0.safetensors", b"b")),
                model: Some(entry("model-0.safetensors.gz", b"c")),
                filters: None,
                reranker: None,
                static_tower: None,
                sparse: None,
                late: None,
                passages: group("passages-0-*.bin.gz", 2),
            },
        }
    }

    fn with_reranker() -> Manifest {
        let mut manifest = manifest();
        manifest.reranker = Some(RerankerEntry { id: "r".to_owned(), max_tokens: 160, lambda: 0.5 });
        manifest.files.reranker = Some(entry("reranker-0.safetensors.gz", b"f"));
        manifest
    }

    fn with_static_tower() -> Manifest {
        let mut manifest = manifest();
        manifest.static_tower = Some(StaticTowerEntry {
            id: "s".to_owned(),
            fusion: FusionEntry { dense: 0.5, lexical: 0.25 },
            rows_per_chunk: 2,
        });
        manifest.files.static_tower = Some(StaticFiles {
            root: entry("static-0.bin.gz", b"g"),
            tokens: group("tokens-0-*.bin.gz", 3),
            axes: entry("axes-0.bin.gz", b"h"),
            cells: group("cells-0-*.bin.gz", 2),
            rows: group("rows-0-*.bin.gz", 2),
        });
        manifest
    }

    fn with_sparse() -> Manifest {
        let mut manifest = manifest();
        let fusion = FusionEntry { dense: 0.5, lexical: 0.25 };
        manifest.sparse = Some(SparseEntry { id: "i".to_owned(), terms: 64, fusion });
        let root = entry("impacts-root-0.bin.gz", b"l");
        manifest.files.sparse = Some(SparseFiles { root, impacts: group("impacts-0-*.bin.gz", 4) });
        manifest
    }

    fn with_related() -> Manifest {
        let related = RelatedEntry { count: 3, bits: 32, chunks: group("related-0-*.bin.gz", 1) };
        Manifest { related: Some(related), ..manifest() }
    }

    fn with_late() -> Manifest {
        let mut manifest = manifest();
        manifest.late = Some(LateEntry { id: "l".to_owned(), dim: 64, lambda: 0.5, passages_per_chunk: 2 });
        manifest.files.late = Some(LateFiles {
            head: entry("late-head-0.safetensors.gz", b"i"),
            code: entry("late-code-0.bin.gz", b"j"),
            tokens: group("late-0-*.bin.gz", 2),
        });
        manifest
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn with_stemmers() -> Manifest {
        let mut manifest = manifest();
        let stemmer = |tags: &[&str], name| StemmerFile {
            languages: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            file: entry(name, b"k"),
        };
        manifest.files.stemmers =
            vec![stemmer(&["de"], "stemmer-de-0.wasm.gz"), stemmer(&["nb", "nn"], "stemmer-no-0.wasm.gz")];
        manifest
    }

    fn parse(m: &Manifest) -> Result<Manifest> {
        Manifest::parse(m.to_json().as_bytes(), MANIFEST_NAME)
    }

    #[test]
    fn survives_a_round_trip() {
        assert_eq!(parse(&manifest()), Ok(manifest()));
        assert_eq!(parse(&with_reranker()), Ok(with_reranker()));
        assert_eq!(parse(&with_static_tower()), Ok(with_static_tower()));
        assert_eq!(parse(&with_sparse()), Ok(with_sparse()));
        assert_eq!(parse(&with_related()), Ok(with_related()));
        assert_eq!(parse(&with_late()), Ok(with_late()));
    }

    #[test]
    fn related_pages_are_optional_and_lie_in_the_folder() {
        assert!(!manifest().to_json().contains("related"), "older readers see nothing new");
        for name in ["../related-*", "related"] {
            let mut outside = with_related();
            outside.related.as_mut().unwrap().chunks.name = name.to_owned();
            assert!(matches!(parse(&outside), Err(Error::Damaged { .. })), "{name}");
        }
    }

    /// The browser's engine does not read them: its JavaScript does.
    #[cfg(not(target_arch = "wasm32"))]
    #[test]
    fn stemmers_are_optional_and_lie_in_the_folder() {
        assert_eq!(parse(&with_stemmers()), Ok(with_stemmers()));
        assert!(!manifest().to_json().contains("stemmers"), "older readers see nothing new");
        assert_eq!(manifest().files.all().count() + 2, with_stemmers().files.all().count());
        let mut outside = with_stemmers();
        outside.files.stemmers[1].file.name = "../stemmer".to_owned();
        assert!(matches!(parse(&outside), Err(Error::Damaged { .. })));
    }

    #[test]
    fn late_interaction_is_optional_and_has_files() {
        assert!(!manifest().to_json().contains("late"), "older readers see nothing new");
        assert_eq!(manifest().files.all().count() + 2, with_late().files.all().count());
        assert_eq!(manifest().files.groups().count() + 1, with_late().files.groups().count());
        let mut no_files = with_late();
        no_files.files.late = None;
        assert!(matches!(parse(&no_files), Err(Error::Damaged { .. })));
    }

    #[test]
    fn a_static_tower_is_optional_and_has_a_file() {
        assert!(!manifest().to_json().contains("static"), "older readers see nothing new");
        assert_eq!(manifest().files.all().count() + 2, with_static_tower().files.all().count());
        assert_eq!(manifest().files.groups().count() + 3, with_static_tower().files.groups().count());
        let mut no_file = with_static_tower();
        no_file.files.static_tower = None;
        assert!(matches!(parse(&no_file), Err(Error::Damaged { .. })));
    }

    #[test]
    fn impacts_are_optional_and_have_files() {
        assert!(!manifest().to_json().contains("sparse"), "older readers see nothing new");
        assert_eq!(manifest().files.all().count() + 1, with_sparse().files.all().count());
        assert_eq!(manifest().files.groups().count() + 1, with_sparse().files.groups().count());
        let mut no_files = with_sparse();
        no_files.files.sparse = None;
        assert!(matches!(parse(&no_files), Err(Error::Damaged { .. })));
    }

    #[test]
    fn passages_may_have_a_model_of_their_own() {
        assert!(!manifest().to_json().contains("passageModel"), "older readers see nothing new");
        let mut two = manifest();
        two.passage_model = Some(PassageModelEntry { id: "p".to_owned(), sha256: "1".to_owned() });
        assert_eq!(parse(&two), Ok(two.clone()));
    }

    #[test]
    fn a_reranker_is_optional_and_has_a_file() {
        assert!(!manifest().to_json().contains("reranker"), "older readers see nothing new");
        assert_eq!(manifest().files.all().count() + 1, with_reranker().files.all().count());
        let mut no_file = with_reranker();
        no_file.files.reranker = None;
        assert!(matches!(parse(&no_file), Err(Error::Damaged { .. })));
        let mut no_entry = with_reranker();
        no_entry.reranker = None;
        assert!(matches!(parse(&no_entry), Err(Error::Damaged { .. })));
    }

    #[test]
    fn words_alone_need_neither_model_nor_vectors() {
        let mut words = manifest();
        (words.model, words.files.vectors, words.files.model) = (None, None, None);
        assert_eq!(parse(&words), Ok(words.clone()));
        assert!(!words.to_json().contains("null"));
        for part in 0..3 {
            let mut without = manifest();
            match part {
                0 => without.model = None,
                1 => without.files.vectors = None,
                _ => without.files.model = None,
            }
            assert!(matches!(parse(&without), Err(Error::Damaged { .. })), "{part}");
        }
    }

    #[test]
    fn refuses_other_formats_versions_counts_and_paths() {
        let mut other = manifest();
        other.format = "something".to_owned();
        assert!(matches!(parse(&other), Err(Error::Damaged { .. })));
        let mut newer = manifest();
        newer.version = VERSION + 1;
        assert!(matches!(parse(&newer), Err(Error::Version { supported: VERSION, .. })));
        for name in ["../secret", "a/b", "", ".hidden", "a b", "https:x"] {
            let mut outside = manifest();
            outside.files.lexical.name = name.to_owned();
            assert!(matches!(parse(&outside), Err(Error::Damaged { .. })), "{name}");
            let mut outside = manifest();
            outside.files.postings.name = format!("{name}*");
            assert_eq!(parse(&outside).is_err(), !name.is_empty(), "{name}*");
        }
        let mut no_number = manifest();
        no_number.files.postings.name = "postings".to_owned();
        assert!(matches!(parse(&no_number), Err(Error::Damaged { .. })));
        let json = manifest().to_json();
        for cut in 0..json.len() - 2 {
            assert!(Manifest::parse(&json.as_bytes()[..cut], MANIFEST_NAME).is_err(), "cut at {cut}");
        }
    }

    #[test]
    fn verifies_length_before_hash() {
        let entry = entry("x", b"abc");
        assert_eq!(entry.verify(b"abc"), Ok(()));
        assert!(matches!(entry.verify(b"ab"), Err(Error::Truncated { expected: 3, found: 2, .. })));
        assert!(matches!(entry.verify(b"abd"), Err(Error::Damaged { .. })));
    }
}
