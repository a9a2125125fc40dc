//! Text to normalised words, exactly as `tokenizers` does it with `BertNormalizer` and `BertPreTokenizer`.
//!
//! The reference makes five passes over a string, each into a new one:
//!
//! 1. drop NUL, U+FFFD and the categories Cc, Cf, Co (tab, LF and CR excepted); any white space becomes a space;
//! 2. `split_cjk`: a space before and after every CJK ideograph;
//! 3. `strip_accents`: canonical decomposition (NFD), then drop nonspacing marks (Mn);
//! 4. `lowercase`: each character by itself (no final sigma);
//! 5. split at white space, which is dropped, and around every punctuation character, which is a word of its own.
//!
//! Here one pass does all five, character by character, and keeps no more than the word at hand. Two things make that
//! possible. *NFD reorders* runs of combining marks by their class, so a mark may leave only when the next character of
//! class 0 has come: such marks wait in `pending`. *Marks that are dropped anyway* need not wait: a stable sort of what
//! remains gives the same order. Only marks that the tables do not call Mn ever wait, which no common text has.
//!
//! ASCII takes a path by a table of 128 bytes; it is the rule in most sites' text and has no marks to decompose.
//! What a character is, [`unicode`](super::unicode) knows, from the tables of the reference.

use std::ops::ControlFlow;

use super::unicode::{Role, for_each_base, for_each_lower, role};

/// Which of the optional passes are on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NormalizeOptions {
    /// Lower-case each character.
    pub lowercase: bool,
    /// Decompose (NFD) and drop nonspacing marks.
    pub strip_accents: bool,
    /// Put every CJK ideograph into a word of its own.
    pub split_cjk: bool,
}

/// One normalised word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word<'a> {
    /// Its text; never empty. Cut somewhere behind the limit if `chars` exceeds it.
    pub text: &'a str,
    /// Its length in characters.
    pub chars: usize,
}

/// Calls `on_word` for each normalised word of `text`, in order, until it breaks.
///
/// Characters of a word beyond `max_word_chars` are counted but not kept, so that memory is bounded whatever the text.
///
/// Numeric example: `Crème-Brûlée!` gives `creme`, `-`, `brulee`, `!` with all options on.
pub fn for_each_word(
    text: &str,
    options: NormalizeOptions,
    max_word_chars: usize,
    on_word: impl FnMut(Word<'_>) -> ControlFlow<()>,
) {
    let splitter =
        Splitter { options, word: String::with_capacity(64), chars: 0, max_word_chars, pending: Vec::new(), on_word };
    // A break is the caller's way to say "enough", not a failure.
    let _ = splitter.run(text);
}

/// What an ASCII character does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Drop,
    Space,
    Punctuation,
    Letter,
}

static ASCII: [Class; 128] = {
    let mut table = [Class::Letter; 128];
    let mut at = 0;
    while at < 128 {
        let byte = at as u8;
        if byte.is_ascii_punctuation() {
            table[at] = Class::Punctuation;
        } else if byte == b' ' || byte == b'\t' || byte == b'\n' || byte == b'\r' {
            table[at] = Class::Space;
        } else if byte.is_ascii_control() {
            table[at] = Class::Drop;
        }
        at += 1;
    }
    table
};

struct Splitter<F> {
    options: NormalizeOptions,
    /// The word at hand, its first `max_word_chars + 1` characters.
    word: String,
    /// Characters of the word at hand.
    chars: usize,
    max_word_chars: usize,
    /// Combining marks (class, mark) that wait for the next character of class 0, in order of their class.
    pending: Vec<(u8, char)>,
    on_word: F,
}

