//! Text into words for the lexical index, with byte offsets: the one function that is used at build time, at query
//! time and for excerpts, so that all three agree on what a word is.
//!
//! A *word* is a run of letters and digits, lower-cased. What is joined without a space (`Cargo.toml`, `Vec::push`,
//! `snake_case`, `target-cpu`, `camelCase`) or led by a sigil (`--cfg`, `#[derive]`, `[patch]`, `?Sized`, `'static`) is a
//! *compound*: it is given whole and in parts, so that whoever types the symbol finds the symbol and whoever types a
//! part finds it too.
//!
//! | text | words |
//! |---|---|
//! | `--cfg` | `--cfg`, `cfg` |
//! | `#[derive(Debug)]` | `#[derive`, `derive`, `debug` |
//! | `Vec::push` | `vec::push`, `vec`, `push` |
//! | `src/main.rs` | `src/main.rs`, `src`, `main.rs`, `main`, `rs` |
//! | `x.to_string()` | `x.to_string`, `x`, `to_string`, `to`, `string` |
//! | `HashMap` | `hashmap`, `hash`, `map` |
//! | `don't`, `user's` | `dont`, `user` |
//! | `東京都` | `東京`, `京都` |
//!
//! Scripts without spaces give overlapping pairs of characters. Terms over [`MAX_TERM_CHARS`] are dropped: they are
//! encoded data, not language.

use super::unicode::{for_each_base, for_each_lower};

/// Longest term in characters; longer ones are dropped.
pub const MAX_TERM_CHARS: usize = 60;

/// How a word stands in its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WordKind {
    /// A word by itself.
    Plain,
    /// A piece of a compound.
    Part,
    /// A compound as a whole: joined, led by a sigil, or camel case. It covers its parts, so lengths don't count it.
    Compound,
}

/// One word of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word<'a> {
    /// Lower-cased, accents kept: stemmers need them.
    pub term: &'a str,
    /// Where it starts in the text, in bytes.
    pub start: usize,
    /// Where it ends in the text, in bytes.
    pub end: usize,
    /// Whether it is a word, a compound or a part of one.
    pub kind: WordKind,
}

/// Calls `visit` for each word of `text`, a compound before its parts.
pub fn for_each_word(text: &str, visit: &mut dyn FnMut(Word<'_>)) {
    let mut scanner = Scanner { text, term: String::new(), parts: Vec::new(), visit };
    let mut at = 0;
    while let Some(c) = char_at(text, at) {
        at = if is_unspaced(c) {
            scanner.pairs(at)
        } else if is_word_char(c) {
            scanner.compound(at)
        } else {
            at + c.len_utf8()
        };
    }
}

/// Appends `text` lower-cased; full-width Latin becomes ASCII, final sigma a sigma, `ё` an `е`; soft hyphens and
/// apostrophes go.
pub fn lower_into(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '\u{AD}' | '\'' | '’' => {}
            c if c.is_ascii() => out.push(c.to_ascii_lowercase()),
            '\u{FF01}'..='\u{FF5E}' => {
                out.push(char::from((c as u32 - 0xFEE0) as u8).to_ascii_lowercase());
            }
            c => for_each_lower(c, &mut |c| {
                out.push(match c {
                    'ς' => 'σ',
                    'ё' => 'е',
                    c => c,
                });
            }),
        }
    }
}

/// Appends `term` without the accents of Latin and Greek letters: `naïve` → `naive`.
pub fn fold_accents_into(term: &str, out: &mut String) {
    for c in term.chars() {
        match c {
            '\u{C0}'..='\u{24F}' | '\u{370}'..='\u{3FF}' | '\u{1E00}'..='\u{1FFF}' => {
                for_each_base(c, &mut |base| out.push(base));
            }
            c if is_combining_accent(c) => {}
            c => out.push(c),
        }
    }
}

/// What may stand in front of a word and makes it another symbol, longest first.
const SIGILS: [&str; 15] = ["#![", "#[", "--", "..=", "..", "[", "-", "#", ".", "?", "'", "@", "$", "!", "<"];

/// A piece between joiners.
struct Part {
    start: usize,
    end: usize,
    /// What the joiner before it parts.
    rank: Rank,
}

/// What a joiner parts: the words of a name (`_`, `-`), the members of a segment (`.`), or the segments of a path (`/`, `::`, `@`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Name,
    Member,
    Segment,
}

