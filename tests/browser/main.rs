//! End to end, in a real browser through WebDriver: the built wasm, the built client, an index made by the built binary.
//!
//! `./build.sh test` runs it after building all three. Needs chromium and chromedriver (`CHROME`, `CHROMEDRIVER`).
//! Screenshots go to `target/screenshots/`, for a person to look at.

#![cfg(not(target_arch = "wasm32"))]

mod browser;
mod damage;
mod gpu;
mod languages;
mod late;
mod meaning;
mod node;
mod offline;
mod parity;
mod site;
mod sparse;
mod vectors;

#[path = "../common/eval.rs"]
mod eval;
#[path = "../common/passages.rs"]
mod passages;
#[path = "../common/random.rs"]
mod random;
#[path = "../common/reference.rs"]
mod reference;
#[path = "../common/tokenizer.rs"]
mod tokenizer;
