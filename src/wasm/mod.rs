//! The browser's doors: they translate between JavaScript values and Rust, and nothing else. No panic crosses: every error
//! becomes an exception with a message for the person.
//!
//! There are five, each built as a wasm file of its own, by a feature of its own: [`engine`] answers from the index, and is
//! all that the first results need; [`tower`] searches by meaning without a model, or [`sparse`] where the index has postings for it, and comes after them; [`encoder`] runs the
//! models, and comes with them. What passes between them, by way of the worker's JavaScript, is little: passages with their
//! scores, a query vector one way, the texts of a few passages the other, logits back. [`gpu`] scores on a GPU what
//! [`encoder`] scores on the CPU.

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
#[cfg(any(feature = "wasm-encoder", feature = "wasm-engine", feature = "wasm-sparse", feature = "wasm-tower"))]
mod scored;
#[cfg(feature = "wasm-sparse")]
pub mod sparse;
#[cfg(feature = "wasm-tower")]
pub mod tower;

use wasm_bindgen::JsError;

type JsResult<T> = Result<T, JsError>;

/// A sixth of the code of the standard library's allocator.
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();
