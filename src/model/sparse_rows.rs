//! Rows of tokens for learned sparse retrieval: a static query tower's, or trained ones with a bias and a weight each.
//!
//! ```text
//! checkpoint  tokens U8 [bytes], one a line | rows F32 [n, dim] | bias F32 [n] | weight F32 [n]
//! model file  metadata as in `file`, kind `sparse-rows`; siteseer.aligned_source_sha256 and siteseer.tokenizer_sha256 are the
//!             bi-encoder's, from whose vectors impacts are made; siteseer.config {"dim"}
//!             tokens U8 [bytes], sorted and packed | rows U8 [n, dim / 2] | scales F32 [n] | bias F32 [n] | weight F32 [n]
//! ```
//! `models/training/train_sparse.py` writes checkpoints, `siteseer model import --sparse-of` makes model files of them. Tokens and
//! rows of 4 bits are packed as those of a [`static_tower`](super::static_tower).

use super::beside::Beside;
use super::file::key;
use super::static_tower::{Rows, StaticTower, TOKENS, unpack_tokens};
use crate::error::Result;
use crate::tensors::{Dtype, TensorFile};

/// Value of `siteseer.kind`.
pub const KIND: &str = "sparse-rows";
/// Name of the tensor that holds the rows.
pub(super) const ROWS: &str = "rows";
/// What to do about a file that is none.
pub(super) const RETRAIN: &str =
    "Use models/siteseer-sparse.safetensors, or make rows with models/training/train_sparse.py";
/// Longest token, in bytes.
const MAX_TOKEN_BYTES: usize = 255;

/// Tokens with their rows.
#[derive(Debug, Clone, PartialEq)]
pub struct SparseRows {
    /// Texts of the tokens.
    pub tokens: Vec<String>,
    /// Length of a row.
    pub dim: usize,
    /// `[tokens, dim]`
    pub rows: Vec<f32>,
    /// Bias and weight of each token, of trained rows.
    pub trained: Option<(Vec<f32>, Vec<f32>)>,
    /// What they belong to, where the file says it.
    pub of: Option<RowsOf>,
}

/// What a file of rows says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowsOf {
    /// Name of the rows.
    pub id: String,
    /// Hash of the weights of the bi-encoder whose vectors they read.
    pub aligned_source_sha256: String,
    /// Hash of the vocabulary and tokenizer settings that the tokens are of.
    pub tokenizer_sha256: String,
}

impl SparseRows {
    /// Reads a model file or a checkpoint; `file_name` is only for messages.
    ///
    /// # Errors
    /// If the bytes are neither.
    pub fn load(bytes: &[u8], file_name: &str) -> Result<Self> {
        let tensors = TensorFile::parse(bytes, file_name, RETRAIN)?;
        if tensors.metadata(key::KIND).is_none() {
            return Self::of_checkpoint(&tensors);
        }
        Self::of_model(&tensors, Beside::read(&tensors, file_name, KIND, RETRAIN)?)
    }

    fn of_model(tensors: &TensorFile<'_>, about: Beside) -> Result<Self> {
        let text = unpack_tokens(tensors.bytes_of(tensors.tensor(TOKENS, Dtype::U8)?));
        let tokens = different_tokens(tensors, text.as_deref())?;
        let bytes_of_row = width(tensors, Dtype::U8)?;
        let packed = Rows::read(tensors, (Dtype::U8, [tokens.len(), bytes_of_row]))?;
        let dim = 2 * bytes_of_row;
        if about.config.whole("dim").ok() != Some(dim) {
            return Err(tensors.damaged(format!("{}: rows have {dim} numbers", key::CONFIG)));
        }
        let mut rows = vec![0.0; tokens.len() * dim];
        rows.chunks_exact_mut(dim.max(1)).enumerate().for_each(|(at, row)| packed.add_to(row, at, 4));
        let Beside { id, aligned_source_sha256, tokenizer_sha256, .. } = about;
        let of = Some(RowsOf { id, aligned_source_sha256, tokenizer_sha256 });
        Self { tokens, dim, rows, trained: None, of }.with_impacts(tensors)
    }

