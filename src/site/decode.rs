//! From the bytes of a file to text: UTF-8, with or without a byte order mark, or UTF-16 with one. Anything else is
//! read as UTF-8 with replacement characters, and noted.

use super::NoteKind;

/// Bytes at the start of a page in which a charset must be declared, by the HTML standard.
const CHARSET_WINDOW: usize = 1024;

/// The text of a file, and what is odd about its encoding.
pub(super) fn decode(bytes: Vec<u8>) -> (String, Option<NoteKind>) {
    if let Some(rest) = bytes.strip_prefix(b"\xFF\xFE") {
        return (utf16(rest, u16::from_le_bytes), Some(NoteKind::Utf16));
    }
    if let Some(rest) = bytes.strip_prefix(b"\xFE\xFF") {
        return (utf16(rest, u16::from_be_bytes), Some(NoteKind::Utf16));
    }
    match String::from_utf8(bytes) {
        Ok(text) => match text.strip_prefix('\u{FEFF}') {
            Some(rest) => (rest.to_owned(), None),
            None => (text, None),
        },
        Err(error) => {
            let offset = error.utf8_error().valid_up_to();
            let bytes = error.into_bytes();
            let declared = declared_charset(&bytes);
            let text = String::from_utf8_lossy(&bytes);
            let text = text.strip_prefix('\u{FEFF}').unwrap_or(&text).to_owned();
            (text, Some(NoteKind::BrokenEncoding { offset, declared }))
        }
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
    String::from_utf16_lossy(&units)
}

/// The word after `charset=` near the start of the page.
fn declared_charset(bytes: &[u8]) -> Option<String> {
    let window = &bytes[..bytes.len().min(CHARSET_WINDOW)];
    let window = String::from_utf8_lossy(window).to_ascii_lowercase();
    let (_, after) = window.split_once("charset=")?;
    let after = after.trim_start_matches(['"', '\'', ' ']);
    let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_').unwrap_or(after.len());
    (end > 0).then(|| after[..end].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf8_with_and_without_a_mark_is_plain() {
        assert_eq!(decode("é".into()), ("é".to_owned(), None));
        assert_eq!(decode("\u{FEFF}é".into()), ("é".to_owned(), None));
        assert_eq!(decode(Vec::new()), (String::new(), None));
    }

    #[test]
    fn utf16_is_read_and_noted() {
        assert_eq!(decode(b"\xFF\xFEh\0i\0".to_vec()), ("hi".to_owned(), Some(NoteKind::Utf16)));
        assert_eq!(decode(b"\xFE\xFF\0h\0i\0".to_vec()), ("hi".to_owned(), Some(NoteKind::Utf16)));
    }

    #[test]
    fn invalid_bytes_are_replaced_and_located() {
        let (text, note) = decode(b"<meta charset='ISO-8859-1'>caf\xE9".to_vec());
        assert_eq!(text, "<meta charset='ISO-8859-1'>caf\u{FFFD}");
        assert_eq!(note, Some(NoteKind::BrokenEncoding { offset: 30, declared: Some("iso-8859-1".to_owned()) }));
    }
}
