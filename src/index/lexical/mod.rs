//! The lexical index: which passages hold which terms, in which field, how often; and their BM25F scores.
//!
//! It is cut so that a query reads little of it: a **root**, which everybody reads; **postings**, by range of terms, of which a
//! word needs the chunk that it falls in; and **spellings**, the terms alone by their first letter, for a word that is not
//! there. A word costs its chunk and, in the root, a line for each chunk there is; the sum is least when both grow with the
//! square root of the index, and so they do (see `builder`).
//!
//! Little endian; `v` is a varint (7 bits a byte, lowest first, at most 5 bytes); a *term* is front-coded: bytes shared with
//! the one before v, further bytes v, these bytes.
//! ```text
//! root        magic      8 bytes  "SITELEX\0"
//!             version    u32      2
//!             passages   u32      N, as the highest id + 1
//!             mean       3 × f32  mean words of title, heading path, body
//!             languages  count v, { length u8, tag UTF-8, passages v } …     that queries are stemmed in, most passages first
//!             postings   count v, { term, df u8 } …     what its terms are not less than; df of its commonest, see `format`
//!             spellings  count v, { term } …            its first letter
//!
//! postings    terms v, { term, df v } …                 sorted by bytes
//!             passages   for each term df × v = (passage − previous − 1) << 1 | tf follows       previous starts at −1
//!             tf         for each of those u8 = title << 6 | headings << 4 | body                 saturates at 3, 3, 15
//!             lengths    u8 of the body for each posting with the term in it; likewise of the title; of the heading path
//!
//! spellings   terms v, { term, df v } …                 sorted by bytes
//! ```
//! Without tf: body = 1. Lengths of fields stand with the postings, not in a table, since a query needs few of them. Each file
//! ends with its last column. All of it is checked when it is opened.

mod builder;
mod edits;
mod format;
mod parts;
mod postings;
mod query;
mod reader;
mod score;
mod spellings;
mod suggest;

pub use builder::{LexicalBuilder, LexicalFiles};
pub use edits::edits_between;
pub use query::{LexicalOptions, MatchedTerm};
pub use reader::LexicalIndex;
pub use score::{Bm25f, Field, LexicalHit, top_k};
pub use suggest::UnknownWord;

#[cfg(test)]
mod tests;
