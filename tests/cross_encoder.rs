//! The cross-encoder: its import, its logits against candle in f32, the last layer that computes `[CLS]` alone, and that
//! no file is taken for one that is not, or that belongs to another bi-encoder.

#![cfg(not(target_arch = "wasm32"))]

#[path = "common/random.rs"]
mod random;
#[path = "common/reference.rs"]
mod reference;
#[path = "common/tiny_bert.rs"]
mod tiny_bert;
#[path = "common/tiny_cross.rs"]
mod tiny_cross;

use candle_core::Tensor;
use random::Random;
use reference::{PairReference, dequantized};
use serde_json::{Value, json};
use siteseer::Error;
use siteseer::kernels::Backend;
use siteseer::kernels::attention::QueryRows;
use siteseer::model::batch::TokenBatch;
use siteseer::model::bi_encoder::BiEncoder;
use siteseer::model::cross_encoder::{CrossEncoder, MAX_QUERY_PIECES, PairWorkspace};
use siteseer::model::encoder::{Encoder, Workspace};
use siteseer::model::file::ModelFile;
use siteseer::model::layout::Kind;
use std::collections::HashMap;
use std::sync::Arc;
use tiny_bert::TinyBert;
use tiny_cross::{HIDDEN, MAX_TOKENS, Pair};

/// What quantized activations may cost: the root mean square of a logit's difference from candle's in f32 with the same
/// (restored) weights, in standard deviations of the logits, times the number of steps of the format.
///
/// A row spans about six of its standard deviations, so rounding it to `n` steps adds noise of `6 / (n · √12)` = 1.7 / n of
/// them. The 13 products on the way (four in each of three layers, and the pooler) add up as a random walk, √13: 6.2 / n.
/// Twice that is allowed: 10% of a deviation with 7 bits, 0.3% with 12.
const ACTIVATIONS_TOLERANCE: f32 = 12.5;
/// What int8 weights may cost on top, in the same unit: uniform weights of deviation σ have steps of √3 σ / 127, hence noise
/// of 0.4%; √13 times that is 1.4%, and twice that is allowed.
const WEIGHTS_TOLERANCE: f32 = 0.03;

fn load(pair: &Pair, backend: Backend) -> (BiEncoder, CrossEncoder) {
    let table_of = pair.bi_encoder.import().unwrap().bytes;
    let bi_encoder = BiEncoder::load(&table_of, "bi", backend).unwrap();
    let cross_encoder = CrossEncoder::load(&pair.import(&table_of).unwrap().bytes, "cross", &bi_encoder).unwrap();
    (bi_encoder, cross_encoder)
}

/// Text of `count` words of the tiny vocabulary.
fn text(random: &mut Random, count: usize) -> String {
    (0..count).map(|_| random.pick(&["cargo", "work", "workspace", "works", "zzz"])).collect::<Vec<_>>().join(" ")
}

fn passages(random: &mut Random, count: usize) -> Vec<String> {
    (0..count).map(|i| text(random, 1 + i * 7 % 40)).collect()
}

/// Weights by their names without prefix, with the word embeddings of the bi-encoder.
fn originals(pair: &Pair) -> HashMap<String, Tensor> {
    let word = "embeddings.word_embeddings.weight";
    let own = pair.cross_encoder.weights.iter();
    own.map(|(name, tensor)| (name.trim_start_matches("bert.").to_owned(), tensor.clone()))
        .chain([(word.to_owned(), pair.bi_encoder.weights[word].clone())])
        .collect()
}

