//! Weights that differ from the defaults, as `siteseer tune` found them for a site.

use crate::index::manifest::Manifest;
use crate::search::searcher::{Searcher, Tier};
use anyhow::{Result, bail};

/// Options of `siteseer index`.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(super) struct WeightArgs {
    /// How much of the fused score the words are, 0 to 1, beside the meaning; `siteseer tune` finds what suits a site [default: 0.386]
    #[arg(long, env = "SITESEER_LEXICAL_SHARE", value_name = "X")]
    lexical_share: Option<f32>,
    /// How much the cross-encoder's logit counts beside the fused score [default: what the cross-encoder's file says]
    #[arg(long, env = "SITESEER_RERANK_WEIGHT", value_name = "X")]
    rerank_weight: Option<f32>,
}

impl WeightArgs {
    /// The manifest with these weights.
    ///
    /// # Errors
    /// If a weight is out of its range.
    pub(super) fn apply(self, manifest: Manifest) -> Result<Manifest> {
        let mut searcher = Searcher::new(manifest);
        if let Some(share) = self.lexical_share {
            if !(0.0..=1.0).contains(&share) {
                bail!("--lexical-share {share}: it is a share, from 0 (meaning alone) to 1 (words alone)");
            }
            searcher.set_weight(Tier::Dense, share);
        }
        if let Some(weight) = self.rerank_weight {
            if !weight.is_finite() || weight < 0.0 {
                bail!("--rerank-weight {weight}: it is 0 or more");
            }
            searcher.set_weight(Tier::Reranked, weight);
        }
        Ok(searcher.manifest().clone())
    }
}
