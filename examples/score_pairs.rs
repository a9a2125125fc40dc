//! Logits of a cross-encoder for pairs, one `{"q": …, "text": …}` a line on standard input, one number a line out.
//!
//! ```text
//! cargo run --release --example score_pairs -- models/all-MiniLM-L6-v2.safetensors CROSS_ENCODER < PAIRS.jsonl
//! ```

use anyhow::{Context, Result};
use serde_json::Value;
use siteseer::kernels::Backend;
use siteseer::model::bi_encoder::BiEncoder;
use siteseer::model::cross_encoder::{CrossEncoder, PairWorkspace};
use std::{env, fs, io};

fn main() -> Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    let (base, cross) = (args.first().context("which bi-encoder?")?, args.get(1).context("which cross-encoder?")?);
    let bi_encoder = BiEncoder::load(&fs::read(base)?, base, Backend::best())?;
    let model = CrossEncoder::load(&fs::read(cross)?, cross, &bi_encoder)?;
    let mut work = PairWorkspace::default();
    for line in io::stdin().lines() {
        let pair: Value = serde_json::from_str(&line?)?;
        let field = |name: &str| pair[name].as_str().unwrap_or_default().to_owned();
        println!("{}", model.score(&field("q"), &[field("text")], &mut work)?[0]);
    }
    Ok(())
}
