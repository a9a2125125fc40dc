//! What of a page is not content: navigation, scripts, form controls, hidden things, and the furniture that site
//! generators put around headings and code.

use scraper::error::SelectorErrorKind;
use scraper::node::Element;
use scraper::{ElementRef, Selector};

use super::super::{ReadOptions, SiteError};

/// The options of a reader that concern the inside of pages, parsed once.
#[derive(Debug, Default)]
pub(in super::super) struct Rules {
    /// Where content is.
    pub(super) root: Option<Selector>,
    ignore: Vec<Selector>,
}

impl Rules {
    /// Parses the selectors.
    pub(in super::super) fn new(options: &ReadOptions) -> Result<Self, SiteError> {
        let parse = |selector: &String| {
            Selector::parse(selector).map_err(|error| {
                let detail = match error {
                    SelectorErrorKind::UnexpectedSelectorParseError(_) => "it is no CSS selector".to_owned(),
                    error => error.to_string(),
                };
                SiteError::BadSelector { selector: selector.clone(), detail }
            })
        };
        Ok(Self {
            root: options.root_selector.as_ref().map(parse).transpose()?,
            ignore: options.ignore.iter().map(parse).collect::<Result<_, _>>()?,
        })
    }

    /// Whether an element and all below it are ignored. `in_content`: inside `<main>`, `<article>` or `<section>`,
    /// where a `<header>` is the content's own and an `<aside>` may be a note.
    pub(super) fn ignores(&self, element: ElementRef<'_>, in_content: bool) -> bool {
        let node = element.value();
        ignored_by_name(node, in_content)
            || ignored_by_attributes(node)
            || self.ignore.iter().any(|s| s.matches(&element))
    }
}

fn ignored_by_name(node: &Element, in_content: bool) -> bool {
    match node.name() {
        "nav" | "footer" | "script" | "style" | "noscript" | "template" | "svg" | "head" => true,
        "button" | "select" | "option" | "datalist" | "input" | "textarea" | "progress" | "meter" => true,
        "iframe" | "object" | "embed" | "canvas" | "audio" | "video" | "annotation" | "annotation-xml" | "rp" => true,
        "header" => !in_content,
        "aside" => !(in_content && is_note(node)),
        "dialog" => node.attr("open").is_none(),
        _ => false,
    }
}

/// Asides that are part of the text: admonitions, as several generators write them.
fn is_note(aside: &Element) -> bool {
    const WORDS: [&str; 10] =
        ["note", "aside", "admonition", "callout", "tip", "hint", "warning", "caution", "danger", "important"];
    aside.attr("role").is_some_and(|role| role == "note")
        || aside.attr("class").is_some_and(|classes| {
            classes.to_ascii_lowercase().split([' ', '-', '_']).any(|word| WORDS.contains(&word))
        })
}

fn ignored_by_attributes(node: &Element) -> bool {
    node.attrs().any(|(name, value)| match name {
        _ if is_ignore_mark(name) => true,
        "hidden" => !value.eq_ignore_ascii_case("until-found"),
        "aria-hidden" => value.eq_ignore_ascii_case("true"),
        "role" => is_ignored_role(value),
        "style" => hides(value),
        "class" => value.split_ascii_whitespace().any(is_furniture),
        "id" => value == "mdbook-help-container",
        _ => false,
    })
}

/// Whether a page's content, or anything around it, is marked to be ignored.
pub(super) fn opts_out(root: ElementRef<'_>) -> bool {
    let marked = |element: &Element| element.attrs().any(|(name, _)| is_ignore_mark(name));
    marked(root.value()) || root.ancestors().filter_map(ElementRef::wrap).any(|ancestor| marked(ancestor.value()))
}

fn is_ignore_mark(attribute: &str) -> bool {
    matches!(attribute, "data-pagefind-ignore" | "data-siteseer-ignore")
}

/// Whether an element is hidden from everybody.
pub(super) fn is_hidden(node: &Element) -> bool {
    node.attrs().any(|(name, value)| match name {
        "hidden" => !value.eq_ignore_ascii_case("until-found"),
        "style" => hides(value),
        _ => false,
    })
}

fn hides(style: &str) -> bool {
    style.contains("display") && style.replace(' ', "").to_ascii_lowercase().contains("display:none")
}

fn is_ignored_role(role: &str) -> bool {
    matches!(
        role,
        "navigation"
            | "banner"
            | "contentinfo"
            | "search"
            | "complementary"
            | "menu"
            | "menubar"
            | "toolbar"
            | "doc-toc"
            | "doc-noteref"
            | "doc-backlink"
    )
}

/// Classes of things that readers see but do not search for.
fn is_furniture(class: &str) -> bool {
    matches!(
        class,
        // mdBook: hidden lines of examples, footnote numbers; the Rust reference's rule names.
        "boring" | "footnote-reference" | "rule-link"
            // Line numbers: Pygments, Hugo, Prism.
            | "linenos" | "lineno" | "lnt" | "ln" | "line-numbers" | "line-numbers-rows"
            // Links to the heading itself: Sphinx, Docusaurus, Starlight.
            | "headerlink" | "hash-link" | "sl-anchor-link"
            // Tables of contents within the content.
            | "toc" | "table-of-contents" | "toctree-wrapper"
    )
}

/// Classes of self-links that stand beside a heading's text in some themes and around it in others.
pub(super) fn is_permalink(class: &str) -> bool {
    matches!(
        class,
        "header-anchor" | "anchor" | "anchorjs-link" | "anchor-link" | "heading-anchor" | "heading-link" | "doc-anchor"
    )
}
