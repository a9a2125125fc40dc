//! `siteseer index`: a built site becomes an index folder, in stages: read, split, embed, write.

mod along;
mod compressed;
mod device;
mod earlier;
mod embed;
mod globs;
mod impacts;
mod interrupt;
mod k_means;
mod late;
mod models;
mod nearby;
mod output;
mod parts;
mod related;
mod scratch;
mod stemmers;
mod summary;
mod values;
mod weights;

use super::folder::find_index;
use super::only_print;
use super::progress::Progress;
use crate::index::chunks::ChunkKind;
use crate::index::filters::{self, PageFacts};
use crate::index::lexical::LexicalBuilder;
use crate::index::manifest::{Counts, FORMAT, Files, FusionEntry, MANIFEST_NAME, Manifest, RelatedEntry, VERSION};
use crate::index::passages::{PassageRecord, chunk_to_json, passages_per_chunk};
use crate::index::related::to_chunks;
use crate::index::sections::Sections;
use crate::index::vectors::Vectors;
use crate::search::fuse::FusionWeights;
use crate::site::{Annotations, Page, Passage, ReadOptions, Site, embedding_text, headings, read_site, split};
use along::Along;
use anyhow::{Context, Result, bail};
pub(super) use compressed::VectorFiles;
use compressed::write_compressed;
use device::{Device, GpuEmbedder};
use earlier::EarlierIndex;
pub use embed::embed_token_ids;
use embed::{Embedded, Embedding};
use globs::Globs;
pub(super) use impacts::{TERMS, make_impacts};
pub(super) use models::ModelChoice;
use models::Models;
use nearby::Nearby;
use output::OutputFolder;
pub(super) use output::{Storage, pack};
use parts::{words_between, words_of};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;
use stemmers::write_stemmers;
use summary::Summary;
pub(super) use values::parse_passage_pieces;
use values::{RelatedCount, parse_related};

/// Longest passage, in word pieces, unless told otherwise.
pub(super) const MAX_PIECES: usize = 96;

/// Bits of a dimension of a token vector unless told otherwise.
pub(super) const LATE_BITS: u8 = 2;

