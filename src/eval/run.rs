//! Asks the engine every query of a collection, tier by tier.

use super::collection::Collection;
use super::names::Names;
use crate::error::Result;
use crate::search::searcher::{Searcher, Tier};
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
    /// What is asked of the searcher.
    pub tier: Tier,
    /// Names of the steps before it that it is compared with.
    pub against: Vec<String>,
    /// Bytes of index and models that a visitor's browser loads for it, as stored; engine and shown texts not counted.
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
pub fn run(
    searcher: &mut Searcher,
    step: Step,
    collection: &Collection,
    names: &Names,
    done: &dyn Fn(),
) -> Result<Run> {
    if let Some(first) = collection.queries.first() {
        searcher.rank(&first.text, step.tier, LIMIT)?; // so that the first one timed finds warm caches
    }
    let (mut rankings, mut milliseconds) = (Vec::new(), Vec::new());
    for query in &collection.queries {
        let started = Instant::now();
        let hits = searcher.rank(&query.text, step.tier, LIMIT)?;
        milliseconds.push(started.elapsed().as_secs_f64() * 1e3);
        let mut documents = names.documents(hits.iter().map(|hit| hit.passage), query);
        documents.truncate(DEPTH);
        rankings.push(documents);
        done();
    }
    Ok(Run { step, rankings, milliseconds })
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
