//! How recall grows with what a query reads: the first page; further cells, with codes as they are written; and the best of these
//! compared once more as an exact scan would, by the rows of `vectors` and the tower's own rows. Only the first is what browsers do.

use super::{DEPTH, Exact, best, share};
use crate::index::scan::Scored;
use crate::index::top_k::TopK;
use crate::search::cascade::Cascade;
use anyhow::{Context, Result};
use serde::Serialize;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Cells that are looked at, as multiples of those of the first page; then all.
const TIMES: [usize; 4] = [1, 4, 8, 16];
/// Passages of the cells that are compared once more, and passages of rows that were read anyway.
const AGAIN: [usize; 2] = [120, 30];

/// One way to read more.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Step {
    /// Cells that are looked at.
    cells: usize,
    /// Whether the best are compared once more.
    again: bool,
    /// Stored bytes beyond those of the first page, mean of the queries.
    bytes_more: u64,
    /// Share of the exact first ten that are found.
    recall_at_10: f64,
}

/// The steps for these queries. Every chunk of the tier is loaded.
pub(super) fn steps(index: &Path, cascade: &Cascade, exact: &Exact, queries: &[String]) -> Result<Vec<Step>> {
    let tier = cascade.static_tier().context("it was opened by the caller")?;
    let all = tier.cells().len();
    let mut counts: Vec<usize> = TIMES.iter().map(|times| (times * tier.cells().probes()).min(all)).collect();
    counts.push(all);
    counts.dedup();
    let mut steps: Vec<Step> = [false, true]
        .into_iter()
        .flat_map(|again| counts.iter().map(move |&cells| Step { cells, again, bytes_more: 0, recall_at_10: 0.0 }))
        .collect();
    for query in queries {
        let of_query = OfQuery::new(index, cascade, exact, query)?;
        for step in &mut steps {
            let (bytes, recall) =
                if step.again { of_query.again(step.cells)? } else { of_query.as_written(step.cells)? };
            step.bytes_more += bytes;
            step.recall_at_10 += recall;
        }
    }
    let n = queries.len().max(1);
    for step in &mut steps {
        step.bytes_more /= n as u64;
        step.recall_at_10 /= n as f64;
    }
    Ok(steps)
}

/// Prints them.
pub(super) fn print(steps: &[Step]) {
    println!(
        "\nWhat recall@10 would be if a query read more (bytes beyond the first page, mean; codes again: {AGAIN:?} passages by int8 rows):"
    );
    for Step { cells, again, bytes_more, recall_at_10 } in steps {
        let how = if *again { "best compared again" } else { "codes as written" };
        println!("{cells:>6} cells, {how:<20} {bytes_more:>9} bytes  {recall_at_10:.3}");
    }
}

/// What the steps of a query have in common.
struct OfQuery<'a> {
    index: &'a Path,
    cascade: &'a Cascade,
    exact: &'a Exact,
    query: &'a str,
    /// Along the axes, of coded tokens.
    vector: Vec<f32>,
    /// All cells, the nearest first.
    order: Vec<u32>,
    /// Chunks of rows that the first page reads.
    first: BTreeSet<u32>,
    /// The exact first ten.
    wanted: Vec<u32>,
}

impl<'a> OfQuery<'a> {
    fn new(index: &'a Path, cascade: &'a Cascade, exact: &'a Exact, query: &'a str) -> Result<Self> {
        let tier = cascade.static_tier().context("it was opened by the caller")?;
        let vector = tier.tower().embed(query)?;
        let order = tier.cells().nearest(&vector, tier.cells().len())?;
        let first = cascade.searcher.rows_needed(query, &tier.near(query)?)?.into_iter().collect();
        Ok(Self { index, cascade, exact, query, vector, order, first, wanted: exact.first(query, DEPTH) })
    }

    /// More cells, and the rows of the best of their passages.
    fn as_written(&self, cells: usize) -> Result<(u64, f64)> {
        let tier = self.cascade.static_tier().context("it was opened by the caller")?;
        let read = self.cascade.searcher.rows_needed(self.query, &self.near(cells)?)?;
        let files = self.cascade.searcher.manifest().files.static_tower.as_ref().context("the tier has files")?;
        let mut bytes = self.bytes_of_cells(cells)?;
        for &chunk in read.iter().filter(|chunk| !self.first.contains(chunk)) {
            bytes += fs::metadata(self.index.join(files.rows.file(chunk)))?.len();
        }
        Ok((bytes, share(&best(tier.score_rows(self.query, &read)?), &self.wanted)))
    }

    /// More cells, and the int8 rows of the best of their passages, compared with the tower's own vector.
    fn again(&self, cells: usize) -> Result<(u64, f64)> {
        let tier = self.cascade.static_tier().context("it was opened by the caller")?;
        let first: Vec<u32> = self.first.iter().copied().collect();
        let mut candidates = BTreeSet::new();
        for (scored, most) in [self.near(cells)?, tier.score_rows(self.query, &first)?].iter().zip(AGAIN) {
            let mut top = TopK::new(most);
            scored.iter().for_each(|scored| top.push(scored.passage, scored.score));
            candidates.extend(top.into_sorted().map(|(passage, _)| passage));
        }
        let found = self.exact.compare(self.query, candidates.iter().copied());
        let rows = candidates.len() as u64 * (self.exact.vectors.vectors().dim() as u64 + 4);
        let bytes = self.bytes_of_cells(cells)? + rows + self.exact.token_bytes(self.query);
        Ok((bytes, share(&best(found), &self.wanted)))
    }

    fn near(&self, cells: usize) -> Result<Vec<Scored>> {
        let tier = self.cascade.static_tier().context("it was opened by the caller")?;
        Ok(tier.cells().scan_cells(&self.vector, &self.order[..cells]))
    }

    fn bytes_of_cells(&self, cells: usize) -> Result<u64> {
        let tier = self.cascade.static_tier().context("it was opened by the caller")?;
        let files = self.cascade.searcher.manifest().files.static_tower.as_ref().context("the tier has files")?;
        let mut bytes = 0;
        for &cell in &self.order[tier.cells().probes().min(cells)..cells] {
            bytes += fs::metadata(self.index.join(files.cells.file(cell)))?.len();
        }
        Ok(bytes)
    }
}