struct Scanner<'t, 'v> {
    text: &'t str,
    /// The term under construction.
    term: String,
    /// Parts of the compound under construction.
    parts: Vec<Part>,
    visit: &'v mut dyn FnMut(Word<'_>),
}

impl Scanner<'_, '_> {
    /// Emits `text[start..end]` as a word, behind `sigil`.
    fn emit(&mut self, sigil: &str, start: usize, end: usize, kind: WordKind) {
        self.term.clear();
        self.term.push_str(sigil);
        lower_into(&self.text[start..end], &mut self.term);
        if !self.term.is_empty() && (self.term.len() <= MAX_TERM_CHARS || self.term.chars().count() <= MAX_TERM_CHARS) {
            (self.visit)(Word { term: &self.term, start: start - sigil.len(), end, kind });
        }
    }

    /// A run of a script without spaces that starts at `at`: overlapping pairs. Returns its end.
    fn pairs(&mut self, at: usize) -> usize {
        let run =
            self.text[at..].char_indices().find(|&(_, c)| !is_unspaced(c)).map_or(self.text.len(), |(i, _)| at + i);
        let mut starts = self.text[at..run].char_indices().map(|(i, _)| at + i);
        let mut first = starts.next().unwrap_or(at);
        let Some(mut second) = starts.next() else {
            self.emit("", at, run, WordKind::Plain);
            return run;
        };
        for end in starts.chain([run]) {
            self.emit("", first, end, WordKind::Plain);
            (first, second) = (second, end);
        }
        run
    }

    /// A word or compound that starts at `at`. Returns its end.
    fn compound(&mut self, at: usize) -> usize {
        let text = self.text;
        self.parts.clear();
        let (mut next, mut rank) = (at, Rank::Segment);
        let end = loop {
            let (end, after) = word_end(text, next);
            self.parts.push(Part { start: next, end, rank });
            match joiner(text, after) {
                Some(found) => (next, rank) = found,
                None => break after,
            }
        };
        let last = self.parts.last().map_or(end, |p| p.end);
        let sigil = sigil_before(text, at, end);
        let suffix = suffix_len(&text[last..], last - at);
        let joined = self.parts.len() > 1;
        if !sigil.is_empty() || suffix > 0 {
            self.emit(sigil, at, last + suffix, WordKind::Compound);
        }
        if joined {
            self.emit("", at, last, WordKind::Compound);
        }
        let parts = std::mem::take(&mut self.parts);
        for (i, part) in parts.iter().enumerate() {
            // The segment that begins here, then its first member.
            let mut around = parts.len();
            for rank in [Rank::Segment, Rank::Member] {
                let count = 1 + parts[i + 1..].iter().take_while(|p| p.rank < rank).count();
                if part.rank >= rank && count > 1 && count < around {
                    self.emit("", part.start, parts[i + count - 1].end, WordKind::Compound);
                    around = count;
                }
            }
            self.camel(part.start, part.end, if joined { WordKind::Part } else { WordKind::Plain });
        }
        self.parts = parts;
        end + suffix
    }

    /// A piece without joiners: itself, and its camel-case pieces.
    fn camel(&mut self, start: usize, end: usize, kind: WordKind) {
        let mut cuts = [0; 6];
        let Some(count) = camel_cuts(&self.text[start..end], &mut cuts) else {
            self.emit("", start, end, kind);
            return;
        };
        self.emit("", start, end, WordKind::Compound);
        let mut from = start;
        for cut in cuts[..count].iter().map(|c| start + c).chain([end]) {
            self.emit("", from, cut, WordKind::Part);
            from = cut;
        }
    }
}

/// Where the word that starts at `at` ends, and where scanning goes on: past an English `'s`, which is not part of it.
fn word_end(text: &str, at: usize) -> (usize, usize) {
    let run = |from: usize| {
        text[from..]
            .char_indices()
            .find(|&(_, c)| !is_word_char(c) || is_unspaced(c))
            .map_or(text.len(), |(i, _)| from + i)
    };
    let end = run(at);
    match char_at(text, end) {
        Some(c @ ('\'' | '’')) => {
            let tail = end + c.len_utf8();
            let tail_end = run(tail);
            match &text[tail..tail_end] {
                "t" => (tail_end, tail_end),
                "s" | "d" | "m" | "ll" | "re" | "ve" => (end, tail_end),
                _ => (end, end),
            }
        }
        _ => (end, end),
    }
}

