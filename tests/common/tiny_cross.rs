//! A small random bi-encoder and a cross-encoder that shares its word embeddings, as Hugging Face files. Weights are of the
//! size that trained ones have, so that what int8 costs here is like what it costs there.
#![allow(dead_code, unreachable_pub)] // A module of several test binaries; each uses a part.

use super::random::Random;
use super::tiny_bert::TinyBert;
use candle_core::{Device, Tensor};
use serde_json::json;
use siteseer::Result;
use siteseer::model::file::ModelFile;
use siteseer::model::import::{Grid, ImportOptions, ImportSource, Imported};
use siteseer::model::import_cross_encoder::{CrossEncoderOptions, import_cross_encoder};
use siteseer::model::quantize::ScaleSearch;
use std::collections::BTreeMap;

/// Width of a token vector.
pub const HIDDEN: usize = 64;
const LAYERS: usize = 3;
const INTER: usize = 160;
const POSITIONS: usize = 40;
const TOKENS: usize = 9;
/// Longest pair that the import keeps positions for.
pub const MAX_TOKENS: usize = 32;

/// A bi-encoder and its cross-encoder.
pub struct Pair {
    /// The bi-encoder.
    pub bi_encoder: TinyBert,
    /// The cross-encoder: `config.json` alone, no word embeddings.
    pub cross_encoder: TinyBert,
}

impl Pair {
    /// The pair that `seed` determines.
    pub fn new(seed: u64) -> Self {
        let bi_encoder = random_bert(seed);
        let mut cross_encoder = random_bert(seed + 1).renamed(|name| format!("bert.{name}"));
        cross_encoder.files.retain(|name, _| name == "config.json");
        cross_encoder.weights.remove("bert.embeddings.word_embeddings.weight").expect("it was there");
        let mut random = Random::new(seed + 2);
        cross_encoder.weights.insert("classifier.weight".into(), tensor(&mut random, &[1, HIDDEN], 0.0, 0.3));
        cross_encoder.weights.insert("classifier.bias".into(), tensor(&mut random, &[1], 0.0, 0.3));
        Pair { bi_encoder, cross_encoder }
    }

    /// The cross-encoder's import, with the bi-encoder's file.
    pub fn import(&self, table_of: &[u8]) -> Result<Imported> {
        self.import_with(table_of, 0.0)
    }

    /// The import with a smallest scale of the linear layers.
    pub fn import_with(&self, table_of: &[u8], layer_step: f32) -> Result<Imported> {
        let (weights, side_files) = (self.cross_encoder.safetensors(), self.cross_encoder.side_files());
        let source = ImportSource { weights_name: "model.safetensors", weights: &weights, side_files: &side_files };
        let options = ImportOptions {
            id: "tiny-cross".into(),
            license: "MIT".into(),
            source: "made up".into(),
            pooling: None,
            grid: Grid { scales: ScaleSearch::LeastSquares, word_step: 0.0, layer_step },
        };
        let own = CrossEncoderOptions { max_tokens: MAX_TOKENS, lambda: 0.25 };
        import_cross_encoder(&source, ModelFile::parse(table_of, "bi")?, &options, own, &mut |_, _, _| {})
    }
}

fn random_bert(seed: u64) -> TinyBert {
    let mut model = TinyBert::new();
    for (field, value) in [
        ("hidden_size", json!(HIDDEN)),
        ("num_hidden_layers", json!(LAYERS)),
        ("num_attention_heads", json!(4)),
        ("intermediate_size", json!(INTER)),
        ("max_position_embeddings", json!(POSITIONS)),
        // what candle asks for
        ("hidden_dropout_prob", json!(0.1)),
        ("initializer_range", json!(0.02)),
        ("pad_token_id", json!(0)),
    ] {
        model = model.with("config.json", &format!("/{field}"), value);
    }
    let mut random = Random::new(seed);
    let mut weights = BTreeMap::new();
    let mut add = |name: String, shape: &[usize], mean: f32, deviation: f32| {
        weights.insert(name, tensor(&mut random, shape, mean, deviation));
    };
    for (table, rows) in [("word", TOKENS), ("position", POSITIONS), ("token_type", 2)] {
        add(format!("embeddings.{table}_embeddings.weight"), &[rows, HIDDEN], 0.0, 0.06);
    }
    let mut norms = vec!["embeddings".to_owned()];
    let mut linears = vec![("pooler.dense".to_owned(), HIDDEN, HIDDEN)];
    for layer in 0..LAYERS {
        let name = |part: &str| format!("encoder.layer.{layer}.{part}");
        for part in ["attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"] {
            linears.push((name(part), HIDDEN, HIDDEN));
        }
        linears.extend([(name("intermediate.dense"), INTER, HIDDEN), (name("output.dense"), HIDDEN, INTER)]);
        norms.extend([name("attention.output"), name("output")]);
    }
    for (name, rows, columns) in linears {
        add(format!("{name}.weight"), &[rows, columns], 0.0, 1.5 / (columns as f32).sqrt());
        add(format!("{name}.bias"), &[rows], 0.0, 0.1);
    }
    for name in norms {
        add(format!("{name}.LayerNorm.weight"), &[HIDDEN], 1.0, 0.1);
        add(format!("{name}.LayerNorm.bias"), &[HIDDEN], 0.0, 0.1);
    }
    TinyBert { files: model.files, weights }
}

/// Uniform numbers of this mean and standard deviation.
fn tensor(random: &mut Random, shape: &[usize], mean: f32, deviation: f32) -> Tensor {
    let unit = |random: &mut Random| (random.below(1 << 24) as f32 / (1 << 23) as f32 - 1.0) * 3f32.sqrt();
    let values: Vec<f32> = (0..shape.iter().product()).map(|_| mean + deviation * unit(random)).collect();
    Tensor::from_vec(values, shape, &Device::Cpu).expect("values fill the shape")
}
