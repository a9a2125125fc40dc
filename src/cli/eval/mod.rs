//! `siteseer eval`: how good is search, on queries whose right answers are known? Arguments and files; the judging is
//! in [`crate::eval`].

mod chains;
mod corpus;
pub(super) mod sparse;
pub(super) mod static_tower;
pub(super) mod vectors;

use super::folder;
use super::index::{LATE_BITS, MAX_PIECES, ModelChoice, PageSettings, TERMS, parse_passage_pieces};
use super::model_path::NONE;
use super::only_print;
use super::progress::Progress;
use crate::eval::collection::Collection;
use crate::eval::compare::compare;
use crate::eval::metrics::Gain;
use crate::eval::names::Names;
use crate::eval::plot::svg;
use crate::eval::report::Report;
use crate::eval::run::{Run, Step, run as rank, run_reranked, to_trec};
use crate::eval::table::of_changes;
use crate::index::manifest::FileEntry;
use crate::search::cascade::Cascade;
use crate::search::chain::Chain;
use crate::search::searcher::{Searcher, Tier};
use anyhow::{Context, Result, bail};
use chains::Chains;
use corpus::CorpusIndex;
use sparse::{SparseFiles, SparseOptions};
use static_tower::{TriedTower, bytes_by_query};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use vectors::vectors_by_query;

/// Split that judges unless told otherwise.
const SPLIT: &str = "test";
/// Exit code when quality dropped by more than `--fail-on-drop`.
const DROPPED: u8 = 3;
/// Depths of reranking unless told otherwise.
const RERANK_DEPTHS: &[usize] = &[10, 20, 30, 50];

