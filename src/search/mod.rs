//! Answering a query: [`searcher`] takes it through the tiers, [`fuse`] joins their lists, [`excerpt`] chooses what to show.

pub mod excerpt;
pub mod fuse;
pub mod searcher;
