//! `siteseer related --judge`: of the related pages that an index names, how many a person would call so.

use super::{Path, RelatedEntry, find};
use anyhow::{Context, Result, bail};
use serde::Serialize;
use std::fs;

/// What was found.
#[derive(Debug, Serialize)]
struct Report {
    pages: usize,
    /// Share of the related pages that are among the judged ones, a page's missing ones counted as wrong.
    precision: f64,
    /// How many a page has at most.
    count: u32,
    /// Pages, with those of their related pages that nobody called so.
    unlisted: Vec<(String, Vec<String>)>,
}

/// Runs it, and prints the figure and the pages that are not listed.
pub(super) fn run(judgements: &Path, folder: &Path, entry: &RelatedEntry, json: bool) -> Result<()> {
    let text = fs::read_to_string(judgements).with_context(|| format!("{}: can't be read", judgements.display()))?;
    let (mut pages, mut right, mut unlisted) = (0, 0, Vec::new());
    for (line, number) in text.lines().zip(1..).filter(|(line, _)| !line.starts_with('#') && !line.is_empty()) {
        let mut columns = line.split('\t');
        let (Some(page), Some(patterns)) = (columns.next(), columns.next()) else {
            bail!("{}:{number}: a line is PAGE, a tab, related pages", judgements.display())
        };
        let place = || format!("{}:{number}", judgements.display());
        let related = find(folder, entry, page)?.with_context(|| format!("{}: {page} is not in the index", place()))?;
        let is_listed = |url: &str| patterns.split(' ').any(|pattern| matches(pattern, url));
        let (listed, others): (Vec<_>, Vec<_>) =
            related.into_iter().map(|page| page.url).partition(|url| is_listed(url));
        right += listed.len();
        if !others.is_empty() {
            unlisted.push((page.to_owned(), others));
        }
        pages += 1;
    }
    if pages == 0 {
        bail!("{}: there are no judgements in it", judgements.display());
    }
    let precision = right as f64 / (pages as f64 * f64::from(entry.count));
    let report = Report { pages, precision, count: entry.count, unlisted };
    if json {
        println!("{}", serde_json::to_string_pretty(&report)?);
        return Ok(());
    }
    report.unlisted.iter().for_each(|(page, others)| println!("{page}: {}", others.join(" ")));
    println!(
        "precision@{}: {precision:.3} ({right} of {} on {pages} pages)",
        entry.count,
        pages * entry.count as usize
    );
    Ok(())
}

/// Whether a text is what a pattern describes, in which `*` stands for any text.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => text
            .strip_prefix(before)
            .is_some_and(|rest| (0..=rest.len()).any(|at| rest.get(at..).is_some_and(|rest| matches(after, rest)))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text) in [("a/*.html", "a/b/c.html"), ("*", ""), ("a*b*c", "a-b-b-c"), ("é*", "éé"), ("a", "a")]
        {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("a/*.html", "a/b.htm"), ("a*b*c", "a-c"), ("a", "ab"), ("*a", "b")] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }
}
