//! Text of pages inside a Markdown document of ours. Whoever writes a page decides what it says, not how it is read: its text
//! stays a quotation, and its title stays a title.

use crate::percent::encode;

/// `text` between fences, which are longer than any run of backticks in it: no line of it can end the quotation, be a
/// heading, a link, an image or HTML.
pub fn fenced(text: &str) -> String {
    let (mut shown, mut fence, mut run) = (String::new(), String::from("```"), 0);
    for c in text.chars().filter(|&c| c == '\n' || !is_hidden(c)) {
        shown.push(c);
        run = if c == '`' { run + 1 } else { 0 };
        if run == fence.len() {
            fence.push('`');
        }
    }
    [&fence, "text\n", &shown, "\n", &fence, "\n"].concat()
}

/// A title or heading on one line, its Markdown and HTML escaped.
pub fn line(text: &str) -> String {
    let mut out = String::new();
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        for c in word.chars().filter(|&c| !is_hidden(c)) {
            if matches!(c, '\\' | '`' | '[' | ']' | '<' | '>' | '&' | '|') {
                out.push('\\');
            }
            out.push(c);
        }
    }
    out
}

/// An address of plain ASCII in which nothing is left that would end it or begin something else; what it leads to is the
/// same.
pub fn address(url: &str) -> String {
    let mut out = String::new();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/:?#@!$&+,;=%".contains(&byte);
    encode(url.as_bytes(), plain, &mut out);
    out
}

/// Characters that a reader does not see but a terminal or a language model does: control characters, the ones that turn
/// the direction of writing, tags.
fn is_hidden(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_its_fence() {
        assert_eq!(fenced("plain\n# text"), "```text\nplain\n# text\n```\n");
        assert_eq!(fenced("a ``` b"), "````text\na ``` b\n````\n");
        assert_eq!(fenced("`````\n```"), "``````text\n`````\n```\n``````\n");
        // a run that a hidden character divides must not be longer in the end than was counted
        assert_eq!(fenced("``\u{7}``\r"), "`````text\n````\n`````\n");
        assert_eq!(fenced("a\u{202e}b\u{e0041}c"), "```text\nabc\n```\n");
    }

    #[test]
    fn a_title_stays_one_line_without_markup() {
        assert_eq!(line(" A\n\n# B\t[2] "), r"A # B \[2\]");
        assert_eq!(line("<img src=x> `f` & \\|\u{1b}"), r"\<img src=x\> \`f\` \& \\\|");
        assert_eq!(line("\u{7}"), "");
    }

    #[test]
    fn an_address_has_no_end_but_its_own() {
        assert_eq!(address("https://x.org/a/b.html?c=%20#d-é"), "https://x.org/a/b.html?c=%20#d-%C3%A9");
        assert_eq!(address("a#x) [2](y)\n\u{202e}"), "a#x%29%20%5B2%5D%28y%29%0A%E2%80%AE");
    }
}
