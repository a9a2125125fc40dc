//! From a built site to passages: find pages, read them into sections, split sections into passages.
//!
//! By question:
//! - *Which files are pages, and what is their URL?* `find`, `url`.
//! - *What does a page say?* `html` and `markdown` turn a file into a title, a language and an `outline` of sections.
//! - *Who reads the whole folder, and what was left out?* [`read_site`]; its [`ReadReport`] holds a note on every file
//!   that was left out or looks wrong.
//! - *What is embedded?* [`split`] cuts sections into passages; [`embedding_text`] puts the title and headings in front.

use std::collections::BTreeMap;

mod decode;
mod duplicates;
mod error;
mod find;
mod fold;
mod front_matter;
mod html;
mod markdown;
mod options;
mod outline;
mod read;
mod report;
mod split;
mod units;
mod url;

pub use error::SiteError;
pub use markdown::slug;
pub use options::ReadOptions;
pub use read::{Site, read_site};
pub use report::{Note, NoteKind, ReadReport};
pub use split::{embedding_text, headings, split};
pub(crate) use url::decode as decode_url;

/// One page of the site, read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// URL relative to the site's root, percent-encoded, without a leading slash: `book/ch01.html`, `guide/` for
    /// `guide/index.html`, empty for the root's own `index.html`.
    pub url: String,
    /// Language tag of `<html lang>` or front matter, lower-cased; empty if the page does not say.
    pub lang: String,
    /// Title of the page; never empty.
    pub title: String,
    /// Sections in the order of the page; the first one may stand before any heading. A heading without text of its
    /// own has no section, it only appears in the heading path of those below it.
    pub sections: Vec<Section>,
    /// What the page says of itself for filtering, sorting and showing.
    pub annotations: Annotations,
}

/// What a page says of itself in `data-siteseer-{filter,meta,sort}` or `data-pagefind-{filter,meta,sort}`. White space in values
/// is folded; no value is empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Annotations {
    /// Values by the name of the filter, in the order of the page, each once: `author: ["A", "B"]`.
    pub filters: BTreeMap<String, Vec<String>>,
    /// Metadata by key, without the title.
    pub meta: BTreeMap<String, String>,
    /// Values to sort by, by key.
    pub sorts: BTreeMap<String, String>,
}

/// A stretch of a page under one heading.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Section {
    /// The heading's id as the page has it, to link to (`#anchor`); empty for the top of the page or a heading
    /// without an id. [`PassageRecord::link`](crate::index::passages::PassageRecord::link) encodes it.
    pub anchor: String,
    /// Headings above and including this one, outermost first, without the page's title: `["Workspaces", "The root"]`.
    pub heading_path: Vec<String>,
    /// Text blocks (paragraph, list item, table row, code block), white space folded, in order; none is empty.
    pub blocks: Vec<String>,
    /// Weight of each block in percent, as `data-siteseer-weight` or `data-pagefind-weight` gives it; empty if none does.
    pub weights: Vec<u16>,
}

/// Weight in percent of a block that nobody weighted.
pub const PLAIN_WEIGHT: u16 = 100;

/// The unit that is embedded and found: a piece of one section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// Index of the page in the site's list.
    pub page: usize,
    /// Index of the section in the page.
    pub section: usize,
    /// The passage's own text, without title and headings; its blocks are separated by a newline.
    pub text: String,
}
