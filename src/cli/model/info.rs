//! `siteseer model info`: what a model file says of itself.

use super::{InfoArgs, read};
use crate::error::REIMPORT_MODEL;
use crate::hash::sha256_hex;
use crate::model::file::ModelFile;
use crate::model::late::{KIND as LATE_HEAD, LateHead};
use crate::model::layout::Kind;
use crate::model::sparse_rows::{KIND as SPARSE_ROWS, SparseRows};
use crate::model::static_tower::{KIND as STATIC_TOWER, StaticTower};
use crate::tensors::{Tensor, TensorFile};
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;

/// Prints what a model file is.
///
/// # Errors
/// If it is missing, damaged or no model file.
pub(super) fn run(args: &InfoArgs) -> anyhow::Result<()> {
    let bytes = read(&args.file)?;
    match kind_of(&bytes, &args.file).as_deref() {
        Some(STATIC_TOWER) => return static_tower_info(args, &bytes),
        Some(SPARSE_ROWS) => return sparse_info(args, &bytes),
        Some(LATE_HEAD) => return late_info(&bytes, &args.file, args.json),
        _ => {}
    }
    let model = ModelFile::parse(&bytes, &args.file.display().to_string())?;
    model.verify()?;
    let gzip_len = gzip_len(&bytes)?;
    let sha256 = sha256_hex(&[&bytes]);
    let config = model.config();
    if args.json {
        let mut value = json!({
            "file": args.file, "id": model.id(), "license": model.license(), "source": model.source(),
            "kind": model.kind().name(), "parameters": model.num_parameters(), "bytes": bytes.len(), "gzipBytes": gzip_len,
            "sha256": sha256, "sourceSha256": model.source_sha256(), "tokenizerSha256": model.tokenizer_sha256(),
            "spaceSha256": model.space_sha256(), "config": config,
        });
        match model.kind() {
            Kind::BiEncoder => value["vocabTokens"] = model.vocab()?.lines().count().into(),
            Kind::CrossEncoder => {
                value["tableSourceSha256"] = model.table_source_sha256().into();
                value["lambda"] = model.lambda().into();
            }
        }
        if args.tensors {
            let tensors = model.tensors().into_iter();
            value["tensors"] = tensors
                .map(|t| json!({"name": t.name, "dtype": t.dtype, "shape": t.shape, "bytes": t.len_bytes}))
                .collect();
        }
        println!("{}", serde_json::to_string_pretty(&value)?);
        return Ok(());
    }
    let tokenizer = &config.tokenizer;
    println!("{}: {}", args.file.display(), describe(&model));
    println!("  layers            {} of {} heads x {}", config.num_layers, config.num_heads, config.head_dim());
    println!("  hidden size       {} (intermediate {})", config.hidden_size, config.intermediate_size);
    println!("  tokens            {} of {} positions", config.max_tokens, config.max_positions);
    let (tokens, shared) = match model.kind() {
        Kind::BiEncoder => (model.vocab()?.lines().count(), ""),
        Kind::CrossEncoder => (config.vocab_size, ", shared with the bi-encoder"),
    };
    println!(
        "  vocabulary        {} tokens{}{}{shared}",
        grouped(tokens),
        if tokenizer.lowercase { ", lower case" } else { "" },
        if tokenizer.strip_accents { ", no accents" } else { "" },
    );
    match model.kind() {
        Kind::BiEncoder => {
            let normalised = if config.normalize { ", L2-normalised" } else { "" };
            println!("  pooling           {:?}{normalised}", config.pooling);
            if model.space_sha256() != model.source_sha256() {
                println!("  query tower of    SHA-256 {}", model.space_sha256());
            }
        }
        Kind::CrossEncoder => {
            println!("  lambda            {}", model.lambda());
            println!("  table source      SHA-256 {}", model.table_source_sha256());
        }
    }
    println!("  bytes             {} (gzip {})", grouped(bytes.len()), grouped(gzip_len));
    println!("  SHA-256           {sha256}");
    println!("  tokenizer SHA-256 {}", model.tokenizer_sha256());
    println!("  licence           {}", model.license());
    println!("  source            {}", model.source());
    println!("  source SHA-256    {}", model.source_sha256());
    if args.tensors {
        println!("\n  {:<36} {:<5} {:>16} {:>12}", "tensor", "type", "shape", "bytes");
        for tensor in model.tensors() {
            let shape = tensor.shape.iter().map(ToString::to_string).collect::<Vec<_>>().join(" x ");
            println!("  {:<36} {:<5} {shape:>16} {:>12}", tensor.name, tensor.dtype, grouped(tensor.len_bytes));
        }
    }
    Ok(())
}

