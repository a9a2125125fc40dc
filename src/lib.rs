//! Siteseer: semantic search that lives inside a static site.
//!
//! The map, by question:
//! - *Where does a site's text come from?* [`site`] reads HTML and Markdown into pages and sections and splits them
//!   into passages.
//! - *How does text become numbers?* [`text`] cuts it into word pieces and into words; [`model`] runs the encoders
//!   over word pieces with the int8 [`kernels`].
//! - *And on a GPU?* `gpu`: the same models, from the same files.
//! - *What is on disk?* [`index`] owns the formats: manifest, vectors, lexical postings, passages. [`json`], [`tensors`],
//!   [`bytes`] and [`codes`] (short codes of vectors) read what they are made of.
//! - *I have a query, who answers it?* [`search`]: lexical and dense candidates, their fusion, excerpts.
//! - *How good are the answers?* `eval` asks judged queries and scores each tier.
//! - *Who calls it?* The native command line (`cli`) and the browser (`wasm`). Both only translate.
//!
//! Dependencies point one way: `cli, wasm → search → index, model → kernels, text`. Nothing below `search` knows
//! JavaScript, files, the network or a clock; `tests/layers.rs` enforces it.

pub mod bytes;
pub mod codes;
pub mod error;
#[cfg(feature = "gpu")]
pub mod gpu;
pub mod hash;
pub mod index;
pub mod json;
pub mod kernels;
pub mod model;
mod percent;
pub mod search;
pub mod tensors;
pub mod text;

#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "cli")]
pub mod eval;
#[cfg(feature = "cli")]
pub mod site;
#[cfg(all(
    target_arch = "wasm32",
    any(
        feature = "wasm-engine",
        feature = "wasm-tower",
        feature = "wasm-sparse",
        feature = "wasm-encoder",
        feature = "wasm-gpu"
    )
))]
pub mod wasm;

pub use error::{Error, Result};
