//! One Markdown page: front matter, headings with the ids that GitHub and mdBook give them, text blocks.

use std::collections::HashMap;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::fold::{finish_block, push_folded, push_space, title_from_name};
use super::front_matter::split_front_matter;
use super::html::{Rules, fragment_blocks};
use super::outline::Outline;
use super::{NoteKind, Section};

/// A page as its Markdown tells it.
#[derive(Debug)]
pub(super) struct MarkdownPage {
    pub(super) title: String,
    pub(super) lang: String,
    pub(super) sections: Vec<Section>,
}

/// Reads a page. `Err` says why it is to be left out. `stem` names pages that have no title.
pub(super) fn read_markdown(text: &str, rules: &Rules, stem: &str) -> Result<MarkdownPage, NoteKind> {
    let (head, body) = split_front_matter(text);
    if head.search_off {
        return Err(NoteKind::SearchOff);
    }
    if head.draft {
        return Err(NoteKind::Draft);
    }
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES;
    let mut reader = Reader::new(rules);
    for event in Parser::new_ext(body, options) {
        reader.event(event);
    }
    reader.end_block();
    let outline = reader.outline;
    let title = [head.title.as_deref(), outline.title_heading(None)]
        .into_iter()
        .flatten()
        .next()
        .map_or_else(|| title_from_name(stem), str::to_owned);
    let sections = outline.finish(&title);
    if sections.is_empty() {
        return Err(NoteKind::NoText);
    }
    let lang = head.lang.unwrap_or_default().to_ascii_lowercase();
    Ok(MarkdownPage { title, lang, sections })
}

struct Reader<'a> {
    rules: &'a Rules,
    outline: Outline,
    /// The block or the heading being collected, folded.
    block: String,
    /// Id given with `{#id}` to the open heading.
    heading_id: Option<String>,
    /// The HTML block being collected.
    html: String,
    in_code: bool,
    /// In a Rust code block, whose lines that start with `# ` are hidden.
    hides_lines: bool,
    /// How many images are open; their alternative text is not read, as in HTML.
    image_depth: usize,
    /// How many times a heading id was given out.
    slugs: HashMap<String, usize>,
}

impl<'a> Reader<'a> {
    fn new(rules: &'a Rules) -> Self {
        Self {
            rules,
            outline: Outline::default(),
            block: String::new(),
            heading_id: None,
            html: String::new(),
            in_code: false,
            hides_lines: false,
            image_depth: 0,
            slugs: HashMap::new(),
        }
    }

    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) | Event::Code(text) => self.text(&text),
            Event::SoftBreak | Event::HardBreak => push_space(&mut self.block),
            Event::Html(html) => self.html.push_str(&html),
            Event::InlineHtml(html) if html.starts_with("<br") => push_space(&mut self.block),
            Event::Rule => self.end_block(),
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Heading { id, .. } => {
                self.end_block();
                self.heading_id = id.map(|id| id.to_string());
            }
            Tag::CodeBlock(kind) => {
                self.end_block();
                self.in_code = true;
                self.hides_lines = matches!(kind, CodeBlockKind::Fenced(language) if language.split([',', ' ']).next() == Some("rust"));
            }
            Tag::TableCell => {
                if !self.block.is_empty() {
                    let trimmed = self.block.trim_end().len();
                    self.block.truncate(trimmed);
                    self.block.push_str(if self.block.ends_with(" |") { " " } else { " | " });
                }
            }
            Tag::Image { .. } => self.image_depth += 1,
            Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Link { .. } => {}
            _ => self.end_block(),
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(level) => self.end_heading(level),
            TagEnd::HtmlBlock => {
                for block in fragment_blocks(&std::mem::take(&mut self.html), self.rules) {
                    self.outline.block(block);
                }
            }
            TagEnd::CodeBlock => {
                self.end_block();
                (self.in_code, self.hides_lines) = (false, false);
            }
            TagEnd::TableRow | TagEnd::TableHead => {
                let trimmed = self.block.trim_end_matches([' ', '|']).len();
                self.block.truncate(trimmed);
                self.end_block();
            }
            TagEnd::Image => self.image_depth = self.image_depth.saturating_sub(1),
            TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough | TagEnd::Link | TagEnd::TableCell => {}
            _ => self.end_block(),
        }
    }

    fn text(&mut self, text: &str) {
        if self.image_depth > 0 {
            return;
        }
        if self.hides_lines {
            for line in text.lines().filter(|line| !is_hidden_line(line)) {
                push_folded(&mut self.block, line);
                push_space(&mut self.block);
            }
        } else if self.in_code {
            push_folded(&mut self.block, text);
        } else {
            // The fences of containers (`:::note`, of several generators) are marks, not text.
            let is_fence = text.starts_with(":::") && (self.block.is_empty() || self.block.ends_with(' '));
            push_folded(&mut self.block, if is_fence { after_fence(text) } else { text });
        }
    }

    fn end_block(&mut self) {
        let block = finish_block(&self.block).filter(|block| self.in_code || !is_shortcode(block));
        self.block.clear();
        if let Some(block) = block {
            self.outline.block(block);
        }
    }

    fn end_heading(&mut self, level: HeadingLevel) {
        let given = self.heading_id.take();
        let text = finish_block(&self.block);
        self.block.clear();
        let Some(text) = text else { return };
        let id = given.unwrap_or_else(|| self.unique_slug(&text));
        self.outline.heading(level as u8, text, id);
    }

    /// The id of a heading: repeated ones get `-1`, `-2` and so on.
    fn unique_slug(&mut self, heading: &str) -> String {
        let slug = slug(heading);
        let count = self.slugs.entry(slug.clone()).or_insert(0);
        *count += 1;
        if *count == 1 { slug } else { format!("{slug}-{}", *count - 1) }
    }
}

