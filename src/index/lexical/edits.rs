//! Terms within a bounded edit distance of a misspelt one.
//!
//! Distance is optimal string alignment: inserting, deleting or replacing a character, or swapping two neighbours,
//! costs 1. The dictionary is sorted, so neighbouring terms share a prefix and with it the upper rows of the table:
//! only the rows behind the prefix are computed, and where a whole row exceeds the bound, no term that goes on from there
//! costs another row. The first letter is taken to be right, which leaves a few percent of the terms.

/// The table of distances between one word and a sequence of terms.
pub(super) struct Distances {
    word: Vec<char>,
    bound: u8,
    /// The characters of the term, as far as its rows are computed.
    term: Vec<char>,
    /// `[term.len() + 1][word.len() + 1]`, row by row: distance of the two prefixes.
    table: Vec<u8>,
}

impl Distances {
    /// Distances to `word` of up to `bound` edits.
    pub(super) fn new(word: &str, bound: u8) -> Self {
        let word: Vec<char> = word.chars().collect();
        let table = (0..=word.len()).map(|i| i.min(255) as u8).collect();
        Self { word, bound, term: Vec::new(), table }
    }

    /// The distance to `term`, or None if it exceeds the bound.
    pub(super) fn to(&mut self, term: &str) -> Option<u8> {
        let width = self.word.len() + 1;
        let shared = self.term.iter().zip(term.chars()).take_while(|(a, b)| **a == *b).count();
        self.term.truncate(shared);
        self.table.truncate((shared + 1) * width);
        for c in term.chars().skip(shared) {
            // A row above the bound in every column can only grow.
            if self.exceeded() {
                return None;
            }
            self.push_row(c);
        }
        self.table.last().copied().filter(|d| *d <= self.bound)
    }

    /// The distance to `term` of the nearest beginning of the word that has so many characters at least, or None if it exceeds the
    /// bound: terms are stems.
    pub(super) fn of_beginning(&mut self, term: &str, least: usize) -> Option<u8> {
        let whole = self.to(term);
        let row = self.table.len() - self.word.len() - 1;
        if self.term.len() < term.chars().count() {
            return whole; // given up on the way
        }
        self.table[row + least.min(self.word.len())..].iter().min().copied().filter(|d| *d <= self.bound)
    }

    fn exceeded(&self) -> bool {
        self.table[self.table.len() - self.word.len() - 1..].iter().all(|d| *d > self.bound)
    }

    fn push_row(&mut self, c: char) {
        let width = self.word.len() + 1;
        let above = self.table.len() - width;
        let before = self.term.last().copied();
        self.table.push(self.table[above].saturating_add(1));
        for j in 1..width {
            let letter = self.word[j - 1];
            let replace = self.table[above + j - 1].saturating_add(u8::from(letter != c));
            let delete = self.table[above + j].saturating_add(1);
            let insert = self.table[above + width + j - 1].saturating_add(1);
            let mut best = replace.min(delete).min(insert);
            if j >= 2 && above >= width && before == Some(letter) && self.word[j - 2] == c {
                best = best.min(self.table[above - width + j - 2].saturating_add(1));
            }
            self.table.push(best);
        }
        self.term.push(c);
    }
}

/// The distance of two words, 255 at most.
#[must_use]
pub fn edits_between(word: &str, other: &str) -> u8 {
    Distances::new(word, u8::MAX).to(other).unwrap_or(u8::MAX)
}

/// Edits that are forgiven in a word of so many characters.
pub(super) fn allowed_edits(chars: usize) -> u8 {
    match chars {
        ..5 => 0,
        5..9 => 1,
        9.. => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distance(a: &str, b: &str) -> Option<u8> {
        Distances::new(a, 3).to(b)
    }

    #[test]
    fn counts_edits() {
        assert_eq!(distance("borow", "borrow"), Some(1));
        assert_eq!(distance("langaug", "languag"), Some(1), "two neighbours swapped");
        assert_eq!(distance("thread", "thread"), Some(0));
        assert_eq!(distance("abcd", "badc"), Some(2));
        assert_eq!(distance("", "abc"), Some(3));
        assert_eq!(distance("kitten", "sitting"), Some(3));
        assert_eq!(distance("éa", "aé"), Some(1));
        assert_eq!(distance("abc", "vwxyz"), None);
    }

    #[test]
    fn a_beginning_may_be_nearer() {
        let nearest = |word, term, least| Distances::new(word, 2).of_beginning(term, least);
        assert_eq!(nearest("compliation", "compil", 6), Some(1));
        assert_eq!(nearest("compliation", "compil", 9), None, "three characters more");
        assert_eq!(nearest("conditonal", "condit", 6), Some(0));
        assert_eq!(nearest("borow", "borrow", 99), Some(1));
        assert_eq!(nearest("borow", "zebrafish", 1), None);
    }

    #[test]
    fn a_sequence_gives_what_each_alone_gives() {
        let mut terms = ["bar", "bark", "borrow", "borrower", "brow", "burrow", "burro", "borow", "borrow"];
        terms.sort_unstable();
        for bound in 0..4 {
            let mut sequence = Distances::new("borow", bound);
            for term in terms {
                assert_eq!(sequence.to(term), Distances::new("borow", bound).to(term), "{term} within {bound}");
            }
        }
    }
}
