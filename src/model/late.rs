//! Late interaction (ColBERT, Khattab & Zaharia 2020): a vector for each token of a query and of a passage, compared only when
//! both are known, token by token.
//!
//! ```text
//! h        token vectors of the bi-encoder's last layer, before pooling       [tokens, hidden]
//! v        normalise(h · headᵀ)                                               [tokens, dim]
//! score    Σ_t weight_t · max_r v_t · v_r         t of the query, r of the passage
//! weight_t 1, or softplus(h_t · weightᵀ + bias) if the head has weights
//! ```
//! A query has its first 64 tokens, `[CLS]` and `[SEP]` included. A passage has no vectors of punctuation (tokens without a
//! letter or digit), of special tokens, and of stop words (see [`stop_words`](crate::text::stop_words)).
//!
//! The head is a model file of its own, made for one bi-encoder:
//!
//! ```text
//! file     metadata as in `file`, kind `late-head`; siteseer.aligned_source_sha256 and siteseer.tokenizer_sha256 are the
//!          bi-encoder's; siteseer.config {"dim", "hidden_size", "lambda"}
//!          head.weight F32 [dim, hidden]       optional: weight.weight F32 [1, hidden], weight.bias F32 [1], and what codes
//!          of token vectors mean (`late_code`)
//! ```

use super::beside::Beside;
use super::bi_encoder::{BiEncoder, l2_normalise};
use super::file::key;
use crate::error::{REIMPORT_MODEL, Result, check_same};
use crate::json::{Json, JsonResult};
use crate::kernels::Backend;
use crate::kernels::max_sim::{QUERY_ONE, ROW_ONE, quantize_vectors};
use crate::tensors::{Dtype, TensorFile};
use crate::text::stop_words::is_stop_word;
use crate::text::word_piece::WordPiece;

/// Value of `siteseer.kind`.
pub const KIND: &str = "late-head";
/// Name of the tensor with the projection.
pub(super) const HEAD: &str = "head.weight";
/// Names of the tensors that weigh a query's tokens.
pub(super) const WEIGHT: [&str; 2] = ["weight.weight", "weight.bias"];
/// Tokens of a query that are compared.
const MAX_QUERY_TOKENS: usize = 64;
/// Longest token vector.
const MAX_DIM: usize = 512;

/// What the file says about itself in numbers.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct LateConfig {
    /// Length of a token vector: a multiple of 16.
    pub dim: usize,
    /// Length of the bi-encoder's token vectors.
    pub hidden_size: usize,
    /// How much the score counts beside that of the first stage (see [`crate::search::late`]).
    pub lambda: f32,
}

impl LateConfig {
    fn from_json(json: &Json) -> JsonResult<Self> {
        Ok(Self {
            dim: json.whole("dim")?,
            hidden_size: json.whole("hidden_size")?,
            lambda: json.number("lambda")? as f32,
        })
    }

    /// Says what is impossible about the numbers, if anything is.
    pub(super) fn check(&self) -> std::result::Result<(), &'static str> {
        match self {
            _ if self.dim == 0 || !self.dim.is_multiple_of(16) || self.dim > MAX_DIM => {
                Err("dim is no multiple of 16 up to 512")
            }
            _ if self.hidden_size == 0 || self.hidden_size > 1 << 14 => Err("hidden_size is out of range"),
            _ if !(self.lambda.is_finite() && self.lambda >= 0.0) => Err("lambda is below 0 or no number"),
            _ => Ok(()),
        }
    }
}

/// The head of a bi-encoder that makes its token vectors comparable.
#[derive(Debug, Clone)]
pub struct LateHead {
    id: String,
    file_name: String,
    aligned_source_sha256: String,
    tokenizer_sha256: String,
    config: LateConfig,
    /// `[dim, hidden]`
    head: Vec<f32>,
    /// `[hidden]` and the bias, if a query's tokens weigh differently.
    weight: Option<(Vec<f32>, f32)>,
}

impl LateHead {
    /// Reads a model file; `file_name` is only for messages.
    ///
    /// # Errors
    /// If the bytes are not such a file, whole and of a version that this build reads.
    pub fn load(bytes: &[u8], file_name: &str) -> Result<Self> {
        let tensors = TensorFile::parse(bytes, file_name, REIMPORT_MODEL)?;
        let about = Beside::read(&tensors, file_name, KIND, "Use a late-interaction head here")?;
        let config = LateConfig::from_json(&about.config).map_err(|error| error.to_string());
        let config = config.and_then(|config| config.check().map(|()| config).map_err(str::to_owned));
        let config = config.map_err(|detail| tensors.damaged(format!("{}: {detail}", key::CONFIG)))?;
        let numbers = |name: &str, shape: &[usize]| {
            let values = tensors.f32(name, shape)?;
            match values.iter().all(|x| x.is_finite()) {
                true => Ok(values),
                false => Err(tensors.damaged(format!("{name} holds what is no number"))),
            }
        };
        let head = numbers(HEAD, &[config.dim, config.hidden_size])?;
        let weight = match tensors.tensor(WEIGHT[0], Dtype::F32) {
            Ok(_) => Some((numbers(WEIGHT[0], &[1, config.hidden_size])?, numbers(WEIGHT[1], &[1])?[0])),
            Err(_) => None,
        };
        Ok(Self {
            id: about.id,
            file_name: file_name.to_owned(),
            aligned_source_sha256: about.aligned_source_sha256,
            tokenizer_sha256: about.tokenizer_sha256,
            config,
            head,
            weight,
        })
    }

