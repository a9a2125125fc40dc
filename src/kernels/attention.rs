//! Multi-head self-attention over sequences of different lengths, packed end to end: no padding, no mask.
//!
//! For each sequence and head: `softmax(Q · Kᵀ / √head_dim) · V` (Vaswani et al. 2017, eq. 1), in f32.

use super::Backend;
use super::aligned::Aligned;

/// Keys whose scores lie side by side, and the most floats of a head; a multiple of every backend's `NR`.
pub(crate) const CHUNK: usize = 512;
/// Floats from one row of a tile to the next: one line of the cache more than a chunk, or all rows would compete for the same places.
pub(super) const ROW_STRIDE: usize = CHUNK + 16;

/// Buffers that attention reuses from call to call.
#[derive(Debug, Default, Clone)]
pub struct AttentionScratch {
    /// Keys of one head: `[seq_padded / NR][head_dim][NR]`.
    pub(super) keys: Aligned<f32>,
    /// Values of one head: `[head_dim_padded / NR][seq][NR]`.
    pub(super) values: Aligned<f32>,
    /// Queries of one tile of rows, scaled: `[MR][ROW_STRIDE]`.
    pub(super) queries: Aligned<f32>,
    /// Scores of one tile of `R` rows: `[chunks of CHUNK keys][R][ROW_STRIDE]`.
    pub(super) scores: Aligned<f32>,
}

/// Shape of an attention layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heads {
    /// Number of heads.
    pub num_heads: usize,
    /// Width of a head; `hidden_size = num_heads · head_dim`.
    pub head_dim: usize,
}

impl Heads {
    /// `num_heads · head_dim`
    pub fn hidden_size(self) -> usize {
        self.num_heads * self.head_dim
    }
}

/// Arguments of the backends' `attention`.
pub(super) struct AttentionArgs<'a> {
    /// `[tokens, 3 · hidden]`: query, key, value of each token.
    pub(super) qkv: &'a [f32],
    /// Where each sequence starts, and the number of tokens at the end.
    pub(super) offsets: &'a [usize],
    pub(super) heads: Heads,
    /// Rows of each sequence that are wanted (all, or only the first).
    pub(super) rows: QueryRows,
    pub(super) scratch: &'a mut AttentionScratch,
    /// `[tokens, hidden]`
    pub(super) out: &'a mut [f32],
}

/// For which tokens of a sequence attention is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryRows {
    /// For all of them.
    All,
    /// Only for the first (`[CLS]`): all that the last layer of a cross-encoder needs.
    First,
}

impl QueryRows {
    /// Number of rows computed for a sequence of `len` tokens.
    pub(super) fn of(self, len: usize) -> usize {
        match self {
            Self::All => len,
            Self::First => len.min(1),
        }
    }
}

impl Backend {
    /// Attention over `qkv [tokens, 3 · hidden]` of the sequences that start at `offsets` (which ends with the number
    /// of tokens), into `out [tokens, hidden]`. With [`QueryRows::First`] only the first row of each sequence is written.
    ///
    /// # Panics
    /// If the shapes do not fit, `offsets` does not rise, or a head is wider than 512.
    pub fn attention_into(
        self,
        qkv: &[f32],
        offsets: &[usize],
        heads: Heads,
        rows: QueryRows,
        scratch: &mut AttentionScratch,
        out: &mut [f32],
    ) {
        let tokens = offsets.last().copied().unwrap_or(0);
        let hidden = heads.hidden_size();
        assert!(offsets.is_sorted(), "offsets rise");
        assert!(heads.head_dim <= CHUNK, "a head has at most {CHUNK} floats");
        assert!(qkv.len() >= tokens * 3 * hidden && out.len() >= tokens * hidden, "qkv is [tokens, 3 * hidden]");
        let longest = offsets.windows(2).map(|w| w[1] - w[0]).max().unwrap_or(0);
        let nr = self.nr();
        scratch.keys.grow(longest.next_multiple_of(nr) * heads.head_dim);
        scratch.values.grow(longest * heads.head_dim.next_multiple_of(nr));
        scratch.queries.grow(self.mr() * ROW_STRIDE);
        scratch.scores.grow(self.mr() * longest.div_ceil(CHUNK) * ROW_STRIDE);
        self.attention(AttentionArgs { qkv, offsets, heads, rows, scratch, out });
    }
}
