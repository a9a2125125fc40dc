//! Percent-encoding (RFC 3986, 2.1).

/// Appends `bytes` to `out`: those that are `plain`, which have to be ASCII, as they are, the others as `%E9`.
pub(crate) fn encode(bytes: &[u8], plain: impl Fn(u8) -> bool, out: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for &byte in bytes {
        if plain(byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            [byte >> 4, byte & 15].iter().for_each(|&half| out.push(char::from(HEX[usize::from(half)])));
        }
    }
}
