//! An index of a collection's own documents, for collections that are no site: made as `siteseer index` makes one, each
//! document as a page of one section.

use crate::cli::index::index_pages;
use crate::cli::model_path::find_model;
use crate::eval::collection::{Document, read_corpus};
use crate::hash::sha256_hex;
use crate::index::manifest::{MANIFEST_NAME, VERSION};
use crate::site::{Page, Section};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// What an index is made with.
#[derive(Debug)]
pub(super) struct Settings<'a> {
    /// Model file; `None` is the default one.
    pub(super) model: Option<&'a Path>,
    /// Longest passage, in word pieces.
    pub(super) passage_pieces: usize,
    /// No progress.
    pub(super) quiet: bool,
}

/// A folder with the index, removed at the end unless it is in a cache.
#[derive(Debug)]
pub(super) struct CorpusIndex {
    folder: PathBuf,
    _temporary: Option<tempfile::TempDir>,
}

impl CorpusIndex {
    /// Where the index is.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Indexes the documents of `collection`, or takes the index from `cache` if the same documents were indexed there
    /// with the same model and settings by the same version of the program.
    pub(super) fn make(collection: &Path, settings: &Settings<'_>, cache: Option<&Path>) -> Result<Self> {
        let documents = read_corpus(collection)?;
        let model = find_model(settings.model)?;
        let (folder, temporary) = match cache {
            Some(cache) => (cache.join(key(&documents, &model, settings.passage_pieces)?), None),
            None => {
                let temporary = tempfile::tempdir().context("a temporary folder can't be made")?;
                (temporary.path().join("index"), Some(temporary))
            }
        };
        if !folder.join(MANIFEST_NAME).is_file() {
            let pages: Vec<Page> = documents.into_iter().map(page_of).collect();
            index_pages(&pages, &model, settings.passage_pieces, &folder, settings.quiet)
                .with_context(|| format!("{}: its documents can't be indexed", collection.display()))?;
        }
        Ok(Self { folder, _temporary: temporary })
    }
}

/// Name of an index in a cache: it says everything that its bytes depend on.
fn key(documents: &[Document], model: &Path, passage_pieces: usize) -> Result<String> {
    let model = std::fs::read(model).with_context(|| format!("{}: can't be read", model.display()))?;
    let settings = format!("{} {VERSION} {passage_pieces}", env!("CARGO_PKG_VERSION"));
    let texts = documents.iter().flat_map(|d| [&d.id, "\n", &d.title, "\n", &d.text, "\0"].map(str::as_bytes));
    let corpus = sha256_hex(&texts.collect::<Vec<_>>());
    Ok(sha256_hex(&[corpus.as_bytes(), sha256_hex(&[&model]).as_bytes(), settings.as_bytes()])[..16].to_owned())
}

/// A document as a page: its id is the URL. One without text is found by its title.
fn page_of(document: Document) -> Page {
    let fold = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut blocks: Vec<String> = document.text.lines().map(fold).filter(|block| !block.is_empty()).collect();
    if blocks.is_empty() && !document.title.trim().is_empty() {
        blocks.push(fold(&document.title));
    }
    let section = Section { blocks, ..Section::default() };
    Page { url: document.id, lang: String::new(), title: fold(&document.title), sections: vec![section] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(id: &str, title: &str, text: &str) -> Document {
        Document { id: id.into(), title: title.into(), text: text.into() }
    }

    #[test]
    fn a_document_is_a_page_of_one_section() {
        let page = page_of(document("d#1", "A  title", "first\tline\n\n second line "));
        assert_eq!((page.url.as_str(), page.title.as_str()), ("d#1", "A title"));
        assert_eq!(page.sections[0].blocks, ["first line", "second line"]);
        assert_eq!(page_of(document("d", "Only a title", " \n")).sections[0].blocks, ["Only a title"]);
    }

    #[test]
    fn the_key_depends_on_documents_model_and_settings() {
        let folder = tempfile::tempdir().unwrap();
        let model = |content: &str| {
            let path = folder.path().join(content);
            std::fs::write(&path, content).unwrap();
            path
        };
        let (a, b) = (model("a"), model("b"));
        let key = |text: &str, model: &Path, pieces| key(&[document("1", "t", text)], model, pieces).unwrap();
        let first = key("x", &a, 96);
        assert_eq!(first, key("x", &a, 96));
        assert!([key("y", &a, 96), key("x", &b, 96), key("x", &a, 160)].iter().all(|other| *other != first));
    }
}
