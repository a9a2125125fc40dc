//! Asks the engine every query of a collection, tier by tier.

use super::collection::Collection;
use super::names::Names;
use crate::error::Result;
use crate::search::cascade::Cascade;
use crate::search::chain::Chain;
use crate::search::searcher::{Hit, Tier};
use std::time::Instant;

/// Documents of a ranking that are kept: the deepest recall that is reported.
pub const DEPTH: usize = 200;
/// Sections that are asked for. More than [`DEPTH`], since several may belong to one document.
const LIMIT: usize = 2 * DEPTH;

/// A step of the ladder that is judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Its name in reports.
    pub name: String,
    /// What is asked of the cascade.
    pub tier: Tier,
    /// Names of the steps before it that it is compared with.
    pub against: Vec<String>,
    /// Bytes of index and models that a visitor's browser loads for it, as stored, for a query of average need; engine and
    /// shown texts not counted.
    pub bytes: u64,
}

/// The answers of one step.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// The step.
    pub step: Step,
    /// Ranked document ids by query, in the order of the collection, at most [`DEPTH`] each.
    pub rankings: Vec<Vec<String>>,
    /// Milliseconds by query.
    pub milliseconds: Vec<f64>,
}

/// Ranks all queries. `done` is called after each.
///
/// # Errors
/// If a part that the tier needs is not loaded.
pub fn run(cascade: &mut Cascade, step: Step, collection: &Collection, names: &Names, done: &dyn Fn()) -> Result<Run> {
    let tier = step.tier;
    run_with(step, collection, names, done, &mut |query| cascade.rank(query, tier, LIMIT))
}

/// Ranks all queries by a chain of rungs. `done` is called after each.
///
/// # Errors
/// If a part that the chain needs is not loaded.
pub fn run_chain(
    cascade: &mut Cascade,
    (step, chain): (Step, &Chain),
    collection: &Collection,
    names: &Names,
    done: &dyn Fn(),
) -> Result<Run> {
    run_with(step, collection, names, done, &mut |query| cascade.rank_chain(query, chain, LIMIT))
}

fn run_with(
    step: Step,
    collection: &Collection,
    names: &Names,
    done: &dyn Fn(),
    rank: &mut dyn FnMut(&str) -> Result<Vec<Hit>>,
) -> Result<Run> {
    if let Some(first) = collection.queries.first() {
        rank(&first.text)?; // so that the first one timed finds warm caches
    }
    let (mut rankings, mut milliseconds) = (Vec::new(), Vec::new());
    for query in &collection.queries {
        let started = Instant::now();
        let hits = rank(&query.text)?;
        milliseconds.push(started.elapsed().as_secs_f64() * 1e3);
        let mut documents = names.documents(hits.iter().map(|hit| hit.passage), query);
        documents.truncate(DEPTH);
        rankings.push(documents);
        done();
    }
    Ok(Run { step, rankings, milliseconds })
}

/// Ranks all queries in the fused tier and reranks the best ones, to several depths at once: the first 10 of 30 are read
/// only once. `steps` come with their depths, which rise. This is what [`Tier::Reranked`] does to its own depth.
///
/// # Errors
/// If a part that is needed is not loaded, such as the cross-encoder or a chunk of passages.
pub fn run_reranked(
    cascade: &mut Cascade,
    steps: Vec<(Step, usize)>,
    collection: &Collection,
    names: &Names,
    done: &dyn Fn(),
) -> Result<Vec<Run>> {
    let mut runs: Vec<Run> = Vec::new();
    let depths: Vec<usize> = steps.iter().map(|(_, depth)| *depth).collect();
    runs.extend(steps.into_iter().map(|(step, _)| Run { step, rankings: Vec::new(), milliseconds: Vec::new() }));
    for query in &collection.queries {
        let mut started = Instant::now();
        let hits = cascade.rank(&query.text, Tier::Dense, LIMIT)?;
        let (mut logits, mut milliseconds) = (Vec::new(), 0.0);
        for (run, &depth) in runs.iter_mut().zip(&depths) {
            let next: Vec<u32> = hits.iter().take(depth).skip(logits.len()).map(|hit| hit.passage).collect();
            logits.extend(cascade.score_pairs(&query.text, &next)?);
            let reranked = cascade.searcher.rerank(&hits, &logits);
            milliseconds += started.elapsed().as_secs_f64() * 1e3;
            run.milliseconds.push(milliseconds);
            let mut documents = names.documents(reranked.iter().map(|hit| hit.passage), query);
            documents.truncate(DEPTH);
            run.rankings.push(documents);
            started = Instant::now();
        }
        done();
    }
    Ok(runs)
}

/// A run as `trec_eval` reads it: query, `Q0`, document, rank, score, name. Scores only say the order.
pub fn to_trec(run: &Run, collection: &Collection) -> String {
    use std::fmt::Write;
    let mut text = String::new();
    let name = run.step.name.replace(char::is_whitespace, "-");
    for (query, ranking) in collection.queries.iter().zip(&run.rankings) {
        for (document, rank) in ranking.iter().zip(1..) {
            // white space separates the columns
            let document = document.replace(char::is_whitespace, "_");
            writeln!(text, "{} Q0 {document} {rank} {} {name}", query.id, DEPTH + 1 - rank)
                .expect("a string can be written");
        }
    }
    text
}
