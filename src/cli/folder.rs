//! Reading an index folder from disk: unpacks, checks against the manifest, hands the bytes to the engine.

use super::index::read_manifest;
use crate::index::chunks::{Chunk, ChunkGroup, ChunkKind};
use crate::index::filters::Condition;
use crate::index::manifest::{FileEntry, Files, MANIFEST_NAME, Manifest};
use crate::index::passages::{PassageRecord, parse_chunk};
use crate::index::sections::Sections;
use crate::index::vectors::Vectors;
use crate::search::cascade::Cascade;
use crate::search::searcher::Searcher;
use crate::search::static_tier::Missing;
use crate::search::suggest::Suggestions;
use anyhow::{Context, Result, bail};
use flate2::read::GzDecoder;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// What an error says where late interaction was not loaded.
const NOT_OPEN: &str = "late interaction is not open";

/// The index folder meant by `--index`: the folder itself, or the `siteseer` folder of a site.
pub(super) fn find_index(folder: &Path) -> Result<PathBuf> {
    let candidates = [folder.to_owned(), folder.join("siteseer")];
    match candidates.iter().find(|f| f.join(MANIFEST_NAME).is_file()) {
        Some(found) => Ok(found.clone()),
        None => bail!(
            "{}: no index there ({MANIFEST_NAME} is missing). Make one with `siteseer index SITE`",
            folder.display()
        ),
    }
}

/// Opens an index with all its parts but the chunks of words and passages; `dense` loads vectors and model too, if it has
/// them.
///
/// # Errors
/// If a file is missing or damaged.
pub fn open(folder: &Path, dense: bool) -> Result<Cascade> {
    let mut cascade = Cascade::new(read_manifest(folder)?);
    let files = cascade.searcher.manifest().files.clone();
    cascade.searcher.load_lexical(read_file(folder, &files.lexical)?)?;
    if dense {
        load_dense(folder, &files, &mut cascade)?;
    }
    Ok(cascade)
}

/// Opens vectors and model only: the dense tier is then the order of cosines alone.
///
/// # Errors
/// If a file is missing or damaged.
pub(super) fn open_vectors(folder: &Path) -> Result<Cascade> {
    let mut cascade = Cascade::new(read_manifest(folder)?);
    let files = cascade.searcher.manifest().files.clone();
    load_dense(folder, &files, &mut cascade)?;
    Ok(cascade)
}

/// All vectors; none if the index has words alone.
///
/// # Errors
/// If the file is missing or damaged.
pub(super) fn read_vectors(folder: &Path, manifest: &Manifest) -> Result<Option<Vectors>> {
    let (Some(model), Some(file)) = (&manifest.model, &manifest.files.vectors) else { return Ok(None) };
    let content = read_file(folder, file)?;
    Ok(Some(Vectors::parse(&content, &file.name, manifest.counts.passages as usize, model.dim)?))
}

/// Vectors and model, if there are any.
fn load_dense(folder: &Path, files: &Files, cascade: &mut Cascade) -> Result<()> {
    if let (Some(vectors), Some(model)) = (&files.vectors, &files.model) {
        cascade.searcher.load_vectors(&read_file(folder, vectors)?)?;
        cascade.load_model(&read_file(folder, model)?)?;
    }
    if let Some(compressed) = &files.compressed {
        cascade.load_compressed(&read_file(folder, &compressed.codes)?)?;
    }
    Ok(())
}

/// Loads what pages say of themselves, and lets queries be answered from those that meet all conditions.
///
/// # Errors
/// If the file is missing or damaged, or there is no filter of a name.
pub fn set_filter(folder: &Path, searcher: &mut Searcher, conditions: &[Condition]) -> Result<()> {
    let Some(entry) = searcher.manifest().files.filters.clone() else {
        bail!(
            "{}: no page of the index has filters. Annotate pages with data-siteseer-filter and index the site again",
            folder.display()
        );
    };
    searcher.load_filters(&read_file(folder, &entry)?)?;
    Ok(searcher.set_filter(conditions)?)
}

