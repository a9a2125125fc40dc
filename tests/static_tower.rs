//! The static query tower: its file, its shards beside an index, and its tier, with a tiny model; and the shipped one against
//! what Python computes and, in shards, against the whole file.

#![cfg(not(target_arch = "wasm32"))]

#[path = "common/eval.rs"]
mod eval;
#[path = "common/tiny_model.rs"]
mod tiny_model;

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use safetensors::tensor::{Dtype, TensorView, serialize};
use serde_json::Value;
use siteseer::Error;
use siteseer::cli::folder;
use siteseer::codes::axes::Axes;
use siteseer::kernels::Backend;
use siteseer::model::bi_encoder::BiEncoder;
use siteseer::model::static_shards::{Shards, cut};
use siteseer::model::static_tower::StaticTower;
use siteseer::model::token_shards::TokenShards;
use siteseer::search::searcher::{Hit, Tier};
use std::fs;
use std::path::{Path, PathBuf};

const DIM: usize = 48;

/// Row of a token in the checkpoint, by a formula; `[UNK]` and the other special tokens have none.
fn row(token: usize) -> Vec<f32> {
    let value = |i: usize| ((token * 31 + i * 17) % 23) as f32 / 23.0 - 0.5;
    if token < 4 { vec![0.0; DIM] } else { (0..DIM).map(value).collect() }
}

/// A checkpoint as training leaves it.
fn checkpoint() -> Vec<u8> {
    let tokens = tiny_model::VOCABULARY.lines().count();
    let bytes = |values: Vec<f32>| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
    let (rows, count) = (bytes((0..tokens).flat_map(row).collect()), bytes((0..tokens).map(|t| t as f32).collect()));
    let view = |shape, data| TensorView::new(Dtype::F32, shape, data).unwrap();
    serialize([("rows", view(vec![tokens, DIM], &rows)), ("count", view(vec![tokens], &count))], None).unwrap()
}

fn siteseer() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_siteseer"));
    command.env("SITESEER_RERANKER", "none").env_remove("SITESEER_STATIC");
    command
}

/// A temporary folder with a bi-encoder, a tower that was fitted to it, and a site.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        fs::write(desk.at("tiny.safetensors"), tiny_model::tiny_model(1, true)).unwrap();
        fs::write(desk.at("checkpoint.safetensors"), checkpoint()).unwrap();
        fs::create_dir(desk.at("site")).unwrap();
        for (name, text) in
            [("cats", "The cat sat on the mat."), ("dogs", "A dog sat on a cat. The mat sat on the dog.")]
        {
            let html =
                format!("<!doctype html><html lang=en><title>{name}</title><main><h1>{name}</h1><p>{text}</p></main>");
            fs::write(desk.at("site").join(format!("{name}.html")), html).unwrap();
        }
        desk
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn import(&self, bits: &str, out: &str) -> Vec<u8> {
        let mut command = siteseer();
        command.args(["model", "import", "--license", "MIT", "--id", "tiny-static", "--bits", bits, "--force"]);
        command.arg("--aligned-to").arg(self.at("tiny.safetensors")).arg("--out").arg(self.at(out));
        command.arg(self.at("checkpoint.safetensors")).assert().success().stdout(contains("static-tower tiny-static"));
        fs::read(self.at(out)).unwrap()
    }

    fn index(&self, tower: &str) -> assert_cmd::assert::Assert {
        let mut command = siteseer();
        command.args(["index", "--no-client", "--model"]).arg(self.at("tiny.safetensors"));
        command.arg("--static").arg(self.at(tower)).arg(self.at("site")).assert()
    }
}

