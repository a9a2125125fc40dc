//! Quoted phrases: of `"share code"` in a query only passages answer in which these words stand one behind the other.
//!
//! Postings know no places, so the texts decide: those of the best sections that hold all words of all phrases, [`READ`] at most. A
//! phrase is therefore a choice of passages like a filter, made before a ranking, and every tier answers from what is chosen. It
//! may also stand in the title or in a heading, which chooses the passages of the section.
//!
//! Words are compared as they stand, without stemming, but for case and accents. What lies between two words may be anything that is no
//! word: `"share code"` finds `share, code`, and `"vec::push"` finds `Vec::push`. A symbol is one word: `"--cfg"` does not find `cfg`.

use super::searcher::{Searcher, not_loaded};
use crate::error::Result;
use crate::index::filters::Selection;
use crate::index::lexical::top_k;
use crate::text::words::{fold_accents_into, for_each_word};

/// Sections whose texts are read.
const READ: usize = 64;

/// A word and where it stands in its text.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    term: String,
    start: usize,
    end: usize,
}

/// Words between quotation marks, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Phrase {
    /// Without accents.
    words: Vec<Place>,
    /// The same with them, as stemmers need them.
    terms: Vec<String>,
}

impl Phrase {
    /// The phrases of a query. A quotation that is not closed yet is none.
    pub(super) fn all(query: &str) -> Vec<Self> {
        let pieces: Vec<&str> = query.split(['"', '“', '”', '„', '«', '»']).collect();
        let closed = pieces.len().saturating_sub(1);
        let quoted = pieces[..closed].iter().skip(1).step_by(2);
        quoted.map(|text| Self::new(text)).filter(|phrase| !phrase.words.is_empty()).collect()
    }

    fn new(text: &str) -> Self {
        let mut words = outermost(places(text));
        let terms = words.iter().map(|word| word.term.clone()).collect();
        for word in &mut words {
            word.term = unaccented(&word.term);
        }
        Self { words, terms }
    }

    /// Whether it stands in a text.
    pub(super) fn is_in(&self, text: &str) -> bool {
        let mut places = places(text);
        for place in &mut places {
            place.term = unaccented(&place.term);
        }
        (0..places.len()).any(|at| places[at].term == self.words[0].term && self.goes_on(text, &places, at, 1))
    }

    /// Whether the words from `next` on stand behind `places[at]`, at which the word before them stands.
    fn goes_on(&self, text: &str, places: &[Place], at: usize, next: usize) -> bool {
        let Some(word) = self.words.get(next) else { return true };
        let (before, here) = (&self.words[next - 1], &places[at]);
        let follows = |place: &Place| {
            if word.start < before.end {
                // Pairs of a script without spaces: they overlap, here as there.
                return place.start == here.start + (word.start - before.start);
            }
            text.get(here.end..place.start).is_some_and(is_gap)
        };
        (at + 1..places.len())
            .take_while(|&i| places[i].start < here.end || is_gap(&text[here.end..places[i].start]))
            .any(|i| follows(&places[i]) && places[i].term == word.term && self.goes_on(text, places, i, next + 1))
    }
}

/// Whether there is no word in it. An English `'s` belongs to the word before.
fn is_gap(between: &str) -> bool {
    let rest = between.strip_prefix(['\'', '’']).map_or(between, |tail| tail.trim_start_matches(char::is_alphanumeric));
    !rest.contains(char::is_alphanumeric)
}

/// The words of a text, compounds and their parts.
fn places(text: &str) -> Vec<Place> {
    let mut places = Vec::new();
    for_each_word(text, &mut |word| {
        places.push(Place { term: word.term.to_owned(), start: word.start, end: word.end });
    });
    places
}

fn unaccented(term: &str) -> String {
    let mut folded = String::new();
    fold_accents_into(term, &mut folded);
    folded
}

/// Compounds without their parts.
fn outermost(places: Vec<Place>) -> Vec<Place> {
    let mut kept: Vec<Place> = Vec::new();
    for place in places {
        if kept.last().is_none_or(|last| place.end > last.end) {
            kept.push(place);
        }
    }
    kept
}

impl Searcher {
    /// The passages whose chunks [`choose_phrases`](Self::choose_phrases) reads, the query's words being there: the first of the best
    /// sections that hold all words of its phrases. None if it has no phrase.
    ///
    /// # Errors
    /// If the lexical postings are not loaded.
    pub fn phrase_reading(&self, query: &str) -> Result<Vec<u32>> {
        let phrases = Phrase::all(query);
        let (sections, lexical) = self.lexical.as_ref().ok_or_else(|| not_loaded(&self.manifest.files.lexical.name))?;
        if phrases.is_empty() {
            return Ok(Vec::new());
        }
        let mut scores = self.bm25(sections, lexical, query);
        for term in phrases.iter().flat_map(|phrase| &phrase.terms) {
            let holds = lexical.holding(term);
            scores.iter_mut().zip(holds).filter(|(_, holds)| !holds).for_each(|(score, _)| *score = 0.0);
        }
        Ok(top_k(&scores, READ).into_iter().map(|hit| sections.part(hit.passage).start).collect())
    }

