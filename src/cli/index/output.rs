//! Writing an index folder so that nothing half-written is ever seen: everything goes to a temporary folder beside it,
//! and the two are swapped at the end. Until then the old index stays as it was.

use super::interrupt;
use crate::hash::sha256_hex;
use crate::index::chunks::ChunkGroup;
use crate::index::manifest::{FORMAT, FileEntry, MANIFEST_NAME};
use anyhow::{Context, Result, bail};
use flate2::read::GzDecoder;
use flate2::{Compression, GzBuilder};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use zopfli::{Format, Options};

/// Whether a file's content is worth compressing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Storage {
    /// As it is.
    Plain,
    /// With gzip.
    Gzip,
    /// With Zopfli, in gzip's format, for roots, which every visitor reads: it is 3 to 14% smaller and takes a hundred times as long to write. (For all postings
    /// and texts that would be 3 to 7%, and an index of words would take three times as long.)
    Zopfli,
}

/// An index folder in the making.
#[derive(Debug)]
pub(super) struct OutputFolder {
    target: PathBuf,
    /// Removed when dropped, unless it was swapped in.
    temporary: tempfile::TempDir,
}

impl OutputFolder {
    /// Starts beside `target`, on the same file system.
    ///
    /// # Errors
    /// If `target` is something else than an index folder of ours, or the temporary folder can't be made.
    pub(super) fn create(target: &Path) -> Result<Self> {
        // a link stays, and what it leads to is replaced
        let target = &fs::canonicalize(target).unwrap_or_else(|_| target.to_owned());
        refuse_others(target, target)?;
        let parent = target.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(parent).with_context(|| format!("{}: can't be created", parent.display()))?;
        let temporary = tempfile::Builder::new()
            .prefix(".siteseer-")
            .tempdir_in(parent)
            .with_context(|| format!("{}: can't write there. Choose another folder with --out", parent.display()))?;
        interrupt::remove_if_interrupted(temporary.path());
        Ok(Self { target: target.to_owned(), temporary })
    }

    /// Writes a file that is named after its content: `stem-0123456789ab.extension[.gz]`.
    pub(super) fn add(&self, stem: &str, extension: &str, content: &[u8], storage: Storage) -> Result<FileEntry> {
        let sha256 = sha256_hex(&[content]);
        let suffix = if storage == Storage::Plain { "" } else { ".gz" };
        let name = format!("{stem}-{}.{extension}{suffix}", &sha256[..12]);
        let bytes = match storage {
            Storage::Plain => self.write(&name, content)?,
            packed => self.write(&name, &pack(content, packed)?)?,
        };
        Ok(FileEntry { name, bytes, raw_bytes: content.len() as u64, sha256 })
    }

    /// Writes a file that gzip has packed already, named after what is in it.
    pub(super) fn add_packed(&self, stem: &str, extension: &str, packed: &[u8]) -> Result<FileEntry> {
        let mut content = Vec::new();
        GzDecoder::new(packed).read_to_end(&mut content)?;
        let sha256 = sha256_hex(&[&content]);
        let name = format!("{stem}-{}.{extension}.gz", &sha256[..12]);
        let bytes = self.write(&name, packed)?;
        Ok(FileEntry { name, bytes, raw_bytes: content.len() as u64, sha256 })
    }

    /// Writes chunks, named after the content of all and by number: `stem-0123456789ab-7.bin.gz`.
    pub(super) fn add_chunks(&self, stem: &str, bodies: &[Vec<u8>], storage: Storage) -> Result<ChunkGroup> {
        let (id, contents) = ChunkGroup::frame(bodies);
        self.write_chunks(stem, id, (0..).zip(contents).collect(), storage)
    }

    /// The same of chunks whose numbers are not all there.
    pub(super) fn add_numbered_chunks(&self, stem: &str, bodies: &BTreeMap<u32, Vec<u8>>) -> Result<ChunkGroup> {
        let (id, contents) = ChunkGroup::frame_numbered(bodies);
        self.write_chunks(stem, id, contents.into_iter().collect(), Storage::Gzip)
    }

