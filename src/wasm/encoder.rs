//! `encoder-*.wasm`: the models, of which it needs no index. One file for each SIMD level.

use super::JsResult;
use crate::kernels::Backend;
use crate::model::encoders::Encoders;
use wasm_bindgen::prelude::*;

/// The models of an index: text in, numbers out. Lives in a worker.
#[wasm_bindgen]
pub struct Encoder {
    encoders: Encoders,
}

#[wasm_bindgen]
impl Encoder {
    /// The kernels that run: `relaxed-simd`, `simd128` or `scalar`.
    pub fn backend() -> String {
        Backend::best().name().to_owned()
    }

    /// Loads the bi-encoder (uncompressed bytes); `file` is its name, for messages.
    #[wasm_bindgen(constructor)]
    pub fn new(content: &[u8], file: &str) -> JsResult<Encoder> {
        let mut encoders = Encoders::load(content, file)?;
        encoders.rehearse()?;
        Ok(Encoder { encoders })
    }

    /// Name of the bi-encoder.
    pub fn id(&self) -> String {
        self.encoders.bi_encoder().id().to_owned()
    }

    /// Hash of its vocabulary and tokenizer settings.
    pub fn tokenizer_sha256(&self) -> String {
        self.encoders.bi_encoder().tokenizer_sha256().to_owned()
    }

    /// Length of an embedding.
    pub fn dim(&self) -> u32 {
        self.encoders.bi_encoder().dim() as u32
    }

    /// Loads the cross-encoder (uncompressed bytes) and returns its name; `file` is for messages.
    pub fn load_reranker(&mut self, content: &[u8], file: &str) -> JsResult<String> {
        Ok(self.encoders.load_cross_encoder(content, file)?.id().to_owned())
    }

    /// The embedding of a text.
    pub fn embed(&mut self, text: &str) -> JsResult<Vec<f32>> {
        Ok(self.encoders.embed(text)?)
    }

    /// Token ids of a text, special tokens included.
    pub fn token_ids(&self, text: &str) -> Vec<u32> {
        self.encoders.bi_encoder().tokenize(text)
    }

    /// The number of word pieces in a text.
    pub fn count(&self, text: &str) -> u32 {
        self.encoders.bi_encoder().tokenizer().count(text) as u32
    }

    /// The cross-encoder's logit of each text for the query.
    pub fn score(&mut self, query: &str, texts: Vec<String>) -> JsResult<Vec<f32>> {
        Ok(self.encoders.score(query, &texts)?)
    }
}
