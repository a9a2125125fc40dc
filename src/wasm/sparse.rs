//! `sparse.wasm`: search by meaning with postings alone. The impacts of a query's tokens; the words and sections of the same query are in
//! the [`Engine`](super::engine::Engine).

use super::JsResult;
use super::scored::to_flat;
use crate::index::chunks::ChunkGroup;
use crate::search::sparse_tier::SparseTier;
use wasm_bindgen::prelude::*;

/// The postings of impacts of an open index. Lives in a worker.
#[wasm_bindgen]
pub struct Sparse {
    tier: SparseTier,
}

#[wasm_bindgen]
impl Sparse {
    /// Opens the root (uncompressed bytes) by its name, and its group of chunks by name, id and number.
    #[wasm_bindgen(constructor)]
    pub fn new(root: &[u8], root_name: &str, name: String, id: String, files: u32) -> JsResult<Sparse> {
        let group = ChunkGroup { name, id, files, bytes: 0, largest: 0 };
        Ok(Sparse { tier: SparseTier::open(root, root_name, group)? })
    }

    /// Chunks that a query needs and that are not there yet; ask again when they have been added, until there are none.
    pub fn missing(&self, query: &str) -> Vec<u32> {
        self.tier.missing(query)
    }

    /// Adds a chunk (uncompressed bytes).
    pub fn add(&mut self, number: u32, content: &[u8]) -> JsResult<()> {
        Ok(self.tier.add(number, content)?)
    }

    /// Parts of sections, each followed by the sum of the query's impacts: the best, and these others, which are in order.
    pub fn score(&self, query: &str, others: &[u32]) -> Vec<f64> {
        to_flat(&self.tier.score(query, others))
    }
}
