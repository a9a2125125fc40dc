//! Candidate lists for training a cross-encoder: for every query, what the running cascade would hand to it.
//!
//! ```text
//! siteseer index SITE --no-client
//! cargo run --release --example candidates -- SITE/siteseer QUERIES.jsonl 40 [lexical|CROSS_ENCODER] > CANDIDATES.jsonl
//! ```
//! `QUERIES.jsonl`: one `{"q": …, …}` a line. Each comes back with `candidates`: the best sections of the dense tier, with
//! the passage that speaks for each: `[link, passage id, fused score]`, with the logit of a cross-encoder behind it if one is
//! given (a teacher, or one to calibrate). With `lexical` they are those of the words alone. Passages are written once, before
//! the lists, those of the candidates' sections in order:
//! `{"passage": id, "section": id of its section's first passage, "prefix": title and headings, "text": …}`.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use siteseer::cli::folder;
use siteseer::index::passages::model_text;
use siteseer::model::cross_encoder::{CrossEncoder, PairWorkspace};
use siteseer::search::searcher::Tier;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::{env, fs, io};

fn main() -> Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    let (index, queries) = (args.first().context("which index?")?, args.get(1).context("which queries?")?);
    let limit: usize = args.get(2).map_or(Ok(40), |n| n.parse())?;
    let mut cascade = folder::open(Path::new(index), true)?;
    folder::load_all_chunks(Path::new(index), &mut cascade.searcher)?;
    let lexical = args.get(3).is_some_and(|word| word == "lexical");
    let tier = if lexical { Tier::Lexical } else { Tier::Dense };
    let mut cross_encoder = match args.get(3) {
        Some(path) if !lexical => {
            let bi_encoder = cascade.encoders().context("no bi-encoder")?.bi_encoder();
            Some((
                CrossEncoder::load(&fs::read(path).with_context(|| path.clone())?, path, bi_encoder)?,
                PairWorkspace::default(),
            ))
        }
        _ => None,
    };
    let (mut lists, mut wanted) = (Vec::new(), BTreeSet::new());
    for line in fs::read_to_string(queries)?.lines() {
        let mut row: Value = serde_json::from_str(line)?;
        let query = row["q"].as_str().context("a row without `q`")?.to_owned();
        let hits = cascade.rank(&query, tier, limit)?;
        let records: Vec<_> = hits.iter().filter_map(|hit| cascade.searcher.passage(hit.passage)).collect();
        let mut candidates: Vec<Value> =
            hits.iter().zip(&records).map(|(hit, record)| json!([record.link(), hit.passage, hit.score])).collect();
        if let Some((model, work)) = &mut cross_encoder {
            let passages: Vec<u32> = hits.iter().map(|hit| hit.passage).collect();
            let texts = cascade.searcher.pair_texts(&passages)?;
            for (candidate, logit) in candidates.iter_mut().zip(model.score(&query, &texts, work)?) {
                candidate.as_array_mut().expect("made above").push(json!(logit));
            }
        }
        wanted.extend(
            hits.iter().filter_map(|hit| cascade.searcher.section_around(hit.passage)).map(|s| (s.start, s.end)),
        );
        row["candidates"] = candidates.into();
        lists.push(row);
    }
    let mut out = io::BufWriter::new(io::stdout().lock());
    for (start, end) in wanted {
        for passage in start..end {
            let record = cascade.searcher.passage(passage).context("all passages are loaded")?;
            let prefix = model_text(&record.title, &record.heading_path, "");
            writeln!(out, "{}", json!({"passage": passage, "section": start, "prefix": prefix, "text": record.text}))?;
        }
    }
    for row in lists {
        writeln!(out, "{row}")?;
    }
    Ok(())
}
