//! The walk over a page's content, in document order, that turns elements into headings and text blocks.
//!
//! ```text
//! block elements     end the block before them and the block within them
//! h1 … h6            end the block; their text and id open a section
//! dt, dd             a term is put in front of its first description: `term: description`
//! tr                 one block, cells separated by ` | `
//! pre                one block, its lines separated by spaces
//! ```
//!
//! A heading without an id of its own is linked by, in this order, the id of a `<section>` or anchor that began just
//! before it, an id within it, or the target of a `#` link within it.

use ego_tree::NodeRef;
use scraper::node::Element;
use scraper::{ElementRef, Node};

use super::super::PLAIN_WEIGHT;
use super::super::fold::{finish_block, push_folded, push_space};
use super::super::outline::Outline;
use super::super::url;
use super::rules::{Rules, is_permalink, opts_out};

/// Length in bytes from which the block elements in a table cell end blocks: it is a layout table then.
const MAX_ROW_BYTES: usize = 2000;

/// Reads the content below `root` into the outline.
pub(super) fn walk(root: ElementRef<'_>, rules: &Rules, outline: &mut Outline) {
    Walker::new(root, rules, outline, true).run(root);
}

/// The same, with headings as blocks of text.
pub(super) fn walk_flat(root: ElementRef<'_>, rules: &Rules, outline: &mut Outline) {
    Walker::new(root, rules, outline, false).run(root);
}

struct Walker<'a> {
    rules: &'a Rules,
    outline: &'a mut Outline,
    with_headings: bool,
    /// The block being collected, folded.
    block: String,
    /// Terms waiting for their description.
    terms: String,
    heading: Option<Heading>,
    /// Id of a section or an anchor since which no text came.
    pending_id: Option<String>,
    /// How many `main`, `article` and `section` elements are open.
    content_depth: usize,
    /// Weights in percent of the open elements that have one, innermost last.
    weights: Vec<u16>,
    /// The weight where the block's text began.
    block_weight: u16,
    /// How many `tr`, `pre` and `dt` elements are open, within which block elements only separate words.
    joined_depth: usize,
}

/// A heading whose end has not been reached.
struct Heading {
    level: u8,
    own_id: Option<String>,
    inner_id: Option<String>,
    target: Option<String>,
    text: String,
    /// Text of permalinks, for headings that have no other.
    permalink_text: String,
    /// How many permalinks are open.
    permalink_depth: usize,
    /// Where the text of the open `#` link starts in `text`.
    link_start: Option<usize>,
}

impl<'a> Walker<'a> {
    fn new(root: ElementRef<'_>, rules: &'a Rules, outline: &'a mut Outline, with_headings: bool) -> Self {
        Self {
            rules,
            outline,
            with_headings,
            block: String::new(),
            terms: String::new(),
            heading: None,
            pending_id: None,
            content_depth: usize::from(root.value().name() != "body"),
            weights: root
                .ancestors()
                .filter_map(ElementRef::wrap)
                .find_map(|a| weight_of(a.value()))
                .into_iter()
                .collect(),
            block_weight: PLAIN_WEIGHT,
            joined_depth: 0,
        }
    }

