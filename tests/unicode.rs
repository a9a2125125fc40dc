//! `src/text/unicode.bin` says of every scalar value what the crates that `tokenizers` uses and the standard library say.
//!
//! After a new Unicode version in the standard library (new letters with a lower case):
//! `SITESEER_WRITE_UNICODE=1 cargo test --test unicode` writes the file anew.

#![cfg(not(target_arch = "wasm32"))]

use siteseer::text::unicode::{Role, for_each_base, for_each_lower, role};
use unicode_categories::UnicodeCategories;
use unicode_normalization_alignments::char::{canonical_combining_class, decompose_canonical};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/text/unicode.bin");

fn scalars() -> impl Iterator<Item = char> {
    '\0'..=char::MAX
}

fn decomposition(c: char) -> Vec<char> {
    let mut parts = Vec::new();
    decompose_canonical(c, |part| parts.push(part));
    parts
}

fn expected_role(c: char) -> Role {
    if c.is_mark_nonspacing() {
        let starts = decomposition(c).iter().any(|&part| canonical_combining_class(part) == 0);
        return if starts { Role::StartingMark } else { Role::Mark };
    }
    match canonical_combining_class(c) {
        0 if c.is_other() => Role::Other,
        0 if c.is_punctuation() => Role::Punctuation,
        0 => Role::Plain,
        class => Role::Combining(class),
    }
}

fn expected_bases(c: char) -> Vec<char> {
    if c.is_mark_nonspacing() {
        return vec![c];
    }
    decomposition(c).into_iter().filter(|part| !part.is_mark_nonspacing()).collect()
}

/// Rows (first column, second column) of one table.
type Table = Vec<(u32, u32)>;

fn ranges() -> Table {
    let code = |c| match expected_role(c) {
        Role::Plain => 0,
        Role::Other => 1,
        Role::Punctuation => 2,
        Role::StartingMark => 3,
        Role::Mark => 4,
        Role::Combining(class) => 4 + u32::from(class),
    };
    let mut ranges: Table = scalars().map(|c| (u32::from(c), code(c))).collect();
    ranges.dedup_by_key(|&mut (_, code)| code);
    ranges
}

fn map(targets: impl Fn(char) -> Vec<char>) -> Table {
    let rows = scalars().flat_map(|c| {
        let targets = targets(c);
        let same = targets == [c];
        targets.into_iter().filter(move |_| !same).map(move |target| (u32::from(c), u32::from(target)))
    });
    rows.collect()
}

fn push_column(bytes: &mut Vec<u8>, numbers: impl Iterator<Item = u32>) {
    let mut before = 0i32;
    for number in numbers {
        let difference = number as i32 - before;
        before = number as i32;
        let mut rest = ((difference << 1) ^ (difference >> 31)) as u32;
        while rest >= 0x80 {
            bytes.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        bytes.push(rest as u8);
    }
}

fn file() -> Vec<u8> {
    let is_hangul = |c| ('\u{AC00}'..='\u{D7A3}').contains(&c); // by arithmetic
    let bases = map(|c| if is_hangul(c) { vec![c] } else { expected_bases(c) });
    let lowers = map(|c| if c.is_ascii() { vec![c] } else { c.to_lowercase().collect() });
    let tables = [ranges(), bases, lowers];
    let mut bytes: Vec<u8> = tables.iter().flat_map(|table| (table.len() as u16).to_le_bytes()).collect();
    for table in tables {
        push_column(&mut bytes, table.iter().map(|row| row.0));
        push_column(&mut bytes, table.iter().map(|row| row.1));
    }
    bytes
}

#[test]
fn the_file_is_what_the_sources_say() {
    let file = file();
    if std::env::var_os("SITESEER_WRITE_UNICODE").is_some() {
        std::fs::write(FILE, &file).expect("writes the tables");
    }
    let found = std::fs::read(FILE).expect("the tables");
    assert!(found == file, "{FILE} is out of date; the head of this test says how to write it anew");
}

#[test]
fn every_scalar_value() {
    let all = |visit_all: fn(char, &mut dyn FnMut(char)), c| {
        let mut all = Vec::new();
        visit_all(c, &mut |part| all.push(part));
        all
    };
    for c in scalars() {
        assert_eq!(role(c), expected_role(c), "role of {c:?}");
        assert_eq!(all(for_each_base, c), expected_bases(c), "bases of {c:?}");
        assert_eq!(all(for_each_lower, c), c.to_lowercase().collect::<Vec<_>>(), "lower case of {c:?}");
    }
}

/// What makes one role enough: a mark decomposes to marks, all of which are dropped, and nothing has a combining class
/// beside another role.
#[test]
fn roles_exclude_each_other() {
    for c in scalars() {
        if c.is_mark_nonspacing() {
            assert!(
                decomposition(c).iter().all(|part| part.is_mark_nonspacing()),
                "{c:?} decomposes to more than marks"
            );
        } else if c.is_other() || c.is_punctuation() {
            assert_eq!(canonical_combining_class(c), 0, "{c:?} has a combining class");
        }
    }
}
