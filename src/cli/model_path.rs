//! Finding the model file that indexing uses when none is named.

use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};

/// The model that indexing uses unless told otherwise.
pub(super) const DEFAULT_MODEL: &str = "all-MiniLM-L6-v2.safetensors";

/// The file named by `--model` or `SITESEER_MODEL`; otherwise the default model in `./models`, beside the program, in its
/// `../share/siteseer/models`, or where the program was built.
pub(super) fn find_model(named: Option<&Path>) -> Result<PathBuf> {
    if let Some(path) = named {
        if !path.is_file() {
            bail!("{}: no such model file. Make one with `siteseer model import DIR`", path.display());
        }
        return Ok(path.to_owned());
    }
    let mut folders = vec![PathBuf::from("models")];
    let program = std::env::current_exe().context("the program's own path is unknown")?;
    if let Some(bin) = program.parent() {
        folders.extend([bin.join("models"), bin.join("../share/siteseer/models")]);
    }
    folders.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("models"));
    match folders.iter().map(|folder| folder.join(DEFAULT_MODEL)).find(|path| path.is_file()) {
        Some(path) => Ok(path),
        None => bail!(
            "{DEFAULT_MODEL}: not found. Name a model file with --model, or make one with `siteseer model import DIR`"
        ),
    }
}