    /// From now on, until the next [`set_filter`](Self::set_filter), answers only from the passages, among those that meet its conditions,
    /// that hold a phrase of the query, in sections that hold all of its phrases. What [`phrase_reading`](Self::phrase_reading)
    /// names is to be there; what is not there, is not chosen. Without a phrase everything stays as it is.
    ///
    /// # Errors
    /// If the lexical postings are not loaded.
    pub fn choose_phrases(&mut self, query: &str) -> Result<()> {
        let phrases = Phrase::all(query);
        if phrases.is_empty() {
            return Ok(());
        }
        let mut chosen = vec![false; self.manifest.counts.passages as usize];
        for section in self.phrase_reading(query)?.into_iter().filter_map(|first| self.part_around(first)) {
            let mut found = vec![false; phrases.len()];
            let mut holding = Vec::new();
            for passage in section {
                let Some(record) = self.passage(passage) else { continue };
                let texts = || {
                    let above = record.heading_path.iter().chain(Some(&record.title));
                    above.chain(Some(&record.text)).map(String::as_str)
                };
                let before = holding.len();
                for (phrase, found) in phrases.iter().zip(&mut found) {
                    if texts().any(|text| phrase.is_in(text)) {
                        *found = true;
                        holding.truncate(before);
                        holding.push(passage);
                    }
                }
            }
            if found.into_iter().all(|found| found) {
                holding.into_iter().filter(|&p| self.is_selected(p)).for_each(|p| chosen[p as usize] = true);
            }
        }
        self.choose(Selection::of(chosen));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_in(query: &str, text: &str) -> bool {
        let phrases = Phrase::all(query);
        assert!(!phrases.is_empty(), "{query}");
        phrases.iter().all(|phrase| phrase.is_in(text))
    }

    #[test]
    fn only_what_is_between_closed_marks_is_a_phrase() {
        let terms = |query: &str| -> Vec<Vec<String>> {
            let phrases = Phrase::all(query);
            phrases.into_iter().map(|phrase| phrase.terms).collect()
        };
        assert_eq!(terms(r#"how to "Share Code" now "in Rust""#), [["share", "code"], ["in", "rust"]]);
        assert_eq!(terms("„share code“ «in Rust»"), [["share", "code"], ["in", "rust"]]);
        assert_eq!(terms(r#""--cfg feature" and "Vec::push""#), [vec!["--cfg", "feature"], vec!["vec::push"]]);
        for query in ["", "share code", r#""share code"#, r#""""#, r#"" . ""#] {
            assert_eq!(terms(query), [[""; 0]; 0], "{query}");
        }
        assert_eq!(terms(r#""share code" in "Ru"#), [["share", "code"]]);
    }

    #[test]
    fn words_stand_one_behind_the_other() {
        let query = r#""share code""#;
        for text in ["How to share code.", "Share, code!", "to share\ncode", "share `code`", "(share) code-generation"]
        {
            assert!(is_in(query, text), "{text}");
        }
        for text in ["share the code", "code to share", "shares code", "share codes", "share", "share 2 code", ""] {
            assert!(!is_in(query, text), "{text}");
        }
        assert!(is_in(r#""a a b""#, "a a a b"), "what began too early is begun again");
        assert!(is_in(r#""user's code""#, "the user’s code") && is_in(r#""user code""#, "the user's code"));
        assert!(is_in(r#""naive cafe""#, "a naïve café"));
        assert!(is_in(r#""one" "two""#, "two and one") && !is_in(r#""one" "two""#, "one"));
    }

    #[test]
    fn symbols_are_words() {
        assert!(is_in(r#""vec::push""#, "call `Vec::push` here") && !is_in(r#""vec::push""#, "a vec to push"));
        assert!(is_in(r#""push""#, "call `Vec::push` here"));
        assert!(is_in(r#""hashmap of""#, "a HashMap of them") && is_in(r#""HashMap of""#, "a hashmap of them"));
        assert!(is_in(r#""--cfg feature""#, r#"pass --cfg feature="x""#) && !is_in(r#""--cfg""#, "#[cfg(test)]"));
        assert!(is_in(r#""pass cfg""#, "pass --cfg"));
        assert!(is_in(r#""to_string""#, "x.to_string()"));
    }

    #[test]
    fn scripts_without_spaces() {
        assert!(is_in("“東京都”", "それは東京都です"));
        assert!(!is_in("“東京都”", "東京と京都"));
    }
}
