//! text
pub mod normalize;
pub mod word_piece;
