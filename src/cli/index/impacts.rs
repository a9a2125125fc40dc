//! Postings of impacts for learned sparse retrieval: each passage is expanded by the tokens whose rows say most of its vector.

use super::output::{OutputFolder, Storage};
use crate::cli::progress::Progress;
use crate::index::impacts::expand::Rows;
use crate::index::impacts::{ImpactBuilder, ImpactFiles, Spelling};
use crate::index::manifest::{FusionEntry, SparseEntry, SparseFiles};
use crate::index::sections::Sections;
use crate::index::vectors::Vectors;
use crate::model::sparse_rows::SparseRows;
use crate::search::fuse::FusionWeights;
use crate::text::word_piece::WordPiece;
use anyhow::Result;
use rayon::prelude::*;
use std::collections::HashSet;

/// Tokens of a passage that are kept unless told otherwise.
pub(in crate::cli) const TERMS: u16 = 128;
/// Passages that are expanded together: their vectors stay in a core's cache while all rows go by.
const PASSAGES: u32 = 256;
/// Postings of a token that are kept.
const POSTINGS: usize = 1000;

/// The rows with what an index needs of them.
#[derive(Debug)]
pub(super) struct SparseModel {
    pub(super) rows: SparseRows,
    /// Name of the rows.
    pub(super) id: String,
    /// Tokens of a passage that are kept.
    pub(super) terms: u16,
}

impl SparseModel {
    /// What the manifest says of it.
    pub(super) fn entry(&self) -> SparseEntry {
        let FusionWeights { dense, lexical } = FusionWeights::SPARSE;
        SparseEntry { id: self.id.clone(), terms: self.terms.into(), fusion: FusionEntry { dense, lexical } }
    }

    /// Writes the postings of passages.
    pub(super) fn write(
        &self,
        output: &OutputFolder,
        vectors: &Vectors,
        sections: &Sections,
        tokenizer: &WordPiece,
        quiet: bool,
    ) -> Result<SparseFiles> {
        let files = make_impacts(&self.rows, vectors, sections, tokenizer, self.terms.into(), quiet);
        Ok(SparseFiles {
            root: output.add("impacts-root", "bin", &files.root, Storage::Zopfli)?,
            impacts: output.add_chunks("impacts", &files.chunks, Storage::Gzip)?,
        })
    }
}

/// The postings of passages whose `vectors` these are, `terms` of each. Tokens are those of `tokenizer`, which spells the queries.
pub(in crate::cli) fn make_impacts(
    rows: &SparseRows,
    vectors: &Vectors,
    sections: &Sections,
    tokenizer: &WordPiece,
    terms: usize,
    quiet: bool,
) -> ImpactFiles {
    let known: HashSet<&str> = rows.tokens.iter().map(String::as_str).collect();
    // no word is spelled with the others, such as [CLS]; rows come first, whose numbers expansion knows
    let is_word = |token: &&str| !(token.len() > 1 && token.starts_with('['));
    let others = (0..tokenizer.vocab_size() as u32).map(|id| tokenizer.text_of(id)).filter(is_word);
    let others = others.filter(|token| !known.contains(token)).map(String::from);
    let mut builder = ImpactBuilder::new(rows.tokens.iter().cloned().chain(others).collect());
    let expanded = expand(rows, vectors, terms, quiet);
    (0..).zip(&expanded).for_each(|(passage, impacts)| builder.add(sections.part_of(passage), impacts));
    let config = tokenizer.config();
    builder.finish(
        Spelling { options: config.options(), max_word_chars: config.max_word_chars },
        sections.parts(),
        POSTINGS,
    )
}

/// The tokens of each passage with their impacts.
fn expand(rows: &SparseRows, vectors: &Vectors, terms: usize, quiet: bool) -> Vec<Vec<(u32, f32)>> {
    let made = match rows.trained.clone() {
        Some((bias, weight)) => Rows::trained(&rows.rows, bias, weight),
        None => Rows::above_mean(&rows.rows, vectors),
    };
    let count = vectors.len() as u32;
    let progress = Progress::new("Expanding", "passages", u64::from(count), quiet);
    let starts: Vec<u32> = (0..count).step_by(PASSAGES as usize).collect();
    let of_block = |&start: &u32| {
        let passages = start..count.min(start + PASSAGES);
        progress.add(u64::from(passages.end - passages.start));
        made.expand(vectors, passages, terms)
    };
    let expanded = starts.par_iter().flat_map_iter(of_block).collect();
    progress.finish();
    expanded
}
