//! `siteseer related`: the pages that an index names as related to one of its pages, and how many of them a person would.

mod judge;

use super::folder;
use super::search::printable;
use crate::index::manifest::{Manifest, RelatedEntry};
use crate::index::related::{RelatedPage, key, number, read};
use crate::site::decode_url;
use anyhow::{Result, bail};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

/// Arguments of `siteseer related`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  siteseer related guide/install.html --index public/\n  \
                        siteseer related https://example.org/docs/guide/ --index public/ --json\n  \
                        siteseer related --judge judgements.tsv --index public/")]
pub struct RelatedArgs {
    /// The page: its address, or that relative to the site's root
    #[arg(required_unless_present = "judge")]
    url: Option<String>,
    /// Index folder, or the site that holds it
    #[arg(long, short, env = "SITESEER_INDEX", value_name = "DIR", default_value = ".")]
    index: PathBuf,
    /// Count the related pages that a person calls so: a page a line, a tab, related pages (`*` stands for any text)
    #[arg(long, value_name = "FILE", conflicts_with = "url")]
    judge: Option<PathBuf>,
    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the verb.
///
/// # Errors
/// If the index is missing or damaged, has no related pages, or not the page.
pub fn run(args: &RelatedArgs) -> Result<()> {
    let folder = folder::find_index(&args.index)?;
    let manifest = super::index::read_manifest(&folder)?;
    let entry = entry_of(&folder, &manifest)?;
    if let Some(judgements) = &args.judge {
        return judge::run(judgements, &folder, entry, args.json);
    }
    let url = args.url.as_deref().unwrap_or_default();
    let Some(pages) = find(&folder, entry, url)? else {
        bail!(
            "{url}: the index has no such page. Give its address relative to the site's root, such as guide/install.html"
        )
    };
    if args.json {
        println!("{}", serde_json::to_string_pretty(&pages)?);
    } else {
        print(&pages);
    }
    Ok(())
}

/// What the manifest says of related pages.
///
/// # Errors
/// If there are none.
pub(super) fn entry_of<'a>(folder: &Path, manifest: &'a Manifest) -> Result<&'a RelatedEntry> {
    match &manifest.related {
        Some(entry) => Ok(entry),
        None => bail!(
            "{}: the index has no related pages. Index the site again, with a model and without --related off",
            folder.display()
        ),
    }
}

/// The pages related to one; none if the index does not have it.
fn find(folder: &Path, entry: &RelatedEntry, url: &str) -> Result<Option<Vec<RelatedPage>>> {
    for path in paths(url) {
        let decoded = decode_url(path);
        let key = key(&decoded);
        let number = number(key, entry.bits);
        if !folder.join(entry.chunks.file(number)).is_file() {
            continue;
        }
        let (content, _) = folder::read_chunk(folder, &entry.chunks, number)?;
        if let Some(pages) = read(entry, key, &content)? {
            return Ok(Some(pages));
        }
    }
    Ok(None)
}

/// What a page may be called in the index. Of an address with a host nobody knows where the site begins: each folder may be it.
fn paths(url: &str) -> Vec<&str> {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let Some((_, host_and_path)) = url.split_once("://") else { return vec![url] };
    let path = host_and_path.split_once('/').map_or("", |(_, path)| path);
    let rest = path.match_indices('/').map(|(at, _)| &path[at + 1..]);
    std::iter::once(path).chain(rest).collect()
}

fn print(pages: &[RelatedPage]) {
    let (bold, dim, off) =
        if std::io::stdout().is_terminal() { ("\x1b[1m", "\x1b[2m", "\x1b[0m") } else { ("", "", "") };
    for (page, rank) in pages.iter().zip(1..) {
        println!("{rank:>2}. {bold}{}{off}", printable(&page.title));
        println!("    {dim}{}{off}", page.url);
        let headings: Vec<&str> =
            [&*page.here, &page.there].into_iter().filter(|heading| !heading.is_empty()).collect();
        if !headings.is_empty() {
            println!("    {}", printable(&headings.join(" → ")));
        }
        println!();
    }
    if pages.is_empty() {
        println!("No page of the site is related to it.");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_begin_anywhere() {
        assert_eq!(paths("guide/a.html?q#x"), ["guide/a.html"]);
        assert_eq!(paths("https://h.org/docs/guide/a.html#x"), ["docs/guide/a.html", "guide/a.html", "a.html"]);
        assert_eq!(paths("https://h.org"), [""]);
    }
}
