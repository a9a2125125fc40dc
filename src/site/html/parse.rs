//! Parsing with a limit on nesting.
//!
//! For each tag the HTML algorithm looks through the open elements, so that a page of *n* elements nested in one
//! another costs *n*² steps; 16 MiB of `<div>` would keep a core busy for hours. Browsers therefore stop nesting at
//! 512. So do we: a filter between tokenizer and tree builder keeps a rough stack of the open elements, and beyond the
//! limit passes text on but no tags. What those elements hold is read as if they were not there.

use std::cell::{Cell, RefCell};

use html5ever::buffer_queue::BufferQueue;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use html5ever::tree_builder::{TreeBuilder, TreeBuilderOpts, TreeSink};
use html5ever::{LocalName, TokenizerResult};
use scraper::{Html, HtmlTreeSink};

/// Deepest nesting that is kept, as in browsers.
const MAX_DEPTH: usize = 512;

/// Parses a page.
pub(super) fn parse(text: &str) -> Html {
    let builder = TreeBuilder::new(HtmlTreeSink::new(Html::new_document()), TreeBuilderOpts::default());
    let filter = DepthFilter { builder, open: RefCell::default(), dropped: Cell::new(0) };
    let tokenizer = Tokenizer::new(filter, TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(text));
    // Scripts and encoding hints are reported in between; neither concerns us.
    while !matches!(tokenizer.feed(&input), TokenizerResult::Done) {}
    tokenizer.end();
    tokenizer.sink.builder.sink.finish()
}

type Builder = TreeBuilder<<HtmlTreeSink as TreeSink>::Handle, HtmlTreeSink>;

struct DepthFilter {
    builder: Builder,
    /// The open elements, roughly: elements that are closed by implication stay until their parent is closed.
    open: RefCell<Vec<LocalName>>,
    /// How many start tags were dropped whose end tags are yet to come.
    dropped: Cell<usize>,
}

impl DepthFilter {
    /// Whether a tag is passed on.
    fn passes(&self, tag: &Tag) -> bool {
        let name: &str = &tag.name;
        if never_nests(name) {
            return true;
        }
        let mut open = self.open.borrow_mut();
        match tag.kind {
            TagKind::StartTag => {
                if tag.self_closing && self.builder.adjusted_current_node_present_but_not_in_html_namespace() {
                    return true;
                }
                if let Some(closed) = closed_by_its_like(name, &open) {
                    open.truncate(closed);
                }
                // one of these closes the open one of its name, and what is in that stays open
                if matches!(name, "a" | "nobr" | "button" | "option")
                    && let Some(closed) = open.iter().rposition(|open| *open == tag.name)
                {
                    open.remove(closed);
                }
                if open.len() >= MAX_DEPTH {
                    self.dropped.set(self.dropped.get() + 1);
                    return false;
                }
                open.push(tag.name.clone());
                true
            }
            TagKind::EndTag if self.dropped.get() > 0 => {
                self.dropped.set(self.dropped.get() - 1);
                false
            }
            TagKind::EndTag => {
                if let Some(at) = open.iter().rposition(|name| *name == tag.name) {
                    open.truncate(at);
                }
                true
            }
        }
    }
}

impl TokenSink for DepthFilter {
    type Handle = <Builder as TokenSink>::Handle;

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<Self::Handle> {
        match &token {
            // A space keeps the words on both sides apart.
            Token::TagToken(tag) if !self.passes(tag) => {
                self.builder.process_token(Token::CharacterTokens(StrTendril::from_char(' ')), line)
            }
            _ => self.builder.process_token(token, line),
        }
    }

    fn end(&self) {
        self.builder.end();
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.builder.adjusted_current_node_present_but_not_in_html_namespace()
    }
}

/// Elements without content, those whose content is not markup, and the frame of the document.
fn never_nests(name: &str) -> bool {
    matches!(
        name,
        "area"
            | "base"
            | "basefont"
            | "bgsound"
            | "br"
            | "col"
            | "embed"
            | "frame"
            | "hr"
            | "image"
            | "img"
            | "input"
            | "keygen"
            | "link"
            | "meta"
            | "param"
            | "source"
            | "track"
            | "wbr"
            | "script"
            | "style"
            | "textarea"
            | "title"
            | "xmp"
            | "iframe"
            | "noembed"
            | "noframes"
            | "noscript"
            | "plaintext"
            | "html"
            | "head"
            | "body"
    )
}

/// For elements whose end tag may be left out: where the open element of the same name is that this one closes.
fn closed_by_its_like(name: &str, open: &[LocalName]) -> Option<usize> {
    if !matches!(name, "p" | "li" | "dd" | "dt" | "tr" | "td" | "th") {
        return None;
    }
    let at = open.iter().rposition(|open| {
        let open: &str = open;
        open == name
            || matches!(open, "ul" | "ol" | "dl" | "table" | "div" | "section" | "article" | "blockquote" | "main")
    })?;
    (&*open[at] == name).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn depth(html: &str) -> usize {
        let document = parse(html);
        document.tree.nodes().map(|node| node.ancestors().count()).max().unwrap_or(0)
    }

    #[test]
    fn ordinary_pages_parse_as_ever() {
        let html = "<!DOCTYPE html><title>a</title><p>b<p>c<ul><li>d<li>e</ul><table><tr><td>f<br/><svg><path/></svg><script>'<p>'</script>";
        assert_eq!(parse(html), Html::parse_document(html));
    }

    #[test]
    fn nesting_is_limited_and_text_is_kept() {
        let html = format!("{}text{}<p>after", "<div>".repeat(5000), "</div>".repeat(5000));
        assert!(depth(&html) <= MAX_DEPTH + 4, "{}", depth(&html));
        let document = parse(&html);
        let text: String = document.root_element().text().collect();
        assert_eq!(text.split_whitespace().collect::<Vec<_>>(), ["text", "after"]);
        let last = document.tree.nodes().next_back().unwrap();
        assert_eq!(last.ancestors().count(), 4, "what follows is not nested: {:?}", last.value());
    }

    #[test]
    fn what_an_anchor_holds_stays_nested_when_the_next_one_closes_it() {
        assert!(depth(&"<a><div>".repeat(2000)) <= MAX_DEPTH + 4);
    }

    #[test]
    fn omitted_end_tags_are_no_nesting() {
        let anchors = "<a name=x><h2>h</h2><p>t</p>";
        for html in
            ["<p>a", "<p>a<b>b", "<ul><li>x</ul><li>a", "<div><i>a</div>", "<table><tr><td>a<tr></table>", anchors]
        {
            let html = html.repeat(3 * MAX_DEPTH);
            let with_limit = parse(&html);
            let text: usize = with_limit.tree.nodes().filter(|node| node.value().is_element()).count();
            let all = Html::parse_document(&html).tree.nodes().filter(|node| node.value().is_element()).count();
            assert_eq!(text, all, "{}", &html[..20]);
        }
    }
}
