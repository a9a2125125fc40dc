//! Safetensors files, read: named tensors end to end behind a header in JSON. Model files and vectors are such files.
//!
//! ```text
//! u64 little endian: length of the header | header: JSON | tensors, end to end
//! header: {"__metadata__": {KEY: STRING, …}, NAME: {"dtype", "shape", "data_offsets": [start, end]}, …}
//! ```
//! The `safetensors` crate writes them and opens foreign ones; reading ours with it cost a visitor 12 KB (gzip).

use crate::error::{Error, Result};
use crate::json::{Json, JsonError, JsonResult};
use std::ops::Range;

/// Bytes before the header: its length.
const PREFIX: usize = 8;
/// A longer header is not one of ours (a model's is about 12 KB).
const MAX_HEADER: u64 = 1 << 24;
/// More tensors than any of our files has.
const MAX_TENSORS: usize = 1 << 14;

/// Type of a tensor's elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dtype {
    /// Signed bytes.
    I8,
    /// Bytes.
    U8,
    /// Floats, little endian.
    F32,
    /// What only other files have.
    Other,
}

impl Dtype {
    /// Name in the file.
    pub fn name(self) -> &'static str {
        match self {
            Self::I8 => "I8",
            Self::U8 => "U8",
            Self::F32 => "F32",
            Self::Other => "another type",
        }
    }

    fn of_name(name: &str) -> Self {
        [Self::I8, Self::U8, Self::F32].into_iter().find(|dtype| dtype.name() == name).unwrap_or(Self::Other)
    }
}

/// One tensor of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tensor {
    /// Name in the file.
    pub name: String,
    /// Element type.
    pub dtype: Dtype,
    /// Shape, row-major.
    pub shape: Vec<usize>,
    /// Where its bytes lie behind the header.
    pub range: Range<usize>,
}

/// A file whose header has been read: every tensor has the length of its shape, and together they cover the data.
#[derive(Debug)]
pub struct TensorFile<'a> {
    file: String,
    /// What to do about a broken file.
    next: &'static str,
    metadata: Json,
    /// In the order of the data.
    tensors: Vec<Tensor>,
    data: &'a [u8],
}

impl<'a> TensorFile<'a> {
    /// Reads the header of `bytes`. Errors carry the name `file` and the advice `next`.
    ///
    /// # Errors
    /// [`Error::Truncated`] if bytes are missing, [`Error::Damaged`] for anything that is not such a file.
    pub fn parse(bytes: &'a [u8], file: &str, next: &'static str) -> Result<Self> {
        let found = bytes.len() as u64;
        let truncated = |expected: u64| Error::Truncated { file: file.to_owned(), expected, found, next };
        let damaged = |detail: String| Error::Damaged { file: file.to_owned(), detail, next };
        let Some((prefix, rest)) = bytes.split_first_chunk::<PREFIX>() else {
            return Err(truncated(PREFIX as u64 + 2));
        };
        let len = u64::from_le_bytes(*prefix);
        if len > MAX_HEADER || rest.first().is_some_and(|byte| *byte != b'{') {
            return Err(damaged("not a safetensors file".to_owned()));
        }
        let Some((header, data)) = rest.split_at_checked(len as usize) else {
            return Err(truncated(PREFIX as u64 + len));
        };
        let header = Json::parse(header).map_err(|error| damaged(format!("header: {error}")))?;
        let mut tensors: Vec<Tensor> = Vec::new();
        for (name, entry) in header.members().iter().filter(|(name, _)| name != "__metadata__").take(MAX_TENSORS) {
            let tensor = read_entry(name, entry).map_err(|error| damaged(format!("header: tensor {name}: {error}")))?;
            // They mostly come in order, so that this is an append.
            let ends = |t: &Tensor| (t.range.start, t.range.end);
            let place = tensors.partition_point(|other| ends(other) <= ends(&tensor));
            tensors.insert(place, tensor);
        }
        let mut end = 0;
        for tensor in &tensors {
            let Range { start, end: next } = tensor.range;
            if start != end || next < start || tensor.len_bytes().is_some_and(|len| len != next - start) {
                return Err(damaged(format!("header: tensor {} has impossible offsets", tensor.name)));
            }
            end = next;
        }
        if end > data.len() {
            return Err(truncated(PREFIX as u64 + len + end as u64));
        }
        if end < data.len() {
            return Err(damaged(format!("{} bytes too many at its end", data.len() - end)));
        }
        let metadata = header.get("__metadata__").cloned().unwrap_or(Json::Null);
        Ok(Self { file: file.to_owned(), next, metadata, tensors, data })
    }

