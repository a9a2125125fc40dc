//! A BERT of some thousand weights in the files of Hugging Face, for tests that break it.
#![allow(dead_code, unreachable_pub)] // A module of several test binaries; each uses a part.

use std::collections::BTreeMap;

use candle_core::{DType, Device, Tensor};
use serde_json::{Value, json};
use siteseer::Result;
use siteseer::model::file::ModelFile;
use siteseer::model::import::{Grid, ImportOptions, ImportSource, Imported, SideFile, import};
use siteseer::model::quantize::ScaleSearch;

/// Width of a token vector.
pub const HIDDEN: usize = 8;
/// Width of the feed-forward part.
pub const INTER: usize = 12;
const POSITIONS: usize = 16;
const TOKENS: [&str; 9] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "cargo", "work", "##space", "##s"];

/// The files of a model, to be changed before they are imported.
#[derive(Clone)]
pub struct TinyBert {
    /// JSON files and vocab.txt, by name.
    pub files: BTreeMap<String, Value>,
    /// Weights by name.
    pub weights: BTreeMap<String, Tensor>,
}

impl TinyBert {
    /// A good model.
    pub fn new() -> Self {
        Self::of_width(HIDDEN)
    }

    /// A good model whose vectors have `hidden` numbers.
    pub fn of_width(hidden: usize) -> Self {
        let vocab: BTreeMap<&str, usize> = TOKENS.into_iter().zip(0..).collect();
        let files = [
            (
                "config.json",
                json!({
                    "model_type": "bert", "hidden_act": "gelu", "hidden_size": hidden, "num_hidden_layers": 2,
                    "num_attention_heads": 2, "intermediate_size": INTER, "vocab_size": TOKENS.len(),
                    "max_position_embeddings": POSITIONS, "type_vocab_size": 2, "layer_norm_eps": 1e-12,
                    "position_embedding_type": "absolute",
                }),
            ),
            (
                "tokenizer.json",
                json!({
                    "truncation": {"max_length": 5},
                    "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                                   "strip_accents": null, "lowercase": true},
                    "pre_tokenizer": {"type": "BertPreTokenizer"},
                    "post_processor": {"type": "TemplateProcessing"},
                    "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                              "max_input_chars_per_word": 100, "vocab": vocab},
                }),
            ),
            ("sentence_bert_config.json", json!({"max_seq_length": 12})),
            ("tokenizer_config.json", json!({"model_max_length": 14, "do_lower_case": true})),
            (
                "1_Pooling/config.json",
                json!({"word_embedding_dimension": hidden, "pooling_mode_mean_tokens": true,
                       "pooling_mode_cls_token": false, "pooling_mode_max_tokens": false}),
            ),
            (
                "modules.json",
                json!([{"type": "sentence_transformers.models.Transformer"},
                       {"type": "sentence_transformers.models.Pooling"},
                       {"type": "sentence_transformers.models.Normalize"}]),
            ),
        ];
        let mut weights = BTreeMap::new();
        let mut add = |name: String, shape: &[usize]| {
            let (count, seed) = (shape.iter().product::<usize>(), weights.len());
            // Multiples of 1/64 below 4: exact in F16 and BF16.
            let values: Vec<f32> = (0..count).map(|at| ((at * 37 + seed * 11) % 255) as f32 / 64.0 - 2.0).collect();
            weights.insert(name, Tensor::from_vec(values, shape, &Device::Cpu).expect("values fill the shape"));
        };
        add("embeddings.word_embeddings.weight".into(), &[TOKENS.len(), hidden]);
        add("embeddings.position_embeddings.weight".into(), &[POSITIONS, hidden]);
        add("embeddings.token_type_embeddings.weight".into(), &[2, hidden]);
        add("pooler.dense.weight".into(), &[hidden, hidden]);
        let mut norms = vec!["embeddings".to_string()];
        for layer in 0..2 {
            let prefix = format!("encoder.layer.{layer}");
            for (part, rows, columns) in [
                ("attention.self.query", hidden, hidden),
                ("attention.self.key", hidden, hidden),
                ("attention.self.value", hidden, hidden),
                ("attention.output.dense", hidden, hidden),
                ("intermediate.dense", INTER, hidden),
                ("output.dense", hidden, INTER),
            ] {
                add(format!("{prefix}.{part}.weight"), &[rows, columns]);
                add(format!("{prefix}.{part}.bias"), &[rows]);
            }
            norms.extend([format!("{prefix}.attention.output"), format!("{prefix}.output")]);
        }
        for norm in norms {
            add(format!("{norm}.LayerNorm.weight"), &[hidden]);
            add(format!("{norm}.LayerNorm.bias"), &[hidden]);
        }
        TinyBert { files: files.into_iter().map(|(name, value)| (name.to_string(), value)).collect(), weights }
    }

    /// The model with one field of a JSON file changed.
    pub fn with(mut self, file: &str, pointer: &str, value: Value) -> Self {
        let (parent, field) = pointer.rsplit_once('/').expect("a JSON pointer");
        let parent = self.files.get_mut(file).and_then(|json| json.pointer_mut(parent)).expect("the parent is there");
        match parent {
            Value::Array(items) => items[field.parse::<usize>().expect("an index")] = value,
            parent => parent[field] = value,
        }
        self
    }

    /// The model without one of its files.
    pub fn without(mut self, file: &str) -> Self {
        self.files.remove(file).expect("the file is there");
        self
    }

    /// The model with its weights renamed.
    pub fn renamed(mut self, rename: impl Fn(&str) -> String) -> Self {
        self.weights = self.weights.into_iter().map(|(name, tensor)| (rename(&name), tensor)).collect();
        self
    }

    /// The model with its weights in another element type.
    pub fn cast(mut self, dtype: DType) -> Self {
        for tensor in self.weights.values_mut() {
            *tensor = tensor.to_dtype(dtype).expect("candle casts");
        }
        self
    }

    /// The safetensors file.
    pub fn safetensors(&self) -> Vec<u8> {
        safetensors::serialize(&self.weights, None).expect("tensors can be written")
    }

    /// The other files.
    pub fn side_files(&self) -> Vec<SideFile> {
        self.files
            .iter()
            .map(|(name, value)| SideFile {
                name: name.clone(),
                bytes: match value {
                    Value::String(text) => text.clone().into_bytes(),
                    json => json.to_string().into_bytes(),
                },
            })
            .collect()
    }

    /// The import of the model.
    pub fn import(&self) -> Result<Imported> {
        self.import_as("tiny", None)
    }

    /// Its import as the query tower of a model file.
    pub fn import_for(&self, passage_tower: &[u8]) -> Result<Imported> {
        self.import_as("tiny-queries", Some(ModelFile::parse(passage_tower, "passages.safetensors")?))
    }

    fn import_as(&self, id: &str, passage_tower: Option<ModelFile<'_>>) -> Result<Imported> {
        let options = ImportOptions {
            id: id.into(),
            license: "MIT".into(),
            source: "made up".into(),
            pooling: None,
            grid: Grid { scales: ScaleSearch::Max, word_step: 0.0, layer_step: 0.0 },
        };
        let weights = self.safetensors();
        let side_files = self.side_files();
        let source = ImportSource { weights_name: "model.safetensors", weights: &weights, side_files: &side_files };
        import(&source, passage_tower, &options, &mut |_, _, _| {})
    }
}
