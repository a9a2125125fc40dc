//! White space: text of a page is folded to single spaces as it is collected, and long runs without a space, such as
//! base64 or minified code, are dropped before they can bloat an index.

/// Longest run of characters without a space that is kept; longer ones are data, not words.
const MAX_RUN_CHARS: usize = 100;

/// Appends `text` to `out`, every stretch of white space as one space, none at the start of `out`.
/// Zero-width spaces, soft hyphens and control characters vanish.
pub(super) fn push_folded(out: &mut String, text: &str) {
    for c in text.chars() {
        if c.is_whitespace() {
            push_space(out);
        } else if !is_invisible(c) {
            out.push(c);
        }
    }
}

/// Appends one space unless `out` is empty or ends with one.
pub(super) fn push_space(out: &mut String) {
    if !out.is_empty() && !out.ends_with(' ') {
        out.push(' ');
    }
}

/// The folded text as a block: trimmed, without overlong runs; `None` if nothing is left.
pub(super) fn finish_block(folded: &str) -> Option<String> {
    let folded = folded.trim();
    if folded.split(' ').all(|word| word.len() <= MAX_RUN_CHARS) {
        return (!folded.is_empty()).then(|| folded.to_owned());
    }
    let mut kept = String::with_capacity(folded.len());
    for word in folded.split(' ') {
        push_space(&mut kept);
        push_short_runs(&mut kept, word);
    }
    let kept = kept.trim();
    (!kept.is_empty()).then(|| kept.to_owned())
}

/// Appends the runs of `word` that are short enough. A run ends at every character of a script that is written
/// without spaces, so that Chinese prose is kept and a base64 string within it is not.
fn push_short_runs(out: &mut String, word: &str) {
    let mut rest = word;
    while let Some(first) = rest.chars().next() {
        let spaceless = is_spaceless_script(first);
        let end = rest.find(|c| is_spaceless_script(c) != spaceless).unwrap_or(rest.len());
        let (run, tail) = rest.split_at(end);
        if spaceless || run.chars().nth(MAX_RUN_CHARS).is_none() {
            out.push_str(run);
        }
        rest = tail;
    }
}

/// Characters that take no room: zero-width space, word joiner, byte order mark, soft hyphen, controls.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}' | '\u{2060}' | '\u{FEFF}' | '\u{00AD}') || c.is_control()
}

/// Scripts that put no space between words: Thai to Myanmar, Khmer, Tai, and the CJK blocks with their punctuation.
fn is_spaceless_script(c: char) -> bool {
    matches!(c as u32,
        0x0E00..=0x0FFF | 0x1000..=0x109F | 0x1780..=0x17FF | 0x1950..=0x19DF | 0x1A20..=0x1AAF
        | 0x2E80..=0x9FFF | 0xA000..=0xA4CF | 0xA9E0..=0xA9FF | 0xAA60..=0xAA7F
        | 0xF900..=0xFAFF | 0xFF00..=0xFFEF | 0x20000..=0x3FFFF)
}

/// A word of a file name as a title, for pages that have none: `getting_started-fast` becomes `Getting started fast`.
pub(super) fn title_from_name(name: &str) -> String {
    let mut words = String::new();
    push_folded(&mut words, &name.replace(['-', '_'], " "));
    let words = words.trim();
    let mut chars = words.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fold(text: &str) -> String {
        let mut out = String::new();
        push_folded(&mut out, text);
        out
    }

    #[test]
    fn white_space_is_folded_and_invisible_characters_vanish() {
        assert_eq!(fold("\n a\u{a0}\t b\u{200b}c\u{ad}d\r\n"), "a bcd ");
        assert_eq!(finish_block(" a b "), Some("a b".to_owned()));
        assert_eq!(finish_block("   "), None);
    }

    #[test]
    fn overlong_runs_are_dropped_but_prose_without_spaces_is_kept() {
        let blob = "QUJD".repeat(40);
        assert_eq!(finish_block(&format!("see {blob} here")), Some("see here".to_owned()));
        assert_eq!(finish_block(&blob), None);
        let chinese = "索引".repeat(200);
        assert_eq!(finish_block(&chinese), Some(chinese.clone()));
        assert_eq!(finish_block(&format!("{chinese}{blob}")), Some(chinese.clone()));
        let cyrillic = "ф".repeat(101);
        assert_eq!(finish_block(&cyrillic), None);
        let hundred = "é".repeat(100);
        assert_eq!(finish_block(&hundred), Some(hundred.clone()));
    }

    #[test]
    fn a_file_name_becomes_a_title() {
        assert_eq!(title_from_name("getting_started-fast"), "Getting started fast");
        assert_eq!(title_from_name("---"), "");
    }
}
