//! The static query tower: its file, its shards beside an index, and its tier, with a tiny model; and the shipped one against
//! what Python computes.

#![cfg(not(target_arch = "wasm32"))]

#[path = "common/tiny_model.rs"]
mod tiny_model;

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use safetensors::tensor::{Dtype, TensorView, serialize};
use serde_json::Value;
use siteseer::Error;
use siteseer::cli::folder;
use siteseer::kernels::Backend;
use siteseer::model::bi_encoder::BiEncoder;
use siteseer::model::static_shards::cut;
use siteseer::model::static_tower::StaticTower;
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
    command.env("SITESEER_RERANKER", "none");
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
        assert_eq!((tower.num_rows(), tower.num_shards()), (12, 1));
        for query in ["cat", "The cat sat.", "mats sitting", "a b c a b c a"] {
            let ids = tower.tokenize(query);
            let vector = tower.embed(&ids).unwrap();
            assert!(cosine(&vector, &vector) > 0.999_99, "{query}");
            let found = cosine(&vector, &expected(query));
            assert!(found > least, "{query} in {bits} bits: {found}");
        }
        for nothing in ["", "zebra", "[SEP]", "日本"] {
            assert_eq!(tower.embed(&tower.tokenize(nothing)).unwrap(), vec![0.0; DIM], "{nothing}");
        }
        assert_eq!(tower.embed(&[u32::MAX]).unwrap(), vec![0.0; DIM], "an id that no vocabulary has");
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

#[test]
fn shards_say_what_the_whole_file_says() {
    let desk = Desk::new();
    for bits in ["8", "4"] {
        let bytes = desk.import(bits, "tower.safetensors");
        let whole = StaticTower::load(&bytes, "tower").unwrap();
        for per_shard in [1, 5, 12, 100] {
            let files = cut(&bytes, "tower", per_shard).unwrap();
            assert_eq!(files.shards.len(), 12usize.div_ceil(per_shard));
            let mut tower = StaticTower::load(&files.root, "root").unwrap();
            for query in ["the cat sat on a mat.", "dogs", "b"] {
                let ids = tower.tokenize(query);
                let missing = tower.missing(&ids);
                if !missing.is_empty() {
                    assert!(matches!(tower.embed(&ids), Err(Error::Unsupported { .. })), "{query}");
                }
                for shard in missing {
                    let (name, content) = &files.shards[shard as usize];
                    assert_eq!(&tower.shard_name(shard).unwrap(), name);
                    tower.add_shard(shard, content).unwrap();
                }
                assert_eq!(tower.missing(&ids), [0u32; 0]);
                assert_eq!(tower.embed(&ids).unwrap(), whole.embed(&ids).unwrap(), "{query}, {per_shard} a shard");
            }
            assert!(tower.add_shard(files.shards.len() as u32, &files.shards[0].1).is_err());
        }
    }
}

#[test]
fn broken_files_are_refused_by_name() {
    let desk = Desk::new();
    let bytes = desk.import("4", "tower.safetensors");
    let files = cut(&bytes, "tower", 5).unwrap();
    for content in [&bytes, &files.root] {
        for len in (0..content.len()).step_by(7) {
            let error = StaticTower::load(&content[..len], "cut.safetensors").unwrap_err();
            assert!(error.to_string().starts_with("cut.safetensors: "), "{error}");
        }
    }
    let bi_encoder = tiny_model::tiny_model(1, true);
    let error = StaticTower::load(&bi_encoder, "bi").unwrap_err();
    assert!(matches!(error, Error::Unsupported { .. }) && error.to_string().contains("bi-encoder"), "{error}");

    let mut tower = StaticTower::load(&files.root, "root").unwrap();
    let (name, content) = &files.shards[1];
    let mut flipped = content.clone();
    *flipped.last_mut().unwrap() ^= 1;
    for wrong in [&flipped, &files.shards[0].1, &content[1..].to_vec()] {
        let error = tower.add_shard(1, wrong).unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }) && error.to_string().starts_with(name.as_str()), "{error}");
    }
    tower.add_shard(1, content).unwrap();
}

