//! The rows of a static query tower, as training left them, become our model file.
//!
//! The checkpoint has `rows` F32 `[vocab_size, dim]`, each as long as its token weighs and zero for tokens that are left out, and
//! `count` F32 `[vocab_size]`: in how many training texts each token was. Tokenizer and vocabulary are those of the bi-encoder that
//! it was fitted to.

use super::beside::metadata;
use super::file::ModelFile;
use super::file_writer::{Entry, assemble};
use super::import::{ImportOptions, ImportSource, Imported};
use super::import_weights::Conversion;
use super::layout::Kind;
use super::quantize::{QuantizedRows, ScaleSearch, quantize_rows, quantize_rows_4_bits};
use super::static_tower::{KIND, StaticConfig, StaticTower, TOKENS, slots_of};
use crate::error::{Error, REIMPORT_MODEL, Result};
use crate::tensors::Dtype;
use crate::text::word_piece::WordPieceConfig;

/// Rows of the tiers but the last, from the most frequent tokens on.
const TIERS: [usize; 4] = [256, 768, 2048, 5120];

/// Converts a checkpoint that was fitted to the vectors of `aligned_to` into rows of `bits` (8 or 4).
///
/// # Errors
/// [`Error::Damaged`] if the checkpoint lacks a tensor or has another shape than the bi-encoder;
/// [`Error::Unsupported`] for another number of bits.
pub fn import_static_tower(
    source: &ImportSource<'_>,
    aligned_to: ModelFile<'_>,
    options: &ImportOptions,
    bits: usize,
    progress: &mut dyn FnMut(usize, usize, &str),
) -> Result<Imported> {
    let aligned_to = aligned_to.of_kind(Kind::BiEncoder)?;
    let damaged = |detail| Error::Damaged { file: source.weights_name.to_owned(), detail, next: REIMPORT_MODEL };
    if !matches!(bits, 4 | 8) {
        let (file, detail) = (source.weights_name.to_owned(), format!("rows of {bits} bits"));
        return Err(Error::Unsupported { file, detail, next: "Use 4 or 8" });
    }
    let (dim, vocab) = (aligned_to.config().hidden_size, aligned_to.vocab()?);
    let all = vocab.lines().count();
    let mut checkpoint = Conversion::open(source.weights_name, source.weights, options.grid, 2, progress)?;
    let rows = checkpoint.take("rows", &[all, dim])?;
    let count = checkpoint.take("count", &[all])?;
    let tiers = tiers_of(&rows, &count, dim);
    let (tokens, tokenizer) = tokens_of(vocab, &tiers, &aligned_to.config().tokenizer);
    let tiers: Vec<u8> = tokens.iter().map(|&(_, id)| tiers[id]).collect();
    let (slots, n) = slots_of(&tiers);
    if n == 0 {
        return Err(damaged("all rows are zero".to_owned()));
    }
    let mut ordered = vec![0.0; n * dim];
    for (&(_, id), &slot) in tokens.iter().zip(&slots).filter(|(_, slot)| (**slot as usize) < n) {
        let at = slot as usize * dim;
        ordered[at..at + dim].copy_from_slice(&rows[id * dim..(id + 1) * dim]);
    }
    let quantized = match bits {
        8 => quantize_rows(&ordered, dim, ScaleSearch::LeastSquares, 0.0),
        _ => quantize_rows_4_bits(&ordered, dim),
    };

    let (packed, vocab_size) = (pack_tokens(&tokens), tokens.len());
    let config = StaticConfig { dim, bits, vocab_size, rows_per_shard: 0, tokenizer };
    let config_json = serde_json::to_string(&config).map_err(|error| damaged(error.to_string()))?;
    let metadata = metadata(KIND, config_json, source, options, &aligned_to);
    let (dtype, shape) = config.rows(n);
    let entry = |name: &str, dtype, shape: &[usize], content| Entry {
        name: name.to_owned(),
        dtype,
        shape: shape.to_vec(),
        content,
    };
    let bytes = assemble(
        &metadata,
        &[
            entry("scales", Dtype::F32, &[n], quantized.scales.iter().flat_map(|scale| scale.to_le_bytes()).collect()),
            entry("tiers", Dtype::U8, &[vocab_size], tiers),
            entry("rows", dtype, &shape, pack(&quantized, bits)),
            entry(TOKENS, Dtype::U8, &[packed.len()], packed),
        ],
    );
    StaticTower::load(&bytes, &options.id)?;
    Ok(Imported::of_rows(bytes, &quantized))
}