    fn run(mut self, root: ElementRef<'_>) {
        if opts_out(root) {
            return;
        }
        let mut node = *root;
        self.open(root.value(), node);
        'walk: loop {
            let descend = node.id() == root.id() || self.enter(node);
            if let Some(child) = node.first_child().filter(|_| descend) {
                node = child;
                continue;
            }
            if descend {
                self.leave(node);
            }
            loop {
                if node.id() == root.id() {
                    break 'walk;
                }
                if let Some(next) = node.next_sibling() {
                    node = next;
                    break;
                }
                // Only the root of the tree lacks a parent, and the walk began below it.
                let Some(parent) = node.parent() else {
                    break 'walk;
                };
                self.leave(parent);
                node = parent;
            }
        }
        self.end_heading();
        self.end_terms();
    }

    /// Takes a node in; whether to go into it.
    fn enter(&mut self, node: NodeRef<'_, Node>) -> bool {
        match node.value() {
            Node::Text(text) => {
                self.text(text);
                false
            }
            Node::Element(element) => {
                let Some(wrapped) = ElementRef::wrap(node) else {
                    return false;
                };
                if self.rules.ignores(wrapped, self.content_depth > 0) {
                    return false;
                }
                self.open(element, node);
                true
            }
            _ => false,
        }
    }

    fn open(&mut self, element: &Element, node: NodeRef<'_, Node>) {
        let name = element.name();
        match name {
            "main" | "article" | "section" => self.content_depth += 1,
            "br" => self.space(),
            "td" | "th" => self.open_cell(),
            "a" => self.open_link(element, node),
            "sup" => self.open_superscript(node),
            _ => {}
        }
        if ends_heading(name) && self.heading.as_ref().is_some_and(|heading| !heading.text.is_empty()) {
            self.end_heading();
        }
        match heading_level(name) {
            Some(level) if self.with_headings => {
                self.end_heading();
                self.end_terms();
                let own_id = id_of(element).map(str::to_owned);
                self.heading = Some(Heading::new(level, own_id));
                return;
            }
            _ => {}
        }
        self.weights.extend(weight_of(element));
        if name == "tr" {
            self.end_block();
            self.joined_depth += 1;
        } else if matches!(name, "pre" | "dt") {
            self.boundary();
            self.joined_depth += 1;
        } else if is_block(name) {
            self.boundary();
        }
        self.note_id(element, name);
    }

    fn leave(&mut self, node: NodeRef<'_, Node>) {
        let Node::Element(element) = node.value() else {
            return;
        };
        let name = element.name();
        match name {
            "main" | "article" | "section" => {
                self.boundary();
                self.content_depth = self.content_depth.saturating_sub(1);
            }
            "tr" => {
                self.joined_depth = self.joined_depth.saturating_sub(1);
                self.end_block();
            }
            "pre" => {
                self.joined_depth = self.joined_depth.saturating_sub(1);
                self.boundary();
            }
            "dt" => {
                self.joined_depth = self.joined_depth.saturating_sub(1);
                if self.joined_depth == 0 {
                    self.end_term();
                }
            }
            "dd" | "dl" => {
                self.boundary();
                if self.joined_depth == 0 {
                    self.end_terms();
                }
            }
            "a" => self.close_link(element),
            _ if heading_level(name).is_some() && self.with_headings => self.end_heading(),
            _ if is_block(name) => self.boundary(),
            _ => {}
        }
        if weight_of(element).is_some() && !(heading_level(name).is_some() && self.with_headings) {
            self.weights.pop();
        }
    }

    fn text(&mut self, text: &str) {
        match &mut self.heading {
            Some(heading) if heading.permalink_depth > 0 => push_folded(&mut heading.permalink_text, text),
            Some(heading) => push_folded(&mut heading.text, text),
            None => {
                if self.block.is_empty() {
                    self.block_weight = self.weights.last().copied().unwrap_or(PLAIN_WEIGHT);
                }
                push_folded(&mut self.block, text);
                if self.pending_id.is_some() && !text.trim().is_empty() {
                    self.pending_id = None;
                }
            }
        }
    }

    fn space(&mut self) {
        match &mut self.heading {
            Some(heading) => push_space(&mut heading.text),
            None => push_space(&mut self.block),
        }
    }

    /// A block element begins or ends: the block ends, or, within a row or code, a word.
    fn boundary(&mut self) {
        if self.heading.is_some() || (self.joined_depth > 0 && self.block.len() < MAX_ROW_BYTES) {
            self.space();
        } else {
            self.end_block();
        }
    }

    fn end_block(&mut self) {
        let block = finish_block(self.block.trim_end_matches([' ', '|']));
        self.block.clear();
        let Some(mut block) = block else { return };
        if !self.terms.is_empty() {
            block = format!("{}: {block}", self.terms);
            self.terms.clear();
        }
        self.outline.weighted_block(block, self.block_weight);
    }

    /// A term ends; several terms may share a description.
    fn end_term(&mut self) {
        if let Some(term) = finish_block(&self.block) {
            if !self.terms.is_empty() {
                self.terms.push_str(", ");
            }
            self.terms.push_str(&term);
        }
        self.block.clear();
    }

    /// The block ends, and terms without a description become one.
    fn end_terms(&mut self) {
        self.end_block();
        if !self.terms.is_empty() {
            self.outline.block(std::mem::take(&mut self.terms));
        }
    }

    fn open_cell(&mut self) {
        let trimmed = self.block.trim_end().len();
        if self.joined_depth > 0 && trimmed > 0 {
            self.block.truncate(trimmed);
            if !self.block.ends_with(" |") {
                self.block.push_str(" |");
            }
            self.block.push(' ');
        }
    }

    /// A power is written with a caret, so that 2⁷ does not read 27; ordinals (1st) and signs (™) stay as they are.
    fn open_superscript(&mut self, node: NodeRef<'_, Node>) {
        const NOT_POWERS: [&str; 12] = ["st", "nd", "rd", "th", "tm", "sm", "e", "er", "re", "ème", "o", "a"];
        let Some(Node::Text(first)) = node.first_child().map(|child| child.value()) else {
            return;
        };
        let is_power = first.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '-' | '−'))
            && !NOT_POWERS.contains(&first.trim().to_lowercase().as_str());
        if self.heading.is_none() && is_power && self.block.ends_with(|c: char| c.is_alphanumeric() || c == ')') {
            self.block.push('^');
        }
    }

    /// Links that stand side by side are separate words, as in a list of tags.
    fn open_link(&mut self, element: &Element, node: NodeRef<'_, Node>) {
        let after_link =
            node.prev_sibling().is_some_and(|before| matches!(before.value(), Node::Element(e) if e.name() == "a"));
        if after_link {
            self.space();
        }
        let Some(heading) = &mut self.heading else {
            return;
        };
        if element.classes().any(is_permalink) {
            heading.permalink_depth += 1;
        }
        if let Some(target) = element.attr("href").and_then(|href| href.strip_prefix('#')) {
            heading.target.get_or_insert_with(|| url::decode(target));
            heading.link_start = Some(heading.text.len());
        }
    }

    fn close_link(&mut self, element: &Element) {
        let Some(heading) = &mut self.heading else {
            return;
        };
        if element.classes().any(is_permalink) {
            heading.permalink_depth = heading.permalink_depth.saturating_sub(1);
        }
        // A `#` link of signs only, such as ¶ or #, is not part of the heading's text, unless there is no other.
        if let Some(start) = heading.link_start.take()
            && heading.text.get(start..).is_some_and(|text| !text.contains(char::is_alphanumeric))
        {
            push_folded(&mut heading.permalink_text, &heading.text[start..]);
            heading.text.truncate(start);
        }
    }

    /// Remembers an id that may stand for the heading that follows, or for the one it lies in.
    fn note_id(&mut self, element: &Element, name: &str) {
        let Some(id) = id_of(element).or_else(|| element.attr("name").filter(|_| name == "a")) else {
            return;
        };
        if let Some(heading) = &mut self.heading {
            heading.inner_id.get_or_insert_with(|| id.to_owned());
            return;
        }
        let is_section = matches!(name, "section" | "article" | "a" | "span")
            || (name == "div" && element.classes().any(|class| class.starts_with("sect")));
        if is_section && self.block.is_empty() {
            self.pending_id = Some(id.to_owned());
        }
    }

    fn end_heading(&mut self) {
        let Some(heading) = self.heading.take() else {
            return;
        };
        let text = finish_block(&heading.text).or_else(|| finish_block(&heading.permalink_text));
        let Some(text) = text else { return };
        let ids = [heading.own_id, self.pending_id.take(), heading.inner_id, heading.target];
        let anchor = ids.into_iter().flatten().find(|id| !id.is_empty()).unwrap_or_default();
        self.outline.heading(heading.level, text, anchor);
    }
}

