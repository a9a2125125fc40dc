//! What pages say of themselves: filters, metadata and values to sort by. One file, loaded only when somebody asks for it, and
//! written only if a page says something.
//!
//! ```text
//! {"pages": [passages of each page, …],
//!  "filters": {NAME: {VALUE: [page, …], …}, …},                pages in rising order
//!  "meta": {page: {KEY: VALUE, …}, …}, "sorts": {KEY: {page: VALUE, …}, …}}
//! ```
//! A filter chooses pages, and so all of their passages. It applies in each tier before the best are taken, so a narrow one
//! finds as many results as a wide one.

use crate::error::{Error, REBUILD_INDEX, Result};
use crate::json::{Json, JsonError, JsonResult};
use serde::Serialize;
use std::collections::BTreeMap;

/// What one page says, to be written.
#[derive(Debug, Clone, Copy)]
pub struct PageFacts<'a> {
    /// Number of its passages.
    pub passages: u32,
    /// Values by the name of the filter.
    pub filters: &'a BTreeMap<String, Vec<String>>,
    /// Metadata by key.
    pub meta: &'a BTreeMap<String, String>,
    /// Values to sort by, by key.
    pub sorts: &'a BTreeMap<String, String>,
}

/// The file for all pages, in order; none if no page says anything.
pub fn to_json(pages: &[PageFacts<'_>]) -> Option<Vec<u8>> {
    #[derive(Default, Serialize)]
    struct File<'a> {
        pages: Vec<u32>,
        filters: BTreeMap<&'a str, BTreeMap<&'a str, Vec<u32>>>,
        meta: BTreeMap<u32, &'a BTreeMap<String, String>>,
        sorts: BTreeMap<&'a str, BTreeMap<u32, &'a str>>,
    }
    let mut file = File { pages: pages.iter().map(|page| page.passages).collect(), ..File::default() };
    for (page, number) in pages.iter().zip(0..) {
        for (name, values) in page.filters {
            let by_value = file.filters.entry(name).or_default();
            values.iter().for_each(|value| by_value.entry(value).or_default().push(number));
        }
        if !page.meta.is_empty() {
            file.meta.insert(number, page.meta);
        }
        for (key, value) in page.sorts {
            file.sorts.entry(key).or_default().insert(number, value);
        }
    }
    let is_empty = file.filters.is_empty() && file.meta.is_empty() && file.sorts.is_empty();
    (!is_empty).then(|| serde_json::to_vec(&file).expect("numbers and strings serialize"))
}

/// A condition on pages: one of these values of the filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Name of the filter.
    pub name: String,
    /// Values of which the page must have one.
    pub any_of: Vec<String>,
}

/// The passages that a query is answered from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// `[passages]`
    passages: Vec<bool>,
}

impl Selection {
    /// Those of `passages` that are true: `[passages]`.
    pub fn of(passages: Vec<bool>) -> Self {
        Self { passages }
    }

    /// Whether a passage is among them.
    pub fn contains(&self, passage: u32) -> bool {
        self.passages.get(passage as usize).is_some_and(|chosen| *chosen)
    }
}

/// How many pages have a value of a filter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Facet {
    /// Name of the filter.
    pub name: String,
    /// Values in the order of the alphabet, each with the number of pages.
    pub values: Vec<(String, u32)>,
}

/// Values of a filter, and the pages that have each.
type ByValue = Vec<(String, Vec<u32>)>;

/// The file, opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filters {
    /// First passage of each page, and the number of passages at the end.
    starts: Vec<u32>,
    /// Filters by name, their values by name, and the pages that have them.
    filters: Vec<(String, ByValue)>,
    /// Metadata of the pages that have some, by page.
    meta: Vec<(u32, Vec<(String, String)>)>,
    /// Values to sort by of the pages that have one, by key.
    sorts: Vec<(String, Vec<(u32, String)>)>,
}

