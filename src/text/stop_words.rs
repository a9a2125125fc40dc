//! Words that say little by themselves. Only late interaction leaves them out, of passages and nowhere else: in its vectors the
//! words around them have read them already. Words that are also terms of programming (`for`, `if`, `not`, `where`) stay.

/// The words, sorted.
const STOP_WORDS: &[&str] = &[
    "a", "also", "an", "and", "are", "at", "be", "been", "but", "by", "can", "could", "did", "do", "does", "had",
    "has", "have", "he", "her", "his", "i", "in", "is", "it", "its", "may", "of", "on", "or", "our", "she", "should",
    "so", "such", "than", "that", "the", "their", "them", "then", "there", "these", "they", "this", "those", "to",
    "was", "we", "were", "which", "will", "with", "would", "you", "your",
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
        assert!(["for", "cargo", "", "##s", "The"].iter().all(|word| !is_stop_word(word)));
    }
}
