//! A query's way through an open index: lexical candidates, dense candidates, their fusion, and results to show. (The
//! last step, reranking, is in [`rerank`](super::rerank).)
//!
//! Each part is loaded on its own and each may be missing: the tier that was asked for says what it needs, and callers go
//! one tier down when it is not there. Bytes come in, plain data goes out; who fetches them is the caller's business. The
//! models run elsewhere (in the browser in a wasm file of their own): what they say comes in as a query vector and as
//! logits.

use super::excerpt::{Excerpt, excerpt};
use super::fuse::FusionWeights;
use super::join::best_by_words;
use crate::error::{Error, REBUILD_INDEX, Result};
use crate::index::chunks::{Chunk, ChunkKind};
use crate::index::filters::{Condition, Facet, Filters, Selection};
#[cfg(not(target_arch = "wasm32"))]
use crate::index::flat::FlatIndex;
use crate::index::lexical::{LexicalIndex, LexicalOptions};
use crate::index::manifest::{Counts, FusionEntry, Manifest};
use crate::index::passages::{PassageRecord, parse_chunk};
use crate::index::sections::Sections;
use serde::Serialize;

/// Sections that the lexical tier retrieves, and passages that the dense one does.
pub(super) const RETRIEVE: usize = 200;
/// Sections whose scores are standardised together (see [`fuse`](super::fuse)).
pub(super) const FUSE: usize = 200;
/// What the filters' file is called where the index has none.
const FILTERS: &str = "filters";
/// Longest excerpt, in characters.
const EXCERPT_CHARS: usize = 180;

/// How far up the ladder a query goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// BM25 over the postings; needs no model.
    Lexical,
    /// Vectors of the static query tower, fused with the lexical tier; needs only the rows of the query's tokens.
    Static,
    /// Vectors of the bi-encoder, fused with the lexical tier.
    Dense,
    /// The best of the dense tier, reordered by late interaction.
    Late,
    /// The best of the dense tier, read again by the cross-encoder.
    Reranked,
}

impl Tier {
    /// Name as callers see it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lexical => "lexical",
            Self::Static => "static",
            Self::Dense => "dense",
            Self::Late => "late",
            Self::Reranked => "reranked",
        }
    }
}

/// A section in the order of relevance, with the passage that speaks for it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Hit {
    /// Passage id.
    pub passage: u32,
    /// BM25 in the lexical tier, the fused score in the static and the dense one, to which the late one adds its weighted score and
    /// the reranked one the weighted logit;
    /// comparable only within one ranking.
    pub score: f32,
    /// Rank in the lexical list, from 1.
    pub lexical_rank: Option<u32>,
    /// Rank in the dense list, from 1.
    pub dense_rank: Option<u32>,
    /// What the cross-encoder said of it, if it was asked.
    pub logit: Option<f32>,
}

/// A hit with everything that is shown of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SearchResult {
    /// URL relative to the site's root, with the section's anchor.
    pub url: String,
    /// Title of the page.
    pub title: String,
    /// Headings from the outermost to the section's own.
    pub heading_path: Vec<String>,
    /// Id of the section; empty at the top of a page.
    pub anchor: String,
    /// Escaped HTML, matched words in `<mark>`.
    pub excerpt: String,
    /// Language tag of the page; empty if it does not say.
    pub lang: String,
    /// Metadata of the page by key, once the file is loaded that has it (see [`Searcher::load_filters`]).
    #[serde(serialize_with = "as_map")]
    pub meta: Vec<(String, String)>,
    /// See [`Hit::score`].
    pub score: f32,
    /// Passage id.
    pub passage: u32,
    /// Why it is here.
    pub explain: Explain,
}

/// Why a result stands where it stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explain {
    /// Rank in the lexical list, from 1.
    pub lexical_rank: Option<u32>,
    /// Rank in the dense list, from 1.
    pub dense_rank: Option<u32>,
    /// What the cross-encoder said of it, if it was asked.
    pub logit: Option<f32>,
    /// Words of the query that the excerpt shows.
    pub matched_terms: Vec<String>,
}

/// An open index.
#[derive(Debug)]
pub struct Searcher {
    pub(super) manifest: Manifest,
    pub(super) lexical: Option<(Sections, LexicalIndex)>,
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) vectors: Option<FlatIndex>,
    filters: Option<Filters>,
    /// Passages to answer from; none means all.
    selection: Option<Selection>,
    /// Chunks of passages, each with its first passage; known once the root of the lexical index is.
    chunks: Vec<(u32, Option<Vec<PassageRecord>>)>,
    /// First passages of the chunks of rows; known once the root of the lexical index is.
    pub(super) rows: Vec<u32>,
}

