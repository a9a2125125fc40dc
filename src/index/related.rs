//! Related pages: for each page of a site the few that its reader may want next, with the headings that say why.
//!
//! A page view reads one small file, so each page has its own, a chunk of the group `related`, whose number follows from the
//! page's address: the first bits of the FNV-1a hash of its [`key`]. Hosts serve `guide`, `guide/`, `guide.html` and
//! `guide/index.html` for one page, so a key has none of these endings. Where pages are many, several share a file.
//!
//! ```text
//! body  [[key, [[URL, title, heading here, heading there], …]], …]   JSON, by key
//! ```

use super::manifest::RelatedEntry;
use crate::error::Result;
use crate::json::Json;
use serde::Serialize;
use std::collections::BTreeMap;

/// Bits of a hash: files have the hash as their number.
const ALL_BITS: u32 = 32;
/// Bits where pages are many, and how many are: hosts cap the number of files.
const FEW_BITS: u32 = 13;
const MANY: usize = 1 << FEW_BITS;

/// A page that is related to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RelatedPage {
    /// Its URL, relative to the site's root.
    pub url: String,
    /// Its title.
    pub title: String,
    /// Why: the heading of the text that is nearest to this page, on the page that is being read; empty for text before the
    /// first heading.
    pub here: String,
    /// Why: the heading of the text on this page that it is nearest to; empty likewise.
    pub there: String,
}

/// What pages are found by: the decoded URL relative to the site's root, without `index.html`, `.html` and a slash at the end.
pub fn key(url: &str) -> &str {
    let path = match url.rsplit_once('/') {
        Some((folder, "index.html" | "index.htm")) => folder,
        None if url == "index.html" || url == "index.htm" => "",
        _ => url,
    };
    let path = path.strip_suffix(".html").or_else(|| path.strip_suffix(".htm")).unwrap_or(path);
    path.trim_matches('/')
}

/// Number of the file of a page, of those whose hashes have so many bits.
pub fn number(key: &str, bits: u32) -> u32 {
    let hash = key.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash.checked_shr(ALL_BITS - bits.min(ALL_BITS)).unwrap_or(0)
}