/// Arguments of `siteseer eval`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A collection is a folder in BEIR layout: corpus.jsonl[.gz], queries.jsonl[.gz], qrels/SPLIT.tsv. For an index \
                        of your own site two tables are enough, columns separated by tabs:\n  queries.tsv   id, text, style (optional)\n  \
                        qrels.tsv     query id, URL with #anchor (or the page's URL), grade 0 to 3\n\n\
                        Examples:\n  siteseer eval questions/ --index public/ --rerank-depth 0 --chain 'lexical+dense>late:30>cross:10'\n  siteseer eval questions/ --index public/ --rerank-depth 0 --chain lexical+sparse\n  siteseer eval scifact/ --cache /tmp/eval\n  \
                        siteseer eval questions/ --index public/ --per-query wins-and-losses.tsv\n  \
                        siteseer eval questions/ --index public/ --json baseline.json\n  \
                        siteseer eval questions/ --index public/ --compare baseline.json --fail-on-drop 0.01"
)]
pub struct EvalArgs {
    /// Folder of the collection: queries, judgements and, without --index, documents
    collection: PathBuf,
    /// Judge this index (or the site that holds it); without, the collection's own documents are indexed
    #[arg(long, short, env = "SITESEER_INDEX", value_name = "DIR")]
    index: Option<PathBuf>,
    /// Which judgements: qrels/SPLIT.tsv [default: test; where there is qrels.tsv alone, that]
    #[arg(long, value_name = "SPLIT")]
    split: Option<String>,
    /// What a grade is worth in nDCG
    #[arg(long, value_enum, default_value_t = GainArg::Linear)]
    gain: GainArg,
    /// Keep the index of the collection's documents here, for the next time
    #[arg(long, env = "SITESEER_EVAL_CACHE", value_name = "DIR", conflicts_with = "index")]
    cache: Option<PathBuf>,
    /// Model file for the vectors of the collection's documents [default: all-MiniLM-L6-v2]
    #[arg(long, env = "SITESEER_MODEL", value_name = "FILE")]
    model: Option<PathBuf>,
    /// Query tower for the index of the collection's documents: `small`, a file, or `none` [default: as `siteseer index`]
    #[arg(long, env = "SITESEER_QUERY_TOWER", value_name = "FILE|small|none")]
    query_tower: Option<PathBuf>,
    /// Cross-encoder file for the index of the collection's documents, or `none` [default: as `siteseer index`]
    #[arg(long, env = "SITESEER_RERANKER", value_name = "FILE|none")]
    reranker: Option<PathBuf>,
    /// Static query tower file to try on the index's vectors besides the index's own, both whole; or `none` [default: for a
    /// collection's documents siteseer-static-tower, if it is there]
    #[arg(long = "static", env = "SITESEER_STATIC", value_name = "FILE|none")]
    static_tower: Option<PathBuf>,
    /// Head of late interaction for the index of the collection's documents: `rerank`, the one that comes with siteseer, a file,
    /// or `off` [default: off]
    #[arg(long, env = "SITESEER_LATE", value_name = "off|rerank|FILE")]
    late: Option<PathBuf>,
    /// Learned sparse retrieval in place of the static query tower in the index of the collection's documents: `on`, a file of rows, or `off`
    /// [default: off]
    #[arg(long, env = "SITESEER_SPARSE", value_name = "on|off|FILE")]
    sparse: Option<PathBuf>,
    /// How many of the best to rerank, several numbers separated by commas; 0 leaves reranking out [default: 10,20,30,50
    /// if the index has a cross-encoder]
    #[arg(long, value_name = "N,…", value_delimiter = ',')]
    rerank_depth: Vec<usize>,
    /// Judge a chain of rungs, such as 'lexical+dense>late:30>cross:10', too (may be repeated)
    #[arg(long, value_name = "CHAIN")]
    chain: Vec<Chain>,
    /// Trained rows of tokens for the chain lexical+sparse, models/siteseer-sparse.safetensors or what models/training/train_sparse.py leaves
    /// [default: the index's own postings, if it was made with --sparse; otherwise the rows of the static query tower that --static names, or of siteseer-static-tower, which are not trained for it]
    #[arg(long, value_name = "FILE", requires = "chain")]
    sparse_rows: Option<PathBuf>,
    /// Tokens by which each passage is expanded, for lexical+sparse and --sparse
    #[arg(long, env = "SITESEER_SPARSE_TERMS", value_name = "N", default_value_t = TERMS, value_parser = clap::value_parser!(u16).range(1..))]
    sparse_terms: u16,
    /// Longest passage of the collection's documents, in word pieces
    #[arg(long, env = "SITESEER_PASSAGE_PIECES", value_name = "N", default_value_t = MAX_PIECES, value_parser = parse_passage_pieces)]
    passage_pieces: usize,
    /// Write a table of all queries: nDCG@10, rank of the first relevant document and differences, by tier
    #[arg(long, value_name = "FILE")]
    per_query: Option<PathBuf>,
    /// Write the rankings of each tier to a file that trec_eval reads
    #[arg(long, value_name = "DIR")]
    run: Option<PathBuf>,
    /// Write everything as JSON; - is standard output, in place of the table
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Draw quality against bytes and time: an SVG file
    #[arg(long, value_name = "FILE.svg")]
    plot: Option<PathBuf>,
    /// Compare with the JSON of an earlier evaluation
    #[arg(long, value_name = "FILE")]
    compare: Option<PathBuf>,
    /// Exit with code 3 if nDCG@10 of a tier is lower than in the compared file by more than this
    #[arg(long, value_name = "X", requires = "compare")]
    fail_on_drop: Option<f64>,
    /// Show no progress
    #[arg(long, short, env = "SITESEER_QUIET")]
    quiet: bool,
}

/// [`Gain`] as an argument.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum GainArg {
    /// The grade itself, as trec_eval and BEIR have it
    Linear,
    /// 2^grade - 1
    Exp,
}

