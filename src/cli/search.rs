//! `siteseer search`: the browser's engine in the terminal, over an index on disk.

use super::folder;
use super::sort::{SORTED, SortKey, parse_key, sort_hits};
use crate::index::filters::Condition;
use crate::search::cascade::Cascade;
use crate::search::context::CANDIDATES;
use crate::search::late::LATE;
use crate::search::rerank::RERANK;
use crate::search::searcher::{Hit, SearchResult, Searcher, Tier};
use anyhow::{Result, bail};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Arguments of `siteseer search`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  siteseer search 'share code between several packages' --index public/\n  \
                        siteseer search --tier lexical '--cfg' --json\n  \
                        siteseer search 'how do I undo a commit' --context | your-language-model")]
pub struct SearchArgs {
    /// What to look for
    #[arg(allow_hyphen_values = true)]
    query: String,
    /// Index folder, or the site that holds it
    #[arg(long, short, env = "SITESEER_INDEX", value_name = "DIR", default_value = ".")]
    index: PathBuf,
    /// Number of results
    #[arg(long, short = 'n', env = "SITESEER_LIMIT", value_name = "N", default_value_t = 8)]
    limit: usize,
    /// How far up the ladder to go [default: as far as the index has models]
    #[arg(long, env = "SITESEER_TIER", value_enum)]
    tier: Option<TierArg>,
    /// Answer only from pages with this value of a filter; given several times, all must hold
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_condition)]
    filter: Vec<Condition>,
    /// Bring the best 200 into the order of a value that pages have (data-siteseer-sort); those without it come last
    #[arg(long, value_name = "KEY[:asc|desc]", value_parser = parse_key, conflicts_with_all = ["context", "facets"])]
    sort: Option<SortKey>,
    /// Print how many pages with a word of the query each value of each filter has
    #[arg(long, conflicts_with = "context")]
    facets: bool,
    /// Print results as JSON
    #[arg(long)]
    json: bool,
    /// Print what a language model needs to answer: the best sections as Markdown, numbered for citation (as many as fit,
    /// whatever --limit says)
    #[arg(long)]
    context: bool,
    /// Most tokens of the context
    #[arg(long, value_name = "N", default_value_t = 1500, requires = "context")]
    max_tokens: usize,
}

/// [`Tier`] as an argument.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum TierArg {
    /// Words only
    Lexical,
    /// Words and meaning, without a model: the index needs a static query tower, or learned sparse retrieval
    Static,
    /// Words and meaning
    Dense,
    /// Words and meaning, the best reordered by their token vectors: the index needs late interaction
    Late,
    /// Words and meaning, the best read again together with the query
    Reranked,
}

/// Runs the verb.
///
/// # Errors
/// If the index is missing or damaged.
pub fn run(args: &SearchArgs) -> Result<()> {
    let folder = folder::find_index(&args.index)?;
    let needs_model = !matches!(args.tier, Some(TierArg::Lexical | TierArg::Static));
    let mut cascade = folder::open(&folder, needs_model)?;
    let has_model = cascade.searcher.manifest().model.is_some();
    let tier = match args.tier {
        Some(TierArg::Lexical) => Tier::Lexical,
        None if !has_model => Tier::Lexical,
        Some(_) if !has_model => bail!(
            "{}: the index has no model, only words. Index the site without --model none, or search with --tier lexical",
            folder.display()
        ),
        Some(TierArg::Static) => {
            if !folder::load_meaning_without_a_model(&folder, &mut cascade)? {
                bail!(
                    "{}: the index has neither a static query tower nor learned sparse retrieval. Index the site without --static none, or search with --tier dense",
                    folder.display()
                );
            }
            Tier::Static
        }
        Some(TierArg::Late) => {
            if !folder::load_late(&folder, &mut cascade)? {
                bail!(
                    "{}: the index has no token vectors. Index the site with --late rerank, or search with --tier dense",
                    folder.display()
                );
            }
            Tier::Late
        }
        Some(TierArg::Dense) => Tier::Dense,
        None if args.sort.is_some() => Tier::Dense,
        wanted => match (folder::load_reranker(&folder, &mut cascade)?, wanted) {
            (true, _) => Tier::Reranked,
            (false, None) => Tier::Dense,
            (false, Some(_)) => bail!(
                "{}: the index has no reranker. Index the site with --reranker FILE, or search with --tier dense",
                folder.display()
            ),
        },
    };
    folder::load_words(&folder, &mut cascade.searcher, &args.query)?;
    let says_something = cascade.searcher.manifest().files.filters.is_some();
    if !args.filter.is_empty() || args.facets || args.sort.is_some() {
        folder::set_filter(&folder, &mut cascade.searcher, &args.filter)?;
    } else if args.json && says_something {
        // metadata is an addition: results are worth having without it
        if let Err(error) = folder::set_filter(&folder, &mut cascade.searcher, &[]) {
            eprintln!("warning: results are without metadata: {error:#}");
        }
    }
    folder::choose_phrases(&folder, &mut cascade.searcher, &args.query)?;
    if args.facets {
        return print_facets(args, &cascade.searcher);
    }
    if tier == Tier::Static {
        folder::load_meaning_of(&folder, &mut cascade, &args.query)?;
    }
    let limit = match args.sort {
        Some(_) => SORTED.max(args.limit),
        None if args.context => CANDIDATES,
        None => args.limit,
    };
    let (mut hits, ms) = rank(&folder, &mut cascade, &args.query, tier, limit)?;
    if args.context {
        return print_context(args, &folder, &mut cascade, &hits);
    }
    if let Some(key) = &args.sort {
        hits = sort_hits(&cascade.searcher, &hits, key)?;
        hits.truncate(args.limit);
    }
    let shown: Vec<u32> = hits.iter().map(|hit| hit.passage).collect();
    folder::load_passages(&folder, &mut cascade.searcher, &shown)?;
    let results = cascade.searcher.results(&args.query, &hits)?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&results)?);
    } else {
        print(&results, &cascade.searcher, tier, ms);
        let meant = folder::suggest(&folder, &mut cascade.searcher, &args.query)?;
        if !meant.is_empty() {
            let meant: Vec<String> = meant.iter().map(|query| format!("“{}”", printable(query))).collect();
            println!("Did you mean {}?", meant.join(" or "));
        }
    }
    Ok(())
}

