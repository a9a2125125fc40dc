//! The figures of an evaluation: what the table shows, what `--json` writes, and what a later run is compared with.

use super::bootstrap::{Difference, Interval, difference, interval};
use super::collection::Collection;
use super::metrics::{Gain, first_relevant, ndcg, recall, reciprocal_rank};
use super::names::Missing;
use super::run::Run;
use crate::hash::sha256_hex;
use crate::index::manifest::Manifest;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Version of the program.
    pub siteseer: String,
    /// Name of the collection.
    pub collection: String,
    /// Name of the split; empty if there is none.
    pub split: String,
    /// SHA-256 of queries and judgements: only reports that agree in it can be compared.
    pub collection_sha256: String,
    /// [`Gain::name`].
    pub gain: String,
    /// Judged queries with a relevant document.
    pub queries: usize,
    /// Queries that were left out, because no document is relevant to them.
    pub without_answer: usize,
    /// Judgements of those queries.
    pub judgements: usize,
    /// Relevant documents that the index lacks, counted for each query.
    pub missing: usize,
    /// One of them; empty if there is none.
    pub missing_example: String,
    /// Model of the index.
    pub model: String,
    /// Pages of the index.
    pub pages: u32,
    /// Sections of the index.
    pub sections: u32,
    /// Passages of the index.
    pub passages: u32,
    /// One entry for each step of the ladder.
    pub tiers: Vec<TierReport>,
    /// Differences in nDCG@10 between steps.
    pub differences: Vec<TierDifference>,
    /// One entry for each query, in the order of the collection.
    pub per_query: Vec<QueryReport>,
}

/// The figures of one step of the ladder; each metric is the mean over all queries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TierReport {
    /// Name of the step.
    pub name: String,
    /// nDCG@10.
    pub ndcg10: Interval,
    /// Recall@10.
    pub recall10: Interval,
    /// Recall@50.
    pub recall50: Interval,
    /// Recall@200.
    pub recall200: Interval,
    /// MRR@10.
    pub mrr10: Interval,
    /// Median time of a query, in milliseconds, on one core of this machine.
    pub ms_median: f64,
    /// 95th percentile of it.
    pub ms_p95: f64,
    /// Bytes of index and models that a visitor loads.
    pub bytes: u64,
    /// Figures by style of query, where queries have one.
    pub styles: BTreeMap<String, StyleReport>,
}

/// The figures of one style of query.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StyleReport {
    /// Number of queries.
    pub queries: usize,
    /// nDCG@10.
    pub ndcg10: Interval,
}

/// How a step differs from another in nDCG@10.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TierDifference {
    /// Name of the step that is compared with.
    pub from: String,
    /// Name of the step that is compared.
    pub to: String,
    /// The figures of `to − from`.
    #[serde(flatten)]
    pub difference: Difference,
}

/// One query; lists are in the order of [`Report::tiers`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueryReport {
    /// Id of the query.
    pub id: String,
    /// Its style; may be empty.
    pub style: String,
    /// Its text.
    pub text: String,
    /// nDCG@10.
    pub ndcg10: Vec<f64>,
    /// Rank of the first relevant document, from 1.
    pub first_relevant: Vec<Option<usize>>,
}

