//! The gardening site, indexed by the built command with the models of the repository.

use assert_cmd::Command;
use std::fs;
use std::path::{Path, PathBuf};

/// A path in the repository.
pub(crate) fn repository(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The built command, without the options of the environment.
pub(crate) fn siteseer() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_siteseer"));
    command.env_remove("SITESEER_STATIC").env_remove("SITESEER_SPARSE").env_remove("SITESEER_VECTORS");
    command
}

/// Indexes the site into `out`, without a cross-encoder.
pub(crate) fn index(out: &Path, args: &[&str]) -> assert_cmd::assert::Assert {
    let mut command = siteseer();
    command.args(["index", "--no-client", "--reranker", "none"]).args(args);
    command.arg(repository("tests/fixtures/garden")).arg("--out").arg(out).assert()
}

/// Names of an index's files that begin with `kind`.
pub(crate) fn files(index: &Path, kind: &str) -> Vec<String> {
    let names = fs::read_dir(index).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.starts_with(kind)).collect();
    names.sort();
    names
}