/// Runs the verb.
///
/// # Errors
/// If collection, index or baseline are missing or damaged, or an output can't be written.
pub fn run(args: &EvalArgs) -> Result<ExitCode> {
    let collection = Collection::read(&args.collection, args.split.as_deref(), SPLIT)?;
    let baseline = args.compare.as_deref().map(read_report).transpose()?;
    let settings = PageSettings {
        models: ModelChoice {
            model: args.model.as_deref(),
            query_tower: args.query_tower.as_deref(),
            reranker: args.reranker.as_deref(),
            static_tower: args.static_tower.as_deref(),
            sparse: args.sparse.as_deref(),
            sparse_terms: args.sparse_terms,
            late: Some(args.late.as_deref().unwrap_or(Path::new(NONE))),
            late_bits: LATE_BITS,
        },
        passage_pieces: args.passage_pieces,
        quiet: args.quiet,
    };
    let made = match &args.index {
        Some(_) => None,
        None => Some(CorpusIndex::make(&args.collection, &settings, args.cache.as_deref())?),
    };
    let index = match (&args.index, &made) {
        (Some(index), _) => folder::find_index(index)?,
        (None, Some(made)) => made.folder().to_owned(),
        (None, None) => unreachable!("an index is named or made"),
    };

    let mut cascade = folder::open(&index, true)?;
    if cascade.encoders().is_none() {
        bail!("{}: the index has no model to judge. Index the site without --model none", index.display());
    }
    folder::load_all_chunks(&index, &mut cascade.searcher)?;
    let searcher = &cascade.searcher;
    let names = if made.is_some() { Names::of_corpus(searcher) } else { Names::of_site(searcher) };
    if let Some((query, one, other)) = names.double(&collection) {
        bail!(
            "{}: the query `{}` judges one document twice, as `{one}` and `{other}`",
            args.collection.display(),
            query.id
        );
    }
    let missing = names.missing(&collection);
    let relevant = collection.queries.iter().flat_map(|q| q.grades.values()).filter(|grade| **grade > 0).count();
    if missing.count == relevant {
        bail!(
            "{}: none of the judged documents is in {}, such as `{}`. With --index, documents are URLs relative to the site's \
             root, with #anchor for a section",
            args.collection.display(),
            index.display(),
            missing.example
        );
    }

    let tower = TriedTower::find(args.static_tower.as_deref(), &cascade.searcher, args.index.is_none())?;
    let has_reranker = folder::load_reranker(&index, &mut cascade)?;
    let has_late = folder::load_late(&index, &mut cascade)?;
    let depths = depths(&args.rerank_depth, has_reranker)
        .with_context(|| format!("{}: the index has no cross-encoder", index.display()))?;
    let mut chains = Chains::of(&args.chain, &cascade, has_late, !depths.is_empty(), &index)?;
    if has_late {
        folder::load_all_late(&index, &mut cascade)?;
    }
    let sparse = SparseOptions {
        rows: args.sparse_rows.clone(),
        static_tower: args.static_tower.clone(),
        terms: args.sparse_terms.into(),
    };
    let tried = Tried { tower: tower.as_ref(), depths: &depths, sparse: &sparse };
    let runs = rank_all(&index, &mut cascade, &tried, &mut chains, &collection, &names, args.quiet)?;
    let gain = match args.gain {
        GainArg::Linear => Gain::Linear,
        GainArg::Exp => Gain::Exponential,
    };
    let report = Report::new(&collection, cascade.searcher.manifest(), missing, &runs, gain);
    write_files(args, &report, &runs, &collection)?;
    drop(made);
    only_print();
    conclude(args, &report, baseline.as_ref())
}

/// Depths of reranking, in rising order; none if there is nothing to rerank with, unless some were asked for.
fn depths(asked: &[usize], has_reranker: bool) -> Result<Vec<usize>> {
    let mut depths = if asked.is_empty() && has_reranker { RERANK_DEPTHS.to_vec() } else { asked.to_vec() };
    depths.retain(|&depth| depth > 0);
    depths.sort_unstable();
    depths.dedup();
    if !depths.is_empty() && !has_reranker {
        bail!("index with --reranker FILE, or leave --rerank-depth out");
    }
    Ok(depths)
}

