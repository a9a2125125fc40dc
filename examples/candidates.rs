//! Candidate lists for training a cross-encoder: for every query, what the running cascade would hand to it.
//!
//! ```text
//! siteseer index SITE --no-client
//! cargo run --release --example candidates -- SITE/siteseer QUERIES.jsonl 40 > CANDIDATES.jsonl
//! ```
//! `QUERIES.jsonl`: one `{"q": …, …}` a line. Each comes back with `candidates`: the best sections of the dense tier, with
//! the passage that speaks for each, exactly as the browser would show it to the model: `[link, passage id, fused score]`.
//! Passages' texts are written once, before the lists: `{"passage": id, "text": …}`.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use siteseer::cli::folder;
use siteseer::search::searcher::Tier;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::{env, fs, io};

fn main() -> Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    let (index, queries) = (args.first().context("which index?")?, args.get(1).context("which queries?")?);
    let limit: usize = args.get(2).map_or(Ok(40), |n| n.parse())?;
    let mut searcher = folder::open(Path::new(index), true)?;
    folder::load_all_passages(Path::new(index), &mut searcher)?;
    let (mut lists, mut wanted) = (Vec::new(), BTreeSet::new());
    for line in fs::read_to_string(queries)?.lines() {
        let mut row: Value = serde_json::from_str(line)?;
        let query = row["q"].as_str().context("a row without `q`")?.to_owned();
        let mut candidates = Vec::new();
        for hit in searcher.rank(&query, Tier::Dense, limit)? {
            let record = searcher.passage(hit.passage).context("all passages are loaded")?;
            candidates.push(json!([record.link(), hit.passage, hit.score]));
            wanted.insert(hit.passage);
        }
        row["candidates"] = candidates.into();
        lists.push(row);
    }
    let mut out = io::BufWriter::new(io::stdout().lock());
    for passage in wanted {
        let record = searcher.passage(passage).context("all passages are loaded")?;
        let path: Vec<&str> = std::iter::once(&record.title).chain(&record.heading_path).map(String::as_str).collect();
        writeln!(out, "{}", json!({"passage": passage, "text": format!("{}. {}", path.join(" > "), record.text)}))?;
    }
    for row in lists {
        writeln!(out, "{row}")?;
    }
    Ok(())
}
