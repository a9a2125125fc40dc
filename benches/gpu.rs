//! The encoders and MaxSim on this machine's GPU against the CPU's engine, taking turns, with the same weights and token ids.
//!
//! ```text
//! cargo bench --bench gpu                 the table
//! cargo bench --bench gpu -- --sweep      the GPU's times at other sizes of workgroups
//! cargo bench --bench gpu -- --variants   the GPU's times with each variant of its kernels that it can run, and what they lose
//! ```
//! Logits and vectors are compared too, so that no time is one of a kernel that computes something else. `--any` takes a
//! processor that plays a GPU where there is no other, `--only NAME` only the workloads of this name (`query` and `max-sim` are the only
//! ones that a processor is soon done with), `--models DIR` says where the models are when the program has been carried
//! to another machine.

mod common;

use anyhow::{Context as _, Result, ensure};
use common::{medians_ms, processor};
use siteseer::gpu::encoder::{EmbeddingTable, Encoder, Gpu};
use siteseer::gpu::max_sim::MaxSim;
use siteseer::gpu::tuning::{Products, Tuning};
use siteseer::gpu::{Choice, Context};
use siteseer::kernels::Backend;
use siteseer::model::batch::TokenBatch;
use siteseer::model::bi_encoder::BiEncoder;
use siteseer::model::cross_encoder::{CrossEncoder, PairWorkspace};
use siteseer::model::encoder::Workspace;
use siteseer::model::file::ModelFile;
use siteseer::model::late::QueryVectors;
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

/// Rounds of each; the CPU's first one fills its caches, the GPU's first compiles its kernels before.
const ROUNDS: usize = 11;
const CLS: u32 = 101;
const SEP: u32 = 102;
/// Tokens of a query, the special ones included.
const QUERY: usize = 12;
/// The largest root mean square of the logits' differences: the CPU rounds activations to eight bits or seven, the packed variant to eight.
const LOGITS: f32 = 0.3;
/// The least cosine.
const COSINE: f32 = 0.995;
/// MaxSim's passages, a query's tokens, a passage's, and their dimensions; of one passage the way there and back is all that counts.
const MAX_SIM: [[usize; 4]; 3] = [[1, 16, 45, 64], [50, 16, 45, 64], [200, 16, 45, 64]];
/// The largest difference of two scores by MaxSim: rounding of sums of 16 floats below 1.
const SCORES: f32 = 1e-5;

/// Sequences of like length, which a reranker or an indexer computes together.
struct Workload {
    name: &'static str,
    sequences: usize,
    tokens: usize,
    pairs: bool,
}

const WORKLOADS: [Workload; 5] = [
    Workload { name: "rerank", sequences: 50, tokens: 128, pairs: true },
    Workload { name: "rerank", sequences: 20, tokens: 128, pairs: true },
    Workload { name: "query", sequences: 1, tokens: 16, pairs: false },
    Workload { name: "passages", sequences: 32, tokens: 90, pairs: false },
    Workload { name: "passages", sequences: 256, tokens: 90, pairs: false },
];

struct Files {
    bi_encoder: Vec<u8>,
    cross_encoder: Vec<u8>,
}

struct Cpu {
    bi_encoder: BiEncoder,
    cross_encoder: CrossEncoder,
}

struct OnGpu {
    bi_encoder: Encoder,
    cross_encoder: Encoder,
}

/// What follows a flag on the command line.
fn option(flag: &str) -> Option<String> {
    std::env::args().skip_while(|argument| argument != flag).nth(1)
}

