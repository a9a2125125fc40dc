//! The units that passages are put together from: sentences, or parts of sentences where those are too long, each
//! with its number of word pieces and the kind of boundary after it.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

/// Counts the word pieces of a text.
pub(super) type Count<'a> = dyn Fn(&str) -> usize + Sync + 'a;

/// What lies between a unit and the next, best place for a cut first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Boundary {
    /// A block ends.
    Block,
    /// A block ends with a colon and so belongs to what follows.
    Colon,
    /// A sentence ends within a block.
    Sentence,
    /// A word ends within a sentence.
    Word,
    /// No space: within an identifier, between Chinese characters.
    Inside,
}

/// A stretch of a block that is not cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unit {
    /// Index of the block.
    pub(super) block: usize,
    /// Bytes of the block. The units of a block follow one another without a gap.
    pub(super) range: Range<usize>,
    /// Number of word pieces; at most the limit, if the limit allows a single character.
    pub(super) pieces: usize,
    /// The boundary after the unit.
    pub(super) end: Boundary,
}

/// The units of a section's blocks, in order. None has more than `max_pieces` word pieces.
pub(super) fn cut_units(blocks: &[String], count: &Count<'_>, max_pieces: usize) -> Vec<Unit> {
    let mut cutter = Cutter { count, max_pieces, units: Vec::new() };
    for (at, block) in blocks.iter().enumerate() {
        cutter.cut(block, at, 0..block.len(), Level::Sentence);
        if let Some(last) = cutter.units.last_mut() {
            last.end = if block.ends_with([':', '：']) { Boundary::Colon } else { Boundary::Block };
        }
    }
    cutter.units
}

/// How fine a text is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Sentence,
    /// At spaces.
    Space,
    /// At the bounds of Unicode's words; in Chinese or Thai those are single characters.
    Word,
    Character,
}

impl Level {
    fn parts(self, text: &str) -> Vec<&str> {
        match self {
            Self::Sentence => text.split_sentence_bounds().collect(),
            Self::Space => text.split_inclusive(' ').collect(),
            Self::Word => text.split_word_bounds().collect(),
            Self::Character => text.split_inclusive(|_| true).collect(),
        }
    }

    fn finer(self) -> Option<Self> {
        match self {
            Self::Sentence => Some(Self::Space),
            Self::Space => Some(Self::Word),
            Self::Word => Some(Self::Character),
            Self::Character => None,
        }
    }

    fn boundary(self) -> Boundary {
        match self {
            Self::Sentence => Boundary::Sentence,
            Self::Space => Boundary::Word,
            Self::Word | Self::Character => Boundary::Inside,
        }
    }
}

struct Cutter<'a> {
    count: &'a Count<'a>,
    max_pieces: usize,
    units: Vec<Unit>,
}

impl Cutter<'_> {
    /// Cuts a stretch of a block into its parts at one level; parts that are too long are cut at the next finer level.
    fn cut(&mut self, text: &str, block: usize, stretch: Range<usize>, level: Level) {
        // Sentences stay apart. Smaller parts are joined to fragments of an eighth of a passage: enough freedom to
        // balance passages, and few units.
        let limit = if level == Level::Sentence { self.max_pieces } else { (self.max_pieces / 8).max(1) };
        let first = self.units.len();
        let mut start = stretch.start;
        for part in level.parts(&text[stretch]) {
            let range = start..start + part.len();
            start = range.end;
            let pieces = (self.count)(part);
            if pieces > limit
                && let Some(finer) = level.finer()
            {
                self.cut(text, block, range, finer);
                if let Some(last) = self.units.last_mut() {
                    last.end = level.boundary();
                }
                continue;
            }
            let joinable = self.units[first..].last_mut().filter(|open| {
                open.end == level.boundary()
                    && (pieces == 0 || (level != Level::Sentence && open.pieces + pieces <= limit))
            });
            match joinable {
                Some(open) => {
                    open.range.end = range.end;
                    open.pieces += pieces;
                }
                None => self.units.push(Unit { block, range, pieces, end: level.boundary() }),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn characters(text: &str) -> usize {
        text.chars().filter(|c| !c.is_whitespace()).count()
    }

    fn cut(block: &str, max: usize) -> Vec<(String, Boundary)> {
        let blocks = [block.to_owned()];
        let units = cut_units(&blocks, &characters, max);
        assert_eq!(units.iter().map(|unit| &block[unit.range.clone()]).collect::<String>(), block);
        assert!(units.iter().all(|unit| unit.pieces <= max.max(1)), "{units:?}");
        units.into_iter().map(|unit| (block[unit.range].to_owned(), unit.end)).collect()
    }

    #[test]
    fn sentences_then_words_then_characters() {
        let cut_10 = cut("One two. Three four five six. X", 10);
        assert_eq!(cut_10[0], ("One two. ".to_owned(), Boundary::Sentence));
        assert_eq!(cut_10.last(), Some(&("X".to_owned(), Boundary::Block)));
        assert!(cut_10[1..].iter().any(|(_, end)| *end == Boundary::Word));
        assert_eq!(cut("中文没有空格", 2).len(), 6);
        assert_eq!(cut("abcdefgh", 3).len(), 8);
        assert_eq!(cut("The list:", 80), [("The list:".to_owned(), Boundary::Colon)]);
        assert_eq!(cut("e.g. this one", 80).len(), 1);
    }
}
