//! `siteseer tune`: the weights that suit a site, found on queries whose right answers are known.

use super::progress::Progress;
use super::{folder, only_print};
use crate::eval::collection::{Collection, Query};
use crate::eval::metrics::{Gain, ndcg};
use crate::eval::names::Names;
use crate::eval::tune::{Choice, Trial, choose};
use crate::index::manifest::MANIFEST_NAME;
use crate::search::cascade::Cascade;
use crate::search::rerank::RERANK;
use crate::search::searcher::{Hit, Tier};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};

/// Sections that are ranked: several may belong to one of ten documents.
const LIMIT: usize = 60;
/// From one weight to the next.
const STEP: f32 = 0.05;

/// Arguments of `siteseer tune`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A collection is one of `siteseer eval`: queries with judged pages. Choose on one split and judge on another:\n  \
                        siteseer tune questions/ --index public/ --split dev\n  siteseer eval questions/ --index public/ --split test\n\n\
                        The weights are printed as lines for siteseer.toml, which the next `siteseer index` reads. With --write the \
                        index has them at once."
)]
pub struct TuneArgs {
    /// Folder of the collection: queries and judgements
    collection: PathBuf,
    /// The index (or the site that holds it)
    #[arg(long, short, env = "SITESEER_INDEX", value_name = "DIR")]
    index: PathBuf,
    /// Which judgements: qrels/SPLIT.tsv [default: dev; where there is qrels.tsv alone, that]
    #[arg(long, value_name = "SPLIT")]
    split: Option<String>,
    /// Put the weights that gain something into the index's manifest
    #[arg(long)]
    write: bool,
    /// Show no progress
    #[arg(long, short, env = "SITESEER_QUIET")]
    quiet: bool,
}

/// Split that chooses unless told otherwise.
const SPLIT: &str = "dev";

/// A weight that can be chosen: of which tier, and what it is called in siteseer.toml.
const WEIGHTS: [(Tier, &str); 2] = [(Tier::Dense, "lexical-share"), (Tier::Reranked, "rerank-weight")];

/// Runs the verb.
///
/// # Errors
/// If collection or index are missing or damaged, or the manifest can't be written.
pub fn run(args: &TuneArgs) -> Result<()> {
    let collection = Collection::read(&args.collection, args.split.as_deref(), SPLIT)?;
    let index = folder::find_index(&args.index)?;
    let mut cascade = folder::open(&index, true)?;
    if cascade.encoders().is_none() {
        bail!(
            "{}: words alone were indexed, so there is nothing to weigh. Index the site with a model",
            index.display()
        );
    }
    folder::load_all_chunks(&index, &mut cascade.searcher)?;
    folder::load_reranker(&index, &mut cascade)?;
    let names = Names::of_site(&cascade.searcher);
    let missing = names.missing(&collection);
    if missing.count > 0 {
        eprintln!("warning: {} judged documents are not in the index, such as `{}`", missing.count, missing.example);
    }
    only_print();
    println!("{} queries of {} {}", collection.queries.len(), collection.name, collection.split);
    let mut adopted = 0;
    for (tier, key) in WEIGHTS {
        let Some(present) = cascade.searcher.weight(tier) else { continue };
        let weights = weights_around(present, tier);
        let progress = Progress::new("Asking", "queries", collection.queries.len() as u64, args.quiet);
        let trials = trials(&mut cascade, tier, &weights, &collection, &names, &|| progress.add(1))?;
        progress.finish();
        let at = weights.iter().position(|&weight| weight == present).unwrap_or_default();
        let choice = choose(&trials, at);
        // A wrong choice costs as much as it could have gained, so what is likelier is enough to choose it.
        let is_gain = choice.gain.interval.mean > 0.0 && mean(&trials[choice.best]) > mean(&trials[at]);
        print_choice(key, &trials, at, &choice, is_gain);
        if is_gain {
            cascade.searcher.set_weight(tier, trials[choice.best].weight);
            adopted += 1;
        }
    }
    if args.write && adopted > 0 {
        write_manifest(&index, &cascade)?;
        println!("\n{}: {adopted} written", index.join(MANIFEST_NAME).display());
    } else if args.write {
        println!("\nNothing is written: the present weights are as good.");
    }
    Ok(())
}

