//! The bi-encoder: text to one L2-normalised vector, so that a dot product is the cosine (Reimers & Gurevych 2019).
//!
//! Passages and queries may have a bi-encoder each: a *passage tower* on the author's machine, and a shallower *query tower*, fitted to
//! its vectors, on the visitor's.

use super::batch::TokenBatch;
use super::config::Pooling;
use super::encoder::{EmbeddingTable, Encoder, Workspace};
use super::file::ModelFile;
use super::layout::Kind;
use crate::error::Result;
use crate::kernels::Backend;
use crate::kernels::attention::QueryRows;
use crate::text::word_piece::WordPiece;
use std::sync::Arc;

/// Tokens of a rehearsal: of a number that makes register tiles of the two usual heights.
const REHEARSAL: usize = 11;
/// Layers that it goes through, again and again. V8 compiles a function for speed once it has run some 13 million bytes of its code: less, and
/// the way out of a tile and attention are left for the first queries.
const REHEARSED_LAYERS: usize = 12;

/// A sentence encoder with its tokenizer. Shared by threads; each brings a [`Workspace`].
#[derive(Debug)]
pub struct BiEncoder {
    id: String,
    source_sha256: String,
    space_sha256: String,
    tokenizer_sha256: String,
    tokenizer: Arc<WordPiece>,
    encoder: Encoder,
}

impl BiEncoder {
    /// Reads a model file; `file_name` is only for messages.
    ///
    /// # Errors
    /// If the bytes are not a whole bi-encoder file of a version that this build reads.
    pub fn load(bytes: &[u8], file_name: &str, backend: Backend) -> Result<Self> {
        let file = ModelFile::parse(bytes, file_name)?.of_kind(Kind::BiEncoder)?;
        let word = Arc::new(EmbeddingTable::word(&file)?);
        Ok(Self {
            id: file.id().to_owned(),
            source_sha256: file.source_sha256().to_owned(),
            space_sha256: file.space_sha256().to_owned(),
            tokenizer_sha256: file.tokenizer_sha256().to_owned(),
            tokenizer: Arc::new(WordPiece::new(file.vocab()?, file.config().tokenizer.clone())?),
            encoder: Encoder::load(&file, backend, word, QueryRows::All)?,
        })
    }

    /// Name of the model, such as `all-MiniLM-L6-v2`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// SHA-256 of the file that the model was imported from.
    pub fn source_sha256(&self) -> &str {
        &self.source_sha256
    }

    /// SHA-256 of the source of the model in whose space the vectors lie: [`source_sha256`](Self::source_sha256), or of a query tower
    /// that of its passage tower. Vectors of two models with the same can be compared.
    pub fn space_sha256(&self) -> &str {
        &self.space_sha256
    }

    /// Hash of vocabulary and tokenizer settings: an index and a model belong together if it is the same.
    pub fn tokenizer_sha256(&self) -> &str {
        &self.tokenizer_sha256
    }

    /// Length of an embedding.
    pub fn dim(&self) -> usize {
        self.encoder.config().hidden_size
    }

    /// Longest sequence that the model was trained for, special tokens included.
    pub fn max_tokens(&self) -> usize {
        self.encoder.config().max_tokens
    }

    /// The model's tokenizer.
    pub fn tokenizer(&self) -> &Arc<WordPiece> {
        &self.tokenizer
    }

    /// The word embeddings, to be shared with a cross-encoder.
    pub fn word_embeddings(&self) -> &Arc<EmbeddingTable> {
        self.encoder.word_embeddings()
    }

    /// The backend that runs.
    pub fn backend(&self) -> Backend {
        self.encoder.backend()
    }

    /// Token ids of a text as the model reads it: `[CLS] … [SEP]`, cut to [`max_tokens`](Self::max_tokens).
    pub fn tokenize(&self, text: &str) -> Vec<u32> {
        self.tokenizer.encode(text, self.max_tokens())
    }

