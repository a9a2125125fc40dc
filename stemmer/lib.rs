//! The Snowball stemmer of one language in the browser, for `www/siteseer/stemmers.js`: whoever calls it puts a word where [`buffer`]
//! says and finds its stem there. It imports nothing, so it can do nothing else.

use rust_stemmers::{Algorithm, Stemmer};
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

/// A tenth of the code of the standard library's allocator.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// As `src/text/stem/built_in.rs` names them.
const ALGORITHM: Algorithm = match env!("STEMMER_LANGUAGE").as_bytes() {
    b"ar" => Algorithm::Arabic,
    b"da" => Algorithm::Danish,
    b"de" => Algorithm::German,
    b"el" => Algorithm::Greek,
    b"es" => Algorithm::Spanish,
    b"fi" => Algorithm::Finnish,
    b"fr" => Algorithm::French,
    b"hu" => Algorithm::Hungarian,
    b"it" => Algorithm::Italian,
    b"nl" => Algorithm::Dutch,
    b"no" => Algorithm::Norwegian,
    b"pt" => Algorithm::Portuguese,
    b"ro" => Algorithm::Romanian,
    b"ru" => Algorithm::Russian,
    b"sv" => Algorithm::Swedish,
    b"ta" => Algorithm::Tamil,
    b"tr" => Algorithm::Turkish,
    _ => panic!("STEMMER_LANGUAGE is none of the languages of `src/text/stem/built_in.rs`"),
};

/// Longest word and longest stem in bytes, as in `src/text/stem/outside.rs`.
const MAX_BYTES: usize = 256;

static BUFFER: [AtomicU8; MAX_BYTES] = [const { AtomicU8::new(0) }; MAX_BYTES];

/// Where a word is to be put, and its stem will be.
#[unsafe(no_mangle)]
pub extern "C" fn buffer() -> *const AtomicU8 {
    BUFFER.as_ptr()
}

/// Puts the stem of the lower-cased word of `len` bytes in its place and returns its length; 0 if it has none.
#[unsafe(no_mangle)]
pub extern "C" fn stem(len: usize) -> usize {
    let word: Vec<u8> = BUFFER.iter().take(len).map(|byte| byte.load(Relaxed)).collect();
    let Ok(word) = std::str::from_utf8(&word) else { return 0 };
    let stem = Stemmer::create(ALGORITHM).stem(word);
    if stem.len() > MAX_BYTES {
        return 0;
    }
    BUFFER.iter().zip(stem.bytes()).for_each(|(place, byte)| place.store(byte, Relaxed));
    stem.len()
}
