//! index
pub mod lexical;
