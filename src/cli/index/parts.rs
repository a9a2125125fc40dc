//! Weighted text of a part of a section: weights belong to blocks of a page, and a part (see
//! [`Sections`](crate::index::sections::Sections)) begins and ends between passages.

use crate::site::Passage;
use std::ops::Range;

/// Words of passages.
pub(super) fn words_of(passages: &[Passage]) -> usize {
    passages.iter().map(|passage| passage.text.split_whitespace().count()).sum()
}

/// These of the words of weighted blocks, which are numbered through all blocks. Passages are cut from their section's blocks, so
/// their words are its words, but for one that was too long for a passage.
pub(super) fn words_between<'a>(
    blocks: impl Iterator<Item = (u16, &'a str)>,
    words: Range<usize>,
) -> Vec<(u16, String)> {
    let mut found: Vec<(u16, String)> = Vec::new();
    let mut next = 0;
    for (weight, block) in blocks {
        let first = next;
        next += block.split_whitespace().count();
        let inside = words.start.max(first)..words.end.min(next);
        if !inside.is_empty() {
            let text: Vec<&str> = block.split_whitespace().skip(inside.start - first).take(inside.len()).collect();
            found.push((weight, text.join(" ")));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_their_weights() {
        let blocks = || [(16, "one two"), (32, ""), (8, "three\n four five"), (16, "six")].into_iter();
        let owned = |expected: &[(u16, &str)]| -> Vec<(u16, String)> {
            expected.iter().map(|&(weight, text)| (weight, text.to_owned())).collect()
        };
        assert_eq!(words_between(blocks(), 0..2), owned(&[(16, "one two")]));
        assert_eq!(words_between(blocks(), 1..4), owned(&[(16, "two"), (8, "three four")]));
        assert_eq!(words_between(blocks(), 4..9), owned(&[(8, "five"), (16, "six")]));
        assert_eq!(words_between(blocks(), 2..2), owned(&[]));
    }
}
