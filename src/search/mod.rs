//! Answering a query: [`searcher`] takes it through the tiers, [`fuse`] joins their lists, [`rerank`] reorders the best,
//! [`excerpt`] chooses what to show.

pub mod excerpt;
pub mod fuse;
pub mod rerank;
pub mod searcher;
