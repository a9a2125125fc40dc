//! How the rows of a batch are dealt out to register tiles: as few panels as there can be, of equal height, give or take a row.

use std::ops::Range;

/// The panels of a batch, in order and end to end.
///
/// Numeric example: 16 rows in panels of at most 6 are panels of 6, 5 and 5 rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowPanels {
    count: usize,
    /// Rows of a low panel.
    low: usize,
    /// Panels with one row more; they come first.
    high: usize,
}

impl RowPanels {
    /// Panels of `rows` rows, of at most `most` each.
    pub(super) fn new(rows: usize, most: usize) -> Self {
        let count = rows.div_ceil(most);
        let shared = count.max(1);
        Self { count, low: rows / shared, high: rows % shared }
    }

    /// Number of panels.
    pub(super) fn count(self) -> usize {
        self.count
    }

    /// The rows of a panel.
    pub(super) fn rows(self, panel: usize) -> Range<usize> {
        let start = |panel: usize| panel * self.low + panel.min(self.high);
        start(panel)..start(panel + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panels_are_as_few_and_as_equal_as_can_be() {
        for most in 1..=12 {
            for rows in 0..=100 {
                let panels = RowPanels::new(rows, most);
                let all: Vec<_> = (0..panels.count()).map(|panel| panels.rows(panel)).collect();
                assert_eq!(all.len(), rows.div_ceil(most));
                let ends: Vec<usize> = all.iter().map(|panel| panel.end).collect();
                assert_eq!(
                    all.iter().map(|panel| panel.start).collect::<Vec<_>>(),
                    [&[0], &ends[..]].concat()[..all.len()]
                );
                assert_eq!(ends.last().copied().unwrap_or(0), rows);
                assert!(all.iter().all(|panel| panel.len() <= most));
                let heights = all.iter().map(Range::len);
                assert!(heights.clone().max().unwrap_or(0) - heights.min().unwrap_or(0) <= 1, "{all:?}");
            }
        }
    }
}
