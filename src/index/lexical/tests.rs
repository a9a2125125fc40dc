//! The lexical index as a whole: what goes in comes out, ranking by hand, damaged files.

use super::*;
use crate::Error;
use crate::index::chunks::{Chunk, ChunkKind};

/// (title, headings, body) of each passage.
type Rows<'a> = &'a [(&'a str, &'a [&'a str], &'a str)];

fn build(rows: Rows<'_>) -> LexicalFiles {
    let mut builder = LexicalBuilder::new();
    for (i, (title, headings, body)) in rows.iter().enumerate() {
        let headings: Vec<String> = headings.iter().map(|h| h.to_string()).collect();
        builder.add(i as u32, "en", title, &headings, body);
    }
    builder.finish()
}

fn open(rows: Rows<'_>) -> LexicalIndex {
    LexicalIndex::open_all(&build(rows), "lexical.bin").expect("a fresh index opens")
}

fn found(index: &LexicalIndex, query: &str) -> Vec<u32> {
    index.search(query, 10, &LexicalOptions::default()).iter().map(|h| h.passage).collect()
}

const BOOK: Rows<'static> = &[
    ("Cargo Workspaces", &["The root"], "A workspace is a set of packages that share the same Cargo.lock."),
    ("Traits", &[], "A trait defines shared behaviour; use `impl Trait` or `dyn Trait`."),
    ("Conditional compilation", &["--cfg"], "Pass --cfg to rustc, or write #[cfg(test)] above an item."),
    ("Errors", &["E0277"], "error[E0277]: the size cannot be known; add ?Sized to the bound."),
    ("Vectors", &["Pushing"], "Call Vec::push to append. HashMap has insert, not push."),
    ("Ownership", &["Borrowing"], "References borrow a value; the borrower may not outlive the owner."),
];

#[test]
fn finds_words_by_stem_symbols_whole_and_parts() {
    let index = open(BOOK);
    assert_eq!(found(&index, "workspace "), [0]);
    assert_eq!(found(&index, "sharing packages "), [0, 1]);
    assert_eq!(found(&index, "--cfg")[0], 2);
    assert_eq!(found(&index, "#[cfg]")[0], 2);
    assert_eq!(found(&index, "E0277 "), [3]);
    assert_eq!(found(&index, "?Sized "), [3]);
    assert_eq!(found(&index, "Vec::push")[0], 4);
    assert_eq!(found(&index, "hash map "), [4]);
    assert_eq!(found(&index, "nonsensical "), [0u32; 0]);
    assert_eq!(found(&index, ""), [0u32; 0]);
}

#[test]
fn completes_the_word_being_typed_only() {
    let index = open(BOOK);
    assert_eq!(found(&index, "works"), [0]);
    assert_eq!(found(&index, "works "), [0u32; 0]);
    assert_eq!(found(&index, "owner"), [5]);
    assert_eq!(found(&index, "workspacin"), [0], "a stem begins what is typed");
    let off = LexicalOptions { prefix: false, ..Default::default() };
    assert!(index.search("works", 10, &off).is_empty());
}

#[test]
fn the_exact_word_comes_before_its_completions() {
    let index =
        open(&[("", &[], "the category of things"), ("", &[], "a cat sat"), ("", &[], "cat category catalogue")]);
    assert_eq!(found(&index, "cat")[0], 1);
    assert_eq!(found(&index, "cat").len(), 3);
}

#[test]
fn forgives_spelling_mistakes_in_words_that_are_not_found() {
    let index = open(BOOK);
    assert_eq!(found(&index, "worksapce "), [0], "swapped");
    assert_eq!(found(&index, "refernces "), [5], "left out");
    assert_eq!(found(&index, "condtionel compilation ")[0], 2, "two edits in a long word");
    assert_eq!(found(&index, "trayt "), [1], "five letters, one edit");
    assert_eq!(found(&index, "calk "), [0u32; 0], "four letters, none");
    assert_eq!(found(&index, "xorkspace "), [0u32; 0], "the first letter is right");
    let off = LexicalOptions { typos: false, ..Default::default() };
    assert!(index.search("worksapce ", 10, &off).is_empty());
}

