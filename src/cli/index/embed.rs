//! The vectors of all passages: those of an earlier index where the text is the same, the others embedded in batches over all
//! cores, each thread with a workspace of its own.

use super::earlier::EarlierVectors;
use crate::cli::progress::Progress;
use crate::error::Result;
use crate::index::vectors::{Vectors, quantize_row};
use crate::model::batch::TokenBatch;
use crate::model::bi_encoder::BiEncoder;
use crate::model::encoder::Workspace;
use rayon::prelude::*;

/// Passages of a batch: enough rows to fill the register tiles many times over, few enough to stay near the core.
const BATCH: usize = 16;

/// What a thread keeps from batch to batch: tokens, the pass's buffers, and the embeddings `[BATCH, dim]`.
type Scratch = (TokenBatch, Workspace, Vec<f32>);

/// The vectors of `texts`, and how many of them were taken from `earlier`.
///
/// The result depends neither on the number of threads nor on what is reused: each passage is computed by itself, and an
/// earlier vector is what the model would give again.
pub(super) fn vectors_of(
    model: &BiEncoder,
    texts: &[String],
    earlier: Option<&EarlierVectors>,
    quiet: bool,
) -> Result<(Vectors, usize)> {
    let mut vectors = Vectors::zeros(texts.len(), model.dim());
    let mut missing = Vec::with_capacity(texts.len());
    for (text, (row, scale)) in texts.iter().zip(vectors.rows_mut()) {
        match earlier.and_then(|earlier| earlier.get(text)) {
            Some((known, known_scale)) => {
                row.copy_from_slice(known);
                *scale = known_scale;
            }
            None => missing.push((text.as_str(), row, scale)),
        }
    }
    let reused = texts.len() - missing.len();
    if !missing.is_empty() {
        let progress = Progress::new("Embedding", "passages", missing.len() as u64, quiet);
        missing.par_chunks_mut(BATCH).try_for_each_init(Scratch::default, |scratch, batch| {
            progress.add(batch.len() as u64);
            embed(model, scratch, batch)
        })?;
        progress.finish();
    }
    Ok((vectors, reused))
}

/// Embeds one batch and quantizes each embedding into its row.
fn embed(model: &BiEncoder, scratch: &mut Scratch, passages: &mut [(&str, &mut [i8], &mut f32)]) -> Result<()> {
    let (batch, work, embeddings) = scratch;
    batch.clear();
    for (text, ..) in passages.iter() {
        batch.push(&model.tokenize(text));
    }
    embeddings.resize(passages.len() * model.dim(), 0.0);
    model.embed_into(batch, work, embeddings)?;
    for ((_, row, scale), embedding) in passages.iter_mut().zip(embeddings.chunks_exact(model.dim())) {
        **scale = quantize_row(embedding, row);
    }
    Ok(())
}
