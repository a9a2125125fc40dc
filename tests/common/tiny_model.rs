//! Two-layer models with random weights and a vocabulary of a few words: real enough to run every kernel.
#![allow(dead_code)] // A module of several test binaries; each uses a part.

use siteseer::model::config::{ModelConfig, Pooling};
use siteseer::model::file::ModelFile;
use siteseer::model::file_writer::{Provenance, TensorData, write_cross_encoder, write_model};
use siteseer::model::layout::{Kind, VOCAB, layout};
use siteseer::text::word_piece::WordPieceConfig;
use std::collections::HashMap;

/// The vocabulary, one token a line.
pub(crate) const VOCABULARY: &str = "[PAD]\n[UNK]\n[CLS]\n[SEP]\nthe\ncat\ndog\nsat\non\nmat\n##s\n##ting\na\nb\nc\n.";

/// Bytes of a bi-encoder file. The same `seed` gives the same bytes everywhere; its tokenizer depends on `lowercase` alone.
pub(crate) fn tiny_model(seed: u64, lowercase: bool) -> Vec<u8> {
    tiny_model_of(48, seed, lowercase)
}

/// [`tiny_model`] with vectors of `hidden_size` numbers.
pub(crate) fn tiny_model_of(hidden_size: usize, seed: u64, lowercase: bool) -> Vec<u8> {
    let config = ModelConfig {
        hidden_size,
        num_layers: 2,
        num_heads: 3,
        intermediate_size: 72,
        vocab_size: VOCABULARY.lines().count(),
        max_positions: 40,
        type_vocab_size: 2,
        layer_norm_eps: 1e-12,
        max_tokens: 32,
        pooling: Pooling::Mean,
        normalize: true,
        tokenizer: WordPieceConfig {
            lowercase,
            strip_accents: lowercase,
            split_cjk: true,
            unk_id: 1,
            cls_id: 2,
            sep_id: 3,
            pad_id: 0,
            max_word_chars: 100,
        },
    };
    let tensors = random_tensors(&config, Kind::BiEncoder, seed);
    let provenance = Provenance { source_sha256: format!("{seed:064x}"), ..provenance("tiny") };
    write_model("tiny.safetensors", &config, &provenance, VOCABULARY, None, &tensors).expect("the tiny model is valid")
}

/// Bytes of a cross-encoder file that shares the tables of the bi-encoder file `table_of`.
pub(crate) fn tiny_cross_encoder(seed: u64, table_of: &[u8]) -> Vec<u8> {
    let table_of = ModelFile::parse(table_of, "tiny.safetensors").expect("the bi-encoder is valid");
    let config = ModelConfig {
        max_positions: 24,
        max_tokens: 24,
        pooling: Pooling::Cls,
        normalize: false,
        ..table_of.config().clone()
    };
    let tensors = random_tensors(&config, Kind::CrossEncoder, seed);
    write_cross_encoder("cross.safetensors", &config, &provenance("tiny-cross"), &table_of, 0.5, &tensors)
        .expect("the tiny cross-encoder is valid")
}

fn provenance(id: &str) -> Provenance {
    Provenance {
        id: id.to_owned(),
        license: "MIT OR Apache-2.0".to_owned(),
        source: "random numbers".to_owned(),
        source_sha256: "0".repeat(64),
    }
}

fn random_tensors(config: &ModelConfig, kind: Kind, seed: u64) -> HashMap<String, TensorData> {
    let mut state = seed;
    let mut random = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    let specs = layout(config, kind).into_iter().filter(|spec| spec.name != VOCAB);
    specs
        .map(|spec| {
            let n: usize = spec.shape.iter().product();
            let is_int8 = spec.shape.len() == 2 && !spec.name.ends_with(".token_type");
            let data = if is_int8 {
                TensorData::I8((0..n).map(|_| (random() * 127.0) as i8).collect())
            } else if spec.name.ends_with(".scale") {
                TensorData::F32((0..n).map(|_| (2.0 + random()) / 1000.0).collect())
            } else if spec.name.ends_with("norm.weight") {
                TensorData::F32((0..n).map(|_| 1.0 + random() / 4.0).collect())
            } else {
                TensorData::F32((0..n).map(|_| random() / 10.0).collect())
            };
            (spec.name, data)
        })
        .collect()
}
