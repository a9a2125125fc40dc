use super::expand::Rows;
use super::*;
use crate::index::vectors::Vectors;
use crate::text::normalize::NormalizeOptions;
use crate::text::word_piece::{WordPiece, WordPieceConfig};

/// Scores are sums in another order: of some ten impacts below 10, in 32 bits.
const ROUNDING: f32 = 1e-4;
const SPELLING: Spelling = Spelling {
    options: NormalizeOptions { lowercase: true, strip_accents: true, split_cjk: true },
    max_word_chars: 20,
};

fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

/// An index with a list of each of these lengths, its parts and impacts at random; few impacts are great, and those of rare tokens
/// are greater, as in practice.
fn random_index(parts: u32, lengths: &[usize], most: usize, seed: u64) -> ImpactIndex {
    let mut state = seed;
    let mut of_part: Vec<Vec<(u32, f32)>> = vec![Vec::new(); parts as usize];
    for (token, &length) in (0..).zip(lengths) {
        let mut all: Vec<u32> = (0..parts).collect();
        for at in 0..length {
            let other = at + next(&mut state) as usize % (all.len() - at);
            all.swap(at, other);
            let x = 1.0 + next(&mut state) as f32 % 1000.0 / 100.0;
            of_part[all[at] as usize].push((token, (parts as f32 / length as f32).ln_1p() / x));
        }
    }
    let mut builder = ImpactBuilder::new((0..lengths.len()).map(|token| format!("t{token}")).collect());
    (0..).zip(&of_part).for_each(|(part, impacts)| builder.add(part, impacts));
    open(&builder.finish(SPELLING, parts, most))
}

fn open(files: &ImpactFiles) -> ImpactIndex {
    let mut index = ImpactIndex::open(&files.root).unwrap();
    (0..).zip(&files.chunks).for_each(|(number, body)| index.add(number, body).unwrap());
    index
}

#[test]
fn the_best_are_those_of_all_scores_at_every_length_of_a_list() {
    let lengths = [1, 2, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 511, 8 * BLOCK, 8 * BLOCK + 1, 1000, 2500, 3000];
    let index = random_index(3000, &lengths, 2000, 7);
    let names: Vec<String> = (0..lengths.len()).map(|token| format!("t{token}")).collect();
    let mut state = 11;
    let (mut read, mut postings) = ([0, 0], 0);
    for round in 0..60 {
        let count = 1 + next(&mut state) as usize % 8;
        let query = (0..count).map(|_| names[next(&mut state) as usize % names.len()].as_str());
        let query = index.query(query.collect::<Vec<_>>());
        let all = query.score_all();
        let mut order: Vec<f32> = all.iter().copied().filter(|&score| score > 0.0).collect();
        order.sort_by(|a, b| b.total_cmp(a));
        for k in [1, 10, 100, 400, 5000] {
            let best = query.top_k(k);
            assert_eq!(best.parts.len(), k.min(order.len()), "round {round}, {k}");
            for (&(part, score), expected) in best.parts.iter().zip(&order) {
                assert!((score - expected).abs() < ROUNDING, "round {round}, {k}: {score} for {expected}");
                assert!((score - all[part as usize]).abs() < ROUNDING, "round {round}, {k}: part {part}");
            }
            assert!(best.read <= query.postings());
            read[0] += if k == 10 { best.read } else { 0 };
            read[1] += if k == 400 { best.read } else { 0 };
        }
        postings += query.postings();
        let some: Vec<u32> = (0..3000).filter(|_| next(&mut state).is_multiple_of(17)).collect();
        for (&part, score) in some.iter().zip(query.scores(&some)) {
            assert!((score - all[part as usize]).abs() < ROUNDING);
        }
    }
    let skipped = read.map(|read| 100 * (postings - read) / postings);
    println!("skipped of {postings} postings: {} % for the best 10, {} % for the best 400", skipped[0], skipped[1]);
    assert!(read[0] < postings, "nothing was skipped");
}

