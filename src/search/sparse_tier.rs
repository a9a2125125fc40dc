//! The half of learned sparse retrieval that knows tokens: the impacts of a query's. It needs no words of the lexical index and no manifest, so that a
//! browser can load it by itself; `impacts` is the other half.

use crate::error::{Error, REBUILD_INDEX, Result};
use crate::index::chunks::ChunkGroup;
use crate::index::impacts::ImpactIndex;
use crate::index::scan::Scored;

/// The best parts by their impacts that a query gives: several may belong to one section, and two hundred sections take part in the
/// fusion.
pub const SPARSE_PARTS: usize = 400;

/// The postings of impacts of an open index, with the chunks that have been added.
#[derive(Debug)]
pub struct SparseTier {
    group: ChunkGroup,
    impacts: ImpactIndex,
}

impl SparseTier {
    /// Opens the root, whose file is `name`; its chunks are `group`.
    ///
    /// # Errors
    /// If it is damaged, or of another number of chunks.
    pub fn open(root: &[u8], name: &str, group: ChunkGroup) -> Result<Self> {
        let impacts = ImpactIndex::open(root).filter(|impacts| impacts.chunks() == group.files);
        let Some(impacts) = impacts else {
            let detail = "it is not a whole root of these postings of impacts".to_owned();
            return Err(Error::Damaged { file: name.to_owned(), detail, next: REBUILD_INDEX });
        };
        Ok(Self { group, impacts })
    }

    /// The postings.
    pub fn impacts(&self) -> &ImpactIndex {
        &self.impacts
    }

    /// Adds a chunk: its file's uncompressed content.
    ///
    /// # Errors
    /// If it is damaged, or belongs elsewhere.
    pub fn add(&mut self, number: u32, content: &[u8]) -> Result<()> {
        let added = self.impacts.add(number, self.group.body(number, content)?);
        added.ok_or_else(|| self.group.damaged(number, "it does not have the structure of such a chunk"))
    }

    /// Chunks that a query needs and that are not there yet. Ask again when they have been added, until there are none.
    pub fn missing(&self, query: &str) -> Vec<u32> {
        self.impacts.tokens(query).1
    }

    /// Parts of sections with the sums of a query's impacts, in no order: the best ones, and these others, which are in order of number. Parts without any are not
    /// among them. A token whose chunk has not been added gives nothing.
    pub fn score(&self, query: &str, others: &[u32]) -> Vec<Scored> {
        let (tokens, _) = self.impacts.tokens(query);
        let query = self.impacts.query(tokens.iter().map(String::as_str));
        let mut scored: Vec<Scored> =
            query.top_k(SPARSE_PARTS).parts.into_iter().map(|(passage, score)| Scored { passage, score }).collect();
        let best = scored.len();
        for (&passage, score) in others.iter().zip(query.scores(others)) {
            if score > 0.0 && scored[..best].iter().all(|scored| scored.passage != passage) {
                scored.push(Scored { passage, score });
            }
        }
        scored
    }
}