impl<F: FnMut(Word<'_>) -> ControlFlow<()>> Splitter<F> {
    fn run(mut self, text: &str) -> ControlFlow<()> {
        let bytes = text.as_bytes();
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            if byte.is_ascii() {
                at += 1;
                let class = ASCII[usize::from(*byte)];
                if class == Class::Drop {
                    continue;
                }
                if !self.pending.is_empty() {
                    self.flush_pending()?;
                }
                let byte = if self.options.lowercase { byte.to_ascii_lowercase() } else { *byte };
                match class {
                    Class::Drop => {}
                    Class::Space => self.end_word()?,
                    Class::Punctuation => self.punctuation(char::from(byte))?,
                    Class::Letter => self.letter(char::from(byte)),
                }
            } else {
                // `at` is at a character's first byte: ASCII is one byte, and below we step by whole characters.
                let Some(c) = text[at..].chars().next() else {
                    break;
                };
                at += c.len_utf8();
                self.clean(c)?;
            }
        }
        self.flush_pending()?;
        self.end_word()
    }

    /// Passes 1 and 2, for a character that is not ASCII.
    fn clean(&mut self, c: char) -> ControlFlow<()> {
        if c == '\u{fffd}' || role(c) == Role::Other {
            return ControlFlow::Continue(());
        }
        if c.is_whitespace() {
            return self.decompose(' ');
        }
        if self.options.split_cjk && is_cjk(c) {
            self.decompose(' ')?;
            self.decompose(c)?;
            return self.decompose(' ');
        }
        self.decompose(c)
    }

    /// Pass 3.
    fn decompose(&mut self, c: char) -> ControlFlow<()> {
        if !self.options.strip_accents {
            return self.lowercase(c);
        }
        let mut flow = ControlFlow::Continue(());
        for_each_base(c, &mut |part| {
            if flow.is_continue() {
                flow = self.reorder(part);
            }
        });
        flow
    }

    fn reorder(&mut self, c: char) -> ControlFlow<()> {
        match role(c) {
            Role::Mark => ControlFlow::Continue(()),
            Role::StartingMark => self.flush_pending(),
            Role::Combining(class) => {
                let at = self.pending.partition_point(|&(before, _)| before <= class);
                self.pending.insert(at, (class, c));
                ControlFlow::Continue(())
            }
            Role::Plain | Role::Other | Role::Punctuation => {
                self.flush_pending()?;
                self.lowercase(c)
            }
        }
    }

    fn flush_pending(&mut self) -> ControlFlow<()> {
        if self.pending.is_empty() {
            return ControlFlow::Continue(());
        }
        let mut pending = std::mem::take(&mut self.pending);
        for (_, mark) in pending.drain(..) {
            self.lowercase(mark)?;
        }
        self.pending = pending;
        ControlFlow::Continue(())
    }

    /// Pass 4.
    fn lowercase(&mut self, c: char) -> ControlFlow<()> {
        if !self.options.lowercase {
            return self.split(c);
        }
        let mut flow = ControlFlow::Continue(());
        for_each_lower(c, &mut |lower| {
            if flow.is_continue() {
                flow = self.split(lower);
            }
        });
        flow
    }

    /// Pass 5.
    fn split(&mut self, c: char) -> ControlFlow<()> {
        if c.is_whitespace() {
            self.end_word()
        } else if c.is_ascii_punctuation() || role(c) == Role::Punctuation {
            self.punctuation(c)
        } else {
            self.letter(c);
            ControlFlow::Continue(())
        }
    }

    fn letter(&mut self, c: char) {
        if self.chars <= self.max_word_chars {
            self.word.push(c);
        }
        self.chars += 1;
    }

    fn punctuation(&mut self, c: char) -> ControlFlow<()> {
        self.end_word()?;
        self.letter(c);
        self.end_word()
    }

    fn end_word(&mut self) -> ControlFlow<()> {
        if self.chars == 0 {
            return ControlFlow::Continue(());
        }
        let flow = (self.on_word)(Word { text: &self.word, chars: self.chars });
        self.word.clear();
        self.chars = 0;
        flow
    }
}

/// The blocks that BERT calls Chinese: CJK ideographs, without kana and Hangul. The gap between U+2B820 and U+2B920 is
/// the reference's.
fn is_cjk(c: char) -> bool {
    matches!(
        u32::from(c),
        0x4E00..=0x9FFF
            | 0x3400..=0x4DBF
            | 0x20000..=0x2A6DF
            | 0x2A700..=0x2B73F
            | 0x2B740..=0x2B81F
            | 0x2B920..=0x2CEAF
            | 0xF900..=0xFAFF
            | 0x2F800..=0x2FA1F
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: NormalizeOptions = NormalizeOptions { lowercase: true, strip_accents: true, split_cjk: true };

    fn words(text: &str, options: NormalizeOptions) -> Vec<String> {
        let mut words = Vec::new();
        for_each_word(text, options, 100, |word| {
            words.push(word.text.to_string());
            ControlFlow::Continue(())
        });
        words
    }

    #[test]
    fn each_pass_does_its_part() {
        assert_eq!(words("Crème-Brûlée!", ALL), ["creme", "-", "brulee", "!"]);
        assert_eq!(words("a\u{0}b\u{ad}c\td\u{a0}e", ALL), ["abc", "d", "e"]);
        assert_eq!(words("x日本y", ALL), ["x", "日", "本", "y"]);
        assert_eq!(words("ΌΔΟΣ", ALL), ["οδοσ"]);
        assert_eq!(words(" \n", ALL), Vec::<String>::new());
    }

    #[test]
    fn passes_can_be_off() {
        let off = NormalizeOptions { lowercase: false, strip_accents: false, split_cjk: false };
        assert_eq!(words("Crème x日本y", off), ["Crème", "x日本y"]);
        assert_eq!(words("Crème İ", NormalizeOptions { lowercase: true, ..off }), ["crème", "i\u{307}"]);
    }

    #[test]
    fn a_long_word_is_counted_but_not_kept() {
        let text = "x".repeat(1000);
        for_each_word(&text, ALL, 100, |word| {
            assert_eq!((word.chars, word.text.len()), (1000, 101));
            ControlFlow::Continue(())
        });
    }

    #[test]
    fn breaks_when_told() {
        let mut seen = 0;
        for_each_word("a b c d", ALL, 100, |_| {
            seen += 1;
            if seen == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert_eq!(seen, 2);
    }
}
