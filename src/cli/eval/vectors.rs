//! What a query by meaning with a model reads beside the model.

use crate::search::cascade::Cascade;
use anyhow::Result;

/// Stored bytes of the vectors that each query reads: of all of them, or of codes and the vectors of its shortlist. The models are loaded.
///
/// # Errors
/// If a query can't be embedded.
pub(in crate::cli) fn vectors_by_query<'a>(
    cascade: &mut Cascade,
    queries: impl Iterator<Item = &'a str>,
) -> Result<Vec<u64>> {
    let files = &cascade.searcher.manifest().files;
    let whole = files.vectors.as_ref().map_or(0, |file| file.bytes);
    let Some(compressed) = files.compressed.clone() else { return Ok(queries.map(|_| whole).collect()) };
    let per_chunk = compressed.exact.bytes / u64::from(compressed.exact.files.max(1));
    let read = |query| Ok(compressed.codes.bytes + cascade.vectors_read(query)?.len() as u64 * per_chunk);
    queries.map(read).collect()
}
