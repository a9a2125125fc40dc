//! Which tensors a model file holds, with type and shape: the one list that reader, writer and importer share.
//!
//! ```text
//! embeddings.word                 I8  [vocab_size, hidden]       .scale F32 [vocab_size]         bi-encoder only
//! embeddings.position             I8  [max_positions, hidden]    .scale F32 [max_positions]
//! embeddings.token_type           F32 [type_vocab_size, hidden]
//! embeddings.norm.weight, .bias   F32 [hidden]
//! layers.N.qkv                    .weight I8 [3*hidden, hidden]  .scale, .bias F32 [3*hidden]   rows: q, k, v
//! layers.N.attention_output       .weight I8 [hidden, hidden]    .scale, .bias F32 [hidden]
//! layers.N.attention_norm         .weight, .bias F32 [hidden]
//! layers.N.intermediate           .weight I8 [inter, hidden]     .scale, .bias F32 [inter]
//! layers.N.output                 .weight I8 [hidden, inter]     .scale, .bias F32 [hidden]
//! layers.N.output_norm            .weight, .bias F32 [hidden]
//! pooler                          .weight I8 [hidden, hidden]    .scale, .bias F32 [hidden]      cross-encoder only
//! classifier                      .weight F32 [hidden]           .bias F32 [1]                   cross-encoder only
//! tokenizer.vocab                 U8  [bytes]                    tokens, one a line, number = id bi-encoder only
//! ```
//! A cross-encoder reads with its bi-encoder's word embeddings and vocabulary, so its file has neither.
//!
//! A row of an I8 matrix with scale `s` stands for the weights `s * q`, `q` in -127 ..= 127: symmetric, per output row.

use super::config::ModelConfig;
use crate::tensors::Dtype;

/// Name of the tensor that holds the vocabulary's lines.
pub const VOCAB: &str = "tokenizer.vocab";

/// What a model file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text to one vector; brings the word embeddings and the vocabulary.
    BiEncoder,
    /// Query and passage, read together, to one logit; shares the word embeddings and the vocabulary of a bi-encoder.
    CrossEncoder,
}

impl Kind {
    /// Name in the file: `bi-encoder`, `cross-encoder`.
    pub fn name(self) -> &'static str {
        match self {
            Kind::BiEncoder => "bi-encoder",
            Kind::CrossEncoder => "cross-encoder",
        }
    }

    /// The kind of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        [Kind::BiEncoder, Kind::CrossEncoder].into_iter().find(|kind| kind.name() == name)
    }
}

/// One tensor that the format prescribes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorSpec {
    /// Name in the file.
    pub name: String,
    /// Element type.
    pub dtype: Dtype,
    /// Shape, row-major. `[0]` for [`VOCAB`], whose length the configuration does not know.
    pub shape: Vec<usize>,
}

/// The tensors of a model of this kind and configuration, in the order of the forward pass; [`VOCAB`] comes first.
pub fn layout(config: &ModelConfig, kind: Kind) -> Vec<TensorSpec> {
    let (hidden, inter) = (config.hidden_size, config.intermediate_size);
    let mut specs = Vec::with_capacity(11 + config.num_layers * 16);
    let mut add = |name: String, dtype: Dtype, shape: &[usize]| {
        specs.push(TensorSpec { name, dtype, shape: shape.to_vec() });
    };
    if kind == Kind::BiEncoder {
        add(VOCAB.into(), Dtype::U8, &[0]);
        add("embeddings.word".into(), Dtype::I8, &[config.vocab_size, hidden]);
        add("embeddings.word.scale".into(), Dtype::F32, &[config.vocab_size]);
    }
    add("embeddings.position".into(), Dtype::I8, &[config.max_positions, hidden]);
    add("embeddings.position.scale".into(), Dtype::F32, &[config.max_positions]);
    add("embeddings.token_type".into(), Dtype::F32, &[config.type_vocab_size, hidden]);
    add("embeddings.norm.weight".into(), Dtype::F32, &[hidden]);
    add("embeddings.norm.bias".into(), Dtype::F32, &[hidden]);
    for layer in 0..config.num_layers {
        // (name, output rows, input columns); no columns for a norm.
        let parts = [
            ("qkv", 3 * hidden, Some(hidden)),
            ("attention_output", hidden, Some(hidden)),
            ("attention_norm", hidden, None),
            ("intermediate", inter, Some(hidden)),
            ("output", hidden, Some(inter)),
            ("output_norm", hidden, None),
        ];
        for (part, rows, columns) in parts {
            let name = |field: &str| format!("layers.{layer}.{part}.{field}");
            match columns {
                Some(columns) => {
                    add(name("weight"), Dtype::I8, &[rows, columns]);
                    add(name("scale"), Dtype::F32, &[rows]);
                }
                None => add(name("weight"), Dtype::F32, &[rows]),
            }
            add(name("bias"), Dtype::F32, &[rows]);
        }
    }
    if kind == Kind::CrossEncoder {
        add("pooler.weight".into(), Dtype::I8, &[hidden, hidden]);
        add("pooler.scale".into(), Dtype::F32, &[hidden]);
        add("pooler.bias".into(), Dtype::F32, &[hidden]);
        add("classifier.weight".into(), Dtype::F32, &[hidden]);
        add("classifier.bias".into(), Dtype::F32, &[1]);
    }
    specs
}
