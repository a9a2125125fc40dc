//! Languages as the browser's engine knows them: English it stems itself. For the others it asks a function outside, behind which are the
//! stemmers that were loaded for this site; without one their words stay as they are, and are found by their beginnings.

use rust_stemmers::{Algorithm, Stemmer};
use std::borrow::Cow;

// Resolved by the linker: a pointer that is set at run time would cost every visitor 100 bytes more.
unsafe extern "Rust" {
    /// The stem of a lower-cased word of a language (its two letters, little endian); empty if that language has no stemmer.
    safe fn siteseer_stem(language: u16, word: &str) -> String;
}

/// The two letters of a language; 0 if there are not two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Language(u16);

const ENGLISH: Language = Language(u16::from_le_bytes(*b"en"));

impl Language {
    /// That of a primary subtag.
    pub(super) fn of(subtag: &str) -> Self {
        match *subtag.as_bytes() {
            [] => ENGLISH,
            [first, second] => Self(u16::from_le_bytes([first, second].map(|letter| letter.to_ascii_lowercase()))),
            _ => Self(0),
        }
    }

    /// The stem of a lower-cased word; empty if it has none.
    pub(super) fn stem(self, word: &str) -> Cow<'_, str> {
        if self == ENGLISH {
            // A constant lets the linker leave the other languages out.
            return Stemmer::create(Algorithm::English).stem(word);
        }
        siteseer_stem(self.0, word).into()
    }
}

// The browser's engine has the function itself, in `wasm/engine.rs`.
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    /// German without its `er`.
    #[unsafe(no_mangle)]
    fn siteseer_stem(language: u16, word: &str) -> String {
        if language.to_le_bytes() == *b"de" { word.trim_end_matches("er").to_owned() } else { String::new() }
    }

    fn stem(subtag: &str, word: &str) -> String {
        Language::of(subtag).stem(word).into_owned()
    }

    #[test]
    fn english_is_built_in_and_others_are_asked_for() {
        assert_eq!((stem("", "borrowed"), stem("EN", "borrowed")), ("borrow".to_owned(), "borrow".to_owned()));
        assert_eq!((stem("de", "häuser"), stem("DE", "häuser")), ("häus".to_owned(), "häus".to_owned()));
        for subtag in ["fr", "gsw", "x"] {
            assert_eq!(stem(subtag, "häuser"), "", "{subtag}");
        }
    }
}
