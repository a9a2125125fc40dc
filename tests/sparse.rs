//! Learned sparse retrieval in an index: its files, its tier, and a query that is spelled with the chunks that it reads.

#![cfg(not(target_arch = "wasm32"))]

#[path = "common/garden.rs"]
mod garden;
#[path = "common/tiny_model.rs"]
mod tiny_model;

use garden::{files, index, repository, siteseer};
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;
use siteseer::cli::folder;
use siteseer::search::searcher::Tier;
use siteseer::text::normalize::for_each_word;
use siteseer::text::stop_words::is_stop_word;
use std::fs;
use std::ops::ControlFlow;

#[test]
fn an_index_has_postings_in_place_of_the_static_tower() {
    let desk = tempfile::tempdir().unwrap();
    let out = desk.path().join("index");
    index(&out, &["--sparse", "on"]).success().stderr(contains("Expanding").and(contains("meaning without a model")));
    let manifest: Value = serde_json::from_slice(&fs::read(out.join("manifest.json")).unwrap()).unwrap();
    assert_eq!((&manifest["sparse"]["id"], &manifest["sparse"]["terms"]), (&"siteseer-sparse".into(), &128.into()));
    assert!(manifest["staticTower"].is_null() && files(&out, "tower").is_empty() && files(&out, "tokens").is_empty());
    let postings = files(&out, "impacts");
    assert_eq!(postings.len() as u64, 1 + manifest["files"]["sparse"]["impacts"]["files"].as_u64().unwrap());
    index(&out, &["--sparse", "on", "--quiet"]).success().stderr("");
    assert_eq!(files(&out, "impacts"), postings, "the same bytes have the same names");
    index(&out, &["--sparse", "on", "--sparse-terms", "8"]).success();
    let size = |names: &[String]| -> u64 { names.iter().map(|name| fs::metadata(out.join(name)).unwrap().len()).sum() };
    let fewer = size(&files(&out, "impacts"));
    index(&out, &["--sparse", "on"]).success();
    assert!(fewer < size(&postings), "fewer tokens of a passage are fewer bytes");

    // words that the page does not have
    let search = |tier: &str| siteseer().args(["search", "garbage", "--tier", tier, "--index"]).arg(&out).assert();
    search("static").success().stdout(contains("compost")).stderr(contains("no model"));
    search("lexical").success().stdout(contains("compost").not());
    let inspect = siteseer().args(["inspect", "--json"]).arg(&out).output().unwrap();
    let report: Value = serde_json::from_slice(&inspect.stdout).unwrap();
    assert!(report["sparseQueryBytes"]["median"].as_u64() > Some(0), "{report}");
    let text = siteseer().arg("inspect").arg(&out).assert().success();
    text.stdout(contains("impacts").and(contains("meaning: median")));
}

#[test]
fn a_query_reads_its_chunks_and_a_broken_one_is_named() {
    let desk = tempfile::tempdir().unwrap();
    let out = desk.path().join("index");
    index(&out, &["--sparse", "on"]).success();
    let mut cascade = folder::open(&out, false).unwrap();
    folder::load_words(&out, &mut cascade.searcher, "garbage").unwrap();
    assert_eq!(cascade.tier(), Some(Tier::Lexical));
    assert!(cascade.rank("garbage", Tier::Static, 5).unwrap_err().to_string().contains("impacts"), "not open");
    assert!(folder::load_meaning_without_a_model(&out, &mut cascade).unwrap());
    assert_eq!(cascade.tier(), Some(Tier::Static));
    assert!(cascade.rank("garbage", Tier::Static, 5).unwrap().is_empty(), "nothing was read yet");
    let missing = cascade.sparse_tier().unwrap().missing("garbage");
    assert_eq!(missing.len(), 1);
    folder::load_meaning_of(&out, &mut cascade, "garbage").unwrap();
    assert!(cascade.sparse_tier().unwrap().missing("garbage").is_empty());
    let hits = cascade.rank("garbage", Tier::Static, 5).unwrap();
    assert!(!hits.is_empty() && hits.iter().all(|hit| hit.dense_rank.is_some()), "{hits:?}");
    assert!(cascade.rank(" ", Tier::Static, 5).unwrap().is_empty());

    let root = files(&out, "impacts-root")[0].clone();
    let suffix = format!("-{}.bin.gz", missing[0]);
    let chunk = files(&out, "impacts-").into_iter().find(|name| name.ends_with(&suffix) && *name != root).unwrap();
    let search = |tier: &str| siteseer().args(["search", "garbage", "--tier", tier, "--index"]).arg(&out).assert();
    for name in [root, chunk] {
        let content = fs::read(out.join(&name)).unwrap();
        fs::write(out.join(&name), &content[..content.len() / 2]).unwrap();
        search("static").failure().code(1).stderr(contains(name.as_str()));
        search("lexical").success();
        fs::remove_file(out.join(&name)).unwrap();
        search("static").failure().code(1).stderr(contains(name.as_str()));
        fs::write(out.join(&name), &content).unwrap();
    }
    search("static").success();
}