    fn write_chunks(
        &self,
        stem: &str,
        id: String,
        contents: Vec<(u32, Vec<u8>)>,
        storage: Storage,
    ) -> Result<ChunkGroup> {
        let largest = contents.iter().map(|(_, content)| content.len() as u64).max().unwrap_or(0);
        let name = format!("{stem}-{}-*.bin.gz", &id[..12]);
        let mut group = ChunkGroup { name, id, files: contents.len() as u32, bytes: 0, largest };
        let packed = contents.par_iter().map(|(_, content)| pack(content, storage));
        let packed: Vec<Vec<u8>> = packed.collect::<Result<_>>()?;
        for (packed, (number, _)) in packed.iter().zip(&contents) {
            group.bytes += self.write(&group.file(*number), packed)?;
        }
        Ok(group)
    }

    /// Writes a file under a fixed name and returns its length.
    pub(super) fn write(&self, name: &str, content: &[u8]) -> Result<u64> {
        let path = self.temporary.path().join(name);
        fs::write(&path, content).with_context(|| format!("{}: can't be written (disk full?)", path.display()))?;
        Ok(content.len() as u64)
    }

    /// Puts the finished folder in its place; the one that stood there is removed last.
    ///
    /// # Errors
    /// If a folder can't be moved, or something else has come to stand in the place; then that stands there still.
    pub(super) fn finish(self) -> Result<()> {
        let Self { target, temporary } = self;
        let _finishing = interrupt::finish(temporary.path());
        make_readable(temporary.path())?;
        let old = temporary.path().with_extension("old");
        let had_old = target.exists();
        if had_old {
            fs::rename(&target, &old).with_context(|| format!("{}: can't be moved away", target.display()))?;
        }
        // asked again: indexing takes minutes, in which a site may be built anew
        let put = refuse_others(&old, &target).and_then(|()| {
            fs::rename(temporary.path(), &target)
                .with_context(|| format!("{}: can't be put in place", target.display()))
        });
        if let Err(error) = put {
            if had_old && let Err(stuck) = fs::rename(&old, &target) {
                return Err(error.context(format!(
                    "{}: what stood there is now {} ({stuck})",
                    target.display(),
                    old.display()
                )));
            }
            return Err(error);
        }
        let _ = temporary.keep(); // it is not there any more
        if had_old {
            fs::remove_dir_all(&old).with_context(|| format!("{}: the old index can't be removed", old.display()))?;
        }
        Ok(())
    }
}

/// A temporary folder is private to its owner; an index is served by others.
#[cfg(unix)]
fn make_readable(folder: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
        .with_context(|| format!("{}: permissions can't be set", folder.display()))
}

#[cfg(not(unix))]
fn make_readable(_folder: &Path) -> Result<()> {
    Ok(())
}

/// Refuses to replace what is neither empty nor an index of ours. `name` is what messages call the folder.
fn refuse_others(folder: &Path, name: &Path) -> Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    let mut entries = fs::read_dir(folder).with_context(|| format!("{}: can't be read", name.display()))?;
    if entries.next().is_none() {
        return Ok(());
    }
    let manifest = fs::read_to_string(folder.join(MANIFEST_NAME)).unwrap_or_default();
    if manifest.contains(FORMAT) {
        return Ok(());
    }
    bail!(
        "{}: has files, but not the {MANIFEST_NAME} of an index, so it is left alone. If it is an index that was damaged, remove the \
         folder; otherwise choose another with --out",
        name.display()
    )
}

