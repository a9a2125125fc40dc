//! `siteseer index`: a built site becomes an index folder, in stages: read, split, embed, write.

mod embed;
mod models;
mod output;
mod summary;

use super::progress::Progress;
use crate::index::lexical::LexicalBuilder;
use crate::index::manifest::{Counts, FORMAT, Files, FusionEntry, MANIFEST_NAME, Manifest, VERSION};
use crate::index::passages::{PassageRecord, chunk_to_json};
use crate::index::sections::Sections;
use crate::index::vectors::Vectors;
use crate::model::bi_encoder::BiEncoder;
use crate::search::fuse::FusionWeights;
use crate::site::{Page, Passage, ReadOptions, Site, embedding_text, headings, read_site, split};
use anyhow::{Context, Result, bail};
pub use embed::embed_token_ids;
use models::Models;
use output::{OutputFolder, Storage};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;
use summary::Summary;

/// Longest passage, in word pieces, unless told otherwise.
pub(super) const MAX_PIECES: usize = 96;
/// Passages in a chunk of the passages files: about 15 KB compressed.
const PASSAGES_PER_CHUNK: u32 = 64;

/// Arguments of `siteseer index`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Pages say themselves what to index: <main>, or data-siteseer-body (data-pagefind-body) where present; \
                        data-siteseer-ignore (data-pagefind-ignore) leaves a part out.\n\n\
                        Examples:\n  siteseer index public/\n  siteseer index book/ --exclude 'archive/**' --out book/search"
)]
pub struct IndexArgs {
    /// Folder of the built site: the one with its index.html (or Markdown files)
    site: PathBuf,
    /// Folder to write the index to [default: SITE/siteseer]
    #[arg(long, env = "SITESEER_OUT", value_name = "DIR")]
    out: Option<PathBuf>,
    /// Model file for the vectors [default: all-MiniLM-L6-v2]
    #[arg(long, env = "SITESEER_MODEL", value_name = "FILE")]
    model: Option<PathBuf>,
    /// Cross-encoder file that goes along to rerank results, or `none` [default: siteseer-cross-encoder, if it is there
    /// and belongs to the model]
    #[arg(long, env = "SITESEER_RERANKER", value_name = "FILE|none")]
    reranker: Option<PathBuf>,
    /// Only index files that match this glob, such as 'guide/**' (may be repeated)
    #[arg(long, env = "SITESEER_INCLUDE", value_name = "GLOB", value_delimiter = ',')]
    include: Vec<String>,
    /// Leave out files that match this glob (may be repeated)
    #[arg(long, env = "SITESEER_EXCLUDE", value_name = "GLOB", value_delimiter = ',')]
    exclude: Vec<String>,
    /// CSS selector of the elements that hold a page's content
    #[arg(long, env = "SITESEER_ROOT_SELECTOR", value_name = "SELECTOR")]
    root_selector: Option<String>,
    /// CSS selector of elements to leave out, besides navigation and the like (may be repeated)
    #[arg(long, env = "SITESEER_IGNORE", value_name = "SELECTOR")]
    ignore: Vec<String>,
    /// Longest passage, in word pieces: shorter ones are more precise, longer ones know more context
    #[arg(long, env = "SITESEER_PASSAGE_PIECES", value_name = "N", default_value_t = MAX_PIECES)]
    passage_pieces: usize,
    /// Go on when a file can't be read, and say which
    #[arg(long, env = "SITESEER_SKIP_UNREADABLE")]
    skip_unreadable: bool,
    /// Write only the index, without the files that the browser loads
    #[arg(long, env = "SITESEER_NO_CLIENT")]
    no_client: bool,
    /// Say nothing but errors
    #[arg(long, short, env = "SITESEER_QUIET")]
    quiet: bool,
    /// Print the summary as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the verb.
///
/// # Errors
/// If the site can't be read, the model is damaged, or the output can't be written; nothing is left half-written.
pub fn run(args: &IndexArgs) -> Result<()> {
    let started = Instant::now();
    let out = args.out.clone().unwrap_or_else(|| args.site.join("siteseer"));
    let models = Models::load(args.model.as_deref(), args.reranker.as_deref())?;
    if !args.no_client && super::client::files().next().is_none() {
        bail!(
            "this program was built without the browser's files. Build it with ./build.sh, or index with --no-client"
        );
    }

    let site = read(args)?;
    summary::print_notes(&site.report, args.quiet);
    let (passages, embeddings) = embed_pages(&site.pages, &models.bi_encoder, args.passage_pieces, args.quiet)?;
    if passages.is_empty() {
        bail!("{}: the pages hold no text to index. Check --root-selector and data-siteseer-body", args.site.display());
    }

    let output = OutputFolder::create(&out)?;
    let manifest = write_index(&output, &site.pages, &passages, &embeddings, &models)?;
    let client_bytes = if args.no_client { 0 } else { write_client(&output)? };
    output.write(MANIFEST_NAME, manifest.to_json().as_bytes())?;
    output.finish()?;
    Summary::new(&site.report, &manifest, client_bytes, &out, models.bi_encoder.backend(), started.elapsed())
        .print(args.json, args.quiet);
    Ok(())
}

fn read(args: &IndexArgs) -> Result<Site> {
    let options = ReadOptions {
        include: args.include.clone(),
        exclude: args.exclude.clone(),
        root_selector: args.root_selector.clone(),
        ignore: args.ignore.clone(),
        skip_unreadable: args.skip_unreadable,
        ..ReadOptions::default()
    };
    let progress = Progress::new("Reading", "pages", 0, args.quiet);
    let site = read_site(&args.site, &options, &|_, total| {
        progress.set_total(total as u64);
        progress.add(1);
    })?;
    progress.finish();
    Ok(site)
}

/// What [`index_pages`] indexes with; the same as the arguments of those names.
#[derive(Debug)]
pub(super) struct PageSettings<'a> {
    /// `--model`
    pub(super) model: Option<&'a Path>,
    /// `--reranker`
    pub(super) reranker: Option<&'a Path>,
    /// `--passage-pieces`
    pub(super) passage_pieces: usize,
    /// `--quiet`
    pub(super) quiet: bool,
}

