//! Pages that are the same page: two files with one URL, URLs that differ only in case, and pages that name the same
//! canonical URL. The first one is kept (of pages with one canonical URL, the one that has it, whether it says so or
//! not), and every choice is noted.
//!
//! Two doubts are resolved in favour of keeping pages. URLs that differ in case belong to different pages on most
//! hosts, so both stay unless their text is the same. And a template that puts one canonical URL on every page would
//! empty the index, so a canonical URL that more than half of all pages claim is not believed.

use std::collections::HashMap;

use super::{Note, NoteKind, Page, url};

/// A page with what is known about its origin.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) page: Page,
    /// Name of its file.
    pub(super) file: String,
    /// `<link rel="canonical">`, as written.
    pub(super) canonical: Option<String>,
}

/// Fewest pages that must claim a canonical URL before it can be disbelieved.
const MIN_DOUBTFUL: usize = 4;

/// Removes duplicates, keeping the order, and appends notes.
pub(super) fn remove_duplicates(candidates: Vec<Candidate>, notes: &mut Vec<Note>) -> Vec<Candidate> {
    let candidates = remove_same_url(candidates, notes);
    remove_same_canonical(candidates, notes)
}

fn remove_same_url(candidates: Vec<Candidate>, notes: &mut Vec<Note>) -> Vec<Candidate> {
    let mut by_url: HashMap<String, usize> = HashMap::new();
    let mut by_folded_url: HashMap<String, usize> = HashMap::new();
    let mut kept: Vec<Candidate> = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        let mut note = |kind| notes.push(Note { file: candidate.file.clone(), kind });
        if let Some(&first) = by_url.get(&candidate.page.url) {
            note(NoteKind::SameUrl { kept: kept[first].file.clone() });
            continue;
        }
        let folded = url::decode(&candidate.page.url).to_lowercase();
        if let Some(&first) = by_folded_url.get(&folded) {
            let first = &kept[first];
            if first.page.title == candidate.page.title && first.page.sections == candidate.page.sections {
                note(NoteKind::SameButCase { kept: first.file.clone() });
                continue;
            }
            note(NoteKind::CaseCollision { other: first.file.clone() });
        }
        by_url.insert(candidate.page.url.clone(), kept.len());
        by_folded_url.entry(folded).or_insert(kept.len());
        kept.push(candidate);
    }
    kept
}

fn remove_same_canonical(candidates: Vec<Candidate>, notes: &mut Vec<Note>) -> Vec<Candidate> {
    let mut groups: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, candidate) in candidates.iter().enumerate() {
        if let Some(path) = canonical_path(candidate) {
            groups.entry(path).or_default().push(at);
        }
    }
    let silent = silent_owners(&candidates);
    // For each page that is to go, the page that stays.
    let mut stays: HashMap<usize, usize> = HashMap::new();
    for (path, group) in &groups {
        let named = group.iter().copied().filter(|&at| has_path(&candidates[at].page, path));
        // The longest URL is the most exact match; of equal ones the first.
        let keep = named
            .chain(path_ends(path).find_map(|end| silent.get(end).copied()))
            .reduce(|a, b| if candidates[b].page.url.len() > candidates[a].page.url.len() { b } else { a });
        let keep = keep.unwrap_or(group[0]);
        if group == &[keep] {
            continue;
        }
        if group.len() >= MIN_DOUBTFUL && group.len() * 2 > candidates.len() {
            let canonical = candidates[keep].canonical.clone().unwrap_or_default();
            notes
                .push(Note { file: candidates[keep].file.clone(), kind: NoteKind::CanonicalNotBelieved { canonical } });
            continue;
        }
        stays.extend(group.iter().filter(|&&at| at != keep).map(|&at| (at, keep)));
    }
    let names: HashMap<usize, String> = stays.values().map(|&at| (at, candidates[at].file.clone())).collect();
    let mut kept = Vec::with_capacity(candidates.len());
    for (at, candidate) in candidates.into_iter().enumerate() {
        match stays.get(&at) {
            Some(keep) => {
                notes.push(Note { file: candidate.file, kind: NoteKind::SameCanonical { kept: names[keep].clone() } });
            }
            None => kept.push(candidate),
        }
    }
    kept
}

/// The canonical URL without what does not tell pages apart: query, fragment, `index.html`, escapes. Relative ones
/// are resolved against the page's URL.
fn canonical_path(candidate: &Candidate) -> Option<String> {
    let href = candidate.canonical.as_deref()?;
    let href = href.split(['?', '#']).next().unwrap_or_default();
    let absolute = if href.contains("://") || href.starts_with('/') {
        href.to_owned()
    } else {
        let folder = candidate.page.url.rfind('/').map_or("", |slash| &candidate.page.url[..=slash]);
        let mut segments: Vec<&str> = Vec::new();
        for segment in folder.split('/').filter(|s| !s.is_empty()).chain(href.split('/')) {
            match segment {
                "." => {}
                ".." => drop(segments.pop()),
                _ => segments.push(segment),
            }
        }
        format!("/{}", segments.join("/"))
    };
    let decoded = url::decode(&absolute);
    let path = decoded.strip_suffix("index.html").unwrap_or(&decoded);
    (!path.is_empty()).then(|| path.to_owned())
}