#[test]
fn plain_bm25_by_hand() {
    // Three passages of 2, 2 and 4 words; `apple` is in the first twice and in the third once: N = 3, df = 2.
    let index = open(&[("", &[], "apple apple"), ("", &[], "pear plum"), ("", &[], "apple pear plum fig")]);
    let body = Field { weight: 1.0, b: 0.75 };
    let bm25f = Bm25f { k1: 1.2, title: body, headings: body, body };
    let options = LexicalOptions { bm25f, ..Default::default() };
    let hits = index.search("apple ", 10, &options);
    let idf = (1.0f32 + 1.5 / 2.5).ln();
    let (short, long) = (0.25 + 0.75 * 2.0 / (8.0 / 3.0), 0.25 + 0.75 * 4.0 / (8.0 / 3.0));
    let expected = [idf * 2.0 * 2.2 / (2.0 + 1.2 * short), idf * 2.2 / (1.0 + 1.2 * long)];
    assert_eq!(hits.iter().map(|h| h.passage).collect::<Vec<_>>(), [0, 2]);
    for (hit, expected) in hits.iter().zip(expected) {
        assert!((hit.score - expected).abs() < 1e-5, "{} for {expected}", hit.score);
    }
    assert_eq!(index.scores("apple ", &[2, 1, 0, 99], &options), [hits[1].score, 0.0, hits[0].score, 0.0]);
}

#[test]
fn a_compound_and_its_parts_are_one_piece_of_evidence() {
    let index = open(&[
        ("", &[], "call vec::push here"),
        ("", &[], "vec vec vec has push and push"),
        ("", &[], "vec without the other"),
        ("", &[], "apple pie with nothing else"),
    ]);
    let score_of = |query: &str, lesser: f32, passage: u32| {
        let options = LexicalOptions { lesser, prefix: false, typos: false, part: 1.0, ..Default::default() };
        index.scores(query, &[passage], &options)[0]
    };
    let parts: f32 = ["vec", "push"].map(|word| score_of(word, 0.5, 0)).iter().sum();
    let sum = score_of("vec::push", 1.0, 0);
    let (greater, lesser) = (parts.max(sum - parts), parts.min(sum - parts));
    assert!(lesser > 0.1, "both count");
    for share in [0.0, 0.5, 1.0] {
        let expected = greater + share * lesser;
        assert!((score_of("vec::push", share, 0) - expected).abs() < 1e-5);
        assert!(
            (score_of("apple vec::push pie", share, 0) - expected).abs() < 1e-5,
            "words around it are not its parts"
        );
    }
    let default = LexicalOptions { prefix: false, typos: false, part: 1.0, ..Default::default() };
    assert!(index.scores("vec::push", &[0], &default)[0] < sum, "not two pieces of evidence by default");

    // Without the compound its parts are words as others are, and words of other compounds add up.
    assert_eq!(score_of("vec::push", 0.0, 1), score_of("vec push", 0.0, 1));
    assert_eq!(score_of("vec-tor::push", 0.0, 1), score_of("vec push", 0.0, 1));
    let both = score_of("vec::push", 0.0, 0) + score_of("call-here", 0.0, 0);
    assert!((score_of("vec::push call-here", 0.0, 0) - both).abs() < 1e-5);
}

#[test]
fn overlapping_pairs_of_characters_are_words_each() {
    let index = open(&[("", &[], "東京都"), ("", &[], "大阪")]);
    let options = LexicalOptions { lesser: 0.0, prefix: false, ..Default::default() };
    let score_of = |query: &str| index.scores(query, &[0], &options)[0];
    assert!((score_of("東京都") - score_of("東京") - score_of("京都")).abs() < 1e-5);
}

#[test]
fn titles_and_headings_weigh_more_and_ties_go_by_number() {
    let index = open(&[
        ("x", &["x"], "lifetime"),
        ("lifetime", &["x"], "x"),
        ("x", &["x"], "lifetime"),
        ("x", &["lifetime"], "x"),
    ]);
    let order = found(&index, "lifetime ");
    assert_eq!(order[2..], [0, 2]);
    assert_eq!(index.search("lifetime ", 3, &LexicalOptions::default()).len(), 3);
}

#[test]
fn matched_terms_say_what_stood_for_what() {
    let index = open(BOOK);
    let matched = index.matched_terms("shared worksapce zebra ", 0, &LexicalOptions::default());
    let pairs: Vec<_> = matched.iter().map(|m| (m.word.as_str(), m.term.as_str())).collect();
    assert_eq!(pairs, [("shared", "share"), ("worksapce", "workspac")]);
    assert!(index.matched_terms("shared", 99, &LexicalOptions::default()).is_empty());
}

