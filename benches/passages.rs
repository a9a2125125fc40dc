//! Embedding passages natively, on all cores: Siteseer against onnxruntime (int8, and fp32 to compare with) and candle, with
//! the same weights and the same token ids, taking turns.
//!
//! ```text
//! ./build.sh bench native        prepares the peers and runs this
//! ```
//! By hand: `SITESEER_REFERENCE_MODEL` is the folder of the f32 weights, `SITESEER_BENCH_ONNX` that of the models that
//! benches/browser/make_onnx.py made, `SITESEER_BENCH_PYTHON` a Python with onnxruntime.
//!
//! Every passage has the same length, so that the others need no padding; Siteseer never does. onnxruntime's time is that
//! of its own call, without pooling; the others' is all of it.

mod common;
#[path = "../tests/common/reference.rs"]
mod reference;

use anyhow::{Context, Result};
use common::{median, processor, time_ms};
use reference::{DIM, Reference, cosines};
use siteseer::cli::index::embed_token_ids;
use siteseer::kernels::Backend;
use siteseer::model::bi_encoder::BiEncoder;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

/// Passages embedded in a turn.
const PASSAGES: usize = 128;
/// Tokens of a passage, the special ones included.
const TOKENS: usize = 90;
/// Passages that the others get at a time: more made neither faster.
const BATCH: usize = 16;
/// Turns of each.
const ROUNDS: usize = 7;
/// The share of the passages that candle gets, several times slower, and that embeddings are compared on.
const SHARE: usize = 32;
const CLS: u32 = 101;
const SEP: u32 = 102;

fn main() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = root.join("models/all-MiniLM-L6-v2.safetensors");
    let model = BiEncoder::load(&std::fs::read(&file)?, "all-MiniLM-L6-v2", Backend::best())?;
    let passages = passages(root, &model)?;
    let threads = std::thread::available_parallelism()?.get();
    let candle = Reference::load(&path_in("SITESEER_REFERENCE_MODEL")?);
    let mut int8 = Onnxruntime::start(root, "bi-int8.onnx", threads, &passages)?;
    let mut fp32 = Onnxruntime::start(root, "bi-fp32.onnx", threads, &passages)?;
    println!("{}, {threads} threads\n{PASSAGES} passages of {TOKENS} tokens, {ROUNDS} rounds", processor());

    let share = &passages[..SHARE];
    let exact = candle.embed(share);
    let ours = embed_token_ids(&model, &passages)?.as_chunks().0.to_vec();
    let least = [ours, int8.embed()?, fp32.embed()?, exact.clone()].map(|all| cosines(&exact, &all[..SHARE]).0);

    let mut rates = [const { Vec::new() }; 4];
    for _ in 0..ROUNDS {
        let per_second = |passages: usize, ms: f64| passages as f64 / ms * 1e3;
        rates[0].push(per_second(PASSAGES, time_ms(|| drop(embed_token_ids(&model, &passages)))));
        rates[1].push(per_second(PASSAGES, int8.time_ms()?));
        rates[2].push(per_second(PASSAGES, fp32.time_ms()?));
        let candle = || share.chunks(BATCH).for_each(|batch| drop(candle.embed_batch(batch)));
        rates[3].push(per_second(SHARE, time_ms(candle)));
    }
    let best = rates.clone().map(|rates| rates.into_iter().fold(0.0, f64::max));
    let medians = rates.clone().map(median);
    println!("\n{:<26} {:>10} {:>8} {:>22} {:>14}", "", "median /s", "best", "times onnxruntime int8", "least cosine");
    let siteseer = format!("Siteseer {}", model.backend().name());
    for (i, name) in [siteseer.as_str(), "onnxruntime int8", "onnxruntime fp32", "candle f32"].iter().enumerate() {
        // of the rounds' ratios, since what disturbs a round disturbs all of it
        let ratio = median(rates[i].iter().zip(&rates[1]).map(|(a, b)| a / b).collect());
        println!("{name:<26} {:>10.1} {:>8.1} {ratio:>22.2} {:>14.4}", medians[i], best[i], least[i]);
    }
    Ok(())
}

/// This repository's documentation as token ids, end to end (again from the start if it is too short), cut to length.
fn passages(root: &Path, model: &BiEncoder) -> Result<Vec<Vec<u32>>> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(root.join("docs"))?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    files.sort();
    let mut ids = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(file)?;
        ids.extend(text.lines().flat_map(|line| model.tokenize(line)).filter(|&id| id != CLS && id != SEP));
    }
    let mut ids = ids.iter().copied().cycle();
    let passage = |_| [CLS].into_iter().chain(ids.by_ref().take(TOKENS - 2)).chain([SEP]).collect();
    Ok((0..PASSAGES).map(passage).collect())
}

fn path_in(variable: &str) -> Result<PathBuf> {
    let value = std::env::var_os(variable).with_context(|| {
        format!("{variable} is not set. `./build.sh bench native` prepares what this needs, and sets it")
    })?;
    Ok(value.into())
}

/// onnxruntime in a Python process that answers one question a line (benches/passages.py).
struct Onnxruntime {
    process: Child,
    answers: BufReader<ChildStdout>,
}

impl Onnxruntime {
    fn start(root: &Path, model: &str, threads: usize, passages: &[Vec<u32>]) -> Result<Self> {
        let python = path_in("SITESEER_BENCH_PYTHON")?;
        let mut process = Command::new(&python)
            .arg(root.join("benches/passages.py"))
            .arg(path_in("SITESEER_BENCH_ONNX")?.join(model))
            .args([threads, BATCH].map(|n| n.to_string()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{}: can't be started", python.display()))?;
        let answers = BufReader::new(process.stdout.take().context("stdout is piped")?);
        let mut peer = Self { process, answers };
        peer.say(&serde_json::to_string(passages)?)?;
        Ok(peer)
    }

    fn say(&mut self, line: &str) -> Result<()> {
        writeln!(self.process.stdin.as_mut().context("stdin is piped")?, "{line}").context("onnxruntime ended")
    }

    fn ask<T: serde::de::DeserializeOwned>(&mut self, question: &str) -> Result<T> {
        self.say(question)?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        serde_json::from_str(&answer).context("onnxruntime ended; its message is above")
    }

    fn time_ms(&mut self) -> Result<f64> {
        self.ask("time")
    }

    fn embed(&mut self) -> Result<Vec<[f32; DIM]>> {
        let rows: Vec<Vec<f32>> = self.ask("embed")?;
        rows.into_iter().map(|row| row.try_into().ok().context("an embedding of another length")).collect()
    }
}

impl Drop for Onnxruntime {
    fn drop(&mut self) {
        drop(self.process.stdin.take()); // the end of its questions is the end of its work
        let _ = self.process.wait();
    }
}
