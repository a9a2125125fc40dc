//! Opens the root of the lexical index and takes its chunks in.

use super::format::{FIELDS, MAGIC, VERSION, take_array, take_term, take_varint};
use super::parts::Parts;
use super::postings::PostingsChunk;
use super::query::Reading;
use super::spellings::SpellingsChunk;
use super::{LexicalFiles, LexicalOptions};
use crate::index::chunks::{Chunk, ChunkKind};
use crate::{Error, Result, error::REBUILD_INDEX, text::stem::Stemmer};

/// Languages that a query is stemmed in when it doesn't say its own: the most frequent of the index.
pub(super) const MAX_QUERY_LANGUAGES: usize = 4;

/// An open lexical index: its root, and those of its chunks that are loaded.
#[derive(Debug)]
pub struct LexicalIndex {
    passages: u32,
    /// Mean words of title, heading path and body.
    mean: [f32; FIELDS],
    /// Stemmers of the index's languages, most passages first.
    pub(super) stemmers: Vec<Stemmer>,
    pub(super) postings: Parts<PostingsChunk>,
    /// Packed number of passages of the commonest term, by chunk of postings.
    pub(super) commonest: Vec<u8>,
    pub(super) spellings: Parts<SpellingsChunk>,
}

impl LexicalIndex {
    /// Opens an index of so many passages by its root, none of its chunks loaded; `file_name` is for messages.
    ///
    /// # Errors
    /// [`Error::Damaged`] or [`Error::Version`] if the bytes are not such a root, whole.
    pub fn open(root: &[u8], passages: u32, file_name: &str) -> Result<Self> {
        let damaged = |detail: &str| Error::Damaged {
            file: file_name.to_owned(),
            detail: detail.to_owned(),
            next: REBUILD_INDEX,
        };
        let Some(rest) = root.strip_prefix(MAGIC) else {
            return Err(damaged("it does not start as a lexical index does"));
        };
        let (Some(&version), Some(rest)) = (rest.first_chunk(), rest.get(4..)) else {
            return Err(damaged("it is cut short"));
        };
        let found = u32::from_le_bytes(version);
        if found != VERSION {
            let file = file_name.to_owned();
            return Err(Error::Version { file, found, supported: VERSION, next: REBUILD_INDEX });
        }
        let index = Self::read(rest).ok_or_else(|| damaged("it is cut short, or what it lists is not in order"))?;
        if index.passages != passages {
            return Err(damaged(&format!("it is for {} passages instead of {passages}", index.passages)));
        }
        Ok(index)
    }

    /// Opens an index with all of its chunks.
    ///
    /// # Errors
    /// If a file is damaged.
    pub fn open_all(files: &LexicalFiles, file_name: &str) -> Result<Self> {
        let mut index = Self::open(&files.root, files.passages, file_name)?;
        for (kind, bodies) in [(ChunkKind::Postings, &files.postings), (ChunkKind::Spellings, &files.spellings)] {
            for (body, number) in bodies.iter().zip(0..) {
                let damaged = |detail| Error::Damaged { file: file_name.to_owned(), detail, next: REBUILD_INDEX };
                index.add(Chunk { kind, number }, body).map_err(|detail| damaged(detail.to_owned()))?;
            }
        }
        Ok(index)
    }

    /// Reads what stands behind the version.
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut at = 0;
        let passages = u32::from_le_bytes(take_array(bytes, &mut at)?);
        let mut mean = [0f32; FIELDS];
        for mean in &mut mean {
            *mean = f32::from_le_bytes(take_array(bytes, &mut at)?);
        }
        if !mean.iter().all(|m| m.is_finite() && *m >= 0.0) {
            return None;
        }
        let stemmers = take_languages(bytes, &mut at)?;
        let (mut starts, mut commonest, mut start) = (Vec::new(), Vec::new(), String::new());
        for _ in 0..take_varint(bytes, &mut at)? {
            take_term(bytes, &mut at, &mut start)?;
            starts.push(start.clone());
            let [df] = take_array(bytes, &mut at)?;
            commonest.push(df);
        }
        let postings = Parts::new(starts)?;
        let (mut starts, mut start) = (Vec::new(), String::new());
        for _ in 0..take_varint(bytes, &mut at)? {
            take_term(bytes, &mut at, &mut start)?;
            starts.push(start.clone());
        }
        let spellings = Parts::new(starts)?;
        (at == bytes.len()).then_some(Self { passages, mean, stemmers, postings, commonest, spellings })
    }

    /// Number of passages: one more than the highest id.
    #[must_use]
    pub fn passages(&self) -> u32 {
        self.passages
    }

    /// Number of chunks of a kind.
    #[must_use]
    pub fn chunks(&self, kind: ChunkKind) -> u32 {
        match kind {
            ChunkKind::Postings => self.postings.len(),
            ChunkKind::Spellings => self.spellings.len(),
            ChunkKind::Passages => 0,
        }
    }

    /// Whether a chunk is loaded.
    #[must_use]
    pub fn has(&self, chunk: Chunk) -> bool {
        match chunk.kind {
            ChunkKind::Postings => self.postings.get(chunk.number).is_some(),
            ChunkKind::Spellings => self.spellings.get(chunk.number).is_some(),
            ChunkKind::Passages => false,
        }
    }

    /// Takes a chunk in; a number that the root does not know is ignored.
    ///
    /// # Errors
    /// What is wrong with it, if something is.
    pub fn add(&mut self, chunk: Chunk, body: &[u8]) -> std::result::Result<(), &'static str> {
        const BROKEN: &str = "it is cut short, or its terms are not in order";
        match chunk.kind {
            ChunkKind::Postings => {
                self.postings.set(chunk.number, PostingsChunk::read(body, self.passages).ok_or(BROKEN)?);
            }
            ChunkKind::Spellings => self.spellings.set(chunk.number, SpellingsChunk::read(body).ok_or(BROKEN)?),
            ChunkKind::Passages => {}
        }
        Ok(())
    }

    /// The chunks that a query reads, in order, as far as the loaded ones tell: a word that is not in its chunk of postings
    /// needs spellings, and these lead to other postings. So ask again when what it named has been added.
    #[must_use]
    pub fn needs(&self, query: &str, options: &LexicalOptions<'_>) -> Vec<Chunk> {
        let mut reading = Reading::new(self, options);
        reading.slots(query);
        reading.into_used()
    }

    /// Those of [`needs`](Self::needs) that are not loaded.
    #[must_use]
    pub fn missing(&self, query: &str, options: &LexicalOptions<'_>) -> Vec<Chunk> {
        let mut chunks = self.needs(query, options);
        chunks.retain(|&chunk| !self.has(chunk));
        chunks
    }

    /// Mean length of a field in words.
    pub(super) fn mean(&self, field: usize) -> f32 {
        self.mean[field]
    }
}

/// The stemmers of the index's languages, each once. None if the list is not well-formed.
fn take_languages(bytes: &[u8], at: &mut usize) -> Option<Vec<Stemmer>> {
    let mut stemmers = Vec::new();
    for _ in 0..take_varint(bytes, at)? {
        let [len] = take_array(bytes, at)?;
        let tag = bytes.get(*at..*at + len as usize)?;
        *at += tag.len();
        take_varint(bytes, at)?;
        let stemmer = Stemmer::for_lang(std::str::from_utf8(tag).ok()?);
        if !stemmers.contains(&stemmer) && stemmers.len() < MAX_QUERY_LANGUAGES {
            stemmers.push(stemmer);
        }
    }
    if stemmers.is_empty() {
        stemmers.push(Stemmer::for_lang(""));
    }
    Some(stemmers)
}