#[test]
fn each_language_is_stemmed_its_own_way() {
    let mut builder = LexicalBuilder::new();
    builder.add(0, "de", "", &[], "Die Häuser am See");
    builder.add(1, "en-US", "", &[], "The houses by the lake");
    builder.add(2, "ja", "", &[], "東京都の家");
    let index = LexicalIndex::open_all(&builder.finish(), "lexical.bin").expect("opens");
    assert_eq!(found(&index, "haus "), [0]);
    assert_eq!(found(&index, "housing "), [1]);
    assert_eq!(found(&index, "東京"), [2]);
    let german = LexicalOptions { lang: "de-CH", typos: false, ..Default::default() };
    assert!(index.search("housing ", 10, &german).is_empty());
}

#[test]
fn queries_are_stemmed_in_the_commonest_languages_each_stemmer_once() {
    let mut builder = LexicalBuilder::new();
    let tags = ["nn", "nb", "nb-NO", "en", "", "de", "fr", "ja", "zh", "es", "en-GB", "de-AT"];
    for (passage, tag) in (0..).zip(tags) {
        builder.add(passage, tag, "", &[], "x");
    }
    assert_eq!(builder.finish().languages, ["de", "en", "nb", "es"]);
}

#[test]
fn unknown_words_and_what_they_may_mean() {
    let index = open(BOOK);
    let query = "sharde wrkpsaces Vec::psuh zebra ";
    let (unknown, missing) = index.unknown_words(query, &|_| true);
    let found: Vec<(&str, Vec<(&str, u32)>)> = unknown
        .iter()
        .map(|word| (&query[word.range.clone()], word.terms.iter().map(|(term, at)| (term.as_str(), *at)).collect()))
        .collect();
    let expected = [
        ("sharde", vec![("share", 0), ("share", 1), ("set", 0), ("has", 4)]), // nearest first, in several passages
        ("wrkpsaces", vec![("workspac", 0)]),
        ("psuh", vec![("push", 4)]),
        ("zebra", vec![]),
    ];
    assert_eq!((found.as_slice(), missing.as_slice()), (&expected[..], &[][..]));
    let (unknown, _) = index.unknown_words("sharde ", &|passage| passage > 0);
    assert_eq!(unknown[0].terms[0], ("share".to_owned(), 1), "the first that is wanted");
    let (unknown, _) = index.unknown_words("wrkspace ", &|passage| passage > 0);
    assert!(unknown[0].terms.is_empty(), "none is wanted");
    assert!(index.unknown_words("share workspac", &|_| true).0.is_empty(), "found, and being typed");
}

#[test]
fn what_unknown_words_need_is_named() {
    let files = build(BOOK);
    let mut index = LexicalIndex::open(&files.root, files.passages, "lexical.bin").expect("opens");
    let mut rounds = 0;
    loop {
        let (_, missing) = index.unknown_words("xshare ", &|_| true);
        if missing.is_empty() {
            break;
        }
        rounds += 1;
        for chunk in missing {
            let bodies = if chunk.kind == ChunkKind::Postings { &files.postings } else { &files.spellings };
            index.add(chunk, &bodies[chunk.number as usize]).expect("a chunk of its own");
        }
    }
    assert!((2..=3).contains(&rounds), "{rounds}");
    assert_eq!(index.unknown_words("xshare ", &|_| true).0[0].terms[0], ("share".to_owned(), 0));
}

#[test]
fn the_same_passages_give_the_same_bytes() {
    assert_eq!(build(BOOK), build(BOOK));
}

#[test]
fn gaps_and_emptiness() {
    assert_eq!(found(&open(&[]), "anything"), [0u32; 0]);
    assert_eq!(found(&open(&[("", &[], "")]), "anything"), [0u32; 0]);
    let mut builder = LexicalBuilder::new();
    builder.add(3, "", "", &[], "alone here");
    builder.add(900, "", "", &[], "alone there");
    let index = LexicalIndex::open_all(&builder.finish(), "lexical.bin").expect("opens");
    assert_eq!((index.passages(), found(&index, "alone ")), (901, vec![3, 900]));
}

