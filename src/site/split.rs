//! Splits sections into passages: as few and as even as possible, cut at the best places.
//!
//! A passage never crosses a section and has at most `max_pieces` word pieces. Where a section is longer, the places
//! to cut are chosen by dynamic programming over its units (sentences; see `units`) so that the sum of costs is least:
//!
//! ```text
//! cost of a passage   (1 - pieces / max)²          so passages fill up and the last two are balanced
//!                     + 0.5 if below max / 8       so no tiny ones where it can be helped
//! cost of a cut       block 0, block ending in a colon 0.1, sentence 0.5, clause 0.8, word 1.5, inside a word 2
//! ```
//!
//! Greedy filling was the alternative: it leaves tails of a few words, which then have to be repaired, and an
//! introduction `The options are:` apart from its list.

use rayon::prelude::*;
use unicode_segmentation::UnicodeSegmentation;

use super::units::{Boundary, Count, Unit, cut_units};
use super::{Page, Passage, Section};
use crate::index::passages::model_text;

/// Sections with fewer words have no passage, unless the page would have none at all.
const MIN_WORDS: usize = 3;
/// Most units that are tried for one passage; only texts whose units have no pieces get there.
const MAX_UNITS: usize = 512;

/// Splits all pages into passages, in order of pages and sections.
///
/// `count` counts the word pieces of a text; it should be additive over pieces of text cut at white space, as
/// WordPiece is. Every passage's text has at most `max_pieces` of them (160 is the index's value).
pub fn split(pages: &[Page], count: &(dyn Fn(&str) -> usize + Sync), max_pieces: usize) -> Vec<Passage> {
    let per_page: Vec<Vec<Passage>> = pages
        .par_iter()
        .enumerate()
        .map(|(page, content)| split_page(page, content, count, max_pieces.max(1)))
        .collect();
    per_page.into_iter().flatten().collect()
}

/// The headings above a section, without a first one that only repeats the page's title.
pub fn headings<'a>(page: &Page, section: &'a Section) -> &'a [String] {
    let repeated = section.heading_path.first().is_some_and(|first| *first == page.title);
    &section.heading_path[usize::from(repeated)..]
}

/// The text of a passage as it is embedded: title and headings, a full stop, the passage (see [`model_text`]).
pub fn embedding_text(page: &Page, section: &Section, text: &str) -> String {
    model_text(&page.title, headings(page, section), text)
}

fn split_page(page: usize, content: &Page, count: &Count<'_>, max_pieces: usize) -> Vec<Passage> {
    let split = |least_words: usize| -> Vec<Passage> {
        let sections = content.sections.iter().enumerate().filter(|(_, section)| has_words(section, least_words));
        let passage = |section, text| Passage { page, section, text };
        sections
            .flat_map(|(at, section)| {
                split_blocks(&section.blocks, count, max_pieces).into_iter().map(move |text| passage(at, text))
            })
            .collect()
    };
    let passages = split(MIN_WORDS);
    if passages.is_empty() { split(0) } else { passages }
}

fn has_words(section: &Section, least: usize) -> bool {
    least == 0 || section.blocks.iter().flat_map(|block| block.unicode_words()).nth(least - 1).is_some()
}

/// The texts of a section's passages.
fn split_blocks(blocks: &[String], count: &Count<'_>, max_pieces: usize) -> Vec<String> {
    let units = cut_units(blocks, count, max_pieces);
    let mut texts = Vec::new();
    for passage in choose_cuts(&units, max_pieces) {
        push_texts(&units[passage], blocks, count, max_pieces, &mut texts);
    }
    texts
}

/// Ranges of units that make up passages, of least total cost.
fn choose_cuts(units: &[Unit], max_pieces: usize) -> Vec<std::ops::Range<usize>> {
    // best[j]: least cost of the units before j; start[j]: where the last passage of that solution begins.
    let mut best = vec![0u64; units.len() + 1];
    let mut start = vec![0usize; units.len() + 1];
    for j in 1..=units.len() {
        let cut = if j < units.len() { cut_cost(units[j - 1].end, max_pieces) } else { 0 };
        best[j] = u64::MAX;
        let mut pieces = 0;
        for i in (j.saturating_sub(MAX_UNITS)..j).rev() {
            pieces += units[i].pieces;
            if pieces > max_pieces && i + 1 < j {
                break;
            }
            let cost = best[i] + cut + passage_cost(pieces, max_pieces);
            if cost < best[j] {
                (best[j], start[j]) = (cost, i);
            }
        }
    }
    let mut passages = Vec::new();
    let mut end = units.len();
    while end > 0 {
        passages.push(start[end]..end);
        end = start[end];
    }
    passages.reverse();
    passages
}

/// Costs are whole numbers, in parts of `max_pieces²`, so that they are the same on every machine.
fn passage_cost(pieces: usize, max_pieces: usize) -> u64 {
    let free = max_pieces.saturating_sub(pieces) as u64;
    let tiny = if pieces < max_pieces / 8 { whole(max_pieces) / 2 } else { 0 };
    free * free + tiny
}

fn cut_cost(boundary: Boundary, max_pieces: usize) -> u64 {
    match boundary {
        Boundary::Block => 0,
        Boundary::Colon => whole(max_pieces) / 10,
        Boundary::Sentence => whole(max_pieces) / 2,
        Boundary::Clause => whole(max_pieces) * 4 / 5,
        Boundary::Word => whole(max_pieces) * 3 / 2,
        Boundary::Inside => whole(max_pieces) * 2,
    }
}

fn whole(max_pieces: usize) -> u64 {
    max_pieces as u64 * max_pieces as u64
}

