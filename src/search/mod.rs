//! Answering a query: [`searcher`] takes it through the tiers, [`fuse`] joins their lists, [`mod@late`] reorders the best by their token vectors, [`rerank`] by what
//! `reading` gives a cross-encoder of them, [`excerpt`] chooses what to show, [`context`] what a language model gets, as
//! [`quote`] makes it safe. `phrase` sees to what the query has in quotation marks, `nearby` and [`static_tier`] are the two halves of the tier
//! without a model. [`cascade`] is all of it with the models, in one process, in the tiers or in a [`chain`]; [`static_tower`] is its static tier, `sparse` the
//! one of learned sparse retrieval that `siteseer eval` tries.
//! [`suggest`] says what a misspelt query may mean.

#[cfg(not(target_arch = "wasm32"))]
pub mod cascade;
#[cfg(not(target_arch = "wasm32"))]
pub mod chain;
pub mod context;
pub mod excerpt;
pub mod fuse;
mod join;
pub mod late;
mod nearby;
mod phrase;
pub mod quote;
mod reading;
pub mod rerank;
pub mod searcher;
#[cfg(not(target_arch = "wasm32"))]
pub mod sparse;
pub mod static_tier;
#[cfg(not(target_arch = "wasm32"))]
pub mod static_tower;
pub mod suggest;
pub mod weights;
