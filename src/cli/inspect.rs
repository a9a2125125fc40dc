//! `siteseer inspect`: what an index costs its visitors and what its shortcuts lose: bytes a query by tier, recall of the static
//! tier against an exact scan, balance of the cells, and the number of files; or which pages say the same.

mod compressed;
mod duplicates;
mod exact;
mod recall;

use self::compressed::CompressedReport;
use self::exact::Exact;
use self::recall::Step;
use super::eval::sparse::SparseFiles;
use super::eval::static_tower::bytes_by_query;
use super::folder;
use crate::index::manifest::RelatedEntry;
use crate::index::related::{key, number};
use crate::index::scan::Scored;
use crate::index::top_k::TopK;
use crate::search::cascade::Cascade;
use crate::search::searcher::Searcher;
use crate::site::decode_url;
use anyhow::{Context, Result, bail};
use serde::Serialize;
use std::fs;
use std::path::{Path, PathBuf};

/// Queries that are made of headings, at most.
const HEADINGS: usize = 300;
/// Depth of recall.
const DEPTH: usize = 10;

/// Arguments of `siteseer inspect`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  siteseer inspect public/\n  siteseer inspect public/ --queries what-visitors-type.txt --probes 40\n  \
                  siteseer inspect public/ --json\n  siteseer inspect public/ --duplicates"
)]
pub struct InspectArgs {
    /// Folder of the index, or the site that holds it
    index: PathBuf,
    /// File with a query a line [default: headings of the site]
    #[arg(long, value_name = "FILE")]
    queries: Option<PathBuf>,
    /// Cells that a query looks at, to try another number than the index's
    #[arg(long, value_name = "N")]
    probes: Option<usize>,
    /// Static query tower file of which the index's is made, for recall against the exact scan [default: siteseer-static-tower]
    #[arg(long = "static", env = "SITESEER_STATIC", value_name = "FILE")]
    static_tower: Option<PathBuf>,
    /// Name the pairs of pages that say the same instead: at least this share of the passages of one has its like on the other
    /// [0.8 unless given, as --duplicates=0.5]
    #[arg(long, value_name = "SHARE", num_args = 0..=1, require_equals = true, default_missing_value = "0.8")]
    duplicates: Option<f32>,
    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

/// Least, middle and greatest of some numbers, and the one that 95 of 100 do not exceed.
#[derive(Debug, Clone, Copy, Default, Serialize)]
struct Spread {
    least: u64,
    median: u64,
    p95: u64,
    most: u64,
}

impl Spread {
    fn of(mut values: Vec<u64>) -> Self {
        values.sort_unstable();
        let at = |share: f64| values.get(((values.len() as f64 * share) as usize).min(values.len().saturating_sub(1)));
        let [least, median, p95, most] = [0.0, 0.5, 0.95, 1.0].map(|share| at(share).copied().unwrap_or_default());
        Self { least, median, p95, most }
    }
}

/// What there is of a kind of file.
#[derive(Debug, Serialize)]
struct Kind {
    name: String,
    files: u32,
    bytes: u64,
}

/// The static tier's part of the report.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct StaticReport {
    cells: usize,
    probes: usize,
    /// Passages of a cell.
    cell_passages: Spread,
    /// Stored bytes that a first query reads, besides the lexical ones.
    query_bytes: Spread,
    /// Share of the 10 passages nearest to the tower's vector that are among the first 10 read, against all vectors; none without the
    /// tower's model file.
    recall_at_10: Option<f64>,
    /// The same against all rows, so without what codes lose.
    recall_at_10_of_rows: f64,
    /// What it would be if a query read more; empty without the tower's model file.
    steps: Vec<Step>,
}