impl Report {
    /// Judges the runs.
    ///
    /// # Panics
    /// If a run does not answer each query of the collection.
    pub fn new(collection: &Collection, manifest: &Manifest, missing: Missing, runs: &[Run], gain: Gain) -> Self {
        let found: Vec<Vec<Vec<u32>>> = runs.iter().map(|run| grades_found(run, collection)).collect();
        let per_query = |(at, query): (usize, &super::collection::Query)| {
            let judged: Vec<u32> = query.grades.values().copied().collect();
            QueryReport {
                id: query.id.clone(),
                style: query.style.clone(),
                text: query.text.clone(),
                ndcg10: found.iter().map(|run| ndcg(&run[at], &judged, 10, gain)).collect(),
                first_relevant: found.iter().map(|run| first_relevant(&run[at])).collect(),
            }
        };
        let mut report = Self {
            siteseer: env!("CARGO_PKG_VERSION").to_owned(),
            collection: collection.name.clone(),
            split: collection.split.clone(),
            collection_sha256: fingerprint(collection),
            gain: gain.name().to_owned(),
            queries: collection.queries.len(),
            without_answer: collection.without_answer,
            judgements: collection.judgements(),
            missing: missing.count,
            missing_example: missing.example,
            model: manifest.model.as_ref().map_or_else(|| "none".to_owned(), |model| model.id.clone()),
            pages: manifest.counts.pages,
            sections: manifest.counts.sections,
            passages: manifest.counts.passages,
            tiers: Vec::new(),
            differences: Vec::new(),
            per_query: collection.queries.iter().enumerate().map(per_query).collect(),
        };
        report.tiers = (0..runs.len()).map(|at| tier_report(&report, collection, at, &runs[at], &found[at])).collect();
        report.differences = runs
            .iter()
            .flat_map(|run| run.step.against.iter().map(|from| (from.clone(), run.step.name.clone())))
            .filter_map(|(from, to)| {
                let difference = difference(&report.ndcg_of(&from)?, &report.ndcg_of(&to)?);
                Some(TierDifference { from, to, difference })
            })
            .collect();
        report
    }

    /// nDCG@10 of a step by query; nothing if there is no such step.
    pub fn ndcg_of(&self, tier: &str) -> Option<Vec<f64>> {
        let at = self.tiers.iter().position(|t| t.name == tier)?;
        self.per_query.iter().map(|query| query.ndcg10.get(at).copied()).collect()
    }

    /// A table of all queries, tab-separated, with a line of headings: id, style, text, then nDCG@10 of each step, the
    /// rank of its first relevant document (empty if none), and the differences in nDCG@10 that the report tests.
    pub fn per_query_tsv(&self) -> String {
        let mut headings = vec!["query-id".to_owned(), "style".to_owned(), "text".to_owned()];
        headings.extend(self.tiers.iter().map(|tier| format!("nDCG@10 {}", tier.name)));
        headings.extend(self.tiers.iter().map(|tier| format!("rank {}", tier.name)));
        headings.extend(self.differences.iter().map(|d| format!("{} - {}", d.to, d.from)));
        let place = |name: &str| self.tiers.iter().position(|tier| tier.name == name).unwrap_or_default();
        let pairs: Vec<(usize, usize)> = self.differences.iter().map(|d| (place(&d.from), place(&d.to))).collect();
        let mut lines = vec![headings.join("\t")];
        for query in &self.per_query {
            let mut cells: Vec<String> =
                [&query.id, &query.style, &query.text].map(|text| text.replace(['\t', '\n', '\r'], " ")).to_vec();
            cells.extend(query.ndcg10.iter().map(|value| format!("{value:.4}")));
            cells.extend(query.first_relevant.iter().map(|rank| rank.map(|r| r.to_string()).unwrap_or_default()));
            cells.extend(pairs.iter().map(|&(from, to)| format!("{:+.4}", query.ndcg10[to] - query.ndcg10[from])));
            lines.push(cells.join("\t"));
        }
        lines.join("\n") + "\n"
    }
}

/// Grades of a run's rankings, by query.
fn grades_found(run: &Run, collection: &Collection) -> Vec<Vec<u32>> {
    assert_eq!(run.rankings.len(), collection.queries.len(), "a run answers all queries");
    let grades = |(ranking, query): (&Vec<String>, &super::collection::Query)| {
        ranking.iter().map(|id| query.grades.get(id).copied().unwrap_or(0)).collect()
    };
    run.rankings.iter().zip(&collection.queries).map(grades).collect()
}

