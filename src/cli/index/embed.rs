//! What the model says of all passages: their vectors and, for late interaction, their token vectors. Those of an earlier index are
//! taken where the text is the same; the others are computed in batches over all cores, each thread with a workspace of its
//! own, both in one pass of the model. Vectors alone may also come from a GPU.

use super::device::GpuEmbedder;
use super::earlier::EarlierIndex;
use super::late::{LateCodes, LateModel};
use super::scratch::{Lent, Scratch, Scratches};
use crate::cli::progress::Progress;
use crate::codes::residual::ResidualCode;
use crate::index::vectors::{Vectors, quantize_row};
use crate::model::bi_encoder::BiEncoder;
use anyhow::Result;
use rayon::prelude::*;

/// Passages of a batch: enough rows to fill the register tiles many times over, few enough to stay near the core.
const BATCH: usize = 2;
/// Batches that a thread takes at a time. Left to itself Rayon hands out a quarter of them at once, and one core waits for the other.
const BATCHES: usize = 1;

/// A passage to compute: its text, and where row and scale go, unless they are there.
type Passage<'a> = (&'a str, Option<(&'a mut [i8], &'a mut f32)>);

/// How vectors are made.
#[derive(Debug)]
pub(super) struct Embedding<'a> {
    /// From which is taken what is there of the same text.
    pub(super) earlier: Option<&'a EarlierIndex>,
    /// What embeds instead of the CPU.
    pub(super) gpu: Option<&'a GpuEmbedder>,
    /// Without progress.
    pub(super) quiet: bool,
}

/// The kernels that embed, by name.
pub(super) fn kernels_of(model: &BiEncoder, gpu: Option<&GpuEmbedder>) -> String {
    gpu.map_or(model.backend().name(), GpuEmbedder::name).to_owned()
}

/// What the model says of passages.
#[derive(Debug)]
pub(super) struct Embedded {
    /// A vector for each.
    pub(super) vectors: Vectors,
    /// How many of these were taken from an earlier index.
    pub(super) reused: usize,
    /// Their token vectors, if there is a head for late interaction.
    pub(super) late: Option<LateCodes>,
}

/// Vectors and token vectors of `texts`.
///
/// The result does not depend on the number of threads, nor the vectors on what is reused: each passage is computed by itself, and an
/// earlier vector is what the model would give again. So is a code of token vectors whose meaning comes with the head. Where it is fitted to
/// the site's passages, those of an earlier index are kept with their meaning while at least half of the passages are from there, and all are
/// made anew otherwise.
pub(super) fn embed(
    model: &BiEncoder,
    late: Option<&LateModel>,
    texts: &[String],
    Embedding { earlier, gpu, quiet }: &Embedding<'_>,
) -> Result<Embedded> {
    let mut vectors = Vectors::zeros(texts.len(), model.dim());
    let mut rows: Vec<Option<(&mut [i8], &mut f32)>> = Vec::with_capacity(texts.len());
    for (text, (row, scale)) in texts.iter().zip(vectors.rows_mut()) {
        rows.push(match earlier.and_then(|earlier| earlier.vector(text)) {
            Some((known, known_scale)) => {
                row.copy_from_slice(known);
                *scale = known_scale;
                None
            }
            None => Some((row, scale)),
        });
    }
    let reused = rows.iter().filter(|row| row.is_none()).count();
    if let Some(gpu) = gpu {
        embed_on_gpu(model, gpu, texts, &mut rows, *quiet)?;
    }

    let is_kept = |late: &LateModel| late.code.is_some() || 2 * reused >= texts.len();
    let kept = earlier.filter(|_| late.is_some_and(is_kept));
    let kept = kept.and_then(|earlier| Some((earlier, earlier.late()?)));
    let mut codes: Vec<Option<Vec<u8>>> = texts
        .iter()
        .map(|text| kept.and_then(|(earlier, late)| earlier.codes(late, text)).map(<[u8]>::to_vec))
        .collect();
    let is_due = |at: usize| rows[at].is_some() || (late.is_some() && codes[at].is_none());
    let due: Vec<usize> = (0..texts.len()).filter(|&at| is_due(at)).collect();
    let progress = (!due.is_empty()).then(|| Progress::new("Embedding", "passages", due.len() as u64, *quiet));
    let pass = Pass { model, progress: progress.as_ref() };
    let mut passages = |numbers: &[usize]| -> Vec<Passage<'_>> {
        numbers.iter().map(|&at| (texts[at].as_str(), rows[at].take())).collect()
    };
    let late = match late {
        None => {
            pass.run(passages(&due), |_, _| ())?;
            None
        }
        Some(late) => {
            let tokens_of = |ids: &[u32], hidden: &[f32]| late.token_vectors(model, ids, hidden);
            let known = late.code.as_ref().or(kept.map(|(_, tokens)| tokens.code()));
            let (code, due) = match known {
                Some(code) => (code.clone(), due),
                None => {
                    let (sample, others) = late.sample(&due);
                    let tokens = pass.run(passages(&sample), tokens_of)?;
                    let code = late.fit(&tokens);
                    let coded: Vec<Vec<u8>> = tokens.par_iter().map(|tokens| encode(&code, tokens)).collect();
                    sample.iter().zip(coded).for_each(|(&at, coded)| codes[at] = Some(coded));
                    (code, others)
                }
            };
            let coded = pass.run(passages(&due), |ids, hidden| encode(&code, &tokens_of(ids, hidden)))?;
            due.iter().zip(coded).for_each(|(&at, coded)| codes[at] = Some(coded));
            Some(LateCodes { code, passages: codes.into_iter().map(Option::unwrap_or_default).collect() })
        }
    };
    if let Some(progress) = progress {
        progress.finish();
    }
    Ok(Embedded { vectors, reused, late })
}