/// The kind of model that a file says it is.
fn kind_of(bytes: &[u8], path: &Path) -> Option<String> {
    let file = TensorFile::parse(bytes, &path.display().to_string(), REIMPORT_MODEL).ok()?;
    file.metadata("siteseer.kind").map(str::to_owned)
}

/// The same of a head of late interaction.
pub(super) fn late_info(bytes: &[u8], path: &Path, as_json: bool) -> anyhow::Result<()> {
    let name = path.display().to_string();
    let (head, file) = (LateHead::load(bytes, &name)?, TensorFile::parse(bytes, &name, REIMPORT_MODEL)?);
    let (config, sha256) = (head.config(), sha256_hex(&[bytes]));
    let said = |key| file.metadata(key).unwrap_or_default();
    if as_json {
        let value = json!({
            "file": path, "id": head.id(), "license": said("siteseer.license"), "source": said("siteseer.source"),
            "kind": LATE_HEAD, "bytes": bytes.len(), "sha256": sha256, "sourceSha256": said("siteseer.source_sha256"),
            "tokenizerSha256": said("siteseer.tokenizer_sha256"),
            "alignedSourceSha256": said("siteseer.aligned_source_sha256"), "weights": head.has_weights(), "config": config,
        });
        println!("{}", serde_json::to_string_pretty(&value)?);
        return Ok(());
    }
    let weights = if head.has_weights() { ", a weight for each token of a query" } else { "" };
    println!("{name}: {LATE_HEAD} {}", head.id());
    println!("  token vectors     {} to {}{weights}", config.hidden_size, config.dim);
    println!("  lambda            {}", config.lambda);
    println!("  bytes             {}", grouped(bytes.len()));
    println!("  SHA-256           {sha256}");
    println!("  licence           {}", said("siteseer.license"));
    println!("  source            {}", said("siteseer.source"));
    println!("  trained with source SHA-256 {}", said("siteseer.aligned_source_sha256"));
    Ok(())
}

fn static_tower_info(args: &InfoArgs, bytes: &[u8]) -> anyhow::Result<()> {
    let name = args.file.display().to_string();
    let (tower, file) = (StaticTower::load(bytes, &name)?, TensorFile::parse(bytes, &name, REIMPORT_MODEL)?);
    let (config, gzip_len, sha256) = (tower.config(), gzip_len(bytes)?, sha256_hex(&[bytes]));
    let said = |key| file.metadata(key).unwrap_or_default();
    let (license, source, source_sha256) =
        (said("siteseer.license"), said("siteseer.source"), said("siteseer.source_sha256"));
    if args.json {
        let mut value = json!({
            "file": args.file, "id": tower.id(), "license": license, "source": source, "kind": STATIC_TOWER,
            "rows": tower.num_rows(), "bytes": bytes.len(), "gzipBytes": gzip_len, "sha256": sha256,
            "sourceSha256": source_sha256, "tokenizerSha256": tower.tokenizer_sha256(),
            "alignedSourceSha256": tower.aligned_source_sha256(), "config": config,
        });
        if args.tensors {
            value["tensors"] = tensors_json(&file);
        }
        println!("{}", serde_json::to_string_pretty(&value)?);
        return Ok(());
    }
    println!("{name}: {}", describe_tower(&tower));
    println!("  rows              {} of {} bits x {}", grouped(tower.num_rows()), config.bits, config.dim);
    println!("  vocabulary        {} tokens", grouped(config.vocab_size));
    println!("  bytes             {} (gzip {})", grouped(bytes.len()), grouped(gzip_len));
    println!("  SHA-256           {sha256}");
    println!("  tokenizer SHA-256 {}", tower.tokenizer_sha256());
    println!("  aligned to source SHA-256 {}", tower.aligned_source_sha256());
    println!("  licence           {license}");
    println!("  source            {source}");
    println!("  source SHA-256    {source_sha256}");
    if args.tensors {
        print_tensors(&file);
    }
    Ok(())
}

