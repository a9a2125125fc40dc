//! `engine.wasm`: the index and the search in it, models left out. Query vectors and logits come from an
//! [`Encoder`](super::encoder::Encoder).

use super::JsResult;
use super::convert::{
    array, chunk_to_js, conditions_from_js, context_to_js, facet_to_js, hit_to_js, hits_from_js, object, result_to_js,
    text,
};
use super::scored::from_flat;
use crate::index::chunks::{Chunk, ChunkKind};
use crate::index::manifest::{MANIFEST_NAME, Manifest};
use crate::search::fuse::FusionWeights;
use crate::search::searcher::{Hit, Searcher, Tier};
use crate::search::suggest::Suggestions;
use js_sys::Function;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// A global function of JavaScript: that of `opening.js`, or that of `stemmers.js` where it is loaded. Does not throw.
    #[wasm_bindgen(js_name = siteseerStem)]
    fn stem_in_javascript(language: u16, word: &str) -> String;
}

/// What [`stem`](crate::text::stem) asks for.
#[unsafe(no_mangle)]
fn siteseer_stem(language: u16, word: &str) -> String {
    stem_in_javascript(language, word)
}

/// An open index. Lives in a worker.
#[wasm_bindgen]
pub struct Engine {
    searcher: Searcher,
}

#[wasm_bindgen]
impl Engine {
    /// Opens an index by its manifest; its files follow by the `load_` functions.
    #[wasm_bindgen(constructor)]
    pub fn new(manifest_json: &str) -> JsResult<Engine> {
        Ok(Engine { searcher: Searcher::new(Manifest::parse(manifest_json.as_bytes(), MANIFEST_NAME)?) })
    }

    /// Opens the root of the lexical index (uncompressed bytes).
    pub fn load_lexical(&mut self, content: Vec<u8>) -> JsResult<()> {
        Ok(self.searcher.load_lexical(content)?)
    }

    /// Opens what pages say of themselves (uncompressed bytes).
    pub fn load_filters(&mut self, content: &[u8]) -> JsResult<()> {
        Ok(self.searcher.load_filters(content)?)
    }

    /// From now on answers from the pages that meet all conditions, `[[name, [value, …]], …]`: one of the values each.
    pub fn set_filter(&mut self, conditions: JsValue) -> JsResult<()> {
        Ok(self.searcher.set_filter(&conditions_from_js(&conditions)?)?)
    }

    /// The passages that `choose_phrases` reads of a query whose words are there: their chunks are to be added first.
    pub fn phrase_reading(&self, query: &str) -> JsResult<Vec<u32>> {
        Ok(self.searcher.phrase_reading(query)?)
    }

    /// From now on, until the next `set_filter`, answers only from passages with the phrases that the query has in quotation marks.
    pub fn choose_phrases(&mut self, query: &str) -> JsResult<()> {
        Ok(self.searcher.choose_phrases(query)?)
    }

    /// How many pages with a word of the query have each value of each filter: `[[name, [[value, pages], …]], …]`.
    pub fn facets(&self, query: &str) -> JsResult<JsValue> {
        Ok(array(&self.searcher.facets(query)?, facet_to_js))
    }

    /// The value of each passage's page for a key to sort by, null where it has none. The order is the caller's business.
    pub fn sort_values(&self, key: &str, passages: Vec<u32>) -> JsResult<JsValue> {
        Ok(array(&self.searcher.sort_values(key, &passages)?, |value| value.map_or(JsValue::NULL, JsValue::from)))
    }

    /// Refuses a bi-encoder that the index was not made with.
    pub fn check_encoder(&self, id: &str, tokenizer_sha256: &str, dim: u32) -> JsResult<()> {
        Ok(self.searcher.check_encoder(id, tokenizer_sha256, dim as usize)?)
    }

    /// Refuses a cross-encoder that is not the index's.
    pub fn check_reranker(&self, id: &str) -> JsResult<()> {
        Ok(self.searcher.check_reranker(id)?)
    }

    /// Adds a chunk of `postings`, `spellings` or `passages` (uncompressed bytes).
    pub fn add_chunk(&mut self, kind: &str, number: u32, content: &[u8]) -> JsResult<()> {
        let kind = ChunkKind::from_name(kind).ok_or_else(|| JsError::new("no such kind of chunk"))?;
        Ok(self.searcher.add_chunk(Chunk { kind, number }, content)?)
    }

    /// Chunks that the words of a query need and that are not there yet, `[{ kind, number }]`. Once they are added, others
    /// may be needed, twice at most.
    pub fn missing_words(&self, query: &str) -> JsValue {
        array(&self.searcher.missing_words(query), chunk_to_js)
    }