/// Ranks, and returns the hits with the milliseconds that it took, reading of files left out.
fn rank(folder: &Path, cascade: &mut Cascade, query: &str, tier: Tier, limit: usize) -> Result<(Vec<Hit>, f64)> {
    let started = Instant::now();
    if tier == Tier::Late {
        let hits = cascade.rank(query, Tier::Dense, LATE)?;
        let passages: Vec<u32> = hits.iter().map(|hit| hit.passage).collect();
        folder::load_late_of(folder, cascade, &passages)?;
        let started = Instant::now();
        return Ok((cascade.rank(query, tier, limit)?, started.elapsed().as_secs_f64() * 1e3));
    }
    if tier != Tier::Reranked {
        return Ok((cascade.rank(query, tier, limit)?, started.elapsed().as_secs_f64() * 1e3));
    }
    let hits = cascade.rank(query, Tier::Dense, limit.max(RERANK))?;
    let dense = started.elapsed();
    let candidates = &hits[..hits.len().min(RERANK)];
    let passages: Vec<u32> = candidates.iter().map(|hit| hit.passage).collect();
    let reading = cascade.searcher.reading(&passages);
    folder::load_passages(folder, &mut cascade.searcher, &reading)?;
    let started = Instant::now();
    let logits = cascade.score_pairs(query, &passages)?;
    let mut hits = cascade.searcher.rerank(&hits, &logits);
    hits.truncate(limit);
    Ok((hits, (dense + started.elapsed()).as_secs_f64() * 1e3))
}

/// `author=Ann` as a condition.
fn parse_condition(text: &str) -> Result<Condition, String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => {
            Ok(Condition { name: name.trim().to_owned(), any_of: vec![value.trim().to_owned()] })
        }
        _ => Err("a filter is written NAME=VALUE, such as author=Ann".to_owned()),
    }
}

fn print_facets(args: &SearchArgs, searcher: &Searcher) -> Result<()> {
    let facets = searcher.facets(&args.query)?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&facets)?);
        return Ok(());
    }
    for facet in facets {
        println!("{}", printable(&facet.name));
        facet.values.iter().for_each(|(value, pages)| println!("{pages:>7} {}", printable(value)));
    }
    Ok(())
}

/// A text without what a terminal would obey.
pub(super) fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

fn print_context(args: &SearchArgs, folder: &Path, cascade: &mut Cascade, hits: &[Hit]) -> Result<()> {
    let reading = cascade.searcher.context_reading(hits);
    folder::load_passages(folder, &mut cascade.searcher, &reading)?;
    let context = cascade.context(&args.query, hits, args.max_tokens, "")?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&context)?);
    } else {
        print!("{}", context.markdown);
    }
    eprintln!("{} sections, {} tokens ({})", context.citations.len(), context.tokens, context.counted);
    Ok(())
}

fn print(results: &[SearchResult], searcher: &Searcher, tier: Tier, ms: f64) {
    let (bold, dim, off) =
        if std::io::stdout().is_terminal() { ("\x1b[1m", "\x1b[2m", "\x1b[0m") } else { ("", "", "") };
    for (result, rank) in results.iter().zip(1..) {
        let path: Vec<&str> = std::iter::once(&result.title).chain(&result.heading_path).map(String::as_str).collect();
        println!("{rank:>2}. {bold}{}{off}", path.join(" > "));
        println!("    {dim}{}{off}", result.url);
        println!("    {}\n", plain(&result.excerpt, bold, off));
    }
    if results.is_empty() {
        println!("Nothing found. Try fewer or other words.");
    }
    let counts = searcher.manifest().counts;
    let tier = match tier {
        Tier::Lexical => "words",
        Tier::Static => "words and meaning, no model",
        Tier::Dense => "words and meaning",
        Tier::Late => "words and meaning, late interaction",
        Tier::Reranked => "words and meaning, reranked",
    };
    eprintln!("{dim}{tier}, {ms:.1} ms, {} passages of {} pages{off}", counts.passages, counts.pages);
}

/// An excerpt for the terminal: marks become bold, entities characters again, control characters nothing.
fn plain(html: &str, bold: &str, off: &str) -> String {
    printable(html)
        .replace("<mark>", bold)
        .replace("</mark>", off)
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}
