//! Reads a whole site: every page file, in parallel, into pages in a fixed order, with a report.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::decode::decode;
use super::duplicates::{Candidate, remove_duplicates};
use super::find::{Findings, Format, Found, find_files};
use super::html::{HtmlPage, Rules, read_html};
use super::markdown::read_markdown;
use super::{Note, NoteKind, Page, ReadOptions, ReadReport, SiteError, url};

/// A site that was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Site {
    /// Pages in the order of their files: by name, `index` first in each folder.
    pub pages: Vec<Page>,
    /// What was read and what was left out.
    pub report: ReadReport,
}

/// Reads all pages below the folder `root`. `progress` is called from several threads with the number of files done
/// and the number of files.
///
/// The same folder gives the same site, whatever the number of threads.
///
/// # Errors
/// [`SiteError`] if there is nothing to index, if a file cannot be read (unless `skip_unreadable`), or if a pattern
/// or a selector of the options is malformed.
pub fn read_site(
    root: &Path,
    options: &ReadOptions,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Site, SiteError> {
    let rules = Rules::new(options)?;
    read_found(root, find_files(root, options)?, options, &rules, progress)
}

/// Reads the files that were found.
fn read_found(
    root: &Path,
    found: Findings,
    options: &ReadOptions,
    rules: &Rules,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Site, SiteError> {
    let Findings { files, markdown_passed_over, mut notes } = found;
    let done = AtomicUsize::new(0);
    let read: Vec<FileRead> = files
        .par_iter()
        .map(|file| {
            let read = read_file(root, file, options, rules);
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, files.len());
            read
        })
        .collect();

    let mut report = ReadReport { files: files.len(), markdown_passed_over, ..Default::default() };
    let mut candidates: Vec<(Candidate, bool)> = Vec::new();
    for (file, read) in files.iter().zip(read) {
        if let Some(source) = read.error {
            if !options.skip_unreadable {
                return Err(SiteError::Unreadable { file: root.join(&file.path), source });
            }
            notes.push(Note { file: file.name.clone(), kind: NoteKind::Unreadable { reason: source.to_string() } });
        }
        report.bytes += read.bytes;
        notes.extend(read.notes.into_iter().map(|kind| Note { file: file.name.clone(), kind }));
        if let Some((page, canonical, marked)) = read.page {
            candidates.push((Candidate { page, file: file.name.clone(), canonical }, marked));
        }
    }
    let candidates = keep_marked(candidates, &mut notes);
    let pages: Vec<Page> =
        remove_duplicates(candidates, &mut notes).into_iter().map(|candidate| candidate.page).collect();
    report.pages = pages.len();
    report.sections = pages.iter().map(|page| page.sections.len()).sum();
    report.notes = in_file_order(notes, &files);
    if pages.is_empty() {
        return Err(SiteError::NothingLeft { folder: root.to_owned(), found: files.len(), reasons: reasons(&report) });
    }
    Ok(Site { pages, report })
}

/// What came of one file.
#[derive(Debug, Default)]
struct FileRead {
    /// The page, its canonical URL, and whether it marks its content.
    page: Option<(Page, Option<String>, bool)>,
    notes: Vec<NoteKind>,
    error: Option<std::io::Error>,
    bytes: u64,
}

fn read_file(root: &Path, file: &Found, options: &ReadOptions, rules: &Rules) -> FileRead {
    let mut read = FileRead::default();
    let bytes = match read_bytes(&root.join(&file.path), options.max_file_bytes) {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(too_large)) => {
            read.notes.push(too_large);
            return read;
        }
        Err(error) => {
            read.error = Some(error);
            return read;
        }
    };
    read.bytes = bytes.len() as u64;
    let (text, note) = decode(bytes);
    read.notes.extend(note);
    match read_page(&text, file, rules) {
        Ok(page) => read.page = Some(page),
        Err(left_out) => read.notes.push(left_out),
    }
    read
}

