//! `tower.wasm`: search by meaning without a model. The static query tower and the vectors that it is compared with; the
//! words and sections of the same query are in the [`Engine`](super::engine::Engine).

use super::JsResult;
use super::scored::to_flat;
use crate::index::chunks::ChunkGroup;
use crate::search::static_tier::{StaticGroups, StaticTier};
use wasm_bindgen::prelude::*;

/// The static tier of an open index. Lives in a worker.
#[wasm_bindgen]
pub struct Tower {
    tier: StaticTier,
}

#[wasm_bindgen]
impl Tower {
    /// Opens the two roots of an index of so many passages (uncompressed bytes) by their names, and its groups of chunks by name,
    /// id and number.
    #[wasm_bindgen(constructor)]
    #[allow(clippy::too_many_arguments)] // an object would cost more bytes than it saves lines
    pub fn new(
        root: &[u8],
        root_name: &str,
        axes: &[u8],
        axes_name: &str,
        passages: u32,
        tokens_name: String,
        tokens_id: String,
        tokens_files: u32,
        cells_name: String,
        cells_id: String,
        cells_files: u32,
        rows_name: String,
        rows_id: String,
        rows_files: u32,
    ) -> JsResult<Tower> {
        let group = |name, id, files| ChunkGroup { name, id, files, bytes: 0, largest: 0 };
        let groups = StaticGroups {
            tokens: group(tokens_name, tokens_id, tokens_files),
            cells: group(cells_name, cells_id, cells_files),
            rows: group(rows_name, rows_id, rows_files),
        };
        Ok(Tower { tier: StaticTier::open(root, axes, [root_name, axes_name], passages, groups)? })
    }

    /// Chunks of tokens that a query needs and that are not there yet; ask again when they have been added, until there are none.
    pub fn missing_tokens(&self, query: &str) -> Vec<u32> {
        self.tier.tower().missing(query)
    }

    /// Cells that a query needs and that are not there yet, once its tokens are.
    pub fn missing_cells(&self, query: &str) -> JsResult<Vec<u32>> {
        Ok(self.tier.missing(query)?.cells)
    }

    /// Adds a chunk of tokens (uncompressed bytes, as for all chunks).
    pub fn add_tokens(&mut self, number: u32, content: &[u8]) -> JsResult<()> {
        Ok(self.tier.add_tokens(number, content)?)
    }

    /// Adds a cell.
    pub fn add_cells(&mut self, number: u32, content: &[u8]) -> JsResult<()> {
        Ok(self.tier.add_cell(number, content)?)
    }

    /// Adds a chunk of rows.
    pub fn add_rows(&mut self, number: u32, content: &[u8]) -> JsResult<()> {
        Ok(self.tier.add_rows(number, content)?)
    }

    /// Passages that may be near in meaning, each followed by a rough score.
    pub fn near(&self, query: &str) -> JsResult<Vec<f64>> {
        Ok(to_flat(&self.tier.near(query)?))
    }

    /// The passages of these chunks of rows, each followed by its cosine to the query; of chunks that are there.
    pub fn score_rows(&self, query: &str, chunks: &[u32]) -> JsResult<Vec<f64>> {
        Ok(to_flat(&self.tier.score_rows(query, chunks)?))
    }
}
