//! `search --sort KEY[:asc|desc]`: the best hits in the order of a value that their pages have. `www/siteseer/sort.js` does the
//! same in the browser.

use crate::search::searcher::{Hit, Searcher};
use anyhow::Result;
use std::cmp::Ordering;

/// So many of the best are brought into order, whatever the limit.
pub(super) const SORTED: usize = 200;

/// What to sort by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SortKey {
    name: String,
    descending: bool,
}

/// `date:desc` as a key; `asc` is the default.
pub(super) fn parse_key(text: &str) -> Result<SortKey, String> {
    let (name, order) = text.rsplit_once(':').unwrap_or((text, "asc"));
    match (name.trim(), order.trim()) {
        ("", _) | (_, "") => Err("a key is written KEY, KEY:asc or KEY:desc, such as date:desc".to_owned()),
        (name, order @ ("asc" | "desc")) => Ok(SortKey { name: name.to_owned(), descending: order == "desc" }),
        (_, order) => Err(format!("`{order}` is no order: asc or desc, such as date:desc")),
    }
}

/// Hits by their pages' values: numbers where all are numbers, else texts; pages without a value last; equal ones in the order
/// they had.
///
/// # Errors
/// If no page of the index has the key.
pub(super) fn sort_hits(searcher: &Searcher, hits: &[Hit], key: &SortKey) -> Result<Vec<Hit>> {
    let passages: Vec<u32> = hits.iter().map(|hit| hit.passage).collect();
    let values = searcher.sort_values(&key.name, &passages)?;
    Ok(order(&values, key.descending).into_iter().map(|at| hits[at]).collect())
}

fn order(values: &[Option<&str>], descending: bool) -> Vec<usize> {
    let are_numbers = values.iter().flatten().all(|value| number(value).is_some());
    let compare = |a: &str, b: &str| match (are_numbers, number(a), number(b)) {
        (true, Some(a), Some(b)) => a.total_cmp(&b),
        _ => a.cmp(b),
    };
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| match (values[a], values[b]) {
        (Some(a), Some(b)) if descending => compare(b, a),
        (Some(a), Some(b)) => compare(a, b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    });
    order
}

/// A decimal number such as `-1.5`.
fn number(text: &str) -> Option<f64> {
    let is_decimal = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+');
    text.parse().ok().filter(|_| text.chars().all(is_decimal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_numbers_texts_as_texts_and_none_last() {
        let by = |values: &[&str], descending| {
            let values: Vec<Option<&str>> = values.iter().map(|v| Some(*v).filter(|v| !v.is_empty())).collect();
            order(&values, descending)
        };
        assert_eq!(by(&["10", "9", "", "-1.5"], false), [3, 1, 0, 2]);
        assert_eq!(by(&["10", "9", "", "-1.5"], true), [0, 1, 3, 2]);
        assert_eq!(by(&["10", "9", "x"], false), [0, 1, 2], "one text makes all of them texts");
        assert_eq!(by(&["2022-06", "2021-12", "2022-06"], true), [0, 2, 1], "equal ones stay");
        assert_eq!(by(&["1e3", "5"], false), [0, 1], "not what people write");
    }

    #[test]
    fn a_key_may_hold_a_colon_and_an_order_must_be_one() {
        let key = |name: &str, descending| Ok(SortKey { name: name.to_owned(), descending });
        assert_eq!(parse_key("date"), key("date", false));
        assert_eq!(parse_key("date:desc"), key("date", true));
        assert_eq!(parse_key("a:b:asc"), key("a:b", false));
        assert!(parse_key("date:up").unwrap_err().contains("`up`"));
        assert!(parse_key(":desc").is_err());
    }
}