    /// Reads what training leaves.
    pub(super) fn of_checkpoint(tensors: &TensorFile<'_>) -> Result<Self> {
        let text = std::str::from_utf8(tensors.bytes_of(tensors.tensor(TOKENS, Dtype::U8)?));
        let tokens = different_tokens(tensors, text.ok())?;
        let dim = width(tensors, Dtype::F32)?;
        let rows = tensors.f32(ROWS, &[tokens.len(), dim])?;
        Self { tokens, dim, rows, trained: None, of: None }.with_impacts(tensors)
    }

    /// These rows with the bias and the weight of each.
    fn with_impacts(self, tensors: &TensorFile<'_>) -> Result<Self> {
        let n = self.tokens.len();
        let (bias, weight) = (tensors.f32("bias", &[n])?, tensors.f32("weight", &[n])?);
        if !self.rows.iter().chain(&bias).chain(&weight).all(|value| value.is_finite()) {
            return Err(tensors.damaged("a value is not a number".to_owned()));
        }
        Ok(Self { trained: Some((bias, weight)), ..self })
    }

    /// The rows of a static query tower.
    pub fn of_static(tower: &StaticTower) -> Self {
        let ids = (0..tower.config().vocab_size as u32).filter(|&id| tower.has_row(id));
        Self {
            tokens: ids.clone().map(|id| tower.token(id).to_owned()).collect(),
            dim: tower.config().dim,
            rows: ids.flat_map(|id| tower.row(id)).collect(),
            trained: None,
            of: Some(RowsOf {
                id: tower.id().to_owned(),
                aligned_source_sha256: tower.aligned_source_sha256().to_owned(),
                tokenizer_sha256: tower.tokenizer_sha256().to_owned(),
            }),
        }
    }
}

/// The tokens, one a line; none of them twice.
fn different_tokens(tensors: &TensorFile<'_>, text: Option<&str>) -> Result<Vec<String>> {
    let tokens: Vec<String> = text.unwrap_or_default().lines().map(String::from).collect();
    let mut sorted: Vec<&str> = tokens.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    let is_list = text.is_some() && sorted.is_sorted_by(|a, b| a < b);
    if !is_list || tokens.iter().any(|token| token.len() > MAX_TOKEN_BYTES) {
        return Err(tensors.damaged(format!("{TOKENS} is not a list of different tokens")));
    }
    Ok(tokens)
}