/// Compresses without a time stamp or a name: the same content gives the same bytes.
pub(in crate::cli) fn pack(content: &[u8], storage: Storage) -> Result<Vec<u8>> {
    if storage == Storage::Zopfli {
        let mut packed = Vec::new();
        zopfli::compress(Options::default(), Format::Gzip, content, &mut packed)?;
        return Ok(packed);
    }
    let mut encoder = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    Ok(encoder.finish()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn an_unfinished_folder_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("siteseer");
        let output = OutputFolder::create(&target).unwrap();
        output.write("a", b"1").unwrap();
        drop(output);
        assert!(names(dir.path()).is_empty());
    }

    #[test]
    fn a_finished_folder_replaces_the_old_index_whole() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("siteseer");
        for content in ["first", "second"] {
            let output = OutputFolder::create(&target).unwrap();
            output.write("manifest.json", b"{\"format\": \"siteseer-index\"}").unwrap();
            let entry = output.add("x", "txt", content.as_bytes(), Storage::Gzip).unwrap();
            output.finish().unwrap();
            assert_eq!(names(&target), ["manifest.json".to_owned(), entry.name]);
        }
        assert_eq!(names(dir.path()), ["siteseer"]);
    }

    #[test]
    fn what_is_packed_already_is_written_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let output = OutputFolder::create(&dir.path().join("siteseer")).unwrap();
        let plain = output.add("x", "wasm", b"content", Storage::Gzip).unwrap();
        assert_eq!(output.add_packed("x", "wasm", &pack(b"content", Storage::Gzip).unwrap()).unwrap(), plain);
        assert!(output.add_packed("x", "wasm", b"content").is_err());
    }

    #[test]
    fn packed_tightly_it_is_smaller_and_the_same() {
        let words = ["postings", "of", "words", "and", "their", "numbers"];
        let text: Vec<u8> = (0..900u32).flat_map(|i| words[(i * i % 7 % 6) as usize].bytes()).collect();
        let numbers: Vec<u8> = (0..3000u32).map(|i| (i * i % 97 % 11) as u8).collect();
        let content = [text, numbers].concat();
        let packed = [Storage::Gzip, Storage::Zopfli].map(|storage| {
            let packed = pack(&content, storage).unwrap();
            assert_eq!(packed, pack(&content, storage).unwrap(), "the same bytes every time");
            let mut found = Vec::new();
            GzDecoder::new(&packed[..]).read_to_end(&mut found).unwrap();
            assert!(found == content, "{storage:?}");
            packed.len()
        });
        assert!(packed[1] < packed[0], "{packed:?}");
        assert_eq!(pack(b"", Storage::Zopfli).map(|packed| packed.is_empty()).ok(), Some(false));
    }

    #[test]
    fn a_folder_of_somebody_else_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("precious");
        fs::create_dir(&target).unwrap();
        fs::write(target.join("thesis.txt"), "x").unwrap();
        assert!(OutputFolder::create(&target).unwrap_err().to_string().contains("left alone"));
        assert_eq!(names(&target), ["thesis.txt"]);
    }

    #[test]
    fn so_is_one_that_came_while_the_index_was_made() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("siteseer");
        let output = OutputFolder::create(&target).unwrap();
        fs::create_dir(&target).unwrap();
        fs::write(target.join("thesis.txt"), "x").unwrap();
        let error = output.finish().unwrap_err().to_string();
        assert!(error.contains(&target.display().to_string()) && error.contains("left alone"), "{error}");
        assert_eq!((names(dir.path()), names(&target)), (vec!["siteseer".to_owned()], vec!["thesis.txt".to_owned()]));
    }

    #[test]
    #[cfg(unix)]
    fn a_link_stays_and_what_it_leads_to_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let (real, link, lost) = (dir.path().join("real"), dir.path().join("link"), dir.path().join("lost"));
        fs::create_dir(&real).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        let output = OutputFolder::create(&link).unwrap();
        output.write("a", b"1").unwrap();
        output.finish().unwrap();
        assert!(link.is_symlink());
        assert_eq!(names(&real), ["a"]);
        std::os::unix::fs::symlink(dir.path().join("nowhere"), &lost).unwrap();
        assert!(OutputFolder::create(&lost).unwrap().finish().is_err(), "a link to nothing is no folder");
        assert_eq!(names(dir.path()), ["link", "lost", "real"], "and nothing is left behind");
    }
}
