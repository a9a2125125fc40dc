//! The oracle for embeddings: candle's BERT in f32, one sequence at a time, so that padding plays no part.
#![allow(dead_code, unreachable_pub)] // A module of several test binaries; each uses a part.

use std::collections::HashMap;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use siteseer::model::file::ModelFile;
use siteseer::model::layout::Kind;

/// Width of the reference model's embeddings.
pub const DIM: usize = 384;

/// A sentence encoder in f32 with mean pooling over all tokens and L2-normalised embeddings.
pub struct Reference {
    model: BertModel,
}

impl Reference {
    /// The F32 weights in `folder` (config.json, model.safetensors).
    pub fn load(folder: &Path) -> Self {
        let weights = std::fs::read(folder.join("model.safetensors")).expect("the reference weights can be read");
        let weights = VarBuilder::from_buffered_safetensors(weights, DType::F32, &Device::Cpu)
            .expect("the reference weights are safetensors");
        Self::new(folder, weights)
    }

    /// The int8 weights of `file`, restored to f32, with the config.json in `folder`: what is left of the model if only
    /// its weights are quantized and all arithmetic is exact.
    pub fn load_dequantized(folder: &Path, file: &ModelFile<'_>) -> Self {
        Self::from_tensors(folder, dequantized(file))
    }

    /// These weights, by their Hugging Face names, with the config.json in `folder`.
    pub fn from_tensors(folder: &Path, tensors: HashMap<String, Tensor>) -> Self {
        Self::new(folder, VarBuilder::from_tensors(tensors, DType::F32, &Device::Cpu))
    }

    fn new(folder: &Path, weights: VarBuilder<'_>) -> Self {
        let config = std::fs::read(folder.join("config.json")).expect("config.json can be read");
        let config: Config = serde_json::from_slice(&config).expect("config.json is BERT's");
        assert_eq!(config.hidden_size, DIM);
        Reference { model: BertModel::load(weights, &config).expect("the weights fit config.json") }
    }

    /// Embeddings of sequences of token ids (special tokens included), `[sequences, 384]`.
    pub fn embed(&self, sequences: &[Vec<u32>]) -> Vec<[f32; DIM]> {
        sequences.iter().map(|ids| self.embed_one(ids).expect("candle computes")).collect()
    }

    /// Embeddings of sequences of one length, computed together: `[sequences, 384]`.
    pub fn embed_batch(&self, sequences: &[Vec<u32>]) -> Vec<[f32; DIM]> {
        self.try_embed_batch(sequences).expect("candle computes")
    }

    fn try_embed_batch(&self, sequences: &[Vec<u32>]) -> candle_core::Result<Vec<[f32; DIM]>> {
        let shape = (sequences.len(), sequences[0].len());
        let ids = Tensor::from_vec(sequences.concat(), shape, &Device::Cpu)?; // [sequences, seq]
        let hidden = self.model.forward(&ids, &ids.zeros_like()?, None)?; // [sequences, seq, 384]
        Ok(hidden.mean(1)?.to_vec2::<f32>()?.iter().map(|mean| normalised(mean)).collect())
    }

    fn embed_one(&self, ids: &[u32]) -> candle_core::Result<[f32; DIM]> {
        let ids = Tensor::new(ids, &Device::Cpu)?.unsqueeze(0)?; // [1, seq]
        let hidden = self.model.forward(&ids, &ids.zeros_like()?, None)?; // [1, seq, 384]
        Ok(normalised(&hidden.mean(1)?.squeeze(0)?.to_vec1::<f32>()?))
    }
}

fn normalised(mean: &[f32]) -> [f32; DIM] {
    let norm = mean.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt();
    std::array::from_fn(|at| (f64::from(mean[at]) / norm) as f32)
}

/// A cross-encoder in f32: BERT, and the head put together by hand.
pub struct PairReference {
    model: BertModel,
    tensors: HashMap<String, Tensor>,
}

impl PairReference {
    /// These weights, by their Hugging Face names without prefix, word embeddings among them. `config` is BERT's
    /// config.json.
    pub fn new(config: &serde_json::Value, tensors: HashMap<String, Tensor>) -> Self {
        let weights = VarBuilder::from_tensors(tensors.clone(), DType::F32, &Device::Cpu);
        let config: Config = serde_json::from_value(config.clone()).expect("config.json is BERT's");
        PairReference { model: BertModel::load(weights, &config).expect("the weights fit config.json"), tensors }
    }

    /// The logit of one sequence of token ids and token types.
    pub fn logit(&self, ids: &[u32], types: &[u32]) -> f32 {
        self.try_logit(ids, types).expect("candle computes")
    }