#[test]
fn an_index_has_the_static_tier_if_it_was_given_a_tower() {
    let desk = Desk::new();
    let bytes = desk.import("4", "tower.safetensors");
    desk.index("tower.safetensors").success().stderr(contains("static rows"));
    let index = desk.at("site/siteseer");
    let names = || fs::read_dir(&index).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    let shards = cut(&bytes, "tower", siteseer::model::static_shards::ROWS_PER_SHARD).unwrap().shards;
    assert_eq!(names().filter(|name| name.starts_with("static-")).count(), 1 + shards.len());
    let manifest: Value = serde_json::from_slice(&fs::read(index.join("manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest["staticTower"]["id"], "tiny-static");

    let mut cascade = folder::open(&index, true).unwrap();
    let unloaded = cascade.rank("cat", Tier::Static, 5).unwrap_err();
    assert!(unloaded.to_string().starts_with("static-"), "{unloaded}");
    assert!(folder::load_static_tower(&index, &mut cascade).unwrap());
    assert!(cascade.rank("cat", Tier::Static, 5).is_err(), "its shard is not there");
    assert!(folder::load_static_shards(&index, &mut cascade, "cat").unwrap() > 0);
    assert_eq!(folder::load_static_shards(&index, &mut cascade, "cat").unwrap(), 0, "nothing is loaded twice");
    let hits = cascade.rank("cat", Tier::Static, 5).unwrap();
    assert_eq!(hits.len(), 2);
    assert!(hits.iter().all(|hit| hit.dense_rank.is_some() && hit.lexical_rank.is_some()));
    assert_eq!(cascade.tier(), Some(Tier::Dense), "the model is loaded, too");
    let tower = cascade.static_tower().unwrap();
    let vector = tower.embed(&tower.tokenize("cat")).unwrap();
    assert_eq!(cascade.searcher.rank_static("cat", &vector, 5).unwrap(), hits);
    let score = |hits: &[Hit]| hits[0].score;
    let dense = cascade.searcher.rank_dense("cat", &vector, 5).unwrap();
    assert_ne!(score(&dense), score(&hits), "the tiers have weights of their own");

    let search = |tier: &str| siteseer().args(["search", "cat", "--tier", tier, "--index"]).arg(&index).assert();
    search("static").success().stdout(contains("cats.html")).stderr(contains("no model"));
    fs::remove_file(index.join(&shards[0].0)).unwrap();
    search("static").failure().code(1).stderr(contains(shards[0].0.as_str()));

    desk.index("none").failure(); // a file in the folder that is not there
    let mut plain = siteseer();
    plain.args(["index", "--no-client", "--model"]).arg(desk.at("tiny.safetensors")).args(["--static", "none"]);
    plain.arg(desk.at("site")).assert().success();
    assert!(!names().any(|name| name.starts_with("static-")));
    search("static").failure().code(1).stderr(contains("--static FILE"));
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
    assert_eq!(names(&with), ["lexical", "dense only", "fused", "static only", "lexical + static"]);
    let bytes = |name: &str| {
        let tiers = with["tiers"].as_array().unwrap();
        tiers.iter().find(|t| t["name"] == name).unwrap()["bytes"].as_u64().unwrap()
    };
    assert_eq!(bytes("lexical + static"), bytes("static only") + bytes("lexical"));
    assert!(bytes("static only") < bytes("dense only"), "no model is loaded");
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
        let vector = tower.embed(&ids).unwrap();
        for (i, (found, expected)) in vector.iter().zip(golden["vector"].as_array().unwrap()).enumerate() {
            let expected = expected.as_f64().unwrap() as f32;
            assert!((found - expected).abs() < GOLDEN, "{text}, {i}: {found} for {expected}");
        }
    }
}
