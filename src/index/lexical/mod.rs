//! The lexical index: which passages hold which terms, in which field, how often; and their BM25F scores.
//!
//! One file. Little endian; `v` is a varint (7 bits a byte, lowest first, at most 5 bytes):
//! ```text
//!   0  magic       8 bytes  "SITELEX\0"
//!   8  version     u32      1
//!  12  passages    u32      N
//!  16  terms       u32      T
//!  20  lens        4 × u32  bytes of the four sections below; the file ends with the last
//!  36  mean        3 × f32  mean words of title, heading path, body
//!  48  languages            { length u8, tag UTF-8, passages v } …                     most passages first
//!      lengths              N × title, N × heading path, N × body                       one byte each, see `format`
//!      dictionary           T × { shared v, rest v, rest bytes, df v, posting bytes v } sorted by bytes
//!      postings             for each term, in the order of the dictionary: df × {
//!                             v = (passage − previous − 1) << 1 | tf follows            previous starts at −1
//!                             tf u8 = title << 6 | headings << 4 | body                 saturates at 3, 3, 15
//!                           }                                                           without tf: body = 1
//! ```
//! Terms are front-coded: `shared` bytes of the term before, then `rest` bytes; every [`format::BLOCK`]th term stands
//! in full (`shared` = 0), so that a lookup is a binary search over blocks and a short walk. Nothing in the dictionary
//! points: a posting list starts where the one before ends. So the postings can later be cut at any block into files
//! that are fetched on demand, while header, lengths and dictionary stay as they are.
//!
//! [`LexicalIndex::open`] walks the dictionary once (O(terms)) and checks all of it. Posting lists are decoded with
//! bounds checks; a damaged one ends early.

mod builder;
mod edits;
pub mod format;
mod query;
mod reader;
mod score;

pub use builder::LexicalBuilder;
pub use query::{LexicalOptions, MatchedTerm};
pub use reader::LexicalIndex;
pub use score::{Bm25f, Field, LexicalHit, top_k};

#[cfg(test)]
mod tests;
