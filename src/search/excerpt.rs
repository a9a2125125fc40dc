//! The excerpt of a passage: the stretch that shows best why it was found, as HTML in which everything but our own
//! `<mark>` is escaped.
//!
//! Words are compared by their index terms, so `workspaces` in the query marks `workspace` in the text; a compound that
//! matches is marked whole. A stretch is worth its different query words, and a little its repetitions. It begins at a
//! sentence if one begins shortly before the first match. A passage that was found by meaning alone shows its beginning.

use crate::text::{
    stem::{Stemmer, for_each_term},
    words::WordKind,
};
use std::ops::Range;

/// Length of an excerpt in characters, by default.
pub const EXCERPT_CHARS: usize = 180;

/// A stretch of a passage.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Excerpt {
    /// Escaped HTML; matched words stand in `<mark>`, `…` where text was left out.
    pub html: String,
    /// The words of the query that occur in the passage, as typed, in the order of the query.
    pub matched: Vec<String>,
}

/// The excerpt of `text` (in language `lang`) for `query`, of at most `max_chars` characters without the marks.
#[must_use]
pub fn excerpt(text: &str, lang: &str, query: &str, max_chars: usize) -> Excerpt {
    excerpt_with(text, lang, query, &[], max_chars)
}

/// As [`excerpt`], and marks also the words whose index term is one of `also`: spellings and completions that the
/// lexical index took for the query's words.
#[must_use]
pub fn excerpt_with(text: &str, lang: &str, query: &str, also: &[String], max_chars: usize) -> Excerpt {
    let stemmer = Stemmer::for_lang(lang);
    let wanted = wanted(query, stemmer, also);
    let hits = hits(text, stemmer, &wanted);
    let matched = wanted.iter().enumerate().filter(|(i, _)| hits.iter().any(|h| h.word == *i));
    let matched = matched.filter_map(|(_, w)| w.typed.clone()).collect();
    let (window, hits) =
        if hits.is_empty() { (beginning(text, max_chars), hits) } else { best_window(text, hits, max_chars) };
    Excerpt { html: render(text, window, &hits), matched }
}

/// A word to look for.
struct Wanted {
    /// As typed; none for a term that the caller adds.
    typed: Option<String>,
    /// Its index term.
    term: String,
    /// Whether a word that only begins so counts: the word being typed.
    begins: Option<String>,
    /// What it is worth.
    weight: f32,
}

/// A word of the text that was looked for.
#[derive(Debug, Clone, PartialEq)]
struct Hit {
    range: Range<usize>,
    /// Which of the wanted words.
    word: usize,
    weight: f32,
}

fn wanted(query: &str, stemmer: Stemmer, also: &[String]) -> Vec<Wanted> {
    let mut wanted: Vec<Wanted> = Vec::new();
    for_each_term(query, stemmer, &mut |word, term| {
        if wanted.iter().any(|w| w.term == term) {
            return;
        }
        // Short words are mostly grammar; there is no idf here.
        let weight = match (word.kind, word.term.chars().count()) {
            (WordKind::Compound, _) => 1.5,
            (_, 0..=3) if word.term.is_ascii() => 0.4,
            (WordKind::Part, _) => 0.7,
            _ => 1.0,
        };
        wanted.push(Wanted {
            typed: Some(query[word.start..word.end].to_string()),
            term: term.to_string(),
            begins: (word.end == query.len() && word.term.chars().count() > 1).then(|| word.term.to_string()),
            weight,
        });
    });
    for term in also {
        if wanted.iter().all(|w| w.term != *term) {
            wanted.push(Wanted { typed: None, term: term.clone(), begins: None, weight: 1.0 });
        }
    }
    wanted
}

/// The wanted words in the text, in order; where they overlap (a compound and its parts), the longer one.
fn hits(text: &str, stemmer: Stemmer, wanted: &[Wanted]) -> Vec<Hit> {
    let mut hits: Vec<Hit> = Vec::new();
    for_each_term(text, stemmer, &mut |word, term| {
        let is_wanted =
            |w: &Wanted| w.term == term || w.begins.as_ref().is_some_and(|b| word.term.starts_with(b.as_str()));
        if let Some(i) = wanted.iter().position(is_wanted) {
            hits.push(Hit { range: word.start..word.end, word: i, weight: wanted[i].weight });
        }
    });
    // Words come by their start, a compound before its parts.
    hits.dedup_by(|second, first| second.range.end <= first.range.end);
    hits
}