#[test]
fn logits_are_those_of_candle_in_f32() {
    let mut expected = Vec::new(); // of each pair: restored weights, f32 weights
    let mut logits = vec![Vec::new(); Backend::available().len()];
    for seed in [1, 20, 300] {
        let pair = Pair::new(seed);
        let config = &pair.cross_encoder.files["config.json"];
        let table_of = pair.bi_encoder.import().unwrap().bytes;
        let own = pair.import(&table_of).unwrap().bytes;
        let mut restored = dequantized(&ModelFile::parse(&table_of, "bi").unwrap());
        restored.extend(dequantized(&ModelFile::parse(&own, "cross").unwrap()));
        let mut cropped = config.clone();
        cropped["max_position_embeddings"] = json!(MAX_TOKENS);
        let restored = PairReference::new(&cropped, restored);
        let exact = PairReference::new(config, originals(&pair));

        let mut random = Random::new(seed);
        let (query, passages) = (text(&mut random, 4), passages(&mut random, 40));
        for (backend, logits) in Backend::available().into_iter().zip(&mut logits) {
            let (_, model) = load(&pair, backend);
            logits.extend(model.score(&query, &passages, &mut PairWorkspace::default()).unwrap());
            if backend == Backend::Scalar {
                let ids = passages.iter().map(|passage| model.tokenize(&query, passage));
                expected.extend(ids.map(|(ids, types)| [restored.logit(&ids, &types), exact.logit(&ids, &types)]));
            }
        }
    }
    let n = expected.len() as f32;
    let mean = expected.iter().map(|e| e[1]).sum::<f32>() / n;
    let deviation = (expected.iter().map(|e| (e[1] - mean).powi(2)).sum::<f32>() / n).sqrt();
    assert!(deviation > 0.5, "logits of deviation {deviation} would hide any difference");
    for (backend, logits) in Backend::available().into_iter().zip(logits) {
        assert_eq!(logits.len(), expected.len());
        let error = |of: usize| {
            let squares = logits.iter().zip(&expected).map(|(logit, expected)| (logit - expected[of]).powi(2));
            (squares.sum::<f32>() / n).sqrt() / deviation
        };
        let allowed = ACTIVATIONS_TOLERANCE / (backend.format().max() - backend.format().min()) as f32;
        println!("{backend:?}: same weights {:.4} (allowed {allowed:.4}), f32 weights {:.4}", error(0), error(1));
        assert!(error(0) <= allowed, "{backend:?}: {}", error(0));
        assert!(error(1) <= allowed + WEIGHTS_TOLERANCE, "{backend:?}: {}", error(1));
    }
}

#[test]
fn the_last_layer_for_cls_alone_gives_the_bits_of_the_full_one() {
    let pair = Pair::new(7);
    let table_of = pair.bi_encoder.import().unwrap().bytes;
    let own = pair.import(&table_of).unwrap().bytes;
    let file = ModelFile::parse(&own, "cross").unwrap();
    let mut random = Random::new(5);
    let mut batch = TokenBatch::new();
    for len in [1, 2, 31, 3, 17, 8, 32, 1, 12] {
        let ids: Vec<u32> = (0..len).map(|_| random.below(9) as u32).collect();
        let types: Vec<u32> = (0..len).map(|at| u32::from(at > len / 3)).collect();
        batch.push_pair(&ids, &types);
    }
    for backend in Backend::available() {
        let word = Arc::clone(BiEncoder::load(&table_of, "bi", backend).unwrap().word_embeddings());
        let encoder = |rows| Encoder::load(&file, backend, Arc::clone(&word), rows).unwrap();
        let (mut all_work, mut first_work) = (Workspace::default(), Workspace::default());
        let (all, first) = (encoder(QueryRows::All), encoder(QueryRows::First));
        let all = all.forward(&batch, &mut all_work).unwrap();
        assert_eq!(all.len(), batch.tokens() * HIDDEN);
        let cls: Vec<f32> =
            batch.offsets()[..batch.len()].iter().flat_map(|&at| &all[at * HIDDEN..][..HIDDEN]).copied().collect();
        // Each kernel computes a row by itself, in the same order of additions: equal to the last bit.
        assert!(first.forward(&batch, &mut first_work).unwrap() == &cls[..], "{backend:?}");

        let mut with_empty = batch.clone();
        with_empty.push(&[]);
        assert!(matches!(first.forward(&with_empty, &mut first_work), Err(Error::Unsupported { .. })));
    }
}