    /// Checks that the head was made for this bi-encoder.
    ///
    /// # Errors
    /// [`Error::Mismatch`](crate::Error::Mismatch) if it was not.
    pub fn check_encoder(&self, bi_encoder: &BiEncoder) -> Result<()> {
        let sizes = [self.config.hidden_size, bi_encoder.dim()].map(|size| size.to_string());
        let properties = [
            ("the bi-encoder it was trained with", self.aligned_source_sha256.as_str(), bi_encoder.space_sha256()),
            ("tokenizer hash", &self.tokenizer_sha256, bi_encoder.tokenizer_sha256()),
            ("length of a token vector", &sizes[0], &sizes[1]),
        ];
        let next = "Use the head that was imported for this bi-encoder (`siteseer model import --late-of`)";
        check_same(&self.file_name, &properties, next)
    }

    /// Name of the model.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The numbers of the file.
    pub fn config(&self) -> &LateConfig {
        &self.config
    }

    /// Whether a query's tokens weigh differently.
    pub fn has_weights(&self) -> bool {
        self.weight.is_some()
    }

    /// Vectors of length 1 of the tokens with these hidden states `[tokens, hidden]`: `[tokens, dim]`.
    pub fn project(&self, hidden: &[f32]) -> Vec<f32> {
        let mut vectors = Vec::with_capacity(hidden.len() / self.config.hidden_size * self.config.dim);
        for h in hidden.chunks_exact(self.config.hidden_size) {
            let first = vectors.len();
            vectors.extend(self.head.chunks_exact(self.config.hidden_size).map(|row| dot(row, h)));
            l2_normalise(&mut vectors[first..]);
        }
        vectors
    }

    /// The vectors of a query whose tokens have these hidden states `[tokens, hidden]`: of its first 64 tokens.
    pub fn query(&self, hidden: &[f32]) -> QueryVectors {
        let hidden = &hidden[..hidden.len().min(MAX_QUERY_TOKENS * self.config.hidden_size)];
        let weigh = |h: &[f32]| self.weight.as_ref().map_or(1.0, |(weight, bias)| softplus(dot(weight, h) + bias));
        QueryVectors {
            dim: self.config.dim,
            vectors: quantize_vectors(&self.project(hidden)),
            weights: hidden.chunks_exact(self.config.hidden_size).map(weigh).collect(),
        }
    }
}

/// The vectors of a query's tokens, ready to be compared.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryVectors {
    dim: usize,
    /// `[tokens, dim]`
    vectors: Vec<i16>,
    /// `[tokens]`
    weights: Vec<f32>,
}

impl QueryVectors {
    /// Those of these `vectors [tokens, dim]`, which have length 1; all weigh the same.
    pub fn of(vectors: &[f32], dim: usize) -> Self {
        Self { dim, vectors: quantize_vectors(vectors), weights: vec![1.0; vectors.len() / dim] }
    }

    /// Those of quantized `vectors [tokens, dim]`, 32767 for 1, and of what each token counts, `weights [tokens]`, as
    /// [`vectors`](Self::vectors) and [`weights`](Self::weights) give them; none if the shapes do not fit.
    pub fn from_parts(vectors: Vec<i16>, weights: Vec<f32>) -> Option<Self> {
        let dim = vectors.len().checked_div(weights.len())?;
        (dim * weights.len() == vectors.len()).then_some(Self { dim, vectors, weights })
    }

    /// Length of a vector.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Number of tokens.
    pub fn len(&self) -> usize {
        self.weights.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.weights.is_empty()
    }

    /// The vectors, 32767 for 1: `[tokens, dim]`.
    pub fn vectors(&self) -> &[i16] {
        &self.vectors
    }

    /// What each token counts: `[tokens]`.
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }

    /// Weighted sum, over the query's tokens, of the greatest product with a row of a passage `rows [n, dim]`, 127 for 1; 0 for
    /// a passage without rows.
    ///
    /// # Panics
    /// If `rows` has another width.
    pub fn score(&self, backend: Backend, rows: &[i8]) -> f32 {
        let mut best = vec![0; self.len()];
        backend.max_sim_into(&self.vectors, rows, self.dim, &mut best);
        let sum: f32 = best.iter().zip(&self.weights).map(|(&best, weight)| best as f32 * weight).sum();
        sum / (QUERY_ONE * ROW_ONE)
    }
}