/// Arguments of `siteseer index`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Pages say themselves what to index: <main>, or data-siteseer-body (data-pagefind-body) where present; \
                        data-siteseer-ignore (data-pagefind-ignore) leaves a part out.\n\n\
                        Examples:\n  siteseer index public/\n  siteseer index book/ --exclude 'archive/**' --out book/search"
)]
pub struct IndexArgs {
    /// Folder of the built site: the one with its index.html (or Markdown files)
    #[arg(env = "SITESEER_SITE")]
    site: PathBuf,
    /// Folder to write the index to [default: SITE/siteseer]
    #[arg(long, env = "SITESEER_OUT", value_name = "DIR")]
    out: Option<PathBuf>,
    /// Model file for the vectors, or `none` to index words alone [default: all-MiniLM-L6-v2]
    #[arg(long, env = "SITESEER_MODEL", value_name = "FILE|none")]
    model: Option<PathBuf>,
    /// Query tower: a smaller model for visitors, fitted to the vectors of the model. `small` is the one that comes with
    /// siteseer: 8 MB in place of 19, two layers in place of six; `none` gives visitors the model itself, which finds a
    /// little more (models/README.md) [default: small, if it is there, belongs to the model, and --late is off]
    #[arg(long, env = "SITESEER_QUERY_TOWER", value_name = "FILE|small|none")]
    query_tower: Option<PathBuf>,
    /// Cross-encoder file that goes along to rerank results, or `none` [default: siteseer-cross-encoder, if it is there
    /// and belongs to the model]
    #[arg(long, env = "SITESEER_RERANKER", value_name = "FILE|none")]
    reranker: Option<PathBuf>,
    /// Static query tower file that goes along in small files, for search by meaning without a model download, or `none`
    /// [default: siteseer-static-tower, if it is there and belongs to the model]
    #[arg(long = "static", env = "SITESEER_STATIC", value_name = "FILE|none")]
    static_tower: Option<PathBuf>,
    /// Learned sparse retrieval in place of the static query tower: postings of the tokens that say most of each passage, for search by
    /// meaning without a model at a sixth of the bytes, and a little less good; `on` is the one that comes with siteseer, or a file of rows [default: off]
    #[arg(long, env = "SITESEER_SPARSE", value_name = "on|off|FILE")]
    sparse: Option<PathBuf>,
    /// Tokens by which each passage is expanded for --sparse
    #[arg(long, env = "SITESEER_SPARSE_TERMS", value_name = "N", default_value_t = TERMS, value_parser = clap::value_parser!(u16).range(1..))]
    sparse_terms: u16,
    /// Late interaction, a rung between vectors and cross-encoder that compares word by word: `rerank` lets token vectors of all passages
    /// go along, with the head that comes with siteseer; or another head's file; or `off` [default: off]
    #[arg(long, env = "SITESEER_LATE", value_name = "off|rerank|FILE")]
    late: Option<PathBuf>,
    /// Bits of a dimension of a token vector, 1 or 2
    #[arg(long, env = "SITESEER_LATE_BITS", value_name = "N", default_value_t = LATE_BITS, value_parser = clap::value_parser!(u8).range(1..=2))]
    late_bits: u8,
    /// How visitors get the vectors: `whole` is all of them in one file; `compressed` a quarter of that, and for each query the vectors of its
    /// best passages, which finds nearly the same; `auto` compresses those of more than 10,000 passages
    #[arg(long, env = "SITESEER_VECTORS", value_enum, default_value_t = VectorFiles::Auto, hide_possible_values = true, value_name = "HOW")]
    vectors: VectorFiles,
    /// Only index files that match this glob, such as 'guide/**' (may be repeated, or several with commas between them)
    #[arg(long, env = "SITESEER_INCLUDE", value_name = "GLOB")]
    include: Vec<Globs>,
    /// Leave out files that match this glob, such as 'blog/{2023,2024}/**' (may be repeated, or several with commas)
    #[arg(long, env = "SITESEER_EXCLUDE", value_name = "GLOB")]
    exclude: Vec<Globs>,
    /// CSS selector of the elements that hold a page's content
    #[arg(long, env = "SITESEER_ROOT_SELECTOR", value_name = "SELECTOR")]
    root_selector: Option<String>,
    /// CSS selector of elements to leave out, besides navigation and the like (may be repeated)
    #[arg(long, env = "SITESEER_IGNORE", value_name = "SELECTOR")]
    ignore: Vec<String>,
    /// Longest passage, in word pieces: shorter ones are more precise, longer ones know more context
    #[arg(long, env = "SITESEER_PASSAGE_PIECES", value_name = "N", default_value_t = MAX_PIECES, value_parser = parse_passage_pieces)]
    passage_pieces: usize,
    #[command(flatten)]
    weights: weights::WeightArgs,
    /// Related pages that each page gets, or `off`: a small file a page, for `<siteseer-related>`; needs a model
    #[arg(long, env = "SITESEER_RELATED", value_name = "N|off", value_parser = parse_related, default_value = "3")]
    related: RelatedCount,
    /// Earlier index (or the site that holds it) from which vectors and token vectors of unchanged passages are taken, for builds that empty their output folder
    /// [default: the index that is replaced]
    #[arg(long, env = "SITESEER_REUSE", value_name = "DIR")]
    reuse: Option<PathBuf>,
    /// Where passages are embedded: `auto` takes a GPU where one answers
    #[arg(long, env = "SITESEER_DEVICE", value_enum, default_value_t = Device::Auto, hide_possible_values = true, value_name = "auto|cpu|gpu")]
    device: Device,
    /// Embed every passage again
    #[arg(long, env = "SITESEER_FRESH")]
    fresh: bool,
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
    let models = Models::load(ModelChoice {
        model: args.model.as_deref(),
        query_tower: args.query_tower.as_deref(),
        reranker: args.reranker.as_deref(),
        static_tower: args.static_tower.as_deref(),
        sparse: args.sparse.as_deref(),
        sparse_terms: args.sparse_terms,
        late: args.late.as_deref(),
        late_bits: args.late_bits,
    })?;
    if !args.no_client && super::client::files().next().is_none() {
        bail!(
            "this program was built without the browser's files. Build it with ./build.sh, or index with --no-client"
        );
    }

