//! Files that come in many small pieces, so that a query fetches only what it needs: the postings, the spellings and the
//! passages of an index.
//!
//! A group of chunks is named after the hash of all of its contents and each chunk by its number, so that the manifest needs
//! one line for hundreds of files. A chunk says itself what it is and whether it is whole:
//!
//! ```text
//!   0  check    8 bytes  the first of the SHA-256 of everything behind them
//!   8  group    8 bytes  [`ChunkGroup::id`]
//!  16  number   u32 LE   from 0
//!  20  body
//! ```

use crate::error::{Error, REBUILD_INDEX, Result};
use crate::hash::sha256_hex;
use crate::json::{Json, JsonResult};
use serde::Serialize;
use std::collections::BTreeMap;

/// Length of what stands before a chunk's body.
const HEADER_BYTES: usize = 20;
/// Hexadecimal digits of a check or of a group's id.
const HEX: usize = 16;

/// What a chunk holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChunkKind {
    /// Terms and their postings, by range of terms.
    Postings,
    /// Terms that a misspelt word may mean, by first letter.
    Spellings,
    /// Texts, titles and addresses, by range of sections.
    Passages,
}

impl ChunkKind {
    /// The group's name in the manifest.
    pub fn name(self) -> &'static str {
        match self {
            Self::Postings => "postings",
            Self::Spellings => "spellings",
            Self::Passages => "passages",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Postings, Self::Spellings, Self::Passages].into_iter().find(|kind| kind.name() == name)
    }
}

/// One chunk of an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Chunk {
    /// What it holds.
    pub kind: ChunkKind,
    /// Its number in its group, from 0.
    pub number: u32,
}

impl Chunk {
    /// Inserts it into a list in order, if it is not there: lists are short, and no sorting algorithm is for visitors to
    /// download.
    pub(crate) fn insert_into(self, chunks: &mut Vec<Self>) {
        if let Err(place) = chunks.binary_search(&self) {
            chunks.insert(place, self);
        }
    }
}

/// The chunks of one kind: a line of the manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChunkGroup {
    /// Names of the files, with `*` for the number.
    pub name: String,
    /// Hash of all bodies, 16 hexadecimal digits.
    pub id: String,
    /// Number of files.
    pub files: u32,
    /// Length of all files together, as stored.
    pub bytes: u64,
    /// Length of the longest file's content, uncompressed.
    pub largest: u64,
}

impl ChunkGroup {
    /// The contents of the files that hold `bodies`, and the group's id.
    pub fn frame(bodies: &[Vec<u8>]) -> (String, Vec<Vec<u8>>) {
        Self::frame_all(&(0..).zip(bodies).collect::<Vec<_>>())
    }

    /// The same of bodies whose numbers are not all there: a body says by itself which number it has.
    pub fn frame_numbered(bodies: &BTreeMap<u32, Vec<u8>>) -> (String, BTreeMap<u32, Vec<u8>>) {
        let (id, contents) = Self::frame_all(&bodies.iter().map(|(&number, body)| (number, body)).collect::<Vec<_>>());
        (id, bodies.keys().copied().zip(contents).collect())
    }

    fn frame_all(bodies: &[(u32, &Vec<u8>)]) -> (String, Vec<Vec<u8>>) {
        let lengths: Vec<[u8; 8]> = bodies.iter().map(|(_, body)| (body.len() as u64).to_le_bytes()).collect();
        let parts: Vec<&[u8]> =
            lengths.iter().zip(bodies).flat_map(|(len, (_, body))| [len.as_slice(), body]).collect();
        let id = sha256_hex(&parts)[..HEX].to_owned();
        let frame = |(number, body): &(u32, &Vec<u8>)| {
            let rest = [&unhex(&id)[..], &number.to_le_bytes(), body].concat();
            [&unhex(&sha256_hex(&[&rest])[..HEX])[..], &rest].concat()
        };
        let contents = bodies.iter().map(frame).collect();
        (id, contents)
    }

