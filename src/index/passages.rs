//! Passages as a visitor sees them: text, title, headings, URL. Stored in chunks of JSON, so that a query fetches
//! only the chunks of its results.

use crate::error::{Error, REBUILD_INDEX, Result};
use serde::{Deserialize, Serialize};

/// One passage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PassageRecord {
    /// URL of the page, relative to the site's root.
    pub url: String,
    /// Title of the page.
    pub title: String,
    /// Language tag of the page.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub lang: String,
    /// Headings from the outermost to the passage's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub heading_path: Vec<String>,
    /// Id of the passage's section, to link to.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub anchor: String,
    /// The passage's own text.
    pub text: String,
}

impl PassageRecord {
    /// URL relative to the site's root, with the section's anchor.
    pub fn link(&self) -> String {
        if self.anchor.is_empty() { self.url.clone() } else { format!("{}#{}", self.url, self.anchor) }
    }
}

/// A chunk as JSON.
pub fn chunk_to_json(chunk: &[PassageRecord]) -> Vec<u8> {
    serde_json::to_vec(chunk).expect("strings serialize")
}

/// Reads a chunk that must hold `count` passages.
///
/// # Errors
/// If it is not JSON of that many passages.
pub fn parse_chunk(json: &[u8], file: &str, count: usize) -> Result<Vec<PassageRecord>> {
    let damaged = |detail| Error::Damaged { file: file.to_owned(), detail, next: REBUILD_INDEX };
    let chunk: Vec<PassageRecord> = serde_json::from_slice(json).map_err(|e| damaged(e.to_string()))?;
    if chunk.len() != count {
        return Err(damaged(format!("{} passages instead of {count}", chunk.len())));
    }
    Ok(chunk)
}
