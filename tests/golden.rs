//! Token ids, embeddings and logits of 200 fixed inputs against PyTorch in f32 (models/training/golden.py wrote them), through
//! the shipped model files and the kernels of this machine.

#![cfg(not(target_arch = "wasm32"))]

use serde_json::Value;
use siteseer::kernels::Backend;
use siteseer::model::batch::TokenBatch;
use siteseer::model::bi_encoder::BiEncoder;
use siteseer::model::cross_encoder::{CrossEncoder, PairWorkspace};
use siteseer::model::encoder::Workspace;
use siteseer::model::late::{LateHead, kept_tokens};
use std::path::Path;

/// Int8 weights cost up to 0.001 of cosine (models/README.md), 7-bit activations (relaxed SIMD, AVX2) the rest: 0.9929 is the
/// smallest seen, of three words.
const MIN_COSINE: f32 = 0.992;
/// The fewer tokens there are to average over, the less the errors cancel: 0.988 was seen for 120 letters without a space.
const MIN_COSINE_OF_A_WORD: f32 = 0.985;
/// `[CLS] [SEP]`, which is never a query or a passage; 0.977 was seen.
const MIN_COSINE_OF_NOTHING: f32 = 0.97;
/// Of the query tower's embeddings: two layers turn less than six. 0.997 is the smallest seen on AVX2.
const MIN_TOWER_COSINE: f32 = 0.992;
/// Of the logits, whose deviation is about 3.7: int8 weights on a coarser grid (0.14 of it) and 7-bit activations through six layers.
/// Seen: 0.22 on AVX2; other kernels are more exact.
const MAX_LOGIT_RMS: f64 = 0.35;

/// Mean cosine of the query tower's to the passage tower's embeddings of these queries; these are fragments
/// of sentences, 0.90 was seen.
const MIN_ALIGNED_COSINE: f32 = 0.85;
/// Of a score of late interaction, in parts of it: int8 weights and 7-bit activations turn each token's vector a little, and a
/// query's few tokens do not average that away. Seen on AVX2: 0.075, and 0.027 on average.
const MAX_LATE_ERROR: f32 = 0.12;
/// The same, on average over the pairs.
const MEAN_LATE_ERROR: f32 = 0.045;

fn model_file(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("models").join(name)).expect("it is committed")
}

fn bi_encoder() -> BiEncoder {
    BiEncoder::load(&model_file("all-MiniLM-L6-v2.safetensors"), "all-MiniLM-L6-v2", Backend::best()).unwrap()
}

/// The small bi-encoder of queries.
fn query_tower() -> BiEncoder {
    BiEncoder::load(&model_file("siteseer-query-tower.safetensors"), "siteseer-query-tower", Backend::best()).unwrap()
}

/// Rows of the golden file that have `field`.
fn rows(field: &str) -> Vec<Value> {
    let lines = include_str!("golden/golden.jsonl").lines();
    let rows: Vec<Value> = lines.map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 200);
    rows.into_iter().filter(|row| row.get(field).is_some()).collect()
}

fn ids(row: &Value) -> Vec<u32> {
    row["ids"].as_array().unwrap().iter().map(|id| id.as_u64().unwrap() as u32).collect()
}

#[test]
fn embeddings_are_pytorchs() {
    let (model, mut work) = (bi_encoder(), Workspace::default());
    let rows = rows("embedding");
    assert_eq!(rows.len(), 100);
    let mut smallest = 1f32;
    for row in &rows {
        let text = row["text"].as_str().unwrap();
        assert_eq!(model.tokenize(text), ids(row), "token ids of {text:?}");
        let mut embedding = vec![0.0; model.dim()];
        model.embed_into(&TokenBatch::one(&ids(row)), &mut work, &mut embedding).unwrap();
        let expected: Vec<f32> =
            row["embedding"].as_array().unwrap().iter().map(|x| x.as_f64().unwrap() as f32).collect();
        let cosine: f32 = embedding.iter().zip(&expected).map(|(a, b)| a * b).sum();
        let words = text.split_whitespace().count();
        let least = if words == 0 {
            MIN_COSINE_OF_NOTHING
        } else if words < 3 {
            MIN_COSINE_OF_A_WORD
        } else {
            MIN_COSINE
        };
        assert!(cosine >= least, "{text:?}: cosine {cosine}");
        if words > 2 {
            smallest = smallest.min(cosine);
        }
    }
    println!("{}: smallest cosine {smallest}", model.backend().name());
}

#[test]
fn an_embedding_does_not_depend_on_its_batch() {
    let rows: Vec<Vec<u32>> = rows("embedding").iter().map(ids).take(14).collect();
    let file = model_file("all-MiniLM-L6-v2.safetensors");
    for backend in Backend::available() {
        let (model, mut work) = (BiEncoder::load(&file, "model", backend).unwrap(), Workspace::default());
        let mut embed = |rows: &[&Vec<u32>]| {
            let mut batch = TokenBatch::new();
            rows.iter().for_each(|row| batch.push(row));
            let mut out = vec![0.0; rows.len() * model.dim()];
            model.embed_into(&batch, &mut work, &mut out).unwrap();
            out.chunks_exact(model.dim()).map(|v| v.iter().map(|x| x.to_bits()).collect()).collect::<Vec<Vec<u32>>>()
        };
        let alone: Vec<Vec<u32>> = rows.iter().flat_map(|row| embed(&[row])).collect();
        for size in [3, 14] {
            for chunk in (0..rows.len()).rev().collect::<Vec<_>>().chunks(size) {
                let together = embed(&chunk.iter().map(|&at| &rows[at]).collect::<Vec<_>>());
                for (&at, bits) in chunk.iter().zip(together) {
                    assert!(bits == alone[at], "{} batch of {size}, row {at}", backend.name());
                }
            }
        }
    }
}

