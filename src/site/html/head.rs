//! What a page's head says: title, language, canonical URL, whether it wants to be indexed, whether it only redirects.

use scraper::{ElementRef, Html, Node};

use super::text_of;

/// Facts of the head. Elements that belong there are also found elsewhere, as browsers do with broken pages.
#[derive(Debug, Default)]
pub(super) struct Head {
    /// `<title>`, folded.
    pub(super) title: Option<String>,
    /// `<html lang>`, lower-cased.
    pub(super) lang: String,
    /// `<link rel="canonical" href>`.
    pub(super) canonical: Option<String>,
    /// `<meta name="robots">` says `noindex` or `none`.
    pub(super) no_index: bool,
    /// `<meta http-equiv="refresh">` names another URL.
    pub(super) redirects: bool,
    /// mdBook's comment was found.
    pub(super) is_mdbook: bool,
}

impl Head {
    pub(super) fn read(document: &Html) -> Self {
        let mut head = Self::default();
        for node in document.tree.root().descendants() {
            match node.value() {
                Node::Comment(comment) if comment.contains("generated using mdBook") => head.is_mdbook = true,
                Node::Element(element) => {
                    let Some(wrapped) = ElementRef::wrap(node) else {
                        continue;
                    };
                    match element.name() {
                        "html" => {
                            let lang = element.attr("lang").or_else(|| element.attr("xml:lang")).unwrap_or_default();
                            head.lang = lang.trim().to_ascii_lowercase();
                        }
                        "title" if head.title.is_none() && !element.name.ns.ends_with("svg") => {
                            head.title = Some(text_of(wrapped))
                        }
                        "meta" => head.meta(wrapped),
                        "link" if head.canonical.is_none() => {
                            let rel = element.attr("rel").unwrap_or_default();
                            if rel.split_ascii_whitespace().any(|word| word.eq_ignore_ascii_case("canonical")) {
                                head.canonical = element.attr("href").map(|href| href.trim().to_owned());
                            }
                        }
                        _ => {}
                    }
                }
                _ => {}
            }
        }
        head.canonical = head.canonical.filter(|href| !href.is_empty());
        head
    }

    fn meta(&mut self, meta: ElementRef<'_>) {
        let content = meta.attr("content").unwrap_or_default().to_ascii_lowercase();
        if meta.attr("name").is_some_and(|name| name.trim().eq_ignore_ascii_case("robots")) {
            let asks = |word: &str| matches!(word.trim(), "noindex" | "none");
            self.no_index |= content.split([',', ' ']).any(asks);
        }
        if meta.attr("http-equiv").is_some_and(|name| name.trim().eq_ignore_ascii_case("refresh")) {
            // "5; url=…" goes elsewhere; "30" alone only reloads the page.
            self.redirects |= content.split_once([';', ',']).is_some_and(|(_, target)| !target.trim().is_empty());
        }
    }
}
