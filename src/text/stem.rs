//! Words into index terms: Snowball stemming by the page's language, then accents folded.
//!
//! Only words of letters are stemmed; whatever has a digit or punctuation in it is a symbol and stays whole. Accents are
//! folded after stemming, because stemmers look at them. Index and query come through the same [`Stemmer::term_into`].
//!
//! All 18 languages cost 51 KB gzip in the browser, English alone 5 KB. So all of them are behind the feature `all-languages`
//! (`built_in`), which the command line always has. The browser's engine has English alone; of other languages it asks what stems
//! them beside it (`outside`), which only visitors of a site in such a language load.

#[cfg(feature = "all-languages")]
mod built_in;
#[cfg(any(test, not(feature = "all-languages")))]
mod outside;

use super::words::{Word, fold_accents_into, for_each_word};
#[cfg(feature = "all-languages")]
use built_in::Language;
#[cfg(feature = "all-languages")]
pub use built_in::stemmer_of;
#[cfg(not(feature = "all-languages"))]
use outside::Language;

/// The language of a text, as far as stemming is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stemmer {
    language: Language,
}

impl Stemmer {
    /// The stemmer for a language tag (`en`, `pt-BR`, `de_AT`). An empty tag means English; a language without a
    /// stemmer leaves its words as they are.
    pub fn for_lang(lang: &str) -> Self {
        Self { language: Language::of(primary_subtag(lang)) }
    }

    /// Writes the index term of a lower-cased word to `out` (which is cleared first).
    pub fn term_into(self, word: &str, out: &mut String) {
        out.clear();
        if word.chars().all(char::is_alphabetic) {
            fold_accents_into(&self.language.stem(word), out);
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
    fn symbols_stay_whole() {
        assert_eq!(term("en", "--workspaces"), "--workspaces");
        assert_eq!(term("en", "e0277s"), "e0277s");
    }
}
