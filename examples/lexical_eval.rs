//! Judges the lexical index on test collections in BEIR layout: nDCG@10 (linear gain) and recall@50 of documents,
//! by style of query. A document is judged by its best passage; passages have 120 words.
//!
//! ```text
//! cargo run --release --example lexical_eval -- FOLDER… [split=dev|test|train] [plain] [NAME=VALUE…] [show=STYLE]
//! ```
//! `plain` is textbook BM25 for comparison: one field, `[a-z0-9]+`, no stems, k1 1.2, b 0.75. NAME=VALUE sets a parameter
//! of [`LexicalOptions`]; `show=STYLE` prints each query of a style with its own figure.

use anyhow::{Context, Result};
use serde_json::Value;
use siteseer::index::lexical::{LexicalBuilder, LexicalIndex, LexicalOptions};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    io::Read,
    path::Path,
    time::Instant,
};

/// Words in a passage.
const PASSAGE_WORDS: usize = 120;

type Qrels = HashMap<String, HashMap<String, u32>>;

fn main() -> Result<()> {
    let mut options = LexicalOptions::default();
    let (mut folders, mut split, mut plain, mut show) = (Vec::new(), "test".to_string(), false, String::new());
    for arg in std::env::args().skip(1) {
        match arg.split_once('=') {
            Some(("split", value)) => split = value.into(),
            Some(("show", value)) => show = value.into(),
            Some((name, value)) => set(&mut options, name, value)?,
            None if arg == "plain" => plain = true,
            None => folders.push(arg),
        }
    }
    for folder in &folders {
        evaluate(Path::new(folder), &split, plain, &show, &options)?;
    }
    Ok(())
}

fn set(options: &mut LexicalOptions<'_>, name: &str, value: &str) -> Result<()> {
    let number: f32 = value.parse().with_context(|| format!("{name}={value}: not a number"))?;
    let bm25f = &mut options.bm25f;
    *match name {
        "k1" => &mut bm25f.k1,
        "title" => &mut bm25f.title.weight,
        "title_b" => &mut bm25f.title.b,
        "headings" => &mut bm25f.headings.weight,
        "headings_b" => &mut bm25f.headings.b,
        "body_b" => &mut bm25f.body.b,
        "compound" => &mut options.compound,
        "part" => &mut options.part,
        "lesser" => &mut options.lesser,
        "completion" => &mut options.completion,
        "spelling" => &mut options.spelling,
        "prefix" => {
            options.prefix = number > 0.0;
            return Ok(());
        }
        "typos" => {
            options.typos = number > 0.0;
            return Ok(());
        }
        _ => anyhow::bail!("{name}: no such parameter"),
    } = number;
    Ok(())
}

fn evaluate(folder: &Path, split: &str, plain: bool, show: &str, options: &LexicalOptions<'_>) -> Result<()> {
    let corpus = read_jsonl(&folder.join("corpus.jsonl"))?;
    let (mut builder, mut owner) = (LexicalBuilder::new(), Vec::new());
    let mut textbook = Textbook::default();
    let start = Instant::now();
    for (document, row) in corpus.iter().enumerate() {
        let (title, text) = (string(row, "title"), string(row, "text"));
        let mut path = title.split(" > ");
        let page = path.next().unwrap_or_default();
        let headings: Vec<String> = path.map(str::to_string).collect();
        for body in passages(text) {
            if plain {
                textbook.add(&format!("{title} {body}"));
            } else {
                builder.add(owner.len() as u32, "en", page, &headings, body);
            }
            owner.push(document);
        }
    }
    let files = builder.finish();
    let len = files.root.len() + files.postings.iter().chain(&files.spellings).map(Vec::len).sum::<usize>();
    let built = start.elapsed();
    let index = LexicalIndex::open_all(&files, "lexical.bin")?;

    let qrels = read_qrels(&folder.join(format!("qrels/{split}.tsv")))?;
    let ids: Vec<&str> = corpus.iter().map(|row| string(row, "_id")).collect();
    let mut figures: BTreeMap<&str, Vec<(f64, f64)>> = BTreeMap::new();
    let queries = read_jsonl(&folder.join(if split == "train" { "queries_train.jsonl" } else { "queries.jsonl" }))?;
    let mut searching = std::time::Duration::ZERO;
    for query in &queries {
        let Some(grades) = qrels.get(string(query, "_id")) else {
            continue;
        };
        let start = Instant::now();
        let hits: Vec<u32> = if plain {
            textbook.search(string(query, "text"))
        } else {
            index.search(string(query, "text"), 1000, options).iter().map(|hit| hit.passage).collect()
        };
        searching += start.elapsed();
        let mut seen = HashSet::new();
        let found: Vec<u32> = hits
            .iter()
            .map(|&p| owner[p as usize])
            .filter(|d| seen.insert(*d))
            .take(50)
            .map(|d| grades.get(ids[d]).copied().unwrap_or(0))
            .collect();
        let (ndcg, recall) = (ndcg(&found, grades), recall(&found, grades));
        let style = query["style"].as_str().unwrap_or("all");
        if style == show {
            println!("{ndcg:.3} {recall:.2}  {}", string(query, "text"));
        }
        figures.entry(style).or_default().push((ndcg, recall));
        if style != "all" {
            figures.entry("all").or_default().push((ndcg, recall));
        }
    }
    println!(
        "{} {split}: {} passages, {} chunks, {len} bytes, built in {built:.2?}, {:.2?} a query",
        folder.file_name().unwrap_or_default().to_string_lossy(),
        owner.len(),
        files.postings.len() + files.spellings.len(),
        searching / figures["all"].len() as u32,
    );
    for (style, rows) in figures {
        let n = rows.len() as f64;
        let (ndcg, recall) = rows.iter().fold((0.0, 0.0), |sum, row| (sum.0 + row.0, sum.1 + row.1));
        println!("  {style:6} {n:4} queries  nDCG@10 {:.4}  recall@50 {:.3}", ndcg / n, recall / n);
    }
    Ok(())
}

