//! A token's list: its postings by level of impact, each level in blocks.

use super::{BLOCK, LEVELS};
use crate::bytes::{Bytes, put_halves, put_varint};
use crate::codes::{from_bf16, to_bf16};
use std::ops::Range;

/// Where the postings of a token lie in its chunk.
#[derive(Debug)]
pub(super) struct List {
    /// The greatest impact first.
    pub(super) levels: Vec<Level>,
}

/// Parts of one impact.
#[derive(Debug)]
pub(super) struct Level {
    pub(super) impact: f32,
    pub(super) postings: usize,
    pub(super) blocks: Vec<Block>,
}

/// Up to [`BLOCK`] parts in order.
#[derive(Debug)]
pub(super) struct Block {
    /// No part of the block is less.
    pub(super) least: u32,
    pub(super) last: u32,
    pub(super) postings: usize,
    pub(super) bytes: Range<usize>,
}

/// Appends the list of `postings`, (part, impact above 0) in order of parts, of which the `most` greatest are kept; of equals
/// the first.
pub(super) fn put_list(postings: &[(u32, f32)], most: usize, out: &mut Vec<u8>) {
    let mut kept: Vec<(u32, f32)> = postings.to_vec();
    kept.sort_by(|a, b| b.1.total_cmp(&a.1));
    kept.truncate(most);
    let Some(&(_, greatest)) = kept.first() else { return out.push(0) };
    let step = from_bf16(to_bf16(greatest / LEVELS as f32));
    let mut levels: [Vec<u32>; LEVELS as usize] = Default::default();
    for (part, impact) in kept {
        levels[((impact / step).ceil() as usize).clamp(1, levels.len()) - 1].push(part);
    }
    out.push((0..LEVELS).filter(|&n| !levels[n as usize].is_empty()).map(|n| 1 << n).sum());
    put_halves(&[step], out);
    for parts in levels.iter_mut().rev().filter(|parts| !parts.is_empty()) {
        parts.sort_unstable();
        put_level(parts, out);
    }
}

fn put_level(parts: &[u32], out: &mut Vec<u8>) {
    put_varint(parts.len() as u32, out);
    let (mut least, mut blocks) = (0, Vec::new());
    for block in parts.chunks(BLOCK) {
        let (first, mut bytes) = (least, Vec::new());
        for &part in block {
            put_varint(part - least, &mut bytes);
            least = part + 1;
        }
        blocks.push((least - first, bytes));
    }
    if let [_, _, ..] = blocks.as_slice() {
        for (span, bytes) in &blocks {
            put_varint(*span, out);
            put_varint(bytes.len() as u32, out);
        }
    }
    blocks.iter().for_each(|(_, bytes)| out.extend(bytes));
}

impl List {
    /// Reads a list of an index of so many parts, all of it. None if it is not well-formed. `len` is the chunk's length.
    pub(super) fn read(bytes: &mut Bytes<'_>, len: usize, parts: u32) -> Option<Self> {
        let present = bytes.byte()?;
        let mut levels = Vec::new();
        if present != 0 {
            let step = bytes.halves(1)?[0];
            if !step.is_finite() || step < 0.0 {
                return None;
            }
            for n in (0..LEVELS).rev().filter(|n| present >> n & 1 == 1) {
                levels.push(Level::read(bytes, len, parts, (n as f32 + 0.5) * step)?);
            }
        }
        Some(Self { levels })
    }

    /// Number of postings.
    pub(super) fn postings(&self) -> usize {
        self.levels.iter().map(|level| level.postings).sum()
    }
}

impl Level {
    fn read(bytes: &mut Bytes<'_>, len: usize, parts: u32, impact: f32) -> Option<Self> {
        let postings = bytes.varint()? as usize;
        // a posting takes at least one byte, so there can't be more of them than bytes
        if postings == 0 || postings > bytes.0.len() {
            return None;
        }
        let table: Option<Vec<(u32, u32)>> = match postings.div_ceil(BLOCK) {
            1 => None,
            blocks => Some((0..blocks).map(|_| Some((bytes.varint()?, bytes.varint()?))).collect::<Option<_>>()?),
        };
        let (mut blocks, mut least) = (Vec::<Block>::new(), 0);
        for number in 0..postings.div_ceil(BLOCK) {
            let start = len - bytes.0.len();
            let mut block =
                Block { least, last: 0, postings: BLOCK.min(postings - number * BLOCK), bytes: start..start };
            block.last = *block.decode(bytes)?.last().filter(|&&last| last < parts)?;
            block.bytes.end = len - bytes.0.len();
            let found = (block.last + 1 - least, block.bytes.len() as u32);
            if table.as_ref().is_some_and(|table| table[number] != found) {
                return None;
            }
            least = block.last + 1;
            blocks.push(block);
        }
        Some(Self { impact, postings, blocks })
    }
}

impl Block {
    /// The parts, of bytes that begin with the block's. None if these do not make parts in order.
    pub(super) fn decode(&self, bytes: &mut Bytes<'_>) -> Option<Vec<u32>> {
        let mut next = self.least;
        let part = |_| {
            let part = next.checked_add(bytes.varint()?)?;
            next = part.checked_add(1)?;
            Some(part)
        };
        (0..self.postings).map(part).collect()
    }
}
