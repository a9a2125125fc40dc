//! Where a page's content is, and what the page is annotated with, wherever that stands.

use scraper::{ElementRef, Html};

use super::super::Annotations;
use super::annotations::Collector;
use super::rules::{Rules, is_hidden};

/// The content of a page.
pub(super) struct Content<'a> {
    /// Sets of root elements, best first: the first set that has text is the content. Empty if a root selector was
    /// given and matches nothing.
    pub(super) candidates: Vec<Vec<ElementRef<'a>>>,
    /// Whether the page marks its content.
    pub(super) marked: bool,
    /// The title of `data-pagefind-meta="title"` or `data-siteseer-meta="title"`.
    pub(super) title: Option<String>,
    /// Filters, metadata and sort keys.
    pub(super) annotations: Annotations,
}

impl<'a> Content<'a> {
    /// Looks for marked elements, then `<main>`, then `<article>`, then `<body>`.
    pub(super) fn find(document: &'a Html, rules: &Rules) -> Self {
        let (mut selected, mut marked, mut main, mut article, mut body) = (vec![], vec![], vec![], vec![], vec![]);
        let mut annotations = Collector::default();
        for element in document.tree.root().descendants().filter_map(ElementRef::wrap) {
            if rules.root.as_ref().is_some_and(|selector| selector.matches(&element)) {
                push_outermost(&mut selected, element);
            }
            for (name, value) in element.value().attrs() {
                match name {
                    "data-siteseer-body" | "data-pagefind-body" => push_outermost(&mut marked, element),
                    "role" if value.eq_ignore_ascii_case("main") => push_outermost(&mut main, element),
                    _ => annotations.attribute(element, name, value),
                }
            }
            match element.value().name() {
                "main" if !is_hidden(element.value()) => push_outermost(&mut main, element),
                "article" if !is_hidden(element.value()) => push_outermost(&mut article, element),
                "body" => body.push(element),
                _ => {}
            }
        }
        let is_marked = !marked.is_empty();
        let candidates = if rules.root.is_some() {
            vec![selected]
        } else if is_marked {
            vec![marked]
        } else {
            // A page that shows several articles side by side is a list; the list as a whole is its content.
            main.truncate(1);
            if article.len() > 1 {
                article.clear();
            }
            vec![main, article, body]
        };
        let candidates = candidates.into_iter().filter(|roots| !roots.is_empty()).collect();
        let (annotations, title) = annotations.finish();
        Self { candidates, marked: is_marked && rules.root.is_none(), title, annotations }
    }
}

/// Adds an element unless it lies within the one added last (elements come in document order).
fn push_outermost<'a>(roots: &mut Vec<ElementRef<'a>>, element: ElementRef<'a>) {
    let Some(last) = roots.last() else {
        return roots.push(element);
    };
    if last.id() != element.id() && !element.ancestors().any(|ancestor| ancestor.id() == last.id()) {
        roots.push(element);
    }
}
