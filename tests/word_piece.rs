//! Our WordPiece gives the ids of the `tokenizers` crate: on every Unicode scalar value, on a list of nasty texts, on
//! random text, and on the text of the evaluation collections where they are.

#![cfg(not(target_arch = "wasm32"))]

#[path = "common/eval.rs"]
mod eval;
#[path = "common/random.rs"]
mod random;
#[path = "common/tokenizer.rs"]
mod tokenizer;

use std::sync::LazyLock;
use std::time::Instant;

use random::Random;
use tokenizer::{Pair, reference_model};
use tokenizers::{EncodeInput, TruncationStrategy};

static PAIR: LazyLock<Pair> = LazyLock::new(|| Pair::load(&reference_model()));

/// Texts that have broken tokenizers.
const TORTURE: &[&str] = &[
    "",
    " ",
    "\n\r\t\u{b}\u{c}\u{85}\u{a0}\u{1680}\u{2000}\u{2003}\u{2009}\u{200a}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}",
    "tab\tlf\ncr\rcrlf\r\nvt\u{b}ff\u{c}nel\u{85}nbsp\u{a0}ogham\u{1680}em\u{2003}ls\u{2028}ps\u{2029}ideographic\u{3000}end",
    "nul\0inside\u{fffd}replacement\u{1}soh\u{1b}[31mescape\u{7f}del\u{9f}c1",
    "soft\u{ad}hyphen zero\u{200b}width\u{200c}non\u{200d}joiner\u{2060}word\u{feff}bom\u{34f}cgj",
    "e\u{301} é E\u{301} É a\u{302}\u{301} ấ a\u{323}\u{302} ậ a\u{302}\u{323} q\u{307}\u{323} q\u{323}\u{307}",
    "\u{301}\u{302}\u{303}", // marks with nothing to stand on
    "a\u{301}\0\u{323}b \u{301}x\u{fffd}\u{323}",
    "Z\u{335}\u{336}\u{337}a\u{488}\u{489}l\u{20dd}g\u{20e3}o\u{1ab0}\u{1dc0}\u{fe20}",
    "\u{1d165}\u{1d16e}\u{1d15e}\u{302e}\u{302f}\u{16ff0}\u{16ff1}", // marks with a class that are not Mn
    "क़ खि नमस्ते ক্ষ தமிழ் ไทย ภาษาไทย ລາວ မြန်မာ ខ្មែរ བོད་སྐད་",
    "שָׁלוֹם עולם שׁ שּׁ مرحبا بالعالم ﷺ ﷽ لا ﻻ السَّلَامُ ١٢٣ ۱۲۳ \u{202e}gnirts\u{202c} \u{200f}",
    "中文字符 日本語のテキスト カタカナ ｶﾀｶﾅ 한국어 한국어 각 ㄱㄴㄷ \u{1100}\u{1161}\u{11a8}",
    "𠀀𠀁𪛖 𪜀 𫝀 𫠠𫠝 𫤠 𬺡 丽 豈 更 㐀䶵 鿿 〇々〆 ㍿ ㈱ ⺀ ⼀ 𛀀",
    "👍🏽 👨‍👩‍👧‍👦 🏳️‍🌈 🇩🇪 1️⃣ ❤️ ☎︎ 🫠 🪿 x👍y",
    "İstanbul ISTANBUL ıstanbul İİ iİ I\u{307} ß ẞ ŉ ǰ ΐ ﬁ ﬂ ﬃ ﬆ Ǆ ǅ ǆ ĳ",
    "ΟΔΥΣΣΕΥΣ ΌΔΟΣ Σ ς σ ΑΣ. ᾈ ᾳ ᾼ Ω Ω K K Å Å",
    "ﬁn-de-siècle naïve façade Æther œuvre Łódź Đorđe ø Ø þ Þ ð",
    "¿Qué? «guillemets» „low“ ‚single‘ … – — ― ‐ ‑ ⸺ 。、！？「」『』 ｡､ ՚ ۔ । ॥ ‽ ⁂ § ¶ † ‡ • · ′ ″ ‖ _ ‿ ⁀",
    "$100 €50 £5 ¥¥ + < = > | ~ ^ ` ´ ¨ ° ± × ÷ ≠ ∞ → ⇒ ∀ ½ ² ₂ Ⅷ ① 𝟘 𝐀𝒷𝕮 ℕ ﷼",
    "--cfg [patch.crates-io] E0277 std::vec::Vec<T> foo_bar.baz() #[derive(Debug)] C++ C# .NET x86_64-unknown-linux-gnu",
    "[CLS] [SEP] [PAD] [UNK] [MASK] [SEP][SEP] a[SEP]b [sep] [unused0] ##ing ## # ##",
    "https://example.org/a?b=c&d=%20#e user@example.org 127.0.0.1 ::1 C:\\dir /usr/lib",
    "\u{d7ff}\u{e000}\u{f8ff}\u{fdd0}\u{ffff}\u{10000}\u{1fffe}\u{e0001}\u{e0041}\u{f0000}\u{10ffff}", // beside the surrogates
    "\u{180e}\u{115f}\u{1160}\u{3164}\u{ffa0}\u{2800}\u{fff9}\u{fffa}\u{fffb}\u{110bd}\u{1d173}",
    "Ⴀ ა Ა ᏸ Ꭰ ꭰ 𐐀𐐨 𞤀𞤢 Ⱥ ⱥ Ꞌ Ᵹ",
    "a\u{0}",
    "\u{0}a",
    "a\u{300}",
    "\u{300}a",
    "a \u{300}",
    "a\u{300} ",
    ".\u{300}.",
    "日\u{300}本",
    "\u{300}日",
];

