//! Passages by meaning: cells of passages that lie close together, so that a query looks at a few of them only.
//!
//! A query reads three kinds of files. The *axes* say what codes mean and where each cell has its centre: the cells whose
//! centres score best are *probed*. A *cell* has a short code of each of its passages, enough to tell the promising ones. Their
//! *rows*, with longer codes, lie in the order of the passages, so that those of a section that has the query's words are
//! found without a search, and its neighbours come along. All codes are of coordinates along the axes (see
//! [`codes`](crate::codes)).
//!
//! ```text
//! axes   "SAxe" | dim u16 | cells varint | probes varint | mean bf16[dim] | spread bf16[dim]
//!        | bits of a centre u8[dim] | bits of a passage in its cell u8[dim] | bits of a row u8[dim] | centres [cells, code]
//! cell   passages varint | their ids, each as the difference to the one before, varint | codes [passages, code]
//! rows   first passage varint | passages varint | codes [passages, code]
//! ```
//! docs/index-format.md says what that costs and what is lost.

use super::scan::Scored;
use super::top_k::TopK;
use crate::bytes::{Bytes, put_halves, put_varint};
use crate::codes::Code;
use crate::error::{Error, REBUILD_INDEX, Result};

const MAGIC: &[u8; 4] = b"SAxe";
/// More axes than any model has.
const MAX_DIM: usize = 1 << 12;

/// What the file of the axes holds.
#[derive(Debug, Clone, PartialEq)]
pub struct AxesFile {
    /// Mean of the passages' coordinates along each axis.
    pub mean: Vec<f32>,
    /// Their standard deviation.
    pub spread: Vec<f32>,
    /// Bits of each axis: of a cell's centre, of a passage in its cell, of a row.
    pub bits: [Vec<u8>; 3],
    /// Cells that a query looks at.
    pub probes: u32,
    /// The centres' codes, end to end.
    pub centres: Vec<u8>,
}

impl AxesFile {
    fn code(&self, at: usize) -> Code {
        Code::new(&self.mean, &self.spread, &self.bits[at])
    }

    /// The code of centres.
    pub fn centre_code(&self) -> Code {
        self.code(0)
    }

    /// The code of passages in their cells.
    pub fn cell_code(&self) -> Code {
        self.code(1)
    }

    /// The code of rows.
    pub fn row_code(&self) -> Code {
        self.code(2)
    }

    /// The file's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.extend((self.mean.len() as u16).to_le_bytes());
        put_varint((self.centres.len() / self.centre_code().len_bytes()) as u32, &mut out);
        put_varint(self.probes, &mut out);
        put_halves(&self.mean, &mut out);
        put_halves(&self.spread, &mut out);
        self.bits.iter().for_each(|bits| out.extend(bits));
        out.extend(&self.centres);
        out
    }

    fn parse(bytes: &[u8]) -> Option<(Self, u32)> {
        let mut bytes = Bytes(bytes);
        if bytes.take(4)? != MAGIC {
            return None;
        }
        let dim = usize::from(bytes.u16()?);
        if dim == 0 || dim > MAX_DIM {
            return None;
        }
        let (cells, probes) = (bytes.varint()?, bytes.varint()?);
        let (mean, spread) = (bytes.halves(dim)?, bytes.halves(dim)?);
        let mut bits = || bytes.take(dim).filter(|bits| bits.iter().all(|&b| b <= crate::codes::MAX_BITS));
        let bits = [bits()?.to_vec(), bits()?.to_vec(), bits()?.to_vec()];
        let is_finite = mean.iter().chain(&spread).all(|value| value.is_finite());
        let file = Self { mean, spread, bits, probes, centres: bytes.0.to_vec() };
        let code_bytes = file.centre_code().len_bytes();
        let whole = (cells as usize).checked_mul(code_bytes) == Some(file.centres.len());
        let have_length = code_bytes > 0 && file.cell_code().len_bytes() > 0 && file.row_code().len_bytes() > 0;
        (is_finite && whole && have_length && cells > 0).then_some((file, cells))
    }
}

/// A cell's body: ids in rising order, with the code of each.
pub fn cell_body(passages: &[u32], codes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    put_varint(passages.len() as u32, &mut out);
    let mut before = 0;
    for &passage in passages {
        put_varint(passage - before, &mut out);
        before = passage;
    }
    out.extend(codes);
    out
}

/// The body of a chunk of rows.
pub fn rows_body(first: u32, count: u32, codes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    put_varint(first, &mut out);
    put_varint(count, &mut out);
    out.extend(codes);
    out
}

/// Some passages with their codes.
#[derive(Debug, Clone)]
struct Coded {
    passages: Vec<u32>,
    codes: Vec<u8>,
}

