//! Text to units: [`word_piece`] (after [`normalize`]) for the models, [`words`] and [`stem`] for the lexical tier.

pub mod normalize;
pub mod stem;
pub mod word_piece;
pub mod words;