/// Tiers by token id: 0 for rows of zeros, then by how often tokens were seen; equally frequent ones by id.
fn tiers_of(rows: &[f32], count: &[f32], dim: usize) -> Vec<u8> {
    let is_kept = |id: &usize| rows[id * dim..(id + 1) * dim].iter().any(|value| *value != 0.0);
    let mut kept: Vec<usize> = (0..count.len()).filter(is_kept).collect();
    kept.sort_by(|&a, &b| count[b].total_cmp(&count[a]).then(a.cmp(&b)));
    let mut tiers = vec![0; count.len()];
    for (rank, id) in kept.into_iter().enumerate() {
        let mut end = 0;
        let full = TIERS.iter().take_while(|size| {
            end += **size;
            end <= rank
        });
        tiers[id] = 1 + full.count() as u8;
    }
    tiers
}

/// The tokens that have a row and the special ones, sorted, with their ids in the bi-encoder's vocabulary; and the tokenizer's
/// settings with the special tokens' places in this list.
fn tokens_of<'a>(vocab: &'a str, tiers: &[u8], config: &WordPieceConfig) -> (Vec<(&'a str, usize)>, WordPieceConfig) {
    let special = [config.unk_id, config.cls_id, config.sep_id, config.pad_id].map(|id| id as usize);
    let mut tokens: Vec<(&str, usize)> =
        vocab.lines().zip(0..).filter(|&(_, id)| tiers[id] > 0 || special.contains(&id)).collect();
    tokens.sort_unstable();
    let place = |old: u32| tokens.iter().position(|&(_, id)| id == old as usize).unwrap_or_default() as u32;
    let config = WordPieceConfig {
        unk_id: place(config.unk_id),
        cls_id: place(config.cls_id),
        sep_id: place(config.sep_id),
        pad_id: place(config.pad_id),
        ..config.clone()
    };
    (tokens, config)
}

/// Sorted tokens as the file has them: what each shares with the one before is not repeated.
pub(super) fn pack_tokens(tokens: &[(&str, usize)]) -> Vec<u8> {
    let (mut packed, mut before) = (Vec::new(), "");
    for &(token, _) in tokens {
        let same = token.bytes().zip(before.bytes()).take_while(|(a, b)| a == b).count().min(usize::from(u8::MAX));
        packed.push(same as u8);
        packed.extend_from_slice(&token.as_bytes()[same..]);
        packed.push(b'\n');
        before = token;
    }
    packed
}

/// Bytes of quantized rows: one a value, or two values a byte.
pub(super) fn pack(quantized: &QuantizedRows, bits: usize) -> Vec<u8> {
    match bits {
        8 => quantized.values.iter().map(|value| value.cast_unsigned()).collect(),
        _ => quantized
            .values
            .as_chunks::<2>()
            .0
            .iter()
            .map(|[even, odd]| (even + 8) as u8 | (((odd + 8) as u8) << 4))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequent_tokens_are_in_the_first_tier_and_zero_rows_in_none() {
        let n = TIERS[0] + 3;
        let count: Vec<f32> = (0..n).map(|id| id as f32).collect();
        let mut rows = vec![1.0; n * 2];
        rows[10] = 0.0; // still has a value
        rows[20..22].fill(0.0);
        let tiers = tiers_of(&rows, &count, 2);
        assert_eq!((tiers[10], tiers[5]), (0, 1));
        assert_eq!((tiers[0], tiers[1], tiers[2], tiers[n - 1]), (2, 2, 1, 1));
    }

    #[test]
    fn four_bits_are_packed_in_pairs() {
        let quantized = QuantizedRows { values: vec![7, -7, 0, 1], scales: vec![1.0], errors: vec![0.0] };
        assert_eq!(pack(&quantized, 4), [0x1f, 0x98]);
        assert_eq!(pack(&quantized, 8), [7, 249, 0, 1]);
    }
}
