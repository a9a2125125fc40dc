//! Answering a query: [`searcher`] takes it through the tiers, [`fuse`] joins their lists, [`rerank`] reorders the best by what
//! `reading` gives a cross-encoder of them, [`excerpt`] chooses what to show, [`context`] what a language model gets, as
//! [`quote`] makes it safe. `nearby` and [`static_tier`] are the two halves of the tier
//! without a model. [`cascade`] is all of it with the models, in one process; [`static_tower`] is its static tier.

pub mod cascade;
pub mod context;
pub mod excerpt;
pub mod fuse;
mod nearby;
pub mod quote;
mod reading;
pub mod rerank;
pub mod searcher;
pub mod static_tier;
pub mod static_tower;
pub mod weights;