#[test]
fn a_logit_does_not_depend_on_its_neighbours() {
    let (_, model) = load(&Pair::new(3), Backend::best());
    let mut random = Random::new(9);
    let passages = passages(&mut random, 30);
    let mut work = PairWorkspace::default();
    let together = model.score("cargo workspace", &passages, &mut work).unwrap();
    for (passage, logit) in passages.iter().zip(&together) {
        assert_eq!(model.score("cargo workspace", std::slice::from_ref(passage), &mut work).unwrap(), [*logit]);
    }
    assert!(model.score("cargo", &[], &mut work).unwrap().is_empty());
    assert_ne!(together, model.score("works", &passages, &mut work).unwrap(), "the query is read");
}

#[test]
fn a_long_query_is_cut_and_then_the_passage() {
    let (_, model) = load(&Pair::new(3), Backend::Scalar);
    let words = |count| vec!["cargo"; count].join(" ");
    let shape = |query, passage| {
        let (ids, types) = model.tokenize(&words(query), &words(passage));
        let first = types.iter().filter(|&&kind| kind == 0).count();
        (ids.len(), first)
    };
    assert_eq!(shape(3, 4), (10, 5));
    assert_eq!(shape(3, 500), (MAX_TOKENS, 5));
    assert_eq!(shape(500, 4), (MAX_TOKENS, MAX_TOKENS - 1), "this model has fewer tokens than a query may have pieces");
    assert_eq!(shape(0, 0), (3, 2));
    const { assert!(MAX_QUERY_PIECES == 48) };
}

#[test]
fn both_encoders_share_one_table() {
    let (bi_encoder, cross_encoder) = load(&Pair::new(3), Backend::best());
    assert!(Arc::ptr_eq(bi_encoder.word_embeddings(), cross_encoder.word_embeddings()));
    assert_eq!(Arc::strong_count(bi_encoder.word_embeddings()), 2, "nobody keeps a copy");
}

#[test]
fn import_takes_everything_but_the_word_embeddings() {
    let pair = Pair::new(3);
    let table_of = pair.bi_encoder.import().unwrap().bytes;
    let table = ModelFile::parse(&table_of, "bi").unwrap();
    let imported = pair.import(&table_of).unwrap();
    assert!(imported.left_out.is_empty(), "{:?}", imported.left_out);
    let file = ModelFile::parse(&imported.bytes, "cross").unwrap();
    file.verify().unwrap();
    assert_eq!((file.kind(), file.id(), file.lambda()), (Kind::CrossEncoder, "tiny-cross", 0.25));
    assert_eq!(file.tokenizer_sha256(), table.tokenizer_sha256());
    assert_eq!(file.table_source_sha256(), table.source_sha256());
    assert_eq!((file.config().max_tokens, file.config().max_positions), (MAX_TOKENS, MAX_TOKENS));
    let names: Vec<String> = file.tensors().into_iter().map(|tensor| tensor.name).collect();
    assert!(!names.iter().any(|name| name.contains("word") || name.contains("vocab")), "{names:?}");
    assert!(matches!(file.vocab(), Err(Error::Damaged { .. })));
    let weights: usize = pair.cross_encoder.weights.values().map(Tensor::elem_count).sum();
    assert_eq!(file.num_parameters(), weights - (40 - MAX_TOKENS) * HIDDEN, "cropped positions are not counted");
    let classifier = pair.cross_encoder.weights["classifier.weight"].flatten_all().unwrap().to_vec1::<f32>().unwrap();
    assert_eq!(file.f32("classifier.weight", &[HIDDEN]).unwrap(), classifier);
    assert_eq!(imported.bytes, pair.import(&table_of).unwrap().bytes, "the same input gives the same bytes");

    let mut with_words = Pair::new(3);
    let word = pair.bi_encoder.weights["embeddings.word_embeddings.weight"].clone();
    with_words.cross_encoder.weights.insert("bert.embeddings.word_embeddings.weight".into(), word);
    let with_words = with_words.import(&table_of).unwrap();
    assert_eq!(with_words.left_out, ["bert.embeddings.word_embeddings.weight"]);
    assert_eq!(with_words.bytes.len(), imported.bytes.len());
}

