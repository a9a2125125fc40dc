//! `encoder-gpu.wasm`: the models on the browser's GPU, as far as they are worth it. It is loaded beside an encoder of the
//! CPU, which has checked the same files.

use super::JsResult;
use super::outside::OutsideFile;
use crate::gpu::encoder::{EmbeddingTable, Encoder, Gpu};
use crate::gpu::max_sim::MaxSim;
use crate::gpu::tuning::{Products, Tuning};
use crate::gpu::weights::Weights;
use crate::gpu::{Choice, Context, GpuResult};
use crate::model::batch::TokenBatch;
use crate::model::cross_encoder::MAX_QUERY_PIECES;
use crate::model::late::QueryVectors;
use crate::text::word_piece::WordPiece;
use js_sys::Uint8Array;
use std::sync::Arc;
use wasm_bindgen::prelude::*;

/// Tokens that are computed together: enough to fill a GPU, and 40 MB of buffers.
const BATCH_TOKENS: usize = 4096;

/// The models of an index on a GPU: text in, numbers out. Lives in a worker; one call at a time.
#[wasm_bindgen]
pub struct GpuEncoder {
    gpu: Arc<Gpu>,
    tokenizer: WordPiece,
    word: Arc<EmbeddingTable>,
    bi_encoder: Option<Encoder>,
    cross_encoder: Option<Encoder>,
    max_sim: Option<MaxSim>,
}

#[wasm_bindgen]
impl GpuEncoder {
    /// Opens an adapter and uploads the word embeddings of the bi-encoder `model` (uncompressed bytes, which stay outside of the wasm
    /// memory). `any`: a processor that plays a GPU will do. `file` is for messages. `products`: another way to multiply than
    /// the device's own, by its name; one that the device or this build has not is the plain one.
    #[allow(clippy::arc_with_non_send_sync, reason = "natively it is both, and the encoder is the same")]
    pub async fn open(any: bool, model: Uint8Array, file: String, products: Option<String>) -> JsResult<GpuEncoder> {
        let choice = if any { Choice::Any } else { Choice::Hardware };
        let context = Context::open(choice).await?;
        let own = Tuning::of(&context);
        let products = products.map_or(own.products, |name| Products::named(&name).unwrap_or(Products::Float));
        let gpu = Arc::new(Gpu::with_tuning(context, Tuning { products, ..own }));
        let model = OutsideFile::open(model, file)?;
        let tokenizer = WordPiece::new(&model.vocab()?, model.config().tokenizer.clone())?;
        let word = Arc::new(EmbeddingTable::word(&gpu, &model)?);
        Ok(Self { gpu, tokenizer, word, bi_encoder: None, cross_encoder: None, max_sim: None })
    }

    /// Name of the adapter, as far as the browser says it.
    pub fn adapter(&self) -> String {
        self.gpu.context().adapter().name.clone()
    }

    /// How products are made here (`float`, `half`, `packed`).
    pub fn products(&self) -> String {
        self.gpu.tuning().products.name().to_owned()
    }

    /// Uploads the layers of the bi-encoder, the same file as before.
    pub fn load_bi_encoder(&mut self, model: Uint8Array, file: String) -> JsResult<()> {
        self.bi_encoder = Some(Encoder::bi_encoder(&self.gpu, &OutsideFile::open(model, file)?, &self.word)?);
        Ok(())
    }

    /// Uploads the cross-encoder.
    pub fn load_reranker(&mut self, model: Uint8Array, file: String) -> JsResult<()> {
        self.cross_encoder = Some(Encoder::cross_encoder(&self.gpu, &OutsideFile::open(model, file)?, &self.word)?);
        Ok(())
    }

    /// The embedding of a text.
    pub async fn embed(&mut self, text: String) -> JsResult<Vec<f32>> {
        let encoder = self.bi_encoder.as_mut().ok_or_else(|| JsError::new("the bi-encoder is not loaded"))?;
        let ids = self.tokenizer.encode(&text, encoder.config().max_tokens);
        Ok(encoder.forward(&TokenBatch::one(&ids)).await?)
    }

    /// The cross-encoder's logit of each text for the query.
    pub async fn score(&mut self, query: String, texts: Vec<String>) -> JsResult<Vec<f32>> {
        let encoder = self.cross_encoder.as_mut().ok_or_else(|| JsError::new("the reranker is not loaded"))?;
        Ok(score(encoder, &self.tokenizer, &query, &texts).await?)
    }

    /// Late interaction's score of each passage: the query's `vectors [tokens, dim]` and `weights [tokens]`, the passages'
    /// `rows [n, dim]` and where each begins, `first [passages + 1]`, all as an encoder of the CPU gives them.
    pub async fn max_sim(
        &mut self,
        vectors: Vec<i16>,
        weights: Vec<f32>,
        rows: Vec<i8>,
        first: Vec<u32>,
    ) -> JsResult<Vec<f32>> {
        let query = QueryVectors::from_parts(vectors, weights);
        let query = query.ok_or_else(|| JsError::new("token vectors and weights do not fit together"))?;
        let (context, tuning) = (self.gpu.context(), self.gpu.tuning());
        let max_sim = match &mut self.max_sim {
            Some(max_sim) => max_sim,
            none => none.insert(MaxSim::new(context, tuning)?),
        };
        Ok(max_sim.scores(context, &query, &rows, &first).await?)
    }

    /// Gives the device back; calls fail from then on.
    pub fn destroy(&self) {
        self.gpu.context().destroy();
    }
}

async fn score(encoder: &mut Encoder, tokenizer: &WordPiece, query: &str, texts: &[String]) -> GpuResult<Vec<f32>> {
    let mut logits = Vec::with_capacity(texts.len());
    let mut batch = TokenBatch::new();
    let max_tokens = encoder.config().max_tokens;
    for text in texts {
        let (ids, types) = tokenizer.encode_pair(query, text, MAX_QUERY_PIECES, max_tokens);
        if batch.tokens() + ids.len() > BATCH_TOKENS {
            logits.extend(encoder.forward(&batch).await?);
            batch.clear();
        }
        batch.push_pair(&ids, &types);
    }
    logits.extend(encoder.forward(&batch).await?);
    Ok(logits)
}
