//! Every language that Snowball has a stemmer for, as the command line knows them.

use rust_stemmers::{Algorithm, Stemmer};
use std::borrow::Cow;

/// The algorithm of a language; none: its words stay as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Language(Option<Algorithm>);

/// Language subtag → Snowball algorithm. The first subtag of each names the algorithm's file in the browser (`stemmer/lib.rs`).
const ALGORITHMS: [(&str, Algorithm); 20] = [
    ("ar", Algorithm::Arabic),
    ("da", Algorithm::Danish),
    ("nl", Algorithm::Dutch),
    ("en", Algorithm::English),
    ("fi", Algorithm::Finnish),
    ("fr", Algorithm::French),
    ("de", Algorithm::German),
    ("el", Algorithm::Greek),
    ("hu", Algorithm::Hungarian),
    ("it", Algorithm::Italian),
    ("no", Algorithm::Norwegian),
    ("nb", Algorithm::Norwegian),
    ("nn", Algorithm::Norwegian),
    ("pt", Algorithm::Portuguese),
    ("ro", Algorithm::Romanian),
    ("ru", Algorithm::Russian),
    ("es", Algorithm::Spanish),
    ("sv", Algorithm::Swedish),
    ("ta", Algorithm::Tamil),
    ("tr", Algorithm::Turkish),
];

impl Language {
    /// That of a primary subtag.
    pub(super) fn of(subtag: &str) -> Self {
        let algorithm = ALGORITHMS.iter().find(|(tag, _)| subtag.eq_ignore_ascii_case(tag)).map(|&(_, a)| a);
        Self(if subtag.is_empty() { Some(Algorithm::English) } else { algorithm })
    }

    /// The stem of a lower-cased word; empty if it has none.
    pub(super) fn stem(self, word: &str) -> Cow<'_, str> {
        self.0.map(|algorithm| Stemmer::create(algorithm).stem(word)).unwrap_or_default()
    }
}

/// By what name the browser knows the stemmer of a language that its engine has not built in: `no` for `nb`. None for English, and
/// for a language without a stemmer.
#[must_use]
pub fn stemmer_of(subtag: &str) -> Option<&'static str> {
    let Language(Some(algorithm)) = Language::of(subtag) else { return None };
    ALGORITHMS.iter().find(|(_, a)| *a == algorithm).map(|&(name, _)| name).filter(|_| algorithm != Algorithm::English)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_term_is_empty() {
        // Stemmers may leave nothing of a word that is all suffix.
        let mut out = String::new();
        for (tag, _) in ALGORITHMS {
            for word in ["a", "s", "ing", "ال", "ة", "ία", "lar", "и", "ின்"] {
                crate::text::stem::Stemmer::for_lang(tag).term_into(word, &mut out);
                assert_ne!(out, "", "{word} in {tag}");
            }
        }
        crate::text::stem::Stemmer::for_lang("en").term_into("é", &mut out);
        assert_eq!(out, "e");
    }

    #[test]
    fn what_the_browser_loads_has_a_name() {
        assert_eq!(stemmer_of("de"), Some("de"));
        assert_eq!((stemmer_of("nb"), stemmer_of("nn"), stemmer_of("no")), (Some("no"), Some("no"), Some("no")));
        for subtag in ["", "en", "ja", "xx"] {
            assert_eq!(stemmer_of(subtag), None, "{subtag}");
        }
    }

    /// The browser's stemmers are checked with the same words (`www/tests/stemmers.test.js`).
    #[test]
    fn every_language_is_stemmed() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/stems.json");
        let stems = crate::json::Json::parse(&std::fs::read(file).unwrap()).unwrap();
        for (name, algorithm) in ALGORITHMS.iter().filter(|(tag, _)| stemmer_of(tag) == Some(tag)) {
            for (word, stem) in stems.get(name).unwrap().members() {
                assert_eq!(Stemmer::create(*algorithm).stem(word), stem.as_str().unwrap(), "{word} in {name}");
            }
        }
    }
}
