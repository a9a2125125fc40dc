//! The bi-encoder and its file.
//!
//! [`mod@file`] reads the model file, [`encoder`] runs it over a [`batch`], [`bi_encoder`] turns text into a vector. Making such
//! files from Hugging Face checkpoints: `import` (native only).

pub mod batch;
pub mod bi_encoder;
pub mod config;
pub mod encoder;
pub mod file;
pub mod file_writer;
#[cfg(feature = "cli")]
pub mod import;
#[cfg(feature = "cli")]
pub mod import_config;
pub mod layout;
#[cfg(feature = "cli")]
pub mod quantize;
