//! Answering a query: [`searcher`] takes it through the tiers, [`fuse`] joins their lists, [`rerank`] reorders the best by what
//! `reading` gives it of them, [`excerpt`] chooses what to show.

pub mod excerpt;
pub mod fuse;
mod reading;
pub mod rerank;
pub mod searcher;