/// Numbers and bodies of the files, in order of number, and the bits of their numbers.
pub fn to_chunks(pages: &BTreeMap<String, Vec<RelatedPage>>) -> (u32, BTreeMap<u32, Vec<u8>>) {
    type Row<'a> = (&'a str, &'a str, &'a str, &'a str);
    let bits = if pages.len() > MANY { FEW_BITS } else { ALL_BITS };
    let mut chunks: BTreeMap<u32, Vec<(&str, Vec<Row<'_>>)>> = BTreeMap::new();
    for (key, related) in pages {
        let rows = related.iter().map(|page| (&*page.url, &*page.title, &*page.here, &*page.there)).collect();
        chunks.entry(number(key, bits)).or_default().push((key, rows));
    }
    let bodies =
        chunks.into_iter().map(|(number, pages)| (number, serde_json::to_vec(&pages).expect("texts serialize")));
    (bits, bodies.collect())
}

/// The pages related to the one with this key, of its file's uncompressed content; none if the file does not have the page.
///
/// # Errors
/// If the content is not that of the file.
pub fn read(entry: &RelatedEntry, key: &str, content: &[u8]) -> Result<Option<Vec<RelatedPage>>> {
    let (group, number) = (&entry.chunks, number(key, entry.bits));
    let damaged = || group.damaged(number, "it is no list of pages with their related pages");
    let json = Json::parse(group.body(number, content)?).map_err(|_| damaged())?;
    for page in json.as_array().ok_or_else(damaged)? {
        let [name, related] = page.as_array().unwrap_or_default() else { return Err(damaged()) };
        if name.as_str() != Some(key) {
            continue;
        }
        let pages = related.as_array().ok_or_else(damaged)?.iter().map(page_of);
        return pages.collect::<Option<_>>().map(Some).ok_or_else(damaged);
    }
    Ok(None)
}

fn page_of(json: &Json) -> Option<RelatedPage> {
    let [url, title, here, there] = json.as_array()? else { return None };
    let text = |json: &Json| json.as_str().map(str::to_owned);
    Some(RelatedPage { url: text(url)?, title: text(title)?, here: text(here)?, there: text(there)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::index::chunks::ChunkGroup;

    fn page(url: &str) -> RelatedPage {
        let [title, here, there] = ["Tïtle \"1\"", "Here", ""].map(str::to_owned);
        RelatedPage { url: url.to_owned(), title, here, there }
    }

    /// Pages, the manifest's entry, and contents by number.
    fn written(pages: &BTreeMap<String, Vec<RelatedPage>>) -> (RelatedEntry, BTreeMap<u32, Vec<u8>>) {
        let (bits, bodies) = to_chunks(pages);
        let (id, contents) = ChunkGroup::frame_numbered(&bodies);
        let name = "related-0123-*.bin.gz".to_owned();
        let chunks = ChunkGroup { name, id, files: bodies.len() as u32, bytes: 9, largest: 99 };
        (RelatedEntry { count: 3, bits, chunks }, contents)
    }

    #[test]
    fn one_page_has_one_key_however_hosts_call_it() {
        for url in ["a/guide", "a/guide/", "a/guide.html", "a/guide/index.html", "/a/guide.htm"] {
            assert_eq!(key(url), "a/guide", "{url}");
        }
        for url in ["", "/", "index.html", "/index.html", "index.htm"] {
            assert_eq!(key(url), "", "{url}");
        }
        assert_eq!(key("my-index.html"), "my-index");
    }

    #[test]
    fn numbers_are_those_that_the_browser_computes() {
        // FNV-1a's published test vectors
        assert_eq!([number("", 32), number("a", 32), number("foobar", 32)], [0x811c_9dc5, 0xe40c_292c, 0xbf9c_f968]);
        assert_eq!([number("a", 13), number("a", 1), number("a", 0)], [0xe40c_292c >> 19, 1, 0]);
    }

    #[test]
    fn survives_a_round_trip_also_where_pages_share_a_file() {
        for n in [1, 30, MANY + 1] {
            let name = |at: usize| format!("é/{at}");
            let pages: BTreeMap<_, _> =
                (0..n).map(|at| (name(at), (0..at % 4).map(|other| page(&name(other))).collect())).collect();
            let (entry, contents) = written(&pages);
            assert!(contents.len() <= n.min(MANY), "{n}");
            for (key, related) in &pages {
                let content = &contents[&number(key, entry.bits)];
                assert_eq!(read(&entry, key, content).as_ref(), Ok(&Some(related.clone())), "{key}");
            }
            let content = contents.values().next().unwrap();
            assert_eq!(
                read(&entry, "nowhere", content).is_ok(),
                number("nowhere", entry.bits) == *contents.keys().next().unwrap()
            );
        }
    }

    #[test]
    fn a_damaged_file_is_named() {
        let pages = BTreeMap::from([("a".to_owned(), vec![page("b.html")])]);
        let (entry, contents) = written(&pages);
        let (number, content) = contents.first_key_value().unwrap();
        let name = format!("related-0123-{number}.bin.gz: ");
        for cut in 0..content.len() {
            assert!(read(&entry, "a", &content[..cut]).unwrap_err().to_string().starts_with(&name), "cut at {cut}");
        }
        for body in ["{}", "[[]]", "[[\"a\",[[\"u\",\"t\",\"h\"]]]]", "[[\"a\",1]]"] {
            let content = [&content[..20], body.as_bytes()].concat();
            assert!(matches!(read(&entry, "a", &content), Err(Error::Damaged { .. })), "{body}");
        }
        assert!(matches!(read(&entry, "b", content), Err(Error::Damaged { .. })), "the file of another page");
    }
}
