//! Which files of a folder are pages.
//!
//! The order is fixed: folders and files by name, `index` files first, so that the same folder always gives the same
//! pages in the same order. A folder with both HTML and Markdown is a built site that carries its sources along, so
//! only its HTML counts, unless include patterns ask for more.

use std::cmp::Ordering;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use walkdir::{DirEntry, WalkDir};

use super::{Note, NoteKind, ReadOptions, SiteError};

/// Bytes of a manifest.json that are searched for the index's mark.
const MANIFEST_WINDOW: u64 = 64 * 1024;

/// The two formats of pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Html,
    Markdown,
}

/// A page file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// Path relative to the site's folder.
    pub(super) path: PathBuf,
    /// The same for people and patterns, with `/` between folders.
    pub(super) name: String,
    pub(super) format: Format,
}

/// What a walk over the folder found.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) files: Vec<Found>,
    pub(super) markdown_passed_over: usize,
    pub(super) notes: Vec<Note>,
}

/// Finds the page files below `root`.
pub(super) fn find_files(root: &Path, options: &ReadOptions) -> Result<Findings, SiteError> {
    if !root.is_dir() {
        return Err(SiteError::NotAFolder { folder: root.to_owned() });
    }
    let real_root = root.canonicalize().map_err(|source| SiteError::Unreadable { file: root.to_owned(), source })?;
    let include = glob_set(&options.include)?;
    let exclude = glob_set(&options.exclude)?;
    let mut findings = Findings::default();
    let walk = WalkDir::new(root).sort_by(order).into_iter().filter_entry(is_entered);
    for entry in walk {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let file = error.path().unwrap_or(root).to_owned();
                let name = display_name(file.strip_prefix(root).unwrap_or(&file));
                let source = error.into();
                if !options.skip_unreadable {
                    return Err(SiteError::Unreadable { file, source });
                }
                findings.notes.push(Note { file: name, kind: NoteKind::Unreadable { reason: source.to_string() } });
                continue;
            }
        };
        let Ok(path) = entry.path().strip_prefix(root) else {
            continue;
        };
        let name = display_name(path);
        if entry.path_is_symlink() && !is_file_inside(entry.path(), &real_root) {
            if entry.depth() > 0 {
                findings.notes.push(Note { file: name, kind: NoteKind::Link });
            }
            continue;
        }
        let Some(format) = format_of(path) else {
            continue;
        };
        // Folders, and pipes and devices, which would be read for ever.
        if !entry.file_type().is_file() && !entry.path_is_symlink() {
            continue;
        }
        if (!options.include.is_empty() && !include.is_match(&name)) || exclude.is_match(&name) {
            continue;
        }
        findings.files.push(Found { path: path.to_owned(), name, format });
    }
    let has_html = findings.files.iter().any(|file| file.format == Format::Html);
    if has_html && options.include.is_empty() {
        let before = findings.files.len();
        findings.files.retain(|file| file.format == Format::Html);
        findings.markdown_passed_over = before - findings.files.len();
    }
    if findings.files.is_empty() {
        let filtered = !options.include.is_empty() || !options.exclude.is_empty();
        return Err(SiteError::NoPages { folder: root.to_owned(), filtered });
    }
    Ok(findings)
}

/// By name, with `index` files first in their folder.
fn order(a: &DirEntry, b: &DirEntry) -> Ordering {
    let key = |entry: &DirEntry| {
        let name = Path::new(entry.file_name());
        let is_index = name.file_stem().is_some_and(|stem| stem.eq_ignore_ascii_case("index"));
        // Of several index files in a folder, hosts show this one.
        (!is_index, name != Path::new("index.html"), entry.file_name().to_owned())
    };
    key(a).cmp(&key(b))
}

/// Hidden entries, packages of a build tool and a Siteseer index are not entered.
fn is_entered(entry: &DirEntry) -> bool {
    if entry.depth() == 0 {
        return true;
    }
    let name = entry.file_name().as_encoded_bytes();
    if name.starts_with(b".") || name == b"node_modules" {
        return false;
    }
    !(entry.file_type().is_dir() && is_index_folder(entry.path()))
}

/// Whether the folder holds a manifest of ours.
fn is_index_folder(folder: &Path) -> bool {
    let mut head = Vec::new();
    let read =
        File::open(folder.join("manifest.json")).and_then(|file| file.take(MANIFEST_WINDOW).read_to_end(&mut head));
    let mark = b"\"siteseer-index\"";
    read.is_ok() && head.windows(mark.len()).any(|window| window == mark)
}