impl Searcher {
    /// An index of which only the manifest is there yet.
    pub fn new(manifest: Manifest) -> Self {
        let (chunks, rows) = (Vec::new(), Vec::new());
        Self {
            manifest,
            lexical: None,
            #[cfg(not(target_arch = "wasm32"))]
            vectors: None,
            filters: None,
            selection: None,
            chunks,
            rows,
        }
    }

    /// The manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Opens the root of the lexical index. Its chunks follow as queries need them (see
    /// [`missing_words`](Self::missing_words)).
    ///
    /// # Errors
    /// If it is damaged, or of another number of sections or of chunks than the manifest's.
    pub fn load_lexical(&mut self, content: Vec<u8>) -> Result<()> {
        let (files, counts) = (&self.manifest.files, self.manifest.counts);
        let file = &files.lexical.name;
        let (sections, at) = Sections::parse(&content, file, counts.sections, counts.passages)?;
        let lexical = LexicalIndex::open(&content[at..], sections.parts(), file)?;
        let starts = sections.chunks(self.manifest.passages_per_chunk);
        for (kind, found) in [
            (ChunkKind::Postings, lexical.chunks(ChunkKind::Postings)),
            (ChunkKind::Spellings, lexical.chunks(ChunkKind::Spellings)),
            (ChunkKind::Passages, starts.len() as u32),
        ] {
            let expected = files.group(kind).files;
            if found != expected {
                return Err(mismatch(file, "number of chunks", expected, found));
            }
        }
        if let (Some(entry), Some(files)) = (&self.manifest.static_tower, &files.static_tower) {
            self.rows = sections.chunks(entry.rows_per_chunk);
            if self.rows.len() as u32 != files.rows.files {
                return Err(mismatch(&files.rows.name, "number of chunks", self.rows.len(), files.rows.files));
            }
        }
        self.chunks = starts.into_iter().map(|first| (first, None)).collect();
        self.lexical = Some((sections, lexical));
        Ok(())
    }

    /// Chunks that the words of a query need, those that are there included. See [`missing_words`](Self::missing_words).
    pub fn words_needed(&self, query: &str) -> Vec<Chunk> {
        let needed = |(_, lexical): &(_, LexicalIndex)| lexical.needs(query, &LexicalOptions::default());
        self.lexical.as_ref().map(needed).unwrap_or_default()
    }

    /// Chunks that the words of a query need and that are not there yet. Ask again when these have been added, until there
    /// are none: a word that is not where it should be may be misspelt, which needs others. Three times are enough.
    pub fn missing_words(&self, query: &str) -> Vec<Chunk> {
        let missing = |(_, lexical): &(_, LexicalIndex)| lexical.missing(query, &LexicalOptions::default());
        self.lexical.as_ref().map(missing).unwrap_or_default()
    }

    /// Adds a chunk: its file's uncompressed content.
    ///
    /// # Errors
    /// If it is damaged or belongs elsewhere, if there is no such chunk, or if the root of the lexical index is not loaded.
    pub fn add_chunk(&mut self, chunk: Chunk, content: &[u8]) -> Result<()> {
        let (group, number) = (self.manifest.files.group(chunk.kind), chunk.number);
        if number >= group.files {
            return Err(mismatch(&group.name, "chunk", format!("below {}", group.files), number));
        }
        let body = group.body(number, content)?;
        let root = &self.manifest.files.lexical.name;
        let (_, lexical) = self.lexical.as_mut().ok_or_else(|| not_loaded(root))?;
        if chunk.kind == ChunkKind::Passages {
            let next = self.chunks.get(number as usize + 1).map_or(self.manifest.counts.passages, |next| next.0);
            let (first, records) = &mut self.chunks[number as usize];
            *records = Some(parse_chunk(body, &group.file(number), (next - *first) as usize)?);
            return Ok(());
        }
        lexical.add(chunk, body).map_err(|detail| group.damaged(number, detail))
    }

    /// Checks that a bi-encoder is the one with which the index was made.
    ///
    /// # Errors
    /// If it is another one, or words alone were indexed.
    pub fn check_encoder(&self, id: &str, tokenizer_sha256: &str, dim: usize) -> Result<()> {
        let file = self.manifest.files.model_name();
        let Some(expected) = &self.manifest.model else { return Err(not_loaded(file)) };
        if tokenizer_sha256 != expected.tokenizer_sha256 {
            return Err(mismatch(file, "tokenizer hash", &expected.tokenizer_sha256, tokenizer_sha256));
        }
        if id != expected.id {
            return Err(mismatch(file, "model", &expected.id, id));
        }
        if dim != expected.dim {
            return Err(mismatch(file, "embedding length", expected.dim, dim));
        }
        Ok(())
    }