impl Heading {
    fn new(level: u8, own_id: Option<String>) -> Self {
        Self {
            level,
            own_id,
            inner_id: None,
            target: None,
            text: String::new(),
            permalink_text: String::new(),
            permalink_depth: 0,
            link_start: None,
        }
    }
}

/// `data-siteseer-weight` or `data-pagefind-weight`, 0 to 10, in percent.
fn weight_of(element: &Element) -> Option<u16> {
    let text = element.attr("data-siteseer-weight").or_else(|| element.attr("data-pagefind-weight"))?;
    let weight: f32 = text.trim().parse().ok()?;
    (0.0..=10.0).contains(&weight).then(|| (weight * f32::from(PLAIN_WEIGHT)).round() as u16)
}

fn id_of(element: &Element) -> Option<&str> {
    element.id().filter(|id| !id.is_empty())
}

fn heading_level(name: &str) -> Option<u8> {
    match name.as_bytes() {
        [b'h', digit @ b'1'..=b'6'] => Some(digit - b'0'),
        _ => None,
    }
}

/// Elements that cannot be in a heading: its end tag is missing.
fn ends_heading(name: &str) -> bool {
    matches!(name, "article" | "blockquote" | "dl" | "ol" | "p" | "pre" | "section" | "table" | "ul")
}

/// Elements that a browser starts on a new line.
fn is_block(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "body"
            | "caption"
            | "center"
            | "dd"
            | "details"
            | "dialog"
            | "div"
            | "dl"
            | "dt"
            | "fieldset"
            | "figcaption"
            | "figure"
            | "footer"
            | "form"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "header"
            | "hgroup"
            | "hr"
            | "legend"
            | "li"
            | "main"
            | "menu"
            | "ol"
            | "p"
            | "search"
            | "section"
            | "summary"
            | "table"
            | "tbody"
            | "tfoot"
            | "thead"
            | "ul"
    )
}
