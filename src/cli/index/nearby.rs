//! The files of the static tier: principal axes of the vectors, passages in cells and in rows, and the static query tower in
//! coordinates along the axes. The result depends on the vectors alone, not on the number of threads.

use super::along::Along;
use super::k_means::cluster;
use super::output::{OutputFolder, Storage};
use crate::codes::axes::Axes;
use crate::codes::fit::share_bits;
use crate::index::cells::{AxesFile, cell_body, rows_body};
use crate::index::manifest::{FusionEntry, StaticFiles, StaticTowerEntry};
use crate::index::sections::Sections;
use crate::model::static_shards::{ROWS_PER_SHARD, Shards, cut};
use crate::model::static_tower::StaticTower;
use crate::search::fuse::FusionWeights;
use anyhow::Result;
use rayon::prelude::*;

/// Bytes of the code of a cell's centre, of a passage in its cell, and of a row.
const CODE_BYTES: [usize; 3] = [16, 32, 72];
/// Cells for √n passages: four, so that each has √n / 4.
const CELLS: f64 = 4.0;
/// Cells that a query looks at: some 3 · √n passages.
const PROBES: usize = 12;
/// Passages of a chunk of rows, and the number of chunks above which they grow: hosts cap the number of files.
const ROWS_PER_CHUNK: u32 = 14;
const MOST_CHUNKS: u32 = 8_000;

/// The files' contents.
#[derive(Debug)]
pub(super) struct Nearby {
    axes: Vec<u8>,
    cells: Vec<Vec<u8>>,
    rows: Vec<Vec<u8>>,
    rows_per_chunk: u32,
    tower: Shards,
}

impl Nearby {
    /// What the manifest says of it.
    pub(super) fn entry(&self, tower: &StaticTower) -> StaticTowerEntry {
        let FusionWeights { dense, lexical } = FusionWeights::STATIC;
        StaticTowerEntry {
            id: tower.id().to_owned(),
            fusion: FusionEntry { dense, lexical },
            rows_per_chunk: self.rows_per_chunk,
        }
    }

    /// Writes the files of the static tier.
    pub(super) fn write(&self, output: &OutputFolder) -> Result<StaticFiles> {
        Ok(StaticFiles {
            root: output.add("tower", "bin", &self.tower.root, Storage::Zopfli)?,
            tokens: output.add_chunks("tokens", &self.tower.shards, Storage::Gzip)?,
            axes: output.add("axes", "bin", &self.axes, Storage::Zopfli)?,
            cells: output.add_chunks("cells", &self.cells, Storage::Gzip)?,
            rows: output.add_chunks("rows", &self.rows, Storage::Gzip)?,
        })
    }

    /// Makes them of all passages along the axes.
    pub(super) fn new(along: &Along, sections: &Sections, tower: &StaticTower) -> Self {
        let Along { axes, coordinates, mean, spread } = along;
        let (n, weight) = (coordinates.len(), along.weight());
        let bits = CODE_BYTES.map(|bytes| share_bits(spread, &weight, bytes));

        let count = ((n as f64).sqrt() * CELLS).round().clamp(1.0, n as f64) as usize;
        let (centres, cell_of) = cluster(coordinates, count);
        let mut members: Vec<Vec<u32>> = vec![Vec::new(); centres.len()];
        (0..).zip(&cell_of).for_each(|(passage, &cell)| members[cell].push(passage));
        let mut file = AxesFile { mean: mean.clone(), spread: spread.clone(), bits, probes: 0, centres: Vec::new() };
        let filled: Vec<usize> = (0..centres.len()).filter(|&cell| !members[cell].is_empty()).collect();
        file.probes = PROBES.min(filled.len()) as u32;
        let code = file.centre_code();
        filled.iter().for_each(|&cell| code.encode_into(&centres[cell], &mut file.centres));
        let codes = |code: &crate::codes::Code, passages: &mut dyn Iterator<Item = u32>| {
            let mut out = Vec::new();
            passages.for_each(|passage| code.encode_into(&coordinates[passage as usize], &mut out));
            out
        };
        let (short, long) = (file.cell_code(), file.row_code());
        let cell = |&cell: &usize| cell_body(&members[cell], &codes(&short, &mut members[cell].iter().copied()));
        let rows_per_chunk = ROWS_PER_CHUNK.max(n as u32 / MOST_CHUNKS);
        let starts = sections.chunks(rows_per_chunk);
        let ends = starts.iter().skip(1).copied().chain([n as u32]);
        let chunk = |(&start, end): (&u32, u32)| rows_body(start, end - start, &codes(&long, &mut (start..end)));
        let turn = |axes: &Axes, rows: Vec<Vec<f32>>| rows.into_par_iter().map(|row| axes.of(&row)).collect();
        Self {
            axes: file.to_bytes(),
            cells: filled.iter().map(cell).collect(),
            rows: starts.iter().zip(ends).map(chunk).collect(),
            rows_per_chunk,
            tower: cut(tower, axes, &weight, ROWS_PER_SHARD, &turn),
        }
    }
}