/// A joiner at `at` with a word behind it: where that word starts, and what the joiner parts.
fn joiner(text: &str, at: usize) -> Option<(usize, Rank)> {
    let rest = &text.as_bytes()[at..];
    let (len, rank) = match rest.first()? {
        b'_' => (rest.iter().take_while(|&&b| b == b'_').count(), Rank::Name),
        b'-' => (1, Rank::Name),
        b'.' => (1, Rank::Member),
        b'/' | b'@' => (1, Rank::Segment),
        b':' if rest.get(1) == Some(&b':') => (2, Rank::Segment),
        _ => return None,
    };
    char_at(text, at + len).filter(|&c| is_word_char(c) && !is_unspaced(c)).map(|_| (at + len, rank))
}

/// The sigil directly in front of the word `text[at..end]`; empty if there is none. Numbers have none: `#123` is 123.
fn sigil_before(text: &str, at: usize, end: usize) -> &'static str {
    let before = &text[..at];
    let Some(sigil) = SIGILS.into_iter().find(|s| before.ends_with(s)) else {
        return "";
    };
    let before_digit = text.as_bytes()[at].is_ascii_digit();
    let joined_to_word = before[..at - sigil.len()].chars().next_back().is_some_and(is_word_char);
    let quoted = sigil == "'" && text[end..].starts_with('\'');
    if before_digit || joined_to_word || quoted { "" } else { sigil }
}

/// Length of what belongs to the symbol behind a word of `len` bytes: `C++`, `C#`.
fn suffix_len(rest: &str, len: usize) -> usize {
    match rest.as_bytes() {
        [b'+', b'+', ..] if len <= 2 => 2,
        [b'#', ..] if len <= 2 => 1,
        _ => 0,
    }
}

/// Offsets at which a camel-case word is cut: `HTTPServer` → `[4]`. None if it is not camel case, or looks like
/// encoded data (many short pieces).
fn camel_cuts(word: &str, cuts: &mut [usize; 6]) -> Option<usize> {
    let bytes = word.as_bytes();
    let (mut count, mut from) = (0, 0);
    for i in 1..bytes.len() {
        let (before, here) = (bytes[i - 1], bytes[i]);
        let next_is_lower = bytes.get(i + 1).is_some_and(u8::is_ascii_lowercase);
        let rises = (before.is_ascii_lowercase() || before.is_ascii_digit()) && here.is_ascii_uppercase();
        let ends_capitals = before.is_ascii_uppercase() && here.is_ascii_uppercase() && next_is_lower;
        let is_plural = ends_capitals && &bytes[i + 1..] == b"s";
        if (rises || ends_capitals) && !is_plural && i - from >= 2 && bytes.len() - i >= 2 {
            *cuts.get_mut(count)? = i;
            (count, from) = (count + 1, i);
        }
    }
    (count > 0 && bytes.len() >= 3 * (count + 1)).then_some(count)
}

fn char_at(text: &str, at: usize) -> Option<char> {
    text[at..].chars().next()
}

fn is_combining_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36F}')
}

/// Letters, digits, and the marks inside words: accents, soft hyphens, the signs of the scripts of India.
fn is_word_char(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || !c.is_ascii()
            && (c.is_alphanumeric()
                || c == '\u{AD}'
                || is_combining_accent(c)
                || matches!(c, '\u{900}'..='\u{963}' | '\u{966}'..='\u{DFF}'))
}

