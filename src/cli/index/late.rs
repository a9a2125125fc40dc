//! Token vectors of all passages for late interaction, in residual codes. What codes mean comes with the head, or is fitted to a sample
//! of the site's own passages where the head has no code; only codes are kept. [`embed`](super::embed) runs the model, once for vectors and token vectors together.

use super::k_means::cluster;
use super::output::{OutputFolder, Storage};
use crate::codes::residual::{MAX_CENTRES, ResidualCode};
use crate::index::late::{chunk_body, code_to_bytes, passages_per_chunk};
use crate::index::manifest::{LateEntry, LateFiles};
use crate::model::bi_encoder::BiEncoder;
use crate::model::late::{LateHead, kept_tokens};
use anyhow::Result;

/// Passages that codes are fitted to, at most.
const SAMPLE: usize = 2048;
/// Token vectors for each centre that the sample should have: a small site gets fewer centres.
const PER_CENTRE: usize = 8;

/// The head, with what an index needs of it.
#[derive(Debug)]
pub(super) struct LateModel {
    pub(super) head: LateHead,
    /// The head's file without its code.
    pub(super) bytes: Vec<u8>,
    /// Bits of a dimension: 1 or 2.
    pub(super) bits: u8,
    /// What codes mean at every site, if the head says so.
    pub(super) code: Option<ResidualCode>,
}

/// The token vectors of all passages.
#[derive(Debug)]
pub(super) struct LateCodes {
    pub(super) code: ResidualCode,
    /// By passage, the codes of its tokens.
    pub(super) passages: Vec<Vec<u8>>,
}

impl LateCodes {
    /// Writes the files.
    pub(super) fn write(&self, output: &OutputFolder, late: &LateModel) -> Result<LateFiles> {
        let per_chunk = passages_per_chunk(self.passages.len() as u32);
        let body =
            |(number, passages): (u32, &[Vec<u8>])| chunk_body(number * per_chunk, passages, self.code.len_bytes());
        let bodies: Vec<Vec<u8>> = (0..).zip(self.passages.chunks(per_chunk as usize)).map(body).collect();
        Ok(LateFiles {
            head: output.add("late-head", "safetensors", &late.bytes, Storage::Gzip)?,
            code: output.add("late-code", "bin", &code_to_bytes(&self.code), Storage::Gzip)?,
            tokens: output.add_chunks("late", &bodies, Storage::Gzip)?,
        })
    }
}

impl LateModel {
    /// What the manifest says of it, with so many passages.
    pub(super) fn entry(&self, passages: u32) -> LateEntry {
        let config = self.head.config();
        LateEntry {
            id: self.head.id().to_owned(),
            dim: config.dim,
            lambda: config.lambda,
            passages_per_chunk: passages_per_chunk(passages),
        }
    }

    /// Vectors of the tokens that are kept of a passage with these ids and token vectors of the model `[ids, hidden]`:
    /// `[tokens, dim]`.
    pub(super) fn token_vectors(&self, encoder: &BiEncoder, ids: &[u32], hidden: &[f32]) -> Vec<f32> {
        let kept = kept_tokens(encoder.tokenizer(), ids);
        let width = encoder.dim();
        let kept: Vec<f32> = kept.iter().flat_map(|at| &hidden[at * width..][..width]).copied().collect();
        self.head.project(&kept)
    }

    /// Of the numbers of passages those that codes are fitted to, evenly chosen, and the others.
    pub(super) fn sample(&self, numbers: &[usize]) -> (Vec<usize>, Vec<usize>) {
        let step = numbers.len().div_ceil(SAMPLE).max(1);
        numbers.iter().partition(|&&at| at % step == 0)
    }

    /// The code for token vectors like those of these passages, each `[tokens, dim]`; if there are none, some code.
    pub(super) fn fit(&self, passages: &[Vec<f32>]) -> ResidualCode {
        let dim = self.head.config().dim;
        let mut all: Vec<Vec<f32>> =
            passages.iter().flat_map(|vectors| vectors.chunks_exact(dim)).map(<[f32]>::to_vec).collect();
        if all.is_empty() {
            all.push((0..dim).map(|at| if at == 0 { 1.0 } else { 0.0 }).collect());
        }
        let (centres, _) = cluster(&all, (all.len() / PER_CENTRE).clamp(1, MAX_CENTRES));
        ResidualCode::fit(&centres.concat(), &all.concat(), dim, self.bits)
    }
}