/// The workloads that were asked for.
fn workloads() -> Vec<&'static Workload> {
    let only = option("--only");
    WORKLOADS.iter().filter(|workload| only.as_ref().is_none_or(|only| workload.name == only)).collect()
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let models = option("--models").map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("models"), PathBuf::from);
    let read = |name: &str| {
        let path = models.join(name);
        std::fs::read(&path).with_context(|| path.display().to_string())
    };
    let files = Files {
        bi_encoder: read("all-MiniLM-L6-v2.safetensors")?,
        cross_encoder: read("siteseer-cross-encoder.safetensors")?,
    };
    let bi_encoder = BiEncoder::load(&files.bi_encoder, "bi-encoder", Backend::best())?;
    let cross_encoder = CrossEncoder::load(&files.cross_encoder, "cross-encoder", &bi_encoder)?;
    let cpu = Cpu { bi_encoder, cross_encoder };
    let choice = if has("--any") { Choice::Any } else { Choice::Hardware };
    if has("--variants") {
        return variants(choice, &files, &cpu);
    }
    if has("--sweep") {
        return sweep(choice, &files);
    }
    let gpu = Arc::new(Gpu::new(pollster::block_on(Context::open(choice))?));
    let threads = thread::available_parallelism()?.get();
    let adapter = gpu.context().adapter();
    println!("GPU: {} ({:?}, {} {})", adapter.name, adapter.backend, adapter.driver, adapter.driver_info);
    println!("CPU: {}, {threads} threads, kernels {}", processor(), cpu.bi_encoder.backend().name());
    let mut on_gpu = OnGpu::load(&gpu, &files)?;

    println!("\nmedian ms of {ROUNDS} rounds, result in the host's memory");
    println!(
        "(at rest: the first call after the CPU's turn, in which the GPU has slowed its clocks down; else the next one)"
    );
    println!(
        "| workload | CPU, 1 thread | CPU, {threads} | GPU at rest | GPU | ratio to 1 | to {threads} | agreement |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for workload in workloads() {
        let batch = workload.batch();
        let agreement = workload.agreement(&cpu.run(workload, &batch)?, &on_gpu.run(workload, &batch)?)?;
        let on_gpu = RefCell::new(&mut on_gpu);
        let parts: Vec<TokenBatch> = (0..threads).map(|part| workload.part(part, threads)).collect();
        let times = medians_ms(
            ROUNDS,
            &mut [
                &mut || drop(cpu.run(workload, &batch)),
                &mut || {
                    thread::scope(|scope| {
                        for part in parts.iter().filter(|part| !part.is_empty()) {
                            scope.spawn(|| cpu.run(workload, part).map(drop));
                        }
                    });
                },
                &mut || drop(on_gpu.borrow_mut().run(workload, &batch)),
                &mut || drop(on_gpu.borrow_mut().run(workload, &batch)),
            ],
        );
        let Workload { name, sequences, tokens, .. } = workload;
        let (one, all, rest, there) = (times[0], times[1], times[2], times[3]);
        let ratios = format!("{:.1} | {:.1}", one / there, all / there);
        println!(
            "| {name} {sequences}×{tokens} | {one:.2} | {all:.2} | {rest:.2} | {there:.2} | {ratios} | {agreement} |"
        );
    }
    if option("--only").is_none_or(|only| only == "max-sim") {
        max_sim(&gpu, threads)?;
    }
    Ok(())
}

/// MaxSim's rows of the table: scores of passages whose token vectors are decoded.
fn max_sim(gpu: &Gpu, threads: usize) -> Result<()> {
    let on_gpu = RefCell::new(MaxSim::new(gpu.context(), gpu.tuning())?);
    for [passages, tokens, len, dim] in MAX_SIM {
        // values in some order: what they are doesn't matter to the time
        let value = |at: usize| (at * 7919 % 255) as f32 / 127.0 - 1.0;
        let query = QueryVectors::of(&(0..tokens * dim).map(|at| value(at) / 4.0).collect::<Vec<_>>(), dim);
        let rows: Vec<i8> = (0..passages * len * dim).map(|at| (value(at) * 31.0) as i8).collect();
        let first: Vec<u32> = (0..=passages).map(|passage| (passage * len) as u32).collect();
        let scores = |rows: &[i8]| -> Vec<f32> {
            rows.chunks_exact(len * dim).map(|rows| query.score(Backend::best(), rows)).collect()
        };
        let there = || pollster::block_on(on_gpu.borrow_mut().scores(gpu.context(), &query, &rows, &first));
        let differences = scores(&rows).into_iter().zip(there()?).map(|(a, b)| (a - b).abs());
        let largest = differences.fold(0.0, f32::max);
        ensure!(largest <= SCORES, "scores differ by {largest}");
        let part = passages.div_ceil(threads) * len * dim;
        let times = medians_ms(
            ROUNDS,
            &mut [
                &mut || drop(scores(&rows)),
                &mut || {
                    thread::scope(|scope| {
                        for rows in rows.chunks(part) {
                            scope.spawn(|| scores(rows));
                        }
                    });
                },
                &mut || drop(there()),
                &mut || drop(there()),
            ],
        );
        let (one, all, rest, there) = (times[0], times[1], times[2], times[3]);
        let ratios = format!("{:.2} | {:.2}", one / there, all / there);
        println!(
            "| max-sim {passages}×{len}, query of {tokens} | {one:.3} | {all:.3} | {rest:.2} | {there:.2} | {ratios} | scores differ by {largest:e} |"
        );
    }
    Ok(())
}

/// Times with each variant, in turn, and how far results are from the CPU's.
fn variants(choice: Choice, files: &Files, cpu: &Cpu) -> Result<()> {
    let context = pollster::block_on(Context::open(choice))?;
    let (own, features) = (Tuning::of(&context), context.features());
    println!("GPU: {} ({features:?})", context.adapter().name);
    drop(context);
    let mut devices = Vec::new();
    for products in Products::ALL {
        for norm_subgroups in [false, true] {
            let tuning = Tuning { products, norm_subgroups, ..own };
            if tuning.on(features) == tuning {
                let gpu = Arc::new(Gpu::with_tuning(pollster::block_on(Context::open(choice))?, tuning));
                devices.push((tuning, RefCell::new(OnGpu::load(&gpu, files)?)));
            }
        }
    }
    println!(
        "median ms of {ROUNDS} rounds in turn, result in the host's memory; against the CPU's {}",
        cpu.bi_encoder.backend().name()
    );
    for workload in workloads() {
        let batch = workload.batch();
        let want = cpu.run(workload, &batch)?;
        let agreements: Vec<String> = devices
            .iter()
            .map(|(_, device)| workload.agreement(&want, &device.borrow_mut().run(workload, &batch)?))
            .collect::<Result<_>>()?;
        let mut runs: Vec<_> =
            devices.iter().map(|(_, device)| || drop(device.borrow_mut().run(workload, &batch))).collect();
        let mut turns: Vec<&mut dyn FnMut()> = runs.iter_mut().map(|run| run as &mut dyn FnMut()).collect();
        let times = medians_ms(ROUNDS, &mut turns);
        for (((tuning, _), time), agreement) in devices.iter().zip(times).zip(agreements) {
            let Workload { name, sequences, tokens, .. } = workload;
            let norm = if tuning.norm_subgroups { "subgroups" } else { "plain" };
            println!(
                "{name} {sequences}×{tokens}, products {}, norm {norm}: {time:.2} ms, {agreement}",
                tuning.products.name()
            );
        }
    }
    Ok(())
}