fn sparse_info(args: &InfoArgs, bytes: &[u8]) -> anyhow::Result<()> {
    let name = args.file.display().to_string();
    let (rows, file) = (SparseRows::load(bytes, &name)?, TensorFile::parse(bytes, &name, REIMPORT_MODEL)?);
    let (gzip_len, sha256) = (gzip_len(bytes)?, sha256_hex(&[bytes]));
    let said = |key| file.metadata(key).unwrap_or_default();
    if args.json {
        let mut value = json!({
            "file": args.file, "id": said("siteseer.id"), "license": said("siteseer.license"), "source": said("siteseer.source"),
            "kind": SPARSE_ROWS, "rows": rows.tokens.len(), "dim": rows.dim, "bytes": bytes.len(), "gzipBytes": gzip_len,
            "sha256": sha256, "sourceSha256": said("siteseer.source_sha256"), "tokenizerSha256": rows.of.map(|of| of.tokenizer_sha256),
            "alignedSourceSha256": said("siteseer.aligned_source_sha256"),
        });
        if args.tensors {
            value["tensors"] = tensors_json(&file);
        }
        println!("{}", serde_json::to_string_pretty(&value)?);
        return Ok(());
    }
    println!("{name}: {}", describe_sparse(&rows, said("siteseer.id")));
    println!("  rows              {} of 4 bits x {}", grouped(rows.tokens.len()), rows.dim);
    println!("  bytes             {} (gzip {})", grouped(bytes.len()), grouped(gzip_len));
    println!("  SHA-256           {sha256}");
    println!("  tokenizer SHA-256 {}", said("siteseer.tokenizer_sha256"));
    println!("  trained with source SHA-256 {}", said("siteseer.aligned_source_sha256"));
    println!("  licence           {}", said("siteseer.license"));
    println!("  source            {}", said("siteseer.source"));
    println!("  source SHA-256    {}", said("siteseer.source_sha256"));
    if args.tensors {
        print_tensors(&file);
    }
    Ok(())
}

fn tensors_json(file: &TensorFile<'_>) -> Value {
    let entry = |t: &Tensor| json!({"name": t.name, "dtype": t.dtype.name(), "shape": t.shape, "bytes": t.range.len()});
    file.tensors().iter().map(entry).collect()
}

fn print_tensors(file: &TensorFile<'_>) {
    println!("\n  {:<36} {:<5} {:>16} {:>12}", "tensor", "type", "shape", "bytes");
    for tensor in file.tensors() {
        let shape = tensor.shape.iter().map(ToString::to_string).collect::<Vec<_>>().join(" x ");
        let (dtype, len) = (tensor.dtype.name(), grouped(tensor.range.len()));
        println!("  {:<36} {dtype:<5} {shape:>16} {len:>12}", tensor.name);
    }
}

/// A line about rows of learned sparse retrieval.
pub(super) fn describe_sparse(rows: &SparseRows, id: &str) -> String {
    format!("{SPARSE_ROWS} {id}, {} parameters", grouped(rows.tokens.len() * (rows.dim + 2)))
}

/// A line about a static query tower.
pub(super) fn describe_tower(tower: &StaticTower) -> String {
    format!("{STATIC_TOWER} {}, {} parameters", tower.id(), grouped(tower.num_rows() * tower.config().dim))
}

/// A line about a bi-encoder or a cross-encoder.
pub(super) fn describe(model: &ModelFile<'_>) -> String {
    format!("{} {}, {} parameters", model.kind().name(), model.id(), grouped(model.num_parameters()))
}

fn gzip_len(bytes: &[u8]) -> anyhow::Result<usize> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.len())
}

/// A number with its digits in groups of three: 22,713,216.
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
