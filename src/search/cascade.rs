//! All tiers in one process: an open index and the models that answer for it. The command line uses this; in the browser
//! the worker's JavaScript joins the two, which lie in wasm files of their own.

use super::chain::{Chain, First, Rung};
use super::context::Context;
use super::dense::look;
use super::late::{LATE, LateFiles, open_late, reorder_late, score_late, standardise};
use super::rerank::RERANK;
use super::searcher::{Hit, Searcher, Tier, not_loaded};
use super::sparse_tier::SparseTier;
use super::static_tier::StaticTier;
use crate::error::Result;
use crate::index::compressed::CompressedVectors;
use crate::index::late::LateTokens;
use crate::index::manifest::Manifest;
use crate::index::scan::Scored;
use crate::model::encoders::Encoders;
use crate::model::late::QueryVectors;
use crate::model::static_tower::StaticTower;

/// What errors call the files of late interaction where the index has none.
const LATE_FILES: &str = "token vectors";
/// And the codes of its vectors.
const CODES: &str = "codes";
/// Hits of a list of one kind over which its scores are standardised: as many as fusion standardises.
const STANDARD: usize = 100;

/// An open index with its models.
#[derive(Debug)]
pub struct Cascade {
    /// The index.
    pub searcher: Searcher,
    encoders: Option<Encoders>,
    late_tokens: Option<LateTokens>,
    compressed: Option<CompressedVectors>,
    /// One that is tried out, in place of the index's own.
    pub(super) static_tower: Option<StaticTower>,
    pub(super) static_tier: Option<StaticTier>,
    /// The index's own, or one that is tried out.
    pub(super) sparse_tier: Option<SparseTier>,
}

impl Cascade {
    /// An index of which only the manifest is there yet.
    pub fn new(manifest: Manifest) -> Self {
        let searcher = Searcher::new(manifest);
        Self {
            searcher,
            encoders: None,
            late_tokens: None,
            compressed: None,
            static_tower: None,
            static_tier: None,
            sparse_tier: None,
        }
    }

    /// The models, once the bi-encoder is loaded.
    pub fn encoders(&self) -> Option<&Encoders> {
        self.encoders.as_ref()
    }

    /// The highest tier whose parts are loaded.
    pub fn tier(&self) -> Option<Tier> {
        match &self.encoders {
            Some(encoders) if self.searcher.has_vectors() => Some(match encoders.cross_encoder() {
                Some(_) => Tier::Reranked,
                None if self.late_tokens.is_some() => Tier::Late,
                None => Tier::Dense,
            }),
            _ if self.has_meaning_without_a_model() && self.searcher.has_postings() => Some(Tier::Static),
            _ => self.searcher.has_postings().then_some(Tier::Lexical),
        }
    }

    fn has_meaning_without_a_model(&self) -> bool {
        self.static_tier.is_some() || (self.sparse_tier.is_some() && self.searcher.manifest.sparse.is_some())
    }

    /// Loads the bi-encoder.
    ///
    /// # Errors
    /// If the file is damaged, or is not the model with which the index was made.
    pub fn load_model(&mut self, content: &[u8]) -> Result<()> {
        let encoders = Encoders::load(content, self.searcher.manifest.files.model_name())?;
        let model = encoders.bi_encoder();
        self.searcher.check_encoder(model.id(), model.tokenizer_sha256(), model.dim())?;
        self.encoders = Some(encoders);
        Ok(())
    }

    /// Loads the cross-encoder.
    ///
    /// # Errors
    /// If the index has none, if the bi-encoder is not loaded yet, if the file is damaged, or if it is not the
    /// cross-encoder that belongs to this bi-encoder and this index.
    pub fn load_reranker(&mut self, content: &[u8]) -> Result<()> {
        let files = &self.searcher.manifest.files;
        let file = files.reranker.as_ref().ok_or_else(|| not_loaded("reranker"))?;
        let encoders = self.encoders.as_mut().ok_or_else(|| not_loaded(files.model_name()))?;
        let id = encoders.load_cross_encoder(content, &file.name)?.id();
        self.searcher.check_reranker(id)
    }

    /// Loads the head of late interaction and the code of the passages' token vectors; their chunks follow (see
    /// [`late_tokens_mut`](Self::late_tokens_mut)).
    ///
    /// # Errors
    /// If the index has none, if the bi-encoder is not loaded yet, if a file is damaged, or if they do not belong together.
    pub fn load_late(&mut self, head: &[u8], code: &[u8]) -> Result<()> {
        let manifest = &self.searcher.manifest;
        let (Some(entry), Some(files)) = (&manifest.late, &manifest.files.late) else {
            return Err(not_loaded(LATE_FILES));
        };
        let encoders = self.encoders.as_mut().ok_or_else(|| not_loaded(manifest.files.model_name()))?;
        let (passages, per_chunk, group) = (manifest.counts.passages, entry.passages_per_chunk, files.tokens.clone());
        let files = LateFiles { head: (head, &files.head.name), code: (code, &files.code.name) };
        self.late_tokens = Some(open_late(encoders, files, passages, per_chunk, group)?);
        Ok(())
    }