/// The vector of a query, by the formula of the checkpoint and the tokens of the bi-encoder.
fn expected(query: &str) -> Vec<f32> {
    let bi_encoder = BiEncoder::load(&tiny_model::tiny_model(1, true), "tiny", Backend::best()).unwrap();
    let mut sum = [0f32; DIM];
    for id in bi_encoder.tokenize(query) {
        sum.iter_mut().zip(row(id as usize)).for_each(|(s, v)| *s += v);
    }
    let norm = sum.iter().map(|x| x * x).sum::<f32>().sqrt();
    sum.iter().map(|x| if norm > 0.0 { x / norm } else { 0.0 }).collect()
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

#[test]
fn an_imported_tower_adds_up_its_rows() {
    let desk = Desk::new();
    for (bits, least) in [("8", 0.9999), ("4", 0.99)] {
        let bytes = desk.import(bits, "tower.safetensors");
        assert_eq!(desk.import(bits, "again.safetensors"), bytes, "the same bytes every time");
        let tower = StaticTower::load(&bytes, "tower").unwrap();
        assert_eq!(tower.num_rows(), 12);
        for query in ["cat", "The cat sat.", "mats sitting", "a b c a b c a"] {
            let ids = tower.tokenize(query);
            let vector = tower.embed(&ids);
            assert!(cosine(&vector, &vector) > 0.999_99, "{query}");
            let found = cosine(&vector, &expected(query));
            assert!(found > least, "{query} in {bits} bits: {found}");
        }
        for nothing in ["", "zebra", "[SEP]", "日本"] {
            assert_eq!(tower.embed(&tower.tokenize(nothing)), vec![0.0; DIM], "{nothing}");
        }
        assert_eq!(tower.embed(&[u32::MAX]), vec![0.0; DIM], "an id that no vocabulary has");
    }
    let info = siteseer().args(["model", "info", "--json"]).arg(desk.at("tower.safetensors")).output().unwrap();
    let info: Value = serde_json::from_slice(&info.stdout).unwrap();
    assert_eq!(
        (&info["kind"], &info["rows"], &info["config"]["bits"]),
        (&"static-tower".into(), &12.into(), &4.into())
    );
    let text = siteseer().args(["model", "info"]).arg(desk.at("tower.safetensors")).assert().success();
    text.stdout(contains("12 of 4 bits x 48").and(contains("SHA-256")));
}

/// A tower cut along the axes as they are.
fn cut_along(tower: &StaticTower, rows_per_shard: usize) -> Shards {
    let dim = tower.config().dim;
    let unit: Vec<f64> = (0..dim * dim).map(|at| f64::from(u8::from(at / dim == at % dim))).collect();
    let turn = |axes: &Axes, rows: Vec<Vec<f32>>| rows.iter().map(|row| axes.of(row)).collect();
    cut(tower, &Axes::principal(&unit, dim), &vec![1.0; dim], rows_per_shard, &turn)
}

/// Adds the shards that a query needs; how many times it had to ask, and how many there were.
fn add_needed(shards: &Shards, tower: &mut TokenShards, query: &str) -> (usize, usize) {
    let (mut rounds, mut added) = (0, 0);
    loop {
        let missing = tower.missing(query);
        if missing.is_empty() {
            return (rounds, added);
        }
        rounds += 1;
        added += missing.len();
        assert!(matches!(tower.embed(query), Err(Error::Unsupported { .. })), "{query}");
        for shard in missing {
            tower.add_shard(shard, &shards.shards[shard as usize]).unwrap();
        }
    }
}

/// The tokens that the whole file finds in a text, as shards name them.
fn tokens_of(tower: &StaticTower, text: &str) -> Vec<String> {
    let unknown = tower.config().tokenizer.unk_id;
    let name = |id| if id == unknown { String::new() } else { tower.token(id).to_owned() };
    tower.tokenize(text).into_iter().map(name).collect()
}

#[test]
fn shards_say_what_the_whole_file_says() {
    let desk = Desk::new();
    for bits in ["8", "4"] {
        let whole = StaticTower::load(&desk.import(bits, "tower.safetensors"), "tower").unwrap();
        for per_shard in [1, 5, 12, 100] {
            let shards = cut_along(&whole, per_shard);
            assert_eq!(shards, cut_along(&whole, per_shard), "the same bytes every time");
            for query in ["the cat sat on a mat.", "dogs", "b", "zebra", "", "a zebra sat"] {
                let mut tower = TokenShards::open(&shards.root, "root").unwrap();
                add_needed(&shards, &mut tower, query);
                assert_eq!(tower.tokens(query).unwrap(), tokens_of(&whole, query), "{query}, {per_shard} a shard");
                let (found, expected) = (tower.embed(query).unwrap(), whole.embed(&whole.tokenize(query)));
                let both = cosine(&found, &expected);
                assert!(both > 0.99 || cosine(&expected, &expected) == 0.0, "{query}, {per_shard} a shard: {both}");
            }
            let mut tower = TokenShards::open(&shards.root, "root").unwrap();
            assert!(tower.add_shard(shards.shards.len() as u32, &shards.shards[0]).is_none(), "no such shard");
        }
    }
}

#[test]
fn broken_files_are_refused_by_name() {
    let desk = Desk::new();
    let bytes = desk.import("4", "tower.safetensors");
    let shards = cut_along(&StaticTower::load(&bytes, "tower").unwrap(), 5);
    for len in (0..bytes.len()).step_by(7) {
        let error = StaticTower::load(&bytes[..len], "cut.safetensors").unwrap_err();
        assert!(error.to_string().starts_with("cut.safetensors: "), "{error}");
    }
    for len in 0..shards.root.len() {
        let error = TokenShards::open(&shards.root[..len], "tower-0.bin").unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }) && error.to_string().starts_with("tower-0.bin: "), "{error}");
    }
    let mut tower = TokenShards::open(&shards.root, "root").unwrap();
    for len in 0..shards.shards[1].len() {
        assert!(tower.add_shard(1, &shards.shards[1][..len]).is_none(), "cut at {len}");
    }
    let bi_encoder = tiny_model::tiny_model(1, true);
    let error = StaticTower::load(&bi_encoder, "bi").unwrap_err();
    assert!(matches!(error, Error::Unsupported { .. }) && error.to_string().contains("bi-encoder"), "{error}");
}

