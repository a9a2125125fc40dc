//! The browser's door: translates between JavaScript values and the engine, and nothing else. No panic crosses: every error
//! becomes an exception with a message for the person.

use crate::index::manifest::{MANIFEST_NAME, Manifest};
use crate::kernels::Backend;
use crate::search::context::{Citation, Context};
use crate::search::searcher::{Hit, SearchResult, Searcher, Tier};
use js_sys::{Array, Object, Reflect};
use wasm_bindgen::prelude::*;

/// An open index and the engine that searches it. Lives in a worker.
#[wasm_bindgen]
pub struct Engine {
    searcher: Searcher,
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
        Ok(self.ranking(tier, &hits))
    }

    /// The passages that `score_pairs` reads for these candidates: their chunks are to be added first.
    pub fn reading(&self, passages: Vec<u32>) -> Vec<u32> {
        self.searcher.reading(&passages)
    }

    /// The cross-encoder's logits of candidates, in their order.
    pub fn score_pairs(&mut self, query: &str, passages: Vec<u32>) -> JsResult<Vec<f32>> {
        Ok(self.searcher.score_pairs(query, &passages)?)
    }

    /// The hits of the dense tier with the first ones, as many as there are logits, reordered: `{ tier, hits, missing }`.
    pub fn rerank(&self, hits: JsValue, logits: Vec<f32>) -> JsResult<JsValue> {
        let hits = hits_from_js(&hits)?;
        Ok(self.ranking(Tier::Reranked, &self.searcher.rerank(&hits, &logits)))
    }

    /// What to show for the hits of a ranking, whose chunks are all there.
    pub fn results(&self, query: &str, hits: JsValue) -> JsResult<JsValue> {
        let hits = hits_from_js(&hits)?;
        Ok(array(&self.searcher.results(query, &hits)?, result_to_js))
    }

    /// The passages that `context` reads for these hits: their chunks are to be added first.
    pub fn context_reading(&self, hits: JsValue) -> JsResult<Vec<u32>> {
        Ok(self.searcher.context_reading(&hits_from_js(&hits)?))
    }

    /// The best sections of a ranking, quoted within `max_tokens` and with URLs that begin with `root`: `{ markdown,
    /// citations, tokens, counted }`.
    pub fn context(&self, query: &str, hits: JsValue, max_tokens: u32, root: &str) -> JsResult<JsValue> {
        Ok(context_to_js(&self.searcher.context(query, &hits_from_js(&hits)?, max_tokens as usize, root)?))
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
    /// `missing`: chunks to hand to `add_passages` before `results`.
    fn ranking(&self, tier: Tier, hits: &[Hit]) -> JsValue {
        let missing = self.searcher.missing_chunks(hits);
        object(&[
            ("tier", tier.name().into()),
            ("hits", array(hits, hit_to_js)),
            ("missing", array(&missing, |&chunk| chunk.into())),
        ])
    }
}

// The objects that cross, field by field: a serializer for JavaScript values costs a visitor 8 KB.

fn hit_to_js(hit: &Hit) -> JsValue {
    object(&[
        ("passage", hit.passage.into()),
        ("score", hit.score.into()),
        ("lexicalRank", or_null(hit.lexical_rank)),
        ("denseRank", or_null(hit.dense_rank)),
        ("logit", or_null(hit.logit)),
    ])
}

fn hits_from_js(hits: &JsValue) -> JsResult<Vec<Hit>> {
    Array::from(hits).iter().map(|hit| hit_from_js(&hit)).collect()
}

fn hit_from_js(hit: &JsValue) -> JsResult<Hit> {
    let get = |name: &str| Reflect::get(hit, &name.into()).ok().and_then(|value| value.as_f64());
    let needed = |name: &str| get(name).ok_or_else(|| JsError::new(&format!("a hit without `{name}`")));
    Ok(Hit {
        passage: needed("passage")? as u32,
        score: needed("score")? as f32,
        lexical_rank: get("lexicalRank").map(|rank| rank as u32),
        dense_rank: get("denseRank").map(|rank| rank as u32),
        logit: get("logit").map(|logit| logit as f32),
    })
}

fn result_to_js(result: &SearchResult) -> JsValue {
    let explain = [
        ("lexicalRank", or_null(result.explain.lexical_rank)),
        ("denseRank", or_null(result.explain.dense_rank)),
        ("logit", or_null(result.explain.logit)),
        ("matchedTerms", array(&result.explain.matched_terms, text)),
    ];
    object(&[
        ("url", text(&result.url)),
        ("title", text(&result.title)),
        ("headingPath", array(&result.heading_path, text)),
        ("anchor", text(&result.anchor)),
        ("excerpt", text(&result.excerpt)),
        ("lang", text(&result.lang)),
        ("score", result.score.into()),
        ("passage", result.passage.into()),
        ("explain", object(&explain)),
    ])
}

fn context_to_js(context: &Context) -> JsValue {
    object(&[
        ("markdown", text(&context.markdown)),
        ("citations", array(&context.citations, citation_to_js)),
        ("tokens", (context.tokens as u32).into()),
        ("counted", context.counted.into()),
    ])
}

fn citation_to_js(citation: &Citation) -> JsValue {
    object(&[
        ("number", (citation.number as u32).into()),
        ("title", text(&citation.title)),
        ("headingPath", array(&citation.heading_path, text)),
        ("url", text(&citation.url)),
        ("tokens", (citation.tokens as u32).into()),
    ])
}

fn object(fields: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (name, value) in fields {
        // can't fail on a plain object
        let _ = Reflect::set(&object, &(*name).into(), value);
    }
    object.into()
}

fn array<T>(items: &[T], to_js: fn(&T) -> JsValue) -> JsValue {
    items.iter().map(to_js).collect::<Array>().into()
}

fn text(text: &String) -> JsValue {
    text.into()
}

fn or_null(value: Option<impl Into<JsValue>>) -> JsValue {
    value.map_or(JsValue::NULL, Into::into)
}