    let site = read(args)?;
    summary::print_notes(&site.report, args.quiet);
    let gpu = models.as_ref().map(|models| GpuEmbedder::open(args.device, models)).transpose()?.flatten();
    let earlier = models.as_ref().and_then(|models| earlier_index(args, &out, models, gpu.as_ref()));
    let embedding = Embedding { earlier: earlier.as_ref(), gpu: gpu.as_ref(), quiet: args.quiet };
    let (passages, embedded) = embed_pages(&site.pages, models.as_ref(), args.passage_pieces, &embedding)?;
    drop(earlier);
    if passages.is_empty() {
        bail!("{}: the pages hold no text to index. Check --root-selector and data-siteseer-body", args.site.display());
    }

    let output = OutputFolder::create(&out)?;
    let mut manifest =
        write_index(&output, &site.pages, &passages, embedded.as_ref(), models.as_ref(), args.vectors, args.quiet)?;
    if let Some(embedded) = embedded.as_ref().filter(|_| args.related.0 > 0) {
        manifest.related = Some(write_related(&output, &site.pages, &passages, &embedded.vectors, args.related)?);
    }
    let manifest = args.weights.apply(manifest)?;
    let client_bytes = if args.no_client { 0 } else { write_client(&output)? };
    output.write(MANIFEST_NAME, manifest.to_json().as_bytes())?;
    output.finish()?;
    only_print();
    let backend = models.as_ref().map(|models| embed::kernels_of(&models.bi_encoder, gpu.as_ref()));
    let reused = embedded.map_or(0, |embedded| embedded.reused);
    Summary::new(&site.report, &manifest, reused, client_bytes, &out, backend, started.elapsed())
        .print(args.json, args.quiet);
    Ok(())
}

