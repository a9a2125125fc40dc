//! Layer normalisation, in f32: `y = (x − mean) / √(variance + ε) · γ + β` over each row (Ba et al. 2016).

use super::Backend;

/// Arguments of the backends' `layer_norm`.
pub(super) struct NormArgs<'a> {
    /// `[m, hidden]`, normalised in place.
    pub(super) x: &'a mut [f32],
    /// `[hidden]`
    pub(super) gamma: &'a [f32],
    /// `[hidden]`
    pub(super) beta: &'a [f32],
    pub(super) eps: f32,
}

impl Backend {
    /// Normalises each row of `x [m, hidden]` in place.
    ///
    /// # Panics
    /// If `x` is not a whole number of rows, or `gamma` and `beta` differ in length.
    pub fn layer_norm_in_place(self, x: &mut [f32], gamma: &[f32], beta: &[f32], eps: f32) {
        assert!(!gamma.is_empty() && gamma.len() == beta.len(), "gamma and beta are [hidden]");
        assert!(x.len().is_multiple_of(gamma.len()), "x is [m, hidden]");
        self.layer_norm(NormArgs { x, gamma, beta, eps });
    }
}
