//! The index: its formats, and how they are read and written. Everything here works on bytes.
//!
//! An index folder holds `manifest.json` ([`manifest`]) and, named after their content, the passages' vectors
//! ([`vectors`], compared by [`scan`], searched by [`flat`]; [`sign_plane`] is a coarser, quicker search of them), the lexical postings by section
//! ([`lexical`], [`sections`]), the passages' texts ([`passages`]), their token vectors if wanted ([`late`]), and the model.
//! Postings and texts come in [`chunks`]. What is [`related`] to a page has a small file of its own. [`impacts`] are postings by meaning, for
//! those who want them. `siteseer index` writes them all.

pub mod cells;
pub mod chunks;
pub mod compressed;
pub mod filters;
pub mod flat;
pub mod impacts;
pub mod late;
pub mod lexical;
pub mod manifest;
pub mod passages;
pub mod related;
pub mod scan;
pub mod sections;
pub mod sign_plane;
pub mod top_k;
pub mod vectors;