    fn try_logit(&self, ids: &[u32], types: &[u32]) -> candle_core::Result<f32> {
        let row = |values: &[u32]| Tensor::new(values, &Device::Cpu)?.unsqueeze(0);
        let hidden = self.model.forward(&row(ids)?, &row(types)?, None)?; // [1, seq, hidden]
        let linear = |x: &Tensor, name: &str| {
            let of = |field: &str| &self.tensors[&format!("{name}.{field}")];
            x.matmul(&of("weight").t()?)?.broadcast_add(of("bias"))
        };
        let pooled = linear(&hidden.get(0)?.narrow(0, 0, 1)?, "pooler.dense")?.tanh()?; // [1, hidden]
        linear(&pooled, "classifier")?.flatten_all()?.get(0)?.to_scalar::<f32>() // [1, 1]
    }
}

/// Dot product of two vectors, accumulated in f64: the cosine, if both are normalised.
pub fn dot(a: &[f32], b: &[f32]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

/// Smallest and mean cosine between embeddings of the same sequences.
pub fn cosines(a: &[[f32; DIM]], b: &[[f32; DIM]]) -> (f64, f64) {
    assert_eq!(a.len(), b.len());
    let cosines: Vec<f64> = a.iter().zip(b).map(|(a, b)| dot(a, b)).collect();
    let min = cosines.iter().copied().fold(f64::INFINITY, f64::min);
    (min, cosines.iter().sum::<f64>() / cosines.len() as f64)
}

/// The weights of a model file in f32, by their Hugging Face names.
pub fn dequantized(file: &ModelFile<'_>) -> HashMap<String, Tensor> {
    let config = file.config();
    let (hidden, inter) = (config.hidden_size, config.intermediate_size);
    let mut tensors = HashMap::new();
    let mut add = |name: String, values: &[f32], shape: &[usize]| {
        let tensor = Tensor::from_slice(values, shape, &Device::Cpu).expect("values fill the shape");
        assert!(tensors.insert(name, tensor).is_none());
    };
    let floats = |name: &str, shape: &[usize]| file.f32(name, shape).expect("the model file is good");
    let matrix = |name: &str, scale: &str, rows: usize, columns: usize| -> Vec<f32> {
        let values = file.i8(name, &[rows, columns]).expect("the model file is good");
        let scales = floats(scale, &[rows]);
        let rows = values.chunks(columns).zip(scales);
        rows.flat_map(|(row, scale)| row.iter().map(move |q| f32::from(*q) * scale)).collect()
    };
    let is_cross_encoder = file.kind() == Kind::CrossEncoder;
    for (name, rows) in [("word", config.vocab_size), ("position", config.max_positions)] {
        if name == "word" && is_cross_encoder {
            continue;
        }
        let ours = format!("embeddings.{name}");
        let values = matrix(&ours, &format!("{ours}.scale"), rows, hidden);
        add(format!("embeddings.{name}_embeddings.weight"), &values, &[rows, hidden]);
    }
    let shape = [config.type_vocab_size, hidden];
    add("embeddings.token_type_embeddings.weight".into(), &floats("embeddings.token_type", &shape), &shape);
    for field in ["weight", "bias"] {
        add(
            format!("embeddings.LayerNorm.{field}"),
            &floats(&format!("embeddings.norm.{field}"), &[hidden]),
            &[hidden],
        );
    }
    for layer in 0..config.num_layers {
        let qkv = ["attention.self.query", "attention.self.key", "attention.self.value"];
        let linears: [(&str, &[&str], usize, usize); 4] = [
            ("qkv", &qkv, hidden, hidden),
            ("attention_output", &["attention.output.dense"], hidden, hidden),
            ("intermediate", &["intermediate.dense"], inter, hidden),
            ("output", &["output.dense"], hidden, inter),
        ];
        for (ours, theirs, rows, columns) in linears {
            let name = |field: &str| format!("layers.{layer}.{ours}.{field}");
            let weight = matrix(&name("weight"), &name("scale"), rows * theirs.len(), columns);
            let bias = floats(&name("bias"), &[rows * theirs.len()]);
            for (part, theirs) in theirs.iter().enumerate() {
                let prefix = format!("encoder.layer.{layer}.{theirs}");
                let weights = &weight[part * rows * columns..(part + 1) * rows * columns];
                add(format!("{prefix}.weight"), weights, &[rows, columns]);
                add(format!("{prefix}.bias"), &bias[part * rows..(part + 1) * rows], &[rows]);
            }
        }
        for (ours, theirs) in [("attention_norm", "attention.output"), ("output_norm", "output")] {
            for field in ["weight", "bias"] {
                let values = floats(&format!("layers.{layer}.{ours}.{field}"), &[hidden]);
                add(format!("encoder.layer.{layer}.{theirs}.LayerNorm.{field}"), &values, &[hidden]);
            }
        }
    }
    if is_cross_encoder {
        add("pooler.dense.weight".into(), &matrix("pooler.weight", "pooler.scale", hidden, hidden), &[hidden, hidden]);
        add("pooler.dense.bias".into(), &floats("pooler.bias", &[hidden]), &[hidden]);
        add("classifier.weight".into(), &floats("classifier.weight", &[hidden]), &[1, hidden]);
        add("classifier.bias".into(), &floats("classifier.bias", &[1]), &[1]);
    }
    tensors
}