    /// Whether the lexical postings are there.
    pub fn has_postings(&self) -> bool {
        self.lexical.is_some()
    }

    /// The best `limit` sections by the words of their best parts, best first. A blank query has none.
    ///
    /// # Errors
    /// If the lexical postings are not loaded.
    pub fn rank_lexical(&self, query: &str, limit: usize) -> Result<Vec<Hit>> {
        let (sections, lexical) = self.lexical.as_ref().ok_or_else(|| not_loaded(&self.manifest.files.lexical.name))?;
        if query.trim().is_empty() {
            return Ok(Vec::new());
        }
        let best = best_by_words(sections, &self.bm25(sections, lexical, query), limit);
        Ok(best
            .into_iter()
            .zip(1..)
            .map(|((part, score), rank)| Hit {
                passage: self.first_of(sections.part(part)),
                score,
                lexical_rank: Some(rank),
                dense_rank: None,
                logit: None,
            })
            .collect())
    }

    /// The sections and their parts, once the root of the lexical index is loaded.
    pub fn sections(&self) -> Option<&Sections> {
        self.lexical.as_ref().map(|(sections, _)| sections)
    }

    pub(super) fn static_weights(&self) -> FusionWeights {
        let tower = self.manifest.static_tower.as_ref();
        tower.map_or(FusionWeights::STATIC, |entry| weights_of(entry.fusion))
    }

    pub(super) fn has_selection(&self) -> bool {
        self.selection.is_some()
    }

    pub(super) fn is_selected(&self, passage: u32) -> bool {
        self.selection.as_ref().is_none_or(|selection| selection.contains(passage))
    }

    /// The first passage of a section that may answer.
    pub(super) fn first_of(&self, mut section: std::ops::Range<u32>) -> u32 {
        let first = section.start;
        section.find(|&passage| self.is_selected(passage)).unwrap_or(first)
    }

    /// Answers only from these passages, until the next filter.
    pub(super) fn choose(&mut self, selection: Selection) {
        self.selection = Some(selection);
    }

    /// Opens what pages say of themselves.
    ///
    /// # Errors
    /// If the index has no such file, or it is damaged.
    pub fn load_filters(&mut self, content: &[u8]) -> Result<()> {
        let Some(entry) = &self.manifest.files.filters else { return Err(not_loaded(FILTERS)) };
        let Counts { pages, passages, .. } = self.manifest.counts;
        self.filters = Some(Filters::parse(content, &entry.name, pages, passages)?);
        Ok(())
    }

    /// What pages say of themselves, once loaded.
    pub fn filters(&self) -> Option<&Filters> {
        self.filters.as_ref()
    }

    /// Metadata of a passage's page.
    fn meta(&self, passage: u32) -> &[(String, String)] {
        self.filters.as_ref().map_or(&[], |filters| filters.meta(filters.page_of(passage)))
    }

    /// The value of each passage's page for a key to sort by.
    ///
    /// # Errors
    /// If the file is not loaded that has them, or no page has one.
    pub fn sort_values(&self, key: &str, passages: &[u32]) -> Result<Vec<Option<&str>>> {
        self.filters.as_ref().ok_or_else(|| not_loaded(FILTERS))?.sort_values(key, passages)
    }

    /// From now on answers from the pages that meet all conditions, in every tier; from all pages if there are none.
    ///
    /// # Errors
    /// If the filters are not loaded, or there is none of a name; then the filter stays as it was.
    pub fn set_filter(&mut self, conditions: &[Condition]) -> Result<()> {
        let select = |filters: &Filters| filters.select(conditions);
        self.selection = match conditions {
            [] => None,
            _ => Some(self.filters.as_ref().ok_or_else(|| not_loaded(FILTERS)).and_then(select)?),
        };
        Ok(())
    }

    /// For each filter and value the number of pages that hold a word of the query and meet the conditions set; of a blank
    /// query, of all pages that meet them.
    ///
    /// # Errors
    /// If the filters or the lexical postings are not loaded.
    pub fn facets(&self, query: &str) -> Result<Vec<Facet>> {
        let filters = self.filters.as_ref().ok_or_else(|| not_loaded(FILTERS))?;
        if query.trim().is_empty() {
            return Ok(filters.facets((0..self.manifest.counts.passages).filter(|passage| self.is_selected(*passage))));
        }
        let (sections, lexical) = self.lexical.as_ref().ok_or_else(|| not_loaded(&self.manifest.files.lexical.name))?;
        let scores = self.bm25(sections, lexical, query);
        let found = (0..).zip(scores).filter(|(_, score)| *score > 0.0);
        Ok(filters.facets(found.map(|(part, _)| sections.part(part).start)))
    }