fn is_file_inside(link: &Path, real_root: &Path) -> bool {
    link.canonicalize().is_ok_and(|target| target.starts_with(real_root) && target.is_file())
}

fn format_of(path: &Path) -> Option<Format> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    match extension.as_str() {
        "html" | "htm" => Some(Format::Html),
        "md" | "markdown" => Some(Format::Markdown),
        _ => None,
    }
}

fn display_name(path: &Path) -> String {
    let segments: Vec<_> = path.iter().map(|segment| segment.to_string_lossy()).collect();
    segments.join("/")
}

fn glob_set(patterns: &[String]) -> Result<GlobSet, SiteError> {
    let bad = |pattern: &str, error: &globset::Error| SiteError::BadPattern {
        pattern: pattern.to_owned(),
        detail: error.kind().to_string(),
    };
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let trimmed = pattern.trim_start_matches("./").trim_start_matches('/');
        let glob = GlobBuilder::new(trimmed).literal_separator(true).build().map_err(|error| bad(pattern, &error))?;
        set.add(glob);
    }
    set.build().map_err(|error| bad(&patterns.join(", "), &error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        folder
    }

    fn names(root: &Path, options: &ReadOptions) -> Vec<String> {
        find_files(root, options).unwrap().files.into_iter().map(|file| file.name).collect()
    }

    #[test]
    fn order_is_by_name_with_index_first_and_the_rest_is_skipped() {
        let site = folder(&[
            "b.html",
            "a/z.HTM",
            "a/index.html",
            "a/b.html",
            "B.html",
            ".git/x.html",
            "node_modules/x.html",
            ".hidden.html",
            "img.png",
            "notes.md",
            "other/manifest.json",
            "other/x.html",
            "siteseer/x.html",
        ]);
        fs::write(site.path().join("siteseer/manifest.json"), r#"{"format": "siteseer-index"}"#).unwrap();
        assert_eq!(
            names(site.path(), &ReadOptions::default()),
            ["B.html", "a/index.html", "a/b.html", "a/z.HTM", "b.html", "other/x.html"]
        );
        assert_eq!(find_files(site.path(), &ReadOptions::default()).unwrap().markdown_passed_over, 1);
    }

    #[test]
    fn patterns_choose_and_name_their_errors() {
        let site = folder(&["a.html", "b.md", "guide/a.html", "guide/deep/a.html"]);
        let mut options = ReadOptions { include: vec!["**/*.md".into(), "/guide/**".into()], ..Default::default() };
        assert_eq!(names(site.path(), &options), ["b.md", "guide/a.html", "guide/deep/a.html"]);
        options.exclude = vec!["guide/*.html".into()];
        assert_eq!(names(site.path(), &options), ["b.md", "guide/deep/a.html"]);
        options.exclude = vec!["**".into()];
        let error = find_files(site.path(), &options).unwrap_err().to_string();
        assert!(error.contains("patterns let through"), "{error}");
        options.exclude = vec!["a[".into()];
        let error = find_files(site.path(), &options).unwrap_err().to_string();
        assert!(error.contains("`a[`"), "{error}");
    }

    #[test]
    fn markdown_counts_where_there_is_no_html() {
        let site = folder(&["index.md", "b.markdown", "c.txt"]);
        assert_eq!(names(site.path(), &ReadOptions::default()), ["index.md", "b.markdown"]);
    }

    #[test]
    fn an_empty_folder_and_a_file_are_named() {
        let site = folder(&["a.txt"]);
        let error = find_files(site.path(), &ReadOptions::default()).unwrap_err();
        assert!(
            error.to_string().contains(&*site.path().to_string_lossy()) && matches!(error, SiteError::NoPages { .. })
        );
        let error = find_files(&site.path().join("a.txt"), &ReadOptions::default()).unwrap_err();
        assert!(matches!(error, SiteError::NotAFolder { .. }));
    }

    #[cfg(unix)]
    #[test]
    fn links_within_the_site_are_pages_and_others_are_noted() {
        use std::os::unix::fs::symlink;
        let outside = folder(&["secret.html"]);
        let site = folder(&["a.html", "real/b.html"]);
        symlink(outside.path().join("secret.html"), site.path().join("out.html")).unwrap();
        symlink(site.path().join("a.html"), site.path().join("in.html")).unwrap();
        symlink(site.path(), site.path().join("loop")).unwrap();
        let found = find_files(site.path(), &ReadOptions::default()).unwrap();
        let names: Vec<_> = found.files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, ["a.html", "in.html", "real/b.html"]);
        let noted: Vec<_> = found.notes.iter().map(|note| note.file.as_str()).collect();
        assert_eq!(noted, ["loop", "out.html"]);
    }
}
