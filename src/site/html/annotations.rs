//! What a page says of itself in `data-pagefind-{filter,meta,default-meta,sort}`, or the same with `siteseer`.
//!
//! The value of such an attribute is a list:
//! ```text
//! author, tag[data-tag], date:2022-06-01      key: the element's text | key[attribute]: an attribute's value | key:value
//! ```
//! `key:value` takes everything up to the end, commas too, so it is always the last entry.

use super::super::Annotations;
use super::text_of;
use scraper::ElementRef;

/// Keys that mean something else in a query for filters.
const RESERVED: [&str; 4] = ["any", "all", "none", "not"];

/// Annotations in the making.
#[derive(Debug, Default)]
pub(super) struct Collector {
    found: Annotations,
    /// `default-meta`, for keys that have no other value.
    defaults: Vec<(String, String)>,
}

impl Collector {
    /// Takes in an attribute of an element, if it is an annotation. Of several values for a key the first counts, except for
    /// filters, which have them all.
    pub(super) fn attribute(&mut self, element: ElementRef<'_>, name: &str, value: &str) {
        let Some(name) = name.strip_prefix("data-pagefind-").or_else(|| name.strip_prefix("data-siteseer-")) else {
            return;
        };
        match name {
            "filter" => {
                for (key, value) in values(element, value).filter(|(key, _)| !RESERVED.contains(&key.as_str())) {
                    let values = self.found.filters.entry(key).or_default();
                    if !values.contains(&value) {
                        values.push(value);
                    }
                }
            }
            "meta" => values(element, value).for_each(|(key, value)| {
                self.found.meta.entry(key).or_insert(value);
            }),
            "default-meta" => self.defaults.extend(values(element, value)),
            "sort" => values(element, value).for_each(|(key, value)| {
                self.found.sorts.entry(key).or_insert(value);
            }),
            _ => {}
        }
    }

    /// The annotations, and the title among them.
    pub(super) fn finish(mut self) -> (Annotations, Option<String>) {
        for (key, value) in self.defaults {
            // a page has a title anyway
            if key != "title" {
                self.found.meta.entry(key).or_insert(value);
            }
        }
        let title = self.found.meta.remove("title");
        (self.found, title)
    }
}

/// Where the value of a key is.
#[derive(Debug, PartialEq)]
enum Source<'a> {
    Text,
    Attribute(&'a str),
    Inline(&'a str),
}

/// Keys with their values; those without a value are left out.
fn values(element: ElementRef<'_>, annotation: &str) -> impl Iterator<Item = (String, String)> {
    entries(annotation).into_iter().filter_map(move |(key, source)| {
        let value = match source {
            Source::Text => text_of(element),
            Source::Attribute(name) => fold(element.attr(name)?),
            Source::Inline(value) => fold(value),
        };
        (!key.is_empty() && !value.is_empty()).then(|| (key.to_owned(), value))
    })
}

fn entries(annotation: &str) -> Vec<(&str, Source<'_>)> {
    let mut entries = Vec::new();
    let mut rest = annotation;
    while let Some(at) = rest.find([',', ':', '[']) {
        let (key, after) = (rest[..at].trim(), &rest[at + 1..]);
        rest = match rest.as_bytes()[at] {
            b',' => {
                entries.push((key, Source::Text));
                after
            }
            b':' => {
                entries.push((key, Source::Inline(after)));
                return entries;
            }
            _ => {
                let Some((attribute, after)) = after.split_once(']') else { return entries };
                entries.push((key, Source::Attribute(attribute.trim())));
                after.trim_start().strip_prefix(',').unwrap_or(after)
            }
        };
    }
    entries.push((rest.trim(), Source::Text));
    entries.retain(|(key, _)| !key.is_empty());
    entries
}

fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_cut_at_commas_up_to_the_first_value() {
        use Source::{Attribute, Inline, Text};
        assert_eq!(entries("author"), [("author", Text)]);
        assert_eq!(
            entries("heading, tag[data-a],tag[ xlink:href ] , author:Free, text: to the end"),
            [
                ("heading", Text),
                ("tag", Attribute("data-a")),
                ("tag", Attribute("xlink:href")),
                ("author", Inline("Free, text: to the end")),
            ]
        );
        assert_eq!(entries(" , a ,, b "), [("a", Text), ("b", Text)]);
        assert_eq!(entries("a[b"), []);
        assert_eq!(entries(""), []);
        assert_eq!(entries("a:"), [("a", Inline(""))]);
    }
}