impl Filters {
    /// Reads the file of an index of so many pages and passages.
    ///
    /// # Errors
    /// If it is damaged, or of another index.
    pub fn parse(json: &[u8], file: &str, pages: u32, passages: u32) -> Result<Self> {
        let damaged =
            |detail: &str| Error::Damaged { file: file.to_owned(), detail: detail.to_owned(), next: REBUILD_INDEX };
        let filters = Json::parse(json).and_then(|json| Self::from_json(&json));
        let filters = filters.map_err(|error| damaged(&error.to_string()))?;
        if filters.pages() != pages || filters.starts.last() != Some(&passages) {
            return Err(damaged("its pages are not those of the index"));
        }
        let of_filters = filters.filters.iter().flat_map(|(_, values)| values).flat_map(|(_, pages)| pages);
        let of_sorts = filters.sorts.iter().flat_map(|(_, values)| values).map(|(page, _)| page);
        if of_filters.chain(of_sorts).any(|page| *page >= pages) {
            return Err(damaged("it names a page that the index lacks"));
        }
        Ok(filters)
    }

    fn from_json(json: &Json) -> JsonResult<Self> {
        let expected = |field, expected| JsonError::Field { field, expected };
        let whole_numbers = |json: &Json| -> Option<Vec<u32>> { json.as_array()?.iter().map(Json::as_whole).collect() };
        let lengths = json.get("pages").and_then(whole_numbers).ok_or(expected("pages", "a list of whole numbers"))?;
        let mut starts = vec![0u32];
        for length in lengths {
            let end = starts.last().and_then(|start| start.checked_add(length));
            starts.push(end.ok_or(expected("pages", "a sum of 32 bits"))?);
        }
        let filter = |(name, values): &(String, Json)| -> Option<_> {
            let pages = |(value, pages): &(String, Json)| Some((value.clone(), whole_numbers(pages)?));
            Some((name.clone(), values.members().iter().map(pages).collect::<Option<Vec<_>>>()?))
        };
        let texts = |json: &Json| -> Option<Vec<(String, String)>> {
            json.members().iter().map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
        };
        let by_page = |(page, value): &(String, Json)| Some((page.parse().ok()?, texts(value)?));
        let sort = |(key, values): &(String, Json)| -> Option<_> {
            let value = |(page, value): (String, String)| Some((page.parse().ok()?, value));
            Some((key.clone(), texts(values)?.into_iter().map(value).collect::<Option<Vec<_>>>()?))
        };
        let filters: Option<Vec<_>> = json.object("filters")?.members().iter().map(filter).collect();
        let meta: Option<Vec<_>> = json.object("meta")?.members().iter().map(by_page).collect();
        let sorts: Option<Vec<_>> = json.object("sorts")?.members().iter().map(sort).collect();
        Ok(Self {
            starts,
            filters: filters.ok_or(expected("filters", "pages by value"))?,
            meta: meta.ok_or(expected("meta", "texts by page"))?,
            sorts: sorts.ok_or(expected("sorts", "texts by page"))?,
        })
    }

    fn pages(&self) -> u32 {
        self.starts.len() as u32 - 1
    }