#[test]
fn a_list_has_levels_of_the_greatest_impact_and_is_cut() {
    let mut builder = ImpactBuilder::new(vec!["b".into(), "a".into(), "none".into()]);
    builder.add(0, &[(0, 8.0), (1, 1.0)]);
    builder.add(0, &[(0, 3.0), (1, 2.0), (2, 0.0)]);
    builder.add(4, &[(0, 0.1)]);
    builder.add(5, &[(0, 4.1)]);
    builder.add(6, &[(0, 5.0)]);
    let index = open(&builder.finish(SPELLING, 7, 3));
    // the step is 1: 8, 4.1 and 5 lie in the levels 8, 5 and 5; the fourth is cut off
    assert_eq!(index.query(["b"]).score_all(), [7.5, 0.0, 0.0, 0.0, 0.0, 4.5, 4.5]);
    // of two passages the greater; the step is 0.25
    assert_eq!(index.query(["a"]).score_all()[0], 1.875);
    assert_eq!(index.query(["b", "a", "b", "what"]).top_k(2).parts, [(0, 16.875), (5, 9.0)]);
    assert_eq!((index.query(["none"]).postings(), index.query([]).top_k(3).parts), (0, vec![]));
}

#[test]
fn files_come_back_and_every_truncation_is_refused() {
    let tokens = ["a", "ab", "b"].map(String::from).to_vec();
    let mut builder = ImpactBuilder::new(tokens);
    for part in 0..900 {
        builder.add(part, &[(part % 2, 1.0 + part as f32 % 7.0), (2, 3.0)]);
    }
    let files = builder.finish(SPELLING, 900, 1000);
    assert_eq!(files.chunks.len(), 1);
    let mut index = open(&files);
    assert_eq!((index.parts(), index.chunks(), index.chunk_of("ab"), index.chunk_of("A")), (900, 1, 0, 0));
    assert_eq!(index.query(["a", "b"]).postings(), 1350);
    for cut in 0..files.root.len() {
        assert!(ImpactIndex::open(&files.root[..cut]).is_none(), "cut at {cut}");
    }
    let body = &files.chunks[0];
    for cut in 0..body.len() {
        assert!(index.add(0, &body[..cut]).is_none(), "cut at {cut}");
    }
    assert!(index.add(0, &[body, &[0][..]].concat()).is_none(), "goes on behind its end");
    assert!(index.add(1, body).is_none(), "no such chunk");
    let mut fewer = ImpactBuilder::new(Vec::new()).finish(SPELLING, 899, 1).root;
    fewer.splice(10.., files.root[10..].iter().copied());
    assert!(ImpactIndex::open(&fewer).unwrap().add(0, body).is_none(), "a part that is not there");
}

#[test]
fn long_lists_make_many_chunks() {
    let tokens: Vec<String> = (0..50).map(|token| format!("{token:02}")).collect();
    let mut builder = ImpactBuilder::new(tokens);
    for part in 0..2000 {
        builder.add(part, &[(part % 50, 1.0), ((part * 7 + 3) % 50, 2.0)]);
    }
    let files = builder.finish(SPELLING, 2000, 1000);
    let index = open(&files);
    assert!(files.chunks.len() > 3 && files.chunks.iter().all(|body| body.len() < 2 * CHUNK), "{}", files.chunks.len());
    for token in 0..50 {
        assert!(index.query([format!("{token:02}").as_str()]).postings() > 0, "token {token}");
    }
    assert_eq!(index.chunk_of("00"), 0);
}

#[test]
fn a_passage_is_expanded_by_the_tokens_that_say_most_of_it() {
    // of two axes, and fourteen without anything
    let padded =
        |pairs: &[[f32; 2]]| -> Vec<f32> { pairs.iter().flat_map(|pair| [&pair[..], &[0.0; 14]].concat()).collect() };
    let vectors = Vectors::quantize(&padded(&[[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]]), 16);
    let rows = padded(&[[2.0, 0.0], [0.0, 1.0], [1.0, 1.0], [-1.0, 0.0]]);
    let sorted = |mut impacts: Vec<Vec<(u32, f32)>>| {
        impacts.iter_mut().for_each(|impacts| impacts.sort_by_key(|impact| impact.0));
        impacts
    };
    let trained = Rows::trained(&rows, vec![-1.0, -0.5, 0.0, 0.0], vec![1.0, 2.0, 1.0, 1.0]);
    let impacts = sorted(trained.expand(&vectors, 0..3, 2));
    // [1, 0]: 2 − 1, 0 − 0.5, 1, −1; [0, 1]: 0 − 1, 1 − 0.5, 1, 0; [0.6, 0.8]: 1.2 − 1, 0.8 − 0.5, 1.4, −0.6
    let expected = [
        [(0, 2f32.ln()), (2, 2f32.ln())],
        [(1, 2.0 * 1.5f32.ln()), (2, 2f32.ln())],
        [(1, 2.0 * 1.3f32.ln()), (2, 2.4f32.ln())],
    ];
    for (impacts, expected) in impacts.iter().zip(expected) {
        for (impact, expected) in impacts.iter().zip(expected) {
            assert!(impact.0 == expected.0 && (impact.1 - expected.1).abs() < 0.01, "{impact:?} for {expected:?}");
        }
    }
    // the mean of [1, 0], [0, 1] and [0.6, 0.8] is [0.53, 0.6]
    let untrained = sorted(Rows::above_mean(&rows, &vectors).expand(&vectors, 0..2, 1));
    assert_eq!(untrained.iter().map(|impacts| impacts[0].0).collect::<Vec<_>>(), [0, 3]);
    assert!((untrained[0][0].1 - 0.933).abs() < 0.01, "{untrained:?}");
    let many = padded(&(0..200).map(|i| [i as f32 / 100.0, 0.0]).collect::<Vec<_>>());
    let best = Rows::trained(&many, vec![0.0; 200], vec![1.0; 200]).expand(&vectors, 0..1, 3);
    assert_eq!(sorted(best)[0].iter().map(|impact| impact.0).collect::<Vec<_>>(), [197, 198, 199]);
}

