//! URLs: what a file of the site is called on the web.

use crate::percent::encode;
use std::path::Path;

/// The URL of a page file, relative to the site's root and percent-encoded. `guide/index.html` is `guide/`, Markdown
/// is published as HTML (`a.md` is `a.html`, `guide/README.md` is `guide/`), any other file keeps its name.
pub(super) fn page_url(file: &Path) -> String {
    let mut url = String::new();
    let segments: Vec<&[u8]> = file.iter().map(|segment| segment.as_encoded_bytes()).collect();
    for (at, segment) in segments.iter().enumerate() {
        if at + 1 < segments.len() {
            encode(segment, is_plain, &mut url);
            url.push('/');
            continue;
        }
        let (stem, extension) = match segment.iter().rposition(|&byte| byte == b'.') {
            Some(dot) => (&segment[..dot], &segment[dot + 1..]),
            None => (*segment, &[][..]),
        };
        let markdown = is_one_of(extension, &["md", "markdown"]);
        if is_one_of(stem, &["index"]) || (markdown && is_one_of(stem, &["readme"])) {
            continue;
        }
        encode(if markdown { stem } else { segment }, is_plain, &mut url);
        if markdown {
            url.push_str(".html");
        }
    }
    url
}

/// Undoes percent-encoding, for comparing URLs and reading `href="#…"`; malformed escapes stay as they are.
pub(crate) fn decode(encoded: &str) -> String {
    let bytes = encoded.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escape = (bytes[at] == b'%').then(|| encoded.get(at + 1..at + 3)).flatten();
        match escape.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Bytes that stand for themselves in a path segment and are harmless in an HTML attribute. A colon is not among
/// them: in a relative URL `a:b.html` would read as the scheme `a`.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'-' | b'.' | b'_' | b'~' | b'!' | b'$' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=' | b'@'
        )
}

fn is_one_of(name: &[u8], words: &[&str]) -> bool {
    words.iter().any(|word| name.eq_ignore_ascii_case(word.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_have_the_urls_that_hosts_give_them() {
        for (file, url) in [
            ("index.html", ""),
            ("guide/index.html", "guide/"),
            ("guide/INDEX.HTM", "guide/"),
            ("book/ch01.html", "book/ch01.html"),
            ("guide/readme.html", "guide/readme.html"),
            ("docs/README.md", "docs/"),
            ("docs/a.b.md", "docs/a.b.html"),
            ("docs/index-of.html", "docs/index-of.html"),
            ("a b/c#d?e%.html", "a%20b/c%23d%3Fe%25.html"),
            ("größe.html", "gr%C3%B6%C3%9Fe.html"),
            ("a:b.html", "a%3Ab.html"),
        ] {
            assert_eq!(page_url(Path::new(file)), url, "{file}");
        }
    }

    #[test]
    fn decoding_is_lenient() {
        assert_eq!(decode("gr%C3%B6%C3%9Fe"), "größe");
        assert_eq!(decode("100%"), "100%");
        assert_eq!(decode("%é1%zz%41"), "%é1%zzA");
    }
}
