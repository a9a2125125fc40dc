//! What stops the reading of a site. Each error names the file or the folder and the next step.

use std::path::PathBuf;

/// An error of [`read_site`](super::read_site). What only concerns one page is a [`Note`](super::Note) instead.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SiteError {
    /// The path is not a folder, or does not exist.
    #[error("{}: not a folder. Give the folder that holds the built site, the one with its index.html", folder.display())]
    NotAFolder {
        /// The path that was given.
        folder: PathBuf,
    },
    /// The folder holds no HTML and no Markdown file that the patterns let through.
    #[error(
        "{}: no pages found (no .html, .htm or .md file{}). Build the site first and give its output folder, \
         often `public`, `dist`, `build`, `site` or `book`", folder.display(), if *filtered { " that the include and exclude patterns let through" } else { "" }
    )]
    NoPages {
        /// The folder that was searched.
        folder: PathBuf,
        /// Whether include or exclude patterns were at work.
        filtered: bool,
    },
    /// Files were found, but every one of them was left out.
    #[error(
        "{}: {found} files found, but no page is left to index: {reasons}. Look at the pages named, or relax the options", folder.display()
    )]
    NothingLeft {
        /// The folder that was searched.
        folder: PathBuf,
        /// Number of files that were found.
        found: usize,
        /// Counts of the reasons, with the first file of each: `12 ask not to be indexed (a.html, …)`.
        reasons: String,
    },
    /// A file or folder could not be read.
    #[error(
        "{}: cannot be read: {source}. Make it readable, or leave it out with an exclude pattern", file.display()
    )]
    Unreadable {
        /// The file or the folder.
        file: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// An include or exclude pattern that is no glob.
    #[error(
        "pattern `{pattern}`: {detail}. Patterns look like `guide/**` or `**/*.html`, relative to the site's folder"
    )]
    BadPattern {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        detail: String,
    },
    /// A selector that is no CSS selector.
    #[error("selector `{selector}`: {detail}. Selectors are CSS, such as `main`, `.content` or `#text > div`")]
    BadSelector {
        /// The selector.
        selector: String,
        /// What is wrong with it.
        detail: String,
    },
}