/// The report.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    passages: u32,
    queries: usize,
    files: u32,
    kinds: Vec<Kind>,
    /// Stored bytes of root, postings and spellings that a first query reads.
    lexical_query_bytes: Spread,
    /// Stored bytes that a view of a page with its related pages reads.
    #[serde(skip_serializing_if = "Option::is_none")]
    related_view_bytes: Option<Spread>,
    #[serde(rename = "static", skip_serializing_if = "Option::is_none")]
    static_tier: Option<StaticReport>,
    /// Where learned sparse retrieval takes its place: what a query by meaning reads.
    sparse_query_bytes: Option<Spread>,
    /// Where vectors are compressed: what a query by meaning with the model reads.
    #[serde(skip_serializing_if = "Option::is_none")]
    compressed: Option<CompressedReport>,
}

/// Runs the verb.
///
/// # Errors
/// If the index, the queries or the tower are missing or damaged.
pub fn run(args: &InspectArgs) -> Result<()> {
    let index = folder::find_index(&args.index)?;
    let mut cascade = folder::open(&index, false)?;
    folder::load_all_chunks(&index, &mut cascade.searcher)?;
    if let Some(share) = args.duplicates {
        return duplicates::run(&index, &cascade.searcher, share, args.json);
    }
    let queries = match &args.queries {
        Some(path) => {
            let text = fs::read_to_string(path).with_context(|| format!("{}: can't be read", path.display()))?;
            text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
        }
        None => headings(&cascade),
    };
    if queries.is_empty() {
        bail!("there is nothing to ask: the site has no headings. Name a file with --queries");
    }
    let report = inspect(args, &index, &mut cascade, &queries)?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print(&report);
    }
    Ok(())
}

/// The innermost headings of evenly chosen sections, each once.
fn headings(cascade: &Cascade) -> Vec<String> {
    let passages = cascade.searcher.manifest().counts.passages;
    let records = (0..passages).filter_map(|passage| cascade.searcher.passage(passage));
    let mut all: Vec<String> =
        records.map(|record| record.heading_path.last().unwrap_or(&record.title).clone()).collect();
    all.dedup();
    let step = all.len().div_ceil(HEADINGS).max(1);
    all.into_iter().step_by(step).filter(|heading| !heading.trim().is_empty()).collect()
}

fn inspect(args: &InspectArgs, index: &Path, cascade: &mut Cascade, queries: &[String]) -> Result<Report> {
    let files = cascade.searcher.manifest().files.clone();
    let related = cascade.searcher.manifest().related.clone();
    let mut kinds: Vec<Kind> =
        files.all().map(|file| Kind { name: stem(&file.name), files: 1, bytes: file.bytes }).collect();
    let groups = files.groups().chain(related.iter().map(|related| &related.chunks));
    kinds.extend(groups.map(|group| Kind { name: stem(&group.name), files: group.files, bytes: group.bytes }));
    let mut lexical = Vec::new();
    for query in queries {
        let mut bytes = files.lexical.bytes;
        for chunk in cascade.searcher.words_needed(query) {
            bytes += fs::metadata(index.join(files.group(chunk.kind).file(chunk.number)))?.len();
        }
        lexical.push(bytes);
    }
    let static_tier = match files.static_tower {
        Some(_) => Some(inspect_static(args, index, cascade, queries)?),
        None => None,
    };
    let own = SparseFiles::own(index, cascade)?;
    let sparse = own.map(|own| own.by_query(queries.iter().map(String::as_str))).transpose()?;
    Ok(Report {
        passages: cascade.searcher.manifest().counts.passages,
        queries: queries.len(),
        files: kinds.iter().map(|kind| kind.files).sum(),
        kinds,
        lexical_query_bytes: Spread::of(lexical),
        related_view_bytes: related.map(|related| related_bytes(index, &cascade.searcher, &related)).transpose()?,
        static_tier,
        sparse_query_bytes: sparse.map(Spread::of),
        compressed: CompressedReport::new(index, queries)?,
    })
}

/// Bytes of the file that a view of each page reads.
fn related_bytes(index: &Path, searcher: &Searcher, related: &RelatedEntry) -> Result<Spread> {
    let mut bytes = Vec::new();
    for url in duplicates::pages(searcher).iter().map(|page| decode_url(page.url)) {
        let path = index.join(related.chunks.file(number(key(&url), related.bits)));
        bytes.push(fs::metadata(&path).with_context(|| format!("{}: can't be read", path.display()))?.len());
    }
    Ok(Spread::of(bytes))
}