/// The codes of token vectors `[tokens, dim]`.
pub(super) fn encode(code: &ResidualCode, vectors: &[f32]) -> Vec<u8> {
    let mut codes = Vec::with_capacity(vectors.len() / code.dim() * code.len_bytes());
    vectors.chunks_exact(code.dim()).for_each(|v| code.encode_into(v, &mut codes));
    codes
}

/// A pass of the model over passages.
struct Pass<'a> {
    model: &'a BiEncoder,
    progress: Option<&'a Progress>,
}

impl Pass<'_> {
    /// Writes the rows that are missing, and gives what `tokens` makes of each passage's ids and token vectors `[ids, hidden]`.
    fn run<T: Send>(
        &self,
        mut passages: Vec<Passage<'_>>,
        tokens: impl Fn(&[u32], &[f32]) -> T + Sync,
    ) -> Result<Vec<T>> {
        let scratches = Scratches::default();
        let batches = passages.par_chunks_mut(BATCH).with_max_len(BATCHES).map_init(
            || scratches.lend(),
            |lent, passages| {
                self.progress.inspect(|progress| progress.add(passages.len() as u64));
                self.run_batch(&mut lent.scratch, passages, &tokens)
            },
        );
        Ok(batches.collect::<Result<Vec<Vec<T>>>>()?.into_iter().flatten().collect())
    }

    fn run_batch<T>(
        &self,
        (batch, work, embedding): &mut Scratch,
        passages: &mut [Passage<'_>],
        tokens: impl Fn(&[u32], &[f32]) -> T,
    ) -> Result<Vec<T>> {
        let (model, dim) = (self.model, self.model.dim());
        batch.clear();
        passages.iter().for_each(|(text, _)| batch.push(&model.tokenize(text)));
        let hidden = model.token_vectors(batch, work)?;
        embedding.resize(dim, 0.0);
        let of_passage = |(window, (_, row)): (&[usize], &mut Passage<'_>)| {
            let hidden = &hidden[window[0] * dim..window[1] * dim];
            if let Some((row, scale)) = row {
                model.pool_into(hidden, embedding);
                **scale = quantize_row(embedding, row);
            }
            tokens(&batch.input_ids()[window[0]..window[1]], hidden)
        };
        Ok(batch.offsets().windows(2).zip(passages).map(of_passage).collect())
    }
}

/// Embeds on the GPU all passages that have a row; if it fails, they keep it and the CPU is to do it.
///
/// # Errors
/// If it failed and was asked for by name.
fn embed_on_gpu(
    model: &BiEncoder,
    gpu: &GpuEmbedder,
    texts: &[String],
    rows: &mut [Option<(&mut [i8], &mut f32)>],
    quiet: bool,
) -> Result<()> {
    let missing: Vec<usize> = (0..rows.len()).filter(|&at| rows[at].is_some()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let progress = Progress::new("Embedding", "passages", missing.len() as u64, quiet);
    let sequences: Vec<Vec<u32>> = missing.par_iter().map(|&at| model.tokenize(&texts[at])).collect();
    let embedded = gpu.embed(&sequences, &|done| progress.add(done as u64));
    progress.finish();
    match embedded {
        Ok(embeddings) => {
            for (&at, embedding) in missing.iter().zip(embeddings.chunks_exact(model.dim())) {
                if let Some((row, scale)) = rows[at].take() {
                    *scale = quantize_row(embedding, row);
                }
            }
        }
        Err(error) if gpu.asked_for() => return Err(error),
        Err(error) => eprintln!("      note {}: {error:#}", gpu.name()),
    }
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
    let scratches = Scratches::default();
    batches.with_max_len(BATCHES).try_for_each_init(
        || scratches.lend(),
        |Lent { scratch: (batch, work, _), .. }, (sequences, out)| {
            batch.clear();
            sequences.iter().for_each(|ids| batch.push(ids));
            model.embed_into(batch, work, out)
        },
    )?;
    Ok(embeddings)
}
