//! What ships, tested where it ships: the kernels and the engine inside a real browser. `./build.sh test` runs this once for
//! each build: plain wasm, simd128, relaxed SIMD.

#![cfg(target_arch = "wasm32")]

#[path = "common/tiny_model.rs"]
mod tiny_model;

use siteseer::kernels::{Backend, battery};
use siteseer::model::batch::TokenBatch;
use siteseer::model::bi_encoder::BiEncoder;
use siteseer::model::cross_encoder::{CrossEncoder, PairWorkspace};
use siteseer::model::encoder::Workspace;
use siteseer::wasm::encoder::Encoder;
use siteseer::wasm::engine::Engine;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

/// The backends that this build must contain: a build that lost its SIMD would otherwise pass unseen.
fn expected_backends() -> &'static [&'static str] {
    if cfg!(target_feature = "relaxed-simd") {
        &["scalar", "simd128", "relaxed-simd", "relaxed-simd"] // for processors that sum products in pairs, and for others
    } else if cfg!(target_feature = "simd128") {
        &["scalar", "simd128"]
    } else {
        &["scalar"]
    }
}

#[wasm_bindgen_test]
fn the_build_has_its_backends_and_picks_the_best() {
    let names: Vec<&str> = Backend::available().iter().map(|b| b.name()).collect();
    assert_eq!(names, expected_backends());
    assert_eq!(Encoder::backend(), *expected_backends().last().unwrap());
}

#[wasm_bindgen_test]
fn every_backend_passes_the_battery() {
    for backend in Backend::available() {
        battery::run(backend);
    }
}

#[wasm_bindgen_test]
fn every_backend_gives_the_embedding_of_the_scalar_one() {
    let bytes = tiny_model::tiny_model(7, true);
    let texts =
        ["the cat sat on the mat.", "dogs", "", "A b c zzz sitting cats on mats and more of the same the the the"];
    let scalar = embed(&bytes, Backend::Scalar, &texts);
    for backend in Backend::available() {
        for (text, (a, b)) in texts.iter().zip(scalar.chunks(48).zip(embed(&bytes, backend, &texts).chunks(48))) {
            let cosine: f32 = a.iter().zip(b).map(|(x, y)| x * y).sum();
            // 7-bit activations through two layers
            assert!(cosine > 0.998, "{backend:?} `{text}`: {cosine}");
        }
    }
}

fn embed(bytes: &[u8], backend: Backend, texts: &[&str]) -> Vec<f32> {
    let model = BiEncoder::load(bytes, "tiny", backend).unwrap();
    let mut batch = TokenBatch::new();
    texts.iter().for_each(|text| batch.push(&model.tokenize(text)));
    let mut out = vec![0.0; texts.len() * model.dim()];
    model.embed_into(&batch, &mut Workspace::default(), &mut out).unwrap();
    out
}

#[wasm_bindgen_test]
fn every_backend_gives_the_logits_of_the_scalar_one() {
    let bytes = tiny_model::tiny_model(7, true);
    let cross = tiny_model::tiny_cross_encoder(8, &bytes);
    let passages =
        ["the cat sat on the mat.", "dogs", "", "A b c zzz sitting cats on mats and more of the same the the"];
    let logits = |backend| {
        let bi_encoder = BiEncoder::load(&bytes, "tiny", backend).unwrap();
        let model = CrossEncoder::load(&cross, "cross", &bi_encoder).unwrap();
        model.score("cats on a mat", &passages.map(String::from), &mut PairWorkspace::default()).unwrap()
    };
    let scalar = logits(Backend::Scalar);
    assert!(scalar.iter().any(|logit| (logit - scalar[0]).abs() > 0.02), "logits differ: {scalar:?}");
    for backend in Backend::available() {
        for (a, b) in scalar.iter().zip(logits(backend)) {
            // 7-bit activations through two layers
            assert!((a - b).abs() < 0.02, "{backend:?}: {b} for {a}");
        }
    }
}

#[wasm_bindgen_test]
fn bad_bytes_become_exceptions() {
    assert!(Engine::new("{").is_err());
    assert!(Engine::new("{\"format\": \"other\", \"version\": 1}").is_err());
    assert!(Encoder::new(b"{", "model").is_err());
}
