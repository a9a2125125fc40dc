//! What can go wrong with the bytes we are given, in types: each error names the file and the next step.

/// The library's result.
pub type Result<T> = std::result::Result<T, Error>;

/// An error of the library. `file` is the name under which the caller handed the bytes in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bytes end before their own header (or the manifest) says they do.
    #[error("{file}: truncated: {expected} bytes expected, {found} found. {next}")]
    Truncated {
        /// Name of the file.
        file: String,
        /// Length in bytes that the header or the manifest promises.
        expected: u64,
        /// Length in bytes that was found.
        found: u64,
        /// What to do about it.
        next: &'static str,
    },
    /// The bytes are not what the format prescribes, or do not have the recorded SHA-256.
    #[error("{file}: damaged: {detail}. {next}")]
    Damaged {
        /// Name of the file.
        file: String,
        /// What is wrong with it.
        detail: String,
        /// What to do about it.
        next: &'static str,
    },
    /// A format version that this build does not read.
    #[error("{file}: format version {found}, but this build reads version {supported}. {next}")]
    Version {
        /// Name of the file.
        file: String,
        /// Version found.
        found: u32,
        /// Version that this build reads.
        supported: u32,
        /// What to do about it.
        next: &'static str,
    },
    /// Two files that do not belong together, such as an index and a model with another tokenizer.
    #[error("{file}: {what} is {found}, but {expected} is needed. {next}")]
    Mismatch {
        /// Name of the file.
        file: String,
        /// The property that differs.
        what: &'static str,
        /// Value that is needed.
        expected: String,
        /// Value that was found.
        found: String,
        /// What to do about it.
        next: &'static str,
    },
    /// A valid file that asks for something this build does not do.
    #[error("{file}: not supported: {detail}. {next}")]
    Unsupported {
        /// Name of the file.
        file: String,
        /// What is not supported.
        detail: String,
        /// What to do about it.
        next: &'static str,
    },
}

/// Checks that `file` belongs to another: of each `(what, found, expected)` both must be the same.
///
/// # Errors
/// [`Error::Mismatch`] for the first that differs.
pub(crate) fn check_same(file: &str, properties: &[(&'static str, &str, &str)], next: &'static str) -> Result<()> {
    for &(what, found, expected) in properties {
        if found != expected {
            let (file, expected, found) = (file.to_owned(), expected.to_owned(), found.to_owned());
            return Err(Error::Mismatch { file, what, expected, found, next });
        }
    }
    Ok(())
}

/// Next step for a broken index.
pub const REBUILD_INDEX: &str = "Build the index again with `siteseer index SITE`";
/// Next step for a broken model file.
pub const REIMPORT_MODEL: &str = "Get the model file again, or make it with `siteseer model import DIR`";
