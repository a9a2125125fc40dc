//! Token vectors of all passages for late interaction, in residual codes. What codes mean is fitted to a sample of the site's own
//! passages; each passage is computed once, on all cores, and only its codes are kept. The result does not depend on the number
//! of threads.

use super::k_means::cluster;
use super::output::{OutputFolder, Storage};
use crate::cli::progress::Progress;
use crate::codes::residual::{MAX_CENTRES, ResidualCode};
use crate::index::late::{chunk_body, code_to_bytes};
use crate::index::manifest::{LateEntry, LateFiles};
use crate::model::batch::TokenBatch;
use crate::model::bi_encoder::BiEncoder;
use crate::model::encoder::Workspace;
use crate::model::late::{LateHead, kept_tokens};
use anyhow::Result;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Passages of a batch.
const BATCH: usize = 16;
/// Passages that codes are fitted to, at most.
const SAMPLE: usize = 2048;
/// Token vectors for each centre that the sample should have: a small site gets fewer centres.
const PER_CENTRE: usize = 8;

/// The head, with what an index needs of it.
#[derive(Debug)]
pub(super) struct LateModel {
    pub(super) head: LateHead,
    /// The head's file.
    pub(super) bytes: Vec<u8>,
    /// Bits of a dimension: 1 or 2.
    pub(super) bits: u8,
}

/// The token vectors of all passages.
#[derive(Debug)]
pub(super) struct LateCodes {
    code: ResidualCode,
    /// By passage, the codes of its tokens.
    passages: Vec<Vec<u8>>,
}

impl LateCodes {
    /// Computes them for the `texts` that the model reads of the passages.
    pub(super) fn new(encoder: &BiEncoder, late: &LateModel, texts: &[String], quiet: bool) -> Result<Self> {
        let progress = Progress::new("Late interaction", "passages", texts.len() as u64, quiet);
        let vectors = |numbers: &[usize], scratch: &mut (TokenBatch, Workspace)| {
            progress.add(numbers.len() as u64);
            token_vectors(encoder, &late.head, texts, numbers, scratch)
        };
        let step = texts.len().div_ceil(SAMPLE).max(1);
        let (chosen, others): (Vec<usize>, Vec<usize>) = (0..texts.len()).partition(|at| at % step == 0);
        let sample: Vec<Vec<Vec<f32>>> = chosen
            .par_chunks(BATCH)
            .map_init(Default::default, |scratch, numbers| vectors(numbers, scratch))
            .collect::<Result<_>>()?;
        let sample: BTreeMap<usize, Vec<f32>> = chosen.iter().copied().zip(sample.into_iter().flatten()).collect();

        let dim = late.head.config().dim;
        let all: Vec<Vec<f32>> =
            sample.values().flat_map(|vectors| vectors.chunks_exact(dim)).map(<[f32]>::to_vec).collect();
        let (centres, _) = cluster(&all, (all.len() / PER_CENTRE).clamp(1, MAX_CENTRES));
        let code = ResidualCode::fit(&centres.concat(), &all.concat(), dim, late.bits);
        let encode = |vectors: &[f32]| {
            let mut codes = Vec::with_capacity(vectors.len() / dim * code.len_bytes());
            vectors.chunks_exact(dim).for_each(|v| code.encode_into(v, &mut codes));
            codes
        };
        let mut passages: Vec<Vec<u8>> = vec![Vec::new(); texts.len()];
        let coded: Vec<(usize, Vec<u8>)> = sample.par_iter().map(|(&at, vectors)| (at, encode(vectors))).collect();
        let rest: Vec<Vec<(usize, Vec<u8>)>> = others
            .par_chunks(BATCH)
            .map_init(Default::default, |scratch, numbers| {
                let vectors = vectors(numbers, scratch)?;
                Ok(numbers.iter().copied().zip(vectors.iter().map(|vectors| encode(vectors))).collect())
            })
            .collect::<Result<_>>()?;
        coded.into_iter().chain(rest.into_iter().flatten()).for_each(|(at, codes)| passages[at] = codes);
        progress.finish();
        Ok(Self { code, passages })
    }

    /// Writes the files; `starts` are the first passages of the chunks.
    pub(super) fn write(&self, output: &OutputFolder, late: &LateModel, starts: &[u32]) -> Result<LateFiles> {
        let ends = starts.iter().skip(1).copied().chain([self.passages.len() as u32]);
        let body = |(&start, end): (&u32, u32)| {
            chunk_body(start, &self.passages[start as usize..end as usize], self.code.len_bytes())
        };
        let bodies: Vec<Vec<u8>> = starts.iter().zip(ends).map(body).collect();
        Ok(LateFiles {
            head: output.add("late-head", "safetensors", &late.bytes, Storage::Gzip)?,
            code: output.add("late-code", "bin", &code_to_bytes(&self.code), Storage::Gzip)?,
            tokens: output.add_chunks("late", &bodies)?,
        })
    }
}

impl LateModel {
    /// What the manifest says of it.
    pub(super) fn entry(&self) -> LateEntry {
        let config = self.head.config();
        LateEntry { id: self.head.id().to_owned(), dim: config.dim, lambda: config.lambda }
    }
}

/// Vectors of the tokens that are kept of each of these texts: `[tokens, dim]`.
fn token_vectors(
    encoder: &BiEncoder,
    head: &LateHead,
    texts: &[String],
    numbers: &[usize],
    (batch, work): &mut (TokenBatch, Workspace),
) -> Result<Vec<Vec<f32>>> {
    batch.clear();
    numbers.iter().for_each(|&at| batch.push(&encoder.tokenize(&texts[at])));
    let (hidden, width) = (encoder.token_vectors(batch, work)?, encoder.dim());
    let of_text = |window: &[usize]| {
        let ids = &batch.input_ids()[window[0]..window[1]];
        let kept = kept_tokens(encoder.tokenizer(), ids);
        let kept: Vec<f32> = kept.iter().flat_map(|at| &hidden[(window[0] + at) * width..][..width]).copied().collect();
        head.project(&kept)
    };
    Ok(batch.offsets().windows(2).map(of_text).collect())
}
