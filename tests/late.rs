//! Late interaction: the head's file, the token vectors of an index, its rung in the cascade and in evaluations, with a tiny model.

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
use siteseer::index::chunks::ChunkGroup;
use siteseer::index::late::{LateTokens, code_to_bytes};
use siteseer::kernels::Backend;
use siteseer::model::bi_encoder::BiEncoder;
use siteseer::model::encoder::Workspace;
use siteseer::model::late::{LateHead, kept_tokens};
use siteseer::search::cascade::Cascade;
use siteseer::search::chain::Chain;
use siteseer::search::late::{reorder_late, score_late};
use siteseer::search::searcher::{Hit, Tier};
use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

const HIDDEN: usize = 48;
const DIM: usize = 16;

/// A checkpoint as training leaves it, with or without weights of a query's tokens.
fn checkpoint(weights: bool) -> Vec<u8> {
    let value = |at: usize| ((at * 37 + at / 48 * 11) % 29) as f32 / 29.0 - 0.5;
    let bytes = |n: usize| (0..n).flat_map(|at| value(at).to_le_bytes()).collect::<Vec<u8>>();
    let (head, weight, bias) = (bytes(DIM * HIDDEN), bytes(HIDDEN), bytes(1));
    let view = |shape, data| TensorView::new(Dtype::F32, shape, data).unwrap();
    let mut tensors = vec![("head.weight", view(vec![DIM, HIDDEN], &head))];
    if weights {
        tensors.extend([("weight.weight", view(vec![1, HIDDEN], &weight)), ("weight.bias", view(vec![1], &bias))]);
    }
    serialize(tensors, None).unwrap()
}

/// The same with what codes of token vectors mean, of `centres`; `levels` are those of two bits a dimension.
fn checkpoint_with_code(centres: usize, levels: usize) -> Vec<u8> {
    let plain = checkpoint(true);
    let plain = safetensors::SafeTensors::deserialize(&plain).unwrap();
    let axes: Vec<u8> = (0..centres * DIM).map(|at| if at % DIM == at / DIM { 127 } else { 0 }).collect();
    let values = |levels: usize| -> Vec<u8> {
        let value = |at: usize| ((at % levels) as f32 + 0.5) / levels as f32 - 0.5;
        (0..DIM * levels).flat_map(|at| value(at).to_le_bytes()).collect()
    };
    let (one, two) = (values(2), values(levels));
    let view = |dtype, shape, data| TensorView::new(dtype, shape, data).unwrap();
    let code = [
        ("code.centres", view(Dtype::I8, vec![centres, DIM], &axes)),
        ("code.values.1", view(Dtype::F32, vec![DIM, 2], &one)),
        ("code.values.2", view(Dtype::F32, vec![DIM, levels], &two)),
    ];
    serialize(plain.iter().chain(code), None).unwrap()
}

fn siteseer() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_siteseer"));
    command.env("SITESEER_RERANKER", "none").env("SITESEER_STATIC", "none").env_remove("SITESEER_LATE");
    command
}

fn encoder() -> BiEncoder {
    BiEncoder::load(&tiny_model::tiny_model(1, true), "tiny", Backend::best()).unwrap()
}

