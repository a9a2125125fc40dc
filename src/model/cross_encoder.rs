//! The cross-encoder: query and passage, read together, to one logit (Nogueira & Cho 2019).
//!
//! ```text
//! sequence  [CLS] query [SEP] passage [SEP]          token types 0 up to the first [SEP], then 1
//! h         encoder's vector of [CLS]                                   [hidden]
//! logit     tanh(h · Wpᵀ + bp) · wc + bc                                pooler, classifier
//! ```
//! It reads with the word embeddings and the tokenizer of its bi-encoder: both are shared, so a second model costs only
//! its layers.

use super::batch::TokenBatch;
use super::bi_encoder::BiEncoder;
use super::encoder::{EmbeddingTable, Encoder, Workspace};
use super::file::ModelFile;
use super::layer::load_linear;
use super::layout::Kind;
use crate::error::{Result, check_same};
use crate::kernels::Backend;
use crate::kernels::attention::QueryRows;
use crate::kernels::linear::{Activation, PackedLinear};
use crate::kernels::quantize::QuantizedRows;
use crate::text::word_piece::WordPiece;
use std::sync::Arc;

/// Pieces of a query that are read; the rest of a longer one is cut. The passage gets what room is left.
pub const MAX_QUERY_PIECES: usize = 48;
/// Pairs that are computed together: enough rows to fill the register tiles, few enough to stay near the core.
pub const BATCH: usize = 8;

/// A cross-encoder. Shared by threads; each brings a [`PairWorkspace`].
#[derive(Debug)]
pub struct CrossEncoder {
    id: String,
    lambda: f32,
    tokenizer: Arc<WordPiece>,
    encoder: Encoder,
    pooler: PackedLinear,
    /// `[hidden]`
    classifier: Vec<f32>,
    classifier_bias: f32,
}

/// Buffers of a cross-encoder, reused from batch to batch.
#[derive(Debug, Default)]
pub struct PairWorkspace {
    batch: TokenBatch,
    encoder: Workspace,
    quantized: QuantizedRows,
    /// `[sequences, hidden]`
    pooled: Vec<f32>,
}

impl CrossEncoder {
    /// Reads a model file; `file_name` is only for messages. Weights are packed for the bi-encoder's backend.
    ///
    /// # Errors
    /// If the bytes are not a whole cross-encoder file of a version that this build reads, or
    /// ([`Error::Mismatch`](crate::Error::Mismatch)) if it was made for another bi-encoder.
    pub fn load(bytes: &[u8], file_name: &str, bi_encoder: &BiEncoder) -> Result<Self> {
        let file = ModelFile::parse(bytes, file_name)?.of_kind(Kind::CrossEncoder)?;
        check_shares(&file, bi_encoder)?;
        let (hidden, backend) = (file.config().hidden_size, bi_encoder.backend());
        Ok(Self {
            id: file.id().to_owned(),
            lambda: file.lambda(),
            tokenizer: Arc::clone(bi_encoder.tokenizer()),
            encoder: Encoder::load(&file, backend, Arc::clone(bi_encoder.word_embeddings()), QueryRows::First)?,
            pooler: load_linear(&file, backend, "pooler", hidden, hidden, 0..hidden)?,
            classifier: file.f32("classifier.weight", &[hidden])?,
            classifier_bias: file.f32("classifier.bias", &[1])?.iter().sum(),
        })
    }

    /// Name of the model.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// How much a logit counts beside the score of the first stage.
    pub fn lambda(&self) -> f32 {
        self.lambda
    }

    /// Longest sequence that is read, special tokens included.
    pub fn max_tokens(&self) -> usize {
        self.encoder.config().max_tokens
    }

    /// The backend that runs.
    pub fn backend(&self) -> Backend {
        self.encoder.backend()
    }

    /// The word embeddings, shared with the bi-encoder.
    pub fn word_embeddings(&self) -> &Arc<EmbeddingTable> {
        self.encoder.word_embeddings()
    }

    /// Token ids and token types of a pair as the model reads it: the query cut to [`MAX_QUERY_PIECES`], then the
    /// passage to what [`max_tokens`](Self::max_tokens) leaves.
    pub fn tokenize(&self, query: &str, passage: &str) -> (Vec<u32>, Vec<u32>) {
        self.tokenizer.encode_pair(query, passage, MAX_QUERY_PIECES, self.max_tokens())
    }

    /// The logit of each passage for the query, `[passages]`: higher is more relevant. The passages are independent of
    /// each other: a logit does not depend on which others are computed with it.
    ///
    /// # Errors
    /// None in practice: the tokenizer makes only ids that the model knows.
    pub fn score(&self, query: &str, passages: &[String], work: &mut PairWorkspace) -> Result<Vec<f32>> {
        let mut logits = Vec::with_capacity(passages.len());
        let mut batch = std::mem::take(&mut work.batch);
        for passages in passages.chunks(BATCH) {
            batch.clear();
            for passage in passages {
                let (ids, types) = self.tokenize(query, passage);
                batch.push_pair(&ids, &types);
            }
            self.score_tokens(&batch, work, &mut logits)?;
        }
        work.batch = batch;
        Ok(logits)
    }

    /// Appends the logit of each pair of `batch`, `[sequences]`, to `logits`; [`score`](Self::score) with the tokens made.
    ///
    /// # Errors
    /// If the batch does not fit the model.
    pub fn score_tokens(&self, batch: &TokenBatch, work: &mut PairWorkspace, logits: &mut Vec<f32>) -> Result<()> {
        let PairWorkspace { encoder, quantized, pooled, .. } = work;
        let hidden = self.encoder.forward(batch, encoder)?; // [sequences, hidden]
        pooled.resize(hidden.len(), 0.0);
        self.backend().quantize_rows_into(hidden, self.pooler.k(), quantized);
        self.pooler.forward_into(quantized, None, Activation::Identity, pooled);
        logits.extend(pooled.chunks_exact(self.pooler.n()).map(|pooled| {
            pooled.iter().zip(&self.classifier).map(|(h, w)| h.tanh() * w).sum::<f32>() + self.classifier_bias
        }));
        Ok(())
    }
}

/// Checks that `file` was made to read with the word embeddings and the tokenizer of `bi_encoder`. A query tower has those of its
/// passage tower, on a coarser grid.
fn check_shares(file: &ModelFile<'_>, bi_encoder: &BiEncoder) -> Result<()> {
    let [rows, width] = bi_encoder.word_embeddings().shape();
    let config = file.config();
    let table = format!("{} x {}", config.vocab_size, config.hidden_size);
    let properties = [
        ("tokenizer hash", file.tokenizer_sha256(), bi_encoder.tokenizer_sha256()),
        ("source of the word embeddings", file.table_source_sha256(), bi_encoder.space_sha256()),
        ("shape of the word embeddings", &table, &format!("{rows} x {width}")),
    ];
    let next = "Use the cross-encoder that was imported for this bi-encoder (`siteseer model import --table-of`)";
    check_same(file.file_name(), &properties, next)
}