/// Whether a canonical path ends with the page's URL.
fn has_path(page: &Page, path: &str) -> bool {
    let url = url::decode(&page.url);
    path.strip_suffix(&url).is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

/// Pages that name no canonical URL, by their own. Not the home page, whose own URL is empty: every path ends with that.
fn silent_owners(candidates: &[Candidate]) -> HashMap<String, usize> {
    let silent = candidates.iter().enumerate().filter(|(_, c)| c.canonical.is_none() && !c.page.url.is_empty());
    silent.map(|(at, candidate)| (url::decode(&candidate.page.url), at)).collect()
}

/// A path and what follows each of its slashes, from the longest on.
fn path_ends(path: &str) -> impl Iterator<Item = &str> {
    std::iter::once(path).chain(path.match_indices('/').map(|(at, _)| &path[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::Section;

    fn candidate(file: &str, url: &str, text: &str, canonical: Option<&str>) -> Candidate {
        let section = Section { blocks: vec![text.to_owned()], ..Default::default() };
        let page = Page { url: url.to_owned(), sections: vec![section], ..Default::default() };
        Candidate { page, file: file.to_owned(), canonical: canonical.map(str::to_owned) }
    }

    fn kept(candidates: Vec<Candidate>) -> (Vec<String>, Vec<Note>) {
        let mut notes = Vec::new();
        let kept = remove_duplicates(candidates, &mut notes);
        (kept.into_iter().map(|candidate| candidate.file).collect(), notes)
    }

    #[test]
    fn one_url_is_one_page_and_case_needs_the_same_text() {
        let (files, notes) = kept(vec![
            candidate("x/index.html", "x/", "a", None),
            candidate("x/index.htm", "x/", "b", None),
            candidate("Y.html", "Y.html", "c", None),
            candidate("y.html", "y.html", "c", None),
            candidate("Z.html", "Z.html", "d", None),
            candidate("z.html", "z.html", "e", None),
        ]);
        assert_eq!(files, ["x/index.html", "Y.html", "Z.html", "z.html"]);
        assert_eq!(notes[0].kind, NoteKind::SameUrl { kept: "x/index.html".into() });
        assert_eq!(notes[1].kind, NoteKind::SameButCase { kept: "Y.html".into() });
        assert_eq!(notes[2].kind, NoteKind::CaseCollision { other: "Z.html".into() });
    }

    #[test]
    fn a_canonical_page_stays_and_its_copies_go() {
        let canonical = Some("https://example.org/docs/guide/?x#y");
        let (files, notes) = kept(vec![
            candidate("a.html", "a.html", "a", None),
            candidate("b.html", "b.html", "b", Some("c.html")),
            candidate("c.html", "c.html", "c", Some("/c.html")),
            candidate("d.html", "d.html", "d", None),
            candidate("old.html", "old.html", "e", canonical),
            candidate("guide/index.html", "guide/", "f", canonical),
            candidate("p.html", "p.html", "g", Some("https://elsewhere.org/1")),
            candidate("q.html", "q.html", "h", Some("https://elsewhere.org/1")),
        ]);
        assert_eq!(files, ["a.html", "c.html", "d.html", "guide/index.html", "p.html"]);
        assert_eq!(notes[1].kind, NoteKind::SameCanonical { kept: "guide/index.html".into() });
    }

    #[test]
    fn a_page_that_names_another_goes_though_that_one_names_none() {
        let (files, notes) = kept(vec![
            candidate("index.html", "", "home", None),
            candidate("new.html", "new.html", "a", None),
            candidate("old.html", "old.html", "b", Some("new.html")),
            candidate("older.html", "older.html", "c", Some("https://example.org/docs/new.html")),
            candidate("own.html", "own.html", "d", Some("https://example.org/own.html")),
            candidate("away.html", "away.html", "e", Some("https://elsewhere.org/gone/")),
        ]);
        assert_eq!(files, ["index.html", "new.html", "own.html", "away.html"]);
        assert_eq!(notes[0].kind, NoteKind::SameCanonical { kept: "new.html".into() });
        assert_eq!(notes.len(), 2);
    }

    #[test]
    fn a_canonical_url_on_every_page_is_not_believed() {
        let pages = (0..5).map(|i| candidate(&format!("{i}.html"), &format!("{i}.html"), "t", Some("https://e.org/")));
        let (files, notes) = kept(pages.collect());
        assert_eq!(files.len(), 5);
        assert!(matches!(notes[0].kind, NoteKind::CanonicalNotBelieved { .. }));
    }
}
