//! Text to units: [`word_piece`] for the models, [`words`] and [`stem`] for the lexical tier.

pub mod stem;
pub mod word_piece;
pub mod words;