fn tier_report(report: &Report, collection: &Collection, at: usize, run: &Run, found: &[Vec<u32>]) -> TierReport {
    let judged: Vec<Vec<u32>> = collection.queries.iter().map(|q| q.grades.values().copied().collect()).collect();
    let recall_at = |k| interval(&found.iter().zip(&judged).map(|(f, j)| recall(f, j, k)).collect::<Vec<_>>());
    let mut by_style: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for query in report.per_query.iter().filter(|query| !query.style.is_empty()) {
        by_style.entry(query.style.clone()).or_default().push(query.ndcg10[at]);
    }
    TierReport {
        name: run.step.name.clone(),
        ndcg10: interval(&report.per_query.iter().map(|query| query.ndcg10[at]).collect::<Vec<_>>()),
        recall10: recall_at(10),
        recall50: recall_at(50),
        recall200: recall_at(200),
        mrr10: interval(&found.iter().map(|f| reciprocal_rank(f, 10)).collect::<Vec<_>>()),
        ms_median: percentile(&run.milliseconds, 0.5),
        ms_p95: percentile(&run.milliseconds, 0.95),
        bytes: run.step.bytes,
        styles: by_style
            .into_iter()
            .map(|(style, values)| (style, StyleReport { queries: values.len(), ndcg10: interval(&values) }))
            .collect(),
    }
}

/// The value below which the given share of the values lies.
fn percentile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let at = (sorted.len() as f64 * share) as usize;
    sorted.get(at.min(sorted.len().saturating_sub(1))).copied().unwrap_or_default()
}