    /// The passages' token vectors, to add chunks to, once they are open.
    pub fn late_tokens_mut(&mut self) -> Option<&mut LateTokens> {
        self.late_tokens.as_mut()
    }

    /// Opens the codes of compressed vectors: from now on a query compares the vectors of its shortlist only, as in a browser. It takes them from
    /// those that are loaded.
    ///
    /// # Errors
    /// If the index has none, or the file is damaged.
    pub fn load_compressed(&mut self, codes: &[u8]) -> Result<()> {
        let manifest = &self.searcher.manifest;
        let files = manifest.files.compressed.as_ref().ok_or_else(|| not_loaded(CODES))?;
        let (name, passages) = (&files.codes.name, manifest.counts.passages);
        self.compressed = Some(CompressedVectors::open(codes, name, passages, files.exact.clone())?);
        Ok(())
    }

    /// The embedding of a query.
    ///
    /// # Errors
    /// If the bi-encoder is not loaded.
    pub fn embed(&mut self, query: &str) -> Result<Vec<f32>> {
        let encoders = self.encoders.as_mut().ok_or_else(|| not_loaded(self.searcher.manifest.files.model_name()))?;
        encoders.embed(query)
    }

    /// The passages of compressed vectors that are nearest to an embedding, best first.
    ///
    /// # Errors
    /// If vectors are not compressed, or `embedding` has another length.
    pub fn near(&self, embedding: &[f32]) -> Result<Vec<Scored>> {
        let searcher = &self.searcher;
        let vectors = self.compressed.as_ref().ok_or_else(|| not_loaded(CODES))?;
        let look = look(vectors, embedding, |passage| searcher.is_selected(passage))?;
        Ok(vectors.compare(&look, &[], |passage| searcher.vector(passage))?.0)
    }

    /// The chunks of compressed vectors that a browser reads for a query, in order; none where they are not compressed.
    ///
    /// # Errors
    /// If the bi-encoder is not loaded.
    pub fn vectors_read(&mut self, query: &str) -> Result<Vec<u32>> {
        let embedding = self.embed(query)?;
        let Some(vectors) = &self.compressed else { return Ok(Vec::new()) };
        Ok(vectors.missing(&look(vectors, &embedding, |passage| self.searcher.is_selected(passage))?))
    }

    /// The best `limit` sections for a query, best first. The late tier scores the best [`LATE`] of the dense one; the reranked tier reads the best [`RERANK`] of the dense one
    /// again.
    ///
    /// # Errors
    /// If the tier's parts are not loaded; for the static tier that includes the chunks that the query needs, for the
    /// reranked one the chunks of the passages that it reads.
    pub fn rank(&mut self, query: &str, tier: Tier, limit: usize) -> Result<Vec<Hit>> {
        let mut hits = match tier {
            Tier::Lexical => self.searcher.rank_lexical(query, limit)?,
            Tier::Static if self.searcher.manifest.sparse.is_some() => self.rank_sparse(query, limit)?,
            Tier::Static => self.rank_static(query, limit)?,
            Tier::Dense => self.rank_dense(query, limit)?,
            Tier::Late => {
                let chain = Chain { first: First::Fused, rungs: vec![Rung::Late(LATE)] };
                self.rank_chain(query, &chain, limit)?
            }
            Tier::Reranked => {
                let hits = self.rank_dense(query, limit.max(RERANK))?;
                self.rerank_best(query, &hits, RERANK)?
            }
        };
        hits.truncate(limit);
        Ok(hits)
    }

    /// The best `limit` sections for a query by a chain of rungs, best first.
    ///
    /// # Errors
    /// If parts that it needs are not loaded: for late interaction the chunks of token vectors of its candidates, for the
    /// cross-encoder the chunks of the passages that it reads.
    pub fn rank_chain(&mut self, query: &str, chain: &Chain, limit: usize) -> Result<Vec<Hit>> {
        let depth = chain.rungs.iter().map(|&(Rung::Late(n) | Rung::Cross(n))| n).fold(limit, usize::max);
        let (embedding, query_vectors) = self.read_query(query, chain)?;
        let searcher = &self.searcher;
        let mut hits = match chain.first {
            First::Lexical => standardise(&searcher.rank_lexical(query, depth)?, STANDARD),
            First::Dense => standardise(&self.rank_meaning(query, &embedding, depth)?, STANDARD),
            First::Static => self.rank_static(query, depth)?,
            First::Sparse => self.rank_sparse(query, depth)?,
            First::Fused => self.rank_fused(query, &embedding, depth)?,
        };
        for rung in &chain.rungs {
            hits = match (rung, &query_vectors) {
                (&Rung::Late(n), Some(vectors)) => self.reorder_best(vectors, &hits, n)?,
                (Rung::Late(_), None) => return Err(not_loaded(LATE_FILES)),
                (&Rung::Cross(n), _) => self.rerank_best(query, &hits, n)?,
            };
        }
        hits.truncate(limit);
        Ok(hits)
    }

