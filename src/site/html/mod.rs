//! One HTML page: parse it as a browser does, find its head's facts and its content, read the content into an outline.
//!
//! Nothing here recurses over the tree, and nesting is limited as it is in browsers: a hostile page costs neither stack
//! nor hours.

mod annotations;
mod content;
mod head;
mod parse;
mod rules;
mod walk;

use scraper::{ElementRef, Node};

use super::fold::title_from_name;
use super::outline::Outline;
use super::{Annotations, NoteKind, Section};

pub(super) use rules::Rules;

/// A page as its HTML tells it.
#[derive(Debug, Default)]
pub(super) struct HtmlPage {
    pub(super) title: String,
    pub(super) lang: String,
    pub(super) sections: Vec<Section>,
    /// `<link rel="canonical">`, as written.
    pub(super) canonical: Option<String>,
    /// Whether the page marks its content with `data-siteseer-body` or `data-pagefind-body`.
    pub(super) marked: bool,
    pub(super) annotations: Annotations,
}

/// Reads a page. `Err` says why the page is to be left out. `stem` names pages that have no title.
pub(super) fn read_html(text: &str, rules: &Rules, stem: &str) -> Result<HtmlPage, NoteKind> {
    let document = parse::parse(text);
    let head = head::Head::read(&document);
    if head.no_index {
        return Err(NoteKind::NoIndex);
    }
    if head.redirects {
        return Err(NoteKind::Redirect);
    }
    if head.is_mdbook && stem == "print" {
        return Err(NoteKind::PrintVersion);
    }
    if head.is_mdbook && stem == "404" {
        return Err(NoteKind::NotFoundPage);
    }
    let content = content::Content::find(&document, rules);
    if content.candidates.is_empty() {
        // Without a selector only a set of frames has no body.
        return Err(if rules.root.is_some() { NoteKind::NoRoot } else { NoteKind::NoText });
    }
    let mut outline = Outline::default();
    for roots in &content.candidates {
        outline = Outline::default();
        for root in roots {
            walk::walk(*root, rules, &mut outline);
        }
        if outline.has_text() {
            break;
        }
    }
    let heading = outline.title_heading(head.title.as_deref());
    let title = [content.title.as_deref(), heading, head.title.as_deref()]
        .into_iter()
        .flatten()
        .find(|title| !title.is_empty())
        .map_or_else(|| title_from_name(stem), str::to_owned);
    let sections = outline.finish(&title);
    if sections.is_empty() {
        return Err(NoteKind::NoText);
    }
    let content::Content { marked, annotations, .. } = content;
    Ok(HtmlPage { title, lang: head.lang, sections, canonical: head.canonical, marked, annotations })
}

/// The text blocks of a fragment, such as an HTML block in Markdown. Headings in it count as text.
pub(super) fn fragment_blocks(fragment: &str, rules: &Rules) -> Vec<String> {
    let document = parse::parse(fragment);
    let mut outline = Outline::default();
    walk::walk_flat(document.root_element(), rules, &mut outline);
    outline.finish("").into_iter().flat_map(|section| section.blocks).collect()
}

/// All text below an element, folded.
fn text_of(element: ElementRef<'_>) -> String {
    let mut text = String::new();
    for node in element.descendants() {
        if let Node::Text(part) = node.value() {
            super::fold::push_folded(&mut text, part);
        }
    }
    text.trim().to_owned()
}

#[cfg(test)]
mod tests;