/// The window of at most `max_chars` with the best hits, and the hits in it.
fn best_window(text: &str, hits: Vec<Hit>, max_chars: usize) -> (Range<usize>, Vec<Hit>) {
    let (mut best, mut best_worth) = (0..1, f32::MIN);
    for first in 0..hits.len() {
        let start = hits[first].range.start;
        let limit = forward(text, start, max_chars);
        let inside = hits[first..].iter().take_while(|h| h.range.end <= limit).count().max(1);
        let worth: f32 = (first..first + inside)
            .map(|i| if hits[first..i].iter().any(|h| h.word == hits[i].word) { 0.1 } else { 1.0 } * hits[i].weight)
            .sum();
        if worth > best_worth + 1e-6 {
            (best, best_worth) = (first..first + inside, worth);
        }
    }
    let first = hits[best.start].range.start;
    let last = hits[best.end - 1].range.end.min(forward(text, first, max_chars));
    let spare = max_chars - text[first..last].chars().count();
    let start = window_start(text, first, spare);
    let end = window_end(text, last, forward(text, start, max_chars));
    let shown = hits.into_iter().filter(|h| h.range.start >= start && h.range.end <= end).collect();
    (start..end, shown)
}

/// Where to begin so that `first` is shown: a sentence's start within two thirds of the spare characters, else a
/// word's within one third.
fn window_start(text: &str, first: usize, spare: usize) -> usize {
    let far = backward(text, first, spare * 2 / 3);
    if far == 0 {
        return skip_space(text, 0);
    }
    let sentence = text[far..first].char_indices().filter(|&(i, _)| ends_sentence(text, far + i)).last();
    if let Some((i, c)) = sentence {
        return skip_space(text, far + i + c.len_utf8());
    }
    let near = backward(text, first, spare / 3);
    text[near..first].find(char::is_whitespace).map_or(first, |i| skip_space(text, near + i))
}

/// Where to end: at `limit` if a word ends there, else at the last word's end before it; not before `last`.
fn window_end(text: &str, last: usize, limit: usize) -> usize {
    let whole = limit >= text.len() || text[limit..].starts_with(char::is_whitespace);
    let end = if whole { limit } else { text[last..limit].rfind(char::is_whitespace).map_or(limit, |i| last + i) };
    last.max(text[..end].trim_end().len())
}

/// The passage's first sentences, or, if the first one is too long, its first words.
fn beginning(text: &str, max_chars: usize) -> Range<usize> {
    let start = skip_space(text, 0);
    let limit = forward(text, start, max_chars);
    if limit >= text.len() {
        return start..window_end(text, start, limit);
    }
    let enough = forward(text, start, max_chars / 2);
    let sentence = text[enough..limit].char_indices().filter(|&(i, _)| ends_sentence(text, enough + i)).last();
    let end = match sentence {
        Some((i, c)) => enough + i + c.len_utf8(),
        None => window_end(text, start, limit),
    };
    start..end
}

/// Whether the character at `at` ends a sentence: `.`, `!` or `?` before white space, or its like in CJK.
fn ends_sentence(text: &str, at: usize) -> bool {
    let mut chars = text[at..].chars();
    match chars.next() {
        Some('.' | '!' | '?') => chars.next().is_none_or(char::is_whitespace),
        Some('。' | '！' | '？' | '\n') => true,
        _ => false,
    }
}

/// The first place from `at` on where no white space is.
fn skip_space(text: &str, at: usize) -> usize {
    text.len() - text[at..].trim_start().len()
}

/// The place `chars` characters behind `at`, at most the text's end.
fn forward(text: &str, at: usize, chars: usize) -> usize {
    text[at..].char_indices().nth(chars).map_or(text.len(), |(i, _)| at + i)
}

/// The place `chars` characters before `at`, at least 0.
fn backward(text: &str, at: usize, chars: usize) -> usize {
    if chars == 0 { at } else { text[..at].char_indices().rev().nth(chars - 1).map_or(0, |(i, _)| i) }
}

/// The window as HTML: escaped, white space folded, hits marked.
fn render(text: &str, window: Range<usize>, hits: &[Hit]) -> String {
    let mut html = String::new();
    if !text[..window.start].trim().is_empty() {
        html.push('…');
    }
    let mut at = window.start;
    for marked in hits.chunk_by(|a, b| b.range.start < a.range.end) {
        // Pairs of a script without spaces overlap: one mark for all.
        let (start, end) = (marked[0].range.start, marked[marked.len() - 1].range.end);
        escape_into(&text[at..start], &mut html);
        html.push_str("<mark>");
        escape_into(&text[start..end], &mut html);
        html.push_str("</mark>");
        at = end;
    }
    escape_into(&text[at..window.end], &mut html);
    if !text[window.end..].trim().is_empty() {
        html.push('…');
    }
    html
}

