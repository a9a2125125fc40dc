//! Vectors of a site that is too large for every visitor to download all of them: a code of each passage, a quarter of its vector, in one
//! file; and the vectors themselves in chunks of a few. A query scores all codes, and of the best, its *shortlist*, it reads the vectors and
//! compares them exactly. (Compress, then compare again: Jégou, Tavenard, Douze and Amsaleg 2011, "Searching in one billion vectors".)
//!
//! ```text
//! codes  "SCmp" | dim u16 | axes u16 | shortlist varint | passages of a chunk varint | centre bf16[dim] | spread bf16[axes]
//!        | bits u8[axes] | axes i8[axes, dim] | codes [passages, code]
//! chunk  scales f32[passages] | rows i8[passages, dim]
//! ```
//! A code is of the passage's distance from the centre, along axes of length 1 (see [`codes`](crate::codes)); an axis is its row of
//! numbers, made as long. Rows and scales are those of [`vectors`](super::vectors).

use super::chunks::ChunkGroup;
use super::scan::{ScanQuery, Scored, refuse_odd_length};
use super::top_k::TopK;
use super::vectors::Vectors;
use crate::bytes::{Bytes, put_halves, put_varint};
use crate::codes::Code;
use crate::codes::table::CodeTable;
use crate::error::{Error, REBUILD_INDEX, Result};
use crate::kernels::Backend;
use std::ops::Range;

const MAGIC: &[u8; 4] = b"SCmp";
/// More axes than any model has.
const MAX_DIM: usize = 1 << 12;

/// What the file of the codes holds.
#[derive(Debug, Clone, PartialEq)]
pub struct CompressedFile {
    /// Passages whose vectors a query reads.
    pub shortlist: u32,
    /// Passages of a chunk of vectors.
    pub per_chunk: u32,
    /// `[dim]`, of numbers that 16 bits hold
    pub centre: Vec<f32>,
    /// Standard deviation along each axis, `[axes]`, likewise.
    pub spread: Vec<f32>,
    /// Bits of each axis.
    pub bits: Vec<u8>,
    /// Directions, `[axes, dim]`.
    pub axes: Vec<i8>,
    /// `[passages, code]`
    pub codes: Vec<u8>,
}

impl CompressedFile {
    /// What codes mean.
    pub fn code(&self) -> Code {
        Code::new(&vec![0.0; self.spread.len()], &self.spread, &self.bits)
    }

    /// What gives a vector's distance from the centre along each axis.
    pub fn coordinates(&self) -> impl Fn(&[f32]) -> Vec<f32> {
        let axes = unit_axes(&self.axes, self.centre.len());
        move |v| {
            let from_centre: Vec<f32> = v.iter().zip(&self.centre).map(|(v, centre)| v - centre).collect();
            along(&axes, &from_centre)
        }
    }

    /// The file's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.extend((self.centre.len() as u16).to_le_bytes());
        out.extend((self.spread.len() as u16).to_le_bytes());
        put_varint(self.shortlist, &mut out);
        put_varint(self.per_chunk, &mut out);
        put_halves(&self.centre, &mut out);
        put_halves(&self.spread, &mut out);
        out.extend(&self.bits);
        out.extend(self.axes.iter().map(|&value| value as u8));
        out.extend(&self.codes);
        out
    }

    fn parse(bytes: &[u8], passages: u32) -> Option<Self> {
        let mut bytes = Bytes(bytes);
        if bytes.take(4)? != MAGIC {
            return None;
        }
        let (dim, axes) = (usize::from(bytes.u16()?), usize::from(bytes.u16()?));
        if dim == 0 || dim > MAX_DIM || axes > dim {
            return None;
        }
        let (shortlist, per_chunk) = (bytes.varint()?, bytes.varint()?);
        let (centre, spread) = (bytes.halves(dim)?, bytes.halves(axes)?);
        let bits = bytes.take(axes)?.to_vec();
        let axes = bytes.take(axes * dim)?.iter().map(|&value| value as i8).collect();
        let whole = centre.iter().chain(&spread).all(|value| value.is_finite())
            && bits.iter().all(|&bits| bits <= crate::codes::MAX_BITS)
            && per_chunk > 0;
        let file = Self { shortlist, per_chunk, centre, spread, bits, axes, codes: bytes.0.to_vec() };
        let code_bytes = file.code().len_bytes();
        let whole = whole && code_bytes > 0 && (passages as usize).checked_mul(code_bytes) == Some(file.codes.len());
        whole.then_some(file)
    }
}

