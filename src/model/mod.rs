//! model
pub mod config;
pub mod file;
pub mod file_writer;
pub mod hash;
#[cfg(feature = "cli")]
pub mod import;
#[cfg(feature = "cli")]
pub mod import_config;
pub mod layout;
#[cfg(feature = "cli")]
pub mod quantize;
