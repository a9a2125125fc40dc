//! A query tower: a shallower bi-encoder for visitors, fitted to the vectors of the one that embeds passages. Its file, and an index
//! with both.

#![cfg(not(target_arch = "wasm32"))]

#[path = "common/tiny_bert.rs"]
mod tiny_bert;
#[path = "common/tiny_model.rs"]
mod tiny_model;

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::{Value, json};
use siteseer::Error;
use siteseer::cli::folder;
use siteseer::kernels::Backend;
use siteseer::model::bi_encoder::BiEncoder;
use siteseer::model::file::ModelFile;
use siteseer::search::searcher::Tier;
use std::fs;
use std::path::PathBuf;
use tiny_bert::TinyBert;

/// The passage tower. Its vectors have as many numbers as the kernels take at once.
fn deep() -> TinyBert {
    TinyBert::of_width(16)
}

/// Its first layer.
fn shallow() -> TinyBert {
    deep().with("config.json", "/num_hidden_layers", json!(1))
}

/// A passage tower and a query tower for it.
fn towers() -> (Vec<u8>, Vec<u8>) {
    let passages = deep().import().unwrap().bytes;
    let queries = shallow().import_for(&passages).unwrap().bytes;
    (passages, queries)
}

/// A folder with both towers and a site of three pages.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        let (passages, queries) = towers();
        fs::write(desk.at("passages.safetensors"), passages).unwrap();
        fs::write(desk.at("queries.safetensors"), queries).unwrap();
        fs::create_dir(desk.at("site")).unwrap();
        for (page, text) in ["cargo work", "workspace cargo works", "work work workspaces"].into_iter().enumerate() {
            let html =
                format!("<!doctype html><html lang=en><title>{page}</title><main><h1>{page}</h1><p>{text}</p></main>");
            fs::write(desk.at(&format!("site/{page}.html")), html).unwrap();
        }
        desk
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn index(&self, tower: &str) -> assert_cmd::assert::Assert {
        self.index_with(&["--model", "passages.safetensors", "--query-tower", tower])
    }

    fn index_with(&self, options: &[&str]) -> assert_cmd::assert::Assert {
        let mut command = Command::new(env!("CARGO_BIN_EXE_siteseer"));
        command.env("SITESEER_RERANKER", "none").env("SITESEER_STATIC", "none").current_dir(self.0.path());
        command.args(["index", "--no-client", "--device", "cpu"]).args(options).arg("site").assert()
    }

    fn manifest(&self) -> Value {
        serde_json::from_slice(&fs::read(self.at("site/siteseer/manifest.json")).unwrap()).unwrap()
    }
}

#[test]
fn a_query_towers_file_says_whose_space_its_vectors_lie_in() {
    let (passages, queries) = towers();
    let load = |bytes: &[u8]| BiEncoder::load(bytes, "tower", Backend::best()).unwrap();
    let (passage_tower, query_tower) = (load(&passages), load(&queries));
    assert_eq!(passage_tower.space_sha256(), passage_tower.source_sha256());
    assert_eq!(query_tower.space_sha256(), passage_tower.source_sha256());
    assert_eq!(query_tower.tokenizer_sha256(), passage_tower.tokenizer_sha256());
    assert_eq!(ModelFile::parse(&queries, "tower").unwrap().config().num_layers, 1);
}

#[test]
fn a_model_with_other_tokens_or_longer_vectors_is_no_query_tower() {
    let (passages, _) = towers();
    let cased = shallow().with("tokenizer.json", "/normalizer/lowercase", json!(false));
    let error = cased.import_for(&passages).unwrap_err();
    assert!(matches!(&error, Error::Mismatch { what: "tokenizer hash", .. }), "{error}");
    let error = shallow().import_for(b"no model").unwrap_err();
    assert!(error.to_string().contains("passages.safetensors"), "{error}");
}

#[test]
fn an_index_holds_the_query_tower_and_the_passage_towers_vectors() {
    let desk = Desk::new();
    desk.index("none").success();
    let alone = desk.manifest();
    assert_eq!((&alone["model"]["id"], alone.get("passageModel")), (&json!("tiny"), None));
    desk.index("queries.safetensors").success().stderr(contains("vectors of 3 passages reused"));
    let both = desk.manifest();
    assert_eq!((&both["model"]["id"], &both["passageModel"]["id"]), (&json!("tiny-queries"), &json!("tiny")));
    assert_eq!(both["files"]["vectors"], alone["files"]["vectors"], "the same vectors to the last byte");
    assert_ne!(both["files"]["model"], alone["files"]["model"]);
    // and back, from an index that does not hold the passage tower
    desk.index("queries.safetensors").success().stderr(contains("vectors of 3 passages reused"));
    assert_eq!(desk.manifest(), both);

    let index = desk.at("site/siteseer");
    let mut cascade = folder::open(&index, true).unwrap();
    folder::load_all_chunks(&index, &mut cascade.searcher).unwrap();
    assert_eq!(cascade.encoders().unwrap().bi_encoder().id(), "tiny-queries");
    assert_eq!(cascade.rank("cargo", Tier::Dense, 5).unwrap().len(), 3);
}

#[test]
fn the_query_tower_that_comes_along_is_the_default_where_it_belongs() {
    let desk = Desk::new();
    let ids = |options: &[&str]| {
        desk.index_with(options).success();
        let manifest = desk.manifest();
        (manifest["model"]["id"].clone(), manifest["passageModel"]["id"].clone())
    };
    assert_eq!(ids(&[]), (json!("siteseer-query-tower"), json!("all-MiniLM-L6-v2")));
    for options in [["--query-tower", "none"], ["--late", "rerank"]] {
        assert_eq!(ids(&options), (json!("all-MiniLM-L6-v2"), Value::Null), "{options:?}");
    }
    assert_eq!(
        ids(&["--model", "passages.safetensors"]),
        (json!("tiny"), Value::Null),
        "it was fitted to another model"
    );
}

#[test]
fn vectors_that_no_kernel_scans_are_refused() {
    let desk = Desk::new();
    let odd = tiny_model::tiny_model_of(24, 1, true);
    fs::write(desk.at("passages.safetensors"), odd).unwrap();
    desk.index("none").failure().code(1).stderr(contains("vectors of 24 numbers").and(contains("multiple of 16")));
}

#[test]
fn a_query_tower_of_another_model_is_refused() {
    let desk = Desk::new();
    let mut other = deep();
    let name = "encoder.layer.0.output.dense.bias";
    let moved = (other.weights[name].clone() + 1.0).unwrap();
    other.weights.insert(name.to_owned(), moved);
    let foreign = shallow().import_for(&other.import().unwrap().bytes).unwrap().bytes;
    fs::write(desk.at("foreign.safetensors"), foreign).unwrap();
    let refused = desk.index("foreign.safetensors").failure().code(1);
    refused.stderr(contains("foreign.safetensors").and(contains("fitted to")));
    desk.index("nowhere.safetensors").failure().stderr(contains("nowhere.safetensors: no such model file"));
    desk.index("small").failure().stderr(contains("siteseer-query-tower.safetensors").and(contains("fitted to")));
    assert!(!desk.at("site/siteseer").exists(), "nothing half-written");
}