#[test]
fn many_terms_over_many_chunks() {
    let mut builder = LexicalBuilder::new();
    let name = |i: u32| format!("w{:03}x{}", i * 7919 % 1000, "é".repeat(i as usize % 5));
    for i in 0..1000 {
        builder.add(i, "xx", "", &[], &format!("common {}", name(i)));
    }
    let index = LexicalIndex::open_all(&builder.finish(), "lexical.bin").expect("opens");
    for i in 0..1000 {
        assert_eq!(found(&index, &format!("{} ", name(i))), [i]);
    }
    assert_eq!(index.search("common ", 5000, &LexicalOptions::default()).len(), 1000);
    assert_eq!(found(&index, "aaa "), [0u32; 0]);
    assert_eq!(found(&index, "zzz "), [0u32; 0]);
}

/// Uses everything of an index that opened, so that a panic would show.
fn exercise(index: &LexicalIndex) {
    for query in ["cat", "--cfg works", "refernces ", "w", "Vec::push condtionel "] {
        let hits = index.search(query, 5, &LexicalOptions::default());
        assert!(hits.iter().all(|h| h.passage < index.passages()));
        let _ = index.matched_terms(query, 0, &LexicalOptions::default());
    }
}

/// Every chunk of an index, with its body.
fn chunks(files: &LexicalFiles) -> Vec<(Chunk, &Vec<u8>)> {
    let of = |kind, bodies| (0..).zip(bodies).map(move |(number, body)| (Chunk { kind, number }, body));
    of(ChunkKind::Postings, &files.postings).chain(of(ChunkKind::Spellings, &files.spellings)).collect()
}

/// 3,000 passages with a word of their own each and some that many share: dozens of chunks.
fn large() -> LexicalFiles {
    let mut builder = LexicalBuilder::new();
    for i in 0..3000u32 {
        let (own, shared) = (format!("{}word{i}", ['k', 'l', 'm'][i as usize % 3]), ["rust", "rusted", "rustic"]);
        builder.add(i, "xx", "", &[], &format!("common {own} {}", shared[i as usize / 7 % 3]));
    }
    builder.finish()
}

#[test]
fn a_query_reads_few_chunks_and_ranks_as_with_all_of_them() {
    let files = large();
    let (all, total) = (chunks(&files), chunks(&files).len());
    assert!(total > 20, "{total}");
    let whole = LexicalIndex::open_all(&files, "lexical.bin").expect("opens");
    let options = LexicalOptions::default();
    for (query, most) in [
        ("kword300 ", 1),
        ("kword300 common ", 3),
        ("lword2002", 2),
        ("rust", 3),
        ("kwrod300 ", 8),
        ("mwrod2 unheard ", 12),
        ("k", 3),
        ("unheard ", 2),
        ("", 0),
    ] {
        let mut index = LexicalIndex::open(&files.root, files.passages, "lexical.bin").expect("opens");
        let mut rounds = 0;
        loop {
            let missing = index.missing(query, &options);
            if missing.is_empty() {
                break;
            }
            rounds += 1;
            for (chunk, body) in all.iter().filter(|(chunk, _)| missing.contains(chunk)) {
                index.add(*chunk, body).expect("a fresh chunk opens");
            }
        }
        assert!(rounds <= 3, "{query}: {rounds}");
        let used = index.needs(query, &options);
        assert!(used.len() <= most, "{query}: {used:?}");
        assert_eq!(used, whole.needs(query, &options), "{query}");
        assert_eq!(index.search(query, 100, &options), whole.search(query, 100, &options), "{query}");
    }
}

#[test]
fn the_other_words_answer_when_a_chunk_cannot_be_had() {
    let files = large();
    let mut index = LexicalIndex::open(&files.root, files.passages, "lexical.bin").expect("opens");
    let options = LexicalOptions::default();
    let lost = index.missing("kword300 ", &options);
    for (chunk, body) in chunks(&files).iter().filter(|(chunk, _)| !lost.contains(chunk)) {
        index.add(*chunk, body).expect("a fresh chunk opens");
    }
    assert_eq!(found(&index, "kword300 lword301 "), [301]);
    assert_eq!(found(&index, "kword300 "), [0u32; 0]);
    assert_eq!(index.missing("kword300 lword301 ", &options), lost);
}