    /// The name that the bytes were handed in with.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// A text of the metadata.
    pub fn metadata(&self, key: &str) -> Option<&str> {
        self.metadata.get(key)?.as_str()
    }

    /// All tensors in the order of the file.
    pub fn tensors(&self) -> &[Tensor] {
        &self.tensors
    }

    /// The tensor `name`, whose elements must be `dtype`.
    ///
    /// # Errors
    /// [`Error::Damaged`] if there is none, or it is of another type.
    pub fn tensor(&self, name: &str, dtype: Dtype) -> Result<&Tensor> {
        let Some(tensor) = self.tensors.iter().find(|tensor| tensor.name == name) else {
            return Err(self.damaged(format!("no tensor {name}")));
        };
        if tensor.dtype != dtype {
            let (found, expected) = (tensor.dtype.name(), dtype.name());
            return Err(self.damaged(format!("tensor {name} is {found}, but must be {expected}")));
        }
        Ok(tensor)
    }

    /// The bytes of the tensor `name`, which must be of this type and shape.
    ///
    /// # Errors
    /// [`Error::Damaged`] if it is missing or something else.
    pub fn bytes(&self, name: &str, dtype: Dtype, shape: &[usize]) -> Result<&'a [u8]> {
        let tensor = self.tensor(name, dtype)?;
        if tensor.shape != shape {
            let (found, expected) = (in_brackets(&tensor.shape), in_brackets(shape));
            return Err(self.damaged(format!("tensor {name} has shape {found}, but must have {expected}")));
        }
        Ok(self.bytes_of(tensor))
    }

    /// The bytes of a tensor of this file.
    pub fn bytes_of(&self, tensor: &Tensor) -> &'a [u8] {
        // `parse` has seen that the offsets follow each other and end with the data.
        &self.data[tensor.range.clone()]
    }

    /// As [`bytes`](Self::bytes), signed.
    ///
    /// # Errors
    /// [`Error::Damaged`] if it is missing or something else.
    pub fn i8(&self, name: &str, shape: &[usize]) -> Result<&'a [i8]> {
        let bytes = self.bytes(name, Dtype::I8, shape)?;
        // SAFETY: i8 has the size (1), the alignment (1) and the valid bit patterns (all) of u8; pointer and length
        // come from one live slice, and the result borrows for the same lifetime.
        Ok(unsafe { std::slice::from_raw_parts(bytes.as_ptr().cast::<i8>(), bytes.len()) })
    }

    /// The floats of the tensor `name`, copied out because the bytes may lie at any alignment.
    ///
    /// # Errors
    /// [`Error::Damaged`] if it is missing or something else.
    pub fn f32(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let (values, _) = self.bytes(name, Dtype::F32, shape)?.as_chunks::<4>();
        Ok(values.iter().map(|value| f32::from_le_bytes(*value)).collect())
    }

    /// An error about this file.
    pub fn damaged(&self, detail: String) -> Error {
        Error::Damaged { file: self.file.clone(), detail, next: self.next }
    }
}

impl Tensor {
    /// Length in bytes that follows from type and shape; none for types of other files, or where it overflows.
    fn len_bytes(&self) -> Option<usize> {
        let size = match self.dtype {
            Dtype::I8 | Dtype::U8 => 1,
            Dtype::F32 => 4,
            Dtype::Other => return None,
        };
        // an impossible shape gets an impossible length
        Some(self.shape.iter().try_fold(size, |len: usize, &n| len.checked_mul(n)).unwrap_or(usize::MAX))
    }
}

