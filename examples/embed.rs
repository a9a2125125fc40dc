//! Embeddings of many texts by the index's own engine, as training data: what the static query tower is fitted to.
//!
//! ```text
//! cargo run --release --example embed -- models/all-MiniLM-L6-v2.safetensors TEXTS.jsonl OUT.f32
//! ```
//! `TEXTS.jsonl`: one `{"text": …}` a line. `OUT.f32`: `f32[texts, dim]`, little endian, in the same order. An interrupted
//! run goes on where it stopped.

use anyhow::{Context, Result, ensure};
use rayon::prelude::*;
use serde_json::Value;
use siteseer::kernels::Backend;
use siteseer::model::batch::TokenBatch;
use siteseer::model::bi_encoder::BiEncoder;
use siteseer::model::encoder::Workspace;
use std::io::Write;
use std::{env, fs};

/// Texts between two writes to the file.
const BLOCK: usize = 4096;
/// Texts that are computed together.
const BATCH: usize = 32;

fn main() -> Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    ensure!(args.len() == 3, "usage: embed MODEL TEXTS.jsonl OUT.f32");
    let model = BiEncoder::load(&fs::read(&args[0]).with_context(|| args[0].clone())?, &args[0], Backend::best())?;
    let dim = model.dim();
    let texts = fs::read_to_string(&args[1]).with_context(|| args[1].clone())?;
    let text_of = |line: &str| -> Result<String> {
        let row: Value = serde_json::from_str(line)?;
        Ok(row["text"].as_str().context("a line without `text`")?.to_owned())
    };
    let texts: Vec<String> = texts.lines().map(text_of).collect::<Result<_>>()?;

    let mut out = fs::OpenOptions::new().create(true).append(true).open(&args[2]).with_context(|| args[2].clone())?;
    let row_bytes = dim * size_of::<f32>();
    let mut done = out.metadata()?.len() as usize / row_bytes;
    out.set_len((done * row_bytes) as u64)?; // half a row is computed again
    while done < texts.len() {
        let block = &texts[done..texts.len().min(done + BLOCK)];
        let mut embeddings = vec![0.0; block.len() * dim];
        block
            .par_chunks(BATCH)
            .zip(embeddings.par_chunks_mut(BATCH * dim))
            .map_init(Default::default, |(batch, work): &mut (TokenBatch, Workspace), (texts, out)| {
                batch.clear();
                texts.iter().for_each(|text| batch.push(&model.tokenize(text)));
                model.embed_into(batch, work, out)
            })
            .collect::<siteseer::Result<()>>()?;
        let bytes: Vec<u8> = embeddings.iter().flat_map(|x| x.to_le_bytes()).collect();
        out.write_all(&bytes)?;
        done += block.len();
        eprintln!("{done} of {}", texts.len());
    }
    Ok(())
}