/// Texts that are hard to cut into tokens.
const TORTURE: &[&str] = &[
    "--cfg [patch.crates-io] E0277 std::vec::Vec<T> foo_bar.baz() #[derive(Debug)] C++ C# x86_64-unknown-linux-gnu",
    "[CLS] [SEP] [PAD] [UNK] [MASK] [unused0] ##ing ## # ## the thesaurus theses there thereby",
    "e\u{301} É naïve façade Łódź İstanbul ΟΔΥΣΣΕΥΣ 中文字符 日本語 한국어 ﬁn ½ 𝟘 👍🏽 \u{200b} \u{fffd} \u{301}a",
    "unbelievablyinterconnectedness antidisestablishmentarianism supercalifragilisticexpialidocious zzzzqqqxx",
    "a b c d e f g h i j k l m n o p q r s t u v w x y z 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25",
];

#[test]
fn shards_of_the_shipped_tower_cut_text_as_the_whole_vocabulary_does() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/siteseer-static-tower.safetensors");
    let whole = StaticTower::load(&fs::read(path).expect("it is committed"), "siteseer-static-tower").unwrap();
    let shards = cut_along(&whole, siteseer::model::static_shards::ROWS_PER_SHARD);
    let golden = include_str!("golden/static.jsonl").lines();
    let golden = golden.map(|line| serde_json::from_str::<Value>(line).unwrap()["text"].as_str().unwrap().to_owned());
    let mut texts: Vec<String> = TORTURE.iter().map(|text| (*text).to_owned()).chain(golden).collect();
    texts.extend((0..whole.config().vocab_size as u32).map(|id| whole.token(id).replace("##", "x")));
    if let Some(folder) = eval::eval_folder() {
        texts.extend(eval::collections(&folder).iter().flat_map(|collection| eval::queries(&folder, collection)));
    }
    let mut tower = TokenShards::open(&shards.root, "root").unwrap();
    for text in &texts {
        add_needed(&shards, &mut tower, text);
        assert_eq!(tower.tokens(text).unwrap(), tokens_of(&whole, text), "{text}");
    }
    let mut fresh = TokenShards::open(&shards.root, "root").unwrap();
    let (rounds, added) = add_needed(&shards, &mut fresh, "how do I share code between several packages");
    assert!(rounds == 1 && added < 9, "{added} shards in {rounds} rounds: frequent words lie together");
}