/// A temporary folder with a bi-encoder, a head for it, and a site.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        fs::write(desk.at("tiny.safetensors"), tiny_model::tiny_model(1, true)).unwrap();
        fs::write(desk.at("checkpoint.safetensors"), checkpoint(true)).unwrap();
        fs::create_dir(desk.at("site")).unwrap();
        let words = ["cat", "dog", "mat", "cats"];
        for page in 0..12 {
            let text =
                format!("The {} sat on a {}. The {} on the mats.", words[page % 4], words[page / 4], words[page % 3]);
            let html =
                format!("<!doctype html><html lang=en><title>{page}</title><main><h1>{page}</h1><p>{text}</p></main>");
            fs::write(desk.at("site").join(format!("{page}.html")), html).unwrap();
        }
        let import = desk.import("checkpoint.safetensors", "head.safetensors");
        import.success().stdout(contains("late-head tiny-late").and(contains("48 to 16")));
        desk
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn import(&self, checkpoint: &str, out: &str) -> assert_cmd::assert::Assert {
        let mut command = siteseer();
        command.args(["model", "import", "--license", "MIT", "--id", "tiny-late", "--lambda", "0.75", "--force"]);
        command.arg("--late-of").arg(self.at("tiny.safetensors")).arg("--out").arg(self.at(out));
        command.arg(self.at(checkpoint)).assert()
    }

    fn index(&self, args: &[&str]) -> assert_cmd::assert::Assert {
        let mut command = siteseer();
        command.args(["index", "--no-client", "--device", "cpu", "--model"]).arg(self.at("tiny.safetensors"));
        command.current_dir(self.0.path()).args(args).arg("site").assert()
    }

    fn written(&self) -> BTreeMap<String, Vec<u8>> {
        let entries = fs::read_dir(self.at("site/siteseer")).unwrap().map(Result::unwrap);
        entries.map(|e| (e.file_name().into_string().unwrap(), fs::read(e.path()).unwrap())).collect()
    }

    fn search(&self, tier: &str) -> assert_cmd::assert::Assert {
        siteseer().args(["search", "the cat sat", "--tier", tier, "--index"]).arg(self.at("site")).assert()
    }
}

/// An index with all its token vectors, and the texts of its passages as the model reads them.
fn open_with_texts(index: &Path) -> (Cascade, Vec<String>) {
    let mut cascade = folder::open(index, true).unwrap();
    assert!(folder::load_late(index, &mut cascade).unwrap());
    folder::load_all_chunks(index, &mut cascade.searcher).unwrap();
    folder::load_all_late(index, &mut cascade).unwrap();
    let passages = cascade.searcher.manifest().counts.passages;
    let texts = (0..passages).map(|passage| cascade.searcher.passage(passage).unwrap().model_text()).collect();
    (cascade, texts)
}

#[test]
fn an_imported_head_projects_and_weighs_by_its_formula() {
    let desk = Desk::new();
    let bytes = fs::read(desk.at("head.safetensors")).unwrap();
    let head = LateHead::load(&bytes, "head").unwrap();
    assert_eq!(
        (head.id(), head.config().dim, head.config().lambda, head.has_weights()),
        ("tiny-late", DIM, 0.75, true)
    );
    let value = |at: usize| ((at * 37 + at / 48 * 11) % 29) as f32 / 29.0 - 0.5;
    let hidden: Vec<f32> = (0..HIDDEN).map(|i| (i as f32).sin()).collect();
    let expected: Vec<f32> =
        (0..DIM).map(|row| hidden.iter().enumerate().map(|(i, h)| h * value(row * HIDDEN + i)).sum()).collect();
    let length = expected.iter().map(|x| x * x).sum::<f32>().sqrt();
    for (found, expected) in head.project(&hidden).iter().zip(&expected) {
        assert!((found - expected / length).abs() < 1e-6);
    }
    let weight = (1.0 + (hidden.iter().enumerate().map(|(i, h)| h * value(i)).sum::<f32>() + value(0)).exp()).ln();
    let row: Vec<i8> = head.project(&hidden).iter().map(|x| (x * 127.0).round() as i8).collect();
    let score = head.query(&hidden).score(Backend::best(), &row);
    assert!((score - weight).abs() < 0.02 * weight, "{score} for {weight}");

    fs::write(desk.at("plain.safetensors"), checkpoint(false)).unwrap();
    desk.import("plain.safetensors", "plain-head.safetensors").success();
    assert!(!LateHead::load(&fs::read(desk.at("plain-head.safetensors")).unwrap(), "h").unwrap().has_weights());
    let info = siteseer().args(["model", "info", "--json"]).arg(desk.at("head.safetensors")).output().unwrap();
    let info: Value = serde_json::from_slice(&info.stdout).unwrap();
    assert_eq!(
        (&info["kind"], &info["config"]["dim"], &info["weights"]),
        (&"late-head".into(), &16.into(), &true.into())
    );
}