/// Elements of a row as it is stored.
fn width(tensors: &TensorFile<'_>, dtype: Dtype) -> Result<usize> {
    match tensors.tensor(ROWS, dtype)?.shape[..] {
        [_, width] if width > 0 => Ok(width),
        _ => Err(tensors.damaged(format!("{ROWS} is no table"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use safetensors::tensor::{Dtype as Theirs, TensorView, serialize};
    use std::collections::HashMap;

    const F32: Theirs = Theirs::F32;
    const U8: Theirs = Theirs::U8;

    fn bytes(values: &[f32]) -> Vec<u8> {
        values.iter().flat_map(|value| value.to_le_bytes()).collect()
    }

    /// A file of these tensors, (name, type, shape, content).
    fn file(tensors: &[(&str, Theirs, Vec<usize>, Vec<u8>)], about: &[(&str, &str)]) -> Vec<u8> {
        let view = |(name, dtype, shape, data)| (name, TensorView::new(dtype, shape, data).unwrap());
        let tensors = tensors.iter().map(|(name, dtype, shape, data)| view((*name, *dtype, shape.clone(), &data[..])));
        let about: HashMap<String, String> = about.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        serialize(tensors, (!about.is_empty()).then_some(about)).unwrap()
    }

    fn checkpoint(tokens: &str, rows: &[f32], bias: &[f32]) -> Vec<u8> {
        let n = bias.len();
        let tensors = [
            ("tokens", U8, vec![tokens.len()], tokens.into()),
            ("rows", F32, vec![n, rows.len() / n], bytes(rows)),
            ("bias", F32, vec![n], bytes(bias)),
            ("weight", F32, vec![n], bytes(bias)),
        ];
        file(&tensors, &[])
    }

    fn model(tokens: &[u8], scales: &[f32], config: &str) -> Vec<u8> {
        let tensors = [
            ("tokens", U8, vec![tokens.len()], tokens.to_vec()),
            ("rows", U8, vec![2, 1], vec![0x1f, 0x98]), // 7 and -7, then 0 and 1
            ("scales", F32, vec![scales.len()], bytes(scales)),
            ("bias", F32, vec![2], bytes(&[-0.5, 0.0])),
            ("weight", F32, vec![2], bytes(&[1.0, 2.0])),
        ];
        let about = [
            (key::FORMAT, "1"),
            (key::KIND, KIND),
            (key::ID, "rows"),
            (key::CONFIG, config),
            (key::TOKENIZER_SHA256, "t"),
            (key::ALIGNED_SOURCE_SHA256, "s"),
        ];
        file(&tensors, &about)
    }

    fn says(bytes: &[u8], detail: &str) {
        let error = SparseRows::load(bytes, "x.safetensors").unwrap_err().to_string();
        assert!(error.starts_with("x.safetensors: ") && error.contains(detail), "{error}");
    }

    #[test]
    fn a_checkpoint_is_read_and_what_is_none_is_named() {
        let rows = SparseRows::load(&checkpoint("b\n##a", &[1.0, 2.0, 3.0, 4.0], &[0.5, -1.0]), "x").unwrap();
        assert_eq!((rows.tokens, rows.dim, rows.rows.len()), (vec!["b".to_owned(), "##a".to_owned()], 2, 4));
        assert_eq!((rows.trained.unwrap().1, rows.of), (vec![0.5, -1.0], None));
        says(&checkpoint("b\nb", &[0.0; 4], &[0.0; 2]), "different tokens");
        says(&checkpoint("b", &[0.0; 4], &[0.0; 2]), "rows has shape [2, 2]");
        says(&checkpoint("a\nb", &[0.0, 0.0, 0.0, f32::NAN], &[0.0; 2]), "not a number");
    }

    #[test]
    fn a_model_file_holds_packed_tokens_and_rows_of_4_bits() {
        let whole = model(b"\x00car\n\x02t\n", &[0.5, 2.0], r#"{"dim":2}"#);
        let rows = SparseRows::load(&whole, "x").unwrap();
        assert_eq!(rows.tokens, ["car", "cat"]);
        assert_eq!((rows.dim, rows.rows), (2, vec![3.5, -3.5, 0.0, 2.0]));
        assert_eq!(
            (rows.trained.unwrap(), rows.of.unwrap().tokenizer_sha256),
            ((vec![-0.5, 0.0], vec![1.0, 2.0]), "t".to_owned())
        );
        (0..whole.len()).for_each(|len| assert!(SparseRows::load(&whole[..len], "x").is_err(), "cut at {len}"));
    }

    #[test]
    fn a_broken_model_file_is_named() {
        let (tokens, config) = (b"\x00car\n\x02t\n", r#"{"dim":2}"#);
        says(&model(b"\x00car\n\x04t\n", &[1.0; 2], config), "different tokens");
        says(&model(b"\x00car\n\x03\n", &[1.0; 2], config), "different tokens");
        says(&model(b"\x00car\n", &[1.0; 2], config), "shape");
        says(&model(tokens, &[1.0], config), "scales has shape [1], but must have [2]");
        says(&model(tokens, &[1.0, f32::INFINITY], config), "not a number");
        says(&model(tokens, &[1.0; 2], r#"{"dim":4}"#), "siteseer.config: rows have 2 numbers");
        says(&model(tokens, &[1.0; 2], "{"), "siteseer.config");
    }
}
