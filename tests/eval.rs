//! `siteseer eval`: metrics against an independent implementation, then the built command with the real model on a
//! small collection and a small site.

#![cfg(not(target_arch = "wasm32"))]

#[path = "common/tiny_model.rs"]
mod tiny_model;

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;
use siteseer::cli::folder;
use siteseer::eval::metrics::{Gain, ndcg, recall, reciprocal_rank};
use siteseer::search::searcher::Tier;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn siteseer() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_siteseer"));
    command.env("SITESEER_MODEL", Path::new(env!("CARGO_MANIFEST_DIR")).join("models/all-MiniLM-L6-v2.safetensors"));
    command.env("SITESEER_RERANKER", "none").env("SITESEER_QUIET", "true");
    command
}

/// `fixtures/trec/pytrec_eval.tsv` holds what pytrec_eval-terrier 0.5.11 printed (`ndcg_cut_10 recall_10 recall_30
/// recip_rank`) for `qrels.tsv` and `example.run` beside it: `RelevanceEvaluator(qrels, {'ndcg_cut.10', 'recall.10,30',
/// 'recip_rank'}).evaluate(run)`.
#[test]
fn metrics_agree_with_pytrec_eval() {
    let read = |name: &str| fs::read_to_string(fixture("trec").join(name)).unwrap();
    let (qrels, ranked, expected) = (read("qrels.tsv"), read("example.run"), read("pytrec_eval.tsv"));
    let mut grades: HashMap<&str, HashMap<&str, u32>> = HashMap::new();
    for line in qrels.lines() {
        let [query, document, grade] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
        grades.entry(query).or_default().insert(document, grade.parse().unwrap());
    }
    let mut found: HashMap<&str, Vec<u32>> = HashMap::new();
    for line in ranked.lines() {
        let columns: Vec<&str> = line.split(' ').collect();
        let grade = grades[columns[0]].get(columns[2]).copied().unwrap_or(0);
        found.entry(columns[0]).or_default().push(grade);
    }
    let rows: Vec<&str> = expected.lines().skip(1).collect();
    assert_eq!(rows.len(), 8);
    for row in rows {
        let (query, values) = row.split_once('\t').unwrap();
        let judged: Vec<u32> = grades[query].values().copied().collect();
        let found = &found[query];
        let ours = [
            ndcg(found, &judged, 10, Gain::Linear),
            recall(found, &judged, 10),
            recall(found, &judged, 30),
            reciprocal_rank(found, usize::MAX),
        ];
        for (ours, theirs) in ours.into_iter().zip(values.split('\t')) {
            // ten decimals were printed
            assert!((ours - theirs.parse::<f64>().unwrap()).abs() < 1e-9, "{row}: {ours} {theirs}");
        }
    }
}