/// Letters of scripts that are written without spaces, or (Hangul) whose words carry their grammar with them.
fn is_unspaced(c: char) -> bool {
    match c {
        ..'\u{E00}' => false,
        '\u{E00}'..='\u{EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}' => {
            c.is_alphanumeric()
                || matches!(c, '\u{E48}'..='\u{E4E}' | '\u{EC8}'..='\u{ECE}' | '\u{1037}'..='\u{103A}' | '\u{17D2}')
        }
        '\u{3005}'..='\u{3007}' | '\u{3041}'..='\u{30FF}' | '\u{31F0}'..='\u{31FF}' | '\u{3400}'..='\u{9FFF}' => {
            c.is_alphanumeric()
        }
        '\u{AC00}'..='\u{D7AF}' | '\u{F900}'..='\u{FAFF}' | '\u{FF66}'..='\u{FF9F}' | '\u{20000}'..='\u{3FFFF}' => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let mut out = Vec::new();
        for_each_word(text, &mut |w| out.push(w.term.to_string()));
        out
    }

    #[test]
    fn plain_text() {
        assert_eq!(words("The quick, BROWN fox; 42."), ["the", "quick", "brown", "fox", "42"]);
        assert_eq!(words("Don't touch the user’s l'homme"), ["dont", "touch", "the", "user", "l", "homme"]);
        assert_eq!(words(""), [""; 0]);
        assert_eq!(words(" -- … ()[]"), [""; 0]);
    }

    #[test]
    fn symbols_whole_and_in_parts() {
        assert_eq!(words("--cfg"), ["--cfg", "cfg"]);
        assert_eq!(words("[patch]"), ["[patch", "patch"]);
        assert_eq!(words("E0277"), ["e0277"]);
        assert_eq!(words("Vec::push"), ["vec::push", "vec", "push"]);
        assert_eq!(words("snake_case"), ["snake_case", "snake", "case"]);
        assert_eq!(words("camelCase"), ["camelcase", "camel", "case"]);
        assert_eq!(words("Cargo.toml."), ["cargo.toml", "cargo", "toml"]);
        assert_eq!(words("#[derive(Debug)]"), ["#[derive", "derive", "debug"]);
        assert_eq!(words("..Default::default()"), ["..default::default", "default::default", "default", "default"]);
        assert_eq!(words("?Sized"), ["?sized", "sized"]);
        assert_eq!(words("&'static str"), ["'static", "static", "str"]);
        assert_eq!(words("src/main.rs"), ["src/main.rs", "src", "main.rs", "main", "rs"]);
        assert_eq!(words("x.to_string()"), ["x.to_string", "x", "to_string", "to", "string"]);
        assert_eq!(words("a/b.c-d"), ["a/b.c-d", "a", "b.c-d", "b", "c-d", "c", "d"]);
        assert_eq!(words("C++ and C# asm!"), ["c++", "c", "and", "c#", "c", "asm"]);
        assert_eq!(words("`-C target-cpu=x`"), ["-c", "c", "target-cpu", "target", "cpu", "x"]);
    }

    #[test]
    fn no_sigil_inside_or_around_prose() {
        assert_eq!(words("array[index] 'quoted' a<b"), ["array", "index", "quoted", "a", "b"]);
        assert_eq!(words("one - two -3 #42"), ["one", "two", "3", "42"]);
    }

    #[test]
    fn camel_case() {
        assert_eq!(words("HTTPServer"), ["httpserver", "http", "server"]);
        assert_eq!(words("URLs JSON iPhone Utf8Error"), ["urls", "json", "iphone", "utf8error", "utf8", "error"]);
    }

    #[test]
    fn scripts_without_spaces_give_pairs() {
        assert_eq!(words("東京都に"), ["東京", "京都", "都に"]);
        assert_eq!(words("東 is"), ["東", "is"]);
        assert_eq!(words("Rust入門"), ["rust", "入門"]);
        assert_eq!(words("한국어"), ["한국", "국어"]);
        assert_eq!(words("ＲＵＳＴ"), ["rust"]);
        assert_eq!(words("हिन्दी"), ["हिन्दी"]);
    }

    #[test]
    fn encoded_data_is_dropped() {
        assert_eq!(words(&"x".repeat(60)).len(), 1);
        assert_eq!(words(&"x".repeat(61)).len(), 0);
        assert_eq!(words(&"é".repeat(60)).len(), 1);
        assert_eq!(words("aGVsbG8gd29ybGQgdGhpcyBpcyBiYXNlNjQgdGV4dA").len(), 1, "no camel-case pieces");
    }

    #[test]
    fn offsets_point_into_the_text() {
        let text = "Ünïcode: see `--cfg` and src/main.rs, l'été 東京都 don't";
        for_each_word(text, &mut |w| {
            let mut lowered = String::new();
            lower_into(&text[w.start..w.end], &mut lowered);
            assert_eq!(lowered, w.term.replace('\'', ""));
        });
    }

    #[test]
    fn accents() {
        let fold = |s: &str| {
            let mut out = String::new();
            fold_accents_into(s, &mut out);
            out
        };
        assert_eq!(fold("naïve Ångström ελληνικά"), "naive Angstrom ελληνικα");
        assert_eq!(fold("русский"), "русский");
        assert_eq!(fold("e\u{301}t"), "et");
        assert_eq!(words("ЁЛКА"), ["елка"]);
    }
}
