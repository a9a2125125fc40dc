//! Expansion: what the rows of tokens say of passages' vectors, of each passage the greatest.
//!
//! ```text
//! x(t, p)      = max(0, row_t · v_p + bias_t)
//! impact(t, p) = weight_t · x   or, with a logarithm,   weight_t · ln(1 + x)
//! ```
//! The logarithm is for rows that were trained so (`models/training/train_sparse.py`). Rows of a static query tower have a bias
//! that takes off the mean over all passages, since a row that is near to every one says nothing ([`Rows::above_mean`]).

use crate::index::scan::ScanQuery;
use crate::index::vectors::Vectors;
use crate::kernels::Backend;
use std::ops::Range;

/// Impacts of a passage that are kept, in proportion to those that are asked for, before the least are dropped.
const SLACK: usize = 4;

/// The rows of all tokens.
#[derive(Debug)]
pub struct Rows {
    rows: Vec<ScanQuery>,
    bias: Vec<f32>,
    weight: Vec<f32>,
    has_logarithm: bool,
}

impl Rows {
    /// Trained `rows [tokens, dim]` with a bias and a weight each, for impacts with a logarithm.
    ///
    /// # Panics
    /// If there is not a row, a bias and a weight for each.
    pub fn trained(rows: &[f32], bias: Vec<f32>, weight: Vec<f32>) -> Self {
        assert!(bias.len() == weight.len() && rows.len().is_multiple_of(bias.len().max(1)), "an entry for each token");
        let rows = rows.chunks_exact((rows.len() / bias.len().max(1)).max(1)).map(ScanQuery::new).collect();
        Self { rows, bias, weight, has_logarithm: true }
    }

    /// `rows [tokens, dim]`, whose impacts are what they say of a passage above the mean of all.
    ///
    /// # Panics
    /// If `rows` is not a whole number of them.
    pub fn above_mean(rows: &[f32], vectors: &Vectors) -> Self {
        assert!(rows.len().is_multiple_of(vectors.dim()), "rows have the vectors' length");
        let rows = rows.chunks_exact(vectors.dim());
        let mut mean = vec![0f64; vectors.dim()];
        for (row, &scale) in vectors.rows().chunks_exact(vectors.dim()).zip(vectors.scales()) {
            mean.iter_mut().zip(row).for_each(|(sum, &v)| *sum += f64::from(v) * f64::from(scale));
        }
        let count = vectors.len().max(1) as f64;
        let of_mean = |row: &[f32]| row.iter().zip(&mean).map(|(r, m)| f64::from(*r) * m / count).sum::<f64>();
        let bias: Vec<f32> = rows.clone().map(|row| -of_mean(row) as f32).collect();
        Self { weight: vec![1.0; bias.len()], bias, rows: rows.map(ScanQuery::new).collect(), has_logarithm: false }
    }

    /// The greatest impacts of each of these passages, (token, impact), at most `terms`, in no order; all are above 0.
    ///
    /// # Panics
    /// If there are no such passages, or the rows have another length than their vectors.
    pub fn expand(&self, vectors: &Vectors, passages: Range<u32>, terms: usize) -> Vec<Vec<(u32, f32)>> {
        let backend = Backend::best();
        let mut kept: Vec<(Vec<(u32, f32)>, f32)> = passages.clone().map(|_| (Vec::new(), 0.0)).collect();
        let (mut dots, mut products) = (Vec::new(), Vec::new());
        for (token, ((row, &bias), &weight)) in (0..).zip(self.rows.iter().zip(&self.bias).zip(&self.weight)) {
            row.score_range_into(backend, vectors, passages.clone(), &mut dots, &mut products);
            for (&product, (kept, least)) in products.iter().zip(&mut kept) {
                let x = product + bias;
                if x > 0.0 {
                    let impact = weight * if self.has_logarithm { x.ln_1p() } else { x };
                    if impact > *least {
                        kept.push((token, impact));
                        if kept.len() >= SLACK * terms.max(1) {
                            *least = keep(kept, terms);
                        }
                    }
                }
            }
        }
        let all = kept.into_iter().map(|(mut kept, _)| {
            keep(&mut kept, terms);
            kept
        });
        all.collect()
    }
}

/// Drops all but the `terms` greatest; what is not greater than the result does not come into question any more.
fn keep(kept: &mut Vec<(u32, f32)>, terms: usize) -> f32 {
    if terms == 0 || kept.len() < terms {
        kept.truncate(terms);
        return 0.0;
    }
    kept.select_nth_unstable_by(terms - 1, |a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    kept.truncate(terms);
    kept[terms - 1].1
}