/// Shares of words from 0 to 1, or weights of the logit from 0 to twice the present one or more; the present one among them.
fn weights_around(present: f32, tier: Tier) -> Vec<f32> {
    let most = if tier == Tier::Reranked { (2.0 * present).max(1.0) } else { 1.0 };
    let steps = (most / STEP).round() as u16;
    let mut weights: Vec<f32> = (0..=steps).map(|step| f32::from(step) * STEP).collect();
    weights.retain(|weight| (weight - present).abs() > STEP / 2.0);
    let place = weights.partition_point(|&weight| weight < present);
    weights.insert(place, present);
    weights
}

/// Answers every query with every weight.
fn trials(
    cascade: &mut Cascade,
    tier: Tier,
    weights: &[f32],
    collection: &Collection,
    names: &Names,
    done: &dyn Fn(),
) -> Result<Vec<Trial>> {
    let mut trials: Vec<Trial> = weights.iter().map(|&weight| Trial { weight, ndcg: Vec::new() }).collect();
    let present = cascade.searcher.weight(tier).unwrap_or_default();
    for query in &collection.queries {
        // the cross-encoder reads the same candidates whatever its answers weigh
        let read = if tier == Tier::Reranked { Some(read_pairs(cascade, query)?) } else { None };
        for trial in &mut trials {
            cascade.searcher.set_weight(tier, trial.weight);
            let hits = match &read {
                Some((hits, logits)) => cascade.searcher.rerank(hits, logits),
                None => cascade.rank(&query.text, tier, LIMIT)?,
            };
            trial.ndcg.push(judge(&hits, names, query));
        }
        cascade.searcher.set_weight(tier, present);
        done();
    }
    Ok(trials)
}

fn read_pairs(cascade: &mut Cascade, query: &Query) -> Result<(Vec<Hit>, Vec<f32>)> {
    let hits = cascade.rank(&query.text, Tier::Dense, LIMIT)?;
    let passages: Vec<u32> = hits.iter().take(RERANK).map(|hit| hit.passage).collect();
    let logits = cascade.score_pairs(&query.text, &passages)?;
    Ok((hits, logits))
}

/// nDCG@10.
fn judge(hits: &[Hit], names: &Names, query: &Query) -> f64 {
    let documents = names.documents(hits.iter().map(|hit| hit.passage), query);
    let found: Vec<u32> = documents.iter().map(|id| query.grades.get(id).copied().unwrap_or(0)).collect();
    let judged: Vec<u32> = query.grades.values().copied().collect();
    ndcg(&found, &judged, 10, Gain::Linear)
}

fn mean(trial: &Trial) -> f64 {
    trial.ndcg.iter().sum::<f64>() / trial.ndcg.len().max(1) as f64
}

fn print_choice(key: &str, trials: &[Trial], present: usize, choice: &Choice, is_gain: bool) {
    println!("\n  {key:<22} nDCG@10");
    for (at, trial) in trials.iter().enumerate() {
        let mark = match (at == present, at == choice.best) {
            (true, true) => "present, best with its neighbours",
            (true, false) => "present",
            (false, true) => "best with its neighbours",
            (false, false) => "",
        };
        println!("  {:<22.3} {:.3}  {mark}", trial.weight, mean(trial));
    }
    let gain = choice.gain.interval;
    println!(
        "  on queries that did not choose: {:+.3} [{:+.3}, {:+.3}], p = {:.3}",
        gain.mean, gain.low, gain.high, choice.gain.p
    );
    if is_gain {
        println!("  {key} = {:.3}", trials[choice.best].weight);
    } else {
        println!("  the present weight stays: others gain nothing on queries that did not choose them");
    }
}

/// Replaces the manifest in one step.
fn write_manifest(index: &Path, cascade: &Cascade) -> Result<()> {
    let (path, new) = (index.join(MANIFEST_NAME), index.join("manifest.json.new"));
    let failed = || format!("{}: can't be written", path.display());
    fs::write(&new, cascade.searcher.manifest().to_json()).with_context(failed)?;
    fs::rename(&new, &path).with_context(failed)
}