/// Times at other tunables than the device's own.
fn sweep(choice: Choice, files: &Files) -> Result<()> {
    for lanes in [32, 64, 128] {
        for matmul_tiles in [1, 2, 4, 8] {
            for norm_lanes in [1, 8, 32] {
                let tuning = Tuning { lanes, matmul_tiles, norm_lanes, ..Tuning::HARDWARE };
                let gpu = Arc::new(Gpu::with_tuning(pollster::block_on(Context::open(choice))?, tuning));
                let mut on_gpu = OnGpu::load(&gpu, files)?;
                let mut line = format!("{tuning:?}");
                for workload in workloads() {
                    let batch = workload.batch();
                    on_gpu.run(workload, &batch)?;
                    let time = medians_ms(ROUNDS, &mut [&mut || drop(on_gpu.run(workload, &batch))])[0];
                    line.push_str(&format!(
                        ", {} {}×{} {time:.2} ms",
                        workload.name, workload.sequences, workload.tokens
                    ));
                }
                println!("{line}");
            }
        }
    }
    Ok(())
}

impl Workload {
    fn batch(&self) -> TokenBatch {
        self.part(0, 1)
    }

    /// Every `of`th sequence from number `part`.
    fn part(&self, part: usize, of: usize) -> TokenBatch {
        let mut batch = TokenBatch::new();
        for sequence in (part..self.sequences).step_by(of) {
            // Words of the vocabulary in some order: what they are doesn't matter to the time.
            let mut ids: Vec<u32> =
                (0..self.tokens).map(|at| 2000 + (sequence * 7919 + at * 104_729) as u32 % 20_000).collect();
            let last = ids.len() - 1;
            (ids[0], ids[last]) = (CLS, SEP);
            if self.pairs {
                ids[QUERY - 1] = SEP;
                let types: Vec<u32> = (0..self.tokens).map(|at| u32::from(at >= QUERY)).collect();
                batch.push_pair(&ids, &types);
            } else {
                batch.push(&ids);
            }
        }
        batch
    }

    /// How well the results agree, in words.
    fn agreement(&self, want: &[f32], got: &[f32]) -> Result<String> {
        ensure!(want.len() == got.len(), "{} results instead of {}", got.len(), want.len());
        if self.pairs {
            let squares = want.iter().zip(got).map(|(a, b)| (a - b) * (a - b)).sum::<f32>();
            let rms = (squares / want.len() as f32).sqrt();
            ensure!(rms <= LOGITS, "logits differ by {rms}");
            return Ok(format!("logits differ by {rms:.4} rms"));
        }
        let dim = want.len() / self.sequences;
        let rows = want.chunks_exact(dim).zip(got.chunks_exact(dim));
        let least = rows.map(|(a, b)| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>()).fold(1.0, f32::min);
        ensure!(least >= COSINE, "cosine {least}");
        Ok(format!("cosine ≥ {least:.5}"))
    }
}

impl Cpu {
    fn run(&self, workload: &Workload, batch: &TokenBatch) -> Result<Vec<f32>> {
        let mut out = Vec::new();
        if workload.pairs {
            self.cross_encoder.score_tokens(batch, &mut PairWorkspace::default(), &mut out)?;
        } else {
            out.resize(batch.len() * self.bi_encoder.dim(), 0.0);
            self.bi_encoder.embed_into(batch, &mut Workspace::default(), &mut out)?;
        }
        Ok(out)
    }
}

impl OnGpu {
    fn load(gpu: &Arc<Gpu>, files: &Files) -> Result<Self> {
        let file = ModelFile::parse(&files.bi_encoder, "bi-encoder")?;
        let word = Arc::new(EmbeddingTable::word(gpu, &file)?);
        let cross = ModelFile::parse(&files.cross_encoder, "cross-encoder")?;
        Ok(Self {
            bi_encoder: Encoder::bi_encoder(gpu, &file, &word)?,
            cross_encoder: Encoder::cross_encoder(gpu, &cross, &word)?,
        })
    }

    fn run(&mut self, workload: &Workload, batch: &TokenBatch) -> Result<Vec<f32>> {
        let encoder = if workload.pairs { &mut self.cross_encoder } else { &mut self.bi_encoder };
        Ok(pollster::block_on(encoder.forward(batch))?)
    }
}
