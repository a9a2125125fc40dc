//! The models of an index with their buffers: text in, vectors and logits out. In the browser they are a wasm file of their
//! own, so that a visitor has the first results before it comes.

use super::bi_encoder::BiEncoder;
use super::cross_encoder::{CrossEncoder, PairWorkspace};
use super::encoder::Workspace;
use crate::error::{Error, Result};
use crate::kernels::Backend;

/// A bi-encoder and, once it is loaded, the cross-encoder that shares its tables.
#[derive(Debug)]
pub struct Encoders {
    bi_encoder: BiEncoder,
    work: Workspace,
    cross_encoder: Option<CrossEncoder>,
    pair_work: PairWorkspace,
}

impl Encoders {
    /// Reads the bi-encoder's file for the best backend of this processor; `file_name` is only for messages.
    ///
    /// # Errors
    /// If the bytes are not a whole bi-encoder file of a version that this build reads.
    pub fn load(bytes: &[u8], file_name: &str) -> Result<Self> {
        let bi_encoder = BiEncoder::load(bytes, file_name, Backend::best())?;
        Ok(Self { bi_encoder, work: Workspace::default(), cross_encoder: None, pair_work: PairWorkspace::default() })
    }

    /// Reads the cross-encoder's file.
    ///
    /// # Errors
    /// If the bytes are not a whole cross-encoder file, or it belongs to another bi-encoder.
    pub fn load_cross_encoder(&mut self, bytes: &[u8], file_name: &str) -> Result<&CrossEncoder> {
        Ok(self.cross_encoder.insert(CrossEncoder::load(bytes, file_name, &self.bi_encoder)?))
    }

    /// The bi-encoder.
    pub fn bi_encoder(&self) -> &BiEncoder {
        &self.bi_encoder
    }

    /// The cross-encoder, once loaded.
    pub fn cross_encoder(&self) -> Option<&CrossEncoder> {
        self.cross_encoder.as_ref()
    }

    /// The embedding of a text: `[dim]`.
    ///
    /// # Errors
    /// None in practice, as [`BiEncoder::embed`].
    pub fn embed(&mut self, text: &str) -> Result<Vec<f32>> {
        self.bi_encoder.embed(text, &mut self.work)
    }

    /// The logit of each text for the query: `[texts]`.
    ///
    /// # Errors
    /// If the cross-encoder is not loaded.
    pub fn score(&mut self, query: &str, texts: &[String]) -> Result<Vec<f32>> {
        let Some(cross_encoder) = &self.cross_encoder else {
            let detail = "scoring needs it, and it is not loaded".to_owned();
            return Err(Error::Unsupported { file: "reranker".to_owned(), detail, next: "Load it first" });
        };
        cross_encoder.score(query, texts, &mut self.pair_work)
    }
}
