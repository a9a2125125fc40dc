//! From a built site to passages: find pages, read them into sections, split sections into passages.

/// One page of the site, read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// URL relative to the site's root, without a leading slash: `book/ch01.html`, `guide/` for `guide/index.html`.
    pub url: String,
    /// Language tag of `<html lang>` or front matter, lower-cased; empty if the page does not say.
    pub lang: String,
    /// Title of the page.
    pub title: String,
    /// Sections in the order of the page; the first one may stand before any heading.
    pub sections: Vec<Section>,
}

/// A stretch of a page under one heading.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Section {
    /// The heading's id, to link to (`#anchor`); empty for the top of the page or a heading without an id.
    pub anchor: String,
    /// Headings above and including this one, outermost first, without the page's title: `["Workspaces", "The root"]`.
    pub heading_path: Vec<String>,
    /// Text blocks (paragraph, list item, table row, code block), white space folded, in order; none is empty.
    pub blocks: Vec<String>,
}

/// The unit that is embedded and found: a piece of one section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// Index of the page in the site's list.
    pub page: usize,
    /// Index of the section in the page.
    pub section: usize,
    /// The passage's own text, without title and headings.
    pub text: String,
}
