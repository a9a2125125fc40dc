//! text
pub mod word_piece;