/// Appends `text` so that it is inert as an element's content and in a quoted attribute; white space becomes one space.
pub fn escape_into(text: &str, html: &mut String) {
    let mut space = false;
    for c in text.chars() {
        if c.is_whitespace() || c.is_control() {
            if !space {
                html.push(' ');
            }
            space = true;
            continue;
        }
        space = false;
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c => html.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(text: &str, query: &str, max_chars: usize) -> String {
        excerpt(text, "en", query, max_chars).html
    }

    #[test]
    fn marks_words_by_stem() {
        let e = excerpt("A workspace is a set of packages that share one Cargo.lock.", "en", "sharing workspaces", 180);
        assert_eq!(e.html, "A <mark>workspace</mark> is a set of packages that <mark>share</mark> one Cargo.lock.");
        assert_eq!(e.matched, ["sharing", "workspaces"]);
    }

    #[test]
    fn marks_symbols_whole_and_the_word_being_typed() {
        assert_eq!(
            html("Call Vec::push twice, then push.", "Vec::push ", 99),
            "Call <mark>Vec::push</mark> twice, then <mark>push</mark>."
        );
        assert_eq!(html("Pass --cfg here.", "--cfg", 99), "Pass <mark>--cfg</mark> here.");
        assert_eq!(html("The iterator ends.", "iterat", 99), "The <mark>iterator</mark> ends.");
        assert_eq!(html("The catalogue ends.", "cat ", 99), "The catalogue ends.");
        assert_eq!(html("東京都に行く。", "東京都", 99), "<mark>東京都</mark>に行く。");
    }

    #[test]
    fn hostile_text_is_inert() {
        let text = r#"<img src=x onerror="alert('1')"> & </mark><script>evil()</script>"#;
        let html = html(text, "img script evil", 180);
        let without_marks = html.replace("<mark>", "").replace("</mark>", "");
        assert!(!without_marks.contains(['<', '>', '"', '\'']), "{html}");
        assert_eq!(html.matches("<mark>").count(), html.matches("</mark>").count());
        assert!(html.contains("&amp; &lt;/mark&gt;"), "{html}");
    }

    #[test]
    fn takes_the_stretch_with_most_words() {
        let filler = "Nothing of interest stands in this sentence at all. ".repeat(10);
        let text = format!("Alpha. {filler}Here alpha meets beta and gamma. {filler}Beta.");
        let html = html(&text, "alpha beta gamma ", 100);
        let start = "…Here <mark>alpha</mark> meets <mark>beta</mark> and <mark>gamma</mark>. Nothing";
        assert!(html.starts_with(start) && html.ends_with('…'), "{html}");
    }

    #[test]
    fn a_passage_without_the_words_shows_its_first_sentences() {
        let text = "First sentence here. Second one is here too. Third is much longer than the others are, by far.";
        assert_eq!(html(text, "unrelated", 60), "First sentence here. Second one is here too.…");
        assert_eq!(html(text, "", 18), "First sentence…");
        assert_eq!(html("Short.", "zebra", 60), "Short.");
        assert_eq!(html("", "zebra", 60), "");
    }

    #[test]
    fn also_marks_what_the_index_took_for_the_query() {
        let also = ["thread".to_string()];
        let e = excerpt_with("Two threads.", "en", "threds", &also, 99);
        assert_eq!((e.html.as_str(), e.matched.len()), ("Two <mark>threads</mark>.", 0));
    }

    #[test]
    fn never_longer_than_asked_and_never_panics() {
        let texts = [
            "a b c d e f g h",
            "  leading and trailing  ",
            "Wörter mit Ümläuten. Und 東京都に行く。さらに長い文章がここにあります。 the end",
            "x_very_long_identifier::with_parts::and_more/and/more.rs stands here, then the end.",
            "\n\nnew\tlines\u{AD}soft\n",
            "…don't … user's",
        ];
        let queries = [
            "",
            " ",
            "a",
            "end",
            "東京",
            "with_parts",
            "x_very_long_identifier::with_parts",
            "the the",
            "user's ümläut",
        ];
        for text in texts {
            for query in queries {
                for max_chars in 0..text.chars().count() + 3 {
                    let html = html(text, query, max_chars);
                    let shown = html.replace("<mark>", "").replace("</mark>", "").replace("&#39;", "'");
                    assert!(shown.chars().count() <= max_chars + 2, "{shown:?} for {max_chars}");
                }
            }
        }
    }
}