/// What is judged besides the tiers.
struct Tried<'a> {
    tower: Option<&'a TriedTower>,
    depths: &'a [usize],
    sparse: &'a SparseOptions,
}

/// Climbs the ladder, step by step.
fn rank_all(
    index: &Path,
    cascade: &mut Cascade,
    &Tried { tower, depths, sparse }: &Tried<'_>,
    chains: &mut Chains,
    collection: &Collection,
    names: &Names,
    quiet: bool,
) -> Result<Vec<Run>> {
    let files = &cascade.searcher.manifest().files;
    let stored = |file: &Option<FileEntry>| file.as_ref().map_or(0, |file| file.bytes);
    let words = files.lexical.bytes + words_bytes(&cascade.searcher, collection);
    let (vectors, models) = (stored(&files.vectors), [stored(&files.model), stored(&files.reranker)]);
    let meaning = mean_vectors_read(cascade, collection)? + models[0];
    let all = words + meaning + models[1];
    let step = |name: &str, tier, against: &[&str], bytes| Step {
        name: name.to_owned(),
        tier,
        against: against.iter().map(|&name| name.to_owned()).collect(),
        bytes,
    };
    let lexical = step("lexical", Tier::Lexical, &[], words);
    let dense = step("dense only", Tier::Dense, &["lexical"], meaning);
    let fused = step("fused", Tier::Dense, &["lexical", "dense only"], words + meaning);

    let reranked = |(at, &depth): (usize, &usize)| {
        let name = |depth: usize| format!("+ cross-encoder {depth}");
        let shallower = at.checked_sub(1).map(|before| name(depths[before]));
        let against: Vec<&str> = ["fused"].into_iter().chain(shallower.as_deref()).collect();
        (step(&name(depth), Tier::Reranked, &against, all), depth)
    };
    let reranked: Vec<(Step, usize)> = depths.iter().enumerate().map(reranked).collect();

    let own = folder::load_static_tier(index, cascade)?;
    let own_sparse = SparseFiles::own(index, cascade)?;
    let passes = 3
        + u64::from(own)
        + u64::from(own_sparse.is_some())
        + 2 * u64::from(tower.is_some())
        + u64::from(!depths.is_empty());
    let passes = passes + chains.len() as u64;
    let progress = Progress::new("Asking", "queries", passes * collection.queries.len() as u64, quiet);
    let done = || progress.add(1);
    let mut vectors_alone = folder::open_vectors(index)?;
    let mut runs = vec![
        rank(cascade, lexical, collection, names, &done)?,
        rank(&mut vectors_alone, dense, collection, names, &done)?,
        rank(cascade, fused, collection, names, &done)?,
    ];
    if own {
        let texts = collection.queries.iter().map(|query| query.text.as_str());
        let read: u64 = bytes_by_query(index, cascade, texts, None)?.iter().sum();
        folder::load_all_nearby(index, cascade)?;
        let bytes = words + read / collection.queries.len().max(1) as u64;
        let step = step("lexical + static", Tier::Static, &["lexical", "fused"], bytes);
        runs.push(rank(cascade, step, collection, names, &done)?);
    }
    if let Some(own) = &own_sparse {
        let bytes = words + own.of_query(collection)?;
        let step = step("lexical + sparse", Tier::Static, &["lexical", "fused"], bytes);
        runs.push(rank(cascade, step, collection, names, &done)?);
    }
    if let Some(tower) = tower {
        tower.load_into(&mut vectors_alone)?;
        tower.load_into(cascade)?;
        let meaning = tower.len_bytes() + vectors;
        let alone = step("static only, whole", Tier::Static, &["lexical", "dense only"], meaning);
        let against: &[&str] = if own { &["fused", "lexical + static"] } else { &["lexical", "fused"] };
        let both = step("lexical + static, whole", Tier::Static, against, words + meaning);
        runs.push(rank(&mut vectors_alone, alone, collection, names, &done)?);
        runs.push(rank(cascade, both, collection, names, &done)?);
        cascade.unload_static_tower();
    }
    drop(vectors_alone);
    if !reranked.is_empty() {
        runs.extend(run_reranked(cascade, reranked, collection, names, &done)?);
    }
    chains.load_sparse(cascade, own_sparse, sparse, collection, quiet)?;
    runs.extend(chains.rank(cascade, words, collection, names, &done)?);
    progress.finish();
    Ok(runs)
}