/// Windows of [`PASSAGE_WORDS`] words; an empty text is one empty passage.
fn passages(text: &str) -> Vec<&str> {
    let words: Vec<usize> = text.split_whitespace().map(|w| w.as_ptr() as usize - text.as_ptr() as usize).collect();
    let starts: Vec<usize> = words.iter().step_by(PASSAGE_WORDS).copied().collect();
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    if starts.is_empty() { vec![""] } else { starts.iter().zip(ends).map(|(&start, end)| &text[start..end]).collect() }
}

/// Textbook BM25.
#[derive(Default)]
struct Textbook {
    postings: HashMap<String, Vec<(u32, f32)>>,
    lengths: Vec<f32>,
}

impl Textbook {
    fn words(text: &str) -> Vec<String> {
        let lower = text.to_lowercase();
        let words = lower.split(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit());
        words.filter(|w| !w.is_empty()).map(str::to_string).collect()
    }

    fn add(&mut self, text: &str) {
        let words = Self::words(text);
        let passage = self.lengths.len() as u32;
        self.lengths.push(words.len() as f32);
        for word in words {
            let list = self.postings.entry(word).or_default();
            match list.last_mut() {
                Some((p, tf)) if *p == passage => *tf += 1.0,
                _ => list.push((passage, 1.0)),
            }
        }
    }

    fn search(&self, query: &str) -> Vec<u32> {
        let (k1, b, n) = (1.2, 0.75, self.lengths.len() as f32);
        let mean = self.lengths.iter().sum::<f32>() / n;
        let mut scores = vec![0.0f32; self.lengths.len()];
        let words: HashSet<String> = Self::words(query).into_iter().collect();
        for list in words.iter().filter_map(|w| self.postings.get(w)) {
            let df = list.len() as f32;
            let idf = (1.0 + (n - df + 0.5) / (df + 0.5)).ln();
            for &(p, tf) in list {
                scores[p as usize] +=
                    idf * tf * (k1 + 1.0) / (tf + k1 * (1.0 - b + b * self.lengths[p as usize] / mean));
            }
        }
        let mut found: Vec<u32> = (0..self.lengths.len() as u32).filter(|&p| scores[p as usize] > 0.0).collect();
        found.sort_by(|&a, &b| scores[b as usize].total_cmp(&scores[a as usize]));
        found
    }
}

/// nDCG@10 with gain 2^grade − 1.
fn ndcg(found: &[u32], grades: &HashMap<String, u32>) -> f64 {
    let dcg = |list: &[u32]| -> f64 {
        list.iter().take(10).enumerate().map(|(i, &g)| f64::from(g) / (i as f64 + 2.0).log2()).sum()
    };
    let mut ideal: Vec<u32> = grades.values().copied().collect();
    ideal.sort_unstable_by(|a, b| b.cmp(a));
    dcg(found) / dcg(&ideal).max(f64::MIN_POSITIVE)
}

/// The share of the relevant documents that is among those found.
fn recall(found: &[u32], grades: &HashMap<String, u32>) -> f64 {
    let relevant = grades.values().filter(|g| **g > 0).count().max(1);
    found.iter().filter(|g| **g > 0).count() as f64 / relevant as f64
}

fn read_jsonl(path: &Path) -> Result<Vec<Value>> {
    let zipped = path.with_extension("jsonl.gz");
    let mut text = String::new();
    if path.exists() {
        text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    } else {
        let file = std::fs::File::open(&zipped).with_context(|| zipped.display().to_string())?;
        flate2::read::GzDecoder::new(file).read_to_string(&mut text).with_context(|| zipped.display().to_string())?;
    }
    text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

fn read_qrels(path: &Path) -> Result<Qrels> {
    let mut qrels = Qrels::new();
    for line in std::fs::read_to_string(path).with_context(|| path.display().to_string())?.lines().skip(1) {
        let mut columns = line.split('\t');
        let (Some(query), Some(document), Some(grade)) = (columns.next(), columns.next(), columns.next()) else {
            continue;
        };
        qrels.entry(query.to_string()).or_default().insert(document.to_string(), grade.trim().parse()?);
    }
    Ok(qrels)
}

fn string<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().unwrap_or_default()
}
