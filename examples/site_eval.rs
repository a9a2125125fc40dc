//! Judges an index of the Rust documentation through the code that the browser runs: nDCG@10 (linear gain) of sections, by tier
//! and by style of query. `_id` of the collection's documents is `url#anchor`; unjudged sections count as 0.
//!
//! ```text
//! siteseer index SITE --no-client          # SITE: the pages of the collection's site.tar.xz
//! cargo run --release --example site_eval -- SITE/siteseer COLLECTION [test|dev]
//! ```

use anyhow::{Context, Result};
use serde_json::Value;
use siteseer::cli::folder;
use siteseer::search::searcher::{Searcher, Tier};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::{env, fs};

type Grades = HashMap<String, f64>;

fn main() -> Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    let (index, collection) = (args.first().context("which index?")?, args.get(1).context("which collection?")?);
    let split = args.get(2).map_or("test", String::as_str);
    let mut searcher = folder::open(Path::new(index), true)?;
    folder::load_all_passages(Path::new(index), &mut searcher)?;
    let qrels = read_qrels(&fs::read_to_string(Path::new(collection).join(format!("qrels/{split}.tsv")))?);
    let queries = fs::read_to_string(Path::new(collection).join("queries.jsonl"))?;
    let mut tiers = vec![Tier::Lexical, Tier::Dense];
    if folder::load_reranker(Path::new(index), &mut searcher)? {
        tiers.push(Tier::Reranked);
    }
    for tier in tiers {
        let mut by_style: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        for line in queries.lines() {
            let query: Value = serde_json::from_str(line)?;
            let field = |name: &str| query[name].as_str().unwrap_or_default().to_owned();
            let Some(grades) = qrels.get(&field("_id")) else { continue };
            let value = ndcg(&ranked(&mut searcher, &field("text"), tier)?, grades);
            by_style.entry(field("style")).or_default().push(value);
            by_style.entry("all".to_owned()).or_default().push(value);
        }
        println!("{tier:?} on {split}:");
        for (style, values) in by_style {
            println!(
                "  {style:<6} nDCG@10 {:.3}  ({} queries)",
                values.iter().sum::<f64>() / values.len() as f64,
                values.len()
            );
        }
    }
    Ok(())
}

/// Ids of the best ten sections.
fn ranked(searcher: &mut Searcher, query: &str, tier: Tier) -> Result<Vec<String>> {
    let hits = searcher.rank(query, tier, 10)?;
    let id = |hit: &siteseer::search::searcher::Hit| {
        searcher.passage(hit.passage).map(|record| {
            let page = if record.url.is_empty() || record.url.ends_with('/') { "index.html" } else { "" };
            format!("{}{page}#{}", record.url, record.anchor)
        })
    };
    hits.iter().map(|hit| id(hit).context("all passages are loaded")).collect()
}

fn read_qrels(tsv: &str) -> HashMap<String, Grades> {
    let mut qrels: HashMap<String, Grades> = HashMap::new();
    for line in tsv.lines().skip(1) {
        if let [query, document, grade] = line.split('\t').collect::<Vec<_>>()[..] {
            qrels.entry(query.to_owned()).or_default().insert(document.to_owned(), grade.parse().unwrap_or(0.0));
        }
    }
    qrels
}

/// Järvelin & Kekäläinen 2002: `Σ grade / log2(rank + 1)` over the first ten, divided by that of the best order.
fn ndcg(ranked: &[String], grades: &Grades) -> f64 {
    let dcg = |gains: &[f64]| gains.iter().zip(2..).map(|(gain, rank)| gain / f64::from(rank).log2()).sum::<f64>();
    let gains: Vec<f64> = ranked.iter().map(|id| grades.get(id).copied().unwrap_or(0.0)).collect();
    let mut ideal: Vec<f64> = grades.values().copied().collect();
    ideal.sort_by(|a, b| b.total_cmp(a));
    ideal.truncate(10);
    dcg(&gains) / dcg(&ideal)
}