/// Stored bytes of vectors that a query reads, on the average of all queries.
fn mean_vectors_read(cascade: &mut Cascade, collection: &Collection) -> Result<u64> {
    let texts = collection.queries.iter().map(|query| query.text.as_str());
    Ok(vectors_by_query(cascade, texts)?.iter().sum::<u64>() / collection.queries.len().max(1) as u64)
}

/// Stored bytes of the lexical chunks that a query needs, on the average of all queries.
fn words_bytes(searcher: &Searcher, collection: &Collection) -> u64 {
    let files = &searcher.manifest().files;
    let mean_of = |kind| files.group(kind).bytes as f64 / f64::from(files.group(kind).files.max(1));
    let chunks = collection.queries.iter().flat_map(|query| searcher.words_needed(&query.text));
    let total: f64 = chunks.map(|chunk| mean_of(chunk.kind)).sum();
    (total / collection.queries.len().max(1) as f64) as u64
}

fn write_files(args: &EvalArgs, report: &Report, runs: &[Run], collection: &Collection) -> Result<()> {
    if let Some(path) = &args.per_query {
        write(path, &report.per_query_tsv())?;
    }
    if let Some(folder) = &args.run {
        fs::create_dir_all(folder).with_context(|| format!("{}: can't be created", folder.display()))?;
        for run in runs {
            let name = run.step.name.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
            write(&folder.join(format!("{}.run", name.trim_matches('-'))), &to_trec(run, collection))?;
        }
    }
    if let Some(path) = &args.plot {
        write(path, &svg(report))?;
    }
    if let Some(path) = args.json.as_deref().filter(|path| *path != Path::new("-")) {
        write(path, &(serde_json::to_string_pretty(report)? + "\n"))?;
    }
    Ok(())
}

/// Prints what is asked for, and says whether quality held.
fn conclude(args: &EvalArgs, report: &Report, baseline: Option<&Report>) -> Result<ExitCode> {
    let to_stdout = args.json.as_deref() == Some(Path::new("-"));
    if to_stdout {
        println!("{}", serde_json::to_string_pretty(report)?);
    } else {
        print!("{report}");
    }
    let (Some(baseline), Some(path)) = (baseline, &args.compare) else { return Ok(ExitCode::SUCCESS) };
    let changes = compare(baseline, report).with_context(|| path.display().to_string())?;
    if to_stdout {
        eprint!("{}", of_changes(&changes));
    } else {
        print!("\n{}", of_changes(&changes));
    }
    let Some(drop) = args.fail_on_drop else { return Ok(ExitCode::SUCCESS) };
    let dropped: Vec<&str> = changes.iter().filter(|c| c.is_drop(drop)).map(|c| c.tier.as_str()).collect();
    if dropped.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("error: nDCG@10 dropped by more than {drop} since {}: {}", path.display(), dropped.join(", "));
    Ok(ExitCode::from(DROPPED))
}

fn read_report(path: &Path) -> Result<Report> {
    let json = fs::read(path).with_context(|| {
        format!("{}: can't be read. Make a baseline with --json {}", path.display(), path.display())
    })?;
    serde_json::from_slice(&json)
        .with_context(|| format!("{}: not a report of this version. Make a new one with --json", path.display()))
}

fn write(path: &Path, content: &str) -> Result<()> {
    fs::write(path, content).with_context(|| format!("{}: can't be written", path.display()))
}
