//! Rows of tokens for learned sparse retrieval: a static query tower's, or trained ones with a bias and a weight each.
//!
//! ```text
//! file   tokens U8 [bytes], one a line | rows F32 [n, dim] | bias F32 [n] | weight F32 [n]        as models/training/train_sparse.py writes it
//! ```

use super::static_tower::{StaticTower, TOKENS};
use crate::error::Result;
use crate::tensors::{Dtype, TensorFile};

/// What to do about a file that is none.
const RETRAIN: &str = "Make it with models/training/train_sparse.py";
/// Longest token, in bytes.
const MAX_TOKEN_BYTES: usize = 255;

/// Tokens with their rows.
#[derive(Debug, Clone, PartialEq)]
pub struct SparseRows {
    /// Texts of the tokens.
    pub tokens: Vec<String>,
    /// `[tokens, dim]`
    pub rows: Vec<f32>,
    /// Bias and weight of each token, of trained rows.
    pub trained: Option<(Vec<f32>, Vec<f32>)>,
}

impl SparseRows {
    /// Reads trained rows of this length; `file_name` is only for messages.
    ///
    /// # Errors
    /// If the bytes are not such a file.
    pub fn load(bytes: &[u8], file_name: &str, dim: usize) -> Result<Self> {
        let tensors = TensorFile::parse(bytes, file_name, RETRAIN)?;
        let text = std::str::from_utf8(tensors.bytes_of(tensors.tensor(TOKENS, Dtype::U8)?));
        let tokens: Vec<String> = text.unwrap_or_default().lines().map(String::from).collect();
        let mut sorted: Vec<&str> = tokens.iter().map(String::as_str).collect();
        sorted.sort_unstable();
        if !sorted.is_sorted_by(|a, b| a < b) || tokens.iter().any(|token| token.len() > MAX_TOKEN_BYTES) {
            return Err(tensors.damaged(format!("{TOKENS} is not a list of different tokens")));
        }
        let n = tokens.len();
        let rows = tensors.f32("rows", &[n, dim])?;
        let (bias, weight) = (tensors.f32("bias", &[n])?, tensors.f32("weight", &[n])?);
        if !rows.iter().chain(&bias).chain(&weight).all(|value| value.is_finite()) {
            return Err(tensors.damaged("a value is not a number".to_owned()));
        }
        Ok(Self { tokens, rows, trained: Some((bias, weight)) })
    }

    /// The rows of a static query tower.
    pub fn of_static(tower: &StaticTower) -> Self {
        let ids = (0..tower.config().vocab_size as u32).filter(|&id| tower.has_row(id));
        Self {
            tokens: ids.clone().map(|id| tower.token(id).to_owned()).collect(),
            rows: ids.flat_map(|id| tower.row(id)).collect(),
            trained: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use safetensors::tensor::{Dtype as Theirs, TensorView, serialize};

    fn file(tokens: &str, rows: &[f32], bias: &[f32]) -> Vec<u8> {
        let bytes = |values: &[f32]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
        let (n, rows, bias) = (bias.len(), bytes(rows), bytes(bias));
        let view = |dtype, shape, data| TensorView::new(dtype, shape, data).unwrap();
        let tensors = [
            ("tokens", view(Theirs::U8, vec![tokens.len()], tokens.as_bytes())),
            ("rows", view(Theirs::F32, vec![n, 2], &rows)),
            ("bias", view(Theirs::F32, vec![n], &bias)),
            ("weight", view(Theirs::F32, vec![n], &bias)),
        ];
        serialize(tensors, None).unwrap()
    }

    #[test]
    fn trained_rows_are_read_and_what_is_none_is_named() {
        let rows = SparseRows::load(&file("b\n##a", &[1.0, 2.0, 3.0, 4.0], &[0.5, -1.0]), "x", 2).unwrap();
        assert_eq!(rows.tokens, ["b", "##a"]);
        assert_eq!((rows.rows.len(), rows.trained.unwrap().1), (4, vec![0.5, -1.0]));
        for (bytes, detail) in [
            (file("b\nb", &[0.0; 4], &[0.0; 2]), "different tokens"),
            (file("b", &[0.0; 4], &[0.0; 2]), "rows has shape [2, 2]"),
            (file("a\nb", &[0.0, 0.0, 0.0, f32::NAN], &[0.0; 2]), "not a number"),
        ] {
            let error = SparseRows::load(&bytes, "x.safetensors", 2).unwrap_err().to_string();
            assert!(error.starts_with("x.safetensors: ") && error.contains(detail), "{error}");
        }
    }
}