#[test]
fn every_scalar_value_alone_and_between_letters() {
    let scalars: Vec<char> = (0..=u32::from(char::MAX)).filter_map(char::from_u32).collect();
    assert_eq!(scalars.len(), 1_112_064);
    for batch in scalars.chunks(128) {
        let text: String = batch.iter().map(|c| format!("{c} a{c}b ")).collect();
        PAIR.assert_same(&text);
    }
}

#[test]
fn torture_list() {
    for text in TORTURE {
        PAIR.assert_same(text);
    }
    PAIR.assert_same(&TORTURE.concat());
    PAIR.assert_same(&TORTURE.join("a"));
}

#[test]
fn words_around_the_longest_length() {
    for unit in ["a", "é", "e\u{301}", "İ", "ß", "日", "한", "👍", "क", "\u{ad}", "\u{1d165}"] {
        for len in [1, 2, 49, 50, 51, 99, 100, 101, 102, 199, 200, 201, 1000, 100_000] {
            PAIR.assert_same(&unit.repeat(len));
            PAIR.assert_same(&format!("x {}.y", unit.repeat(len)));
        }
    }
}

#[test]
fn random_text() {
    let mut random = Random::new(3);
    // Blocks where much happens, each as (first, last) scalar value.
    let blocks = [
        (0x20, 0x7e),
        (0x61, 0x7a),
        (0, 0x2ff),
        (0x300, 0x36f),
        (0x370, 0x58f),
        (0x590, 0x8ff),
        (0x900, 0xdff),
        (0xe00, 0x10ff),
        (0x1100, 0x11ff),
        (0x1ab0, 0x1aff),
        (0x1dc0, 0x1fff),
        (0x2000, 0x2bff),
        (0x3000, 0x30ff),
        (0x4e00, 0x9fff),
        (0xac00, 0xd7a3),
        (0xf900, 0xffff),
        (0x10000, 0x16fff),
        (0x1d100, 0x1d1ff),
        (0x1f300, 0x1faff),
        (0x20000, 0x2ffff),
        (0, 0x10ffff),
    ];
    for _ in 0..20_000 {
        let (mut text, first) = (String::new(), random.below(blocks.len()));
        for _ in 0..random.below(40) {
            let (low, high) = if random.below(3) > 0 { blocks[first] } else { random.pick(&blocks) };
            let value = low + random.below((high - low + 1) as usize) as u32;
            text.extend(char::from_u32(value));
            if random.below(8) == 0 {
                text.push(random.pick(&[' ', '\n', '-', '.', '\u{301}', '\u{323}', '\u{200d}', '#', '[']));
            }
        }
        PAIR.assert_same(&text);
    }
}

