//! A report as a picture: quality against bytes and against time, each tier a numbered point, and the line of those that no other
//! tier beats in both (the Pareto front).

use super::report::{Report, TierReport};
use indicatif::DecimalBytes;
use std::fmt::Write;

/// Size of one of the two panels, and the room around its axes.
const PANEL: (f64, f64) = (420.0, 300.0);
const MARGIN: f64 = 56.0;
/// Height of a line of the legend.
const LINE: f64 = 18.0;
/// Least decades of an axis.
const DECADES: f64 = 1.0;

/// One of the panels: what is spent.
struct Cost {
    title: &'static str,
    of: fn(&TierReport) -> f64,
    tick: fn(f64) -> String,
}

const COSTS: [Cost; 2] = [
    Cost { title: "bytes a visitor loads", of: |tier| tier.bytes as f64, tick: |x| DecimalBytes(x as u64).to_string() },
    Cost { title: "ms a query, median", of: |tier| tier.ms_median, tick: |x| format!("{x}") },
];

/// The picture, an SVG file. Costs are on a logarithmic axis; a cost of nothing counts as a byte or a microsecond.
pub fn svg(report: &Report) -> String {
    let (width, top) = (2.0 * (PANEL.0 + 2.0 * MARGIN), 40.0);
    let height = top + PANEL.1 + 2.0 * MARGIN + LINE * report.tiers.len() as f64;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n<text x=\"{MARGIN}\" y=\"24\" font-size=\"15\">{}</text>\n",
        escape(&format!("{} {}: nDCG@10 of {} queries", report.collection, report.split, report.queries))
    );
    for (at, cost) in COSTS.iter().enumerate() {
        let left = MARGIN + at as f64 * (PANEL.0 + 2.0 * MARGIN);
        panel(&mut out, &report.tiers, cost, (left, top + MARGIN / 2.0));
    }
    let first = top + PANEL.1 + 1.75 * MARGIN;
    for (at, tier) in report.tiers.iter().enumerate() {
        let y = first + LINE * at as f64;
        let (bytes, ms) = (DecimalBytes(tier.bytes), tier.ms_median);
        let line = format!("{}  {}: {:.3}, {bytes}, {ms:.2} ms", at + 1, tier.name, tier.ndcg10.mean);
        line_of_text(&mut out, (MARGIN, y), "start", &line);
    }
    out.push_str("</svg>\n");
    out
}

/// Axes, points and front of one panel, whose inner corner is at `left` and `top`.
fn panel(out: &mut String, tiers: &[TierReport], cost: &Cost, (left, top): (f64, f64)) {
    let decade = |tier: &TierReport| (cost.of)(tier).max(1e-3).log10();
    let (low, high) = range(tiers.iter().map(decade));
    let (low, high) = (low.floor(), high.ceil().max(low.floor() + DECADES));
    let (worst, best) = range(tiers.iter().map(|tier| tier.ndcg10.mean));
    let (worst, best) = ((worst * 20.0).floor() / 20.0, ((best * 20.0).ceil() / 20.0).max(worst + 0.05));
    let x = |decade: f64| left + (decade - low) / (high - low) * PANEL.0;
    let y = |quality: f64| top + (best - quality) / (best - worst) * PANEL.1;
    let mut line = |from: (f64, f64), to: (f64, f64)| {
        let (x1, y1, x2, y2) = (from.0, from.1, to.0, to.1);
        writeln!(out, "<path d=\"M{x1:.1} {y1:.1}L{x2:.1} {y2:.1}\" stroke=\"#ddd\"/>").expect("a string");
    };
    let decades = (low as i32)..=(high as i32);
    let steps = 0..=((best - worst) / 0.05).round() as i32;
    decades.clone().for_each(|d| line((x(d.into()), top), (x(d.into()), top + PANEL.1)));
    steps.clone().for_each(|s| {
        let at = y(worst + 0.05 * f64::from(s));
        line((left, at), (left + PANEL.0, at));
    });
    for d in decades {
        let tick = (cost.tick)(10f64.powi(d));
        line_of_text(out, (x(d.into()), top + PANEL.1 + 16.0), "middle", &tick);
    }
    for s in steps {
        let quality = worst + 0.05 * f64::from(s);
        line_of_text(out, (left - 6.0, y(quality) + 4.0), "end", &format!("{quality:.2}"));
    }
    line_of_text(out, (left + PANEL.0 / 2.0, top + PANEL.1 + 34.0), "middle", cost.title);
    let front: Vec<String> = front(tiers, cost.of)
        .iter()
        .map(|&at| format!("{:.1},{:.1}", x(decade(&tiers[at])), y(tiers[at].ndcg10.mean)))
        .collect();
    writeln!(out, "<polyline points=\"{}\" fill=\"none\" stroke=\"#06c\" stroke-width=\"2\"/>", front.join(" "))
        .expect("a string");
    for (tier, number) in tiers.iter().zip(1..) {
        let (x, y) = (x(decade(tier)), y(tier.ndcg10.mean));
        writeln!(
            out,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"#06c\"><title>{}</title></circle>",
            escape(&tier.name)
        )
        .expect("a string");
        line_of_text(out, (x + 6.0, y - 5.0), "start", &format!("{number}"));
    }
}

/// Places of the tiers that no other one beats, the cheapest first: each is better than all cheaper ones.
fn front(tiers: &[TierReport], cost: fn(&TierReport) -> f64) -> Vec<usize> {
    let quality = |at: usize| tiers[at].ndcg10.mean;
    let mut order: Vec<usize> = (0..tiers.len()).collect();
    order.sort_by(|&a, &b| {
        cost(&tiers[a]).total_cmp(&cost(&tiers[b])).then(quality(b).total_cmp(&quality(a))).then(a.cmp(&b))
    });
    let mut best = f64::NEG_INFINITY;
    order.retain(|&at| {
        let is_better = quality(at) > best;
        best = best.max(quality(at));
        is_better
    });
    order
}

fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) =
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    if low <= high { (low, high) } else { (0.0, 1.0) }
}

fn line_of_text(out: &mut String, (x, y): (f64, f64), anchor: &str, text: &str) {
    writeln!(out, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{}</text>", escape(text))
        .expect("a string");
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::report::tests::report;

    #[test]
    fn the_picture_has_every_tier_in_both_panels_and_in_the_legend() {
        let mut report = report([&["b", "a"], &[]], [&["a", "b"], &["x", "c"]]);
        report.tiers[0].name = "lexical>late:50 & more".to_owned();
        let svg = svg(&report);
        assert_eq!(svg.matches("<circle").count(), 4, "{svg}");
        assert_eq!(svg.matches("lexical&gt;late:50 &amp; more").count(), 3, "two titles and the legend");
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n") && !svg.contains("NaN") && !svg.contains("inf"));
        assert!(svg.contains("1  lexical") && svg.contains("1.50 MB"), "{svg}");
    }

    #[test]
    fn the_front_leaves_out_what_costs_more_and_is_no_better() {
        let mut report = report([&["a"], &["c"]], [&["a"], &["c"]]);
        let tier = |cost: u64, quality: f64| {
            let mut tier = report.tiers[0].clone();
            (tier.bytes, tier.ndcg10.mean) = (cost, quality);
            tier
        };
        let tiers = vec![tier(100, 0.6), tier(50, 0.5), tier(70, 0.5), tier(10, 0.2), tier(50, 0.4), tier(900, 0.61)];
        assert_eq!(front(&tiers, |tier| tier.bytes as f64), [3, 1, 0, 5]);
        report.tiers.clear();
        assert!(!svg(&report).contains("NaN"), "an empty report is an empty picture");
    }
}
