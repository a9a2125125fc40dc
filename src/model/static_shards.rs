//! A static query tower cut into a root and shards for an index, so that a browser fetches only the rows of a query's tokens.
//! [`token_shards`](super::token_shards) draws both and reads them.

use super::static_tower::StaticTower;
use super::token_shards::{TokenRoot, shard_body};
use crate::codes::axes::Axes;
use crate::codes::fit::share_bits;
use crate::codes::{from_bf16, to_bf16};
use crate::text::spell::separator;

/// Rows of a shard: the fewer, the fewer bytes of a query; the more, the fewer files.
pub const ROWS_PER_SHARD: usize = 32;
/// Bytes of a row's direction.
pub const ROW_BYTES: usize = 64;
/// Hot words, for which the most frequent tokens are taken.
const HOT: usize = 255;

/// A root and the bodies of its shards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shards {
    /// The root.
    pub root: Vec<u8>,
    /// The shards' bodies, by number.
    pub shards: Vec<Vec<u8>>,
}

/// Computes the coordinates of vectors along axes.
pub type Turn<'a> = dyn Fn(&Axes, Vec<Vec<f32>>) -> Vec<Vec<f32>> + 'a;

/// Cuts a tower into shards of `rows_per_shard`, in coordinates along `axes`. `weight` is the standard deviation of what is
/// scored along each axis: what no passage differs in needs no bits. `turn` computes the coordinates of all rows (it may use
/// all cores).
///
/// # Panics
/// If the tower has another dimension than the axes, or `rows_per_shard` is 0.
pub fn cut(tower: &StaticTower, axes: &Axes, weight: &[f32], rows_per_shard: usize, turn: &Turn<'_>) -> Shards {
    assert!(rows_per_shard > 0 && tower.config().dim == axes.dim(), "rows along the axes");
    let tokens: Vec<&str> = (0..tower.config().vocab_size as u32).map(|id| tower.token(id)).collect();
    let unknown = tower.config().tokenizer.unk_id as usize;
    let rows: Vec<Vec<f32>> = (0..tokens.len() as u32).map(|id| tower.row(id)).collect();
    let lengths: Vec<f32> = rows.iter().map(|row| row.iter().map(|x| x * x).sum::<f32>().sqrt()).collect();
    let mut directions = turn(axes, rows);
    for (direction, length) in directions.iter_mut().zip(&lengths) {
        direction.iter_mut().for_each(|x| *x /= length.max(f32::MIN_POSITIVE));
    }
    // special tokens have no row and are in no text
    let known: Vec<usize> = (0..tokens.len()).filter(|&id| tower.has_row(id as u32) && id != unknown).collect();
    let count = known.len().max(1) as f32;
    let spread_of = |axis: usize| {
        let sum: f64 = known.iter().map(|&id| f64::from(directions[id][axis]).powi(2)).sum();
        from_bf16(to_bf16((sum as f32 / count).sqrt()))
    };
    let spread: Vec<f32> = (0..axes.dim()).map(spread_of).collect();
    let config = &tower.config().tokenizer;
    let mut root = TokenRoot {
        options: config.options(),
        max_word_chars: config.max_word_chars,
        hot_rows: rows_per_shard,
        bits: share_bits(&spread, weight, ROW_BYTES),
        spread,
        hot: vec![String::new()],
        starts: Vec::new(),
    };
    let code = root.code();
    let body = |ids: &[usize], names: &[&str]| {
        let mut codes = Vec::new();
        ids.iter().for_each(|&id| code.encode_into(&directions[id], &mut codes));
        let lengths: Vec<f32> =
            ids.iter().map(|&id| if tower.has_row(id as u32) { lengths[id] } else { 0.0 }).collect();
        shard_body(names, &lengths, &codes)
    };

    // function words, which weigh least, are in nearly every question
    let mut hot: Vec<usize> = known.iter().copied().filter(|&id| !tokens[id].starts_with("##")).collect();
    hot.sort_by_key(|&id| tower.place(id as u32));
    hot.truncate(HOT);
    hot.sort_by(|&a, &b| lengths[a].total_cmp(&lengths[b]).then(a.cmp(&b)));
    hot.insert(0, unknown);
    let mut shards: Vec<Vec<u8>> = Vec::new();
    for ids in hot.chunks(rows_per_shard) {
        let names: Vec<&str> = ids.iter().map(|&id| if id == unknown { "" } else { tokens[id] }).collect();
        shards.push(body(ids, &names));
    }
    root.hot.extend(hot.iter().skip(1).map(|&id| tokens[id].to_owned()));

    // tokens stand in order; those that what names a shard begins with are repeated at its head
    let mut last = "";
    for ids in known.chunks(rows_per_shard) {
        let start = separator(last, tokens[ids[0]]);
        let behind = known.partition_point(|&id| id < ids[0]);
        let mut all: Vec<usize> = known[..behind].iter().copied().filter(|&id| start.starts_with(tokens[id])).collect();
        all.extend(ids);
        shards.push(body(&all, &all.iter().map(|&id| tokens[id]).collect::<Vec<_>>()));
        root.starts.push(start.to_owned());
        last = tokens[ids[ids.len() - 1]];
    }
    Shards { root: root.to_bytes(), shards }
}