/// Axes `[axes, dim]`, made of length 1.
fn unit_axes(axes: &[i8], dim: usize) -> Vec<f32> {
    let unit = |axis: &[i8]| {
        let values: Vec<f32> = axis.iter().map(|&value| f32::from(value)).collect();
        let length = values.iter().map(|value| value * value).sum::<f32>().sqrt().max(1.0);
        values.into_iter().map(move |value| value / length).collect::<Vec<f32>>()
    };
    axes.chunks_exact(dim).flat_map(unit).collect()
}

/// `v [dim]` along each of the axes `[axes, dim]`.
fn along(axes: &[f32], v: &[f32]) -> Vec<f32> {
    axes.chunks_exact(v.len()).map(|axis| axis.iter().zip(v).map(|(axis, v)| axis * v).sum()).collect()
}

/// The body of a chunk of vectors.
pub fn chunk_body(vectors: &Vectors, passages: Range<u32>) -> Vec<u8> {
    let mut out = Vec::new();
    passages.clone().for_each(|passage| out.extend(vectors.row(passage).1.to_le_bytes()));
    passages.for_each(|passage| out.extend(vectors.row(passage).0.iter().map(|&value| value as u8)));
    out
}

/// The codes of an open index and its vectors, as far as their chunks have been added.
#[derive(Debug)]
pub struct CompressedVectors {
    passages: u32,
    file: CompressedFile,
    axes: Vec<f32>,
    code: Code,
    group: ChunkGroup,
    chunks: Vec<Option<Vectors>>,
}

/// A query that has seen all codes.
#[derive(Debug)]
pub struct Look {
    /// By their codes, best first.
    near: Vec<Scored>,
    shortlist: usize,
    base: f32,
    table: CodeTable,
    exact: ScanQuery,
}

impl CompressedVectors {
    /// Opens the codes of an index of so many passages, whose chunks of vectors are `group`; `name` is only for messages.
    ///
    /// # Errors
    /// If it is damaged, or not the codes of such an index.
    pub fn open(content: &[u8], name: &str, passages: u32, group: ChunkGroup) -> Result<Self> {
        let file = CompressedFile::parse(content, passages);
        let Some(file) = file.filter(|file| group.files == passages.div_ceil(file.per_chunk)) else {
            let detail = "it does not have the codes of all passages".to_owned();
            return Err(Error::Damaged { file: name.to_owned(), detail, next: REBUILD_INDEX });
        };
        refuse_odd_length(file.centre.len(), name)?;
        let chunks = (0..group.files).map(|_| None).collect();
        let axes = unit_axes(&file.axes, file.centre.len());
        Ok(Self { passages, code: file.code(), axes, file, group, chunks })
    }

    /// Length of a vector.
    pub fn dim(&self) -> usize {
        self.file.centre.len()
    }

    /// Passages whose vectors a query reads.
    pub fn shortlist(&self) -> usize {
        self.file.shortlist as usize
    }

    /// Number of the chunk that has a passage's vector.
    pub fn chunk_of(&self, passage: u32) -> u32 {
        passage / self.file.per_chunk
    }

