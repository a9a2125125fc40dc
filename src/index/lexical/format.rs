//! The pieces of the file formats: varints, front-coded terms, packed term frequencies, lengths in a byte.

/// First bytes of the root.
pub(super) const MAGIC: &[u8; 8] = b"SITELEX\0";
/// Version that this build reads and writes.
pub(super) const VERSION: u32 = 2;
/// Number of fields: title, heading path, body.
pub(super) const FIELDS: usize = 3;
/// Highest term frequency that is kept, by field.
pub(super) const TF_MAX: [u32; FIELDS] = [3, 3, 15];

/// Appends `value` as a varint: 7 bits a byte, lowest first.
pub(super) fn put_varint(mut value: u32, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Reads a varint at `*at` and moves `*at` behind it; None if it does not end or does not fit 32 bits.
pub(super) fn take_varint(bytes: &[u8], at: &mut usize) -> Option<u32> {
    let mut value = 0u32;
    for shift in (0..35).step_by(7) {
        let byte = *bytes.get(*at)?;
        *at += 1;
        let low = u32::from(byte & 0x7F);
        if shift == 28 && low > 0xF {
            return None;
        }
        value |= low << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

/// Reads `N` bytes at `*at` and moves `*at` behind them.
pub(super) fn take_array<const N: usize>(bytes: &[u8], at: &mut usize) -> Option<[u8; N]> {
    let array = bytes.get(*at..)?.first_chunk::<N>()?;
    *at += N;
    Some(*array)
}

/// Appends a term without the beginning that it shares with the one before: `shared v, rest v, rest bytes`.
pub(super) fn put_term(term: &str, previous: &str, out: &mut Vec<u8>) {
    let shared = shared_prefix(previous, term);
    put_varint(shared as u32, out);
    put_varint((term.len() - shared) as u32, out);
    out.extend_from_slice(&term.as_bytes()[shared..]);
}

/// Reads what [`put_term`] wrote: `term` holds the one before and then this one. None if it is not well-formed.
pub(super) fn take_term(bytes: &[u8], at: &mut usize, term: &mut String) -> Option<()> {
    let shared = take_varint(bytes, at)? as usize;
    let len = take_varint(bytes, at)? as usize;
    let rest = bytes.get(*at..at.checked_add(len)?)?;
    *at += len;
    if shared > term.len() || !term.is_char_boundary(shared) {
        return None;
    }
    term.truncate(shared);
    term.push_str(std::str::from_utf8(rest).ok()?);
    Some(())
}

/// Bytes that two terms share at the front, cut back to a character.
pub(super) fn shared_prefix(a: &str, b: &str) -> usize {
    let shared = a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
    (0..=shared).rev().find(|&i| b.is_char_boundary(i)).unwrap_or(0)
}

/// Packs term frequencies into a byte, saturating.
pub(super) fn pack_tf(tf: [u32; FIELDS]) -> u8 {
    let [title, headings, body] = [0, 1, 2].map(|f| tf[f].min(TF_MAX[f]) as u8);
    title << 6 | headings << 4 | body
}

/// Term frequencies of title, headings and body.
pub(super) fn unpack_tf(packed: u8) -> [u8; FIELDS] {
    [packed >> 6, packed >> 4 & 3, packed & 15]
}

/// A length in a byte: exact up to 31, then four bits of mantissa (at most 6% off), as Lucene's SmallFloat does it.
pub(super) fn pack_length(words: u32) -> u8 {
    if words < 32 {
        return words as u8;
    }
    let shift = 27 - words.leading_zeros(); // words >> shift is in 16..32
    (16 * shift + (words >> shift)).min(255) as u8
}

/// The length that a byte stands for.
pub(super) fn unpack_length(packed: u8) -> f32 {
    if packed < 32 {
        return f32::from(packed);
    }
    let shift = u32::from(packed) / 16 - 1;
    (u64::from(packed % 16 + 16) << shift) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints_come_back() {
        for value in [0, 1, 127, 128, 300, 16_383, 16_384, u32::MAX - 1, u32::MAX] {
            let mut bytes = Vec::new();
            put_varint(value, &mut bytes);
            let mut at = 0;
            assert_eq!(take_varint(&bytes, &mut at), Some(value));
            assert_eq!(at, bytes.len());
            assert_eq!(take_varint(&bytes[..bytes.len() - 1], &mut 0), None);
        }
        assert_eq!(take_varint(&[0xFF, 0xFF, 0xFF, 0xFF, 0x1F], &mut 0), None, "more than 32 bits");
        assert_eq!(take_varint(&[0x80; 9], &mut 0), None);
    }

    #[test]
    fn terms_come_back() {
        let terms = ["", "crate", "crates", "cratè", "craté", "é"];
        let mut bytes = Vec::new();
        let mut previous = "";
        for term in terms {
            put_term(term, previous, &mut bytes);
            previous = term;
        }
        let (mut at, mut read) = (0, String::new());
        for term in terms {
            assert_eq!(take_term(&bytes, &mut at, &mut read), Some(()));
            assert_eq!(read, term);
        }
        assert_eq!(take_term(&[9, 0], &mut 0, &mut read), None, "shares more than there is");
    }

    #[test]
    fn lengths_are_monotone_and_near() {
        let mut last = 0;
        for words in 0..200_000 {
            let packed = pack_length(words);
            assert!(packed >= last);
            last = packed;
            let back = unpack_length(packed);
            assert!((back - words as f32).abs() <= 0.0625 * words as f32, "{words} came back as {back}");
        }
        assert_eq!(pack_length(u32::MAX), 255);
    }

    #[test]
    fn term_frequencies_saturate() {
        assert_eq!(unpack_tf(pack_tf([1, 2, 3])), [1, 2, 3]);
        assert_eq!(unpack_tf(pack_tf([9, 9, 99])), [3, 3, 15]);
    }
}