#[test]
fn the_query_towers_embeddings_are_pytorchs_and_lie_where_the_passage_towers_do() {
    let (tower, passage_tower, mut work) = (query_tower(), bi_encoder(), Workspace::default());
    assert_eq!(tower.space_sha256(), passage_tower.source_sha256());
    assert_eq!(tower.tokenizer_sha256(), passage_tower.tokenizer_sha256());
    let rows = rows("query_embedding");
    assert_eq!(rows.len(), 25);
    let (mut smallest, mut aligned) = (1f32, 0.0);
    for row in &rows {
        let query = row["query"].as_str().unwrap();
        let embedding = tower.embed(query, &mut work).unwrap();
        let expected = row["query_embedding"].as_array().unwrap().iter().map(|x| x.as_f64().unwrap() as f32);
        smallest = smallest.min(embedding.iter().zip(expected).map(|(a, b)| a * b).sum());
        let theirs = passage_tower.embed(query, &mut work).unwrap();
        aligned += embedding.iter().zip(&theirs).map(|(a, b)| a * b).sum::<f32>() / rows.len() as f32;
    }
    println!("{}: smallest cosine {smallest}, to the passage tower on average {aligned}", tower.backend().name());
    assert!(smallest >= MIN_TOWER_COSINE, "cosine {smallest}");
    assert!(aligned >= MIN_ALIGNED_COSINE, "cosine to the passage tower {aligned}");
}

#[test]
fn logits_are_pytorchs() {
    let bi_encoder = bi_encoder();
    let file = model_file("siteseer-cross-encoder.safetensors");
    let model = CrossEncoder::load(&file, "siteseer-cross-encoder", &bi_encoder).unwrap();
    let mut work = PairWorkspace::default();
    let rows = rows("logit");
    assert_eq!(rows.len(), 100);
    let (mut squares, mut expected) = (0.0, Vec::new());
    for row in &rows {
        let (query, passage) = (row["query"].as_str().unwrap(), row["passage"].as_str().unwrap());
        assert_eq!(model.tokenize(query, passage).0, ids(row), "token ids of {query:?} with {passage:?}");
        let logit = model.score(query, &[passage.to_owned()], &mut work).unwrap()[0];
        let wanted = row["logit"].as_f64().unwrap();
        squares += (f64::from(logit) - wanted).powi(2);
        expected.push(wanted);
    }
    let rms = (squares / rows.len() as f64).sqrt();
    let mean = expected.iter().sum::<f64>() / expected.len() as f64;
    let deviation = (expected.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / expected.len() as f64).sqrt();
    println!("{}: RMS {rms:.3} of logits with deviation {deviation:.3}", model.backend().name());
    assert!(deviation > 2.0, "the inputs tell good from bad: {deviation}");
    assert!(rms <= MAX_LOGIT_RMS, "RMS {rms}");
}

#[test]
fn late_interaction_scores_are_pytorchs() {
    let (model, mut work) = (bi_encoder(), Workspace::default());
    let head = LateHead::load(&model_file("siteseer-late.safetensors"), "siteseer-late").unwrap();
    head.check_encoder(&model).unwrap();
    let hidden = |text: &str, work: &mut Workspace| model.embed_tokens(text, work).unwrap().1;
    let mut errors = Vec::new();
    for line in include_str!("golden/late.jsonl").lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let (query, passage) = (row["query"].as_str().unwrap(), row["passage"].as_str().unwrap());
        let expected = row["score"].as_f64().unwrap() as f32;
        let states = hidden(passage, &mut work);
        let kept = kept_tokens(model.tokenizer(), &model.tokenize(passage));
        let kept: Vec<f32> = kept.iter().flat_map(|at| &states[at * model.dim()..][..model.dim()]).copied().collect();
        let vectors: Vec<i8> = head.project(&kept).iter().map(|x| (x * 127.0).round() as i8).collect();
        let score = head.query(&hidden(query, &mut work)).score(model.backend(), &vectors);
        let error = (score - expected).abs() / expected;
        assert!(error <= MAX_LATE_ERROR, "{score} instead of {expected}: {query:?}");
        errors.push(error);
    }
    assert_eq!(errors.len(), 25);
    let mean = errors.iter().sum::<f32>() / 25.0;
    println!(
        "late interaction: errors of {mean:.4} of the score, up to {:.4}",
        errors.iter().copied().fold(0.0, f32::max)
    );
    assert!(mean <= MEAN_LATE_ERROR, "{mean}");
}