/// Texts that are hard to cut into tokens.
const TORTURE: &[&str] = &[
    "--cfg [patch.crates-io] E0277 std::vec::Vec<T> foo_bar.baz() #[derive(Debug)] C++ C# x86_64-unknown-linux-gnu",
    "[CLS] [SEP] [PAD] [UNK] [MASK] [unused0] ##ing ## # ## the thesaurus theses there thereby",
    "e\u{301} É naïve façade Łódź İstanbul ΟΔΥΣΣΕΥΣ 中文字符 日本語 한국어 ﬁn ½ 𝟘 👍🏽 \u{200b} \u{fffd} \u{301}a",
    "unbelievablyinterconnectedness antidisestablishmentarianism supercalifragilisticexpialidocious zzzzqqqxx",
];

#[test]
fn queries_are_spelled_as_the_whole_vocabulary_spells_them() {
    let desk = tempfile::tempdir().unwrap();
    let out = desk.path().join("index");
    index(&out, &["--sparse", "on"]).success();
    let mut cascade = folder::open(&out, true).unwrap();
    folder::load_meaning_without_a_model(&out, &mut cascade).unwrap();
    let tokenizer = || cascade.encoders().unwrap().bi_encoder().tokenizer();
    let mut texts: Vec<String> = TORTURE.iter().map(|text| (*text).to_owned()).collect();
    texts.extend((0..tokenizer().vocab_size() as u32).map(|id| tokenizer().text_of(id).replace("##", "x")));
    let expected = |text: &str| -> Vec<String> {
        let (config, mut tokens) = (tokenizer().config(), Vec::new());
        for_each_word(text, config.options(), config.max_word_chars, |word| {
            let mut ids = Vec::new();
            if word.chars <= config.max_word_chars && !is_stop_word(word.text) {
                tokenizer().encode_into(word.text, &mut ids);
            }
            let known = ids.into_iter().filter(|&id| id != config.unk_id);
            tokens.extend(known.map(|id| tokenizer().text_of(id).to_owned()));
            ControlFlow::Continue(())
        });
        tokens.truncate(64);
        tokens
    };
    let texts: Vec<(String, Vec<String>)> = texts.into_iter().map(|text| (text.clone(), expected(&text))).collect();
    for (text, expected) in texts {
        folder::load_meaning_of(&out, &mut cascade, &text).unwrap();
        assert_eq!(cascade.sparse_tier().unwrap().impacts().tokens(&text).0, expected, "{text}");
    }
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let desk = tempfile::tempdir().unwrap();
    let out = desk.path().join("index");
    let fails = |args: &[&str], says: &str| {
        index(&out, args).failure().code(1).stderr(contains(says));
        assert!(!out.exists(), "{args:?}: nothing is left half-written");
    };
    let tower = repository("models/siteseer-static-tower.safetensors");
    fails(&["--sparse", "on", "--static", tower.to_str().unwrap()], "Leave out --static, or --sparse");
    fails(&["--sparse", "on", "--model", "none"], "Leave out --model none, or --sparse");
    fails(&["--sparse", "missing.safetensors"], "missing.safetensors");
    fails(&["--sparse", tower.to_str().unwrap()], "siteseer-sparse.safetensors");
    let tiny = desk.path().join("tiny.safetensors");
    fs::write(&tiny, tiny_model::tiny_model(1, true)).unwrap();
    fails(&["--sparse", "on", "--model", tiny.to_str().unwrap()], "trained with");
    index(&out, &["--sparse", "off"]).success();
    assert!(files(&out, "impacts").is_empty() && !files(&out, "tower").is_empty(), "the tower is the default");
}