    /// Adds a chunk of vectors: its file's uncompressed content.
    ///
    /// # Errors
    /// If it is damaged, or belongs elsewhere.
    pub fn add_chunk(&mut self, number: u32, content: &[u8]) -> Result<()> {
        let broken = || self.group.damaged(number, "it does not have the structure of such a chunk");
        let body = self.group.body(number, content)?;
        let first = number.checked_mul(self.file.per_chunk).filter(|_| number < self.group.files).ok_or_else(broken)?;
        let (n, dim) = ((self.passages - first).min(self.file.per_chunk) as usize, self.dim());
        let (scales, rows) =
            body.split_at_checked(4 * n).filter(|(_, rows)| rows.len() == n * dim).ok_or_else(broken)?;
        let mut vectors = Vectors::zeros(n, dim);
        let rows = rows.chunks_exact(dim).zip(scales.as_chunks::<4>().0);
        for ((to, scale), (row, bytes)) in vectors.rows_mut().zip(rows) {
            to.iter_mut().zip(row).for_each(|(to, &value)| *to = value as i8);
            *scale = f32::from_le_bytes(*bytes);
            if !scale.is_finite() {
                return Err(broken());
            }
        }
        self.chunks[number as usize] = Some(vectors);
        Ok(())
    }

    /// Row and scale of a passage, if its chunk has been added.
    pub fn row(&self, passage: u32) -> Option<(&[i8], f32)> {
        let vectors = self.chunks.get(self.chunk_of(passage) as usize)?.as_ref()?;
        Some(vectors.row(passage % self.file.per_chunk))
    }

    /// Scores all codes for a query with the vector `embedding [dim]`, and keeps the best `count` passages of those that `keep` lets pass.
    ///
    /// # Errors
    /// If `embedding` has another length than the vectors.
    pub fn look(&self, embedding: &[f32], count: usize, keep: impl Fn(u32) -> bool) -> Result<Look> {
        if embedding.len() != self.dim() {
            return Err(Error::Mismatch {
                file: self.group.name.clone(),
                what: "embedding length",
                expected: self.dim().to_string(),
                found: embedding.len().to_string(),
                next: REBUILD_INDEX,
            });
        }
        let table = self.code.table(&along(&self.axes, embedding));
        let base = embedding.iter().zip(&self.file.centre).map(|(q, centre)| q * centre).sum::<f32>();
        let mut top = TopK::new(count);
        for (code, passage) in self.codes().zip(0..) {
            let score = base + table.score(code);
            if score >= top.threshold() && keep(passage) {
                top.push(passage, score);
            }
        }
        let near = top.into_sorted().map(|(passage, score)| Scored { passage, score }).collect();
        Ok(Look { near, shortlist: self.shortlist(), base, table, exact: ScanQuery::new(embedding) })
    }

    fn codes(&self) -> std::slice::ChunksExact<'_, u8> {
        self.file.codes.chunks_exact(self.code.len_bytes())
    }

    /// Chunks of the shortlist's vectors that have not been added, in order.
    pub fn missing(&self, look: &Look) -> Vec<u32> {
        let mut missing = Vec::new();
        for number in look.shortlisted().iter().map(|scored| self.chunk_of(scored.passage)) {
            if self.chunks[number as usize].is_none()
                && let Err(place) = missing.binary_search(&number)
            {
                missing.insert(place, number);
            }
        }
        missing
    }

    /// The passages that a query keeps, best first, and with their cosines these `others`: those of the shortlist by their vectors, as far as
    /// `row` has them, the rest by their codes.
    ///
    /// # Errors
    /// If there is no such passage.
    pub fn compare<'a>(
        &self,
        look: &Look,
        others: &[u32],
        row: impl Fn(u32) -> Option<(&'a [i8], f32)>,
    ) -> Result<(Vec<Scored>, Vec<Scored>)> {
        let exact: Vec<Option<f32>> =
            look.shortlisted().iter().map(|listed| Some(look.cosine(row(listed.passage)?))).collect();
        let mut top = TopK::new(look.near.len());
        for (at, scored) in look.near.iter().enumerate() {
            top.push(scored.passage, exact.get(at).copied().flatten().unwrap_or(scored.score));
        }
        let cosine = |&passage: &u32| {
            let code = self.codes().nth(passage as usize).ok_or_else(|| Error::Mismatch {
                file: self.group.name.clone(),
                what: "passage",
                expected: format!("below {}", self.passages),
                found: passage.to_string(),
                next: REBUILD_INDEX,
            })?;
            let listed = look.shortlisted().iter().position(|listed| listed.passage == passage);
            let score = listed.and_then(|at| exact[at]).unwrap_or_else(|| look.base + look.table.score(code));
            Ok(Scored { passage, score })
        };
        let near = top.into_sorted().map(|(passage, score)| Scored { passage, score }).collect();
        Ok((near, others.iter().map(cosine).collect::<Result<_>>()?))
    }
}