fn read(args: &IndexArgs) -> Result<Site> {
    let options = ReadOptions {
        include: args.include.iter().flat_map(|Globs(globs)| globs.clone()).collect(),
        exclude: args.exclude.iter().flat_map(|Globs(globs)| globs.clone()).collect(),
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
    /// The models that were named.
    pub(super) models: ModelChoice<'a>,
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
    let models = Models::load(settings.models)?;
    let embedding = Embedding { earlier: None, gpu: None, quiet: settings.quiet };
    let (passages, embedded) = embed_pages(pages, models.as_ref(), settings.passage_pieces, &embedding)?;
    if passages.is_empty() {
        bail!("there is no text to index");
    }
    let output = OutputFolder::create(out)?;
    let manifest =
        write_index(&output, pages, &passages, embedded.as_ref(), models.as_ref(), VectorFiles::Auto, settings.quiet)?;
    output.write(MANIFEST_NAME, manifest.to_json().as_bytes())?;
    output.finish()
}

/// The index that this one replaces, or the one named by `--reuse`; none with `--fresh`, or where there is no
/// index. One that can't serve is no obstacle: a line says why, and everything is embedded.
fn earlier_index(args: &IndexArgs, out: &Path, models: &Models, gpu: Option<&GpuEmbedder>) -> Option<EarlierIndex> {
    let folder = args.reuse.as_deref().unwrap_or(out);
    if args.fresh || !(args.reuse.is_some() || folder.join(MANIFEST_NAME).is_file()) {
        return None;
    }
    let open = |folder: PathBuf| {
        EarlierIndex::open(&folder, &models.bi_encoder, &models.bi_encoder_bytes, models.late.as_ref(), gpu)
    };
    match find_index(folder).and_then(open) {
        Ok(earlier) => Some(earlier),
        Err(error) => {
            if !args.quiet {
                eprintln!("      note {}: no vectors are taken from it: {error:#}", folder.display());
            }
            None
        }
    }
}

/// Splits pages into passages and, if there is a model, embeds them.
fn embed_pages(
    pages: &[Page],
    models: Option<&Models>,
    pieces: usize,
    embedding: &Embedding<'_>,
) -> Result<(Vec<Passage>, Option<Embedded>)> {
    let Some(Models { bi_encoder, late, .. }) = models else {
        return Ok((split(pages, &estimated_pieces, pieces), None));
    };
    let passages = split(pages, &|text| bi_encoder.tokenizer().count(text), pieces);
    let texts: Vec<String> = passages.iter().map(|p| text_of(pages, p)).collect();
    let embedded = embed::embed(bi_encoder, late.as_ref(), &texts, embedding)?;
    Ok((passages, Some(embedded)))
}

/// Word pieces of a text where there is no tokenizer: words × 4/3.
fn estimated_pieces(text: &str) -> usize {
    (text.split_whitespace().count() * 4).div_ceil(3)
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
    embedded: Option<&Embedded>,
    models: Option<&Models>,
    vector_files: VectorFiles,
    quiet: bool,
) -> Result<Manifest> {
    let vectors = embedded.map(|embedded| &embedded.vectors);
    let mut lexical = LexicalBuilder::new();
    let of_sections = passages.chunk_by(|a, b| (a.page, a.section) == (b.page, b.section));
    let lengths: Vec<u32> = of_sections.map(|passages| passages.len() as u32).collect();
    let (sections, all) = (Sections::new(&lengths), passages);
    for number in 0..sections.parts() {
        let part = sections.part(number);
        let passages = &all[part.start as usize..part.end as usize];
        let page = &pages[passages[0].page];
        let section = &page.sections[passages[0].section];
        let headings = headings(page, section);
        if section.weights.is_empty() {
            let text: Vec<&str> = passages.iter().map(|p| p.text.as_str()).collect();
            lexical.add(number, &page.lang, &page.title, headings, &text.join("\n"));
        } else {
            let whole = sections.passages(sections.section_of(part.start));
            let before = words_of(&all[whole.start as usize..part.start as usize]);
            let blocks = section.weights.iter().copied().zip(section.blocks.iter().map(String::as_str));
            let blocks = words_between(blocks, before..before + words_of(passages));
            let blocks: Vec<(u16, &str)> = blocks.iter().map(|(weight, text)| (*weight, text.as_str())).collect();
            lexical.add_weighted(number, &page.lang, &page.title, headings, &blocks);
        }
    }
    let lexical = lexical.finish();
    let passages_per_chunk = passages_per_chunk(passages.len() as u32);
    let starts = sections.chunks(passages_per_chunk);
    let ends = starts.iter().skip(1).copied().chain([passages.len() as u32]);
    let chunks: Vec<&[Passage]> =
        starts.iter().zip(ends).map(|(&start, end)| &passages[start as usize..end as usize]).collect();
    let late = models.and_then(|models| models.late.as_ref()).zip(embedded.and_then(|embedded| embedded.late.as_ref()));
    let chunks = chunks.into_par_iter().map(|passages| {
        let records: Vec<PassageRecord> = passages.iter().map(|p| record_of(pages, p)).collect();
        chunk_to_json(&records)
    });
    let chunks: Vec<Vec<u8>> = chunks.collect();
    let filters = filters_of(pages, passages);
    let mut languages = BTreeMap::new();
    for page in pages {
        *languages.entry(page.lang.clone()).or_default() += 1;
    }
    let stemmers = write_stemmers(output, &lexical.languages, pages.iter().map(|page| page.lang.as_str()))?;
    let weights = FusionWeights::default();
    let reranker = models.and_then(|models| models.reranker.as_ref());
    let tower = models.and_then(|models| models.static_tower.as_ref()).zip(vectors);
    let many = vectors.filter(|vectors| vector_files.are_compressed(vectors.len()));
    let along = many.or(tower.map(|(_, vectors)| vectors)).map(Along::new);
    let nearby = tower.zip(along.as_ref()).map(|((tower, _), along)| (tower, Nearby::new(along, &sections, tower)));
    let sparse = models.and_then(|models| Some((models.sparse.as_ref()?, models))).zip(vectors);
    Ok(Manifest {
        format: FORMAT.to_owned(),
        version: VERSION,
        generator: concat!("siteseer ", env!("CARGO_PKG_VERSION")).to_owned(),
        site_root: "../".to_owned(),
        counts: Counts { pages: pages.len() as u32, sections: lengths.len() as u32, passages: passages.len() as u32 },
        languages: languages.into_iter().collect(),
        model: models.map(Models::query_entry),
        passage_model: models.and_then(Models::passage_entry),
        fusion: FusionEntry { dense: weights.dense, lexical: weights.lexical },
        reranker: reranker.map(|(entry, _)| entry.clone()),
        static_tower: nearby.as_ref().map(|(tower, nearby)| nearby.entry(tower)),
        sparse: sparse.map(|((sparse, _), _)| sparse.entry()),
        related: None,
        late: late.map(|(late, _)| late.entry(passages.len() as u32)),
        passages_per_chunk,
        files: Files {
            lexical: output.add("lexical", "bin", &Sections::prepend_to(&lengths, &lexical.root), Storage::Zopfli)?,
            stemmers,
            postings: output.add_chunks(ChunkKind::Postings.name(), &lexical.postings, Storage::Gzip)?,
            spellings: output.add_chunks(ChunkKind::Spellings.name(), &lexical.spellings, Storage::Gzip)?,
            vectors: vectors
                .map(|vectors| output.add("vectors", "safetensors", &vectors.to_bytes(), Storage::Plain))
                .transpose()?,
            compressed: many
                .zip(along.as_ref())
                .map(|(vectors, along)| write_compressed(output, vectors, along))
                .transpose()?,
            model: models
                .map(|models| output.add("model", "safetensors", models.query_bytes(), Storage::Gzip))
                .transpose()?,
            filters: filters.map(|json| output.add("filters", "json", &json, Storage::Gzip)).transpose()?,
            reranker: reranker
                .map(|(_, bytes)| output.add("reranker", "safetensors", bytes, Storage::Gzip))
                .transpose()?,
            static_tower: nearby.map(|(_, nearby)| nearby.write(output)).transpose()?,
            sparse: sparse
                .map(|((sparse, models), vectors)| {
                    sparse.write(output, vectors, &sections, models.bi_encoder.tokenizer(), quiet)
                })
                .transpose()?,
            late: late.map(|(late, codes)| codes.write(output, late)).transpose()?,
            passages: output.add_chunks(ChunkKind::Passages.name(), &chunks, Storage::Gzip)?,
        },
    })
}

/// Finds the related pages and writes their files.
fn write_related(
    output: &OutputFolder,
    pages: &[Page],
    passages: &[Passage],
    vectors: &Vectors,
    RelatedCount(count): RelatedCount,
) -> Result<RelatedEntry> {
    let (bits, chunks) = to_chunks(&related::related_pages(pages, passages, vectors, count as usize));
    Ok(RelatedEntry { count, bits, chunks: output.add_numbered_chunks("related", &chunks)? })
}

/// What the pages say of themselves, as a file; none if they say nothing.
fn filters_of(pages: &[Page], passages: &[Passage]) -> Option<Vec<u8>> {
    let mut lengths = vec![0; pages.len()];
    passages.iter().for_each(|passage| lengths[passage.page] += 1);
    let facts = pages.iter().zip(lengths).map(|(page, passages)| {
        let Annotations { filters, meta, sorts } = &page.annotations;
        PageFacts { passages, filters, meta, sorts }
    });
    filters::to_json(&facts.collect::<Vec<_>>())
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
            ..Section::default()
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
