//! `siteseer index`: a built site becomes an index folder, in stages: read, split, embed, write.

mod embed;
mod output;
mod summary;

use super::model_path::find_model;
use super::progress::Progress;
use crate::index::lexical::LexicalBuilder;
use crate::index::manifest::{Counts, FORMAT, Files, FusionEntry, MANIFEST_NAME, Manifest, ModelEntry, VERSION};
use crate::index::passages::{PassageRecord, chunk_to_json};
use crate::index::sections::Sections;
use crate::index::vectors::Vectors;
use crate::kernels::Backend;
use crate::model::bi_encoder::BiEncoder;
use crate::search::fuse::FusionWeights;
use crate::site::{Page, Passage, ReadOptions, Site, embedding_text, read_site, split};
use anyhow::{Context, Result, bail};
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
    let (model, model_bytes) = load_model(args.model.as_deref())?;
    if !args.no_client && super::client::files().next().is_none() {
        bail!(
            "this program was built without the browser's files. Build it with ./build.sh, or index with --no-client"
        );
    }

    let site = read(args)?;
    summary::print_notes(&site.report, args.quiet);
    let (passages, embeddings) = embed_pages(&site.pages, &model, args.passage_pieces, args.quiet)?;
    if passages.is_empty() {
        bail!("{}: the pages hold no text to index. Check --root-selector and data-siteseer-body", args.site.display());
    }

    let output = OutputFolder::create(&out)?;
    let manifest = write_index(&output, &site.pages, &passages, &embeddings, &model, &model_bytes)?;
    let client_bytes = if args.no_client { 0 } else { write_client(&output)? };
    output.write(MANIFEST_NAME, manifest.to_json().as_bytes())?;
    output.finish()?;
    Summary::new(&site.report, &manifest, client_bytes, &out, model.backend(), started.elapsed())
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

/// Indexes pages that come from elsewhere than a site's folder, into the folder `out`, without the browser's files.
///
/// # Errors
/// If the model is damaged, the pages hold no text, or the output can't be written.
pub(super) fn index_pages(pages: &[Page], model: &Path, pieces: usize, out: &Path, quiet: bool) -> Result<()> {
    let (model, model_bytes) = load_model(Some(model))?;
    let (passages, embeddings) = embed_pages(pages, &model, pieces, quiet)?;
    if passages.is_empty() {
        bail!("there is no text to index");
    }
    let output = OutputFolder::create(out)?;
    let manifest = write_index(&output, pages, &passages, &embeddings, &model, &model_bytes)?;
    output.write(MANIFEST_NAME, manifest.to_json().as_bytes())?;
    output.finish()
}

/// The named model, or the default one, and the bytes of its file.
fn load_model(named: Option<&Path>) -> Result<(BiEncoder, Vec<u8>)> {
    let path = find_model(named)?;
    let bytes = std::fs::read(&path).with_context(|| format!("{}: can't be read", path.display()))?;
    let model = BiEncoder::load(&bytes, &path.display().to_string(), Backend::best())?;
    Ok((model, bytes))
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
    model: &BiEncoder,
    model_bytes: &[u8],
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
    let vectors = Vectors::quantize(embeddings, model.dim());
    let chunks = records.chunks(PASSAGES_PER_CHUNK as usize);
    let mut languages = BTreeMap::new();
    for page in pages {
        *languages.entry(page.lang.clone()).or_default() += 1;
    }
    let weights = FusionWeights::default();
    Ok(Manifest {
        format: FORMAT.to_owned(),
        version: VERSION,
        generator: concat!("siteseer ", env!("CARGO_PKG_VERSION")).to_owned(),
        site_root: "../".to_owned(),
        counts: Counts { pages: pages.len() as u32, sections: lengths.len() as u32, passages: passages.len() as u32 },
        languages,
        model: ModelEntry {
            id: model.id().to_owned(),
            dim: model.dim(),
            max_tokens: model.max_tokens(),
            tokenizer_sha256: model.tokenizer_sha256().to_owned(),
        },
        fusion: FusionEntry { dense: weights.dense, lexical: weights.lexical },
        passages_per_chunk: PASSAGES_PER_CHUNK,
        files: Files {
            lexical: output.add("lexical", "bin", &lexical, Storage::Gzip)?,
            vectors: output.add("vectors", "safetensors", &vectors.to_bytes(), Storage::Plain)?,
            model: output.add("model", "safetensors", model_bytes, Storage::Gzip)?,
            passages: chunks
                .map(|chunk| output.add("passages", "json", &chunk_to_json(chunk), Storage::Gzip))
                .collect::<Result<_>>()?,
        },
    })
}

fn record_of(pages: &[Page], passage: &Passage) -> PassageRecord {
    let page = &pages[passage.page];
    let section = &page.sections[passage.section];
    // a first heading equal to the title says nothing
    let repeated = section.heading_path.first().is_some_and(|first| *first == page.title);
    PassageRecord {
        url: page.url.clone(),
        title: page.title.clone(),
        lang: page.lang.clone(),
        heading_path: section.heading_path[usize::from(repeated)..].to_vec(),
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
