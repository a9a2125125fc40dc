//! candle-transformers' BERT in f32 as a wasm file with the same door as `benches/browser/engine.rs`: token ids in, vectors or
//! logits out.

#![cfg(target_arch = "wasm32")]

use candle_core::{D, DType, Device, Result, Tensor};
use candle_nn::{Linear, Module, VarBuilder, linear};
use candle_transformers::models::bert::{BertModel, Config};
use wasm_bindgen::prelude::*;

/// A bi-encoder and a cross-encoder that read token ids.
#[wasm_bindgen]
pub struct TokenEngine {
    bi_encoder: BertModel,
    cross_encoder: BertModel,
    pooler: Linear,
    classifier: Linear,
}

/// Weights that may have been cut to the positions that are used.
fn bert(weights: &[u8], config: &Config) -> Result<(BertModel, VarBuilder<'static>)> {
    let tensors = candle_core::safetensors::load_buffer(weights, &Device::Cpu)?;
    let max_position_embeddings = tensors["embeddings.position_embeddings.weight"].dim(0)?;
    let weights = VarBuilder::from_tensors(tensors, DType::F32, &Device::Cpu);
    Ok((BertModel::load(weights.clone(), &Config { max_position_embeddings, ..config.clone() })?, weights))
}

fn to_js(error: candle_core::Error) -> JsError {
    JsError::new(&error.to_string())
}

#[wasm_bindgen]
impl TokenEngine {
    /// Loads both models (safetensors in f32, config.json).
    #[wasm_bindgen(constructor)]
    pub fn new(bi_encoder: &[u8], cross_encoder: &[u8], config: &str) -> std::result::Result<TokenEngine, JsError> {
        let config: Config = serde_json::from_str(config).map_err(|error| JsError::new(&error.to_string()))?;
        Self::load(bi_encoder, cross_encoder, &config).map_err(to_js)
    }

    fn load(bi_encoder: &[u8], cross_encoder: &[u8], config: &Config) -> Result<Self> {
        let (bi_encoder, _) = bert(bi_encoder, config)?;
        let (cross_encoder, weights) = bert(cross_encoder, config)?;
        let hidden = config.hidden_size;
        let pooler = linear(hidden, hidden, weights.pp("pooler.dense"))?;
        Ok(Self { bi_encoder, cross_encoder, pooler, classifier: linear(hidden, 1, weights.pp("classifier"))? })
    }

    /// Embeds `ids [sequences, seq_len]` to `[sequences, dim]`, L2-normalised.
    pub fn embed(&self, ids: &[u32], seq_len: usize) -> std::result::Result<Vec<f32>, JsError> {
        self.try_embed(ids, seq_len).map_err(to_js)
    }

    fn try_embed(&self, ids: &[u32], seq_len: usize) -> Result<Vec<f32>> {
        let ids = Tensor::from_slice(ids, (ids.len() / seq_len, seq_len), &Device::Cpu)?;
        let hidden = self.bi_encoder.forward(&ids, &ids.zeros_like()?, None)?; // [sequences, seq_len, dim]
        let mean = hidden.mean(1)?;
        mean.broadcast_div(&mean.sqr()?.sum_keepdim(D::Minus1)?.sqrt()?)?.flatten_all()?.to_vec1()
    }

    /// Logits `[sequences]` of the pairs `ids`, `types`, both `[sequences, seq_len]`.
    pub fn score(&self, ids: &[u32], types: &[u32], seq_len: usize) -> std::result::Result<Vec<f32>, JsError> {
        self.try_score(ids, types, seq_len).map_err(to_js)
    }

    fn try_score(&self, ids: &[u32], types: &[u32], seq_len: usize) -> Result<Vec<f32>> {
        let tensor = |values| Tensor::from_slice(values, (ids.len() / seq_len, seq_len), &Device::Cpu);
        let hidden = self.cross_encoder.forward(&tensor(ids)?, &tensor(types)?, None)?;
        let first = hidden.narrow(1, 0, 1)?.squeeze(1)?; // [sequences, dim]
        self.classifier.forward(&self.pooler.forward(&first)?.tanh()?)?.flatten_all()?.to_vec1()
    }
}
