//! The token vectors of an index's passages for late interaction, in codes (see [`residual`](crate::codes::residual)), cut into
//! chunks of a few passages each, so that a query reads little more than those of its candidates.
//!
//! ```text
//! code    "SRes" | dim u16 | bits u8 | n u16 | values bf16[dim · 2^bits] | centres i8[n, dim]
//! chunk   first passage varint | passages varint | tokens of each varint | codes [tokens, 1 + dim · bits / 8]
//! ```

use crate::bytes::{Bytes, put_halves, put_varint};
use crate::codes::residual::ResidualCode;
use crate::error::{Error, REBUILD_INDEX, Result};
use crate::index::chunks::ChunkGroup;

const MAGIC: &[u8; 4] = b"SRes";

/// Bytes of the file that says what codes mean.
pub fn code_to_bytes(code: &ResidualCode) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    out.extend((code.dim() as u16).to_le_bytes());
    out.push(code.bits());
    out.extend(((code.centres().len() / code.dim()) as u16).to_le_bytes());
    put_halves(code.values(), &mut out);
    out.extend(code.centres().iter().map(|&value| value as u8));
    out
}

fn parse_code(bytes: &[u8]) -> Option<ResidualCode> {
    let mut bytes = Bytes(bytes);
    if bytes.take(4)? != MAGIC {
        return None;
    }
    let (dim, bits, centres) = (usize::from(bytes.u16()?), bytes.byte()?, usize::from(bytes.u16()?));
    let values = bytes.halves(dim << bits.min(2))?;
    let rest = Some(bytes.0).filter(|rest| rest.len() == dim * centres)?;
    ResidualCode::new(dim, bits, rest.iter().map(|&value| value as i8).collect(), values)
}

/// Passages in a chunk, of so many in all. Fifty candidates lie in as many chunks, so a chunk is small; a site has little more than 50·√n
/// of them: 6,000 for 18,000 passages.
pub fn passages_per_chunk(passages: u32) -> u32 {
    (f64::from(passages).sqrt() / 50.0).ceil().max(2.0) as u32
}

/// The body of a chunk: `passages` are the codes of each passage's tokens, of `code_bytes` each.
pub fn chunk_body(first: u32, passages: &[Vec<u8>], code_bytes: usize) -> Vec<u8> {
    let mut out = Vec::new();
    put_varint(first, &mut out);
    put_varint(passages.len() as u32, &mut out);
    passages.iter().for_each(|codes| put_varint((codes.len() / code_bytes) as u32, &mut out));
    passages.iter().for_each(|codes| out.extend(codes));
    out
}

/// The codes of some passages.
#[derive(Debug, Clone)]
struct LateChunk {
    first: u32,
    /// Where each passage's codes begin, and where the last one's end.
    bounds: Vec<usize>,
    codes: Vec<u8>,
}

impl LateChunk {
    fn parse(body: &[u8], code_bytes: usize, all: u32) -> Option<Self> {
        let mut bytes = Bytes(body);
        let (first, count) = (bytes.varint()?, bytes.varint()?);
        first.checked_add(count).filter(|end| *end <= all)?;
        let (mut bounds, mut end) = (vec![0], 0usize);
        for _ in 0..count {
            end = end.checked_add((bytes.varint()? as usize).checked_mul(code_bytes)?)?;
            bounds.push(end);
        }
        (bytes.0.len() == end).then(|| Self { first, bounds, codes: bytes.0.to_vec() })
    }

    /// The codes of a passage, if it is one of these.
    fn codes(&self, passage: u32) -> Option<&[u8]> {
        let at = passage.checked_sub(self.first)? as usize;
        self.codes.get(*self.bounds.get(at)?..*self.bounds.get(at + 1)?)
    }
}

/// The token vectors of an open index, as far as their chunks have been added.
#[derive(Debug)]
pub struct LateTokens {
    passages: u32,
    per_chunk: u32,
    code: ResidualCode,
    group: ChunkGroup,
    chunks: Vec<Option<LateChunk>>,
}

impl LateTokens {
    /// Opens the code of an index of so many passages, whose chunks are `group`, of `per_chunk` passages each; `file` is only for
    /// messages.
    ///
    /// # Errors
    /// If it is damaged.
    pub fn open(content: &[u8], file: &str, passages: u32, per_chunk: u32, group: ChunkGroup) -> Result<Self> {
        let is_split = |_: &ResidualCode| per_chunk > 0 && group.files == passages.div_ceil(per_chunk);
        let Some(code) = parse_code(content).filter(is_split) else {
            let detail = "it is not a whole code of the token vectors of all passages".to_owned();
            return Err(Error::Damaged { file: file.to_owned(), detail, next: REBUILD_INDEX });
        };
        Ok(Self { passages, per_chunk, code, chunks: (0..group.files).map(|_| None).collect(), group })
    }

    /// Length of a token vector.
    pub fn dim(&self) -> usize {
        self.code.dim()
    }

    /// What codes mean.
    pub fn code(&self) -> &ResidualCode {
        &self.code
    }

    /// Number of the chunk that holds a passage.
    pub fn chunk_of(&self, passage: u32) -> u32 {
        passage / self.per_chunk
    }

