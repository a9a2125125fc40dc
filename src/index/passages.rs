//! Passages as a visitor sees them: text, title, headings, URL. Stored in chunks of JSON of a few whole sections each, so that
//! a query fetches little more than its results.

use crate::error::{Error, REBUILD_INDEX, Result};
use crate::json::{Json, JsonError, JsonResult};
use crate::percent::encode;
use serde::Serialize;

/// One passage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PassageRecord {
    /// URL of the page, relative to the site's root.
    pub url: String,
    /// Title of the page.
    pub title: String,
    /// Language tag of the page.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub lang: String,
    /// Headings from the outermost to the passage's own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub heading_path: Vec<String>,
    /// Id of the passage's section, to link to.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub anchor: String,
    /// The passage's own text.
    pub text: String,
}

/// Passages in a chunk, of so many in all, unless a section alone has more (see
/// [`Sections::chunks`](super::sections::Sections::chunks)). A result costs one chunk, and a site has little more than 10·√n
/// of them: 1,400 for 18,000 passages, 11,000 for a million.
pub fn passages_per_chunk(passages: u32) -> u32 {
    (f64::from(passages).sqrt() / 10.0).ceil().max(1.0) as u32
}

/// Longest title or heading in a context prefix, in characters.
const MAX_HEADING_CHARS: usize = 120;

impl PassageRecord {
    /// Reads a passage. A field that is left out is empty.
    fn from_json(json: &Json) -> JsonResult<Self> {
        let text_or_empty = |field| json.get(field).map_or(Ok(String::new()), |_| json.string(field));
        let headings = json.get("headingPath").map_or(Ok(Vec::new()), |_| json.strings("headingPath"));
        Ok(Self {
            url: json.string("url")?,
            title: json.string("title")?,
            lang: text_or_empty("lang")?,
            heading_path: headings?,
            anchor: text_or_empty("anchor")?,
            text: json.string("text")?,
        })
    }

    /// What a model reads of the passage: at build time, and again when candidates are reranked.
    pub fn model_text(&self) -> String {
        model_text(&self.title, &self.heading_path, &self.text)
    }

    /// URL relative to the site's root, with the section's anchor, percent-encoded: `guide/#gr%C3%B6%C3%9Fe`.
    pub fn link(&self) -> String {
        let mut link = self.url.clone();
        if !self.anchor.is_empty() {
            link.push('#');
            encode(self.anchor.as_bytes(), is_plain, &mut link);
        }
        link
    }
}

/// What may stand behind a `#` (RFC 3986, 3.5) and ends neither an attribute nor a link in Markdown.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$()*+,;=:@/?".contains(&byte)
}

/// What a model reads of a passage: the context prefix, a full stop, the passage.
pub fn model_text(title: &str, heading_path: &[String], text: &str) -> String {
    match context_prefix(title, heading_path).as_str() {
        "" => text.to_owned(),
        prefix => format!("{prefix}. {text}"),
    }
}

/// What a passage is about, from outside its text: the page's title and the headings above it,
/// `Cargo > Workspaces > The root`.
pub fn context_prefix(title: &str, heading_path: &[String]) -> String {
    let parts: Vec<&str> = std::iter::once(title)
        .chain(heading_path.iter().map(String::as_str))
        .map(shorten)
        .filter(|part| !part.is_empty())
        .collect();
    parts.join(" > ")
}

/// The first words of a heading, so that an overlong one leaves room for the passage.
fn shorten(heading: &str) -> &str {
    match heading.char_indices().nth(MAX_HEADING_CHARS) {
        None => heading,
        Some((end, _)) => {
            let cut = &heading[..end];
            cut.rfind(' ').map_or(cut, |space| &cut[..space])
        }
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
    let chunk = Json::parse(json).and_then(|json| {
        let items = json.as_array().ok_or(JsonError::Field { field: "passages", expected: "an array" })?;
        items.iter().map(PassageRecord::from_json).collect::<JsonResult<Vec<_>>>()
    });
    let chunk = chunk.map_err(|error| damaged(error.to_string()))?;
    if chunk.len() != count {
        return Err(damaged(format!("{} passages instead of {count}", chunk.len())));
    }
    Ok(chunk)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_grow_with_the_site() {
        assert_eq!([1, 100, 101, 17_972, 1_000_000].map(passages_per_chunk), [1, 1, 2, 14, 100]);
    }

    #[test]
    fn a_link_is_a_valid_url() {
        let link = |anchor: &str| {
            let (url, anchor) = ("guide/".to_owned(), anchor.to_owned());
            let rest = || String::new();
            PassageRecord { url, anchor, title: rest(), lang: rest(), heading_path: Vec::new(), text: rest() }.link()
        };
        assert_eq!(link(""), "guide/");
        assert_eq!(link("r-paths.intro"), "guide/#r-paths.intro");
        assert_eq!(link("größe x"), "guide/#gr%C3%B6%C3%9Fe%20x");
        assert_eq!(link("100%\"<"), "guide/#100%25%22%3C");
    }

    #[test]
    fn survives_a_round_trip() {
        let full = PassageRecord {
            url: "a/".to_owned(),
            title: "T \"1\"".to_owned(),
            lang: "en".to_owned(),
            heading_path: vec!["H".to_owned(), "日".to_owned()],
            anchor: "h".to_owned(),
            text: "line\nline".to_owned(),
        };
        let empty = String::new;
        let short = PassageRecord { lang: empty(), heading_path: Vec::new(), anchor: empty(), ..full.clone() };
        let chunk = [full, short];
        assert_eq!(parse_chunk(&chunk_to_json(&chunk), "p", 2).as_deref(), Ok(chunk.as_slice()));
        for (json, count) in [("[]", 1), ("{}", 0), ("[{}]", 1), (r#"[{"url":"","title":"","text":"","lang":1}]"#, 1)] {
            assert!(matches!(parse_chunk(json.as_bytes(), "p", count), Err(Error::Damaged { .. })), "{json}");
        }
    }
}
