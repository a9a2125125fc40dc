//! A static query tower cut into a root and shards, so that a browser fetches only the rows of a query's tokens.
//! [`static_tower`](super::static_tower) draws both and reads them.

use std::collections::BTreeMap;

use super::file::key;
use super::file_writer::{Entry, assemble};
use super::static_tower::{HASH_BYTES, StaticConfig, StaticTower, TOKENS, shard_name, slots_of};
use crate::error::{REIMPORT_MODEL, Result};
use crate::hash::sha256_hex;
use crate::tensors::{Dtype, TensorFile};

/// Rows of a shard: the fewer, the fewer bytes of a query; the more, the fewer files.
pub const ROWS_PER_SHARD: usize = 32;

/// A root and its shards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shards {
    /// The root, which [`StaticTower::load`] reads.
    pub root: Vec<u8>,
    /// Name and content of each shard.
    pub shards: Vec<(String, Vec<u8>)>,
}

impl Shards {
    /// Bytes of all shards.
    pub fn shard_bytes(&self) -> u64 {
        self.shards.iter().map(|(_, content)| content.len() as u64).sum()
    }
}

/// Cuts a model file into shards of `rows_per_shard`.
///
/// # Errors
/// If the bytes are not the model file of a static query tower.
///
/// # Panics
/// If `rows_per_shard` is 0.
pub fn cut(bytes: &[u8], file_name: &str, rows_per_shard: usize) -> Result<Shards> {
    assert!(rows_per_shard > 0, "a shard has rows");
    let tower = StaticTower::load(bytes, file_name)?;
    let tensors = TensorFile::parse(bytes, file_name, REIMPORT_MODEL)?;
    let config = StaticConfig { rows_per_shard, ..tower.config().clone() };
    let tiers = tensors.bytes("tiers", Dtype::U8, &[config.vocab_size])?;
    let (_, n) = slots_of(tiers);
    let (dtype, shape) = config.rows(n);
    let (rows, scales) = (tensors.bytes("rows", dtype, &shape)?, tensors.bytes("scales", Dtype::F32, &[n])?);
    let entry = |name: &str, dtype, shape: &[usize], content: &[u8]| Entry {
        name: name.to_owned(),
        dtype,
        shape: shape.to_vec(),
        content: content.to_vec(),
    };

    let (mut shards, mut hashes) = (Vec::new(), Vec::new());
    for (scales, rows) in
        scales.chunks(4 * rows_per_shard).zip(rows.chunks(config.dim * config.bits / 8 * rows_per_shard))
    {
        let m = scales.len() / 4;
        let (dtype, shape) = config.rows(m);
        let content = assemble(
            &BTreeMap::new(),
            &[entry("scales", Dtype::F32, &[m], scales), entry("rows", dtype, &shape, rows)],
        );
        let hash = sha256_hex(&[&content]);
        hashes.extend(hash.as_bytes().as_chunks::<2>().0.iter().take(HASH_BYTES).map(|pair| byte_of(*pair)));
        shards.push((shard_name(&hash), content));
    }

    let keys = [
        key::FORMAT,
        key::KIND,
        key::ID,
        key::LICENSE,
        key::SOURCE_SHA256,
        key::TOKENIZER_SHA256,
        key::ALIGNED_SOURCE_SHA256,
    ];
    let mut metadata: BTreeMap<&str, String> =
        keys.into_iter().map(|key| (key, tensors.metadata(key).unwrap_or_default().to_owned())).collect();
    let json = serde_json::to_string(&config).map_err(|error| tensors.damaged(error.to_string()))?;
    metadata.insert(key::CONFIG, json);
    let tokens = tensors.bytes_of(tensors.tensor(TOKENS, Dtype::U8)?);
    let root = assemble(
        &metadata,
        &[
            entry("shards", Dtype::U8, &[shards.len(), HASH_BYTES], &hashes),
            entry("tiers", Dtype::U8, &[config.vocab_size], tiers),
            entry(TOKENS, Dtype::U8, &[tokens.len()], tokens),
        ],
    );
    StaticTower::load(&root, "the root of the static query tower")?;
    Ok(Shards { root, shards })
}

/// The byte of two hexadecimal digits.
fn byte_of(digits: [u8; 2]) -> u8 {
    let value = |digit: u8| (digit as char).to_digit(16).unwrap_or(0) as u8;
    value(digits[0]) << 4 | value(digits[1])
}
