//! Front matter: the few keys at the head of a Markdown file that say something about search.
//!
//! Read are top-level `key: value` lines between `---` fences (YAML) and `key = value` lines between `+++` fences
//! (TOML). Nested values, lists and multi-line strings are passed over.

/// What front matter says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct FrontMatter {
    /// `title`.
    pub(super) title: Option<String>,
    /// `lang` or `language`.
    pub(super) lang: Option<String>,
    /// `search: false` (or `pagefind: false`, or `noindex: true`).
    pub(super) search_off: bool,
    /// `draft: true`.
    pub(super) draft: bool,
}

/// Splits a Markdown file into its front matter and the rest.
pub(super) fn split_front_matter(text: &str) -> (FrontMatter, &str) {
    for (fence, separator) in [("---", ':'), ("+++", '=')] {
        if let Some((head, body)) = fenced(text, fence) {
            return (parse(head, separator), body);
        }
    }
    (FrontMatter::default(), text)
}

/// The lines between two fences at the very start, and what follows; `None` if the closing fence is missing.
fn fenced<'a>(text: &'a str, fence: &str) -> Option<(&'a str, &'a str)> {
    let mut lines = text.split_inclusive('\n');
    let first = lines.next()?;
    if first.trim_end() != fence {
        return None;
    }
    let start = first.len();
    let mut end = start;
    for line in lines {
        if line.trim_end() == fence {
            return Some((&text[start..end], &text[end + line.len()..]));
        }
        end += line.len();
    }
    None
}

fn parse(head: &str, separator: char) -> FrontMatter {
    let mut found = FrontMatter::default();
    for line in head.lines() {
        if line.starts_with([' ', '\t', '#', '-']) {
            continue;
        }
        let Some((key, value)) = line.split_once(separator) else {
            continue;
        };
        let value = scalar(value.trim());
        match key.trim().to_ascii_lowercase().as_str() {
            "title" => found.title = (!value.is_empty()).then_some(value),
            "lang" | "language" => found.lang = (!value.is_empty()).then_some(value),
            "search" | "pagefind" if value == "false" => found.search_off = true,
            "noindex" if value == "true" => found.search_off = true,
            "draft" if value == "true" => found.draft = true,
            _ => {}
        }
    }
    found
}

/// A plain or quoted value, without a trailing comment. Block scalars (`|`, `>`) and collections count as empty.
fn scalar(value: &str) -> String {
    for quote in ['"', '\''] {
        if let Some(rest) = value.strip_prefix(quote) {
            let end = rest.rfind(quote).unwrap_or(rest.len());
            let inner = &rest[..end];
            return match quote {
                '"' => inner.replace("\\\"", "\"").replace("\\\\", "\\"),
                _ => inner.replace("''", "'"),
            };
        }
    }
    if value.starts_with(['|', '>', '[', '{', '&', '*']) {
        return String::new();
    }
    let end = value.find(" #").unwrap_or(value.len());
    value[..end].trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_and_toml_heads_are_read() {
        let text =
            "---\r\ntitle: \"A \\\"b\\\": c\" # no\nlang: de # yes\nnested:\n  title: no\nsearch: false\n---\n# Body\n";
        let (head, body) = split_front_matter(text);
        assert_eq!(head.title.as_deref(), Some("A \"b\": c"));
        assert_eq!(head.lang.as_deref(), Some("de"));
        assert!(head.search_off && !head.draft);
        assert_eq!(body, "# Body\n");
        let (head, body) = split_front_matter("+++\ntitle = 'x'\ndraft = true\n+++\ny");
        assert_eq!((head.title.as_deref(), head.draft, body), (Some("x"), true, "y"));
    }

    #[test]
    fn a_rule_is_no_front_matter() {
        for text in ["---\nnot closed", "text\n---\na: b\n---\n", "", "----\na: b\n----\n"] {
            assert_eq!(split_front_matter(text), (FrontMatter::default(), text));
        }
    }
}