impl Look {
    /// The passages whose vectors are compared, with the scores of their codes.
    pub fn shortlisted(&self) -> &[Scored] {
        &self.near[..self.shortlist.min(self.near.len())]
    }

    fn cosine(&self, (row, scale): (&[i8], f32)) -> f32 {
        self.exact.cosine(Backend::best(), row, scale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::fit::share_bits;
    use crate::codes::{from_bf16, to_bf16};
    use crate::index::flat::FlatIndex;

    const DIM: usize = 16;

    fn random(seed: u64) -> impl FnMut() -> f32 {
        let mut state = seed;
        move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1 << 23) as f32 - 1.0
        }
    }

    fn unit(mut v: Vec<f32>) -> Vec<f32> {
        let length = v.iter().map(|x| x * x).sum::<f32>().sqrt();
        v.iter_mut().for_each(|x| *x /= length);
        v
    }

    /// Vectors with ever less spread along the later axes, around a centre; axes that are those of the coordinates.
    fn sample(n: usize, bytes: usize, shortlist: u32, per_chunk: u32) -> (Vectors, CompressedFile) {
        let mut random = random(7);
        let values: Vec<f32> =
            (0..n).flat_map(|_| unit((0..DIM).map(|at| 0.2 + random() / (1.0 + at as f32 / 3.0)).collect())).collect();
        let vectors = Vectors::quantize(&values, DIM);
        let spread: Vec<f32> = (0..DIM).map(|at| from_bf16(to_bf16(0.6 / (1.0 + at as f32 / 3.0)))).collect();
        let bits = share_bits(&spread, &spread, bytes);
        let axes = (0..DIM * DIM).map(|at| if at / DIM == at % DIM { 100 } else { 0 }).collect();
        let mut file =
            CompressedFile { shortlist, per_chunk, centre: vec![0.125; DIM], spread, bits, axes, codes: Vec::new() };
        let (code, coordinates, mut codes) = (file.code(), file.coordinates(), Vec::new());
        values.chunks_exact(DIM).for_each(|v| code.encode_into(&coordinates(v), &mut codes));
        drop(coordinates);
        file.codes = codes;
        (vectors, file)
    }

    fn open(vectors: &Vectors, file: &CompressedFile) -> (CompressedVectors, Vec<Vec<u8>>) {
        let n = vectors.len() as u32;
        let bodies: Vec<Vec<u8>> = (0..n.div_ceil(file.per_chunk))
            .map(|at| chunk_body(vectors, at * file.per_chunk..((at + 1) * file.per_chunk).min(n)))
            .collect();
        let (id, contents) = ChunkGroup::frame(&bodies);
        let name = "exact-*.bin".to_owned();
        let group = ChunkGroup { name, id, files: contents.len() as u32, bytes: 0, largest: 0 };
        (CompressedVectors::open(&file.to_bytes(), "codes.bin", n, group).unwrap(), contents)
    }

    fn query() -> Vec<f32> {
        let mut random = random(3);
        unit((0..DIM).map(|_| random()).collect())
    }

