//! What happened while a site was read: counts, and a note on every file that was left out or looks wrong.

use std::fmt;

/// The account of one [`read_site`](super::read_site).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReadReport {
    /// Files found, after patterns.
    pub files: usize,
    /// Pages read and kept.
    pub pages: usize,
    /// Sections of those pages.
    pub sections: usize,
    /// Bytes of the files that were read.
    pub bytes: u64,
    /// Markdown files passed over because the folder holds HTML.
    pub markdown_passed_over: usize,
    /// Notes in the order of the files.
    pub notes: Vec<Note>,
}

/// A remark on one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The file's path relative to the site's folder, with `/` between folders.
    pub file: String,
    /// What there is to say.
    pub kind: NoteKind,
}

/// What a [`Note`] says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoteKind {
    /// Left out: `<meta name="robots" content="noindex">`.
    NoIndex,
    /// Left out: the page only redirects (`<meta http-equiv="refresh">`).
    Redirect,
    /// Left out: front matter says `search: false`.
    SearchOff,
    /// Left out: front matter says `draft: true`.
    Draft,
    /// Left out: the print version of a book repeats all its pages.
    PrintVersion,
    /// Left out: the page that a host shows for a missing one.
    NotFoundPage,
    /// Left out: other pages mark their content with `data-siteseer-body` or `data-pagefind-body`, this one does not.
    NotMarked,
    /// Left out: no element matches the root selector.
    NoRoot,
    /// Left out: no text was found.
    NoText,
    /// Left out: longer than the limit.
    TooLarge {
        /// Length of the file in bytes.
        bytes: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// Left out: the file could not be read.
    Unreadable {
        /// What the system says.
        reason: String,
    },
    /// Left out: a symbolic link to a folder, or to something outside the site's folder.
    Link,
    /// Left out: another file has the same URL.
    SameUrl {
        /// The file that is kept.
        kept: String,
    },
    /// Left out: another page has the same `<link rel="canonical">`.
    SameCanonical {
        /// The file that is kept.
        kept: String,
    },
    /// Left out: another page has the same text and a URL that differs only in case.
    SameButCase {
        /// The file that is kept.
        kept: String,
    },
    /// Kept, but another page's URL differs only in case: on some hosts one of them hides the other.
    CaseCollision {
        /// The other file.
        other: String,
    },
    /// Kept: more than half of all pages claim this page's `<link rel="canonical">`, so the links are not believed.
    CanonicalNotBelieved {
        /// The URL that they claim.
        canonical: String,
    },
    /// Kept: not valid UTF-8, read with replacement characters.
    BrokenEncoding {
        /// Offset of the first invalid byte.
        offset: usize,
        /// The charset that the page declares, if it does.
        declared: Option<String>,
    },
    /// Kept: UTF-16, which is read, but many hosts and tools do not expect it.
    Utf16,
}

impl NoteKind {
    /// Whether the file was left out.
    pub fn leaves_out(&self) -> bool {
        !matches!(
            self,
            Self::CaseCollision { .. } | Self::CanonicalNotBelieved { .. } | Self::BrokenEncoding { .. } | Self::Utf16
        )
    }

    /// Whether a person should look at the file: it is broken or lost, not left out by somebody's wish.
    pub fn is_warning(&self) -> bool {
        !matches!(
            self,
            Self::NoIndex | Self::Redirect | Self::SearchOff | Self::Draft | Self::PrintVersion | Self::NotFoundPage
        )
    }

    /// The note without the particulars, for counting: `ask not to be indexed`.
    pub fn summary(&self) -> &'static str {
        match self {
            Self::NoIndex => "ask not to be indexed",
            Self::Redirect => "only redirect",
            Self::SearchOff => "turn search off",
            Self::Draft => "are drafts",
            Self::PrintVersion => "are print versions",
            Self::NotFoundPage => "are not-found pages",
            Self::NotMarked => "do not mark their content",
            Self::NoRoot => "lack the root selector's element",
            Self::NoText => "have no text",
            Self::TooLarge { .. } => "are too large",
            Self::Unreadable { .. } => "cannot be read",
            Self::Link => "are links out of the site",
            Self::SameUrl { .. } => "repeat a URL",
            Self::SameCanonical { .. } => "repeat a canonical URL",
            Self::SameButCase { .. } => "repeat a page under a URL in another case",
            Self::CaseCollision { .. } => "have a URL that differs from another's only in case",
            Self::CanonicalNotBelieved { .. } => "share a doubtful canonical URL",
            Self::BrokenEncoding { .. } => "are not valid UTF-8",
            Self::Utf16 => "are UTF-16",
        }
    }
}

impl fmt::Display for NoteKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoIndex => write!(f, "left out: asks not to be indexed (robots noindex)"),
            Self::Redirect => write!(f, "left out: only redirects"),
            Self::SearchOff => write!(f, "left out: its front matter turns search off"),
            Self::Draft => write!(f, "left out: a draft"),
            Self::PrintVersion => write!(f, "left out: the print version repeats the book's pages"),
            Self::NotFoundPage => write!(f, "left out: the host's not-found page"),
            Self::NotMarked => {
                write!(f, "left out: has no data-siteseer-body or data-pagefind-body, as other pages have")
            }
            Self::NoRoot => write!(f, "left out: no element matches the root selector"),
            Self::NoText => write!(f, "left out: no text found; if it is built by a script, index its rendered HTML"),
            Self::TooLarge { bytes, limit } => {
                write!(f, "left out: {bytes} bytes are more than the limit of {limit}; split the page")
            }
            Self::Unreadable { reason } => write!(f, "left out: cannot be read: {reason}"),
            Self::Link => write!(f, "left out: a symbolic link to a folder or out of the site"),
            Self::SameUrl { kept } => write!(f, "left out: has the same URL as {kept}"),
            Self::SameCanonical { kept } => {
                write!(f, "left out: has the same canonical URL as {kept}")
            }
            Self::SameButCase { kept } => {
                write!(f, "left out: repeats {kept} under a URL in another case")
            }
            Self::CaseCollision { other } => {
                write!(f, "its URL differs from that of {other} only in case; some hosts will show one for both")
            }
            Self::CanonicalNotBelieved { canonical } => {
                write!(
                    f,
                    "more than half of the pages claim the canonical URL {canonical}; such links are not believed"
                )
            }
            Self::BrokenEncoding { offset, declared: None } => {
                write!(f, "not valid UTF-8 at byte {offset}; read with replacement characters. Save it as UTF-8")
            }
            Self::BrokenEncoding { offset, declared: Some(charset) } => write!(
                f,
                "not valid UTF-8 at byte {offset} (declares {charset}); read with replacement characters. Save it as UTF-8"
            ),
            Self::Utf16 => write!(f, "UTF-16; save it as UTF-8, which is what hosts and tools expect"),
        }
    }
}

impl ReadReport {
    /// Number of files that were left out.
    pub fn left_out(&self) -> usize {
        self.notes.iter().filter(|note| note.kind.leaves_out()).count()
    }

    /// How often each kind of note occurs, in order of first appearance, with the first file as an example:
    /// `("ask not to be indexed", 12, "toc.html")`.
    pub fn tally(&self) -> Vec<(&'static str, usize, &str)> {
        let mut tally: Vec<(&'static str, usize, &str)> = Vec::new();
        for note in &self.notes {
            let summary = note.kind.summary();
            match tally.iter_mut().find(|(known, _, _)| *known == summary) {
                Some((_, count, _)) => *count += 1,
                None => tally.push((summary, 1, &note.file)),
            }
        }
        tally
    }
}
