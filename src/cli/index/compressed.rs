//! The files by which visitors of a large site read few of its vectors: codes of all passages, and the vectors in chunks (see
//! [`compressed`](crate::index::compressed)).

use super::along::{Along, unit};
use super::output::{OutputFolder, Storage};
use crate::codes::fit::share_bits;
use crate::codes::{from_bf16, to_bf16};
use crate::index::compressed::{CompressedFile, chunk_body};
use crate::index::manifest::CompressedFiles;
use crate::index::vectors::{Vectors, quantize_row};
use anyhow::Result;
use rayon::prelude::*;

/// Passages above which vectors are compressed unless told otherwise: four megabytes of them.
const MANY: usize = 10_000;
/// Bytes of a passage's code. Shorter ones still find the shortlist, but the fused list, in which most cosines are codes', loses by them.
const CODE_BYTES: usize = 96;
/// The shortlist has this many times √n passages, for among more of them more come between by chance …
const SHORTLIST: f64 = 0.3;
/// … but no fewer and no more than these.
const SHORTLISTS: [f64; 2] = [30.0, 120.0];
/// Vectors of a chunk, and the number of chunks above which they grow: hosts cap the number of files.
const PER_CHUNK: u32 = 6;
const MOST_CHUNKS: u32 = 8_000;

/// How visitors get the vectors of the passages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(in crate::cli) enum VectorFiles {
    /// Compressed where there are many.
    #[default]
    Auto,
    /// All of them, in one file.
    Whole,
    /// A code of each, and of the best the vectors.
    Compressed,
}

impl VectorFiles {
    /// Whether that of so many passages are compressed.
    pub(super) fn are_compressed(self, passages: usize) -> bool {
        match self {
            Self::Auto => passages > MANY,
            Self::Whole => false,
            Self::Compressed => true,
        }
    }
}

/// Writes the codes and the chunks.
pub(super) fn write_compressed(output: &OutputFolder, vectors: &Vectors, along: &Along) -> Result<CompressedFiles> {
    let file = compress(vectors, along);
    let (n, step) = (vectors.len() as u32, file.per_chunk);
    let starts: Vec<u32> = (0..n).step_by(step as usize).collect();
    let bodies: Vec<Vec<u8>> =
        starts.into_par_iter().map(|start| chunk_body(vectors, start..(start + step).min(n))).collect();
    Ok(CompressedFiles {
        codes: output.add("codes", "bin", &file.to_bytes(), Storage::Plain)?,
        exact: output.add_chunks("exact", &bodies, Storage::Gzip)?,
    })
}

fn compress(vectors: &Vectors, along: &Along) -> CompressedFile {
    let (n, dim) = (vectors.len(), vectors.dim());
    let bits = share_bits(&along.spread, &along.weight(), CODE_BYTES);
    let kept: Vec<usize> = (0..bits.len()).filter(|&axis| bits[axis] > 0).collect();
    let axis = |at: &usize| {
        let mut row = vec![0; dim];
        quantize_row(along.axes.row(*at), &mut row);
        row
    };
    let mut file = CompressedFile {
        shortlist: (SHORTLIST * (n as f64).sqrt()).clamp(SHORTLISTS[0], SHORTLISTS[1]) as u32,
        per_chunk: PER_CHUNK.max((n as u32).div_ceil(MOST_CHUNKS)),
        centre: centre(vectors),
        spread: kept.iter().map(|&axis| along.spread[axis]).collect(),
        bits: kept.iter().map(|&axis| bits[axis]).collect(),
        axes: kept.iter().flat_map(axis).collect(),
        codes: Vec::new(),
    };
    let (code, coordinates) = (file.code(), file.coordinates());
    let encode = |passage: u32| {
        let mut out = Vec::new();
        code.encode_into(&coordinates(&unit(vectors, passage)), &mut out);
        out
    };
    let codes: Vec<Vec<u8>> = (0..n as u32).into_par_iter().map(encode).collect();
    drop(coordinates);
    file.codes = codes.concat();
    file
}

/// The mean of all vectors, `[dim]`, as 16 bits hold it.
fn centre(vectors: &Vectors) -> Vec<f32> {
    let mut sums = vec![0.0f64; vectors.dim()];
    for passage in 0..vectors.len() as u32 {
        sums.iter_mut().zip(unit(vectors, passage)).for_each(|(sum, x)| *sum += f64::from(x));
    }
    sums.iter().map(|sum| from_bf16(to_bf16((sum / vectors.len().max(1) as f64) as f32))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_vectors_are_left_whole_unless_told_otherwise() {
        assert!(!VectorFiles::Auto.are_compressed(MANY) && VectorFiles::Auto.are_compressed(MANY + 1));
        assert!(!VectorFiles::Whole.are_compressed(1_000_000) && VectorFiles::Compressed.are_compressed(2));
    }

    #[test]
    fn a_site_of_two_passages_can_be_compressed() {
        let vectors = Vectors::quantize(&[1.0, 0.0, 0.0, 0.0, 1.0, 0.0], 3);
        let file = compress(&vectors, &Along::new(&vectors));
        assert_eq!((file.shortlist, file.per_chunk, file.centre.as_slice()), (30, 6, [0.5, 0.5, 0.0].as_slice()));
        assert_eq!(file.codes.len(), 2 * file.code().len_bytes());
    }
}