/// A heading's id as GitHub and mdBook make it: lower case, spaces as hyphens, no punctuation but `-` and `_`.
pub fn slug(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || c.is_whitespace() || matches!(c, '-' | '_'));
    kept.flat_map(char::to_lowercase).map(|c| if c.is_whitespace() { '-' } else { c }).collect()
}

/// rustdoc and mdBook hide such lines of a Rust example; `##` escapes a line that really starts with `#`.
fn is_hidden_line(line: &str) -> bool {
    let line = line.trim_start();
    line == "#" || line.starts_with("# ")
}

/// The title in `:::note Title`, or nothing.
fn after_fence(text: &str) -> &str {
    text.trim_start_matches(':').trim_start().split_once(' ').map_or("", |(_, title)| title)
}

/// `{{#include …}}`, `{{< … >}}`: an instruction to the generator, alone in its paragraph.
fn is_shortcode(block: &str) -> bool {
    block.starts_with("{{") && block.ends_with("}}") && block.matches("{{").count() == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> MarkdownPage {
        read_markdown(text, &Rules::default(), "the-file").unwrap()
    }

    #[test]
    fn headings_blocks_and_ids() {
        let page = read(
            "# The *Title*\n\nIntro\nlines.\n\n## Use `a_b` & C++ now\n\n- one\n  - two\n- three\n\n## Twice\nx\n\n## Twice\ny\n\n\
             ## Given {#own-id}\n\n| a | b |\n|---|---|\n| 1 |  |\n|  | 2 |\n",
        );
        assert_eq!(page.title, "The Title");
        let all: Vec<_> = page
            .sections
            .iter()
            .map(|s| (s.anchor.as_str(), s.heading_path.join(" > "), s.blocks.join(" / ")))
            .collect();
        assert_eq!(
            all,
            [
                ("the-title", String::new(), "Intro lines.".to_owned()),
                ("use-a_b--c-now", "Use a_b & C++ now".to_owned(), "one / two / three".to_owned()),
                ("twice", "Twice".to_owned(), "x".to_owned()),
                ("twice-1", "Twice".to_owned(), "y".to_owned()),
                ("own-id", "Given".to_owned(), "a | b / 1 / 2".to_owned()),
            ]
        );
    }

    #[test]
    fn code_is_text_and_hidden_lines_are_not() {
        let page =
            read("```rust,ignore\n# use hidden;\nfn main() {}\n#[test]\n```\n\n```sh\n# shown\n```\n\n    indented\n");
        assert_eq!(page.sections[0].blocks, ["fn main() {} #[test]", "# shown", "indented"]);
        assert_eq!(page.title, "The file");
    }

    #[test]
    fn html_images_shortcodes_and_fences() {
        let page = read(
            "a<br>b <span>c</span> ![alt](x.png)\n\n<div align=center><p>in html</p><script>no()</script></div>\n\n\
             {{#include x.rs}}\n\n:::tip Try this\ntext\n:::\n\n<!-- comment -->\n\nnote[^1] &amp; more\n\n[^1]: foot\n",
        );
        assert_eq!(page.sections[0].blocks, ["a b c", "in html", "Try this text", "note & more", "foot"]);
    }

    #[test]
    fn front_matter_decides() {
        let page = read("---\ntitle: Front\nlang: DE\n---\n# Other\ntext");
        assert_eq!((page.title.as_str(), page.lang.as_str()), ("Front", "de"));
        assert_eq!(page.sections[0].heading_path, ["Other"]);
        let left_out = |text| read_markdown(text, &Rules::default(), "x").unwrap_err();
        assert_eq!(left_out("---\nsearch: false\n---\ntext"), NoteKind::SearchOff);
        assert_eq!(left_out("---\ndraft: true\n---\ntext"), NoteKind::Draft);
        assert_eq!(left_out("# Only a heading\n"), NoteKind::NoText);
        assert_eq!(left_out(""), NoteKind::NoText);
    }
}
