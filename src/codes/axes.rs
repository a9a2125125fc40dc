//! The principal axes of a site's vectors: the directions along which they differ most come first.
//!
//! The axes are the eigenvectors of `C = Σ v vᵀ / n`, by the one-sided Jacobi method (Hestenes 1958): rows of a matrix that
//! begins as `C` are turned pairwise until all are at right angles; as `C` is symmetric, row i is then its i-th eigenvector
//! times the eigenvalue. It needs additions, multiplications and square roots in a fixed order and nothing else, so the same
//! vectors give the same axes on every machine.

/// Rounds over all pairs of rows. Six leave angles of 10⁻⁶ at 384 dimensions; the axes need not be exact.
const ROUNDS: usize = 8;
/// Rows whose cosine is below this count as at right angles.
const RIGHT_ANGLE: f64 = 1e-7;
/// Eigenvalues below this part of the greatest are noise; their axes are zero.
const NOISE: f64 = 1e-9;

/// Orthonormal axes, the most telling first.
#[derive(Debug, Clone, PartialEq)]
pub struct Axes {
    dim: usize,
    /// `[dim, dim]`, an axis a row; zeros for an axis along which no vector lies.
    rows: Vec<f32>,
}

impl Axes {
    /// The axes of vectors whose second moments `Σ v vᵀ` are `moments [dim, dim]`.
    ///
    /// # Panics
    /// If `moments` is not square.
    pub fn principal(moments: &[f64], dim: usize) -> Self {
        assert_eq!(moments.len(), dim * dim, "moments are [dim, dim]");
        let mut rows: Vec<Vec<f64>> = moments.chunks_exact(dim).map(<[f64]>::to_vec).collect();
        for _ in 0..ROUNDS {
            let mut turned = false;
            for p in 0..dim {
                for q in p + 1..dim {
                    let (head, tail) = rows.split_at_mut(q);
                    turned |= turn(&mut head[p], &mut tail[0]);
                }
            }
            if !turned {
                break;
            }
        }
        let length = |row: &[f64]| dot(row, row).sqrt();
        let mut order: Vec<(usize, f64)> = rows.iter().map(|row| length(row)).enumerate().collect();
        order.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let least = order.first().map_or(0.0, |(_, most)| most * NOISE);
        let axis = |&(at, length): &(usize, f64)| {
            let scale = if length > least { 1.0 / length } else { 0.0 };
            rows[at].iter().map(move |value| (value * scale) as f32).collect::<Vec<f32>>()
        };
        Self { dim, rows: order.iter().flat_map(axis).collect() }
    }

    /// Length of a vector, and number of axes.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// The direction of an axis, `[dim]`.
    ///
    /// # Panics
    /// If there is no such axis.
    pub fn row(&self, axis: usize) -> &[f32] {
        &self.rows[axis * self.dim..][..self.dim]
    }

    /// The coordinates of `v [dim]` along the axes.
    ///
    /// # Panics
    /// If `v` has another length.
    pub fn of(&self, v: &[f32]) -> Vec<f32> {
        assert_eq!(v.len(), self.dim, "a vector of the axes' length");
        self.rows.chunks_exact(self.dim).map(|axis| axis.iter().zip(v).map(|(a, v)| a * v).sum()).collect()
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    // eight sums at once, so that the compiler may use vectors
    let (mut sums, head) = ([0.0; 8], a.len() / 8 * 8);
    for (a, b) in a[..head].chunks_exact(8).zip(b[..head].chunks_exact(8)) {
        sums.iter_mut().zip(a.iter().zip(b)).for_each(|(sum, (a, b))| *sum += a * b);
    }
    sums.iter().sum::<f64>() + a[head..].iter().zip(&b[head..]).map(|(a, b)| a * b).sum::<f64>()
}

/// Turns two rows in their plane until they are at right angles; false if they were.
fn turn(a: &mut [f64], b: &mut [f64]) -> bool {
    let (aa, bb, ab) = (dot(a, a), dot(b, b), dot(a, b));
    if ab.abs() <= RIGHT_ANGLE * (aa * bb).sqrt() {
        return false;
    }
    let zeta = (bb - aa) / (2.0 * ab);
    let t = zeta.signum() / (zeta.abs() + (1.0 + zeta * zeta).sqrt());
    let c = 1.0 / (1.0 + t * t).sqrt();
    let s = c * t;
    for (a, b) in a.iter_mut().zip(b) {
        (*a, *b) = (c * *a - s * *b, s * *a + c * *b);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(vectors: &[Vec<f64>], dim: usize) -> Vec<f64> {
        let mut sums = vec![0.0; dim * dim];
        for v in vectors {
            sums.iter_mut().enumerate().for_each(|(at, sum)| *sum += v[at / dim] * v[at % dim]);
        }
        sums
    }

    #[test]
    fn the_axes_of_an_ellipse() {
        // on the line (3, 4) / 5 with 10 times the spread of the direction across
        let vectors: Vec<Vec<f64>> = (0..100)
            .map(|i| {
                let (along, across) = (((i * 37 % 100) as f64 - 49.5) / 5.0, ((i * 61 % 100) as f64 - 49.5) / 50.0);
                vec![0.6 * along - 0.8 * across, 0.8 * along + 0.6 * across, 0.0]
            })
            .collect();
        let axes = Axes::principal(&moments(&vectors, 3), 3);
        let along = axes.of(&[0.6, 0.8, 0.0]);
        assert!(along[0].abs() > 0.999, "{along:?}");
        assert_eq!(axes.of(&[0.0, 0.0, 1.0]), [0.0; 3], "no vector lies there");
    }

    #[test]
    fn axes_are_orthonormal_and_in_order_of_spread() {
        let dim = 40;
        let mut state = 5u64;
        let mut random = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f64 / f64::from(1 << 23) - 1.0
        };
        let mut mixed: Vec<f64> = vec![0.0; dim];
        let vectors: Vec<Vec<f64>> = (0..400)
            .map(|_| {
                for (at, value) in mixed.iter_mut().enumerate() {
                    *value = 0.7 * *value + random() / (1.0 + at as f64);
                }
                mixed.clone()
            })
            .collect();
        let axes = Axes::principal(&moments(&vectors, dim), dim);
        let (rows, dot) = (axes.rows.chunks_exact(dim).collect::<Vec<_>>(), |a: &[f32], b: &[f32]| -> f32 {
            a.iter().zip(b).map(|(a, b)| a * b).sum()
        });
        for (i, a) in rows.iter().enumerate() {
            for (j, b) in rows.iter().enumerate() {
                assert!((dot(a, b) - f32::from(i == j)).abs() < 1e-4, "axes {i} and {j}: {}", dot(a, b));
            }
        }
        let spread = |axis: usize| -> f32 {
            let coordinates = vectors.iter().map(|v| axes.of(&v.iter().map(|&x| x as f32).collect::<Vec<_>>())[axis]);
            coordinates.map(|x| x * x).sum()
        };
        assert!((0..dim - 1).all(|axis| spread(axis) >= spread(axis + 1) * 0.999));
    }
}