#[test]
fn broken_heads_are_refused_by_name() {
    let desk = Desk::new();
    let bytes = fs::read(desk.at("head.safetensors")).unwrap();
    for cut in (0..bytes.len()).step_by(7) {
        let error = LateHead::load(&bytes[..cut], "head.safetensors").unwrap_err();
        assert!(error.to_string().starts_with("head.safetensors: truncated"), "cut at {cut}: {error}");
    }
    let change = |from: &str, to: &str| {
        assert_eq!(from.len(), to.len());
        let at = bytes.windows(from.len()).position(|window| window == from.as_bytes()).unwrap();
        LateHead::load(&[&bytes[..at], to.as_bytes(), &bytes[at + to.len()..]].concat(), "h").unwrap_err()
    };
    assert!(matches!(change("late-head", "late-hand"), Error::Unsupported { .. }));
    assert!(matches!(change("\\\"dim\\\":16", "\\\"dim\\\":17"), Error::Damaged { .. }));
    assert!(matches!(change("\\\"dim\\\":16", "\\\"dim\\\":32"), Error::Damaged { .. }), "not the tensor's");
    assert!(matches!(change("0.75", "-0.7"), Error::Damaged { .. }));
    let other = BiEncoder::load(&tiny_model::tiny_model(2, true), "tiny", Backend::best()).unwrap();
    let head = LateHead::load(&bytes, "head.safetensors").unwrap();
    assert_eq!(head.check_encoder(&encoder()), Ok(()));
    assert!(matches!(head.check_encoder(&other), Err(Error::Mismatch { .. })));
    assert!(LateHead::load(&tiny_model::tiny_model(1, true), "m").is_err(), "a bi-encoder is no head");
    fs::write(desk.at("tiny.safetensors"), tiny_model::tiny_model(2, true)).unwrap();
    desk.index(&["--late", "head.safetensors"]).failure().code(1).stderr(contains("trained with"));

    let short = [&8u64.to_le_bytes()[..], b"{}      "].concat();
    fs::write(desk.at("short.safetensors"), short).unwrap();
    desk.import("short.safetensors", "no.safetensors").failure().code(1).stderr(contains("head.weight"));
}

#[test]
fn an_index_has_token_vectors_of_all_passages_close_to_the_models() {
    let desk = Desk::new();
    desk.index(&["--late", "head.safetensors"]).success().stderr(contains("late interaction"));
    let index = desk.at("site/siteseer");
    let manifest: Value = serde_json::from_slice(&fs::read(index.join("manifest.json")).unwrap()).unwrap();
    let (entry, files) = (&manifest["late"], &manifest["files"]["late"]);
    assert_eq!((&entry["id"], &entry["dim"], &entry["lambda"]), (&"tiny-late".into(), &16.into(), &0.75.into()));
    assert_eq!((&entry["passagesPerChunk"], &files["tokens"]["files"]), (&2.into(), &6.into()));

    let (encoder, mut work) = (encoder(), Workspace::default());
    let head = LateHead::load(&fs::read(desk.at("head.safetensors")).unwrap(), "head").unwrap();
    let (mut cascade, texts) = open_with_texts(&index);
    let tokens: &LateTokens = cascade.late_tokens_mut().unwrap();
    let (mut sum, mut count) = (0.0, 0.0);
    for (passage, text) in (0..).zip(&texts) {
        let (ids, hidden) = (encoder.tokenize(text), encoder.embed_tokens(text, &mut work).unwrap().1);
        let kept = kept_tokens(encoder.tokenizer(), &ids);
        assert!(kept.len() < ids.len() && kept.len() > 3, "{text}");
        let kept: Vec<f32> = kept.iter().flat_map(|at| &hidden[at * HIDDEN..][..HIDDEN]).copied().collect();
        let (exact, rows) = (head.project(&kept), tokens.rows(passage).unwrap());
        assert_eq!(exact.len(), rows.len());
        for (exact, row) in exact.chunks_exact(DIM).zip(rows.chunks_exact(DIM)) {
            sum += exact.iter().zip(row).map(|(x, &y)| x * f32::from(y) / 127.0).sum::<f32>();
            count += 1.0;
        }
    }
    assert!(sum / count > 0.9, "mean cosine {} of {count} token vectors", sum / count);
}