#[test]
fn a_truncated_root_is_an_error_at_every_length() {
    let LexicalFiles { root, passages, .. } = build(BOOK);
    for len in 0..root.len() {
        match LexicalIndex::open(&root[..len], passages, "lexical-1.bin") {
            Err(error @ Error::Damaged { .. }) => {
                let message = error.to_string();
                assert!(message.contains("lexical-1.bin") && message.contains("siteseer index"), "{message}");
            }
            other => panic!("{len} bytes: {other:?}"),
        }
    }
    assert!(matches!(LexicalIndex::open(&[&root[..], &[0]].concat(), passages, "l"), Err(Error::Damaged { .. })));
}

#[test]
fn flipped_bytes_never_panic() {
    let files = build(BOOK);
    let mut opened = 0;
    let mut check = |damaged: LexicalFiles| {
        if let Ok(index) = LexicalIndex::open_all(&damaged, "lexical.bin") {
            exercise(&index);
            opened += 1;
        }
    };
    for flip in [1, 0x10, 0x80, 0xFF] {
        for at in 0..files.root.len() {
            let mut damaged = files.clone();
            damaged.root[at] ^= flip;
            check(damaged);
        }
        for at in 0..files.postings[0].len() {
            let mut damaged = files.clone();
            damaged.postings[0][at] ^= flip;
            check(damaged);
        }
    }
    assert!(opened > 0, "a letter may have become another");
}

#[test]
fn random_damage_never_panics() {
    let files = build(BOOK);
    let mut state = 0x9E37_79B9_7F4A_7C15u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as usize
    };
    for round in 0..3000 {
        let mut damaged = files.clone();
        let part = match round % 3 {
            0 => &mut damaged.root,
            1 => &mut damaged.postings[0],
            _ => &mut damaged.spellings[0],
        };
        for _ in 0..1 + random() % 8 {
            let at = random() % part.len();
            part[at] = random() as u8;
        }
        if let Ok(index) = LexicalIndex::open_all(&damaged, "lexical.bin") {
            exercise(&index);
        }
    }
}

#[test]
fn wrong_kind_and_wrong_version() {
    let LexicalFiles { mut root, passages, .. } = build(BOOK);
    assert!(matches!(LexicalIndex::open(&root, passages + 1, "l"), Err(Error::Damaged { .. })));
    root[8] = 1;
    let error = LexicalIndex::open(&root, passages, "lexical.bin").expect_err("another version");
    assert!(matches!(error, Error::Version { found: 1, supported: 2, .. }), "{error}");
    root[0] = b'x';
    assert!(matches!(LexicalIndex::open(&root, passages, "lexical.bin"), Err(Error::Damaged { .. })));
}

#[test]
#[should_panic(expected = "increasing order")]
fn passages_must_come_in_order() {
    let mut builder = LexicalBuilder::new();
    builder.add(1, "", "", &[], "one");
    builder.add(1, "", "", &[], "again");
}

#[test]
fn weighted_words_count_more_or_less_and_those_of_weight_0_not_at_all() {
    let filler = "one two three four five six seven";
    let passages: [&[(u16, &str)]; 4] = [
        &[(100, "whale"), (100, filler)],
        &[(300, "whale"), (100, filler)],
        &[(50, "whale whale"), (100, filler)],
        &[(0, "whale unicorn"), (100, filler)],
    ];
    let mut builder = LexicalBuilder::new();
    for (id, body) in (0..).zip(passages) {
        builder.add_weighted(id, "en", "", &[], body);
    }
    let index = LexicalIndex::open_all(&builder.finish(), "lexical.bin").unwrap();
    assert_eq!(found(&index, "whale ")[0], 1, "three times as much");
    let scores = index.score_all("whale ", &LexicalOptions::default());
    assert!(scores[2] > 0.0 && scores[2] <= scores[0] && scores[0] < scores[1] && scores[3] == 0.0, "{scores:?}");
    assert_eq!(found(&index, "unicorn "), [0u32; 0]);
    assert_eq!(found(&index, "seven ").len(), 4);
}

#[test]
fn a_text_of_plain_weight_gives_the_bytes_of_one_without() {
    let (mut plain, mut weighted) = (LexicalBuilder::new(), LexicalBuilder::new());
    plain.add(0, "en", "Title", &["Heading".to_owned()], "some words\nand others");
    weighted.add_weighted(0, "en", "Title", &["Heading".to_owned()], &[(100, "some words"), (100, "and others")]);
    assert_eq!(plain.finish(), weighted.finish());
}