fn read_page(text: &str, file: &Found, rules: &Rules) -> Result<(Page, Option<String>, bool), NoteKind> {
    if matches!(file.name.as_str(), "404.html" | "404.htm" | "404/index.html" | "404.md") {
        return Err(NoteKind::NotFoundPage);
    }
    let url = url::page_url(&file.path);
    let stem = stem_of(&file.path);
    match file.format {
        Format::Html => {
            let page = read_html(text, rules, &stem)?;
            let HtmlPage { title, lang, sections, canonical, marked, annotations } = page;
            Ok((Page { url, lang, title, sections, annotations }, canonical, marked))
        }
        Format::Markdown => {
            let page = read_markdown(text, rules, &stem)?;
            let (title, lang, sections) = (page.title, page.lang, page.sections);
            Ok((Page { url, lang, title, sections, ..Page::default() }, None, false))
        }
    }
}

/// The bytes of a file, or a note that they are too many. A file of any length costs at most the limit in memory.
fn read_bytes(path: &Path, limit: u64) -> std::io::Result<Result<Vec<u8>, NoteKind>> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    let too_large = |bytes| Ok(Err(NoteKind::TooLarge { bytes, limit }));
    if length > limit {
        return too_large(length);
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return too_large(bytes.len() as u64);
    }
    Ok(Ok(bytes))
}

/// The name from which a page without a title gets one: that of the file, of its folder for `index` and `README`.
fn stem_of(path: &Path) -> String {
    let stem = |path: &Path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let own = stem(path);
    if own.eq_ignore_ascii_case("index") || own.eq_ignore_ascii_case("readme") {
        let folder = path.parent().map(stem).unwrap_or_default();
        if !folder.is_empty() {
            return folder;
        }
    }
    own
}

/// If any page marks its content, only pages that do are kept: that is what the mark means to Pagefind's users.
fn keep_marked(candidates: Vec<(Candidate, bool)>, notes: &mut Vec<Note>) -> Vec<Candidate> {
    let any_marked = candidates.iter().any(|(_, marked)| *marked);
    let mut kept = Vec::with_capacity(candidates.len());
    for (candidate, marked) in candidates {
        if any_marked && !marked {
            notes.push(Note { file: candidate.file, kind: NoteKind::NotMarked });
        } else {
            kept.push(candidate);
        }
    }
    kept
}

/// Notes on files that were not walked (links, unreadable folders) first, then the others by the order of the files.
fn in_file_order(mut notes: Vec<Note>, files: &[Found]) -> Vec<Note> {
    let place: std::collections::HashMap<&str, usize> =
        files.iter().enumerate().map(|(at, file)| (file.name.as_str(), at + 1)).collect();
    notes.sort_by_key(|note| (place.get(note.file.as_str()).copied().unwrap_or(0), note.file.clone()));
    notes
}

fn reasons(report: &ReadReport) -> String {
    let tally = report.tally();
    let reasons: Vec<String> = tally
        .iter()
        .map(|(summary, count, first)| match count {
            1 => format!("1 {summary} ({first})"),
            _ => format!("{count} {summary} ({first}, …)"),
        })
        .collect();
    reasons.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unreadable_file_is_an_error_or_a_note() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.html"), "<p>text").unwrap();
        let read = |options: &ReadOptions| {
            let mut found = find_files(folder.path(), options).unwrap();
            found.files.push(Found { path: "gone.html".into(), name: "gone.html".into(), format: Format::Html });
            read_found(folder.path(), found, options, &Rules::default(), &|_, _| {})
        };
        let error = read(&ReadOptions::default()).unwrap_err().to_string();
        assert!(error.contains("gone.html: cannot be read") && error.contains("exclude"), "{error}");
        let site = read(&ReadOptions { skip_unreadable: true, ..Default::default() }).unwrap();
        assert_eq!((site.pages.len(), site.report.left_out()), (1, 1));
        assert!(matches!(site.report.notes[0].kind, NoteKind::Unreadable { .. }));
    }
}
