//! Vectors and token vectors of an earlier index, found by the text that they were made from.
//!
//! An index holds everything that this needs: the SHA-256 of its model, the vectors, and the passages, from which follows
//! what the model read. So there is no cache beside the index that could go stale or be deployed by accident.
//!
//! Reuse must not change a byte of the result. Model and text alone do not decide a vector's bits: instruction sets differ in
//! how they round activations, and versions of this program may differ in their kernels. Neither is written in an index, and
//! neither needs to be: a few of the passages are embedded again, and unless each gives the bits that are stored, the earlier
//! index is left alone.
//!
//! The same holds for codes of token vectors where what they mean comes with the head. Where it was fitted to the earlier site, they are
//! less strict: they go on with that meaning, which suits a site that has changed a little as well as its own would.

use super::device::GpuEmbedder;
use super::embed::{encode, kernels_of};
use super::late::LateModel;
use crate::cli::folder::{read_chunk, read_file, read_passages};
use crate::cli::index::read_manifest;
use crate::hash::{sha256, sha256_hex};
use crate::index::late::LateTokens;
use crate::index::manifest::Manifest;
use crate::index::vectors::{Vectors, quantize_row};
use crate::model::bi_encoder::BiEncoder;
use crate::model::encoder::Workspace;
use anyhow::{Result, bail};
use std::collections::HashMap;
use std::path::Path;

/// One passage of so many is embedded again …
const PROBE_EVERY: usize = 100;
/// … but no more than these: the longest text, the shortest and some between.
const MAX_PROBES: usize = 4;

/// What the model said of the passages of an earlier index.
#[derive(Debug)]
pub(super) struct EarlierIndex {
    vectors: Vectors,
    late: Option<LateTokens>,
    /// SHA-256 of what the model read, and the passage.
    by_text: HashMap<[u8; 32], u32>,
}

impl EarlierIndex {
    /// Opens the index in `folder`, made with the model whose file is `model_bytes`. Token vectors are there if they were made with
    /// this head, these bits and the head's code.
    ///
    /// # Errors
    /// If it is damaged, or made by another model or other kernels: its vectors are not those of a new build then.
    pub(super) fn open(
        folder: &Path,
        model: &BiEncoder,
        model_bytes: &[u8],
        late: Option<&LateModel>,
        gpu: Option<&GpuEmbedder>,
    ) -> Result<Self> {
        let manifest = read_manifest(folder)?;
        let (Some(entry), Some(file), Some(model_file)) =
            (&manifest.model, &manifest.files.vectors, &manifest.files.model)
        else {
            bail!("it holds words alone");
        };
        let (id, hash) = match &manifest.passage_model {
            Some(passage_model) => (&passage_model.id, &passage_model.sha256),
            None => (&entry.id, &model_file.sha256),
        };
        if *hash != sha256_hex(&[model_bytes]) {
            bail!("made with another model ({id})");
        }
        let n = manifest.counts.passages;
        let vectors = Vectors::parse(&read_file(folder, file)?, &file.name, n as usize, model.dim())?;
        let mut by_text = HashMap::with_capacity(n as usize);
        let mut probes = Probes::default();
        read_passages(folder, &manifest, &mut |passage, record| {
            let text = record.model_text();
            by_text.insert(sha256(text.as_bytes()), passage);
            probes.offer(passage, text);
        })?;
        probes.check(&vectors, model, gpu)?;
        let late = match late {
            Some(late) => read_late(folder, &manifest, late)?.filter(|tokens| probes.are_codes(tokens, model, late)),
            None => None,
        };
        Ok(Self { vectors, late, by_text })
    }

    /// Row and scale of a text, if the earlier index has it.
    pub(super) fn vector(&self, text: &str) -> Option<(&[i8], f32)> {
        Some(self.vectors.row(*self.by_text.get(&sha256(text.as_bytes()))?))
    }

    /// The token vectors of all passages, if there are any.
    pub(super) fn late(&self) -> Option<&LateTokens> {
        self.late.as_ref()
    }

    /// Of these the codes of a text's tokens, if the earlier index has it.
    pub(super) fn codes<'a>(&self, tokens: &'a LateTokens, text: &str) -> Option<&'a [u8]> {
        tokens.codes(*self.by_text.get(&sha256(text.as_bytes()))?)
    }
}

/// All token vectors of an index, if they were made with this head, these bits and the head's code, if it has one.
fn read_late(folder: &Path, manifest: &Manifest, late: &LateModel) -> Result<Option<LateTokens>> {
    let (Some(entry), Some(files)) = (&manifest.late, &manifest.files.late) else { return Ok(None) };
    if files.head.sha256 != sha256_hex(&[&late.bytes]) {
        return Ok(None);
    }
    let (passages, group) = (manifest.counts.passages, files.tokens.clone());
    let code = read_file(folder, &files.code)?;
    let mut tokens = LateTokens::open(&code, &files.code.name, passages, entry.passages_per_chunk, group)?;
    if tokens.code().bits() != late.bits || late.code.as_ref().is_some_and(|code| code != tokens.code()) {
        return Ok(None);
    }
    for number in 0..files.tokens.files {
        tokens.add_chunk(number, &read_chunk(folder, &files.tokens, number)?.0)?;
    }
    Ok(Some(tokens))
}

/// Passages to embed again, by the length of their texts.
#[derive(Debug, Default)]
struct Probes {
    seen: usize,
    longest: Option<(u32, String)>,
    shortest: Option<(u32, String)>,
    /// The passages at which the number seen was a power of two.
    between: Vec<(u32, String)>,
}

impl Probes {
    fn offer(&mut self, passage: u32, text: String) {
        self.seen += 1;
        if self.longest.as_ref().is_none_or(|(_, longest)| text.len() > longest.len()) {
            self.longest = Some((passage, text));
        } else if self.shortest.as_ref().is_none_or(|(_, shortest)| text.len() < shortest.len()) {
            self.shortest = Some((passage, text));
        } else if self.seen.is_power_of_two() {
            self.between.push((passage, text));
        }
    }

    /// Those that are embedded again.
    fn chosen(&self) -> impl Iterator<Item = &(u32, String)> {
        let count = (self.seen / PROBE_EVERY).clamp(1, MAX_PROBES);
        self.longest.iter().chain(&self.shortest).chain(self.between.iter().rev()).take(count)
    }

    /// Whether the model gives the bits that are stored.
    fn check(&self, vectors: &Vectors, model: &BiEncoder, gpu: Option<&GpuEmbedder>) -> Result<()> {
        let (mut row, mut work) = (vec![0; model.dim()], Workspace::default());
        for (passage, text) in self.chosen() {
            let embedding = match gpu {
                Some(gpu) => gpu.embed(&[model.tokenize(text)], &|_| ())?,
                None => model.embed(text, &mut work)?,
            };
            let scale = quantize_row(&embedding, &mut row);
            let stored = vectors.row(*passage);
            if (row.as_slice(), scale.to_bits()) != (stored.0, stored.1.to_bits()) {
                bail!("made with other kernels than this machine's {}", kernels_of(model, gpu));
            }
        }
        Ok(())
    }

    /// Whether the model gives the codes of token vectors that are stored.
    fn are_codes(&self, tokens: &LateTokens, model: &BiEncoder, late: &LateModel) -> bool {
        let mut work = Workspace::default();
        self.chosen().all(|(passage, text)| {
            let Ok((_, hidden)) = model.embed_tokens(text, &mut work) else { return false };
            let vectors = late.token_vectors(model, &model.tokenize(text), &hidden);
            tokens.codes(*passage) == Some(&encode(tokens.code(), &vectors)[..])
        })
    }
}
