//! An index of a collection's own documents, for collections that are no site: made as `siteseer index` makes one, each
//! document as a page of one section.

use crate::cli::index::{PageSettings, index_pages};
use crate::cli::model_path::{find_late, find_model, find_query_tower, find_reranker, find_sparse, find_static_tower};
use crate::eval::collection::{Document, read_corpus};
use crate::hash::sha256_hex;
use crate::index::manifest::{MANIFEST_NAME, VERSION};
use crate::site::{Page, Section};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

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
    pub(super) fn make(collection: &Path, settings: &PageSettings<'_>, cache: Option<&Path>) -> Result<Self> {
        let documents = read_corpus(collection)?;
        let (folder, temporary) = match cache {
            Some(cache) => (cache.join(key(&documents, settings)?), None),
            None => {
                let temporary = tempfile::tempdir().context("a temporary folder can't be made")?;
                (temporary.path().join("index"), Some(temporary))
            }
        };
        if !folder.join(MANIFEST_NAME).is_file() {
            let pages: Vec<Page> = documents.into_iter().map(page_of).collect();
            index_pages(&pages, settings, &folder)
                .with_context(|| format!("{}: its documents can't be indexed", collection.display()))?;
        }
        Ok(Self { folder, _temporary: temporary })
    }
}

/// Name of an index in a cache: it says everything that its bytes depend on.
fn key(documents: &[Document], settings: &PageSettings<'_>) -> Result<String> {
    let texts = documents.iter().flat_map(|d| [&d.id, "\n", &d.title, "\n", &d.text, "\0"].map(str::as_bytes));
    let mut parts = vec![sha256_hex(&texts.collect::<Vec<_>>())];
    let models = &settings.models;
    let query_tower = find_query_tower(models.query_tower)?.map(|(path, _)| path);
    let reranker = find_reranker(models.reranker)?.map(|(path, _)| path);
    let static_tower = find_static_tower(models.static_tower)?.map(|(path, _)| path);
    let (sparse, late) = (find_sparse(models.sparse)?, find_late(models.late)?);
    for model in [Some(find_model(models.model)?), query_tower, reranker, static_tower, sparse, late] {
        // a place for each, so that one in another's is another key
        let Some(model) = model else {
            parts.push("none".to_owned());
            continue;
        };
        let bytes = std::fs::read(&model).with_context(|| format!("{}: can't be read", model.display()))?;
        parts.push(sha256_hex(&[&bytes]));
    }
    // `compressed`: indexes of before have all vectors whole
    parts.push(format!(
        "{} {VERSION} compressed {} {}",
        env!("CARGO_PKG_VERSION"),
        settings.passage_pieces,
        models.sparse_terms
    ));
    Ok(sha256_hex(&parts.iter().map(|part| part.as_bytes()).collect::<Vec<_>>())[..16].to_owned())
}

/// A document as a page: its id is the URL. One without text is found by its title.
fn page_of(document: Document) -> Page {
    let fold = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut blocks: Vec<String> = document.text.lines().map(fold).filter(|block| !block.is_empty()).collect();
    if blocks.is_empty() && !document.title.trim().is_empty() {
        blocks.push(fold(&document.title));
    }
    let section = Section { blocks, ..Section::default() };
    Page { url: document.id, title: fold(&document.title), sections: vec![section], ..Page::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::index::{LATE_BITS, ModelChoice, TERMS};

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
        let key = |text: &str, model: &Path, passage_pieces| {
            let none = Some(Path::new("none"));
            let models = ModelChoice {
                model: Some(model),
                query_tower: none,
                reranker: none,
                static_tower: none,
                sparse: none,
                sparse_terms: TERMS,
                late: none,
                late_bits: LATE_BITS,
            };
            let settings = PageSettings { models, passage_pieces, quiet: true };
            key(&[document("1", "t", text)], &settings).unwrap()
        };
        let first = key("x", &a, 96);
        assert_eq!(first, key("x", &a, 96));
        assert!([key("y", &a, 96), key("x", &b, 96), key("x", &a, 160)].iter().all(|other| *other != first));
    }
}