    pub(super) fn from_json(json: &Json) -> JsonResult<Self> {
        Ok(Self {
            name: json.string("name")?,
            id: json.string("id")?,
            files: json.whole("files")?,
            bytes: json.whole("bytes")?,
            largest: json.whole("largest")?,
        })
    }

    /// Name of a file of the group.
    pub fn file(&self, number: u32) -> String {
        self.name.replace('*', &number.to_string())
    }

    /// The body of a chunk's uncompressed content, if it is that chunk. Whether it is whole is for [`verify`](Self::verify)
    /// to say.
    ///
    /// # Errors
    /// [`Error::Truncated`] or [`Error::Damaged`], naming the file.
    pub fn body<'a>(&self, number: u32, content: &'a [u8]) -> Result<&'a [u8]> {
        let Some((header, body)) = content.split_at_checked(HEADER_BYTES) else {
            let (expected, found) = (HEADER_BYTES as u64, content.len() as u64);
            return Err(Error::Truncated { file: self.file(number), expected, found, next: REBUILD_INDEX });
        };
        if header[8..16] != unhex(&self.id) || header[16..] != number.to_le_bytes() {
            return Err(self.damaged(number, "it belongs to another index, or in another place"));
        }
        Ok(body)
    }

    /// Checks that a chunk's uncompressed content is what was written.
    ///
    /// # Errors
    /// [`Error::Truncated`] or [`Error::Damaged`], naming the file.
    pub fn verify(&self, number: u32, content: &[u8]) -> Result<()> {
        self.body(number, content)?;
        if unhex(&sha256_hex(&[&content[8..]])[..HEX]) != content[..8] {
            return Err(self.damaged(number, "its content does not have the SHA-256 that it begins with"));
        }
        Ok(())
    }

    /// The error of a damaged chunk.
    pub(crate) fn damaged(&self, number: u32, detail: &str) -> Error {
        Error::Damaged { file: self.file(number), detail: detail.to_owned(), next: REBUILD_INDEX }
    }
}

/// The bytes of 16 hexadecimal digits; zeros where they are none.
fn unhex(hex: &str) -> [u8; 8] {
    u64::from_str_radix(hex, 16).unwrap_or_default().to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group() -> (ChunkGroup, Vec<Vec<u8>>) {
        let (id, contents) = ChunkGroup::frame(&[b"one".to_vec(), Vec::new(), b"three".to_vec()]);
        let name = "postings-0123-*.bin.gz".to_owned();
        (ChunkGroup { name, id, files: 3, bytes: 9, largest: 25 }, contents)
    }

    #[test]
    fn bodies_come_back() {
        let (group, contents) = group();
        for (number, body) in (0..).zip([b"one".as_slice(), b"", b"three"]) {
            assert_eq!(group.verify(number, &contents[number as usize]), Ok(()));
            assert_eq!(group.body(number, &contents[number as usize]), Ok(body));
        }
        assert_eq!(group.file(12), "postings-0123-12.bin.gz");
    }

    #[test]
    fn the_id_tells_where_one_body_ends() {
        let (joined, _) = ChunkGroup::frame(&[b"ab".to_vec(), b"c".to_vec()]);
        let (other, _) = ChunkGroup::frame(&[b"a".to_vec(), b"bc".to_vec()]);
        assert_ne!(joined, other);
    }

    #[test]
    fn every_damage_is_found_and_named() {
        let (group, contents) = group();
        let content = &contents[2];
        for cut in 0..content.len() {
            let error = group.verify(2, &content[..cut]).unwrap_err();
            assert!(error.to_string().starts_with("postings-0123-2.bin.gz: "), "cut at {cut}: {error}");
        }
        for at in 0..content.len() {
            let mut flipped = content.clone();
            flipped[at] ^= 0x10;
            assert!(group.verify(2, &flipped).is_err(), "flipped at {at}");
        }
        assert!(matches!(group.body(1, content), Err(Error::Damaged { .. })), "another number");
        let (_, others) = ChunkGroup::frame(&[b"x".to_vec(), Vec::new(), b"three".to_vec()]);
        assert!(matches!(group.body(2, &others[2]), Err(Error::Damaged { .. })), "another index");
    }
}