    /// What the bi-encoder says of a query, in one pass, as far as a chain needs it.
    fn read_query(&mut self, query: &str, chain: &Chain) -> Result<(Vec<f32>, Option<QueryVectors>)> {
        let needs_vector = matches!(chain.first, First::Dense | First::Fused);
        if !needs_vector && !chain.has_late() {
            return Ok((Vec::new(), None));
        }
        if chain.has_late() {
            let encoders =
                self.encoders.as_mut().ok_or_else(|| not_loaded(self.searcher.manifest.files.model_name()))?;
            return encoders.embed_late(query).map(|(embedding, vectors)| (embedding, Some(vectors)));
        }
        Ok((self.embed(query)?, None))
    }

    fn reorder_best(&self, query: &QueryVectors, hits: &[Hit], n: usize) -> Result<Vec<Hit>> {
        let (Some(tokens), Some(entry)) = (&self.late_tokens, &self.searcher.manifest.late) else {
            return Err(not_loaded(LATE_FILES));
        };
        let passages: Vec<u32> = hits.iter().take(n).map(|hit| hit.passage).collect();
        Ok(reorder_late(hits, &score_late(query, tokens, &passages)?, entry.lambda))
    }

    fn rerank_best(&mut self, query: &str, hits: &[Hit], n: usize) -> Result<Vec<Hit>> {
        let passages: Vec<u32> = hits.iter().take(n).map(|hit| hit.passage).collect();
        let logits = self.score_pairs(query, &passages)?;
        Ok(self.searcher.rerank(hits, &logits))
    }

    fn rank_dense(&mut self, query: &str, limit: usize) -> Result<Vec<Hit>> {
        let embedding = self.embed(query)?;
        self.rank_fused(query, &embedding, limit)
    }

    fn rank_fused(&self, query: &str, embedding: &[f32], limit: usize) -> Result<Vec<Hit>> {
        let searcher = &self.searcher;
        let Some(vectors) = &self.compressed else { return searcher.rank_dense(query, embedding, limit) };
        let look = look(vectors, embedding, |passage| searcher.is_selected(passage))?;
        let words = if searcher.has_postings() { searcher.passages_by_words(query)? } else { Vec::new() };
        let (near, words) = vectors.compare(&look, &words, |passage| searcher.vector(passage))?;
        searcher.rank_compared(query, &near, &words, limit)
    }

    fn rank_meaning(&self, query: &str, embedding: &[f32], limit: usize) -> Result<Vec<Hit>> {
        if self.compressed.is_none() || query.trim().is_empty() {
            return self.searcher.rank_meaning(query, embedding, limit);
        }
        Ok(self.searcher.sections_of(self.near(embedding)?, limit))
    }

    /// Logits of candidates for the query, in their order. Of each the opening of its section is read: load what
    /// [`reading`](Searcher::reading) names.
    ///
    /// # Errors
    /// If the cross-encoder, or all that could be read of a candidate, is not loaded.
    pub fn score_pairs(&mut self, query: &str, passages: &[u32]) -> Result<Vec<f32>> {
        let file = self.searcher.manifest.files.reranker.as_ref().map_or("reranker", |file| &file.name);
        let encoders = self.encoders.as_mut().filter(|encoders| encoders.cross_encoder().is_some());
        let encoders = encoders.ok_or_else(|| not_loaded(file))?;
        encoders.score(query, &self.searcher.pair_texts(passages)?)
    }

    /// The best sections of a ranking within `max_tokens`, see [`Searcher::context`].
    ///
    /// # Errors
    /// If a hit's chunk is not loaded.
    pub fn context(&self, query: &str, hits: &[Hit], max_tokens: usize, root: &str) -> Result<Context> {
        let Some(encoders) = &self.encoders else { return self.searcher.context(query, hits, max_tokens, root, None) };
        let tokenizer = encoders.bi_encoder().tokenizer();
        self.searcher.context(query, hits, max_tokens, root, Some(&|text| tokenizer.count(text)))
    }
}