/// A vocabulary whose lists are so long that nearly each token has a chunk of its own.
fn spelling_index(vocabulary: &[&str]) -> ImpactFiles {
    let mut builder = ImpactBuilder::new(vocabulary.iter().map(|token| (*token).to_owned()).collect());
    for part in 0..900 {
        let all: Vec<(u32, f32)> = (0..vocabulary.len() as u32).map(|token| (token, 1.0)).collect();
        builder.add(part, &all);
    }
    builder.finish(SPELLING, 900, 900)
}

#[test]
fn a_query_is_spelled_with_the_chunks_that_it_asks_for() {
    let vocabulary = ["q", "qb", "qbc", "b", "c", "##q", "##c", "##cd", "!", "é"];
    let files = spelling_index(&vocabulary);
    assert!(files.chunks.len() >= 5, "{}", files.chunks.len());
    let word_piece = |query: &str| -> Vec<String> {
        let mut vocabulary = vocabulary.to_vec();
        vocabulary.extend(["[UNK]", "[CLS]", "[SEP]", "[PAD]"]);
        let config = WordPieceConfig {
            lowercase: true,
            strip_accents: true,
            split_cjk: true,
            unk_id: 10,
            cls_id: 11,
            sep_id: 12,
            pad_id: 13,
            max_word_chars: SPELLING.max_word_chars,
        };
        let tokenizer = WordPiece::new(&vocabulary.join("\n"), config).unwrap();
        let mut ids = Vec::new();
        tokenizer.encode_into(query, &mut ids);
        ids.into_iter().map(|id| tokenizer.text_of(id).to_owned()).filter(|token| token != "[UNK]").collect()
    };
    let queries = ["qbcd", "QBC qb q!", "qbccdq", "qcd", "x", "qbx b", "", "c##q", "zzz", "é b", &"q".repeat(21)];
    for query in queries {
        let mut index = ImpactIndex::open(&files.root).unwrap();
        let mut asked = Vec::new();
        loop {
            let missing = index.tokens(query).1;
            if missing.is_empty() {
                break;
            }
            for number in missing {
                assert!(!asked.contains(&number), "{query}: chunk {number} a second time");
                asked.push(number);
                index.add(number, &files.chunks[number as usize]).unwrap();
            }
        }
        let tokens = index.tokens(query).0;
        assert_eq!(tokens, word_piece(query), "{query}");
        let postings = index.query(tokens.iter().map(String::as_str)).postings();
        let mut different = tokens.clone();
        different.sort();
        different.dedup();
        assert_eq!(postings, 900 * different.len(), "{query}: the lists are there");
    }
    let whole = open(&files);
    assert_eq!(whole.tokens(&"q ".repeat(100)).0.len(), 64, "the rest of a long query is not read");
    assert_eq!(whole.tokens("The b of an q").0, ["b", "q"], "stop words are not looked up");
}

#[test]
fn heads_that_no_token_has_are_refused() {
    let files = spelling_index(&["a", "ab", "abc"]);
    let (number, body) = (0..).zip(&files.chunks).find(|(_, body)| body[..3] == [2, 1, 2]).unwrap();
    let mut index = ImpactIndex::open(&files.root).unwrap();
    for (length, is_sound) in [(1, true), (2, true), (3, false), (0, false)] {
        let mut changed = body.clone();
        changed[2] = length;
        assert_eq!(index.add(number, &changed).is_some(), is_sound, "{length}");
    }
}