/// Lets a query, whose words are loaded, be answered only from passages with the phrases that it has in quotation marks.
///
/// # Errors
/// If a file is missing or damaged.
pub fn choose_phrases(folder: &Path, searcher: &mut Searcher, query: &str) -> Result<()> {
    let read = searcher.phrase_reading(query)?;
    load_passages(folder, searcher, &read)?;
    Ok(searcher.choose_phrases(query)?)
}

/// Loads the cross-encoder into an index that was opened with its dense parts; false if the index has none.
///
/// # Errors
/// If the file is missing or damaged.
pub fn load_reranker(folder: &Path, cascade: &mut Cascade) -> Result<bool> {
    let Some(entry) = cascade.searcher.manifest().files.reranker.clone() else { return Ok(false) };
    cascade.load_reranker(&read_file(folder, &entry)?)?;
    Ok(true)
}

/// Opens late interaction in an index that was opened with its dense parts; false if the index has none. The chunks of token
/// vectors are for [`load_late_of`] or [`load_all_late`].
///
/// # Errors
/// If a file is missing or damaged.
pub fn load_late(folder: &Path, cascade: &mut Cascade) -> Result<bool> {
    let Some(files) = cascade.searcher.manifest().files.late.clone() else { return Ok(false) };
    cascade.load_late(&read_file(folder, &files.head)?, &read_file(folder, &files.code)?)?;
    Ok(true)
}

/// Loads the token vectors of these passages that are not there yet, and returns the bytes of the chunks that it reads, as stored.
///
/// # Errors
/// If late interaction is not open, or a file is missing or damaged.
pub fn load_late_of(folder: &Path, cascade: &mut Cascade, passages: &[u32]) -> Result<u64> {
    let tokens = cascade.late_tokens_mut().context(NOT_OPEN)?;
    let chunks: Vec<u32> = passages.iter().map(|&passage| tokens.chunk_of(passage)).collect();
    add_late(folder, cascade, chunks)
}

/// Loads the token vectors of all passages.
///
/// # Errors
/// As [`load_late_of`].
pub fn load_all_late(folder: &Path, cascade: &mut Cascade) -> Result<()> {
    let files = cascade.searcher.manifest().files.late.as_ref().map_or(0, |late| late.tokens.files);
    add_late(folder, cascade, 0..files).map(|_| ())
}

fn add_late(folder: &Path, cascade: &mut Cascade, chunks: impl IntoIterator<Item = u32>) -> Result<u64> {
    let group = cascade.searcher.manifest().files.late.clone().context("the index has no token vectors")?.tokens;
    let tokens = cascade.late_tokens_mut().context(NOT_OPEN)?;
    let mut bytes = 0;
    for number in chunks {
        if !tokens.has_chunk(number) {
            let (content, stored) = read_chunk(folder, &group, number)?;
            tokens.add_chunk(number, &content)?;
            bytes += stored;
        }
    }
    Ok(bytes)
}

/// Opens what the index has for search by meaning without a model, a static query tower or postings of impacts; false if it has none.
///
/// # Errors
/// If a file is missing or damaged.
pub fn load_meaning_without_a_model(folder: &Path, cascade: &mut Cascade) -> Result<bool> {
    let Some(files) = cascade.searcher.manifest().files.sparse.clone() else {
        return load_static_tier(folder, cascade);
    };
    cascade.load_sparse_tier(&read_file(folder, &files.root)?)?;
    Ok(true)
}

/// Loads the postings of impacts that a query needs and that are not there yet.
///
/// # Errors
/// If they are not open, or a file is missing or damaged.
fn load_impacts(folder: &Path, cascade: &mut Cascade, query: &str) -> Result<()> {
    let files = cascade.searcher.manifest().files.sparse.clone().context("the index has no postings of impacts")?;
    let tier = cascade.sparse_tier_mut().context("the postings of impacts are not open")?;
    loop {
        let missing = tier.missing(query);
        if missing.is_empty() {
            return Ok(());
        }
        for number in missing {
            tier.add(number, &read_chunk(folder, &files.impacts, number)?.0)?;
        }
    }
}

