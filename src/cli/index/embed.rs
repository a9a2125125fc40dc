//! Embedding all passages: batches over all cores, each thread with a workspace of its own.

use crate::error::Result;
use crate::model::batch::TokenBatch;
use crate::model::bi_encoder::BiEncoder;
use crate::model::encoder::Workspace;
use rayon::prelude::*;
use std::borrow::Cow;

/// Passages of a batch: enough rows to fill the register tiles many times over, few enough to stay near the core.
const BATCH: usize = 16;

/// Embeds `texts` into `[texts, dim]`. `done` is called with the number of passages whenever a batch is finished.
///
/// The result does not depend on the number of threads: each passage is computed by itself.
pub(super) fn embed_all(model: &BiEncoder, texts: &[String], done: &(dyn Fn(u64) + Sync)) -> Result<Vec<f32>> {
    embed_each(model, texts, |text| Cow::Owned(model.tokenize(text)), done)
}

/// Embeds sequences of token ids, special ones included, into `[sequences, dim]`, on all cores: what `siteseer index`
/// does with a site's passages, for measuring.
///
/// # Errors
/// If the model does not know an id, or a sequence is too long for it.
pub fn embed_token_ids(model: &BiEncoder, sequences: &[Vec<u32>]) -> Result<Vec<f32>> {
    embed_each(model, sequences, |ids| Cow::Borrowed(ids), &|_| ())
}

fn embed_each<T: Sync>(
    model: &BiEncoder,
    inputs: &[T],
    tokens: impl Fn(&T) -> Cow<'_, [u32]> + Sync,
    done: &(dyn Fn(u64) + Sync),
) -> Result<Vec<f32>> {
    let mut embeddings = vec![0.0; inputs.len() * model.dim()];
    let batches = inputs.par_chunks(BATCH).zip(embeddings.par_chunks_mut(BATCH * model.dim()));
    batches
        .map_init(Default::default, |(batch, work): &mut (TokenBatch, Workspace), (inputs, out)| {
            batch.clear();
            for input in inputs {
                batch.push(&tokens(input));
            }
            model.embed_into(batch, work, out)?;
            done(inputs.len() as u64);
            Ok(())
        })
        .collect::<Result<()>>()?;
    Ok(embeddings)
}
