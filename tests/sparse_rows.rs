//! Rows of learned sparse retrieval: a checkpoint becomes a model file, and the shipped one expands passages by what is asked about them.

#![cfg(not(target_arch = "wasm32"))]

#[path = "common/tiny_model.rs"]
mod tiny_model;

use assert_cmd::Command;
use predicates::str::contains;
use safetensors::tensor::{Dtype, TensorView, serialize};
use serde_json::Value;
use siteseer::index::impacts::expand::Rows;
use siteseer::index::impacts::{ImpactBuilder, ImpactIndex, Spelling};
use siteseer::index::vectors::Vectors;
use siteseer::kernels::Backend;
use siteseer::model::bi_encoder::BiEncoder;
use siteseer::model::encoder::Workspace;
use siteseer::model::sparse_rows::SparseRows;
use std::fs;
use std::path::{Path, PathBuf};

const DIM: usize = 48;
const SHIPPED: &str = "models/siteseer-sparse.safetensors";
const BI_ENCODER: &str = "models/all-MiniLM-L6-v2.safetensors";

/// Passages, and questions about them in other words.
const PASSAGES: [(&str, &str); 6] = [
    ("Borrowed references must never outlive the value that they point to.", "dangling pointer lifetime"),
    ("Worms loosen the earth, and manure feeds the beds before planting.", "garden soil fertilizer"),
    ("Run the suite before every commit; assertions that do not hold are printed.", "unit tests fail"),
    ("Sign in with your e-mail address; ask for a new one if you have forgotten it.", "password reset"),
    ("Rows are read from a table by a statement that names its columns.", "sql database query"),
    ("The picture is drawn in the window again whenever its size changes.", "screen rendering resize"),
];