#[test]
fn the_same_site_gives_the_same_token_vectors_and_without_a_head_none() {
    let desk = Desk::new();
    desk.index(&[]).success();
    let plain = desk.written();
    assert!(!plain.keys().any(|name| name.starts_with("late")));
    desk.search("late").failure().code(1).stderr(contains("--late rerank"));
    desk.index(&["--late", "head.safetensors", "--late-bits", "1"]).success();
    let one = desk.written();
    assert!(
        plain.keys().filter(|name| *name != "manifest.json").all(|name| one.contains_key(name)),
        "nothing else changes"
    );
    desk.index(&["--late", "head.safetensors"]).success();
    let two = desk.written();
    let bytes = |files: &BTreeMap<String, Vec<u8>>| {
        files.iter().filter(|(name, _)| name.starts_with("late-")).map(|(_, content)| content.len()).sum::<usize>()
    };
    assert!(bytes(&two) > bytes(&one));
    let mut again = siteseer();
    again.args(["index", "site", "--no-client", "--device", "cpu", "--fresh", "--late", "head.safetensors", "--model"]);
    again.arg("tiny.safetensors").env("RAYON_NUM_THREADS", "1").current_dir(desk.0.path()).assert().success();
    assert_eq!(desk.written(), two, "whatever the number of threads");
    desk.index(&["--late", "head.safetensors", "--late-bits", "3"]).failure().code(2);
    for off in ["none", "off"] {
        desk.index(&["--late", off]).success();
        assert_eq!(desk.written(), plain);
    }
    desk.index(&["--late", "rerank"])
        .failure()
        .code(1)
        .stderr(contains("siteseer-late.safetensors").and(contains("trained with")));
    desk.index(&["--late", "missing.safetensors"]).failure().code(1).stderr(contains("missing.safetensors"));
}

#[test]
fn the_rung_reorders_the_best_of_the_dense_tier() {
    let desk = Desk::new();
    desk.index(&["--late", "head.safetensors"]).success();
    let index = desk.at("site/siteseer");
    let mut cascade = folder::open(&index, true).unwrap();
    folder::load_all_chunks(&index, &mut cascade.searcher).unwrap();
    assert!(cascade.rank("cat", Tier::Late, 5).is_err(), "the head is not loaded");
    folder::load_late(&index, &mut cascade).unwrap();
    assert_eq!(cascade.tier(), Some(Tier::Late));
    let query = "the cat sat on the mat";
    let unloaded = cascade.rank(query, Tier::Late, 5).unwrap_err();
    assert!(unloaded.to_string().starts_with("token vectors of passage"), "{unloaded}");
    let dense = cascade.rank(query, Tier::Dense, 12).unwrap();
    let passages: Vec<u32> = dense.iter().map(|hit| hit.passage).collect();
    assert!(folder::load_late_of(&index, &mut cascade, &passages).unwrap() > 0);
    assert_eq!(folder::load_late_of(&index, &mut cascade, &passages).unwrap(), 0, "nothing is loaded twice");

    let head = LateHead::load(&fs::read(desk.at("head.safetensors")).unwrap(), "head").unwrap();
    let hidden = encoder().embed_tokens(query, &mut Workspace::default()).unwrap().1;
    let vectors = head.query(&hidden);
    let scores = score_late(&vectors, cascade.late_tokens_mut().unwrap(), &passages).unwrap();
    let late = cascade.rank(query, Tier::Late, 12).unwrap();
    assert_eq!(late, reorder_late(&dense, &scores, 0.75));
    assert_ne!(late, dense);
    let chain = |cascade: &mut _, text: &str| -> Vec<Hit> {
        siteseer::search::cascade::Cascade::rank_chain(cascade, query, &text.parse::<Chain>().unwrap(), 12).unwrap()
    };
    assert_eq!(chain(&mut cascade, "fused>late:30"), late);
    assert_eq!(chain(&mut cascade, "fused"), dense);
    assert_eq!(chain(&mut cascade, "fused>late:3"), reorder_late(&dense, &scores[..3], 0.75));
    let order = |hits: &[Hit]| hits.iter().map(|hit| hit.passage).collect::<Vec<u32>>();
    let lexical = cascade.rank(query, Tier::Lexical, 12).unwrap();
    assert_eq!(order(&chain(&mut cascade, "lexical")), order(&lexical));
    let meaning = chain(&mut cascade, "dense");
    assert!(meaning.iter().all(|hit| hit.lexical_rank.is_none()) && meaning.is_sorted_by(|a, b| a.score >= b.score));
    assert_ne!(order(&chain(&mut cascade, "lexical>late:12")), order(&lexical));
    let needs = "fused>cross:3".parse::<Chain>().unwrap();
    assert!(cascade.rank_chain(query, &needs, 5).is_err(), "there is no cross-encoder");

    desk.search("late").success().stdout(contains(".html")).stderr(contains("late interaction"));
    let chunk =
        desk.written().into_keys().find(|name| name.starts_with("late-") && name.ends_with("-0.bin.gz")).unwrap();
    let content = fs::read(index.join(&chunk)).unwrap();
    fs::write(index.join(&chunk), &content[..content.len() / 2]).unwrap();
    desk.search("late").failure().code(1).stderr(contains(chunk.as_str()));
    desk.search("dense").success();
}

