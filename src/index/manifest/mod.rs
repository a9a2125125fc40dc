//! `manifest.json`: what an index folder holds, and what belongs together.
//!
//! It is the only file whose name never changes, hence the only one that a browser revalidates. Every other file is named
//! after its content. Large ones are listed here with length and SHA-256, small ones by groups (see [`ChunkGroup`](super::chunks::ChunkGroup)).

mod entries;
mod files;

pub use entries::{
    FusionEntry, LateEntry, ModelEntry, PassageModelEntry, RelatedEntry, RerankerEntry, SparseEntry, StaticTowerEntry,
};
pub use files::{CompressedFiles, FileEntry, Files, LateFiles, SparseFiles, StaticFiles, StemmerFile};

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
            files: Files::from_json(json.object("files")?)?,
        })
    }

    /// The manifest as JSON, in a stable order, with a newline at the end.
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("strings and numbers serialize");
        json.push('\n');
        json
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

/// What the browser's engine does not read: it is spared the code, which every visitor would load.
fn natively(entry: Option<&Json>) -> Option<&Json> {
    entry.filter(|_| cfg!(not(target_arch = "wasm32")))
}

#[cfg(test)]
mod tests;
