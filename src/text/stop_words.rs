//! Words that say little by themselves. Late interaction leaves them out of passages and of nothing else: in its vectors the
//! words around them have read them already; the head was trained with this very list. Learned sparse retrieval leaves them out of queries,
//! where their chunks of postings cost bytes and order nothing.

/// The words, sorted.
const STOP_WORDS: &[&str] = &[
    "a", "an", "and", "are", "as", "at", "be", "but", "by", "for", "in", "into", "is", "it", "of", "on", "or", "such",
    "that", "the", "their", "then", "there", "these", "they", "this", "to", "was", "will", "with",
];

/// Whether a word in lower case is one of them.
pub fn is_stop_word(word: &str) -> bool {
    STOP_WORDS.binary_search(&word).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_found() {
        assert!(STOP_WORDS.is_sorted());
        assert!(STOP_WORDS.iter().all(|word| is_stop_word(word)));
        assert!(["if", "cargo", "", "##s", "The"].iter().all(|word| !is_stop_word(word)));
    }
}