    /// Whether a chunk has been added.
    pub fn has_chunk(&self, number: u32) -> bool {
        self.chunks.get(number as usize).is_some_and(Option::is_some)
    }

    /// Adds a chunk: its file's uncompressed content.
    ///
    /// # Errors
    /// If it is damaged or belongs elsewhere.
    pub fn add_chunk(&mut self, number: u32, content: &[u8]) -> Result<()> {
        let body = self.group.body(number, content)?;
        let chunk = LateChunk::parse(body, self.code.len_bytes(), self.passages);
        let chunk = chunk.filter(|chunk| Some(chunk.first) == number.checked_mul(self.per_chunk));
        match (self.chunks.get_mut(number as usize), chunk) {
            (Some(place), Some(chunk)) => *place = Some(chunk),
            _ => return Err(self.group.damaged(number, "it does not have the structure of such a chunk")),
        }
        Ok(())
    }

    /// Codes of the tokens of a passage; none if its chunk has not been added.
    pub fn codes(&self, passage: u32) -> Option<&[u8]> {
        self.chunks.get(self.chunk_of(passage) as usize)?.as_ref()?.codes(passage)
    }

    /// Token vectors of a passage, `[tokens, dim]`, 127 for 1; none if its chunk has not been added.
    pub fn rows(&self, passage: u32) -> Option<Vec<i8>> {
        self.codes(passage).map(|codes| self.code.decode(codes))
    }

    /// Tokens and bytes of codes of the chunks that have been added.
    pub fn size(&self) -> (usize, usize) {
        let bytes = self.chunks.iter().flatten().map(|chunk| chunk.codes.len()).sum::<usize>();
        (bytes / self.code.len_bytes(), bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code() -> ResidualCode {
        let mut centres = vec![0i8; 2 * 16];
        (centres[0], centres[17]) = (127, 127);
        ResidualCode::new(16, 1, centres, [-0.0625, 0.0625].repeat(16)).unwrap()
    }

    /// Three passages of two, no and one tokens, in two chunks.
    fn bodies() -> Vec<Vec<u8>> {
        let token = |centre: u8| vec![centre, 0xff, 0x00];
        let len = code().len_bytes();
        vec![chunk_body(0, &[[token(0), token(1)].concat(), Vec::new()], len), chunk_body(2, &[token(1)], len)]
    }

    fn open(passages: u32) -> (LateTokens, Vec<Vec<u8>>) {
        let (id, contents) = ChunkGroup::frame(&bodies());
        let group = ChunkGroup { name: "late-0-*.bin.gz".to_owned(), id, files: 2, bytes: 0, largest: 100 };
        (LateTokens::open(&code_to_bytes(&code()), "code", passages, 2, group).unwrap(), contents)
    }

    #[test]
    fn token_vectors_come_back_with_their_chunk() {
        let (mut tokens, contents) = open(3);
        assert_eq!((tokens.rows(2), tokens.has_chunk(1), tokens.has_chunk(9)), (None, false, false));
        tokens.add_chunk(1, &contents[1]).unwrap();
        assert_eq!((tokens.rows(0), tokens.rows(2).map(|rows| rows.len())), (None, Some(16)));
        tokens.add_chunk(0, &contents[0]).unwrap();
        let rows = tokens.rows(0).unwrap();
        assert_eq!(rows, code().decode(&[0, 0xff, 0, 1, 0xff, 0]));
        assert_eq!((tokens.rows(1), tokens.rows(3)), (Some(Vec::new()), None));
        assert_eq!(tokens.codes(2), Some([1, 0xff, 0].as_slice()));
        assert_eq!((tokens.size(), tokens.dim(), tokens.chunk_of(2)), ((3, 9), 16, 1));
    }

    #[test]
    fn damaged_files_are_refused() {
        let bytes = code_to_bytes(&code());
        let group = open(3).0.group;
        for cut in 0..bytes.len() {
            let error = LateTokens::open(&bytes[..cut], "late-code-0.bin", 3, 2, group.clone()).unwrap_err();
            assert!(error.to_string().starts_with("late-code-0.bin: damaged"), "{cut}: {error}");
        }
        let body = &bodies()[0];
        for cut in 0..body.len() {
            assert!(LateChunk::parse(&body[..cut], 3, 3).is_none(), "cut at {cut}");
        }
        assert!(LateChunk::parse(body, 3, 1).is_none(), "more passages than the index has");
        let (mut tokens, contents) = open(3);
        assert!(tokens.add_chunk(0, &contents[1]).is_err(), "another number");
        assert!(LateTokens::open(&bytes, "code", 3, 3, tokens.group.clone()).is_err(), "another number of chunks");
        let elsewhere = LateTokens::open(&bytes, "code", 4, 3, tokens.group.clone());
        assert!(elsewhere.unwrap().add_chunk(1, &contents[1]).is_err(), "not where the chunk's passages begin");
        assert!(LateTokens::open(&bytes, "code", 3, 0, tokens.group.clone()).is_err(), "chunks of nothing");
    }

    #[test]
    fn chunks_are_of_few_passages() {
        let sizes = [1, 300, 10_000, 18_000, 1_000_000].map(passages_per_chunk);
        assert_eq!(sizes, [2, 2, 2, 3, 20]);
    }
}
