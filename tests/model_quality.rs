//! What int8 weights cost: embeddings of the committed model file's weights, restored to f32 and run by candle, against
//! candle with the F32 weights they were made from. (What the engine's arithmetic costs is the encoder's test.)

#![cfg(not(target_arch = "wasm32"))]

#[path = "common/eval.rs"]
mod eval;
#[path = "common/reference.rs"]
mod reference;
#[path = "common/tokenizer.rs"]
mod tokenizer;

use reference::{Reference, cosines};
use siteseer::model::file::ModelFile;
use siteseer::text::word_piece::WordPiece;
use tokenizer::reference_model;

/// Passages compared, unless `SITESEER_PASSAGES` says otherwise: candle needs about a second for each 25.
const PASSAGES: usize = 48;
/// Smallest cosine that is allowed: 0.9989 is the smallest seen (models/README.md), and other texts may err half as
/// much again.
const MIN_COSINE: f64 = 0.9985;

#[test]
fn int8_weights_keep_embeddings() {
    let path = std::env::var_os("SITESEER_MODEL_FILE")
        .unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/models/all-MiniLM-L6-v2.safetensors").into());
    let bytes = std::fs::read(&path).expect("the model file is part of the repository");
    let file = ModelFile::parse(&bytes, &path.to_string_lossy()).expect("the model file is good");
    let folder = reference_model();
    let word_piece = WordPiece::new(file.vocab().unwrap(), file.config().tokenizer.clone()).unwrap();

    let wanted = std::env::var("SITESEER_PASSAGES").map_or(PASSAGES, |count| count.parse().expect("a number"));
    let sequences: Vec<Vec<u32>> =
        passages(wanted).iter().map(|passage| word_piece.encode(passage, file.config().max_tokens)).collect();
    let tokens: usize = sequences.iter().map(Vec::len).sum();
    let exact = Reference::load(&folder).embed(&sequences);
    let rounded = Reference::load_dequantized(&folder, &file).embed(&sequences);
    let (min, mean) = cosines(&exact, &rounded);
    println!("{} passages, {tokens} tokens: cosine minimum {min:.6}, mean {mean:.6}", sequences.len());
    assert!(min >= MIN_COSINE, "cosine {min}");
}

/// Passages of about 120 words, evenly from the evaluation collections where they are there, else from this
/// repository's own sources.
fn passages(wanted: usize) -> Vec<String> {
    let documents: Vec<String> = match eval::eval_folder() {
        Some(folder) => {
            let collections = eval::collections(&folder);
            collections.iter().flat_map(|collection| eval::documents(&folder, collection)).collect()
        }
        None => ["src/text/normalize.rs", "src/text/word_piece.rs", "src/model/file.rs", "src/model/import_config.rs"]
            .map(|file| {
                std::fs::read_to_string(format!("{}/{file}", env!("CARGO_MANIFEST_DIR"))).expect("our own source")
            })
            .to_vec(),
    };
    let windows: Vec<String> = documents.iter().flat_map(|document| eval::windows(document, 120)).collect();
    assert!(!windows.is_empty());
    let step = (windows.len() / wanted).max(1);
    windows.into_iter().step_by(step).take(wanted).collect()
}
