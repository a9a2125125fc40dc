//! `siteseer search`: the browser's engine in the terminal, over an index on disk.

use super::folder;
use crate::search::searcher::{SearchResult, Searcher, Tier};
use anyhow::Result;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Instant;

/// Arguments of `siteseer search`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  siteseer search 'share code between several packages' --index public/\n  \
                        siteseer search --tier lexical '--cfg' --json")]
pub struct SearchArgs {
    /// What to look for
    query: String,
    /// Index folder, or the site that holds it
    #[arg(long, short, env = "SITESEER_INDEX", value_name = "DIR", default_value = ".")]
    index: PathBuf,
    /// Number of results
    #[arg(long, short = 'n', env = "SITESEER_LIMIT", value_name = "N", default_value_t = 8)]
    limit: usize,
    /// How far up the ladder to go
    #[arg(long, env = "SITESEER_TIER", value_enum, default_value_t = TierArg::Dense)]
    tier: TierArg,
    /// Print results as JSON
    #[arg(long)]
    json: bool,
}

/// [`Tier`] as an argument.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum TierArg {
    /// Words only
    Lexical,
    /// Words and meaning
    Dense,
}

/// Runs the verb.
///
/// # Errors
/// If the index is missing or damaged.
pub fn run(args: &SearchArgs) -> Result<()> {
    let folder = folder::find_index(&args.index)?;
    let tier = match args.tier {
        TierArg::Lexical => Tier::Lexical,
        TierArg::Dense => Tier::Dense,
    };
    let mut searcher = folder::open(&folder, tier == Tier::Dense)?;
    let started = Instant::now();
    let hits = searcher.rank(&args.query, tier, args.limit)?;
    let ms = started.elapsed().as_secs_f64() * 1e3;
    for chunk in searcher.missing_chunks(&hits) {
        let entry = searcher.manifest().files.passages[chunk as usize].clone();
        searcher.add_passages(chunk, &folder::read_file(&folder, &entry)?)?;
    }
    let results = searcher.results(&args.query, &hits)?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&results)?);
    } else {
        print(&results, &searcher, tier, ms);
    }
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
    let tier = if tier == Tier::Dense { "words and meaning" } else { "words" };
    eprintln!("{dim}{tier}, {ms:.1} ms, {} passages of {} pages{off}", counts.passages, counts.pages);
}

/// An excerpt for the terminal: marks become bold, entities characters again, control characters nothing.
fn plain(html: &str, bold: &str, off: &str) -> String {
    let text: String = html.chars().filter(|c| !c.is_control()).collect();
    text.replace("<mark>", bold)
        .replace("</mark>", off)
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}
