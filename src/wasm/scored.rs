//! Lists of passages, or of parts of sections, with scores between the wasm files: passage, score, passage, score, … in one array of doubles.

use crate::index::scan::Scored;

/// A list as one array.
#[cfg(any(feature = "wasm-encoder", feature = "wasm-sparse", feature = "wasm-tower"))]
pub(super) fn to_flat(scored: &[Scored]) -> Vec<f64> {
    scored.iter().flat_map(|s| [f64::from(s.passage), f64::from(s.score)]).collect()
}

/// The list of an array.
#[cfg(feature = "wasm-engine")]
pub(super) fn from_flat(flat: &[f64]) -> Vec<Scored> {
    flat.as_chunks::<2>()
        .0
        .iter()
        .map(|[passage, score]| Scored { passage: *passage as u32, score: *score as f32 })
        .collect()
}
