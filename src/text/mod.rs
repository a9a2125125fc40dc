//! Text to units: [`word_piece`] (after [`normalize`], which knows [`unicode`]) for the models, [`spell`] for vocabularies in shards, [`words`] and [`stem`] for the
//! lexical tier, [`stop_words`] for late interaction.

pub mod normalize;
pub mod spell;
pub mod stem;
pub mod stop_words;
pub mod unicode;
pub mod word_piece;
pub mod words;