    /// Embeds each sequence of `batch` into a row of `out [sequences, dim]`, L2-normalised if the model says so.
    ///
    /// # Errors
    /// If the batch does not fit the model.
    ///
    /// # Panics
    /// If `out` is not `[sequences, dim]`.
    pub fn embed_into(&self, batch: &TokenBatch, work: &mut Workspace, out: &mut [f32]) -> Result<()> {
        let dim = self.dim();
        assert_eq!(out.len(), batch.len() * dim, "out is [sequences, dim]");
        let hidden = self.token_vectors(batch, work)?;
        for (window, out) in batch.offsets().windows(2).zip(out.chunks_exact_mut(dim)) {
            self.pool_into(&hidden[window[0] * dim..window[1] * dim], out);
        }
        Ok(())
    }

    /// Pools the token vectors `[seq_len, dim]` of one sequence into `out [dim]`, L2-normalised if the model says so.
    pub(crate) fn pool_into(&self, hidden: &[f32], out: &mut [f32]) {
        let config = self.encoder.config();
        pool(config.pooling, hidden, out);
        if config.normalize {
            l2_normalise(out);
        }
    }

    /// Token vectors of the last layer, before pooling, in the order of the batch: `[tokens, dim]`.
    ///
    /// # Errors
    /// If the batch does not fit the model.
    pub fn token_vectors<'w>(&self, batch: &TokenBatch, work: &'w mut Workspace) -> Result<&'w [f32]> {
        Ok(self.encoder.forward(batch, work)?)
    }

    /// Embeds one text, and gives the token vectors that it was made of: `[dim]` and `[tokens, dim]`.
    ///
    /// # Errors
    /// None in practice, as [`embed`](Self::embed).
    pub fn embed_tokens(&self, text: &str, work: &mut Workspace) -> Result<(Vec<f32>, Vec<f32>)> {
        let hidden = self.token_vectors(&TokenBatch::one(&self.tokenize(text)), work)?;
        let mut out = vec![0.0; self.dim()];
        self.pool_into(hidden, &mut out);
        Ok((out, hidden.to_vec()))
    }

    /// Runs the model on a made-up sequence, for a browser: it compiles a wasm function for speed only once that has been busy, and until
    /// then runs code that it made in a hurry. Done while a model loads, this is not done while a visitor waits.
    ///
    /// # Errors
    /// None in practice.
    pub fn rehearse(&self, work: &mut Workspace) -> Result<()> {
        let ids = vec![0; REHEARSAL.min(self.max_tokens())];
        let batch = TokenBatch::one(&ids);
        for _ in 0..REHEARSED_LAYERS.div_ceil(self.encoder.config().num_layers.max(1)) {
            self.token_vectors(&batch, work)?;
        }
        Ok(())
    }

    /// Embeds one text: `[dim]`.
    ///
    /// # Errors
    /// None in practice: the model's own tokenizer makes only ids that it knows.
    pub fn embed(&self, text: &str, work: &mut Workspace) -> Result<Vec<f32>> {
        let mut out = vec![0.0; self.dim()];
        self.embed_into(&TokenBatch::one(&self.tokenize(text)), work, &mut out)?;
        Ok(out)
    }
}

/// Pools the hidden states `[seq_len, dim]` of one sequence into `out [dim]`. An empty sequence gives zeros.
fn pool(pooling: Pooling, hidden: &[f32], out: &mut [f32]) {
    let dim = out.len();
    out.fill(0.0);
    match pooling {
        Pooling::Cls => out.iter_mut().zip(hidden).for_each(|(o, h)| *o = *h),
        Pooling::Mean => {
            for row in hidden.chunks_exact(dim) {
                out.iter_mut().zip(row).for_each(|(o, h)| *o += h);
            }
            let seq_len = (hidden.len() / dim).max(1) as f32;
            out.iter_mut().for_each(|o| *o /= seq_len);
        }
    }
}

/// Scales a vector to length 1; a vector of zeros stays.
pub fn l2_normalise(v: &mut [f32]) {
    let norm = v.iter().map(|x| x * x).sum::<f32>().sqrt();
    if norm > 0.0 {
        v.iter_mut().for_each(|x| *x /= norm);
    }
}