    #[test]
    fn what_is_on_the_shortlist_is_compared_exactly() {
        let (vectors, file) = sample(500, 6, 40, 6);
        let (mut compressed, contents) = open(&vectors, &file);
        let embedding = query();
        let look = compressed.look(&embedding, 100, |_| true).unwrap();
        let near = |compressed: &CompressedVectors| {
            compressed.compare(&look, &[], |passage| compressed.row(passage)).unwrap().0
        };
        let by_codes = near(&compressed);
        let missing = compressed.missing(&look);
        assert!(missing.is_sorted() && missing.len() > 5, "{missing:?}");
        for &number in &missing {
            compressed.add_chunk(number, &contents[number as usize]).unwrap();
        }
        assert!(compressed.missing(&look).is_empty());
        let near = near(&compressed);
        assert_ne!(by_codes, near, "codes are not exact");
        let exact = ScanQuery::new(&embedding);
        let all = FlatIndex::new(vectors.clone(), Backend::best()).top_k(&exact, 10, |_| true);
        assert_eq!(near[..10], all, "the best ten are those of an exact scan, and so are their scores");
        // the same of a list of passages, whether their chunk is there by chance or not
        let (listed, others): (Vec<&Scored>, Vec<&Scored>) =
            near.iter().partition(|scored| look.shortlisted().iter().any(|other| other.passage == scored.passage));
        assert_eq!((listed.len(), others.len()), (40, 60));
        for scored in listed.into_iter().chain(others) {
            let found = compressed.compare(&look, &[scored.passage], |passage| Some(vectors.row(passage))).unwrap();
            assert_eq!((found.0.as_slice(), found.1.as_slice()), (near.as_slice(), [*scored].as_slice()));
        }
        assert!(compressed.compare(&look, &[500], |_| None).is_err(), "there is no such passage");
    }

    #[test]
    fn codes_alone_are_close() {
        let (vectors, file) = sample(300, 10, 5, 4);
        let (compressed, _) = open(&vectors, &file);
        let (embedding, all): (Vec<f32>, Vec<u32>) = (query(), (0..300).collect());
        let look = compressed.look(&embedding, 10, |_| true).unwrap();
        let exact = ScanQuery::new(&embedding);
        for scored in compressed.compare(&look, &all, |_| None).unwrap().1 {
            let cosine = exact.score(Backend::best(), &vectors, scored.passage);
            // 80 bits for 16 axes: five an axis, an error of a sixteenth of a spread of 0.3 at most in each, most of them cancel
            assert!((scored.score - cosine).abs() < 0.06, "{scored:?} for {cosine}");
        }
    }

    #[test]
    fn filters_apply_before_the_shortlist() {
        let (vectors, file) = sample(400, 6, 10, 6);
        let (compressed, _) = open(&vectors, &file);
        let look = compressed.look(&query(), 30, |passage| passage % 20 == 3).unwrap();
        let (near, _) = compressed.compare(&look, &[], |passage| Some(vectors.row(passage))).unwrap();
        assert_eq!((near.len(), look.shortlisted().len()), (20, 10), "all that there are");
        assert!(near.iter().all(|scored| scored.passage % 20 == 3));
    }

    #[test]
    fn damaged_files_are_refused() {
        let (vectors, file) = sample(20, 6, 5, 6);
        let (mut compressed, contents) = open(&vectors, &file);
        let (bytes, group) = (file.to_bytes(), compressed.group.clone());
        assert_eq!(CompressedFile::parse(&bytes, 20), Some(file));
        for cut in 0..bytes.len() {
            let error = CompressedVectors::open(&bytes[..cut], "codes-0.bin", 20, group.clone()).unwrap_err();
            assert!(error.to_string().starts_with("codes-0.bin: damaged"), "{error}");
        }
        assert!(CompressedVectors::open(&bytes, "codes", 19, group.clone()).is_err(), "of another index");
        assert!(
            CompressedVectors::open(&bytes, "codes", 20, ChunkGroup { files: 3, ..group }).is_err(),
            "another number of chunks"
        );
        for cut in 0..contents[3].len() {
            assert!(compressed.add_chunk(3, &contents[3][..cut]).is_err(), "cut at {cut}");
        }
        assert!(compressed.add_chunk(2, &contents[3]).is_err() && compressed.row(18).is_none());
        compressed.add_chunk(3, &contents[3]).unwrap();
        assert_eq!(compressed.row(19), Some(vectors.row(19)));
        assert!(compressed.look(&[1.0], 5, |_| true).is_err(), "another length");
    }
}
