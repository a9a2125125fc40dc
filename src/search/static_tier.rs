//! The static tier's half that knows vectors: the static query tower, and the cells and rows that it is compared with. It
//! needs no words and no manifest, so that a browser can load it by itself; `nearby` is the other half.

use crate::error::{Error, Result};
use crate::index::cells::Cells;
use crate::index::chunks::ChunkGroup;
use crate::index::scan::Scored;
use crate::model::token_shards::TokenShards;

/// The groups of chunks of a static tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaticGroups {
    /// Tokens with their rows.
    pub tokens: ChunkGroup,
    /// Passages by meaning.
    pub cells: ChunkGroup,
    /// Passages in order.
    pub rows: ChunkGroup,
}

/// The static tier of an open index, with the chunks that have been added.
#[derive(Debug)]
pub struct StaticTier {
    groups: StaticGroups,
    tower: TokenShards,
    cells: Cells,
}

/// What a query needs that has not been added yet: numbers of chunks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Missing {
    /// Of tokens. While there are any, the cells are not known.
    pub tokens: Vec<u32>,
    /// Of cells.
    pub cells: Vec<u32>,
}

impl StaticTier {
    /// Opens the roots of an index of so many passages; `names` are those of the files, for messages: of the tower's root and of the axes.
    ///
    /// # Errors
    /// If one is damaged, or they do not belong together.
    pub fn open(root: &[u8], axes: &[u8], names: [&str; 2], passages: u32, groups: StaticGroups) -> Result<Self> {
        let tower = TokenShards::open(root, names[0])?;
        let cells = Cells::open(axes, names[1], passages, groups.rows.files)?;
        let same = tower.dim() == cells.dim() && tower.num_shards() == groups.tokens.files;
        if !same || cells.len() != groups.cells.files as usize {
            return Err(groups
                .tokens
                .damaged(0, "the static query tower, its tokens and the cells do not belong together"));
        }
        Ok(Self { groups, tower, cells })
    }

    /// The tower.
    pub fn tower(&self) -> &TokenShards {
        &self.tower
    }

    /// The cells and rows.
    pub fn cells(&self) -> &Cells {
        &self.cells
    }

    /// Lets queries look at so many cells.
    pub fn set_probes(&mut self, probes: usize) {
        self.cells.set_probes(probes);
    }

    /// Adds a chunk of tokens: its file's uncompressed content.
    ///
    /// # Errors
    /// If it is damaged, or belongs elsewhere.
    pub fn add_tokens(&mut self, number: u32, content: &[u8]) -> Result<()> {
        let group = &self.groups.tokens;
        let added = self.tower.add_shard(number, group.body(number, content)?);
        added.ok_or_else(|| broken(group, number))
    }

    /// Adds a cell: its file's uncompressed content.
    ///
    /// # Errors
    /// As [`add_tokens`](Self::add_tokens).
    pub fn add_cell(&mut self, number: u32, content: &[u8]) -> Result<()> {
        let group = &self.groups.cells;
        let added = self.cells.add_cell(number, group.body(number, content)?);
        added.ok_or_else(|| broken(group, number))
    }

    /// Adds a chunk of rows: its file's uncompressed content.
    ///
    /// # Errors
    /// As [`add_tokens`](Self::add_tokens).
    pub fn add_rows(&mut self, number: u32, content: &[u8]) -> Result<()> {
        let group = &self.groups.rows;
        let added = self.cells.add_rows(number, group.body(number, content)?);
        added.ok_or_else(|| broken(group, number))
    }

    /// Tokens and cells that a query needs and that are not there yet. Ask again when they have been added, until there are none.
    ///
    /// # Errors
    /// None for files that belong together.
    pub fn missing(&self, query: &str) -> Result<Missing> {
        let tokens = self.tower.missing(query);
        if !tokens.is_empty() {
            return Ok(Missing { tokens, cells: Vec::new() });
        }
        let probed = self.cells.probed(&self.tower.embed(query)?)?;
        Ok(Missing { tokens, cells: self.cells.missing_cells(&probed) })
    }

    /// Passages that may be near in meaning, with rough scores, of the cells that are there.
    ///
    /// # Errors
    /// If a chunk of tokens that the query needs has not been added.
    pub fn near(&self, query: &str) -> Result<Vec<Scored>> {
        let vector = self.tower.embed(query)?;
        Ok(self.cells.scan_cells(&vector, &self.cells.probed(&vector)?))
    }

    /// The passages of these chunks of rows with their cosines to a query; chunks that have not been added are left out.
    ///
    /// # Errors
    /// As [`near`](Self::near).
    pub fn score_rows(&self, query: &str, chunks: &[u32]) -> Result<Vec<Scored>> {
        Ok(self.cells.scan_rows(&self.tower.embed(query)?, chunks))
    }
}

fn broken(group: &ChunkGroup, number: u32) -> Error {
    group.damaged(number, "it does not have the structure of such a chunk")
}