    /// The passages of the section that this one is in; none without the lexical file, or if there is no such passage.
    pub fn section_around(&self, passage: u32) -> Option<std::ops::Range<u32>> {
        let (sections, _) = self.lexical.as_ref()?;
        (passage < self.manifest.counts.passages).then(|| sections.passages(sections.section_of(passage)))
    }

    /// The passages of the part of a section that this one is in; none without the lexical file, or if there is no such passage.
    pub fn part_around(&self, passage: u32) -> Option<std::ops::Range<u32>> {
        let (sections, _) = self.lexical.as_ref()?;
        (passage < self.manifest.counts.passages).then(|| sections.part(sections.part_of(passage)))
    }

    /// Chunks of these passages that are not there yet, in order.
    pub fn missing_chunks_of(&self, passages: impl Iterator<Item = u32>) -> Vec<Chunk> {
        let is_missing = |chunk: &Chunk| self.chunks[chunk.number as usize].1.is_none();
        let mut missing = Vec::new();
        passages.filter_map(|p| self.chunk_of(p)).filter(is_missing).for_each(|chunk| chunk.insert_into(&mut missing));
        missing
    }

    /// The chunk that holds a passage and with it its whole part of a section; none without the root of the lexical index, which knows
    /// the sections, or if there is no such passage.
    pub fn chunk_of(&self, passage: u32) -> Option<Chunk> {
        let behind = self.chunks.partition_point(|&(first, _)| first <= passage);
        let number = behind.checked_sub(1).filter(|_| passage < self.manifest.counts.passages)? as u32;
        Some(Chunk { kind: ChunkKind::Passages, number })
    }

    /// A passage, if its chunk is loaded.
    pub fn passage(&self, passage: u32) -> Option<&PassageRecord> {
        let (first, records) = &self.chunks[self.chunk_of(passage)?.number as usize];
        records.as_ref()?.get((passage - first) as usize)
    }

    /// What to show for each hit.
    ///
    /// # Errors
    /// If a hit's chunk is not loaded.
    pub fn results(&self, query: &str, hits: &[Hit]) -> Result<Vec<SearchResult>> {
        hits.iter().map(|hit| self.result(query, hit)).collect()
    }

    /// The passage to show for a hit: the one with the nearest meaning, or, where only words were compared, the one of
    /// its part of a section that holds most of them (as far as its chunk is loaded).
    pub(super) fn shown(&self, query: &str, hit: &Hit) -> Option<(u32, Excerpt)> {
        let of = |passage: u32| {
            let record = self.passage(passage)?;
            Some((passage, excerpt(&record.text, &record.lang, query, EXCERPT_CHARS)))
        };
        let first = of(hit.passage)?;
        let (Some((sections, _)), None) = (&self.lexical, hit.dense_rank) else { return Some(first) };
        let others = sections
            .part(sections.part_of(hit.passage))
            .filter(|&p| p != hit.passage && self.is_selected(p))
            .filter_map(of);
        Some(others.fold(first, |a, b| if b.1.matched.len() > a.1.matched.len() { b } else { a }))
    }

    fn result(&self, query: &str, hit: &Hit) -> Result<SearchResult> {
        let (record, excerpt) = self
            .shown(query, hit)
            .and_then(|(passage, excerpt)| Some((self.passage(passage)?, excerpt)))
            .ok_or_else(|| not_loaded(&format!("passage {}", hit.passage)))?;
        Ok(SearchResult {
            url: record.link(),
            title: record.title.clone(),
            heading_path: record.heading_path.clone(),
            anchor: record.anchor.clone(),
            excerpt: excerpt.html,
            lang: record.lang.clone(),
            meta: self.meta(hit.passage).to_vec(),
            score: hit.score,
            passage: hit.passage,
            explain: Explain {
                lexical_rank: hit.lexical_rank,
                dense_rank: hit.dense_rank,
                logit: hit.logit,
                matched_terms: excerpt.matched,
            },
        })
    }
}

/// Pairs as an object.
fn as_map<S: serde::Serializer>(pairs: &[(String, String)], serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(key, value)| (key, value)))
}

pub(super) fn weights_of(entry: FusionEntry) -> FusionWeights {
    FusionWeights { dense: entry.dense, lexical: entry.lexical }
}

pub(super) fn mismatch(file: &str, what: &'static str, expected: impl ToString, found: impl ToString) -> Error {
    let (expected, found) = (expected.to_string(), found.to_string());
    Error::Mismatch { file: file.to_owned(), what, expected, found, next: REBUILD_INDEX }
}

pub(super) fn not_loaded(file: &str) -> Error {
    let detail = "this search needs it, and it is not loaded".to_owned();
    Error::Unsupported { file: file.to_owned(), detail, next: "Load it first, or search a lower tier" }
}
