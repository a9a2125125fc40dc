//! The browser's door: translates between JavaScript values and the engine, and nothing else. No panic crosses: every error
//! becomes an exception with a message for the person.

use crate::index::manifest::{MANIFEST_NAME, Manifest};
use crate::kernels::Backend;
use crate::search::searcher::{Hit, Searcher, Tier};
use serde::Serialize;
use wasm_bindgen::prelude::*;

/// An open index and the engine that searches it. Lives in a worker.
#[wasm_bindgen]
pub struct Engine {
    searcher: Searcher,
}

/// What `rank` returns.
#[derive(Serialize)]
struct Ranking {
    tier: Tier,
    hits: Vec<Hit>,
    /// Chunks to hand to `add_passages` before `results`.
    missing: Vec<u32>,
}

type JsResult<T> = Result<T, JsError>;

#[wasm_bindgen]
impl Engine {
    /// The kernels that run: `relaxed-simd`, `simd128` or `scalar`.
    pub fn backend() -> String {
        Backend::best().name().to_owned()
    }

    /// Opens an index by its manifest; its files follow by the `load_` functions.
    #[wasm_bindgen(constructor)]
    pub fn new(manifest_json: &str) -> JsResult<Engine> {
        Ok(Engine { searcher: Searcher::new(Manifest::parse(manifest_json.as_bytes(), MANIFEST_NAME)?) })
    }

    /// Opens the lexical postings (uncompressed bytes).
    pub fn load_lexical(&mut self, content: Vec<u8>) -> JsResult<()> {
        Ok(self.searcher.load_lexical(content)?)
    }

    /// Opens the vectors (uncompressed bytes).
    pub fn load_vectors(&mut self, content: &[u8]) -> JsResult<()> {
        Ok(self.searcher.load_vectors(content)?)
    }

    /// Loads the bi-encoder (uncompressed bytes).
    pub fn load_model(&mut self, content: &[u8]) -> JsResult<()> {
        Ok(self.searcher.load_model(content)?)
    }

    /// Loads the cross-encoder (uncompressed bytes), after the bi-encoder, whose tables it shares.
    pub fn load_reranker(&mut self, content: &[u8]) -> JsResult<()> {
        Ok(self.searcher.load_reranker(content)?)
    }

    /// Adds a chunk of passages (uncompressed bytes).
    pub fn add_passages(&mut self, chunk: u32, content: &[u8]) -> JsResult<()> {
        Ok(self.searcher.add_passages(chunk, content)?)
    }

    /// The best `limit` passages: `{ tier, hits, missing }`. `tier` is `lexical` or `dense`.
    pub fn rank(&mut self, query: &str, tier: &str, limit: u32) -> JsResult<JsValue> {
        let tier = match tier {
            "lexical" => Tier::Lexical,
            "dense" => Tier::Dense,
            other => return Err(JsError::new(&format!("`{other}` is no tier; use `lexical` or `dense`"))),
        };
        let hits = self.searcher.rank(query, tier, limit as usize)?;
        self.ranking(tier, hits)
    }

    /// The cross-encoder's logits of passages whose chunks are all there, in their order.
    pub fn score_pairs(&mut self, query: &str, passages: Vec<u32>) -> JsResult<Vec<f32>> {
        Ok(self.searcher.score_pairs(query, &passages)?)
    }

    /// The hits of the dense tier with the first ones, as many as there are logits, reordered: `{ tier, hits, missing }`.
    pub fn rerank(&self, hits: JsValue, logits: Vec<f32>) -> JsResult<JsValue> {
        let hits: Vec<Hit> = serde_wasm_bindgen::from_value(hits)?;
        self.ranking(Tier::Reranked, self.searcher.rerank(&hits, &logits))
    }

    /// What to show for the hits of a ranking, whose chunks are all there.
    pub fn results(&self, query: &str, hits: JsValue) -> JsResult<JsValue> {
        let hits: Vec<Hit> = serde_wasm_bindgen::from_value(hits)?;
        to_js(&self.searcher.results(query, &hits)?)
    }

    /// The embedding of a text, as the index's model makes it.
    pub fn embed(&mut self, text: &str) -> JsResult<Vec<f32>> {
        Ok(self.searcher.embed(text)?)
    }

    /// Token ids of a text, special tokens included.
    pub fn token_ids(&self, text: &str) -> JsResult<Vec<u32>> {
        Ok(self.searcher.token_ids(text)?)
    }
}

impl Engine {
    fn ranking(&self, tier: Tier, hits: Vec<Hit>) -> JsResult<JsValue> {
        let missing = self.searcher.missing_chunks(&hits);
        to_js(&Ranking { tier, hits, missing })
    }
}

fn to_js(value: &impl Serialize) -> JsResult<JsValue> {
    let plain = serde_wasm_bindgen::Serializer::new().serialize_missing_as_null(true);
    Ok(value.serialize(&plain)?)
}