#[test]
fn random_words_of_the_vocabulary() {
    let mut random = Random::new(4);
    let vocab = PAIR.theirs.get_vocab(false);
    let mut tokens: Vec<&str> = vocab.keys().map(String::as_str).collect();
    tokens.sort_unstable();
    for _ in 0..2_000 {
        let text: String = (0..40).map(|_| random.pick(&tokens).replace("##", "")).collect::<Vec<_>>().concat();
        PAIR.assert_same(&text);
        let text = (0..40).map(|_| random.pick(&tokens)).collect::<Vec<_>>().join(" ");
        PAIR.assert_same(&text);
        PAIR.assert_same(&text.to_uppercase());
    }
}

#[test]
fn truncation_of_one_text_and_of_pairs() {
    let words = |count: usize, word: &str| vec![word; count].join(" ");
    let texts: Vec<String> = [0, 1, 2, 3, 5, 8, 13, 40]
        .into_iter()
        .flat_map(|count| [words(count, "cargo"), words(count, "workspaces")])
        .collect();
    for max_tokens in [3, 4, 5, 8, 16, 17, 18, 64] {
        let theirs = PAIR.cutting(max_tokens, TruncationStrategy::LongestFirst);
        let theirs_of_pairs = PAIR.cutting(max_tokens, TruncationStrategy::OnlySecond);
        let mut compared = 0;
        for a in &texts {
            let single = theirs.encode(a.as_str(), true).expect("encodes");
            assert_eq!(single.get_ids(), PAIR.ours.encode(a, max_tokens), "{a:?} {max_tokens}");
            for b in &texts {
                let pair = EncodeInput::Dual(a.as_str().into(), b.as_str().into());
                // theirs gives up where the second text would have to be cut to nothing
                let Ok(pair) = theirs_of_pairs.encode(pair, true) else { continue };
                let (ids, types) = PAIR.ours.encode_pair(a, b, usize::MAX, max_tokens);
                assert_eq!((pair.get_ids(), pair.get_type_ids()), (&ids[..], &types[..]), "{a:?} {b:?} {max_tokens}");
                compared += 1;
            }
        }
        assert!(compared > 0, "no pair compared at {max_tokens} tokens");
    }
}

#[test]
fn counts_are_lengths() {
    for text in TORTURE {
        assert_eq!(PAIR.ours.count(text), PAIR.their_ids(text).len());
    }
}

/// The collections are not part of the repository; the parity suite brings them, and without them this test compares on
/// this repository's own text instead, so that it never passes without having compared real text.
#[test]
fn real_text() {
    let mut texts = Vec::new();
    if let Some(folder) = eval::eval_folder() {
        for collection in eval::collections(&folder) {
            texts.extend(eval::documents(&folder, &collection));
            texts.extend(eval::queries(&folder, &collection));
        }
    } else {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        for file in ["Cargo.lock", "src/text/normalize.rs", "tests/word_piece.rs", "src/model/file.rs"] {
            texts.push(std::fs::read_to_string(root.join(file)).expect("the repository's own text"));
        }
    }
    assert!(!texts.is_empty());
    let mut seconds = [0.0; 2];
    let (mut bytes, mut tokens) = (0, 0);
    for text in &texts {
        let start = Instant::now();
        let theirs = PAIR.their_ids(text);
        seconds[0] += start.elapsed().as_secs_f64();
        let start = Instant::now();
        let ours = PAIR.our_ids(text);
        seconds[1] += start.elapsed().as_secs_f64();
        if theirs != ours {
            PAIR.assert_same(text);
        }
        bytes += text.len();
        tokens += ours.len();
    }
    let [theirs, ours] = seconds.map(|seconds| bytes as f64 / 1e6 / seconds);
    println!("{} texts, {bytes} bytes, {tokens} tokens: ours {ours:.1} MB/s, tokenizers {theirs:.1} MB/s", texts.len());
}