/// Indexes pages that come from elsewhere than a site's folder, into the folder `out`, without the browser's files.
///
/// # Errors
/// If the model is damaged, the pages hold no text, or the output can't be written.
pub(super) fn index_pages(pages: &[Page], settings: &PageSettings<'_>, out: &Path) -> Result<()> {
    let models = Models::load(settings.model, settings.reranker)?;
    let (passages, embeddings) = embed_pages(pages, &models.bi_encoder, settings.passage_pieces, settings.quiet)?;
    if passages.is_empty() {
        bail!("there is no text to index");
    }
    let output = OutputFolder::create(out)?;
    let manifest = write_index(&output, pages, &passages, &embeddings, &models)?;
    output.write(MANIFEST_NAME, manifest.to_json().as_bytes())?;
    output.finish()
}

/// Splits pages into passages and embeds these: `[passages, dim]`.
fn embed_pages(pages: &[Page], model: &BiEncoder, pieces: usize, quiet: bool) -> Result<(Vec<Passage>, Vec<f32>)> {
    let passages = split(pages, &|text| model.tokenizer().count(text), pieces);
    let progress = Progress::new("Embedding", "passages", passages.len() as u64, quiet);
    let texts: Vec<String> = passages.iter().map(|p| text_of(pages, p)).collect();
    let embeddings = embed::embed_all(model, &texts, &|n| progress.add(n))?;
    progress.finish();
    Ok((passages, embeddings))
}

/// What the model reads of a passage.
fn text_of(pages: &[Page], passage: &Passage) -> String {
    let page = &pages[passage.page];
    embedding_text(page, &page.sections[passage.section], &passage.text)
}

