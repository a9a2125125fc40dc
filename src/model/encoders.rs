//! The models of an index with their buffers: text in, vectors and logits out. In the browser they are a wasm file of their
//! own, so that a visitor has the first results before it comes.

use super::bi_encoder::BiEncoder;
use super::cross_encoder::{CrossEncoder, PairWorkspace};
use super::encoder::Workspace;
use super::late::{LateHead, QueryVectors};
use crate::error::{Error, Result};
use crate::kernels::Backend;

/// A bi-encoder and, once they are loaded, the cross-encoder that shares its tables and the head of late interaction.
#[derive(Debug)]
pub struct Encoders {
    bi_encoder: BiEncoder,
    work: Workspace,
    cross_encoder: Option<CrossEncoder>,
    pair_work: PairWorkspace,
    late_head: Option<LateHead>,
}

impl Encoders {
    /// Reads the bi-encoder's file for the best backend of this processor; `file_name` is only for messages.
    ///
    /// # Errors
    /// If the bytes are not a whole bi-encoder file of a version that this build reads.
    pub fn load(bytes: &[u8], file_name: &str) -> Result<Self> {
        let bi_encoder = BiEncoder::load(bytes, file_name, Backend::best())?;
        Ok(Self {
            bi_encoder,
            work: Workspace::default(),
            cross_encoder: None,
            pair_work: PairWorkspace::default(),
            late_head: None,
        })
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

    /// Has the browser compile the kernels for speed: see [`BiEncoder::rehearse`].
    ///
    /// # Errors
    /// None in practice.
    pub fn rehearse(&mut self) -> Result<()> {
        self.bi_encoder.rehearse(&mut self.work)
    }

    /// The embedding of a text: `[dim]`.
    ///
    /// # Errors
    /// None in practice, as [`BiEncoder::embed`].
    pub fn embed(&mut self, text: &str) -> Result<Vec<f32>> {
        self.bi_encoder.embed(text, &mut self.work)
    }

    /// Reads the file of the late-interaction head.
    ///
    /// # Errors
    /// If the bytes are not a whole file of a head, or it belongs to another bi-encoder.
    pub fn load_late_head(&mut self, bytes: &[u8], file_name: &str) -> Result<&LateHead> {
        let head = LateHead::load(bytes, file_name)?;
        head.check_encoder(&self.bi_encoder)?;
        Ok(self.late_head.insert(head))
    }

    /// The embedding of a query, `[dim]`, and the vectors of its tokens for late interaction, in one pass.
    ///
    /// # Errors
    /// If the head is not loaded.
    pub fn embed_late(&mut self, query: &str) -> Result<(Vec<f32>, QueryVectors)> {
        let Some(head) = &self.late_head else {
            let detail = "late interaction needs it, and it is not loaded".to_owned();
            return Err(Error::Unsupported { file: "late head".to_owned(), detail, next: "Load it first" });
        };
        let (embedding, hidden) = self.bi_encoder.embed_tokens(query, &mut self.work)?;
        Ok((embedding, head.query(&hidden)))
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
