//! A Hugging Face BERT-type sentence encoder (safetensors and its JSON files) becomes our int8 model file.
//!
//! Bytes in, bytes out: the command line reads and writes the files. Weight names are accepted with and without the
//! `bert.` prefix, element types are F32, F16 and BF16. Tensors that the encoder does not use (the pooler, position
//! ids, a training head) are left out and named in the report.

use super::config::{ModelConfig, Pooling};
use super::file::{ModelFile, tokenizer_sha256};
use super::file_writer::{Provenance, write_model};
use super::import_config::SideFiles;
pub use super::import_config::{SIDE_FILES, SideFile};
use super::import_weights::Conversion;
use super::layout::Kind;
use super::quantize::{QuantizedRows, ScaleSearch};
use crate::error::{Result, check_same};
use crate::hash::sha256_hex;

/// A model to import, read into memory.
#[derive(Debug)]
pub struct ImportSource<'a> {
    /// Name of the weights' file, for errors.
    pub weights_name: &'a str,
    /// Content of the weights' file.
    pub weights: &'a [u8],
    /// The other files of the folder that are there.
    pub side_files: &'a [SideFile],
}

/// Choices of an import.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportOptions {
    /// The model's name.
    pub id: String,
    /// Licence of the weights.
    pub license: String,
    /// Where the weights came from.
    pub source: String,
    /// Pooling, where the folder does not say (or to override it).
    pub pooling: Option<Pooling>,
    /// How fine the weights are quantized.
    pub grid: Grid,
}

/// How weights become integers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grid {
    /// How scales are chosen.
    pub scales: ScaleSearch,
    /// Smallest scale of the word embeddings, in root mean squares of the table; 0 for none. See [`WORD_STEP`].
    pub word_step: f32,
    /// Smallest scale of the linear layers, in root mean squares of each matrix; 0 for none.
    pub layer_step: f32,
}

/// The smallest scale of word embeddings that an import uses if not told otherwise. On all-MiniLM-L6-v2 it takes a tenth
/// off the compressed file and costs 0.00004 of cosine, a tenth of what the int8 layers cost.
pub const WORD_STEP: f32 = 0.07;

/// The row that lost most by quantization.
#[derive(Debug, Clone, PartialEq)]
pub struct WorstRow {
    /// Name of its tensor in the model file.
    pub tensor: String,
    /// Its number.
    pub row: usize,
    /// `‖w - ŵ‖ / ‖w‖`.
    pub error: f32,
}

/// A model file and what happened on the way.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    /// The model file.
    pub bytes: Vec<u8>,
    /// Names of source tensors that were left out.
    pub left_out: Vec<String>,
    /// The row that lost most.
    pub worst_row: WorstRow,
    /// Mean of the rows' relative errors.
    pub mean_row_error: f64,
}

impl Imported {
    /// A file of which the tensor `rows` is what was quantized, and nothing was left out.
    pub(super) fn of_rows(bytes: Vec<u8>, quantized: &QuantizedRows) -> Self {
        let errors = &quantized.errors;
        let worst = errors.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
        let (row, error) = worst.map_or((0, 0.0), |(row, error)| (row, *error));
        Self {
            bytes,
            left_out: Vec::new(),
            worst_row: WorstRow { tensor: "rows".to_owned(), row, error },
            mean_row_error: errors.iter().map(|error| f64::from(*error)).sum::<f64>() / errors.len().max(1) as f64,
        }
    }
}

/// Converts a model; with `passage_tower`, a query tower that was fitted to its vectors. `progress` is told the number of source
/// tensors done, their total, and the next one's name.
///
/// # Errors
/// [`Error::Unsupported`](crate::Error::Unsupported) for an architecture that the engine does not run, naming the field;
/// [`Error::Damaged`](crate::Error::Damaged) for files that are broken, incomplete or contradict each other;
/// [`Error::Mismatch`](crate::Error::Mismatch) if a query tower has other tokens or longer vectors than the passage tower.
pub fn import(
    source: &ImportSource<'_>,
    passage_tower: Option<ModelFile<'_>>,
    options: &ImportOptions,
    progress: &mut dyn FnMut(usize, usize, &str),
) -> Result<Imported> {
    let (config, vocab) = SideFiles(source.side_files).read(options.pooling)?;
    let passage_tower = passage_tower.map(|tower| tower.of_kind(Kind::BiEncoder)).transpose()?;
    if let Some(tower) = &passage_tower {
        check_query_tower(&config, &vocab, tower)?;
    }
    let total = 1 + Conversion::encoder_tensors(&config);
    let mut out = Conversion::open(source.weights_name, source.weights, options.grid, total, progress)?;
    let words = out.take("embeddings.word_embeddings.weight", &[config.vocab_size, config.hidden_size])?;
    out.rows("embeddings.word", "embeddings.word.scale", &[words], config.hidden_size, options.grid.word_step);
    out.encoder(&config, config.max_positions)?;
    let provenance = options.provenance(source);
    out.finish(|tensors| write_model(&options.id, &config, &provenance, &vocab, passage_tower.as_ref(), tensors))
}

/// Checks that a model of this configuration and vocabulary can be a query tower beside `passage_tower`: candidates are kept as the
/// passage tower's token ids, and vectors are compared.
fn check_query_tower(config: &ModelConfig, vocab: &str, passage_tower: &ModelFile<'_>) -> Result<()> {
    let theirs = passage_tower.config();
    let own = tokenizer_sha256(vocab, &config.tokenizer);
    let widths = [config.hidden_size, theirs.hidden_size].map(|width| width.to_string());
    let properties = [
        ("tokenizer hash", own.as_str(), passage_tower.tokenizer_sha256()),
        ("length of a vector", &widths[0], &widths[1]),
    ];
    check_same("config.json", &properties, "Name the passage tower that the query tower was fitted to")
}

impl ImportOptions {
    /// What the file will say about its origin.
    pub(super) fn provenance(&self, source: &ImportSource<'_>) -> Provenance {
        Provenance {
            id: self.id.clone(),
            license: self.license.clone(),
            source: self.source.clone(),
            source_sha256: sha256_hex(&[source.weights]),
        }
    }
}