#[test]
fn a_collection_of_documents_is_indexed_judged_compared_and_cached() {
    let desk = tempfile::tempdir().unwrap();
    let at = |name: &str| desk.path().join(name);
    let eval = || {
        let mut command = siteseer();
        command.arg("eval").arg(fixture("kitchen")).arg("--cache").arg(at("cache"));
        command
    };
    let outputs = ["--per-query", "--json", "--run"].into_iter().zip([at("q.tsv"), at("r.json"), at("runs")]);
    let mut command = eval();
    for (option, path) in outputs {
        command.arg(option).arg(path);
    }
    command.assert().success().stdout(
        contains("kitchen test: 6 queries, 8 judgements, linear gain")
            .and(contains("8 pages, 8 sections"))
            .and(contains("kw (3)  nl (3)"))
            .and(contains("fused - lexical")),
    );

    let json = fs::read_to_string(at("r.json")).unwrap();
    let report: Value = serde_json::from_str(&json).unwrap();
    let tier = |name: &str| report["tiers"].as_array().unwrap().iter().find(|t| t["name"] == name).unwrap().clone();
    let (lexical, dense, fused) = (tier("lexical"), tier("dense only"), tier("fused"));
    // words alone find what is named by its words, meanings also what is not
    assert_eq!(lexical["styles"]["kw"]["ndcg10"]["mean"], 1.0);
    assert_eq!(fused["styles"]["kw"]["ndcg10"]["mean"], 1.0);
    let nl = |tier: &Value| tier["styles"]["nl"]["ndcg10"]["mean"].as_f64().unwrap();
    assert!(nl(&fused) > nl(&lexical) && nl(&dense) > nl(&lexical), "{lexical} {dense} {fused}");
    assert_eq!(fused["recall50"]["mean"], 1.0, "a document without text is found by its title");
    let bytes = |tier: &Value| tier["bytes"].as_u64().unwrap();
    assert_eq!(bytes(&fused), bytes(&lexical) + bytes(&dense));

    let tsv = fs::read_to_string(at("q.tsv")).unwrap();
    assert_eq!(tsv.lines().count(), 7);
    assert!(tsv.starts_with("query-id\tstyle\ttext\tnDCG@10 lexical\t"), "{tsv}");
    let run = fs::read_to_string(at("runs/fused.run")).unwrap();
    assert!(run.starts_with("k1 Q0 pans/iron 1 200 fused\n"), "{run}");

    // the second time the index is there, and the same answers come out
    let made = fs::read_dir(at("cache")).unwrap().next().unwrap().unwrap().path().join("manifest.json");
    let before = fs::metadata(&made).unwrap().modified().unwrap();
    let same = eval().args(["--fail-on-drop", "0", "--compare"]).arg(at("r.json")).assert();
    same.success().stdout(contains("since the baseline").and(contains("0 better, 0 worse, 6 equal")));
    assert_eq!(fs::metadata(&made).unwrap().modified().unwrap(), before);

    // a baseline that was better by 0.05: a drop, unless 0.1 is allowed
    let mut better = report.clone();
    for query in better["perQuery"].as_array_mut().unwrap() {
        let value = query["ndcg10"][2].as_f64().unwrap() + 0.05;
        query["ndcg10"][2] = value.into();
    }
    fs::write(at("better.json"), better.to_string()).unwrap();
    let compare = |drop: &str| eval().args(["--fail-on-drop", drop, "--compare"]).arg(at("better.json")).assert();
    compare("0.1").success();
    compare("0.01").failure().code(3).stderr(contains("dropped by more than 0.01").and(contains("fused")));

    // grades weigh otherwise, so the baseline does not hold
    let exponential = eval().args(["--gain", "exp", "--compare"]).arg(at("r.json")).assert();
    exponential.failure().code(1).stderr(contains("r.json").and(contains("gain changed")));
    let json = eval().args(["--json", "-"]).output().unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&json.stdout).unwrap()["queries"], 6, "only JSON on standard output");
}

#[test]
fn the_index_of_a_site_is_judged_by_url_and_anchor() {
    let desk = tempfile::tempdir().unwrap();
    let index = desk.path().join("index");
    siteseer().args(["index", "--no-client"]).arg(fixture("garden")).arg("--out").arg(&index).assert().success();
    let eval = |collection: &Path| siteseer().arg("eval").arg(collection).arg("--index").arg(&index).assert();

    let report =
        siteseer().args(["eval", "--json", "-", "--index"]).arg(&index).arg(fixture("questions")).output().unwrap();
    let report: Value = serde_json::from_slice(&report.stdout).unwrap();
    assert_eq!((&report["queries"], &report["missing"]), (&4.into(), &0.into()));
    let fused = |id: &str| {
        let queries = report["perQuery"].as_array().unwrap();
        queries.iter().find(|query| query["id"] == id).unwrap()["firstRelevant"][2].clone()
    };
    assert_eq!(fused("slugs"), 1);
    assert_eq!(fused("clay"), 1, "/soil.html#clay is soil.html#clay");
    assert_eq!(fused("tools"), 1, "a page is found by its sections");

    // one judgement of a page that is not there is said, nothing but such is an error
    let other = desk.path().join("other");
    fs::create_dir(&other).unwrap();
    fs::copy(fixture("questions/queries.tsv"), other.join("queries.tsv")).unwrap();
    fs::write(other.join("qrels.tsv"), "clay\tsoil.html#clay\t3\nclay\tgone.html#clay\t3\n").unwrap();
    eval(&other)
        .success()
        .stdout(contains("that the index lacks, counted as not found: 1").and(contains("gone.html#clay")));
    fs::write(other.join("qrels.tsv"), "clay\thttps://example.org/soil.html#clay\t3\n").unwrap();
    eval(&other)
        .failure()
        .code(1)
        .stderr(contains("none of the judged documents").and(contains("relative to the site")));
    fs::write(other.join("qrels.tsv"), "clay\tsoil.html#clay\t3\nclay\t/soil.html#clay\t2\n").unwrap();
    eval(&other).failure().code(1).stderr(contains("judges one document twice"));
    fs::write(other.join("qrels.tsv"), "clay\tsoil.html#clay\t3\nslugs\tpests.html#slugs\thigh\n").unwrap();
    eval(&other).failure().code(1).stderr(contains("qrels.tsv:2: the grade `high`"));
}

