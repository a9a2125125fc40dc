//! Learned sparse retrieval: for each token how much it says of which parts of sections, so that a query by meaning costs no more
//! than its own tokens' postings: no model, no rows, no vectors. `siteseer index --sparse` writes them, `siteseer eval` judges them.
//!
//! A passage is *expanded* by the tokens whose rows say most of its vector ([`expand`]); a part of a section has the greatest of
//! its passages' impacts ([`ImpactBuilder`]). A list stands in order of impact, in eight levels, so that what decides comes
//! first, and is cut behind so many postings. Lists stand in the order of their tokens' bytes, in chunks of about a thousand
//! bytes; a query reads those of its tokens ([`ImpactIndex`]), and of their blocks those that may matter ([`ImpactQuery`]).
//!
//! `v` is a varint, *texts* are as [`put_texts`](crate::bytes::put_texts) writes them:
//! ```text
//! root    "SImp" | lowercase u8 | strip accents u8 | split CJK u8 | longest word v, characters
//!         | parts v | chunks v | what names each, texts
//! chunk   heads v | length of each in bytes, v | tokens v | tokens, texts | a list each
//! list    levels u8, a bit each that has postings, the least impact lowest; 0 ends an empty list
//!         | step bf16 | levels, the greatest impact first              impact of level n = (n − ½) · step       1 ≤ n ≤ 8
//! level   postings v | if they are more than a block, of each block of 64: last part − last of the block before v, bytes v
//!         | parts, each as the difference to the one before, less one, v                      the one before the first is −1
//! ```
//! All tokens of the vocabulary are there, those without postings, too, so that a query's words can be spelled with what it reads (see
//! [`spell`](crate::text::spell)). A chunk is named by the
//! shortest beginning of its first token that tells it from the chunk before; *heads* are the tokens of earlier chunks that are beginnings of that, and their lists lie there.
//! Words without a meaning of their own ([`stop_words`](crate::text::stop_words)) are left out of queries: their lists order nothing, and one chunk in ten is read for them.

mod builder;
pub mod expand;
mod list;
mod query;
mod reader;

pub use builder::{ImpactBuilder, ImpactFiles};
pub use query::ImpactQuery;
pub use reader::{ImpactIndex, Spelling};

#[cfg(test)]
mod tests;

/// First bytes of the root.
const MAGIC: &[u8; 4] = b"SImp";
/// Levels of impact.
const LEVELS: u32 = 8;
/// Postings of a block: what is read or skipped together.
const BLOCK: usize = 64;
/// Length of a chunk from which on the next token begins another, in bytes.
const CHUNK: usize = 1000;