/// Loads what a query by meaning without a model needs and is not there yet. Words are loaded already.
///
/// # Errors
/// If the tier is not open, or a file is missing or damaged.
pub fn load_meaning_of(folder: &Path, cascade: &mut Cascade, query: &str) -> Result<()> {
    match cascade.searcher.manifest().sparse {
        Some(_) => load_impacts(folder, cascade, query),
        None => load_nearby(folder, cascade, query).map(|_| ()),
    }
}

/// Opens the index's own static tier; false if the index has none.
///
/// # Errors
/// If a file is missing or damaged.
pub fn load_static_tier(folder: &Path, cascade: &mut Cascade) -> Result<bool> {
    let Some(files) = cascade.searcher.manifest().files.static_tower.clone() else { return Ok(false) };
    cascade.load_static_tier(&read_file(folder, &files.root)?, &read_file(folder, &files.axes)?)?;
    Ok(true)
}

/// Loads what a query needs of the static tier and is not there yet, and returns the bytes of the chunks that it reads, as stored.
/// Words are loaded already.
///
/// # Errors
/// If the tier is not open, or a file is missing or damaged.
pub fn load_nearby(folder: &Path, cascade: &mut Cascade, query: &str) -> Result<u64> {
    let files = cascade.searcher.manifest().files.static_tower.clone();
    let (Some(files), Some(_)) = (files, cascade.static_tier()) else {
        bail!("{}: the static tier is not open", folder.display());
    };
    let mut bytes = 0;
    loop {
        let tier = cascade.static_tier_mut().context("it is open")?;
        let missing = tier.missing(query)?;
        if missing == Missing::default() {
            break;
        }
        for number in missing.tokens {
            let (content, stored) = read_chunk(folder, &files.tokens, number)?;
            tier.add_tokens(number, &content)?;
            bytes += stored;
        }
        for number in missing.cells {
            let (content, stored) = read_chunk(folder, &files.cells, number)?;
            tier.add_cell(number, &content)?;
            bytes += stored;
        }
    }
    let near = cascade.static_tier().context("it is open")?.near(query)?;
    for number in cascade.searcher.rows_needed(query, &near)? {
        let tier = cascade.static_tier_mut().context("it is open")?;
        if !tier.cells().has_rows(number) {
            let (content, stored) = read_chunk(folder, &files.rows, number)?;
            tier.add_rows(number, &content)?;
            bytes += stored;
        }
    }
    Ok(bytes)
}

/// Loads every chunk of the static tier.
///
/// # Errors
/// If the tier is not open, or a file is missing or damaged.
pub fn load_all_nearby(folder: &Path, cascade: &mut Cascade) -> Result<()> {
    let files = cascade.searcher.manifest().files.static_tower.clone().context("the index has no static tier")?;
    let tier = cascade.static_tier_mut().context("the static tier is not open")?;
    for number in 0..files.tokens.files {
        tier.add_tokens(number, &read_chunk(folder, &files.tokens, number)?.0)?;
    }
    for number in 0..files.cells.files {
        tier.add_cell(number, &read_chunk(folder, &files.cells, number)?.0)?;
    }
    for number in 0..files.rows.files {
        tier.add_rows(number, &read_chunk(folder, &files.rows, number)?.0)?;
    }
    Ok(())
}

/// A chunk's content, checked, and its length as stored.
///
/// # Errors
/// If the file is missing or damaged.
pub(super) fn read_chunk(folder: &Path, group: &ChunkGroup, number: u32) -> Result<(Vec<u8>, u64)> {
    let name = group.file(number);
    let content = read_stored(folder, &name, group.largest, None)?;
    group.verify(number, &content)?;
    let path = folder.join(&name);
    let stored = fs::metadata(&path).with_context(|| format!("{}: can't be read", path.display()))?.len();
    Ok((content, stored))
}

/// Loads the chunks that the words of a query need and that are not there yet.
///
/// # Errors
/// If a file is missing or damaged.
pub fn load_words(folder: &Path, searcher: &mut Searcher, query: &str) -> Result<()> {
    loop {
        let missing = searcher.missing_words(query);
        if missing.is_empty() {
            return Ok(());
        }
        add_chunks(folder, searcher, missing)?;
    }
}

