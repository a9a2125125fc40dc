//! JSON, read into a tree: the manifest, the passages, a model's header. All of it is small, and all of it is ours.
//!
//! The usual library costs a visitor 45 KB (gzip) for what these pages do in 3, because it makes code for each type that
//! is read and carries tables for numbers of any length. So the readers of our formats take the fields out of this tree
//! by hand. Writing is `serde_json`'s, which the browser does not do; the tests hold the two against each other.
//!
//! Departures from RFC 8259: nesting ends at [`MAX_DEPTH`]; of equal keys in an object the first counts.

mod read;
#[cfg(test)]
mod tests;

/// Arrays and objects that may stand in each other.
pub const MAX_DEPTH: usize = 32;

/// What is wrong with a text or with a field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// It is not JSON.
    #[error("not JSON: {expected} expected at byte {at}")]
    Syntax {
        /// What should stand there.
        expected: &'static str,
        /// Offset in bytes.
        at: usize,
    },
    /// A field is missing, or of another type.
    #[error("`{field}` is not {expected}")]
    Field {
        /// Name of the field.
        field: &'static str,
        /// What it should be.
        expected: &'static str,
    },
}

/// The reader's result.
pub type JsonResult<T> = Result<T, JsonError>;

/// A JSON value.
#[derive(Debug, Clone, PartialEq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as near as an f64 comes: exact up to 15 digits and powers of ten up to 22, else within a few roundings.
    Number(f64),
    /// A string.
    String(String),
    /// An array.
    Array(Vec<Json>),
    /// An object: its members in the order of the text.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads a whole text.
    ///
    /// # Errors
    /// [`JsonError::Syntax`] if it is not JSON in UTF-8.
    pub fn parse(text: &[u8]) -> JsonResult<Self> {
        read::document(text)
    }

    /// Members of an object; none of anything else.
    pub fn members(&self) -> &[(String, Json)] {
        if let Self::Object(members) = self { members } else { &[] }
    }

    /// The member of this name, unless it is missing or `null`.
    pub fn get(&self, field: &str) -> Option<&Json> {
        let (_, value) = self.members().iter().find(|(name, _)| name == field)?;
        (*value != Self::Null).then_some(value)
    }

    /// The string, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// The whole number, if it is one that an f64 tells from its neighbours and `T` holds.
    pub fn as_whole<T: TryFrom<u64>>(&self) -> Option<T> {
        let Self::Number(number) = *self else { return None };
        let whole = number as u64;
        if whole as f64 == number && whole < 1 << 53 { T::try_from(whole).ok() } else { None }
    }

    /// The items of an array, if it is one.
    pub fn as_array(&self) -> Option<&[Json]> {
        if let Self::Array(items) = self { Some(items) } else { None }
    }

    /// The member of this name, which must be an object.
    ///
    /// # Errors
    /// [`JsonError::Field`] if it is missing or something else, as with the functions below.
    pub fn object(&self, field: &'static str) -> JsonResult<&Json> {
        required(field, "an object", self.get(field).filter(|value| matches!(value, Self::Object(_))))
    }

    /// An array.
    pub fn array(&self, field: &'static str) -> JsonResult<&[Json]> {
        required(field, "an array", self.get(field).and_then(Self::as_array))
    }

    /// A string.
    pub fn string(&self, field: &'static str) -> JsonResult<String> {
        required(field, "a string", self.get(field).and_then(Self::as_str).map(str::to_owned))
    }

    /// An array of strings.
    pub fn strings(&self, field: &'static str) -> JsonResult<Vec<String>> {
        let strings = self.array(field)?.iter().map(|item| item.as_str().map(str::to_owned)).collect();
        required(field, "an array of strings", strings)
    }

    /// A whole number that `T` holds.
    pub fn whole<T: TryFrom<u64>>(&self, field: &'static str) -> JsonResult<T> {
        required(field, "a whole number in its range", self.get(field).and_then(Self::as_whole))
    }

    /// A number.
    pub fn number(&self, field: &'static str) -> JsonResult<f64> {
        let number = self.get(field).and_then(|value| if let Self::Number(n) = value { Some(*n) } else { None });
        required(field, "a number", number)
    }

    /// `true` or `false`.
    pub fn bool(&self, field: &'static str) -> JsonResult<bool> {
        let bool = self.get(field).and_then(|value| if let Self::Bool(b) = value { Some(*b) } else { None });
        required(field, "true or false", bool)
    }
}

fn required<T>(field: &'static str, expected: &'static str, value: Option<T>) -> JsonResult<T> {
    value.ok_or(JsonError::Field { field, expected })
}