/// Adds the text of some units. If the counter is not additive and the text as a whole has too many pieces, it is
/// halved.
fn push_texts(units: &[Unit], blocks: &[String], count: &Count<'_>, max_pieces: usize, texts: &mut Vec<String>) {
    let text = text_of(units, blocks);
    if units.len() > 1 && count(&text) > max_pieces {
        let (first, second) = units.split_at(units.len() / 2);
        push_texts(first, blocks, count, max_pieces, texts);
        push_texts(second, blocks, count, max_pieces, texts);
    } else if !text.is_empty() {
        texts.push(text);
    }
}

/// The text of consecutive units: what lies in one block as it stands there, blocks separated by a newline.
fn text_of(units: &[Unit], blocks: &[String]) -> String {
    let mut text = String::new();
    for same_block in units.chunk_by(|a, b| a.block == b.block) {
        let (Some(first), Some(last)) = (same_block.first(), same_block.last()) else {
            continue;
        };
        let stretch = blocks[first.block][first.range.start..last.range.end].trim();
        if !text.is_empty() && !stretch.is_empty() {
            text.push('\n');
        }
        text.push_str(stretch);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> usize {
        text.split_whitespace().count()
    }

    fn page(title: &str, sections: &[(&[&str], &[&str])]) -> Page {
        let section = |(path, blocks): &(&[&str], &[&str])| Section {
            anchor: String::new(),
            heading_path: path.iter().map(|s| (*s).to_owned()).collect(),
            blocks: blocks.iter().map(|s| (*s).to_owned()).collect(),
            ..Section::default()
        };
        Page { title: title.to_owned(), sections: sections.iter().map(section).collect(), ..Default::default() }
    }

    fn sentences(count: usize, length: usize) -> String {
        let sentence = format!("Word{}. ", " word".repeat(length - 1));
        sentence.repeat(count).trim_end().to_owned()
    }

    fn texts(blocks: &[&str], max: usize) -> Vec<String> {
        split(&[page("t", &[(&[], blocks)])], &words, max).into_iter().map(|passage| passage.text).collect()
    }

    #[test]
    fn a_short_section_is_one_passage() {
        assert_eq!(texts(&["one two", "three"], 10), ["one two\nthree"]);
    }

    #[test]
    fn cuts_fall_between_blocks_and_the_rest_is_balanced() {
        let sizes = |blocks: &[&str], max| texts(blocks, max).iter().map(|text| words(text)).collect::<Vec<_>>();
        let (forty, sixty) = (sentences(4, 10), sentences(6, 10));
        assert_eq!(sizes(&[&sixty, &sixty, &sixty], 100), [60, 60, 60], "no block is cut without need");
        assert_eq!(sizes(&[&forty, &forty, &forty, &forty, &forty], 160), [120, 80]);
        assert_eq!(sizes(&[&sentences(17, 10)], 160), [90, 80], "no tiny tail");
        assert_eq!(
            sizes(&[&sentences(15, 10), &sentences(1, 5), &sentences(15, 10)], 160),
            [155, 150],
            "small blocks join"
        );
        let one_sentence = "word ".repeat(400);
        assert!(sizes(&[one_sentence.trim_end()], 160).iter().all(|&size| (120..=160).contains(&size)));
    }

    #[test]
    fn an_introduction_stays_with_its_list() {
        let intro = format!("{} these:", sentences(2, 10));
        let texts = texts(&[&sentences(6, 10), &intro, &sentences(6, 10)], 100);
        assert_eq!(texts.len(), 2);
        assert!(texts[1].contains("these:\n"), "{texts:?}");
    }

    #[test]
    fn short_sections_only_count_where_there_is_nothing_else() {
        let with_text = page("t", &[(&["a"], &["two words"]), (&["b"], &["now three words"])]);
        let without = page("t", &[(&["a"], &["two words"])]);
        let passages = split(&[with_text, without, page("t", &[])], &words, 160);
        let found: Vec<_> = passages.iter().map(|p| (p.page, p.section, p.text.as_str())).collect();
        assert_eq!(found, [(0, 1, "now three words"), (1, 0, "two words")]);
    }

    #[test]
    fn the_limit_holds_for_any_text_and_nothing_is_lost() {
        let text =
            format!("{} {} 中文{} {}", "a-b.c/".repeat(90), "x".repeat(90), "字".repeat(300), "word ".repeat(50));
        let text = text.trim();
        let by_character = |text: &str| text.chars().filter(|c| !c.is_whitespace()).count();
        let odd = |text: &str| text.len() / 3 + 1;
        for max in [1, 2, 7, 160] {
            for count in [&words as &(dyn Fn(&str) -> usize + Sync), &by_character] {
                let passages = split(&[page("t", &[(&[], &[text, "the end of it"])])], count, max);
                assert!(passages.iter().all(|passage| count(&passage.text) <= max));
                let joined: String =
                    passages.iter().flat_map(|p| p.text.chars()).filter(|c| !c.is_whitespace()).collect();
                let expected: String = format!("{text}the end of it").split_whitespace().collect();
                assert_eq!(joined, expected);
            }
        }
        let passages = split(&[page("t", &[(&[], &[text])])], &odd, 20);
        assert!(passages.iter().all(|passage| odd(&passage.text) <= 20));
    }

    #[test]
    fn the_prefix_names_the_title_once() {
        let page = page("Cargo", &[(&["Cargo", "Workspaces"], &["text"]), (&[], &["top"])]);
        assert_eq!(embedding_text(&page, &page.sections[0], "text"), "Cargo > Workspaces. text");
        assert_eq!(embedding_text(&page, &page.sections[1], "top"), "Cargo. top");
        assert_eq!(embedding_text(&Page::default(), &Section::default(), "top"), "top");
        let long = Page { title: "word ".repeat(60), ..Default::default() };
        assert_eq!(embedding_text(&long, &Section::default(), "").chars().count(), 119 + 2);
    }
}