fn at(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn siteseer() -> Command {
    Command::new(env!("CARGO_BIN_EXE_siteseer"))
}

/// A row by a formula.
fn row(at: usize, dim: usize) -> impl Iterator<Item = f32> {
    (0..dim).map(move |i| ((at * 31 + i * 17) % 23) as f32 / 23.0 - 0.5)
}

/// A checkpoint as training leaves it, with a bias of -1, -2 … and a weight of 1, 2 … .
fn checkpoint(tokens: &[&str], dim: usize) -> Vec<u8> {
    let bytes = |values: Vec<f32>| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
    let (n, text) = (tokens.len(), tokens.join("\n"));
    let weight: Vec<f32> = (1..=n).map(|at| at as f32).collect();
    let rows = bytes((0..n).flat_map(|at| row(at, dim)).collect());
    let (bias, weight) = (bytes(weight.iter().map(|w| -w).collect()), bytes(weight));
    let view = |dtype, shape, data| TensorView::new(dtype, shape, data).unwrap();
    let tensors = [
        ("tokens", view(Dtype::U8, vec![text.len()], text.as_bytes())),
        ("rows", view(Dtype::F32, vec![n, dim], &rows)),
        ("bias", view(Dtype::F32, vec![n], &bias)),
        ("weight", view(Dtype::F32, vec![n], &weight)),
    ];
    serialize(tensors, None).unwrap()
}

#[test]
fn a_checkpoint_becomes_a_file_of_4_bits() {
    let desk = tempfile::tempdir().unwrap();
    let at = |name: &str| desk.path().join(name);
    fs::write(at("tiny.safetensors"), tiny_model::tiny_model(1, true)).unwrap();
    let import = |tokens: &[&str], dim: usize, args: &[&str]| {
        fs::write(at("checkpoint.safetensors"), checkpoint(tokens, dim)).unwrap();
        let mut command = siteseer();
        command.args(["model", "import", "--id", "tiny-sparse", "--license", "MIT", "--force"]).args(args);
        command.arg("--sparse-of").arg(at("tiny.safetensors")).arg("--out").arg(at("rows.safetensors"));
        command.arg(at("checkpoint.safetensors")).assert()
    };
    import(&["the", "cat", "dog"], DIM, &[]).success().stdout(contains("sparse-rows tiny-sparse, 150 parameters"));
    let bytes = fs::read(at("rows.safetensors")).unwrap();
    import(&["the", "cat", "dog"], DIM, &[]).success();
    assert_eq!(fs::read(at("rows.safetensors")).unwrap(), bytes, "the same bytes every time");

    let rows = SparseRows::load(&bytes, "rows").unwrap();
    assert_eq!((rows.dim, rows.tokens), (DIM, ["cat", "dog", "the"].map(String::from).to_vec()));
    assert_eq!(rows.trained.unwrap(), (vec![-2.0, -3.0, -1.0], vec![2.0, 3.0, 1.0]), "as the tokens are sorted");
    for (place, was) in [(0, 1), (1, 2), (2, 0)] {
        // scales are at most 0.5 / 7 here, half of which a value may be off
        let found = &rows.rows[place * DIM..(place + 1) * DIM];
        assert!(found.iter().zip(row(was, DIM)).all(|(found, value)| (found - value).abs() < 0.04), "row {was}");
    }

    let info =
        |args: &[&str]| siteseer().args(["model", "info"]).args(args).arg(at("rows.safetensors")).output().unwrap();
    let json: Value = serde_json::from_slice(&info(&["--json", "--tensors"]).stdout).unwrap();
    assert_eq!((&json["kind"], &json["rows"], &json["dim"]), (&"sparse-rows".into(), &3.into(), &DIM.into()));
    assert_eq!(json["tensors"].as_array().unwrap().len(), 5);
    let text = String::from_utf8(info(&["--tensors"]).stdout).unwrap();
    assert!(text.contains("3 of 4 bits x 48") && text.contains("3 x 24"), "{text}");

    import(&["the", "zebra"], DIM, &[]).failure().stderr(contains("the bi-encoder has no token zebra"));
    import(&["the", "cat"], 32, &[]).failure().stderr(contains("rows have 32 numbers, the bi-encoder's vectors 48"));
    import(&["the"], DIM, &["--word-step", "0.1"]).failure().stderr(contains("cannot be used with"));
}

/// The vectors of all passages, as an index has them.
fn vectors(bi_encoder: &BiEncoder) -> Vectors {
    let mut work = Workspace::default();
    let embeddings = PASSAGES.iter().flat_map(|(passage, _)| bi_encoder.embed(passage, &mut work).unwrap());
    Vectors::quantize(&embeddings.collect::<Vec<f32>>(), bi_encoder.dim())
}

/// Number of questions whose passage comes first by impacts alone.
fn found(bi_encoder: &BiEncoder, vectors: &Vectors, rows: SparseRows) -> usize {
    let (bias, weight) = rows.trained.unwrap();
    let expanded = Rows::trained(&rows.rows, bias, weight).expand(vectors, 0..PASSAGES.len() as u32, 128);
    let mut builder = ImpactBuilder::new(rows.tokens);
    (0..).zip(&expanded).for_each(|(passage, impacts)| builder.add(passage, impacts));
    let config = bi_encoder.tokenizer().config();
    let spelling = Spelling { options: config.options(), max_word_chars: config.max_word_chars };
    let files = builder.finish(spelling, PASSAGES.len() as u32, 1000);
    let mut index = ImpactIndex::open(&files.root).unwrap();
    (0..).zip(&files.chunks).for_each(|(number, body)| index.add(number, body).unwrap());
    let is_first = |(at, (_, question)): &(u32, &(&str, &str))| {
        let mut ids = Vec::new();
        bi_encoder.tokenizer().encode_into(question, &mut ids);
        let best = index.query(ids.iter().map(|&id| bi_encoder.tokenizer().text_of(id))).top_k(1).parts;
        best.first().is_some_and(|(part, _)| part == at)
    };
    (0..).zip(&PASSAGES).filter(is_first).count()
}

#[test]
fn the_shipped_rows_expand_passages_by_what_is_asked_about_them() {
    let bi_encoder = BiEncoder::load(&fs::read(at(BI_ENCODER)).unwrap(), BI_ENCODER, Backend::best()).unwrap();
    let rows = SparseRows::load(&fs::read(at(SHIPPED)).unwrap(), SHIPPED).unwrap();
    assert_eq!((rows.tokens.len(), rows.dim), (27_658, bi_encoder.dim()));
    let of = rows.of.as_ref().unwrap();
    assert_eq!(
        (of.id.as_str(), of.tokenizer_sha256.as_str(), of.aligned_source_sha256.as_str()),
        ("siteseer-sparse", bi_encoder.tokenizer_sha256(), bi_encoder.source_sha256())
    );
    let vectors = vectors(&bi_encoder);
    let mut other = rows.clone();
    other.tokens.rotate_left(1);
    assert_eq!(found(&bi_encoder, &vectors, rows), PASSAGES.len());
    assert!(found(&bi_encoder, &vectors, other) < PASSAGES.len() / 2, "rows of other tokens say nothing");
}