impl Coded {
    fn cell(body: &[u8], code_bytes: usize, all: u32) -> Option<Self> {
        let mut bytes = Bytes(body);
        let count = bytes.varint()?;
        let (mut passages, mut next) = (Vec::new(), 0u32);
        for at in 0..count {
            let step = bytes.varint()?;
            next = next.checked_add(step).filter(|&id| id < all && (at == 0 || step > 0))?;
            passages.push(next);
        }
        (bytes.0.len() == passages.len() * code_bytes).then(|| Self { passages, codes: bytes.0.to_vec() })
    }

    fn rows(body: &[u8], code_bytes: usize, all: u32) -> Option<Self> {
        let mut bytes = Bytes(body);
        let (first, count) = (bytes.varint()?, bytes.varint()?);
        let end = first.checked_add(count).filter(|end| *end <= all)?;
        let whole = bytes.0.len() == count as usize * code_bytes;
        whole.then(|| Self { passages: (first..end).collect(), codes: bytes.0.to_vec() })
    }
}

/// The cells and rows of an index, as far as they have been added.
#[derive(Debug)]
pub struct Cells {
    file: String,
    passages: u32,
    probes: usize,
    centres: Vec<u8>,
    codes: [Code; 3],
    cells: Vec<Option<Coded>>,
    rows: Vec<Option<Coded>>,
}

impl Cells {
    /// Opens the file of the axes of an index of so many passages and chunks of rows; `file` is only for messages.
    ///
    /// # Errors
    /// If it is damaged.
    pub fn open(content: &[u8], file: &str, passages: u32, row_chunks: u32) -> Result<Self> {
        let Some((axes, cells)) = AxesFile::parse(content) else {
            return Err(damaged(file, "it is not a whole file of axes"));
        };
        Ok(Self {
            file: file.to_owned(),
            passages,
            probes: axes.probes.clamp(1, cells) as usize,
            codes: [axes.centre_code(), axes.cell_code(), axes.row_code()],
            centres: axes.centres,
            cells: (0..cells).map(|_| None).collect(),
            rows: (0..row_chunks).map(|_| None).collect(),
        })
    }

    /// Number of axes.
    pub fn dim(&self) -> usize {
        self.codes[0].dim()
    }

    /// Number of cells.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// Passages of each cell, of those that have been added.
    pub fn sizes(&self) -> impl Iterator<Item = usize> {
        self.cells.iter().flatten().map(|cell| cell.passages.len())
    }

    /// Cells that a query looks at.
    pub fn probes(&self) -> usize {
        self.probes
    }

    /// Lets queries look at so many cells (at least one).
    pub fn set_probes(&mut self, probes: usize) {
        self.probes = probes.clamp(1, self.len());
    }

    /// The cells that a query looks at, the nearest first.
    ///
    /// # Errors
    /// If the query has not as many coordinates as there are axes.
    pub fn probed(&self, query: &[f32]) -> Result<Vec<u32>> {
        self.nearest(query, self.probes)
    }

    /// So many cells, the nearest first.
    ///
    /// # Errors
    /// As [`probed`](Self::probed).
    pub fn nearest(&self, query: &[f32], count: usize) -> Result<Vec<u32>> {
        if query.len() != self.dim() {
            return Err(damaged(&self.file, "it has another number of axes than the query"));
        }
        let code = &self.codes[0];
        let (query, mut top) = (code.query(query), TopK::new(count));
        for (centre, cell) in self.centres.chunks_exact(code.len_bytes()).zip(0..) {
            top.push(cell, query.score(centre));
        }
        Ok(top.into_sorted().map(|(cell, _)| cell).collect())
    }

    /// Those of `cells` that have not been added.
    pub fn missing_cells(&self, cells: &[u32]) -> Vec<u32> {
        cells.iter().copied().filter(|&cell| self.cells[cell as usize].is_none()).collect()
    }

    /// Adds a cell; none if its body is not one.
    pub fn add_cell(&mut self, cell: u32, body: &[u8]) -> Option<()> {
        let slot = self.cells.get_mut(cell as usize)?;
        *slot = Some(Coded::cell(body, self.codes[1].len_bytes(), self.passages)?);
        Some(())
    }

    /// Adds a chunk of rows; none if its body is not one.
    pub fn add_rows(&mut self, chunk: u32, body: &[u8]) -> Option<()> {
        let slot = self.rows.get_mut(chunk as usize)?;
        *slot = Some(Coded::rows(body, self.codes[2].len_bytes(), self.passages)?);
        Some(())
    }

    /// Whether a chunk of rows has been added.
    pub fn has_rows(&self, chunk: u32) -> bool {
        self.rows.get(chunk as usize).is_some_and(Option::is_some)
    }

    /// The passages of these cells with a rough score each; cells that have not been added are left out.
    pub fn scan_cells(&self, query: &[f32], cells: &[u32]) -> Vec<Scored> {
        scan(&self.codes[1], query, cells.iter().filter_map(|&cell| self.cells.get(cell as usize)?.as_ref()))
    }

