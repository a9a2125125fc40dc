//! The chunks of one kind, some of them loaded, and which of them a term falls in.

use std::ops::Range;

/// Chunks by range of terms.
#[derive(Debug)]
pub(super) struct Parts<T> {
    /// For each chunk a string that its terms are not less than, and greater than the terms before it.
    starts: Vec<String>,
    loaded: Vec<Option<T>>,
}

impl<T> Parts<T> {
    /// Chunks that begin at `starts`, none of them loaded. None if these are not in order.
    pub(super) fn new(starts: Vec<String>) -> Option<Self> {
        let loaded = starts.iter().map(|_| None).collect();
        starts.is_sorted_by(|a, b| a < b).then_some(Self { starts, loaded })
    }

    pub(super) fn len(&self) -> u32 {
        self.starts.len() as u32
    }

    pub(super) fn get(&self, number: u32) -> Option<&T> {
        self.loaded.get(number as usize)?.as_ref()
    }

    /// Puts a chunk in its place, if there is such a place.
    pub(super) fn set(&mut self, number: u32, chunk: T) {
        if let Some(place) = self.loaded.get_mut(number as usize) {
            *place = Some(chunk);
        }
    }

    /// The chunk that holds `term`, if any does.
    pub(super) fn of(&self, term: &str) -> Option<u32> {
        let behind = self.starts.partition_point(|start| start.as_str() <= term);
        behind.checked_sub(1).map(|number| number as u32)
    }

    /// The chunks that may hold terms which begin with `prefix`.
    pub(super) fn with_prefix(&self, prefix: &str) -> Range<u32> {
        let behind = self.starts.partition_point(|start| start.as_str() <= prefix);
        let inside = self.starts[behind..].iter().take_while(|start| start.starts_with(prefix)).count();
        behind.saturating_sub(1) as u32..(behind + inside) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_chunks_by_term_and_by_prefix() {
        // Say, `abc` to `az`, `ba` to `bz`, `c`, `cargo` to `d`.
        let parts = Parts::<()>::new(["", "b", "c", "ca"].map(String::from).to_vec()).unwrap();
        let of = |term| parts.of(term).unwrap();
        assert_eq!(["", "az", "b", "bz", "c", "cb", "z"].map(of), [0, 0, 1, 1, 2, 3, 3]);
        let with = |prefix| parts.with_prefix(prefix);
        assert_eq!([with(""), with("a"), with("b"), with("c")], [0..4, 0..1, 1..2, 2..4]);
        assert_eq!([with("ba"), with("cargo"), with("x")], [1..2, 3..4, 3..4]);

        let later = Parts::<()>::new(vec!["b".into()]).unwrap();
        assert_eq!((later.of("a"), later.with_prefix("a")), (None, 0..0));
        assert!(Parts::<()>::new(vec!["b".into(), "b".into()]).is_none());
    }
}