#[test]
fn a_coarser_grid_has_fewer_values() {
    let pair = Pair::new(3);
    let table_of = pair.bi_encoder.import().unwrap().bytes;
    let values = |layer_step| {
        let bytes = pair.import_with(&table_of, layer_step).unwrap().bytes;
        let file = ModelFile::parse(&bytes, "cross").unwrap();
        let of = |name| file.i8(name, &[HIDDEN, HIDDEN]).unwrap().iter().map(|q| q.unsigned_abs()).max().unwrap();
        [of("layers.0.attention_output.weight"), of("pooler.weight")]
    };
    assert_eq!(values(0.0), [127, 127]);
    // uniform weights reach √3 root mean squares
    assert_eq!(values(0.1), [17, 17]);
}

#[test]
fn import_refuses_what_does_not_belong_together() {
    let pair = Pair::new(3);
    let table_of = pair.bi_encoder.import().unwrap().bytes;
    let with = |field: &str, value: Value| {
        let cross_encoder = pair.cross_encoder.clone().with("config.json", field, value);
        Pair { bi_encoder: pair.bi_encoder.clone(), cross_encoder }.import(&table_of).expect_err("must be refused")
    };
    for (field, value) in [("/vocab_size", json!(10)), ("/hidden_size", json!(32))] {
        let error = with(field, value);
        assert!(matches!(error, Error::Mismatch { .. }) && error.to_string().contains(&field[1..]), "{error}");
    }
    let labels = with("/id2label", json!({"0": "no", "1": "yes"}));
    assert!(matches!(labels, Error::Unsupported { .. }) && labels.to_string().contains("2 labels"), "{labels}");
    let own = pair.import(&table_of).unwrap().bytes;
    let not_a_table = pair.import(&own).expect_err("a cross-encoder has no table to share");
    assert!(matches!(not_a_table, Error::Unsupported { .. }), "{not_a_table}");
    let mut no_head = Pair::new(3);
    no_head.cross_encoder.weights.remove("classifier.weight");
    let no_head = no_head.import(&table_of).expect_err("must be refused");
    assert!(no_head.to_string().contains("no tensor classifier.weight"), "{no_head}");
}

#[test]
fn broken_files_and_files_of_another_model_are_refused() {
    let pair = Pair::new(3);
    let table_of = pair.bi_encoder.import().unwrap().bytes;
    let own = pair.import(&table_of).unwrap().bytes;
    let bi_encoder = BiEncoder::load(&table_of, "bi", Backend::best()).unwrap();
    let refused = |bytes: &[u8], bi_encoder: &BiEncoder| {
        let error = CrossEncoder::load(bytes, "cross.safetensors", bi_encoder).expect_err("must be refused");
        assert!(error.to_string().starts_with("cross.safetensors: "), "{error}");
        error
    };
    for len in (0..own.len()).step_by(101).chain([own.len() - 1]) {
        assert!(matches!(refused(&own[..len], &bi_encoder), Error::Truncated { .. }), "{len}");
    }
    let error = refused(&table_of, &bi_encoder);
    assert!(matches!(error, Error::Unsupported { .. }) && error.to_string().contains("cross-encoder"), "{error}");
    let error = BiEncoder::load(&own, "cross", Backend::best()).expect_err("must be refused");
    assert!(matches!(error, Error::Unsupported { .. }) && error.to_string().contains("bi-encoder"), "{error}");

    let load = |model: TinyBert| BiEncoder::load(&model.import().unwrap().bytes, "bi", Backend::best()).unwrap();
    let other_rules = pair.bi_encoder.clone().with("tokenizer.json", "/normalizer/lowercase", json!(false));
    let error = refused(&own, &load(other_rules));
    assert!(matches!(error, Error::Mismatch { what: "tokenizer hash", .. }), "{error}");
    let error = refused(&own, &load(Pair::new(4).bi_encoder));
    assert!(matches!(error, Error::Mismatch { what: "source of the word embeddings", .. }), "{error}");
}
