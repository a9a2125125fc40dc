//! The browser's side of Siteseer (modules, styles, wasm engines), carried inside the binary so that `siteseer index` can
//! put it beside the index.

use std::borrow::Cow;

/// `www/dist`, made by `./build.sh wasm`.
#[derive(rust_embed::RustEmbed)]
#[folder = "www/dist"]
#[allow_missing = true]
struct Dist;

/// Names and contents of the client's files, in order of name. Empty if the binary was built before them.
pub(super) fn files() -> impl Iterator<Item = (Cow<'static, str>, Cow<'static, [u8]>)> {
    let mut names: Vec<_> = Dist::iter().collect();
    names.sort();
    names.into_iter().filter_map(|name| Some((name.clone(), Dist::get(&name)?.data)))
}
