//! The shipped models on the GPU against the CPU's engine, and a device that goes away.

use super::open;
use siteseer::gpu::GpuError;
use siteseer::gpu::encoder::{EmbeddingTable, Encoder, Gpu};
use siteseer::gpu::tuning::{Products, Tuning};
use siteseer::kernels::Backend;
use siteseer::model::batch::TokenBatch;
use siteseer::model::bi_encoder::BiEncoder;
use siteseer::model::cross_encoder::{CrossEncoder, PairWorkspace};
use siteseer::model::encoder::Workspace;
use siteseer::model::file::ModelFile;
use std::fs;
use std::sync::Arc;

/// The least cosine between the two embeddings of a text.
const COSINE: f32 = 0.999;
/// How far a logit may be from the CPU's with 12-bit activations, root mean square, in standard deviations of the logits:
/// rounding to 4096 steps adds noise of 1.7 / 4096 a product (see `ACTIVATIONS_TOLERANCE` in `cross_encoder.rs`); the 25
/// products of six layers and the pooler add up as a random walk, and trained layers spread it: ten times that.
const LOGITS: f32 = 0.02;

/// The same with activations of eight bits on the GPU: rounding to 1/127 of a row's largest, some six times their root mean square,
/// is an error of 6 / (127 · √12) = 0.014 a product; as a random walk over 25 of them 0.07. Three times that.
const PACKED_LOGITS: f32 = 0.2;

const TEXTS: [&str; 6] = [
    "Share dependencies between crates",
    "A workspace is a set of packages that share the same lock file and output folder.",
    "",
    "The compiler checks that references live as long as the values that they borrow, without running the program.",
    "Wie macht man das Programm kleiner? opt-level = \"z\"",
    "cargo",
];

struct Files {
    bi_encoder: Vec<u8>,
    cross_encoder: Vec<u8>,
}

impl Files {
    fn read() -> Self {
        let read = |name: &str| {
            let path = format!("{}/models/{name}.safetensors", env!("CARGO_MANIFEST_DIR"));
            fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
        };
        Self { bi_encoder: read("all-MiniLM-L6-v2"), cross_encoder: read("siteseer-cross-encoder") }
    }
}

/// The CPU's kernels with the finest activations: the specification.
fn exact() -> Backend {
    Backend::available().remove(0)
}

#[test]
fn embeddings_are_those_of_the_cpu() {
    let files = Files::read();
    let cpu = BiEncoder::load(&files.bi_encoder, "bi", exact()).unwrap();
    let gpu = Arc::new(Gpu::new(open()));
    let file = ModelFile::parse(&files.bi_encoder, "bi").unwrap();
    let word = Arc::new(EmbeddingTable::word(&gpu, &file).unwrap());
    let mut encoder = Encoder::bi_encoder(&gpu, &file, &word).unwrap();
    // together, alone, and together again after the buffers have grown
    let long = TEXTS.join(" ").repeat(4);
    let texts: Vec<&str> = TEXTS.into_iter().chain([long.as_str()]).collect();
    for texts in [&texts[..2], &texts[6..], &texts[..]] {
        let mut batch = TokenBatch::new();
        texts.iter().for_each(|text| batch.push(&cpu.tokenize(text)));
        let mut want = vec![0.0; batch.len() * cpu.dim()];
        cpu.embed_into(&batch, &mut Workspace::default(), &mut want).unwrap();
        let got = pollster::block_on(encoder.forward(&batch)).unwrap();
        for ((text, got), want) in texts.iter().zip(got.chunks_exact(cpu.dim())).zip(want.chunks_exact(cpu.dim())) {
            let cosine: f32 = got.iter().zip(want).map(|(a, b)| a * b).sum();
            println!("cosine {cosine:.6}: {text:.40}");
            assert!(cosine >= COSINE, "{cosine}: {text}");
        }
    }
    assert!(matches!(pollster::block_on(encoder.forward(&TokenBatch::one(&[40_000]))), Err(GpuError::Library(_))));
}

/// Every text with two queries.
fn pairs(cpu: &CrossEncoder) -> TokenBatch {
    let mut batch = TokenBatch::new();
    for query in ["how do I share code", "make the binary smaller"] {
        for text in TEXTS {
            let (ids, types) = cpu.tokenize(query, text);
            batch.push_pair(&ids, &types);
        }
    }
    batch
}

