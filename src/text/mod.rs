//! text
pub mod stem;
pub mod words;