    /// What may have been meant by a query with unknown words: `{ queries, missing }`; ask again when the missing chunks have been
    /// added, until there are none.
    pub fn suggest(&self, query: &str) -> JsResult<JsValue> {
        let Suggestions { queries, missing } = self.searcher.suggest(query)?;
        Ok(object(&[("queries", array(&queries, text)), ("missing", array(&missing, chunk_to_js))]))
    }

    /// The chunk of `passages` that holds each of these, in their order; a number that no chunk has for one that is in none.
    pub fn chunks_of(&self, passages: Vec<u32>) -> Vec<u32> {
        let number = |passage| self.searcher.chunk_of(passage).map_or(u32::MAX, |chunk| chunk.number);
        passages.into_iter().map(number).collect()
    }

    /// The best `limit` sections by their words: `{ tier, hits }`.
    pub fn rank_lexical(&self, query: &str, limit: u32) -> JsResult<JsValue> {
        Ok(self.ranking(Tier::Lexical, &self.searcher.rank_lexical(query, limit as usize)?))
    }

    /// For each passage whether it may answer, 1 or 0; empty if all may.
    pub fn selected(&self) -> Vec<u8> {
        self.searcher.selected()
    }

    /// The passages of the best sections by words, whose cosines `rank_compared` wants.
    pub fn passages_by_words(&self, query: &str) -> JsResult<Vec<u32>> {
        Ok(self.searcher.passages_by_words(query)?)
    }

    /// The best `limit` sections by words and meaning, as the encoder compared the passages that are near and those by words: `{ tier, hits }`.
    pub fn rank_compared(&self, query: &str, near: &[f64], words: &[f64], limit: u32) -> JsResult<JsValue> {
        let hits = self.searcher.rank_compared(query, &from_flat(near), &from_flat(words), limit as usize)?;
        Ok(self.ranking(Tier::Dense, &hits))
    }

    /// The chunks of rows that a query by meaning without a model reads. `near`: passages with rough scores, as the tower gives them.
    pub fn rows_needed(&self, query: &str, near: &[f64]) -> JsResult<Vec<u32>> {
        Ok(self.searcher.rows_needed(query, &from_flat(near))?)
    }

    /// The best `limit` sections by words and the cosines of those rows, as the tower gives them: `{ tier, hits }`.
    pub fn rank_static(&self, query: &str, scored: &[f64], limit: u32) -> JsResult<JsValue> {
        Ok(self.ranking(Tier::Static, &self.searcher.rank_rows(query, &from_flat(scored), limit as usize)?))
    }

    /// The parts of sections, in order, that a query by meaning with postings alone wants scores of.
    pub fn parts_by_words(&self, query: &str) -> JsResult<Vec<u32>> {
        Ok(self.searcher.parts_by_words(query)?)
    }

    /// The best `limit` sections by words and the scores of these parts, as `sparse.wasm` gives them, with these weights: `{ tier, hits }`.
    pub fn rank_impacts(&self, query: &str, scored: &[f64], dense: f32, lexical: f32, limit: u32) -> JsResult<JsValue> {
        let weights = FusionWeights { dense, lexical };
        Ok(self.ranking(Tier::Static, &self.searcher.rank_impacts(query, &from_flat(scored), weights, limit as usize)?))
    }

    /// The passages that `pair_texts` is made of for these candidates: their chunks are to be added first.
    pub fn reading(&self, passages: Vec<u32>) -> Vec<u32> {
        self.searcher.reading(&passages)
    }

    /// What the cross-encoder is to read of candidates, in their order.
    pub fn pair_texts(&self, passages: Vec<u32>) -> JsResult<Vec<String>> {
        Ok(self.searcher.pair_texts(&passages)?)
    }

    /// The hits of the dense tier with the first ones, as many as there are logits, reordered: `{ tier, hits }`.
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
    /// citations, tokens, counted }`. `count` tells the word pieces of a text, if there is an encoder that knows.
    pub fn context(
        &self,
        query: &str,
        hits: JsValue,
        max_tokens: u32,
        root: &str,
        count: Option<Function>,
    ) -> JsResult<JsValue> {
        // a count that fails is one that does not fit
        let word_pieces = |count: &Function, text: &str| {
            count.call1(&JsValue::NULL, &text.into()).ok().and_then(|n| n.as_f64()).map_or(usize::MAX, |n| n as usize)
        };
        let counter = count.as_ref().map(|count| move |text: &str| word_pieces(count, text));
        let counter = counter.as_ref().map(|counter| counter as &dyn Fn(&str) -> usize);
        let hits = hits_from_js(&hits)?;
        Ok(context_to_js(&self.searcher.context(query, &hits, max_tokens as usize, root, counter)?))
    }
}

impl Engine {
    fn ranking(&self, tier: Tier, hits: &[Hit]) -> JsValue {
        object(&[("tier", tier.name().into()), ("hits", array(hits, hit_to_js))])
    }
}
