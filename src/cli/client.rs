//! The browser's side of Siteseer (modules, styles, wasm engines), carried inside the binary so that `siteseer index` can
//! put it beside the index.

use std::borrow::Cow;

/// `www/dist`, made by `./build.sh wasm`.
#[derive(rust_embed::RustEmbed)]
#[folder = "www/dist"]
#[allow_missing = true]
struct Dist;

/// Where in it the stemmers are, of which an index gets those of its languages.
const STEMMERS: &str = "stemmers/";

/// Names and contents of the client's files, in order of name. Empty if the binary was built before them.
pub(super) fn files() -> impl Iterator<Item = (Cow<'static, str>, Cow<'static, [u8]>)> {
    let mut names: Vec<_> = Dist::iter().filter(|name| !name.starts_with(STEMMERS)).collect();
    names.sort();
    names.into_iter().filter_map(|name| Some((name.clone(), Dist::get(&name)?.data)))
}

/// A stemmer of [`stemmer_of`](crate::text::stem::stemmer_of) as a wasm file, packed by gzip. None if the binary was built before them.
pub(super) fn stemmer(name: &str) -> Option<Cow<'static, [u8]>> {
    Some(Dist::get(&format!("{STEMMERS}{name}.wasm.gz"))?.data)
}
