//! The browser's doors: they translate between JavaScript values and Rust, and nothing else. No panic crosses: every error
//! becomes an exception with a message for the person.
//!
//! There are three, each built as a wasm file of its own, by a feature of its own: [`engine`] answers from the index, and is
//! all that the first results need; [`encoder`] runs the models, and comes with them. What passes between the two, by way
//! of the worker's JavaScript, is little: a query vector one way, the texts of a few passages the other, logits back. [`gpu`]
//! scores on a GPU what [`encoder`] scores on the CPU.

#[cfg(feature = "wasm-engine")]
mod convert;
#[cfg(feature = "wasm-encoder")]
pub mod encoder;
#[cfg(feature = "wasm-engine")]
pub mod engine;
#[cfg(feature = "wasm-gpu")]
pub mod gpu;
#[cfg(feature = "wasm-gpu")]
mod outside;

use wasm_bindgen::JsError;

type JsResult<T> = Result<T, JsError>;
