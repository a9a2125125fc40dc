//! Reading the files: the chunks are added as queries need them.

use super::MAGIC;
use super::list::List;
use super::query::ImpactQuery;
use crate::bytes::Bytes;

/// Postings of impacts of which chunks have been added.
#[derive(Debug)]
pub struct ImpactIndex {
    parts: u32,
    /// The first token of each chunk.
    starts: Vec<String>,
    chunks: Vec<Option<Chunk>>,
}

/// Tokens in order with their lists, whose postings lie in `bytes`.
#[derive(Debug)]
struct Chunk {
    tokens: Vec<String>,
    lists: Vec<List>,
    bytes: Vec<u8>,
}

impl Chunk {
    fn read(body: &[u8], parts: u32) -> Option<Self> {
        let mut bytes = Bytes(body);
        let count = bytes.varint()? as usize;
        let tokens = bytes.texts(count)?;
        let lists: Vec<List> = (0..count).map(|_| List::read(&mut bytes, body.len(), parts)).collect::<Option<_>>()?;
        let sound = bytes.0.is_empty() && tokens.is_sorted_by(|a, b| a < b);
        sound.then(|| Self { tokens, lists, bytes: body.to_vec() })
    }
}

impl ImpactIndex {
    /// Opens a root; none if it is not one.
    pub fn open(root: &[u8]) -> Option<Self> {
        let mut bytes = Bytes(root);
        if bytes.take(4)? != MAGIC {
            return None;
        }
        let (parts, count) = (bytes.varint()?, bytes.varint()? as usize);
        let starts = bytes.texts(count)?;
        let sound = bytes.0.is_empty() && starts.is_sorted_by(|a, b| a < b);
        sound.then(|| Self { parts, starts, chunks: (0..count).map(|_| None).collect() })
    }

    /// Adds a chunk; none if its body is not one, or there is no such chunk.
    pub fn add(&mut self, number: u32, body: &[u8]) -> Option<()> {
        let chunk = Chunk::read(body, self.parts)?;
        *self.chunks.get_mut(number as usize)? = Some(chunk);
        Some(())
    }

    /// Number of parts.
    pub fn parts(&self) -> u32 {
        self.parts
    }

    /// The chunk that holds a token, if any does.
    pub fn chunk_of(&self, token: &str) -> Option<u32> {
        let behind = self.starts.partition_point(|start| start.as_str() <= token);
        behind.checked_sub(1).map(|number| number as u32)
    }

    /// The query of these tokens; one that comes twice counts twice. Tokens without a list, or whose chunk has not been added,
    /// give nothing.
    pub fn query<'a>(&'a self, tokens: impl IntoIterator<Item = &'a str>) -> ImpactQuery<'a> {
        let mut tokens: Vec<&str> = tokens.into_iter().collect();
        tokens.sort_unstable();
        let list_of = |same: &[&str]| {
            let chunk = self.chunks[self.chunk_of(same[0])? as usize].as_ref()?;
            let at = chunk.tokens.binary_search_by(|token| token.as_str().cmp(same[0])).ok()?;
            Some((&chunk.lists[at], chunk.bytes.as_slice(), same.len() as f32))
        };
        ImpactQuery::new(self.parts, tokens.chunk_by(|a, b| a == b).filter_map(list_of).collect())
    }
}
