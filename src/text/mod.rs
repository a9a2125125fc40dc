//! Text to units: [`word_piece`] (after [`normalize`], which knows [`unicode`]) for the models, [`words`] and [`stem`] for the lexical tier.

pub mod normalize;
pub mod stem;
pub mod unicode;
pub mod word_piece;
pub mod words;