fn inspect_static(args: &InspectArgs, index: &Path, cascade: &mut Cascade, queries: &[String]) -> Result<StaticReport> {
    let query_bytes = bytes_by_query(index, cascade, queries.iter().map(String::as_str), args.probes)?;
    folder::load_all_nearby(index, cascade)?;
    let exact = Exact::open(args.static_tower.as_deref(), index, cascade)?;
    let tier = cascade.static_tier().context("it was opened above")?;
    let all: Vec<u32> =
        (0..cascade.searcher.manifest().files.static_tower.as_ref().map_or(0, |f| f.rows.files)).collect();
    let (mut of_exact, mut of_rows) = (0.0, 0.0);
    for query in queries {
        let read = cascade.searcher.rows_needed(query, &tier.near(query)?)?;
        let found = best(tier.score_rows(query, &read)?);
        of_rows += share(&found, &best(tier.score_rows(query, &all)?));
        if let Some(exact) = &exact {
            of_exact += share(&found, &exact.first(query, DEPTH));
        }
    }
    let n = queries.len() as f64;
    Ok(StaticReport {
        cells: tier.cells().len(),
        probes: tier.cells().probes(),
        cell_passages: Spread::of(tier.cells().sizes().map(|size| size as u64).collect()),
        query_bytes: Spread::of(query_bytes),
        recall_at_10: exact.as_ref().map(|_| of_exact / n),
        recall_at_10_of_rows: of_rows / n,
        steps: exact.map_or(Ok(Vec::new()), |exact| recall::steps(index, cascade, &exact, queries))?,
    })
}

fn best(scored: Vec<Scored>) -> Vec<u32> {
    let mut top = TopK::new(DEPTH);
    scored.iter().for_each(|s| top.push(s.passage, s.score));
    top.into_sorted().map(|(passage, _)| passage).collect()
}

fn share(found: &[u32], wanted: &[u32]) -> f64 {
    wanted.iter().filter(|passage| found.contains(passage)).count() as f64 / wanted.len().max(1) as f64
}

/// `cells` of `cells-0123456789ab-*.bin.gz`.
fn stem(name: &str) -> String {
    name.split('-').next().unwrap_or_default().to_owned()
}

fn print(report: &Report) {
    println!("{} passages, {} files", report.passages, report.files);
    for kind in &report.kinds {
        println!("{:>10} {:>6} files {:>12} bytes", kind.name, kind.files, kind.bytes);
    }
    println!("\nA first query reads, of {} (bytes; the program and texts of results not counted):", report.queries);
    let line = |name: &str, s: &Spread| {
        println!("{name:>10}: median {}, 95 of 100 at most {}, most {}", s.median, s.p95, s.most);
    };
    line("words", &report.lexical_query_bytes);
    let tower = report.static_tier.as_ref().map(|tier| &tier.query_bytes);
    for meaning in tower.iter().copied().chain(&report.sparse_query_bytes) {
        line("meaning", meaning);
    }
    if let Some(bytes) = &report.related_view_bytes {
        println!("\nA page view with its related pages reads, besides the manifest:");
        line("related", bytes);
    }
    if let Some(compressed) = &report.compressed {
        compressed.print();
    }
    let Some(tier) = &report.static_tier else { return };
    let s = tier.cell_passages;
    println!(
        "\n{} cells of {} to {} passages (median {}); {} are looked at",
        tier.cells, s.least, s.most, s.median, tier.probes
    );
    let exact =
        tier.recall_at_10.map_or("not measured, without the tower's model file".to_owned(), |r| format!("{r:.3}"));
    println!("recall@10 against the exact scan: {exact}; against all rows: {:.3}", tier.recall_at_10_of_rows);
    if !tier.steps.is_empty() {
        recall::print(&tier.steps);
    }
}