#[test]
fn learned_sparse_retrieval_is_judged_beside_the_others() {
    let desk = tempfile::tempdir().unwrap();
    let at = |name: &str| desk.path().join(name);
    siteseer().args(["index", "--no-client"]).arg(fixture("garden")).arg("--out").arg(at("index")).assert().success();
    let eval = |args: &[&str]| {
        let mut command = siteseer();
        command.arg("eval").arg(fixture("questions")).arg("--index").arg(at("index")).args(args);
        command.output().unwrap()
    };
    let plot = at("plot.svg");
    let judged = |args: &[&str]| -> Value {
        let output = eval(&[&["--json", "-", "--chain", "lexical+sparse"], args].concat());
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
    };
    let tier = |report: &Value, name: &str| {
        report["tiers"].as_array().unwrap().iter().find(|tier| tier["name"] == name).unwrap().clone()
    };
    let bytes = |report: &Value| tier(report, "lexical+sparse")["bytes"].as_u64().unwrap();
    let report = judged(&["--plot", plot.to_str().unwrap()]);
    assert!(bytes(&report) > tier(&report, "lexical")["bytes"].as_u64().unwrap());
    assert!(tier(&report, "lexical+sparse")["ndcg10"]["mean"].as_f64().unwrap() > 0.5);
    assert!(
        report["differences"].as_array().unwrap().iter().any(|d| d["from"] == "lexical" && d["to"] == "lexical+sparse")
    );
    assert!(fs::read_to_string(&plot).unwrap().contains("lexical+sparse: "));
    assert!(bytes(&judged(&["--sparse-terms", "8"])) < bytes(&report), "fewer tokens of a passage are fewer bytes");

    let stderr = |args: &[&str]| String::from_utf8(eval(args).stderr).unwrap();
    let wrong = fixture("questions/qrels.tsv");
    let wrong = stderr(&["--chain", "lexical+sparse", "--sparse-rows", wrong.to_str().unwrap()]);
    assert!(wrong.contains("qrels.tsv") && wrong.contains("train_sparse.py"), "{wrong}");
    let none = stderr(&["--chain", "lexical+sparse", "--static", "none"]);
    assert!(none.contains("--static FILE") && none.contains("--sparse-rows FILE"), "{none}");
    assert!(stderr(&["--sparse-rows", "x"]).contains("--chain"));
}

#[test]
fn weights_are_tuned_and_written() {
    let desk = tempfile::tempdir().unwrap();
    let index = desk.path().join("index");
    let make = |share: &str| {
        let mut command = siteseer();
        command
            .args(["index", "--no-client", "--lexical-share", share])
            .arg(fixture("garden"))
            .arg("--out")
            .arg(&index);
        command.assert()
    };
    let fusion = || {
        let manifest: Value = serde_json::from_slice(&fs::read(index.join("manifest.json")).unwrap()).unwrap();
        [&manifest["fusion"]["dense"], &manifest["fusion"]["lexical"]].map(|weight| weight.as_f64().unwrap())
    };
    let tune = |write: &[&str]| {
        siteseer().arg("tune").arg(fixture("questions")).arg("--index").arg(&index).args(write).assert().success()
    };
    make("1").success();
    assert_eq!(fusion()[0], 0.0, "words alone");
    tune(&[]).stdout(contains("1.000").and(contains("present")).and(contains("lexical-share = 0.")));
    assert_eq!(fusion()[0], 0.0, "nothing is written unless asked for");
    tune(&["--write"]).stdout(contains("manifest.json: 1 written"));
    let [dense, lexical] = fusion();
    assert!(dense > 0.0 && (dense + lexical - 1.53).abs() < 1e-5, "{dense} {lexical}");
    // what was chosen is the present weight now, and nothing is better
    tune(&["--write"]).stdout(contains("present, best").and(contains("Nothing is written")));
    make("2").failure().code(1).stderr(contains("--lexical-share 2").and(contains("from 0 (meaning alone)")));
}