/// Places of the tokens of a passage that get a vector.
pub fn kept_tokens(tokenizer: &WordPiece, ids: &[u32]) -> Vec<usize> {
    let is_kept = |&at: &usize| {
        let text = tokenizer.text_of(ids[at]);
        text.chars().any(char::is_alphanumeric) && !text.starts_with('[') && !is_stop_word(text)
    };
    (0..ids.len()).filter(is_kept).collect()
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    // sixteen sums at once, so that the compiler may use vectors
    let (mut sums, head) = ([0f32; 16], a.len() / 16 * 16);
    for (a, b) in a[..head].as_chunks::<16>().0.iter().zip(b[..head].as_chunks::<16>().0) {
        sums.iter_mut().zip(a.iter().zip(b)).for_each(|(sum, (a, b))| *sum += a * b);
    }
    sums.iter().sum::<f32>() + a[head..].iter().zip(&b[head..]).map(|(a, b)| a * b).sum::<f32>()
}

/// `ln(1 + eˣ)`; for large x that is x.
fn softplus(x: f32) -> f32 {
    if x > 20.0 { x } else { x.exp().ln_1p() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::word_piece::WordPieceConfig;

    fn head(weight: Option<(Vec<f32>, f32)>) -> LateHead {
        // the first sixteen of eighteen hidden values, twice as large: a length that normalising takes off
        let row = |at: usize| (0..18).map(move |i| if i == at { 2.0 } else { 0.0 });
        LateHead {
            id: String::new(),
            file_name: String::new(),
            aligned_source_sha256: String::new(),
            tokenizer_sha256: String::new(),
            config: LateConfig { dim: 16, hidden_size: 18, lambda: 1.0 },
            head: (0..16).flat_map(row).collect(),
            weight,
        }
    }

    /// Hidden state `x` at `at`.
    fn hidden(at: usize, x: f32) -> Vec<f32> {
        (0..18).map(|i| if i == at { x } else { 0.0 }).collect()
    }

    #[test]
    fn a_score_is_the_sum_of_the_best_products() {
        let head = head(None);
        let query = head.query(&[hidden(0, 3.0), hidden(1, 0.5)].concat());
        assert_eq!((query.len(), query.dim()), (2, 16));
        // one token like the query's first, one between its second and a stranger
        let mut rows = vec![0i8; 32];
        (rows[0], rows[17], rows[18]) = (127, 76, 102);
        for backend in Backend::available() {
            assert!((query.score(backend, &rows) - (1.0 + 76.0 / 127.0)).abs() < 1e-4, "{backend:?}");
            assert_eq!(query.score(backend, &[]), 0.0);
        }
        let between = head.project(&[hidden(3, 3.0), hidden(17, 1.0)].concat());
        assert_eq!((between[3], &between[16..]), (1.0, [0.0; 16].as_slice()), "a vector of zeros stays");
    }

    #[test]
    fn a_query_comes_back_from_its_parts() {
        let query = head(Some((hidden(1, 2.0), -1.0))).query(&[hidden(0, 3.0), hidden(1, 0.5)].concat());
        let parts = |values: usize, tokens: usize| {
            QueryVectors::from_parts(query.vectors()[..values].to_vec(), query.weights()[..tokens].to_vec())
        };
        assert_eq!(parts(32, 2), Some(query.clone()));
        assert_eq!((parts(31, 2), parts(32, 0)), (None, None));
    }

    #[test]
    fn tokens_weigh_what_the_head_says() {
        let weighted = head(Some((hidden(1, 2.0), -1.0)));
        let query = weighted.query(&[hidden(0, 1.0), hidden(1, 1.0), hidden(1, 50.0)].concat());
        let softplus = |x: f32| (1.0 + x.exp()).ln();
        for (weight, expected) in query.weights.iter().zip([softplus(-1.0), softplus(1.0), 99.0]) {
            assert!((weight - expected).abs() < 1e-5, "{weight} {expected}");
        }
        let rows: Vec<i8> = (0..16).map(|i| if i == 1 { 127 } else { 0 }).collect();
        let score = query.score(Backend::best(), &rows);
        assert!((score - (softplus(1.0) + 99.0)).abs() < 1e-2, "{score}");
    }

    #[test]
    fn punctuation_special_tokens_and_stop_words_are_left_out() {
        let vocab = "[PAD]\n[UNK]\n[CLS]\n[SEP]\nthe\n##me\ncargo\n.\n-\n2\n";
        let (unk_id, cls_id, sep_id, pad_id, max_word_chars) = (1, 2, 3, 0, 100);
        let (lowercase, strip_accents, split_cjk) = (true, true, true);
        let config =
            WordPieceConfig { lowercase, strip_accents, split_cjk, unk_id, cls_id, sep_id, pad_id, max_word_chars };
        let tokenizer = WordPiece::new(vocab, config).unwrap();
        let kept = |text: &str| {
            let ids = tokenizer.encode(text, 32);
            kept_tokens(&tokenizer, &ids).iter().map(|&at| tokenizer.text_of(ids[at]).to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(kept("The cargo-2. theme"), ["cargo", "2", "##me"]);
        assert!(kept("the . unknown").is_empty());
    }
}
