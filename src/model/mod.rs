//! The models and their files.
//!
//! [`mod@file`] reads the model file, [`encoder`] runs it over a [`batch`]. [`bi_encoder`] turns text into a vector,
//! [`cross_encoder`] a query and a passage into a logit; [`encoders`] holds both. [`static_tower`] turns a query into a vector
//! without a transformer, [`token_shards`] out of an index's small files.
//! `sparse_rows` are tokens' rows for learned sparse retrieval (native only).
//! [`late`] turns texts into a vector a token; `late_code` is what their codes mean. Making such files from checkpoints: `import`, `import_cross_encoder`, `import_late`, `import_sparse`,
//! `import_static_tower` (native only).

pub mod batch;
mod beside;
pub mod bi_encoder;
pub mod config;
pub mod cross_encoder;
pub mod encoder;
pub mod encoders;
pub mod file;
pub mod file_writer;
#[cfg(feature = "cli")]
pub mod import;
#[cfg(feature = "cli")]
pub mod import_config;
#[cfg(feature = "cli")]
pub mod import_cross_encoder;
#[cfg(feature = "cli")]
pub mod import_late;
#[cfg(feature = "cli")]
pub mod import_sparse;
#[cfg(feature = "cli")]
pub mod import_static_tower;
#[cfg(feature = "cli")]
mod import_weights;
pub mod late;
#[cfg(feature = "cli")]
pub mod late_code;
mod layer;
pub mod layout;
#[cfg(feature = "cli")]
pub mod quantize;
#[cfg(not(target_arch = "wasm32"))]
pub mod sparse_rows;
#[cfg(feature = "cli")]
pub mod static_shards;
pub mod static_tower;
pub mod token_shards;