/// Documents of each query of a TREC run, best first.
fn documents(run: &Path) -> Vec<Vec<String>> {
    let text = fs::read_to_string(run).unwrap();
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split(' ').collect()).collect();
    lines.chunk_by(|a, b| a[0] == b[0]).map(|q| q.iter().map(|columns| columns[2].to_owned()).collect()).collect()
}

#[test]
fn reranked_steps_are_what_the_cascade_ranks() {
    let desk = tempfile::tempdir().unwrap();
    let at = |name: &str| desk.path().join(name);
    let model = tiny_model::tiny_model(1, true);
    fs::write(at("cross.safetensors"), tiny_model::tiny_cross_encoder(5, &model)).unwrap();
    fs::write(at("tiny.safetensors"), model).unwrap();
    let words = ["cat", "dog", "mat", "sat", "the", "on", "a"];
    let document = |i: usize| {
        let text: Vec<&str> = (0..5 + i % 9).map(|at| words[(i * 5 + at * at * 3) % 7]).collect();
        format!("{{\"_id\":\"d{i}\",\"title\":\"{} mats\",\"text\":\"{}.\"}}\n", words[i % 4], text.join(" "))
    };
    fs::write(at("corpus.jsonl"), (0..40).map(document).collect::<String>()).unwrap();
    let queries = ["cat on a mat", "the dog sat"];
    fs::write(at("queries.tsv"), format!("a\t{}\nb\t{}\n", queries[0], queries[1])).unwrap();
    fs::write(at("qrels.tsv"), "a\td1\t3\na\td7\t1\nb\td2\n").unwrap();
    let eval = |reranker: &Path, depths: &str| {
        let mut command = siteseer();
        command.env("SITESEER_MODEL", at("tiny.safetensors")).arg("eval").arg(desk.path());
        command.arg("--reranker").arg(reranker).args(["--rerank-depth", depths]);
        command
    };
    let mut command = eval(&at("cross.safetensors"), "30,5");
    command.arg("--cache").arg(at("cache")).arg("--run").arg(at("runs"));
    command.assert().success().stdout(
        contains("+ cross-encoder 5 ")
            .and(contains("+ cross-encoder 30 - fused"))
            .and(contains("+ cross-encoder 30 - + cross-encoder 5")),
    );

    let index = fs::read_dir(at("cache")).unwrap().next().unwrap().unwrap().path();
    let mut cascade = folder::open(&index, true).unwrap();
    folder::load_all_chunks(&index, &mut cascade.searcher).unwrap();
    assert!(folder::load_reranker(&index, &mut cascade).unwrap());
    let [fused, five, thirty] =
        ["fused", "cross-encoder-5", "cross-encoder-30"].map(|name| documents(&at("runs").join(format!("{name}.run"))));
    for (at, query) in queries.iter().enumerate() {
        let mut ranked = |tier| {
            let hits = cascade.rank(query, tier, 40).unwrap();
            hits.iter().map(|hit| cascade.searcher.passage(hit.passage).unwrap().url.clone()).collect::<Vec<_>>()
        };
        assert_eq!(fused[at], ranked(Tier::Dense));
        assert_eq!(thirty[at], ranked(Tier::Reranked));
        let sorted = |ids: &[String]| {
            let mut ids = ids.to_vec();
            ids.sort();
            ids
        };
        assert_eq!(sorted(&five[at][..5]), sorted(&fused[at][..5]));
        assert_eq!(five[at][5..], fused[at][5..]);
        assert_ne!(thirty[at], five[at]);
    }

    eval(Path::new("none"), "0").assert().success().stdout(contains("cross-encoder").not());
    eval(Path::new("none"), "10")
        .assert()
        .failure()
        .code(1)
        .stderr(contains("no cross-encoder").and(contains("--reranker")));
}

#[test]
fn wrong_usage_is_explained() {
    siteseer().args(["eval", "--fail-on-drop", "0.01", "x"]).assert().code(2).stderr(contains("--compare"));
    siteseer().args(["eval", "--cache", "c", "--index", "i", "x"]).assert().code(2).stderr(contains("--index"));
    siteseer()
        .args(["eval", "--help"])
        .assert()
        .success()
        .stdout(contains("queries.tsv").and(contains("baseline.json")));
}
