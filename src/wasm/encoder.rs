//! `encoder-*.wasm`: the models, of which it needs no index. One file for each SIMD level.

use super::JsResult;
use super::scored::to_flat;
use crate::index::chunks::ChunkGroup;
use crate::index::compressed::{CompressedVectors, Look};
use crate::index::flat::FlatIndex;
use crate::index::late::LateTokens;
use crate::kernels::Backend;
use crate::model::encoders::Encoders;
use crate::model::late::QueryVectors;
use crate::search::dense::{compare_all, look};
use crate::search::late::{LateFiles, late_rows, open_late, score_late};
use js_sys::{Array, Float32Array, Float64Array, Int8Array, Int16Array, Uint32Array};
use wasm_bindgen::prelude::*;

/// The models of an index: text in, numbers out. Lives in a worker.
#[wasm_bindgen]
pub struct Encoder {
    encoders: Encoders,
    /// Vectors of passages, where all of them are loaded, with the name of their file.
    whole: Option<(FlatIndex, String)>,
    /// And where they are compressed.
    compressed: Option<CompressedVectors>,
    /// Token vectors of passages, once late interaction is loaded.
    late: Option<LateTokens>,
    /// The newest text that was embedded since then, with the vectors of its tokens.
    newest: Option<(String, QueryVectors)>,
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
        Ok(Encoder { encoders, whole: None, compressed: None, late: None, newest: None })
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

    /// Opens the vectors (uncompressed bytes) of so many passages; `file` is their name, for messages.
    pub fn load_vectors(&mut self, content: &[u8], file: String, passages: u32) -> JsResult<()> {
        let dim = self.encoders.bi_encoder().dim();
        self.whole = Some((FlatIndex::open(content, &file, passages as usize, dim, Backend::best())?, file));
        Ok(())
    }

    /// Opens the codes of compressed vectors (uncompressed bytes) of so many passages; the chunks follow. Names are for messages, those of the
    /// chunks and their id as in the manifest.
    pub fn load_codes(
        &mut self,
        content: &[u8],
        file: &str,
        passages: u32,
        name: String,
        id: String,
        files: u32,
    ) -> JsResult<()> {
        let group = ChunkGroup { name, id, files, bytes: 0, largest: 0 };
        self.compressed = Some(CompressedVectors::open(content, file, passages, group)?);
        Ok(())
    }

    /// Adds a chunk of compressed vectors (uncompressed bytes).
    pub fn add_exact(&mut self, number: u32, content: &[u8]) -> JsResult<()> {
        Ok(self.compressed.as_mut().ok_or_else(not_compressed)?.add_chunk(number, content)?)
    }

    /// The chunks of vectors that a query with this embedding wants and that are not there yet. `selected`: for each passage whether it may
    /// answer, empty if all may.
    pub fn missing_exact(&self, embedding: &[f32], selected: &[u8]) -> JsResult<Vec<u32>> {
        let (vectors, look) = self.look(embedding, selected)?;
        Ok(vectors.missing(&look))
    }

    /// The passages nearest to a query, each followed by its cosine, and the same of `words`, passages that are wanted anyway. Vectors that are not
    /// there are compared by their codes.
    pub fn compare(&self, embedding: &[f32], selected: &[u8], words: &[u32]) -> JsResult<Array> {
        let (near, words) = match &self.whole {
            Some((index, file)) => compare_all(index, file, embedding, may_answer(selected), words)?,
            None => {
                let (vectors, look) = self.look(embedding, selected)?;
                vectors.compare(&look, words, |passage| vectors.row(passage))?
            }
        };
        let flat = |scored| Float64Array::from(&to_flat(scored)[..]);
        Ok(Array::of2(&flat(&near), &flat(&words)))
    }

    /// Loads the head of late interaction and opens the code of the token vectors (uncompressed bytes) of so many passages; the
    /// chunks, of `per_chunk` passages each, follow. Names are for messages, those of the chunks and their id as in the manifest.
    #[allow(clippy::too_many_arguments)] // an object would cost more bytes than it saves lines
    pub fn load_late(
        &mut self,
        head: &[u8],
        head_file: &str,
        code: &[u8],
        code_file: &str,
        passages: u32,
        per_chunk: u32,
        name: String,
        id: String,
        files: u32,
    ) -> JsResult<()> {
        let group = ChunkGroup { name, id, files, bytes: 0, largest: 0 };
        let read = LateFiles { head: (head, head_file), code: (code, code_file) };
        self.late = Some(open_late(&mut self.encoders, read, passages, per_chunk, group)?);
        Ok(())
    }

    /// Adds a chunk of token vectors (uncompressed bytes).
    pub fn add_late(&mut self, number: u32, content: &[u8]) -> JsResult<()> {
        Ok(self.late.as_mut().ok_or_else(not_loaded)?.add_chunk(number, content)?)
    }

    /// The score of each of these passages for the query by late interaction; their chunks are there.
    pub fn score_late(&mut self, query: &str, passages: &[u32]) -> JsResult<Vec<f32>> {
        let (vectors, tokens) = self.compared(query)?;
        Ok(score_late(vectors, tokens, passages)?)
    }

    /// What [`score_late`](Self::score_late) compares, for a GPU: the query's vectors `[tokens, dim]` and weights `[tokens]`, the
    /// passages' rows `[n, dim]` and where each begins `[passages + 1]`.
    pub fn late_parts(&mut self, query: &str, passages: &[u32]) -> JsResult<Array> {
        let (vectors, tokens) = self.compared(query)?;
        let (rows, first) = late_rows(vectors, tokens, passages)?;
        Ok(Array::of4(
            &Int16Array::from(vectors.vectors()),
            &Float32Array::from(vectors.weights()),
            &Int8Array::from(&rows[..]),
            &Uint32Array::from(&first[..]),
        ))
    }

    /// The embedding of a text. In the same pass its token vectors come, once late interaction is loaded, and wait for
    /// [`score_late`](Self::score_late).
    pub fn embed(&mut self, text: &str) -> JsResult<Vec<f32>> {
        if self.late.is_none() {
            return Ok(self.encoders.embed(text)?);
        }
        let (embedding, vectors) = self.encoders.embed_late(text)?;
        self.newest = Some((text.to_owned(), vectors));
        Ok(embedding)
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

impl Encoder {
    fn look(&self, embedding: &[f32], selected: &[u8]) -> JsResult<(&CompressedVectors, Look)> {
        let vectors = self.compressed.as_ref().ok_or_else(not_compressed)?;
        Ok((vectors, look(vectors, embedding, may_answer(selected))?))
    }

    /// A query's token vectors and those of the passages.
    fn compared(&mut self, query: &str) -> JsResult<(&QueryVectors, &LateTokens)> {
        if self.newest.as_ref().is_none_or(|(text, _)| text != query) {
            self.embed(query)?;
        }
        let (Some(tokens), Some((_, vectors))) = (&self.late, &self.newest) else { return Err(not_loaded()) };
        Ok((vectors, tokens))
    }
}

/// Whether a passage is among those that were selected: all of them if `selected` is empty.
fn may_answer(selected: &[u8]) -> impl Fn(u32) -> bool {
    |passage| selected.get(passage as usize).is_none_or(|&selected| selected != 0)
}

fn not_compressed() -> JsError {
    JsError::new("there are no compressed vectors")
}

fn not_loaded() -> JsError {
    JsError::new("late interaction is not loaded")
}
