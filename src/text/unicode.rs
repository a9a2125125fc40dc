//! What the tokenizer and the index need to know of Unicode, in 4 KB of the visitor's download instead of 35.
//!
//! The facts are those of the crates that `tokenizers` uses (`unicode_categories`, `unicode-normalization-alignments`)
//! and of the standard library's `to_lowercase`. `tests/unicode.rs` writes `unicode.bin` from them and compares every
//! scalar value. The categories are of an older Unicode than the standard library's: with newer ones some characters
//! would get other token ids.
//!
//! ```text
//! unicode.bin: number of ranges, bases, lowers (u16 each, little endian), then the columns
//!   ranges: start, role        the role of all characters from `start` up to the next range's
//!   bases:  source, target     canonical decomposition without nonspacing marks; a source as often as it has targets
//!   lowers: source, target     lower case, in the same way
//! column: the difference of each number to the one before (the first: to 0), zigzag, LEB128
//! ```
//! Columns instead of rows, because gzip finds more in them. They are unpacked at the first use, into 40 KB.

use std::sync::OnceLock;

/// What a character is to the normalizer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Letters, digits, symbols, and what is not assigned.
    Plain,
    /// Control, format, private use (Cc, Cf, Co).
    Other,
    /// Punctuation (Pc, Pd, Pe, Pf, Pi, Po, Ps).
    Punctuation,
    /// A nonspacing mark (Mn) that marks are not reordered across: it, or a part of it, is of combining class 0.
    StartingMark,
    /// Any other nonspacing mark.
    Mark,
    /// No nonspacing mark, and yet of this combining class, which is not 0.
    Combining(u8),
}

struct Tables {
    /// (start, code of the role), in order.
    ranges: Vec<(u32, u32)>,
    /// (source, target), in order of the source.
    bases: Vec<(u32, u32)>,
    lowers: Vec<(u32, u32)>,
}

static TABLES: OnceLock<Tables> = OnceLock::new();

const HANGUL: std::ops::RangeInclusive<char> = '\u{AC00}'..='\u{D7A3}';

/// The role of a character.
pub fn role(c: char) -> Role {
    let ranges = &tables().ranges;
    match ranges[ranges.partition_point(|&(start, _)| start <= u32::from(c)) - 1].1 {
        0 => Role::Plain,
        1 => Role::Other,
        2 => Role::Punctuation,
        3 => Role::StartingMark,
        4 => Role::Mark,
        class => Role::Combining((class - 4) as u8),
    }
}

/// Calls `visit` with the canonical decomposition of a character that is no nonspacing mark, without such marks in it:
/// `ấ` gives `a`, `각` gives its three letters. A nonspacing mark gives itself.
pub fn for_each_base(c: char, visit: &mut dyn FnMut(char)) {
    if HANGUL.contains(&c) {
        let index = u32::from(c) - u32::from(*HANGUL.start());
        let (lead, vowel, tail) = (index / (21 * 28), index / 28 % 21, index % 28);
        visit(character(0x1100 + lead));
        visit(character(0x1161 + vowel));
        if tail > 0 {
            visit(character(0x11A7 + tail));
        }
    } else {
        look_up(&tables().bases, c, visit);
    }
}

/// Calls `visit` with the lower case of a character by itself: no final sigma. Only `İ` has two letters.
pub fn for_each_lower(c: char, visit: &mut dyn FnMut(char)) {
    if c.is_ascii() { visit(c.to_ascii_lowercase()) } else { look_up(&tables().lowers, c, visit) }
}

/// The targets of `c`, or `c` itself if it has none.
fn look_up(map: &[(u32, u32)], c: char, visit: &mut dyn FnMut(char)) {
    let source = u32::from(c);
    let mut at = map.partition_point(|entry| entry.0 < source);
    if map.get(at).is_none_or(|entry| entry.0 != source) {
        return visit(c);
    }
    while let Some(&(_, target)) = map.get(at).filter(|entry| entry.0 == source) {
        visit(character(target));
        at += 1;
    }
}

fn character(value: u32) -> char {
    char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn tables() -> &'static Tables {
    TABLES.get_or_init(|| {
        let bytes = include_bytes!("unicode.bin");
        let count = |table: usize| usize::from(u16::from_le_bytes([bytes[2 * table], bytes[2 * table + 1]]));
        let mut columns = bytes[6..].iter();
        let mut table = |rows: usize| {
            let mut table = vec![(0, 0); rows];
            unpack(&mut columns, &mut table, |row| &mut row.0);
            unpack(&mut columns, &mut table, |row| &mut row.1);
            table
        };
        Tables { ranges: table(count(0)), bases: table(count(1)), lowers: table(count(2)) }
    })
}

/// Reads a column into a field of each row.
fn unpack(bytes: &mut std::slice::Iter<'_, u8>, table: &mut [(u32, u32)], field: fn(&mut (u32, u32)) -> &mut u32) {
    let mut value = 0u32;
    for row in table {
        let (mut zigzag, mut shift) = (0u32, 0);
        for byte in bytes.by_ref() {
            zigzag |= u32::from(byte & 0x7f) << shift;
            shift += 7;
            if *byte < 0x80 {
                break;
            }
        }
        value = value.wrapping_add((zigzag >> 1) ^ (zigzag & 1).wrapping_neg());
        *field(row) = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(visit_all: fn(char, &mut dyn FnMut(char)), c: char) -> String {
        let mut all = String::new();
        visit_all(c, &mut |part| all.push(part));
        all
    }

    #[test]
    fn roles() {
        let found = ['a', '日', '\u{ad}', '«', '\u{301}', '\u{d4d}', '\u{bcd}', '\u{1d165}'].map(role);
        let combining = Role::Combining(216);
        let expected = [Role::Plain, Role::Plain, Role::Other, Role::Punctuation, Role::Mark, Role::Mark, Role::Mark];
        assert_eq!((&found[..7], found[7]), (&expected[..], combining));
        assert_eq!((role('\u{941}'), role('\0'), role(char::MAX)), (Role::StartingMark, Role::Other, Role::Plain));
    }

    #[test]
    fn bases() {
        let bases = ['ấ', 'x', 'が', '\u{1d160}', '\u{f900}'].map(|c| all(for_each_base, c));
        assert_eq!(bases, ["a", "x", "か", "\u{1d158}\u{1d165}\u{1d16e}", "\u{8c48}"]);
        let hangul = ['\u{ac00}', '\u{ac01}', '\u{d7a3}'].map(|c| all(for_each_base, c));
        assert_eq!(hangul, ["\u{1100}\u{1161}", "\u{1100}\u{1161}\u{11a8}", "\u{1112}\u{1175}\u{11c2}"]);
    }

    #[test]
    fn lower_case() {
        let lower = ['A', 'a', 'É', 'İ', 'Σ', 'Ǆ', '日', '𐐀'].map(|c| all(for_each_lower, c));
        assert_eq!(lower, ["a", "a", "é", "i\u{307}", "σ", "ǆ", "日", "𐐨"]);
    }
}