/// SHA-256 of everything that is asked and judged.
fn fingerprint(collection: &Collection) -> String {
    let row = |q: &super::collection::Query| serde_json::to_string(&(&q.id, &q.text, &q.style, &q.grades));
    let rows: Vec<String> =
        collection.queries.iter().map(|q| row(q).expect("strings and numbers serialize") + "\n").collect();
    sha256_hex(&rows.iter().map(|row| row.as_bytes()).collect::<Vec<_>>())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::eval::collection::{Grades, Query};
    use crate::eval::run::{Step, to_trec};
    use crate::index::chunks::ChunkGroup;
    use crate::index::manifest::{Counts, FORMAT, FileEntry, Files, FusionEntry, ModelEntry, VERSION};
    use crate::search::searcher::Tier;

    /// Two queries; `first` and `second` are the rankings of the steps `words` and `meaning`.
    pub(in crate::eval) fn report(first: [&[&str]; 2], second: [&[&str]; 2]) -> Report {
        let runs = [run("words", first), run("meaning", second)];
        Report::new(&collection(), &manifest(), Missing::default(), &runs, Gain::Linear)
    }

    fn collection() -> Collection {
        let query = |id: &str, style: &str, grades: &[(&str, u32)]| Query {
            id: id.into(),
            text: format!("text\tof {id}"),
            style: style.into(),
            grades: grades.iter().map(|(d, g)| ((*d).to_owned(), *g)).collect::<Grades>(),
        };
        let queries = vec![query("q1", "kw", &[("a", 3), ("b", 1)]), query("q2", "nl", &[("c", 1), ("d", 0)])];
        Collection { name: "tiny".into(), split: "test".into(), queries, without_answer: 0 }
    }

    fn run(name: &str, rankings: [&[&str]; 2]) -> Run {
        let against = if name == "words" { vec![] } else { vec!["words".to_owned()] };
        let step = Step { name: name.into(), tier: Tier::Lexical, against, bytes: 1_500_000 };
        let owned = |r: &[&str]| r.iter().map(|d| (*d).to_owned()).collect();
        Run { step, rankings: rankings.map(owned).to_vec(), milliseconds: vec![3.0, 1.0] }
    }

    fn manifest() -> Manifest {
        let entry = || FileEntry { name: "f".into(), bytes: 1, raw_bytes: 1, sha256: String::new() };
        let group = || ChunkGroup { name: "g-*".into(), id: String::new(), files: 1, bytes: 1, largest: 1 };
        Manifest {
            format: FORMAT.into(),
            version: VERSION,
            generator: String::new(),
            site_root: String::new(),
            counts: Counts { pages: 1, sections: 2, passages: 3 },
            languages: Vec::new(),
            model: Some(ModelEntry { id: "m".into(), dim: 4, max_tokens: 8, tokenizer_sha256: String::new() }),
            passage_model: None,
            fusion: FusionEntry { dense: 1.0, lexical: 1.0 },
            reranker: None,
            static_tower: None,
            sparse: None,
            related: None,
            late: None,
            passages_per_chunk: 2,
            files: Files {
                lexical: entry(),
                stemmers: Vec::new(),
                postings: group(),
                spellings: group(),
                vectors: Some(entry()),
                compressed: None,
                model: Some(entry()),
                filters: None,
                reranker: None,
                static_tower: None,
                sparse: None,
                late: None,
                passages: group(),
            },
        }
    }

    #[test]
    fn figures_by_hand() {
        let r = report([&["b", "a", "d"], &["x", "d"]], [&["a", "b"], &["x", "c"]]);
        // words, q1: (1 + 3 / log2 3) / (3 + 1 / log2 3) = 2.89279 / 3.63093 = 0.79671; q2: nothing
        let words = &r.tiers[0];
        assert!((words.ndcg10.mean - 0.79671 / 2.0).abs() < 1e-5, "{:?}", words.ndcg10);
        assert_eq!((words.recall10.mean, words.recall200.mean, words.mrr10.mean), (0.5, 0.5, 0.5));
        assert_eq!((words.styles["kw"].queries, words.styles["nl"].ndcg10.mean), (1, 0.0));
        // meaning: 1 and 1 / log2 3 = 0.63093
        let meaning = &r.tiers[1];
        assert!((meaning.ndcg10.mean - 1.63093 / 2.0).abs() < 1e-5);
        assert_eq!((meaning.recall10.mean, meaning.mrr10.mean, meaning.ms_median), (1.0, 0.75, 3.0));
        let d = &r.differences[0];
        assert_eq!((d.from.as_str(), d.to.as_str(), d.difference.better), ("words", "meaning", 2));
        assert!((d.difference.interval.mean - (0.63093 + 1.0 - 0.79671) / 2.0).abs() < 1e-5);
    }

    #[test]
    fn survives_json_and_lists_queries_in_tsv() {
        let r = report([&["b", "a"], &[]], [&["a"], &["x", "c"]]);
        let json = serde_json::to_string(&r).unwrap();
        assert!(json.contains("\"ndcg10\"") && json.contains("\"perQuery\""), "{json}");
        let read: Report = serde_json::from_str(&json).unwrap();
        assert_eq!((read.per_query.len(), &read.tiers[1].name, read.differences.len()), (2, &r.tiers[1].name, 1));
        // reading a decimal may be off in the last bit
        assert!((read.tiers[1].ndcg10.mean - r.tiers[1].ndcg10.mean).abs() < 1e-12);
        assert_eq!(read.per_query[1].first_relevant, [None, Some(2)]);
        let tsv = r.per_query_tsv();
        let rows: Vec<Vec<&str>> = tsv.lines().map(|line| line.split('\t').collect()).collect();
        assert!(rows.iter().all(|row| row.len() == 3 + 2 + 2 + 1), "{tsv}");
        assert_eq!(rows[2][..], ["q2", "nl", "text of q2", "0.0000", "0.6309", "", "2", "+0.6309"]);
    }

    #[test]
    fn the_fingerprint_sees_every_change() {
        let (base, mut changed) = (collection(), collection());
        assert_eq!(fingerprint(&base), fingerprint(&changed));
        changed.queries[0].grades.insert("b".into(), 2);
        assert_ne!(fingerprint(&base), fingerprint(&changed));
    }

    #[test]
    fn runs_are_written_for_trec_eval() {
        let text = to_trec(&run("words", [&["b", "a b"], &["c"]]), &collection());
        assert_eq!(text, "q1 Q0 b 1 200 words\nq1 Q0 a_b 2 199 words\nq2 Q0 c 1 200 words\n");
    }
}
