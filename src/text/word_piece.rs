//! WordPiece: text to token ids.

use serde::{Deserialize, Serialize};

/// What the tokenizer of one model does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WordPieceConfig {
    /// Lower-case the text.
    pub lowercase: bool,
    /// Decompose (NFD) and drop nonspacing marks.
    pub strip_accents: bool,
    /// Put every CJK ideograph into a word of its own.
    pub split_cjk: bool,
    /// Id of `[UNK]`, for a word that the vocabulary cannot spell.
    pub unk_id: u32,
    /// Id of `[CLS]`, which opens every sequence.
    pub cls_id: u32,
    /// Id of `[SEP]`, which closes every text of a sequence.
    pub sep_id: u32,
    /// Id of `[PAD]`. Unused by our engine (nothing is padded); kept for other readers of the file.
    pub pad_id: u32,
    /// A word of more characters than this becomes `[UNK]` (BERT: 100).
    pub max_word_chars: usize,
}