/// What may have been meant by a query with words that the index does not have; loads the chunks that this needs.
///
/// # Errors
/// If a file is missing or damaged.
pub fn suggest(folder: &Path, searcher: &mut Searcher, query: &str) -> Result<Vec<String>> {
    loop {
        let Suggestions { queries, missing } = searcher.suggest(query)?;
        if missing.is_empty() {
            return Ok(queries);
        }
        add_chunks(folder, searcher, missing)?;
    }
}

/// Loads the chunks of these passages that are not there yet.
///
/// # Errors
/// If a file is missing or damaged.
pub(super) fn load_passages(folder: &Path, searcher: &mut Searcher, passages: &[u32]) -> Result<()> {
    let missing = searcher.missing_chunks_of(passages.iter().copied());
    add_chunks(folder, searcher, missing)
}

/// Loads every chunk of words and of passages.
///
/// # Errors
/// If a file is missing or damaged.
pub fn load_all_chunks(folder: &Path, searcher: &mut Searcher) -> Result<()> {
    for kind in [ChunkKind::Postings, ChunkKind::Spellings, ChunkKind::Passages] {
        let files = searcher.manifest().files.group(kind).files;
        add_chunks(folder, searcher, (0..files).map(|number| Chunk { kind, number }))?;
    }
    Ok(())
}

fn add_chunks(folder: &Path, searcher: &mut Searcher, chunks: impl IntoIterator<Item = Chunk>) -> Result<()> {
    for chunk in chunks {
        let group = searcher.manifest().files.group(chunk.kind);
        let content = read_stored(folder, &group.file(chunk.number), group.largest, None)?;
        group.verify(chunk.number, &content)?;
        searcher.add_chunk(chunk, &content)?;
    }
    Ok(())
}

/// Calls `each` with every passage of an index, in order, holding one chunk of them in memory.
///
/// # Errors
/// If a file is missing or damaged.
pub(super) fn read_passages(
    folder: &Path,
    manifest: &Manifest,
    each: &mut dyn FnMut(u32, PassageRecord),
) -> Result<()> {
    let (files, counts) = (&manifest.files, manifest.counts);
    let root = read_file(folder, &files.lexical)?;
    let (sections, _) = Sections::parse(&root, &files.lexical.name, counts.sections, counts.passages)?;
    let starts = sections.chunks(manifest.passages_per_chunk);
    let ends = starts.iter().skip(1).copied().chain([counts.passages]);
    for (number, range) in (0..).zip(starts.iter().zip(ends).map(|(&start, end)| start..end)) {
        let group = &files.passages;
        let content = read_stored(folder, &group.file(number), group.largest, None)?;
        group.verify(number, &content)?;
        let chunk = parse_chunk(group.body(number, &content)?, &group.file(number), range.len())?;
        range.zip(chunk).for_each(|(passage, record)| each(passage, record));
    }
    Ok(())
}

/// Uncompressed content of a file, with its length and SHA-256 checked.
///
/// # Errors
/// If the file is missing or damaged.
pub fn read_file(folder: &Path, entry: &FileEntry) -> Result<Vec<u8>> {
    let content = read_stored(folder, &entry.name, entry.raw_bytes, Some(entry.bytes))?;
    entry.verify(&content)?;
    Ok(content)
}

/// Uncompressed content of a file, of which a little more than `most` bytes are enough to see that it is too long; `stored`
/// is the length that it should have on disk, if that is known.
fn read_stored(folder: &Path, name: &str, most: u64, stored: Option<u64>) -> Result<Vec<u8>> {
    let path = folder.join(name);
    let file = fs::read(&path).with_context(|| {
        format!("{}: can't be read. Build the index again with `siteseer index SITE`", path.display())
    })?;
    if !name.ends_with(".gz") {
        return Ok(file);
    }
    let mut content = Vec::new();
    let read = GzDecoder::new(file.as_slice()).take(most + 1).read_to_end(&mut content);
    if let Err(error) = read {
        let expected = stored.map_or(String::new(), |stored| format!("; {} bytes, {stored} expected", file.len()));
        bail!(
            "{}: damaged or truncated ({error}{expected}). Build the index again with `siteseer index SITE`",
            path.display()
        );
    }
    Ok(content)
}
