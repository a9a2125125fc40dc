//! Embedding all passages: batches over all cores, each thread with a workspace of its own.

use crate::error::Result;
use crate::model::batch::TokenBatch;
use crate::model::bi_encoder::BiEncoder;
use crate::model::encoder::Workspace;
use rayon::prelude::*;

/// Passages of a batch: enough rows to fill the register tiles many times over, few enough to stay near the core.
const BATCH: usize = 16;

/// Embeds `texts` into `[texts, dim]`. `done` is called with the number of passages whenever a batch is finished.
///
/// The result does not depend on the number of threads: each passage is computed by itself.
pub(super) fn embed_all(model: &BiEncoder, texts: &[String], done: &(dyn Fn(u64) + Sync)) -> Result<Vec<f32>> {
    let mut embeddings = vec![0.0; texts.len() * model.dim()];
    let batches = texts.par_chunks(BATCH).zip(embeddings.par_chunks_mut(BATCH * model.dim()));
    batches
        .map_init(Default::default, |(batch, work): &mut (TokenBatch, Workspace), (texts, out)| {
            batch.clear();
            for text in texts {
                batch.push(&model.tokenize(text));
            }
            model.embed_into(batch, work, out)?;
            done(texts.len() as u64);
            Ok(())
        })
        .collect::<Result<()>>()?;
    Ok(embeddings)
}
