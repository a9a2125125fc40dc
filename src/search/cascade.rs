//! All tiers in one process: an open index and the models that answer for it. The command line uses this; in the browser
//! the worker's JavaScript joins the two, which lie in wasm files of their own.

use super::context::Context;
use super::rerank::RERANK;
use super::searcher::{Hit, Searcher, Tier, not_loaded};
use super::static_tier::StaticTier;
use crate::error::Result;
use crate::index::manifest::Manifest;
use crate::model::encoders::Encoders;
use crate::model::static_tower::StaticTower;

/// An open index with its models.
#[derive(Debug)]
pub struct Cascade {
    /// The index.
    pub searcher: Searcher,
    encoders: Option<Encoders>,
    /// One that is tried out, in place of the index's own.
    pub(super) static_tower: Option<StaticTower>,
    pub(super) static_tier: Option<StaticTier>,
}

impl Cascade {
    /// An index of which only the manifest is there yet.
    pub fn new(manifest: Manifest) -> Self {
        Self { searcher: Searcher::new(manifest), encoders: None, static_tower: None, static_tier: None }
    }

    /// The models, once the bi-encoder is loaded.
    pub fn encoders(&self) -> Option<&Encoders> {
        self.encoders.as_ref()
    }

    /// The highest tier whose parts are loaded.
    pub fn tier(&self) -> Option<Tier> {
        match &self.encoders {
            Some(encoders) if self.searcher.has_vectors() => {
                Some(if encoders.cross_encoder().is_some() { Tier::Reranked } else { Tier::Dense })
            }
            _ if self.static_tier.is_some() && self.searcher.has_postings() => Some(Tier::Static),
            _ => self.searcher.has_postings().then_some(Tier::Lexical),
        }
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

    /// The best `limit` sections for a query, best first. The reranked tier reads the best [`RERANK`] of the dense one
    /// again.
    ///
    /// # Errors
    /// If the tier's parts are not loaded; for the static tier that includes the chunks that the query needs, for the
    /// reranked one the chunks of the passages that it reads.
    pub fn rank(&mut self, query: &str, tier: Tier, limit: usize) -> Result<Vec<Hit>> {
        let mut hits = match tier {
            Tier::Lexical => self.searcher.rank_lexical(query, limit)?,
            Tier::Static => self.rank_static(query, limit)?,
            Tier::Dense => self.rank_dense(query, limit)?,
            Tier::Reranked => {
                let hits = self.rank_dense(query, limit.max(RERANK))?;
                let passages: Vec<u32> = hits.iter().take(RERANK).map(|hit| hit.passage).collect();
                let logits = self.score_pairs(query, &passages)?;
                self.searcher.rerank(&hits, &logits)
            }
        };
        hits.truncate(limit);
        Ok(hits)
    }

    fn rank_dense(&mut self, query: &str, limit: usize) -> Result<Vec<Hit>> {
        let encoders = self.encoders.as_mut().ok_or_else(|| not_loaded(self.searcher.manifest.files.model_name()))?;
        self.searcher.rank_dense(query, &encoders.embed(query)?, limit)
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
