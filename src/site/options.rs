//! What a reader of a site may choose: which files, which part of a page, and the limits.

/// Options of [`read_site`](super::read_site). The default reads every page of a built site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadOptions {
    /// Globs of paths relative to the site's folder, with `/` between folders; if there are any, only files that
    /// match one are read, HTML and Markdown alike.
    pub include: Vec<String>,
    /// Globs of paths to leave out; they win over `include`.
    pub exclude: Vec<String>,
    /// CSS selector of the elements that hold a page's content. Pages without such an element are left out. Without
    /// it: `[data-siteseer-body]`, `[data-pagefind-body]`, `<main>`, `<article>`, `<body>`, the first that there is.
    pub root_selector: Option<String>,
    /// CSS selectors of elements to ignore, besides navigation, scripts and the like.
    pub ignore: Vec<String>,
    /// Longest file that is read, in bytes; longer ones are left out with a note.
    pub max_file_bytes: u64,
    /// Leave unreadable files out with a note instead of stopping with an error.
    pub skip_unreadable: bool,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            include: Vec::new(),
            exclude: Vec::new(),
            root_selector: None,
            ignore: Vec::new(),
            max_file_bytes: 16 * 1024 * 1024,
            skip_unreadable: false,
        }
    }
}