    /// The passages of these chunks of rows with their scores; chunks that have not been added are left out.
    pub fn scan_rows(&self, query: &[f32], chunks: &[u32]) -> Vec<Scored> {
        scan(&self.codes[2], query, chunks.iter().filter_map(|&chunk| self.rows.get(chunk as usize)?.as_ref()))
    }
}

fn scan<'a>(code: &Code, query: &[f32], parts: impl Iterator<Item = &'a Coded>) -> Vec<Scored> {
    let (query, len) = (code.query(query), code.len_bytes().max(1));
    let score = |part: &'a Coded| {
        let codes = part.codes.chunks_exact(len);
        part.passages.iter().zip(codes).map(|(&passage, code)| (passage, code))
    };
    parts.flat_map(score).map(|(passage, code)| Scored { passage, score: query.score(code) }).collect()
}

fn damaged(file: &str, detail: &str) -> Error {
    Error::Damaged { file: file.to_owned(), detail: detail.to_owned(), next: REBUILD_INDEX }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two cells in two dimensions: passages 0 and 2 to the right, 1 above.
    fn sample() -> (AxesFile, Vec<Vec<u8>>, Vec<Vec<u8>>) {
        let mut file = AxesFile {
            mean: vec![0.0; 2],
            spread: vec![1.0; 2],
            bits: [vec![4, 4], vec![4, 4], vec![8, 8]],
            probes: 1,
            centres: Vec::new(),
        };
        let vectors = [[1.0, 0.1], [0.0, 1.0], [0.9, -0.2]];
        let code = |code: Code, which: &[usize]| {
            let mut out = Vec::new();
            which.iter().for_each(|&at| code.encode_into(&vectors[at], &mut out));
            out
        };
        file.centres = code(file.centre_code(), &[0, 1]);
        let cells =
            vec![cell_body(&[0, 2], &code(file.cell_code(), &[0, 2])), cell_body(&[1], &code(file.cell_code(), &[1]))];
        let rows =
            vec![rows_body(0, 2, &code(file.row_code(), &[0, 1])), rows_body(2, 1, &code(file.row_code(), &[2]))];
        (file, cells, rows)
    }

    #[test]
    fn a_query_finds_its_cell_and_scores_its_passages() {
        let (file, cells, rows) = sample();
        let mut index = Cells::open(&file.to_bytes(), "axes", 3, 2).unwrap();
        let query = [0.0, 1.0];
        let probed = index.probed(&query).unwrap();
        assert_eq!((probed.as_slice(), index.missing_cells(&probed)), ([1u32].as_slice(), vec![1]));
        assert!(index.scan_cells(&query, &probed).is_empty(), "it is not there yet");
        for (at, body) in (0..).zip(&cells) {
            index.add_cell(at, body).unwrap();
        }
        assert!(index.missing_cells(&probed).is_empty());
        let found = index.scan_cells(&query, &probed);
        assert!(matches!(found[..], [Scored { passage: 1, score }] if (score - 1.0).abs() < 0.2), "{found:?}");
        for (at, body) in (0..).zip(&rows) {
            index.add_rows(at, body).unwrap();
        }
        let scores: Vec<(u32, f32)> = index.scan_rows(&query, &[1, 0]).iter().map(|s| (s.passage, s.score)).collect();
        assert_eq!(scores.iter().map(|s| s.0).collect::<Vec<_>>(), [2, 0, 1]);
        for ((_, score), expected) in scores.iter().zip([-0.2, 0.1, 1.0]) {
            assert!((score - expected).abs() < 0.02, "{score} for {expected}");
        }
        assert_eq!(index.nearest(&query, 2).unwrap(), [1, 0], "further cells are the next nearest");
        index.set_probes(9);
        assert_eq!(index.probed(&query).unwrap(), [1, 0]);
        assert!(index.probed(&[1.0]).is_err());
    }

    #[test]
    fn damaged_files_are_refused() {
        let (file, cells, rows) = sample();
        let bytes = file.to_bytes();
        for cut in 0..bytes.len() {
            let error = Cells::open(&bytes[..cut], "axes-0.bin", 3, 2).unwrap_err();
            assert!(error.to_string().starts_with("axes-0.bin: damaged"), "{error}");
        }
        let mut index = Cells::open(&bytes, "axes", 3, 2).unwrap();
        for cut in 0..cells[0].len() {
            assert!(index.add_cell(0, &cells[0][..cut]).is_none(), "cut at {cut}");
        }
        for cut in 0..rows[0].len() {
            assert!(index.add_rows(0, &rows[0][..cut]).is_none(), "cut at {cut}");
        }
        assert!(index.add_cell(2, &cells[0]).is_none() && index.add_rows(2, &rows[0]).is_none(), "no such chunk");
        let mut small = Cells::open(&bytes, "axes", 2, 2).unwrap();
        assert!(small.add_cell(0, &cells[0]).is_none() && small.add_rows(1, &rows[1]).is_none(), "no such passage");
    }
}