fn read_entry(name: &str, entry: &Json) -> JsonResult<Tensor> {
    let numbers = |field: &'static str| {
        let numbers = entry.array(field)?.iter().map(Json::as_whole).collect();
        let numbers: Option<Vec<usize>> = numbers;
        numbers.ok_or(JsonError::Field { field, expected: "a list of whole numbers" })
    };
    let dtype = Dtype::of_name(&entry.string("dtype")?);
    let &[start, end] = numbers("data_offsets")?.as_slice() else {
        return Err(JsonError::Field { field: "data_offsets", expected: "a pair" });
    };
    Ok(Tensor { name: name.to_owned(), dtype, shape: numbers("shape")?, range: start..end })
}

/// `[2, 3]`; the standard library's form of a list would cost a kilobyte.
fn in_brackets(shape: &[usize]) -> String {
    let mut text = String::from("[");
    for (i, size) in shape.iter().enumerate() {
        text += if i > 0 { ", " } else { "" };
        text += &size.to_string();
    }
    text + "]"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(header: &str, data: &[u8]) -> Vec<u8> {
        [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat()
    }

    const HEADER: &str = r#"{"b":{"dtype":"F32","shape":[1,1],"data_offsets":[2,6]},"__metadata__":{"k":"v"},
        "a":{"dtype":"I8","shape":[2],"data_offsets":[0,2]},"c":{"dtype":"BF16","shape":[],"data_offsets":[6,8]}} "#;

    fn parse(bytes: &[u8]) -> Result<TensorFile<'_>> {
        TensorFile::parse(bytes, "t", "Try again")
    }

    #[test]
    fn reads_tensors_in_any_order() {
        let bytes = file(HEADER, &[255, 2, 0, 0, 128, 63, 0, 0]);
        let tensors = parse(&bytes).unwrap();
        assert_eq!(tensors.tensors().iter().map(|t| t.name.as_str()).collect::<String>(), "abc");
        assert_eq!((tensors.metadata("k"), tensors.metadata("l")), (Some("v"), None));
        assert_eq!(tensors.i8("a", &[2]), Ok([-1, 2].as_slice()));
        assert_eq!(tensors.f32("b", &[1, 1]), Ok(vec![1.0]));
        let error = tensors.f32("b", &[1]).unwrap_err().to_string();
        assert_eq!(error, "t: damaged: tensor b has shape [1, 1], but must have [1]. Try again");
        assert_eq!(tensors.tensors()[2].dtype, Dtype::Other);
    }

    #[test]
    fn refuses_every_truncation_and_what_is_too_long() {
        let bytes = file(HEADER, &[0; 8]);
        for cut in 0..bytes.len() {
            assert!(matches!(parse(&bytes[..cut]), Err(Error::Truncated { .. })), "cut at {cut}");
        }
        assert!(matches!(parse(&file(HEADER, &[0; 9])), Err(Error::Damaged { .. })));
    }

    #[test]
    fn refuses_tensors_that_overlap_leave_gaps_or_have_another_length() {
        for (from, to) in
            [("[2,6]", "[1,5]"), ("[2,6]", "[3,7]"), ("[2,6]", "[6,2]"), ("[6,8]", "[6,5]"), ("[1,1]", "[1,2]")]
        {
            let error = parse(&file(&HEADER.replace(from, to), &[0; 8])).unwrap_err();
            assert!(error.to_string().starts_with("t: damaged: header: tensor"), "{from} {to}: {error}");
        }
    }

    #[test]
    fn the_crate_writes_what_we_read() {
        use safetensors::tensor::{Dtype as Theirs, TensorView, serialize};
        let view = |dtype, shape, data| TensorView::new(dtype, shape, data).unwrap();
        let tensors =
            [("x", view(Theirs::U8, vec![3], &[1, 2, 3])), ("y", view(Theirs::F32, vec![1], &[0, 0, 128, 63]))];
        let metadata = [("key".to_owned(), "a \"text\"".to_owned())].into();
        let bytes = serialize(tensors, Some(metadata)).unwrap();
        let ours = parse(&bytes).unwrap();
        assert_eq!(ours.bytes("x", Dtype::U8, &[3]), Ok([1, 2, 3].as_slice()));
        assert_eq!((ours.f32("y", &[1]), ours.metadata("key")), (Ok(vec![1.0]), Some("a \"text\"")));
    }
}