/// What the CPU says of them.
fn logits(cpu: &CrossEncoder, batch: &TokenBatch) -> Vec<f32> {
    let mut logits = Vec::new();
    cpu.score_tokens(batch, &mut PairWorkspace::default(), &mut logits).unwrap();
    logits
}

/// The root mean square of the differences, in standard deviations of what is wanted.
fn deviations(got: &[f32], want: &[f32]) -> f32 {
    assert_eq!(got.len(), want.len());
    let n = want.len() as f32;
    let mean = want.iter().sum::<f32>() / n;
    let deviation = (want.iter().map(|w| (w - mean) * (w - mean)).sum::<f32>() / n).sqrt();
    (got.iter().zip(want).map(|(a, b)| (a - b) * (a - b)).sum::<f32>() / n).sqrt() / deviation
}

#[test]
fn variants_of_kernels_give_the_logits_of_the_cpu() {
    let files = Files::read();
    let bi_encoder = BiEncoder::load(&files.bi_encoder, "bi", exact()).unwrap();
    let cpu = CrossEncoder::load(&files.cross_encoder, "cross", &bi_encoder).unwrap();
    let batch = pairs(&cpu);
    let want = logits(&cpu, &batch);
    for (products, norm_subgroups, allowed) in
        [(Products::Half, false, LOGITS), (Products::Float, true, LOGITS), (Products::Packed, true, PACKED_LOGITS)]
    {
        let tuning = Tuning { products, norm_subgroups, ..Tuning::HARDWARE };
        let gpu = Arc::new(Gpu::with_tuning(open(), tuning));
        assert_eq!(gpu.tuning(), tuning, "{} has not all of it", gpu.context().adapter().name);
        let table = EmbeddingTable::word(&gpu, &ModelFile::parse(&files.bi_encoder, "bi").unwrap()).unwrap();
        let file = ModelFile::parse(&files.cross_encoder, "cross").unwrap();
        let mut encoder = Encoder::cross_encoder(&gpu, &file, &Arc::new(table)).unwrap();
        let error = deviations(&pollster::block_on(encoder.forward(&batch)).unwrap(), &want);
        println!("{tuning:?}: error {error:.5} deviations");
        assert!(error <= allowed, "{tuning:?}: {error} deviations");
    }
}

#[test]
fn logits_are_those_of_the_cpu_and_a_lost_device_says_so() {
    let files = Files::read();
    let bi_encoder = BiEncoder::load(&files.bi_encoder, "bi", exact()).unwrap();
    let cpu = CrossEncoder::load(&files.cross_encoder, "cross", &bi_encoder).unwrap();
    let gpu = Arc::new(Gpu::new(open()));
    let table = EmbeddingTable::word(&gpu, &ModelFile::parse(&files.bi_encoder, "bi").unwrap()).unwrap();
    let file = ModelFile::parse(&files.cross_encoder, "cross").unwrap();
    let mut encoder = Encoder::cross_encoder(&gpu, &file, &Arc::new(table)).unwrap();
    let batch = pairs(&cpu);
    let got = pollster::block_on(encoder.forward(&batch)).unwrap();
    let error = deviations(&got, &logits(&cpu, &batch));
    println!("logits: error {error:.5} deviations");
    assert!(error <= LOGITS, "{error} deviations: {got:?}");

    // a sequence without a first token has no logit
    let mut empty = TokenBatch::new();
    empty.push(&[]);
    assert!(matches!(pollster::block_on(encoder.forward(&empty)), Err(GpuError::Library(_))));

    gpu.context().destroy();
    let lost = pollster::block_on(encoder.forward(&batch));
    assert!(matches!(lost, Err(GpuError::Lost(_))), "{lost:?}");
    assert!(matches!(
        Encoder::cross_encoder(
            &gpu,
            &file,
            &Arc::new(EmbeddingTable::word(&gpu, &ModelFile::parse(&files.bi_encoder, "bi").unwrap()).unwrap())
        ),
        Err(GpuError::Lost(_))
    ));
}