/// Writes all files but the manifest, and returns it.
fn write_index(
    output: &OutputFolder,
    pages: &[Page],
    passages: &[Passage],
    embeddings: &[f32],
    models: &Models,
) -> Result<Manifest> {
    let records: Vec<PassageRecord> = passages.iter().map(|p| record_of(pages, p)).collect();
    let mut lexical = LexicalBuilder::new();
    let mut lengths: Vec<u32> = Vec::new();
    let mut at = 0;
    for section in passages.chunk_by(|a, b| (a.page, a.section) == (b.page, b.section)) {
        let record = &records[at];
        let text: Vec<&str> = section.iter().map(|p| p.text.as_str()).collect();
        lexical.add(lengths.len() as u32, &record.lang, &record.title, &record.heading_path, &text.join("\n"));
        lengths.push(section.len() as u32);
        at += section.len();
    }
    let lexical = Sections::prepend_to(&lengths, &lexical.finish());
    let vectors = Vectors::quantize(embeddings, models.bi_encoder.dim());
    let chunks = records.chunks(PASSAGES_PER_CHUNK as usize);
    let mut languages = BTreeMap::new();
    for page in pages {
        *languages.entry(page.lang.clone()).or_default() += 1;
    }
    let weights = FusionWeights::default();
    let reranker_bytes = models.reranker.as_ref().map(|(_, bytes)| bytes);
    Ok(Manifest {
        format: FORMAT.to_owned(),
        version: VERSION,
        generator: concat!("siteseer ", env!("CARGO_PKG_VERSION")).to_owned(),
        site_root: "../".to_owned(),
        counts: Counts { pages: pages.len() as u32, sections: lengths.len() as u32, passages: passages.len() as u32 },
        languages,
        model: models.bi_encoder_entry(),
        fusion: FusionEntry { dense: weights.dense, lexical: weights.lexical },
        reranker: models.reranker.as_ref().map(|(entry, _)| entry.clone()),
        passages_per_chunk: PASSAGES_PER_CHUNK,
        files: Files {
            lexical: output.add("lexical", "bin", &lexical, Storage::Gzip)?,
            vectors: output.add("vectors", "safetensors", &vectors.to_bytes(), Storage::Plain)?,
            model: output.add("model", "safetensors", &models.bi_encoder_bytes, Storage::Gzip)?,
            reranker: reranker_bytes
                .map(|bytes| output.add("reranker", "safetensors", bytes, Storage::Gzip))
                .transpose()?,
            passages: chunks
                .map(|chunk| output.add("passages", "json", &chunk_to_json(chunk), Storage::Gzip))
                .collect::<Result<_>>()?,
        },
    })
}

fn record_of(pages: &[Page], passage: &Passage) -> PassageRecord {
    let page = &pages[passage.page];
    let section = &page.sections[passage.section];
    PassageRecord {
        url: page.url.clone(),
        title: page.title.clone(),
        lang: page.lang.clone(),
        heading_path: headings(page, section).to_vec(),
        anchor: section.anchor.clone(),
        text: passage.text.clone(),
    }
}

/// Copies the browser's files and returns their bytes.
fn write_client(output: &OutputFolder) -> Result<u64> {
    super::client::files().map(|(name, content)| output.write(&name, &content)).sum()
}

/// Reads the manifest of an index folder.
///
/// # Errors
/// If there is none, or it is damaged.
pub(super) fn read_manifest(folder: &Path) -> Result<Manifest> {
    let path = folder.join(MANIFEST_NAME);
    let json = std::fs::read(&path)
        .with_context(|| format!("{}: can't be read. Make an index with `siteseer index SITE`", path.display()))?;
    Ok(Manifest::parse(&json, &path.display().to_string())?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::Section;

    #[test]
    fn a_stored_passage_gives_the_text_that_was_embedded() {
        let section = |path: &[&str]| Section {
            anchor: "a".to_owned(),
            heading_path: path.iter().map(|heading| (*heading).to_owned()).collect(),
            blocks: Vec::new(),
        };
        let long = "word ".repeat(60);
        for title in ["Cargo", "", &long] {
            let sections = vec![
                section(&[]),
                section(&["Cargo"]),
                section(&["Cargo", "Cargo", "Workspaces"]),
                section(&["", "Workspaces", &long]),
            ];
            let count = sections.len();
            let pages = [Page { title: title.to_owned(), sections, ..Default::default() }];
            for section in 0..count {
                let passage = Passage { page: 0, section, text: "Some text.\nMore.".to_owned() };
                assert_eq!(record_of(&pages, &passage).model_text(), text_of(&pages, &passage), "{title} {section}");
            }
        }
    }
}
