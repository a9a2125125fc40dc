//! The weights of a ladder's steps, which the manifest carries and `siteseer tune` tries.

use super::fuse::FusionWeights;
use super::searcher::{Searcher, Tier};
use crate::index::manifest::FusionEntry;

impl Searcher {
    /// What a tier weighs: for the static and the dense one the words beside the vectors (see
    /// [`FusionWeights::lexical_share`]), for the late and the reranked one their score beside the fused
    /// one. None for the lexical tier, and
    /// for one that the index lacks.
    pub fn weight(&self, tier: Tier) -> Option<f32> {
        let share = |entry: FusionEntry| FusionWeights { dense: entry.dense, lexical: entry.lexical }.lexical_share();
        match tier {
            Tier::Lexical => None,
            Tier::Static => self.without_a_model().map(share),
            Tier::Dense => self.manifest.model.as_ref().map(|_| share(self.manifest.fusion)),
            Tier::Late => self.manifest.late.as_ref().map(|late| late.lambda),
            Tier::Reranked => self.manifest.reranker.as_ref().map(|reranker| reranker.lambda),
        }
    }

    /// The weights of the tier without a model.
    fn without_a_model(&self) -> Option<FusionEntry> {
        let sparse = self.manifest.sparse.as_ref().map(|sparse| sparse.fusion);
        self.manifest.static_tower.as_ref().map(|tower| tower.fusion).or(sparse)
    }

    /// Lets a tier weigh so much from now on (see [`weight`](Self::weight)); nothing happens to one that the index lacks.
    pub fn set_weight(&mut self, tier: Tier, weight: f32) {
        let manifest = &mut self.manifest;
        let share = |entry: &mut FusionEntry| {
            let FusionWeights { dense, lexical } =
                FusionWeights { dense: entry.dense, lexical: entry.lexical }.with_lexical_share(weight);
            *entry = FusionEntry { dense, lexical };
        };
        match tier {
            Tier::Lexical => {}
            Tier::Static => {
                manifest.static_tower.iter_mut().for_each(|tower| share(&mut tower.fusion));
                manifest.sparse.iter_mut().for_each(|sparse| share(&mut sparse.fusion));
            }
            Tier::Dense => share(&mut manifest.fusion),
            Tier::Late => manifest.late.iter_mut().for_each(|late| late.lambda = weight),
            Tier::Reranked => manifest.reranker.iter_mut().for_each(|reranker| reranker.lambda = weight),
        }
    }
}
