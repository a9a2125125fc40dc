//! Which passage of an index is which document of a collection.
//!
//! In the index of a site a document is a section, `url#anchor`, or a whole page, `url`: then any of its sections will
//! do. URLs are compared as the web does: `guide/`, `/guide/index.html` and `guide/index.html` are one page, and
//! percent-encoding does not matter. `url#` is the part of a page before its first anchor. Where a query's judgements
//! name only pages, its ranking is one of pages, so that ten results are ten pages; otherwise it is one of sections.
//!
//! In an index that was made from a collection's own documents, an id is the URL, letter by letter.

use super::collection::{Collection, Query};
use crate::search::searcher::Searcher;
use crate::site::decode_url;
use std::collections::{HashMap, HashSet};

/// The names of every passage's section and page, by passage id.
#[derive(Debug)]
pub struct Names {
    sections: Vec<String>,
    pages: Vec<String>,
    /// Whether different spellings of a URL are one.
    is_site: bool,
}

/// Judged documents that an index lacks.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Missing {
    /// Relevant documents, each counted for each query.
    pub count: usize,
    /// One of them.
    pub example: String,
}

impl Names {
    /// Names the passages of a site's index. All passages must be loaded: others have empty names.
    pub fn of_site(searcher: &Searcher) -> Self {
        let mut names = Self { sections: Vec::new(), pages: Vec::new(), is_site: true };
        for record in (0..searcher.manifest().counts.passages).map(|passage| searcher.passage(passage)) {
            let (url, anchor) = record.map(|r| (r.url.as_str(), r.anchor.as_str())).unwrap_or_default();
            let page = normal_path(url);
            names.sections.push(format!("{page}#{anchor}"));
            names.pages.push(page);
        }
        names
    }

    /// Names the passages of an index whose pages are a collection's documents.
    pub fn of_corpus(searcher: &Searcher) -> Self {
        let url = |passage| searcher.passage(passage).map(|record| record.url.clone()).unwrap_or_default();
        let pages: Vec<String> = (0..searcher.manifest().counts.passages).map(url).collect();
        Self { sections: pages.clone(), pages, is_site: false }
    }

    /// The documents of a ranking of passages, each where it comes first; judged ones are spelled as the judgements
    /// spell them.
    pub fn documents(&self, passages: impl IntoIterator<Item = u32>, query: &Query) -> Vec<String> {
        let judged: HashMap<String, &str> = query.grades.keys().map(|id| (self.normal(id), id.as_str())).collect();
        let by_page = query.grades.keys().all(|id| !id.contains('#'));
        let mut seen = HashSet::new();
        let mut documents = Vec::new();
        for passage in passages {
            let (section, page) = (&self.sections[passage as usize], &self.pages[passage as usize]);
            let unjudged = if by_page { page } else { section };
            let id = judged.get(section).or_else(|| judged.get(page)).copied().unwrap_or(unjudged);
            if seen.insert(id.to_owned()) {
                documents.push(id.to_owned());
            }
        }
        documents
    }

    /// Relevant documents that no passage belongs to: no ranking can find them.
    pub fn missing(&self, collection: &Collection) -> Missing {
        let known: HashSet<&str> = self.sections.iter().chain(&self.pages).map(String::as_str).collect();
        let mut missing = Missing::default();
        for (id, _) in collection.queries.iter().flat_map(|q| &q.grades).filter(|(_, grade)| **grade > 0) {
            if !known.contains(self.normal(id).as_str()) {
                if missing.count == 0 {
                    missing.example.clone_from(id);
                }
                missing.count += 1;
            }
        }
        missing
    }

    /// The first query of which two judgements mean the same document, with both spellings.
    pub fn double<'a>(&self, collection: &'a Collection) -> Option<(&'a Query, &'a str, &'a str)> {
        collection.queries.iter().find_map(|query| {
            let mut seen: HashMap<String, &str> = HashMap::new();
            query.grades.keys().find_map(|id| Some((query, seen.insert(self.normal(id), id)?, id.as_str())))
        })
    }

    fn normal(&self, id: &str) -> String {
        match id.split_once('#') {
            _ if !self.is_site => id.to_owned(),
            Some((path, anchor)) => format!("{}#{}", normal_path(path), decode_url(anchor)),
            None => normal_path(id),
        }
    }
}

/// A page's URL without what makes no difference: a leading slash, a trailing `index.html`, percent-encoding.
fn normal_path(url: &str) -> String {
    let path = decode_url(url);
    let path = path.trim_start_matches("./").trim_start_matches('/');
    match path.strip_suffix("index.html") {
        Some(folder) if folder.is_empty() || folder.ends_with('/') => folder.to_owned(),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::collection::Grades;

    fn names(is_site: bool) -> Names {
        let rows = [("", ""), ("guide/", ""), ("guide/", "größe"), ("a.html", "x"), ("a.html", "x"), ("a.html", "y")];
        let pages = rows.map(|(page, _)| page.to_owned()).to_vec();
        let sections =
            if is_site { rows.map(|(page, anchor)| format!("{page}#{anchor}")).to_vec() } else { pages.clone() };
        Names { sections, pages, is_site }
    }

    fn query(ids: &[&str]) -> Query {
        let grades: Grades = ids.iter().map(|id| ((*id).to_owned(), 1)).collect();
        Query { id: "q".into(), text: String::new(), style: String::new(), grades }
    }

    #[test]
    fn sections_come_once_and_judged_ones_keep_their_spelling() {
        let q = query(&["/guide/index.html#gr%C3%B6%C3%9Fe", "a.html#y"]);
        let found = names(true).documents([3, 2, 4, 1, 0, 5], &q);
        assert_eq!(found, ["a.html#x", "/guide/index.html#gr%C3%B6%C3%9Fe", "guide/#", "#", "a.html#y"]);
    }

    #[test]
    fn a_page_is_found_by_any_of_its_sections() {
        let found = names(true).documents([3, 2, 1, 5, 0], &query(&["a.html", "index.html"]));
        assert_eq!(found, ["a.html", "guide/", "index.html"], "a ranking of pages");
        let found = names(true).documents([3, 2, 1, 5], &query(&["a.html", "guide/#"]));
        assert_eq!(found, ["a.html", "guide/#größe", "guide/#"], "a ranking of sections, with one page judged whole");
    }

    #[test]
    fn ids_of_a_corpus_are_taken_as_they_are() {
        let q = query(&["guide/index.html", "a.html"]);
        assert_eq!(names(false).documents([1, 3, 5], &q), ["guide/", "a.html"]);
        let collection = Collection { name: String::new(), split: String::new(), queries: vec![q], without_answer: 0 };
        assert_eq!(names(false).missing(&collection), Missing { count: 1, example: "guide/index.html".into() });
        assert_eq!(names(true).missing(&collection), Missing::default());
    }

    #[test]
    fn two_spellings_of_one_document_are_named() {
        let of = |ids| Collection {
            name: String::new(),
            split: String::new(),
            queries: vec![query(ids)],
            without_answer: 0,
        };
        assert!(names(true).double(&of(&["a.html#x", "a.html#y", "a.html"])).is_none());
        let double = of(&["/a.html#x", "a.html#x"]);
        let (_, first, second) = names(true).double(&double).unwrap();
        assert_eq!((first, second), ("/a.html#x", "a.html#x"));
        assert!(names(false).double(&double).is_none());
    }
}
