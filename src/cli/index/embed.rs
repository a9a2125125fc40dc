//! The vectors of all passages: those of an earlier index where the text is the same, the others embedded in batches over all
//! cores, each thread with a workspace of its own, or on a GPU.

use super::device::GpuEmbedder;
use super::earlier::EarlierVectors;
use crate::cli::progress::Progress;
use crate::index::vectors::{Vectors, quantize_row};
use crate::model::batch::TokenBatch;
use crate::model::bi_encoder::BiEncoder;
use crate::model::encoder::Workspace;
use anyhow::Result;
use rayon::prelude::*;

/// Passages of a batch: enough rows to fill the register tiles many times over, few enough to stay near the core.
const BATCH: usize = 2;

/// What a thread keeps from batch to batch: tokens, the pass's buffers, and the embeddings `[BATCH, dim]`.
type Scratch = (TokenBatch, Workspace, Vec<f32>);

/// A passage to embed: its text, and where row and scale go.
type Passage<'a> = (&'a str, &'a mut [i8], &'a mut f32);

/// How vectors are made.
#[derive(Debug)]
pub(super) struct Embedding<'a> {
    /// Whose vectors are taken where the text is the same.
    pub(super) earlier: Option<&'a EarlierVectors>,
    /// What embeds instead of the CPU.
    pub(super) gpu: Option<&'a GpuEmbedder>,
    /// Without progress.
    pub(super) quiet: bool,
}

/// The kernels that embed, by name.
pub(super) fn kernels_of(model: &BiEncoder, gpu: Option<&GpuEmbedder>) -> String {
    gpu.map_or(model.backend().name(), GpuEmbedder::name).to_owned()
}

/// The vectors of `texts`, and how many of them were taken from an earlier index.
///
/// The result depends neither on the number of threads nor on what is reused: each passage is computed by itself, and an
/// earlier vector is what the model would give again.
pub(super) fn vectors_of(
    model: &BiEncoder,
    texts: &[String],
    Embedding { earlier, gpu, quiet }: &Embedding<'_>,
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
        let progress = Progress::new("Embedding", "passages", missing.len() as u64, *quiet);
        let on_gpu = match gpu {
            Some(gpu) => embed_on_gpu(model, gpu, &mut missing, &progress)?,
            None => false,
        };
        if !on_gpu {
            missing.par_chunks_mut(BATCH).try_for_each_init(Scratch::default, |scratch, batch| {
                progress.add(batch.len() as u64);
                embed(model, scratch, batch)
            })?;
        }
        progress.finish();
    }
    Ok((vectors, reused))
}

/// Embeds all passages on the GPU; false if it failed and the CPU is to do it.
///
/// # Errors
/// If it failed and was asked for by name.
fn embed_on_gpu(
    model: &BiEncoder,
    gpu: &GpuEmbedder,
    passages: &mut [Passage<'_>],
    progress: &Progress,
) -> Result<bool> {
    let sequences: Vec<Vec<u32>> = passages.par_iter().map(|(text, ..)| model.tokenize(text)).collect();
    match gpu.embed(&sequences, &|done| progress.add(done as u64)) {
        Ok(embeddings) => {
            store(passages, &embeddings, model.dim());
            Ok(true)
        }
        Err(error) if gpu.asked_for() => Err(error),
        Err(error) => {
            eprintln!("      note {}: {error:#}", gpu.name());
            Ok(false)
        }
    }
}

/// Quantizes each embedding into its row.
fn store(passages: &mut [Passage<'_>], embeddings: &[f32], dim: usize) {
    for ((_, row, scale), embedding) in passages.iter_mut().zip(embeddings.chunks_exact(dim)) {
        **scale = quantize_row(embedding, row);
    }
}

/// Embeds one batch and quantizes each embedding into its row.
fn embed(model: &BiEncoder, scratch: &mut Scratch, passages: &mut [Passage<'_>]) -> Result<()> {
    let (batch, work, embeddings) = scratch;
    batch.clear();
    for (text, ..) in passages.iter() {
        batch.push(&model.tokenize(text));
    }
    embeddings.resize(passages.len() * model.dim(), 0.0);
    model.embed_into(batch, work, embeddings)?;
    store(passages, embeddings, model.dim());
    Ok(())
}

/// Embeds sequences of token ids, special ones included, into `[sequences, dim]`, on all cores: what `siteseer index` does
/// with a site's passages, for measuring.
///
/// # Errors
/// If the model does not know an id, or a sequence is too long for it.
pub fn embed_token_ids(model: &BiEncoder, sequences: &[Vec<u32>]) -> crate::Result<Vec<f32>> {
    let mut embeddings = vec![0.0; sequences.len() * model.dim()];
    let batches = sequences.par_chunks(BATCH).zip(embeddings.par_chunks_mut(BATCH * model.dim()));
    batches.try_for_each_init(Scratch::default, |(batch, work, _), (sequences, out)| {
        batch.clear();
        sequences.iter().for_each(|ids| batch.push(ids));
        model.embed_into(batch, work, out)
    })?;
    Ok(embeddings)
}