#[test]
fn an_evaluation_judges_late_interaction_and_chains() {
    let desk = Desk::new();
    let reranker = tiny_model::tiny_cross_encoder(3, &tiny_model::tiny_model(1, true));
    fs::write(desk.at("cross.safetensors"), reranker).unwrap();
    desk.index(&["--late", "head.safetensors", "--reranker", "cross.safetensors"]).success();
    fs::write(desk.at("queries.tsv"), "a\tcat on a mat\nb\tthe dog sat\n").unwrap();
    fs::write(desk.at("qrels.tsv"), "a\t1.html\t3\nb\t2.html\t1\n").unwrap();
    let eval = |args: &[&str]| {
        let mut command = siteseer();
        command.arg("eval").arg(desk.0.path()).arg("--index").arg(desk.at("site")).args(["--json", "-"]).args(args);
        command.output().unwrap()
    };
    let names = |report: &Value| -> Vec<String> {
        report["tiers"].as_array().unwrap().iter().map(|t| t["name"].as_str().unwrap().to_owned()).collect()
    };
    let output = eval(&["--rerank-depth", "5", "--chain", "lexical>late:5", "--chain", "fused>late:30>cross:10"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    let steps = ["lexical", "dense only", "fused", "+ cross-encoder 5", "+ late 30", "+ late 30 + cross-encoder 10"];
    let asked = ["lexical>late:5", "lexical+dense>late:30>cross:10"];
    assert_eq!(names(&report), [&steps[..], &asked].concat());
    let tier = |name: &str| report["tiers"].as_array().unwrap().iter().find(|t| t["name"] == name).unwrap().clone();
    assert_eq!(tier("+ late 30 + cross-encoder 10")["ndcg10"], tier(asked[1])["ndcg10"], "the same chain by two names");
    let bytes = |name: &str| tier(name)["bytes"].as_u64().unwrap();
    assert!(bytes("+ late 30") > bytes("fused") && bytes("lexical>late:5") < bytes("+ late 30"));
    assert!(tier("+ late 30")["msMedian"].as_f64().unwrap() > 0.0);
    let plot = desk.at("plot.svg");
    let output = eval(&["--rerank-depth", "0", "--plot", plot.to_str().unwrap()]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(fs::read_to_string(plot).unwrap().contains("+ late 30: "));
    assert_eq!(names(&report), ["lexical", "dense only", "fused", "+ late 30"], "no pairs are read");

    let error = |args: &[&str]| String::from_utf8(eval(args).stderr).unwrap();
    assert!(error(&["--chain", "lexical>sparse:5"]).contains("`sparse:5` is no part of a chain"));
    assert!(error(&["--chain", "lexical+static>late:5"]).contains("no static query tower"));
    desk.index(&[]).success();
    let stderr = error(&["--chain", "fused>late:5"]);
    assert!(
        stderr.contains("--late rerank") && stderr.contains(&*Path::new("site").join("siteseer").to_string_lossy())
    );
}

impl Desk {
    fn page(&self, page: &str, text: &str) {
        let html =
            format!("<!doctype html><html lang=en><title>{page}</title><main><h1>{page}</h1><p>{text}</p></main>");
        fs::write(self.at("site").join(page), html).unwrap();
    }

    /// What codes mean, and the codes of each passage's tokens by its text.
    fn codes(&self) -> (Vec<u8>, BTreeMap<String, Vec<u8>>) {
        let index = self.at("site/siteseer");
        let (mut cascade, texts) = open_with_texts(&index);
        let tokens: &LateTokens = cascade.late_tokens_mut().unwrap();
        let codes = (0..).zip(texts).map(|(passage, text)| (text, tokens.codes(passage).unwrap().to_vec()));
        (code_to_bytes(tokens.code()), codes.collect())
    }
}

#[test]
fn a_second_build_keeps_the_codes_of_passages_that_are_the_same() {
    let desk = Desk::new();
    let index = |args: &[&str]| desk.index(&[&["--late", "head.safetensors"], args].concat()).success();
    index(&[]);
    let (first, code) = (desk.written(), desk.codes());
    index(&[]).stderr(contains("vectors of 12 passages reused").and(contains("Embedding").not()));
    assert_eq!(desk.written(), first, "the same site, the same bytes");

    desk.page("3.html", "Dogs and mats, mats and dogs.");
    desk.page("new.html", "A cat was on the dog.");
    index(&[]).stderr(contains("Embedding 2 passages"));
    let (meaning, codes) = desk.codes();
    assert_eq!((&meaning, codes.len()), (&code.0, 13), "what codes mean stays");
    assert_eq!(codes.iter().filter(|(text, codes)| code.1.get(*text) == Some(codes)).count(), 11);
    assert!(codes.iter().all(|(_, codes)| !codes.is_empty()));

    // an index without them gives vectors alone; other bits, another code; and so does a site that is another for the most part
    index(&["--late-bits", "1"])
        .stderr(contains("vectors of 13 passages reused").and(contains("Embedding 13 passages")));
    let clean = || {
        let before = desk.written();
        index(&["--fresh"]);
        (before, desk.written())
    };
    index(&[]);
    let (built, fresh) = clean();
    assert_eq!(built, fresh);
    (0..8).for_each(|page| desk.page(&format!("{page}.html"), &format!("Other words, {page} of them.")));
    index(&[]).stderr(contains("vectors of 5 passages reused").and(contains("Embedding 13 passages")));
    let (built, fresh) = clean();
    assert_eq!(built, fresh, "all are made anew");
}

#[test]
fn with_the_heads_code_a_second_build_is_that_of_a_clean_one() {
    let desk = Desk::new();
    fs::write(desk.at("coded.safetensors"), checkpoint_with_code(6, 4)).unwrap();
    desk.import("coded.safetensors", "coded-head.safetensors").success();
    let index = |args: &[&str]| desk.index(&[&["--late", "coded-head.safetensors"], args].concat()).success();
    index(&[]);
    let (first, code) = (desk.written(), desk.codes());
    assert_eq!(code.0[4..9], [16, 0, 2, 6, 0], "dimensions, bits and centres of the head's code");
    let head = first.iter().find(|(name, _)| name.starts_with("late-head")).unwrap().1;
    let mut content = Vec::new();
    flate2::read::GzDecoder::new(&head[..]).read_to_end(&mut content).unwrap();
    let plain = fs::read(desk.at("head.safetensors")).unwrap();
    assert_eq!(content.len(), plain.len(), "the head goes without its code");
    assert!(LateHead::load(&content, "head").is_ok());

    // nearly all pages are others: with a code of the site's own, all would be made anew
    (0..10).for_each(|page| desk.page(&format!("{page}.html"), &format!("Other words, {page} of them.")));
    index(&[]).stderr(contains("vectors of 2 passages reused").and(contains("Embedding 10 passages")));
    assert_eq!(desk.codes().0, code.0);
    let built = desk.written();
    index(&["--fresh"]).stderr(contains("Embedding 12 passages"));
    assert_eq!(desk.written(), built);
    desk.search("late").success();

    // an index with codes of another meaning gives vectors alone
    desk.index(&["--late", "head.safetensors"]).success();
    index(&[]).stderr(contains("vectors of 12 passages reused").and(contains("Embedding 12 passages")));
    assert_eq!(desk.written(), built);
    index(&["--late-bits", "1"]);
    assert_eq!(desk.codes().0[6], 1);

    for broken in [checkpoint_with_code(6, 3), checkpoint_with_code(0, 4)] {
        fs::write(desk.at("coded.safetensors"), broken).unwrap();
        desk.import("coded.safetensors", "no.safetensors").failure().code(1).stderr(contains("code."));
    }
}

#[test]
fn codes_that_this_machine_would_not_make_are_not_kept() {
    let desk = Desk::new();
    let index = || desk.index(&["--late", "head.safetensors"]).success();
    index();
    let first = desk.written();
    // as if other kernels had made them: another last level of each passage's last token, in files that are whole
    let manifest = desk.at("site/siteseer/manifest.json");
    let mut json: Value = serde_json::from_slice(&fs::read(&manifest).unwrap()).unwrap();
    let name = json["files"]["late"]["tokens"]["name"].as_str().unwrap().to_owned();
    let bodies: Vec<Vec<u8>> = (0..6)
        .map(|number| {
            let mut content = Vec::new();
            let file = fs::read(desk.at("site/siteseer").join(name.replace('*', &number.to_string()))).unwrap();
            flate2::read::GzDecoder::new(&file[..]).read_to_end(&mut content).unwrap();
            let mut body = content[20..].to_vec();
            *body.last_mut().unwrap() ^= 0b11;
            body
        })
        .collect();
    let (id, contents) = ChunkGroup::frame(&bodies);
    json["files"]["late"]["tokens"]["id"] = id.into();
    fs::write(&manifest, json.to_string()).unwrap();
    for (number, content) in contents.iter().enumerate() {
        let mut file = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        file.write_all(content).unwrap();
        let path = desk.at("site/siteseer").join(name.replace('*', &number.to_string()));
        fs::write(path, file.finish().unwrap()).unwrap();
    }
    desk.search("late").success();
    index().stderr(contains("vectors of 12 passages reused").and(contains("Embedding 12 passages")));
    assert_eq!(desk.written(), first);
}

#[test]
fn the_head_that_comes_along_is_there_for_the_asking() {
    let desk = Desk::new();
    let real = |args: &[&str]| {
        let mut command = siteseer();
        command.args(["index", "--no-client", "--device", "cpu"]).args(args);
        command.current_dir(desk.0.path()).arg("site").assert()
    };
    let manifest =
        || -> Value { serde_json::from_slice(&fs::read(desk.at("site/siteseer/manifest.json")).unwrap()).unwrap() };
    real(&[]).success().stderr(contains("late interaction").not());
    assert_eq!(manifest().get("late"), None);
    real(&["--late", "rerank"]).success().stderr(contains("late interaction "));
    assert_eq!(manifest()["late"]["id"], "siteseer-late");
    desk.search("late").success();
    let refused = real(&["--query-tower", "small", "--late", "rerank"]).failure().code(1);
    refused.stderr(contains("not trained").and(contains("--query-tower")));
    real(&["--query-tower", "small"]).success();
    fs::write(desk.at("siteseer.toml"), "late = 'rerank'").unwrap();
    real(&[]).success();
    assert_eq!(manifest()["late"]["id"], "siteseer-late");
    fs::write(desk.at("siteseer.toml"), "late = 'off'").unwrap();
    real(&[]).success();
    assert_eq!(manifest().get("late"), None);
}
