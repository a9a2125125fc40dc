//! Sites in German, and in German and English: words are found in all their forms, each page's in its own language.

use super::{Desk, contains, fs};
use predicates::prelude::*;

impl Desk {
    fn page_in(&self, lang: &str, name: &str, title: &str, text: &str) {
        let html =
            format!("<!doctype html><html lang='{lang}'><title>{title}</title><main><h1>{title}</h1><p>{text}</main>");
        fs::write(self.site().join(name), html).unwrap();
    }

    fn index_words(&self) {
        self.siteseer().args(["index", "--no-client", "--model", "none"]).arg(self.site()).assert().success();
    }

    /// Addresses and excerpts of the results, best first.
    fn found(&self, query: &str) -> Vec<(String, String)> {
        let output = self.siteseer().args(["search", query, "--json", "--index"]).arg(self.site()).output().unwrap();
        assert!(output.status.success(), "{query}: {}", String::from_utf8_lossy(&output.stderr));
        let page: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let text = |result: &serde_json::Value, field: &str| result[field].as_str().unwrap().to_owned();
        page.as_array().unwrap().iter().map(|r| (text(r, "url"), text(r, "excerpt"))).collect()
    }
}

fn german() -> Desk {
    let desk = Desk::new();
    desk.page_in("de", "haus.html", "Unterkunft", "Das Haus steht an der Straße.");
    desk.page_in("de-AT", "weg.html", "Strecke", "Eine lange Wanderung auf den Berg.");
    desk
}

#[test]
fn a_german_site_is_searched_by_the_stems_of_german() {
    let desk = german();
    desk.index_words();
    for (query, page, marked) in [
        ("Häuser ", "haus.html", "<mark>Haus</mark>"),
        ("häusern", "haus.html", "<mark>Haus</mark>"),
        ("Straßen ", "haus.html", "<mark>Straße</mark>"),
        ("Wanderungen ", "weg.html", "<mark>Wanderung</mark>"),
        ("\"eine lange\" Bergen ", "weg.html", "<mark>Berg</mark>"),
    ] {
        let found = desk.found(query);
        assert_eq!(found.len(), 1, "{query}: {found:?}");
        assert_eq!(found[0].0, page, "{query}");
        assert!(found[0].1.contains(marked), "{query}: {}", found[0].1);
    }
    // a misspelt word: by itself, and as a question to the person
    assert_eq!(desk.found("Wanderrungen ")[0].0, "weg.html");
    desk.search("Wndarung").stdout(contains("wanderung"));
}

#[test]
fn pages_of_two_languages_are_searched_each_in_its_own() {
    let desk = german();
    desk.page_in("en", "house.html", "Lodging", "Two houses stand by the road.");
    desk.index_words();
    let urls = |query: &str| desk.found(query).into_iter().map(|(url, _)| url).collect::<Vec<_>>();
    assert_eq!(urls("housing "), ["house.html"]);
    assert_eq!(urls("Häuser "), ["haus.html"]);
    assert_eq!(urls("roads Straßen ").len(), 2, "a query may have words of both");
}

#[test]
fn an_english_site_brings_no_stemmers() {
    let desk = Desk::indexed();
    assert!(!desk.written().keys().any(|name| name.starts_with("stemmer")));
    let manifest = fs::read_to_string(desk.index_file("manifest")).unwrap();
    assert!(contains("stemmer").not().eval(&manifest));
}
