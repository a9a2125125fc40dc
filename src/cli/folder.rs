//! Reading an index folder from disk: unpacks, checks against the manifest, hands the bytes to the engine.

use super::index::read_manifest;
use crate::index::manifest::{FileEntry, MANIFEST_NAME};
use crate::search::searcher::Searcher;
use anyhow::{Context, Result, bail};
use flate2::read::GzDecoder;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

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

/// Opens an index with all its parts but the passages; `dense` loads vectors and model too.
///
/// # Errors
/// If a file is missing or damaged.
pub fn open(folder: &Path, dense: bool) -> Result<Searcher> {
    let mut searcher = Searcher::new(read_manifest(folder)?);
    let files = searcher.manifest().files.clone();
    searcher.load_lexical(read_file(folder, &files.lexical)?)?;
    if dense {
        searcher.load_vectors(&read_file(folder, &files.vectors)?)?;
        searcher.load_model(&read_file(folder, &files.model)?)?;
    }
    Ok(searcher)
}

/// Opens vectors and model only: the dense tier is then the order of cosines alone.
///
/// # Errors
/// If a file is missing or damaged.
pub(super) fn open_vectors(folder: &Path) -> Result<Searcher> {
    let mut searcher = Searcher::new(read_manifest(folder)?);
    let files = searcher.manifest().files.clone();
    searcher.load_vectors(&read_file(folder, &files.vectors)?)?;
    searcher.load_model(&read_file(folder, &files.model)?)?;
    Ok(searcher)
}

/// Loads the cross-encoder into an index that was opened with its dense parts; false if the index has none.
///
/// # Errors
/// If the file is missing or damaged.
pub fn load_reranker(folder: &Path, searcher: &mut Searcher) -> Result<bool> {
    let Some(entry) = searcher.manifest().files.reranker.clone() else { return Ok(false) };
    searcher.load_reranker(&read_file(folder, &entry)?)?;
    Ok(true)
}

/// Loads the chunks of these passages that are not there yet.
///
/// # Errors
/// If a file is missing or damaged.
pub(super) fn load_passages(folder: &Path, searcher: &mut Searcher, passages: &[u32]) -> Result<()> {
    for chunk in searcher.missing_chunks_of(passages.iter().copied()) {
        let entry = searcher.manifest().files.passages[chunk as usize].clone();
        searcher.add_passages(chunk, &read_file(folder, &entry)?)?;
    }
    Ok(())
}

/// Loads every chunk of passages.
///
/// # Errors
/// If a file is missing or damaged.
pub fn load_all_passages(folder: &Path, searcher: &mut Searcher) -> Result<()> {
    for (chunk, entry) in (0..).zip(searcher.manifest().files.passages.clone()) {
        searcher.add_passages(chunk, &read_file(folder, &entry)?)?;
    }
    Ok(())
}

/// Uncompressed content of a file, with its length and SHA-256 checked.
///
/// # Errors
/// If the file is missing or damaged.
pub fn read_file(folder: &Path, entry: &FileEntry) -> Result<Vec<u8>> {
    let path = folder.join(&entry.name);
    let stored = fs::read(&path).with_context(|| {
        format!("{}: can't be read. Build the index again with `siteseer index SITE`", path.display())
    })?;
    let content = if entry.is_gzip() {
        let mut content = Vec::new();
        // one byte more than promised is enough to see that it is too long
        let read = GzDecoder::new(stored.as_slice()).take(entry.raw_bytes + 1).read_to_end(&mut content);
        if let Err(error) = read {
            bail!(
                "{}: damaged or truncated ({error}; {} bytes, {} expected). Build the index again with `siteseer index SITE`",
                path.display(),
                stored.len(),
                entry.bytes
            );
        }
        content
    } else {
        stored
    };
    entry.verify(&content)?;
    Ok(content)
}
