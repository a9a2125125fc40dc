//! Answering a query: [`searcher`] takes it through the tiers, [`fuse`] joins their lists, [`mod@late`] reorders the best by their token vectors, [`rerank`] by what
//! `reading` gives a cross-encoder of them, [`excerpt`] chooses what to show, [`context`] what a language model gets, as
//! [`quote`] makes it safe. `phrase` sees to what the query has in quotation marks, `nearby` and [`static_tier`] are the two halves of the tier
//! without a model, `impacts` and [`sparse_tier`] those of it by learned sparse retrieval. [`cascade`] is all of it with the models, in one process, in the tiers or in a [`chain`]; [`static_tower`] and `sparse` are its tier
//! without a model.
//! [`suggest`] says what a misspelt query may mean.

#[cfg(not(target_arch = "wasm32"))]
pub mod cascade;
#[cfg(not(target_arch = "wasm32"))]
pub mod chain;
pub mod context;
pub mod dense;
pub mod excerpt;
pub mod fuse;
mod impacts;
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
pub mod sparse_tier;
pub mod static_tier;
#[cfg(not(target_arch = "wasm32"))]
pub mod static_tower;
pub mod suggest;
pub mod weights;
#[cfg(not(target_arch = "wasm32"))]
mod whole;
