//! A warm forward pass allocates nothing, on every backend of this machine: a counting allocator looks on.
//!
//! Each thread counts for itself, so that the test runner's other threads do not disturb.

#![cfg(not(target_arch = "wasm32"))]

use siteseer::kernels::Backend;
use siteseer::model::batch::TokenBatch;
use siteseer::model::bi_encoder::BiEncoder;
use siteseer::model::cross_encoder::{CrossEncoder, PairWorkspace};
use siteseer::model::encoder::Workspace;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::path::Path;

/// The system's allocator, with a count of what each thread asks for.
struct Counting;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

fn count_one() {
    // a thread that is about to end has no counter any more, and runs no test
    let _ = COUNT.try_with(|count| count.set(count.get() + 1));
}

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count_one();
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count_one();
        // SAFETY: the caller's promise.
        unsafe { System.alloc_zeroed(layout) }
    }
    unsafe fn realloc(&self, old: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count_one();
        // SAFETY: the caller's promise.
        unsafe { System.realloc(old, layout, new_size) }
    }
    unsafe fn dealloc(&self, old: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(old, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Number of allocations, grown ones included, that `work` makes on this thread.
fn allocations(work: impl FnOnce()) -> u64 {
    let before = COUNT.get();
    work();
    COUNT.get() - before
}

fn model_file(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("models").join(name)).expect("it is committed")
}

fn bi_encoder(backend: Backend) -> BiEncoder {
    BiEncoder::load(&model_file("all-MiniLM-L6-v2.safetensors"), "all-MiniLM-L6-v2", backend).unwrap()
}

/// Sequences of these lengths, from texts or pairs that never end.
fn batch(lengths: &[usize]) -> TokenBatch {
    let mut batch = TokenBatch::new();
    for (at, &length) in lengths.iter().enumerate() {
        let ids: Vec<u32> = (0..length).map(|i| 2000 + ((at * 977 + i * 131) % 9000) as u32).collect();
        let types: Vec<u32> = (0..length).map(|i| u32::from(i > length / 3)).collect();
        batch.push_pair(&ids, &types);
    }
    batch
}

/// The batch that warms up: most tokens and the longest sequence of all that follow, small enough for the scalar kernels.
const LARGEST: &[usize] = &[23, 40, 9];
/// Batches that a workspace must take after that: whole and cut register tiles, a lone query, the largest again.
const LATER: &[&[usize]] = &[&[7], &[16], &[1], &[3, 40], &[17, 1, 12], LARGEST];

#[test]
fn the_counter_counts() {
    assert_eq!(allocations(|| drop(std::hint::black_box(vec![1u8; 10]))), 1);
    assert_eq!(allocations(|| drop(std::hint::black_box(vec![0u64; 10]))), 1);
    let mut grown = vec![1u8];
    assert_eq!(allocations(|| grown.reserve_exact(100)), 1);
    assert_eq!(allocations(|| assert_eq!(1 + 1, std::hint::black_box(2))), 0);
}

#[test]
fn embedding_allocates_nothing() {
    for backend in Backend::available() {
        let (model, mut work) = (bi_encoder(backend), Workspace::default());
        let mut out = vec![0.0; LARGEST.len() * model.dim()];
        let cold = allocations(|| model.embed_into(&batch(LARGEST), &mut work, &mut out).unwrap());
        assert!(cold > 0, "{backend:?}: the workspace grew");
        for lengths in LATER {
            let (batch, out) = (batch(lengths), &mut out[..lengths.len() * model.dim()]);
            let warm = allocations(|| model.embed_into(&batch, &mut work, out).unwrap());
            assert_eq!(warm, 0, "{backend:?}: allocations for sequences of {lengths:?} tokens");
        }
    }
}

#[test]
fn scoring_allocates_nothing() {
    let file = model_file("siteseer-cross-encoder.safetensors");
    for backend in Backend::available() {
        let bi_encoder = bi_encoder(backend);
        let model = CrossEncoder::load(&file, "siteseer-cross-encoder", &bi_encoder).unwrap();
        let (mut work, mut logits) = (PairWorkspace::default(), Vec::new());
        let cold = allocations(|| model.score_tokens(&batch(LARGEST), &mut work, &mut logits).unwrap());
        assert!(cold > 0, "{backend:?}: the workspace grew");
        for lengths in LATER {
            let batch = batch(lengths);
            logits.clear();
            let warm = allocations(|| model.score_tokens(&batch, &mut work, &mut logits).unwrap());
            assert_eq!(warm, 0, "{backend:?}: allocations for pairs of {lengths:?} tokens");
            assert_eq!(logits.len(), lengths.len());
        }
    }
}

/// The calls that take text allocate what the tokenizer makes, the batch, and the result: exactly that.
#[test]
fn calls_with_text_allocate_their_tokens_and_their_result() {
    const TEXTS: [&str; 2] = ["run code before main", "what happens when two threads write the same variable?"];
    let bi_encoder = bi_encoder(Backend::best());
    let mut work = Workspace::default();
    bi_encoder.embed_into(&batch(LARGEST), &mut work, &mut vec![0.0; LARGEST.len() * bi_encoder.dim()]).unwrap();
    for text in TEXTS {
        let tokens = allocations(|| drop(TokenBatch::one(&bi_encoder.tokenize(text))));
        let all = allocations(|| drop(bi_encoder.embed(text, &mut work).unwrap()));
        assert_eq!(all, tokens + 1, "{text:?}: the embedding is the one allocation beside the tokens'");
    }

    let file = model_file("siteseer-cross-encoder.safetensors");
    let model = CrossEncoder::load(&file, "siteseer-cross-encoder", &bi_encoder).unwrap();
    let (passages, mut work) = (TEXTS.map(str::to_owned), PairWorkspace::default());
    model.score(TEXTS[0], &passages, &mut work).unwrap();
    let tokens = allocations(|| passages.iter().for_each(|passage| drop(model.tokenize(TEXTS[0], passage))));
    let all = allocations(|| drop(model.score(TEXTS[0], &passages, &mut work).unwrap()));
    assert_eq!(all, tokens + 1, "the logits are the one allocation beside the tokens'");
}
