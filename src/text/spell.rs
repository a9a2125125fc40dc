//! WordPiece over a vocabulary that lies in shards, each a range of tokens in the order of their bytes, of which only some are there.
//!
//! The shard in whose range a word falls knows the longest token that the word begins with: whatever lies between such a token and
//! the word begins with that token, too, so a shard need only repeat those tokens of earlier shards that its own [`separator`] begins with.
//! What is left of a word is looked up in the same way, with `##` before it.

/// Tokens of a query that are looked up; the rest of a longer one is not read.
pub const MAX_PIECES: usize = 64;
/// What a token begins with that continues a word.
const CONTINUES: &str = "##";

/// Appends the tokens of a word. `longest` looks into the shard in whose range a text falls for the longest token of more than so many
/// bytes with which the text begins: its length and itself, or none; it fails with the number of a shard that is not there.
///
/// Returns whether the word can be spelled; if it can't, what was appended means nothing.
///
/// # Errors
/// The shard that is needed to tell.
pub fn spell<T>(
    word: &str,
    longest: impl Fn(&str, usize) -> Result<Option<(usize, T)>, u32>,
    tokens: &mut Vec<T>,
) -> Result<bool, u32> {
    let (mut key, mut least) = (word.to_owned(), 0);
    while key.len() > least {
        let Some((length, token)) = longest(&key, least)? else { return Ok(false) };
        tokens.push(token);
        key = [CONTINUES, &key[length..]].concat();
        least = CONTINUES.len();
    }
    Ok(true)
}

/// What names a shard in place of its first token: its shortest beginning that stands behind the last token of the shard before. Tokens of earlier shards
/// with which a word of its range begins are beginnings of this, too.
///
/// Numeric example: between `carrot` and `cartwheel` it is `cart`.
pub fn separator<'a>(before: &str, first: &'a str) -> &'a str {
    let same = before.bytes().zip(first.bytes()).take_while(|(a, b)| a == b).count();
    &first[..first.ceil_char_boundary(same + 1)]
}

/// The shard in whose range a text falls, by what names each; the first for what stands before them all.
pub fn shard_of(starts: &[String], text: &str) -> usize {
    starts.partition_point(|start| start.as_str() <= text).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_separator_stands_between_its_neighbours() {
        for (before, first, expected) in [
            ("carrot", "cartwheel", "cart"),
            ("car", "carrot", "carr"),
            ("", "a", "a"),
            ("z", "é", "é"),
            ("è", "é", "é"),
        ] {
            let found = separator(before, first);
            assert!(found == expected && before < found && found <= first, "{before}, {first}: {found}");
        }
    }
}
