//! Words into index terms: Snowball stemming by the page's language, then accents folded.
//!
//! Only words of letters are stemmed; whatever has a digit or punctuation in it is a symbol and stays whole. Accents are
//! folded after stemming, because stemmers look at them. Index and query come through the same [`Stemmer::term_into`].
//!
//! All 18 languages cost 51 KB gzip in the browser, English alone 5 KB. So they are behind the feature `all-languages`,
//! which the command line always has; an engine without it reads an index of any language, but stems queries in English
//! only and relies on completion and spelling for the rest.

use super::words::{Word, fold_accents_into, for_each_word};
use rust_stemmers::Algorithm;

/// The language of a text, as far as stemming is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stemmer {
    algorithm: Option<Algorithm>,
}

/// Language subtag → Snowball algorithm.
#[cfg(not(feature = "all-languages"))]
const ALGORITHMS: [(&str, Algorithm); 1] = [("en", Algorithm::English)];

/// Language subtag → Snowball algorithm.
#[cfg(feature = "all-languages")]
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

impl Stemmer {
    /// The stemmer for a language tag (`en`, `pt-BR`, `de_AT`). An empty tag means English; a language without a
    /// stemmer leaves its words as they are.
    pub fn for_lang(lang: &str) -> Self {
        let subtag = primary_subtag(lang);
        if subtag.is_empty() {
            return Self { algorithm: Some(Algorithm::English) };
        }
        let algorithm = ALGORITHMS.iter().find(|(tag, _)| subtag.eq_ignore_ascii_case(tag)).map(|&(_, a)| a);
        Self { algorithm }
    }

    /// Writes the index term of a lower-cased word to `out` (which is cleared first).
    pub fn term_into(self, word: &str, out: &mut String) {
        out.clear();
        if let Some(algorithm) = self.algorithm
            && word.chars().all(char::is_alphabetic)
        {
            // A constant lets the linker leave the other languages out.
            let algorithm = if cfg!(feature = "all-languages") { algorithm } else { Algorithm::English };
            fold_accents_into(&rust_stemmers::Stemmer::create(algorithm).stem(word), out);
        }
        if out.is_empty() {
            fold_accents_into(word, out);
        }
    }
}

/// What stemming looks at in a language tag: `pt` of `pt-BR`. Empty for what can't be a language tag.
#[must_use]
pub fn primary_subtag(lang: &str) -> &str {
    let subtag = lang.split(['-', '_']).next().unwrap_or_default();
    if subtag.len() <= 8 { subtag } else { "" }
}

/// Calls `visit` with each word of `text` and its index term.
pub fn for_each_term(text: &str, stemmer: Stemmer, visit: &mut dyn FnMut(Word<'_>, &str)) {
    let mut term = String::new();
    for_each_word(text, &mut |word| {
        stemmer.term_into(word.term, &mut term);
        if !term.is_empty() {
            visit(word, &term);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn term(lang: &str, word: &str) -> String {
        let mut out = String::new();
        Stemmer::for_lang(lang).term_into(word, &mut out);
        out
    }

    #[test]
    fn stems_by_language() {
        assert_eq!(term("", "workspaces"), "workspac");
        assert_eq!(term("en-GB", "borrowed"), "borrow");
        if cfg!(feature = "all-languages") {
            assert_eq!(term("de_AT", "häuser"), "haus");
            assert_eq!(term("fr", "continuellement"), "continuel");
            assert_eq!(term("ru", "книгами"), "книг");
        }
        assert_eq!(term("xx", "workspaces"), "workspaces");
    }

    #[test]
    fn no_term_is_empty() {
        // Stemmers may leave nothing of a word that is all suffix.
        for (tag, _) in ALGORITHMS {
            for word in ["a", "s", "ing", "ال", "ة", "ία", "lar", "и", "ின்"] {
                assert_ne!(term(tag, word), "", "{word} in {tag}");
            }
        }
        assert_eq!(term("en", "é"), "e");
    }

    #[test]
    fn symbols_stay_whole() {
        assert_eq!(term("en", "--workspaces"), "--workspaces");
        assert_eq!(term("en", "e0277s"), "e0277s");
    }
}
