//! Reading small binary formats: numbers and lists of bytes one after the other, and nothing beyond the end.

/// What is left to read. Every function gives nothing once too little is left.
#[derive(Debug, Clone)]
pub struct Bytes<'a>(pub &'a [u8]);

impl<'a> Bytes<'a> {
    /// The next `n` bytes.
    pub fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(head)
    }

    /// A byte.
    pub fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    /// Two bytes, little endian.
    pub fn u16(&mut self) -> Option<u16> {
        self.take(2).map(|bytes| u16::from_le_bytes([bytes[0], bytes[1]]))
    }

    /// A varint: 7 bits a byte, lowest first.
    pub fn varint(&mut self) -> Option<u32> {
        let (mut value, mut shift) = (0u64, 0);
        loop {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                return u32::try_from(value).ok();
            }
            if shift > 28 {
                return None;
            }
        }
    }

    /// `n` numbers of 16 bits, each the upper half of a float.
    pub fn halves(&mut self, n: usize) -> Option<Vec<f32>> {
        let bytes = self.take(2 * n)?.as_chunks::<2>().0;
        Some(bytes.iter().map(|pair| crate::codes::from_bf16(u16::from_le_bytes(*pair))).collect())
    }

    /// `n` texts in order, each as the number of bytes that it shares with the one before, that of the others, and these.
    pub fn texts(&mut self, n: usize) -> Option<Vec<String>> {
        let mut texts: Vec<String> = Vec::new();
        for _ in 0..n {
            let (shared, rest) = (usize::from(self.byte()?), usize::from(self.byte()?));
            let before = texts.last().map_or("", String::as_str).as_bytes().get(..shared)?;
            let text = String::from_utf8([before, self.take(rest)?].concat()).ok()?;
            texts.push(text);
        }
        Some(texts)
    }
}

/// Appends a varint.
pub fn put_varint(mut value: u32, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends numbers as [`Bytes::halves`] reads them.
pub fn put_halves(values: &[f32], out: &mut Vec<u8>) {
    out.extend(values.iter().flat_map(|&value| crate::codes::to_bf16(value).to_le_bytes()));
}

/// Appends texts of at most 255 bytes as [`Bytes::texts`] reads them.
pub fn put_texts<'a>(texts: impl IntoIterator<Item = &'a str>, out: &mut Vec<u8>) {
    let mut before: &[u8] = b"";
    for text in texts.into_iter().map(str::as_bytes) {
        let shared = before.iter().zip(text).take_while(|(a, b)| a == b).take(255).count();
        out.extend([shared as u8, (text.len() - shared) as u8]);
        out.extend(&text[shared..]);
        before = text;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_comes_back_and_no_more() {
        let mut bytes = Vec::new();
        for value in [0, 127, 128, u32::MAX] {
            put_varint(value, &mut bytes);
        }
        put_texts(["", "car", "cargo", "é"], &mut bytes);
        put_halves(&[1.0, -0.5], &mut bytes);
        let read = |bytes: &[u8]| {
            let mut bytes = Bytes(bytes);
            let numbers = [bytes.varint()?, bytes.varint()?, bytes.varint()?, bytes.varint()?];
            let (texts, halves) = (bytes.texts(4)?, bytes.halves(2)?);
            bytes.0.is_empty().then_some((numbers, texts, halves))
        };
        let (numbers, texts, halves) = read(&bytes).unwrap();
        assert_eq!(numbers, [0, 127, 128, u32::MAX]);
        assert_eq!(texts, ["", "car", "cargo", "é"]);
        assert_eq!(halves, [1.0, -0.5]);
        assert!((0..bytes.len()).all(|cut| read(&bytes[..cut]).is_none()));
        assert_eq!(Bytes(&[0xff; 6]).varint(), None);
        assert_eq!(Bytes(&[1, 0]).texts(1), None, "more than the text before has");
    }
}
