//! The outline of one page while it is read: headings and blocks come in, in the order of the page, and go out as
//! sections with their heading paths.

use super::{PLAIN_WEIGHT, Section};

/// Collects the sections of a page.
#[derive(Debug, Default)]
pub(super) struct Outline {
    sections: Vec<Section>,
    current: Section,
    /// Open headings, outermost first: (level 1 to 6, text).
    open: Vec<(u8, String)>,
    first_h1: Option<String>,
    has_more_h1: bool,
    /// A heading before all text, with its level.
    lead: Option<(u8, String)>,
    /// Whether another heading of the lead's level or above followed.
    lead_has_peers: bool,
}

impl Outline {
    /// A heading closes the current section and opens the next one.
    pub(super) fn heading(&mut self, level: u8, text: String, anchor: String) {
        self.close_section();
        if level == 1 {
            self.has_more_h1 = self.first_h1.is_some();
            self.first_h1.get_or_insert_with(|| text.clone());
        }
        match &self.lead {
            Some((lead, _)) => self.lead_has_peers |= level <= *lead,
            None if !self.has_text() => self.lead = Some((level, text.clone())),
            None => {}
        }
        while self.open.last().is_some_and(|(open, _)| *open >= level) {
            self.open.pop();
        }
        self.open.push((level, text));
        self.current.anchor = anchor;
        self.current.heading_path = self.open.iter().map(|(_, text)| text.clone()).collect();
    }

    /// A block of text, folded and not empty.
    pub(super) fn block(&mut self, text: String) {
        self.weighted_block(text, PLAIN_WEIGHT);
    }

    /// A block of text with a weight in percent.
    pub(super) fn weighted_block(&mut self, text: String, weight: u16) {
        let Section { blocks, weights, .. } = &mut self.current;
        if weight != PLAIN_WEIGHT || !weights.is_empty() {
            weights.resize(blocks.len(), PLAIN_WEIGHT);
            weights.push(weight);
        }
        blocks.push(text);
    }

    /// Whether a block has been seen.
    pub(super) fn has_text(&self) -> bool {
        !self.current.blocks.is_empty() || !self.sections.is_empty()
    }

    /// The heading that names the page: the first `<h1>` (where there are several, each a chapter, only if it has a
    /// word in common with `document_title`). Without an `<h1>`, a heading before all text if `document_title` says the
    /// same (`Heading - Name of the site`), or if it is the only one of its level and has a word in common with it.
    pub(super) fn title_heading(&self, document_title: Option<&str>) -> Option<&str> {
        let document_title = document_title.filter(|title| !title.is_empty());
        if let Some(first) = &self.first_h1 {
            let fits = !self.has_more_h1 || document_title.is_none_or(|title| share_a_word(title, first));
            return fits.then_some(first);
        }
        let (_, lead) = self.lead.as_ref()?;
        let Some(document_title) = document_title else {
            return (!self.lead_has_peers).then_some(lead);
        };
        let same = first_part(document_title).to_lowercase() == lead.to_lowercase();
        (same || (!self.lead_has_peers && share_a_word(document_title, lead))).then_some(lead)
    }

    /// The sections that have text; a first heading equal to the page's title is taken out of their heading paths.
    pub(super) fn finish(mut self, title: &str) -> Vec<Section> {
        self.close_section();
        for section in &mut self.sections {
            if section.heading_path.first().is_some_and(|first| first == title) {
                section.heading_path.remove(0);
            }
        }
        self.sections
    }

    fn close_section(&mut self) {
        let closed = std::mem::take(&mut self.current);
        if !closed.blocks.is_empty() {
            self.sections.push(closed);
        }
    }
}

/// What stands before the separator in `Page - Site`, `Page | Site`.
fn first_part(document_title: &str) -> &str {
    let separators = [" - ", " | ", " – ", " — ", " · ", " :: "];
    let end = separators.iter().filter_map(|separator| document_title.find(separator)).min();
    document_title[..end.unwrap_or(document_title.len())].trim()
}

/// Whether two titles have a word of some length in common.
fn share_a_word(a: &str, b: &str) -> bool {
    const MIN_CHARS: usize = 4;
    let words = |text: &str| -> Vec<String> {
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() >= MIN_CHARS);
        words.map(str::to_lowercase).collect()
    };
    let of_b = words(b);
    words(a).iter().any(|word| of_b.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_h1_a_lead_heading_may_name_the_page() {
        let outline = |levels: &[(u8, &str)], text_first: bool| {
            let mut outline = Outline::default();
            if text_first {
                outline.block("text".into());
            }
            for (level, text) in levels {
                outline.heading(*level, (*text).into(), String::new());
                outline.block("text".into());
            }
            outline
        };
        assert_eq!(outline(&[(2, "A"), (3, "B"), (3, "C")], false).title_heading(None), Some("A"));
        assert_eq!(outline(&[(2, "A"), (2, "B")], false).title_heading(None), None);
        assert_eq!(outline(&[(2, "Usage")], false).title_heading(Some("The tool")), None);
        assert_eq!(outline(&[(2, "B: Keywords")], false).title_heading(Some("Keywords - Book")), Some("B: Keywords"));
        assert_eq!(
            outline(&[(2, "Data Types"), (2, "B")], false).title_heading(Some("Data types - Book")),
            Some("Data Types")
        );
        assert_eq!(outline(&[(2, "A"), (3, "B")], true).title_heading(None), None);
        assert_eq!(outline(&[(2, "A"), (1, "B")], false).title_heading(None), Some("B"));
        let chapters = outline(&[(1, "Summary"), (1, "Design")], false);
        assert_eq!(chapters.title_heading(None), Some("Summary"));
        assert_eq!(chapters.title_heading(Some("Syntax patterns - Book")), None);
        assert_eq!(chapters.title_heading(Some("A summary")), Some("Summary"));
    }

    #[test]
    fn paths_follow_levels_and_leave_the_title_out() {
        let mut outline = Outline::default();
        outline.block("before".into());
        for (level, text) in [(1, "Title"), (2, "A"), (4, "A deep"), (3, "A mid"), (2, "Empty"), (3, "B")] {
            outline.heading(level, text.into(), text.to_lowercase());
            if text != "Empty" {
                outline.block(format!("text of {text}"));
            }
        }
        let sections = outline.finish("Title");
        let paths: Vec<_> = sections.iter().map(|s| s.heading_path.join(" > ")).collect();
        assert_eq!(paths, ["", "", "A", "A > A deep", "A > A mid", "Empty > B"]);
        assert_eq!(sections[1].anchor, "title");
    }
}