#[test]
fn an_index_has_the_static_tier_if_a_tower_belongs_to_its_model() {
    let desk = Desk::new();
    desk.import("8", "tower.safetensors");
    desk.index("tower.safetensors").success().stderr(contains("meaning without a model"));
    let index = desk.at("site/siteseer");
    let names = || -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(&index).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    let of = |kind: &str| names().into_iter().filter(|name| name.starts_with(kind)).collect::<Vec<String>>();
    let manifest: Value = serde_json::from_slice(&fs::read(index.join("manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest["staticTower"]["id"], "tiny-static");
    let files = &manifest["files"]["staticTower"];
    assert_eq!((of("tower-").len(), of("axes-").len()), (1, 1));
    for kind in ["tokens", "cells", "rows"] {
        assert_eq!(of(kind).len() as u64, files[kind]["files"].as_u64().unwrap(), "{kind}");
    }
    let before = names();
    desk.index("tower.safetensors").success();
    assert_eq!(names(), before, "the same bytes have the same names");

    let mut cascade = folder::open(&index, true).unwrap();
    folder::load_words(&index, &mut cascade.searcher, "cat").unwrap();
    let unloaded = cascade.rank("cat", Tier::Static, 5).unwrap_err();
    assert!(unloaded.to_string().starts_with("tower-"), "{unloaded}");
    assert!(folder::load_static_tier(&index, &mut cascade).unwrap());
    assert!(cascade.rank("cat", Tier::Static, 5).is_err(), "its tokens are not there");
    assert!(folder::load_nearby(&index, &mut cascade, "cat").unwrap() > 0);
    assert_eq!(folder::load_nearby(&index, &mut cascade, "cat").unwrap(), 0, "nothing is loaded twice");
    let hits = cascade.rank("cat", Tier::Static, 5).unwrap();
    assert_eq!(hits.len(), 2);
    assert!(hits.iter().all(|hit| hit.dense_rank.is_some() && hit.lexical_rank.is_some()));
    assert_eq!(cascade.tier(), Some(Tier::Dense), "the model is loaded, too");
    // the tower as a whole, on the whole vectors, ranks them likewise, by weights of its own
    let bytes = fs::read(desk.at("tower.safetensors")).unwrap();
    let tower = StaticTower::load(&bytes, "tower").unwrap();
    let vector = tower.embed(&tower.tokenize("cat"));
    let whole = cascade.searcher.rank_static("cat", &vector, 5).unwrap();
    let passages = |hits: &[Hit]| hits.iter().map(|hit| hit.passage).collect::<Vec<u32>>();
    assert_eq!(passages(&whole), passages(&hits));
    cascade.load_static_tower(&bytes, "tower").unwrap();
    assert_eq!(cascade.rank("cat", Tier::Static, 5).unwrap(), whole, "a tower that is tried comes first");
    let dense = cascade.searcher.rank_dense("cat", &vector, 5).unwrap();
    assert_ne!(dense[0].score, whole[0].score, "the tiers have weights of their own");

    let inspect =
        siteseer().args(["inspect", "--json", "--static"]).arg(desk.at("tower.safetensors")).arg(&index).output();
    let report: Value = serde_json::from_slice(&inspect.unwrap().stdout).unwrap();
    assert_eq!(report["static"]["recallAt10"], 1.0, "two passages are all found: {report}");
    assert_eq!(report["passages"], 2);
    let steps = report["static"]["steps"].as_array().unwrap();
    assert!(steps.iter().all(|step| step["recallAt10"] == 1.0), "and further reading finds no more: {report}");
    assert_eq!((&steps[0]["again"], &steps[0]["bytesMore"]), (&Value::Bool(false), &Value::from(0)), "the first page");
    assert!(steps.iter().any(|step| step["again"] == true && step["bytesMore"].as_u64() > Some(0)), "{report}");

    let search = |tier: &str| siteseer().args(["search", "cat", "--tier", tier, "--index"]).arg(&index).assert();
    search("static").success().stdout(contains("cats.html")).stderr(contains("no model"));
    for kind in ["cells-", "tokens-"] {
        let damaged = &of(kind)[0];
        let content = fs::read(index.join(damaged)).unwrap();
        fs::write(index.join(damaged), &content[..content.len() / 2]).unwrap();
        search("static").failure().code(1).stderr(contains(damaged.as_str()));
        search("lexical").success();
        fs::remove_file(index.join(damaged)).unwrap();
        search("static").failure().code(1).stderr(contains(damaged.as_str()));
        fs::write(index.join(damaged), &content).unwrap();
    }

    desk.index("missing").failure(); // a file that is not there
    for others in [&["--static", "none"][..], &[]] {
        // by default the shipped tower, which belongs to another model
        let mut plain = siteseer();
        plain.args(["index", "--no-client", "--model"]).arg(desk.at("tiny.safetensors")).args(others);
        plain.arg(desk.at("site")).assert().success();
        assert!(of("tower-").is_empty() && of("tokens-").is_empty());
    }
    search("static").failure().code(1).stderr(contains("--static none"));
}

#[test]
fn a_tower_of_another_bi_encoder_is_refused() {
    let desk = Desk::new();
    desk.import("4", "tower.safetensors");
    fs::write(desk.at("tiny.safetensors"), tiny_model::tiny_model(2, true)).unwrap();
    desk.index("tower.safetensors").failure().code(1).stderr(contains("tower.safetensors").and(contains("fitted to")));
}

#[test]
fn an_index_of_words_alone_refuses_a_tower() {
    let desk = Desk::new();
    desk.import("4", "tower.safetensors");
    let index = |tower: &Path| {
        let mut command = siteseer();
        command.args(["index", "--no-client", "--model", "none", "--static"]).arg(tower).arg(desk.at("site")).assert()
    };
    index(&desk.at("tower.safetensors")).failure().code(1).stderr(
        contains("tower.safetensors: a static query tower needs the model's vectors").and(contains("--model none")),
    );
    index(Path::new("none")).success();
    let mut search = siteseer();
    search.args(["search", "cat", "--tier", "static", "--index"]).arg(desk.at("site"));
    search.assert().failure().code(1).stderr(contains("no model, only words"));
}

#[test]
fn an_evaluation_judges_the_static_tier() {
    let desk = Desk::new();
    desk.import("8", "tower.safetensors");
    let words = ["cat", "dog", "mat", "sat"];
    let document = |i: usize| {
        format!(
            "{{\"_id\":\"d{i}\",\"title\":\"{}\",\"text\":\"the {} on a {}.\"}}\n",
            words[i % 4],
            words[i / 4 % 4],
            words[i % 3]
        )
    };
    fs::write(desk.at("corpus.jsonl"), (0..12).map(document).collect::<String>()).unwrap();
    fs::write(desk.at("queries.tsv"), "a\tcat on a mat\nb\tthe dog sat\n").unwrap();
    fs::write(desk.at("qrels.tsv"), "a\td1\t3\nb\td2\t1\n").unwrap();
    let eval = |tower: &Path| {
        let mut command = siteseer();
        command.arg("eval").arg(desk.0.path()).arg("--model").arg(desk.at("tiny.safetensors"));
        command.args(["--json", "-", "--static"]).arg(tower);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    let names = |report: &Value| -> Vec<String> {
        report["tiers"].as_array().unwrap().iter().map(|t| t["name"].as_str().unwrap().to_owned()).collect()
    };
    let with = eval(&desk.at("tower.safetensors"));
    let tried = ["static only, whole", "lexical + static, whole"];
    assert_eq!(names(&with), [&["lexical", "dense only", "fused", "lexical + static"][..], &tried].concat());
    let bytes = |name: &str| {
        let tiers = with["tiers"].as_array().unwrap();
        tiers.iter().find(|t| t["name"] == name).unwrap()["bytes"].as_u64().unwrap()
    };
    assert_eq!(bytes(tried[1]), bytes(tried[0]) + bytes("lexical"));
    assert!(bytes("lexical + static") > bytes("lexical"), "its chunks count");
    assert!(bytes("lexical + static") < bytes("fused"), "no model is loaded");
    assert_eq!(names(&eval(Path::new("none"))), ["lexical", "dense only", "fused"]);
}

/// Python adds the same numbers up in another order, and the file has four decimals.
const GOLDEN: f32 = 2e-4;

#[test]
fn the_shipped_tower_computes_what_python_does() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/siteseer-static-tower.safetensors");
    let tower = StaticTower::load(&fs::read(path).expect("it is committed"), "siteseer-static-tower").unwrap();
    let lines: Vec<&str> = include_str!("golden/static.jsonl").lines().collect();
    assert_eq!(lines.len(), 40);
    for line in lines {
        let golden: Value = serde_json::from_str(line).unwrap();
        let text = golden["text"].as_str().unwrap();
        let ids: Vec<u32> = golden["ids"].as_array().unwrap().iter().map(|id| id.as_u64().unwrap() as u32).collect();
        assert_eq!(tower.tokenize(text), ids, "{text}");
        let vector = tower.embed(&ids);
        for (i, (found, expected)) in vector.iter().zip(golden["vector"].as_array().unwrap()).enumerate() {
            let expected = expected.as_f64().unwrap() as f32;
            assert!((found - expected).abs() < GOLDEN, "{text}, {i}: {found} for {expected}");
        }
    }
}