    /// Names of the filters, in the order of the alphabet.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.filters.iter().map(|(name, _)| name.as_str())
    }

    /// Page of a passage.
    pub fn page_of(&self, passage: u32) -> u32 {
        self.starts.partition_point(|&start| start <= passage) as u32 - 1
    }

    /// Metadata of a page by key.
    pub fn meta(&self, page: u32) -> &[(String, String)] {
        self.meta.iter().find(|(other, _)| *other == page).map_or(&[], |(_, meta)| meta)
    }

    /// The value of a page for a key to sort by.
    pub fn sort_value(&self, key: &str, page: u32) -> Option<&str> {
        let (_, values) = self.sorts.iter().find(|(other, _)| other == key)?;
        values.iter().find(|(other, _)| *other == page).map(|(_, value)| value.as_str())
    }

    /// The value of each passage's page for a key to sort by.
    ///
    /// # Errors
    /// If no page has one.
    pub fn sort_values(&self, key: &str, passages: &[u32]) -> Result<Vec<Option<&str>>> {
        if !self.sorts.iter().any(|(other, _)| other == key) {
            return Err(Error::Unsupported {
                file: format!("sort key `{key}`"),
                detail: "no page of the index has it".to_owned(),
                next: "Annotate pages with data-siteseer-sort and index the site again",
            });
        }
        Ok(passages.iter().map(|&passage| self.sort_value(key, self.page_of(passage))).collect())
    }

    /// The passages of the pages that meet all conditions. A value that no page has chooses none.
    ///
    /// # Errors
    /// If there is no filter of a name.
    pub fn select(&self, conditions: &[Condition]) -> Result<Selection> {
        let mut chosen = vec![true; self.pages() as usize];
        for condition in conditions {
            let Some((_, values)) = self.filters.iter().find(|(name, _)| *name == condition.name) else {
                let names: Vec<&str> = self.names().collect();
                return Err(Error::Unsupported {
                    file: format!("filter `{}`", condition.name),
                    detail: "no page of the index has it".to_owned(),
                    next: if names.is_empty() {
                        "Annotate pages with data-siteseer-filter and index the site again"
                    } else {
                        "`siteseer search --facets` lists those that there are"
                    },
                });
            };
            let mut meets = vec![false; chosen.len()];
            for (_, pages) in values.iter().filter(|(value, _)| condition.any_of.contains(value)) {
                pages.iter().for_each(|page| meets[*page as usize] = true);
            }
            chosen.iter_mut().zip(meets).for_each(|(chosen, meets)| *chosen &= meets);
        }
        let passages = self.starts.windows(2).zip(chosen);
        let passages = passages.flat_map(|(page, chosen)| std::iter::repeat_n(chosen, (page[1] - page[0]) as usize));
        Ok(Selection { passages: passages.collect() })
    }

    /// For each filter and value the number of pages that hold one of `passages`.
    pub fn facets(&self, passages: impl Iterator<Item = u32>) -> Vec<Facet> {
        let mut found = vec![false; self.pages() as usize];
        passages.for_each(|passage| found[self.page_of(passage) as usize] = true);
        let count = |pages: &[u32]| pages.iter().filter(|page| found[**page as usize]).count() as u32;
        let values =
            |values: &[(String, Vec<u32>)]| values.iter().map(|(v, pages)| (v.clone(), count(pages))).collect();
        self.filters.iter().map(|(name, of)| Facet { name: name.clone(), values: values(of) }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn lists(pairs: &[(&str, &[&str])]) -> BTreeMap<String, Vec<String>> {
        let owned = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
        pairs.iter().map(|(key, values)| ((*key).to_owned(), owned(values))).collect()
    }

    /// Pages of 2, 0, 3 and 1 passages.
    fn json() -> Vec<u8> {
        let filters = [
            lists(&[("author", &["Ann", "Ben"]), ("tag", &["x \"y\""])]),
            lists(&[("author", &["Ben"])]),
            lists(&[]),
            lists(&[("author", &["Ann"]), ("tag", &["z"])]),
        ];
        let (meta, sorts) = (texts(&[("image", "a.png")]), texts(&[("date", "2022")]));
        let none = BTreeMap::new();
        let facts = |page: usize, passages| PageFacts {
            passages,
            filters: &filters[page],
            meta: if page == 2 { &meta } else { &none },
            sorts: if page == 3 { &sorts } else { &none },
        };
        to_json(&[facts(0, 2), facts(1, 0), facts(2, 3), facts(3, 1)]).unwrap()
    }

    fn filters() -> Filters {
        Filters::parse(&json(), "filters", 4, 6).unwrap()
    }

    fn selected(conditions: &[(&str, &[&str])]) -> Vec<u32> {
        let condition = |(name, any_of): &(&str, &[&str])| Condition {
            name: (*name).to_owned(),
            any_of: any_of.iter().map(|value| (*value).to_owned()).collect(),
        };
        let conditions: Vec<Condition> = conditions.iter().map(condition).collect();
        let selection = filters().select(&conditions).unwrap();
        (0..7).filter(|passage| selection.contains(*passage)).collect()
    }

    #[test]
    fn conditions_join_and_their_values_are_alternatives() {
        assert_eq!(selected(&[]), [0, 1, 2, 3, 4, 5]);
        assert_eq!(selected(&[("author", &["Ann"])]), [0, 1, 5]);
        assert_eq!(selected(&[("author", &["Ann"]), ("author", &["Ben"])]), [0, 1]);
        assert_eq!(selected(&[("tag", &["z", "x \"y\""])]), [0, 1, 5]);
        assert_eq!(selected(&[("tag", &["z"]), ("author", &["Ben"])]), [0u32; 0]);
        assert_eq!(selected(&[("tag", &["nobody's"])]), [0u32; 0]);
        let unknown = Condition { name: "autor".to_owned(), any_of: Vec::new() };
        assert!(filters().select(&[unknown]).unwrap_err().to_string().contains("`autor`"));
    }

    #[test]
    fn facets_count_pages_not_passages() {
        let filters = filters();
        let counts = |passages: &[u32]| -> Vec<u32> {
            let facets = filters.facets(passages.iter().copied());
            facets.iter().flat_map(|facet| facet.values.iter().map(|(_, count)| *count)).collect()
        };
        assert_eq!(filters.names().collect::<Vec<_>>(), ["author", "tag"]);
        // author: Ann, Ben; tag: x "y", z
        assert_eq!(counts(&[0, 1, 2]), [1, 1, 1, 0]);
        assert_eq!(counts(&[1, 5]), [2, 1, 1, 1]);
        assert_eq!(counts(&[]), [0, 0, 0, 0]);
    }

    #[test]
    fn pages_keep_what_they_say() {
        let filters = filters();
        assert_eq!([0, 1, 2, 4, 5].map(|passage| filters.page_of(passage)), [0, 0, 2, 2, 3]);
        assert_eq!(filters.meta(2), [("image".to_owned(), "a.png".to_owned())]);
        assert_eq!((filters.meta(0).len(), filters.sort_value("date", 3)), (0, Some("2022")));
        assert_eq!((filters.sort_value("date", 0), filters.sort_value("size", 3)), (None, None));
        assert_eq!(filters.sort_values("date", &[5, 0]).unwrap(), [Some("2022"), None]);
        assert!(filters.sort_values("size", &[5]).unwrap_err().to_string().contains("`size`"));
        let (lists, texts) = (lists(&[]), texts(&[]));
        assert_eq!(to_json(&[PageFacts { passages: 1, filters: &lists, meta: &texts, sorts: &texts }]), None);
    }

    #[test]
    fn refuses_what_is_damaged_or_of_another_index() {
        let json = json();
        for cut in 0..json.len() {
            assert!(Filters::parse(&json[..cut], "f", 4, 6).is_err(), "cut at {cut}");
        }
        assert!(Filters::parse(&json, "f", 5, 6).is_err());
        assert!(Filters::parse(&json, "f", 4, 7).is_err());
        let text = String::from_utf8(json).unwrap();
        for (from, to) in
            [("[0,3]", "[0,4]"), ("[0,3]", "[0,-1]"), ("{\"3\":\"2022\"}", "{\"x\":\"2022\"}"), ("\"a.png\"", "1")]
        {
            assert!(text.contains(from));
            assert!(Filters::parse(text.replace(from, to).as_bytes(), "f", 4, 6).is_err(), "{from} {to}");
        }
    }
}
