//! `siteseer inspect --duplicates`: pages that say the same, so that their author can merge them, or name one of them canonical.
//! Pages whose files are the same word for word, or that name one canonical URL, are one page already when a site is read.

use crate::cli::alike::PagePassages;
use crate::cli::folder;
use crate::search::searcher::Searcher;
use anyhow::{Context, Result, bail};
use rayon::prelude::*;
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::Path;

/// A page of an index.
#[derive(Debug, Clone, Copy)]
pub(super) struct IndexedPage<'a> {
    pub(super) url: &'a str,
    /// Number of its passages.
    pub(super) passages: u32,
}

/// Two pages that say the same.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Pair<'a> {
    first: &'a str,
    second: &'a str,
    /// Share of the first's passages that the second has, too.
    first_share: f32,
    /// Share of the second's that the first has.
    second_share: f32,
}

/// Prints the pairs of pages of which one has at least this share of its passages on the other, those with most in common first.
///
/// # Errors
/// If the index has no vectors, or they are damaged.
pub(super) fn run(index: &Path, searcher: &Searcher, share: f32, json: bool) -> Result<()> {
    if !(0.0 < share && share <= 1.0) {
        bail!("--duplicates={share}: a share is more than 0 and at most 1");
    }
    let vectors = folder::read_vectors(index, searcher.manifest())?
        .with_context(|| format!("{}: the index has words alone. Index the site with a model", index.display()))?;
    let pages = pages(searcher);
    let lengths: Vec<u32> = pages.iter().map(|page| page.passages).collect();
    let alike = PagePassages::new(&vectors, &lengths);
    let shares = (0..pages.len()).into_par_iter().flat_map_iter(|page| {
        let others = alike.others(page).into_iter().filter(|other| other.same >= share);
        others.map(move |other| (page.min(other.page), page.max(other.page)))
    });
    let found: BTreeSet<(usize, usize)> = shares.collect();
    let share_of = |page, other| alike.with(page, other).map_or(0.0, |likeness| likeness.same);
    let mut pairs: Vec<Pair<'_>> = found
        .into_iter()
        .map(|(a, b)| Pair {
            first: pages[a].url,
            second: pages[b].url,
            first_share: share_of(a, b),
            second_share: share_of(b, a),
        })
        .collect();
    pairs.sort_by(|a, b| (b.first_share + b.second_share).total_cmp(&(a.first_share + a.second_share)));
    if json {
        println!("{}", serde_json::to_string_pretty(&pairs)?);
        return Ok(());
    }
    let percent = |share: f32| format!("{:.0}%", share * 100.0);
    for Pair { first, second, first_share, second_share } in &pairs {
        println!(
            "{:>4} of {}\n{:>4} of {}\n",
            percent(*first_share),
            name(first),
            percent(*second_share),
            name(second)
        );
    }
    println!("{} pairs of pages that have {} of their passages in common, or more", pairs.len(), percent(share));
    Ok(())
}

/// The root's own page has an empty address.
fn name(url: &str) -> &str {
    if url.is_empty() { "/" } else { url }
}

/// The pages of an index whose passages are all loaded, in their order.
pub(super) fn pages(searcher: &Searcher) -> Vec<IndexedPage<'_>> {
    let mut pages: Vec<IndexedPage<'_>> = Vec::new();
    for passage in 0..searcher.manifest().counts.passages {
        let Some(record) = searcher.passage(passage) else { continue };
        match pages.last_mut() {
            Some(page) if page.url == record.url => page.passages += 1,
            _ => pages.push(IndexedPage { url: &record.url, passages: 1 }),
        }
    }
    pages
}
