//! Finding the model files that indexing uses when none are named.

use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};

/// The bi-encoder that indexing uses unless told otherwise.
pub(super) const DEFAULT_MODEL: &str = "all-MiniLM-L6-v2.safetensors";
/// The query tower that `--query-tower small` names, which indexing uses unless told otherwise, if it is there.
const SMALL_QUERY_TOWER: &str = "siteseer-query-tower.safetensors";
/// The cross-encoder that indexing adds unless told otherwise, if it is there.
const DEFAULT_RERANKER: &str = "siteseer-cross-encoder.safetensors";
/// The static query tower that `eval` judges unless told otherwise, if it is there.
const DEFAULT_STATIC_TOWER: &str = "siteseer-static-tower.safetensors";
/// The head of late interaction that indexing uses unless told otherwise, if it is there.
const DEFAULT_LATE: &str = "siteseer-late.safetensors";
/// The rows of learned sparse retrieval that `--sparse on` names.
const DEFAULT_SPARSE: &str = "siteseer-sparse.safetensors";
/// The value of `--model`, `--query-tower`, `--reranker` and `--static` that leaves it out; of `--late` as well.
pub(super) const NONE: &str = "none";
/// The value of `--query-tower` that names the one that comes with the program.
const SMALL: &str = "small";
/// The values of `--late` and `--sparse` that leave them out, and those that name what comes with the program.
pub(super) const OFF: &str = "off";
const RERANK: &str = "rerank";
const ON: &str = "on";
/// Values of these options that are no files.
pub(super) const WORDS: [&str; 5] = [NONE, SMALL, OFF, RERANK, ON];

/// The file named by `--model` or `SITESEER_MODEL`; otherwise the default model in `./models`, beside the program, in its
/// `../share/siteseer/models`, or where the program was built.
pub(super) fn find_model(named: Option<&Path>) -> Result<PathBuf> {
    if let Some(path) = named {
        return existing(path);
    }
    match find_default(DEFAULT_MODEL)? {
        Some(path) => Ok(path),
        None => bail!(
            "{DEFAULT_MODEL}: not found. Name a model file with --model, or make one with `siteseer model import DIR`"
        ),
    }
}

/// The file named by `--query-tower` or `SITESEER_QUERY_TOWER`, unless that is `none`; `small` is the one that comes with the
/// program, in the places of [`find_model`], and the default, if one of them has it. The flag says whether it was named.
pub(super) fn find_query_tower(named: Option<&Path>) -> Result<Option<(PathBuf, bool)>> {
    match named {
        Some(path) if path == SMALL => match find_default(SMALL_QUERY_TOWER)? {
            Some(path) => Ok(Some((path, true))),
            None => bail!("{SMALL_QUERY_TOWER}: not found. Name a query tower's file with --query-tower"),
        },
        _ => optional(named, SMALL_QUERY_TOWER),
    }
}

/// The file named by `--reranker` or `SITESEER_RERANKER`, unless that is `none`; otherwise the default cross-encoder in the
/// places of [`find_model`], if one of them has it. The flag says whether it was named.
pub(super) fn find_reranker(named: Option<&Path>) -> Result<Option<(PathBuf, bool)>> {
    optional(named, DEFAULT_RERANKER)
}

/// The file named by `--static` or `SITESEER_STATIC`, unless that is `none`; otherwise the default static query tower in the
/// places of [`find_model`], if one of them has it. The flag says whether it was named.
pub(super) fn find_static_tower(named: Option<&Path>) -> Result<Option<(PathBuf, bool)>> {
    optional(named, DEFAULT_STATIC_TOWER)
}

/// The file named by `--sparse` or `SITESEER_SPARSE`, unless that is `off` (or `none`); `on` is the one that comes with the program, in the
/// places of [`find_model`].
pub(super) fn find_sparse(named: Option<&Path>) -> Result<Option<PathBuf>> {
    if_asked(named, ON, DEFAULT_SPARSE, "Name the file of rows with --sparse, or leave it out")
}

/// The file named by `--late` or `SITESEER_LATE`, unless that is `off` (or `none`); `rerank` is the head that comes with the program, in the
/// places of [`find_model`].
pub(super) fn find_late(named: Option<&Path>) -> Result<Option<PathBuf>> {
    if_asked(named, RERANK, DEFAULT_LATE, "Name the file of a head with --late, or leave it out")
}

/// A file that is off by default; `word` names the one that comes with the program, `next` is what to do where that is not there.
fn if_asked(named: Option<&Path>, word: &str, default: &str, next: &str) -> Result<Option<PathBuf>> {
    match named {
        None => Ok(None),
        Some(path) if path == OFF || path == NONE => Ok(None),
        Some(path) if path == word => match find_default(default)? {
            Some(path) => Ok(Some(path)),
            None => bail!("{default}: not found. {next}"),
        },
        Some(path) => existing(path).map(Some),
    }
}

fn optional(named: Option<&Path>, default: &str) -> Result<Option<(PathBuf, bool)>> {
    match named {
        Some(path) if path == NONE => Ok(None),
        Some(path) => Ok(Some((existing(path)?, true))),
        None => Ok(find_default(default)?.map(|path| (path, false))),
    }
}

fn existing(path: &Path) -> Result<PathBuf> {
    if !path.is_file() {
        bail!("{}: no such model file. Make one with `siteseer model import DIR`", path.display());
    }
    Ok(path.to_owned())
}

fn find_default(name: &str) -> Result<Option<PathBuf>> {
    let mut folders = vec![PathBuf::from("models")];
    let program = std::env::current_exe().context("the program's own path is unknown")?;
    if let Some(bin) = program.parent() {
        folders.extend([bin.join("models"), bin.join("../share/siteseer/models")]);
    }
    folders.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("models"));
    Ok(folders.iter().map(|folder| folder.join(name)).find(|path| path.is_file()))
}
