//! A report for people.

use super::bootstrap::Difference;
use super::compare::Change;
use super::report::Report;
use indicatif::DecimalBytes;
use std::fmt::{self, Display, Formatter, Write};

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let split = if self.split.is_empty() { String::new() } else { format!(" {}", self.split) };
        writeln!(
            f,
            "{}{split}: {} queries, {} judgements, {} gain",
            self.collection, self.queries, self.judgements, self.gain
        )?;
        writeln!(f, "{} pages, {} sections, {} passages, {}", self.pages, self.sections, self.passages, self.model)?;
        if self.without_answer > 0 {
            writeln!(f, "queries without a relevant document, left out: {}", self.without_answer)?;
        }
        if self.missing > 0 {
            let (n, example) = (self.missing, &self.missing_example);
            writeln!(f, "relevant documents that the index lacks, counted as not found: {n}, such as {example}")?;
        }
        let width = self.name_width();
        writeln!(
            f,
            "\n{:width$}  nDCG@10  95% interval    recall@10    @50   @200  MRR@10  ms/query      bytes",
            "tier"
        )?;
        for tier in &self.tiers {
            writeln!(
                f,
                "{:width$}    {:.3}  [{:.3}, {:.3}]      {:.3}  {:.3}  {:.3}   {:.3}  {:>8.2}  {:>9}",
                tier.name,
                tier.ndcg10.mean,
                tier.ndcg10.low,
                tier.ndcg10.high,
                tier.recall10.mean,
                tier.recall50.mean,
                tier.recall200.mean,
                tier.mrr10.mean,
                tier.ms_median,
                DecimalBytes(tier.bytes).to_string()
            )?;
        }
        self.fmt_styles(f, width)?;
        if !self.differences.is_empty() {
            writeln!(f, "\nnDCG@10, difference")?;
            let pairs: Vec<String> = self.differences.iter().map(|d| format!("{} - {}", d.to, d.from)).collect();
            let width = pairs.iter().map(|pair| pair.chars().count()).max().unwrap_or_default();
            for (pair, d) in pairs.iter().zip(&self.differences) {
                writeln!(f, "{pair:width$}  {}", of_difference(&d.difference))?;
            }
        }
        Ok(())
    }
}

impl Report {
    fn name_width(&self) -> usize {
        self.tiers.iter().map(|tier| tier.name.chars().count()).max().unwrap_or_default().max("nDCG@10".len())
    }

    fn fmt_styles(&self, f: &mut Formatter<'_>, width: usize) -> fmt::Result {
        let Some(first) = self.tiers.first().filter(|tier| !tier.styles.is_empty()) else { return Ok(()) };
        let headings: Vec<String> =
            first.styles.iter().map(|(style, figures)| format!("{style} ({})", figures.queries)).collect();
        writeln!(f, "\n{:width$}  {}", "nDCG@10", headings.join("  "))?;
        for tier in &self.tiers {
            write!(f, "{:width$}", tier.name)?;
            for (figures, heading) in tier.styles.values().zip(&headings) {
                write!(f, "  {:>w$.3}", figures.ndcg10.mean, w = heading.chars().count())?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

/// What changed since the baseline.
#[must_use]
pub fn of_changes(changes: &[Change]) -> String {
    let width = changes.iter().map(|change| change.tier.chars().count()).max().unwrap_or_default();
    let mut text = "nDCG@10, since the baseline\n".to_owned();
    for Change { tier, before, after, difference } in changes {
        let line = format!("{tier:width$}  {before:.3} → {after:.3}  {}", of_difference(difference));
        writeln!(text, "{line}").expect("a string can be written");
    }
    text
}

fn of_difference(d: &Difference) -> String {
    let i = d.interval;
    let p = if d.p < 0.001 { "p < 0.001".to_owned() } else { format!("p = {:.3}", d.p) };
    format!(
        "{:+.3}  [{:+.3}, {:+.3}]  {p}  {} better, {} worse, {} equal",
        i.mean, i.low, i.high, d.better, d.worse, d.equal
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::compare::compare;
    use crate::eval::report::tests::report;

    #[test]
    fn the_table_shows_every_tier_style_and_difference() {
        let r = report([&["b", "a"], &[]], [&["a", "b"], &["x", "c"]]);
        let text = r.to_string();
        let line = |start: &str| text.lines().find(|line| line.starts_with(start)).unwrap_or_default();
        assert!(line("tiny test: 2 queries, 4 judgements").ends_with("linear gain"), "{text}");
        assert!(line("meaning ").contains("0.815") && line("meaning ").contains("1.50 MB"), "{text}");
        assert!(text.contains("kw (1)  nl (1)\nwords     0.797   0.000\nmeaning   1.000   0.631"), "{text}");
        assert!(line("meaning - words").contains("2 better, 0 worse, 0 equal"), "{text}");
    }

    #[test]
    fn changes_are_shown_with_both_values() {
        let before = report([&["a", "b"], &["c"]], [&["a", "b"], &["c"]]);
        let now = report([&["a", "b"], &["c"]], [&["a", "b"], &["x", "c"]]);
        let text = of_changes(&compare(&before, &now).unwrap());
        assert!(text.contains("meaning  1.000 → 0.815  -0.185"), "{text}");
    }
}
