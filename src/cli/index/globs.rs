//! Several globs in one word, as `--include` and its environment variable take them: separated by commas, but for those inside
//! braces or brackets, which belong to a glob.

use std::convert::Infallible;
use std::str::FromStr;

/// The globs of one word; empty ones are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Globs(pub(super) Vec<String>);

impl FromStr for Globs {
    type Err = Infallible;

    fn from_str(word: &str) -> Result<Self, Infallible> {
        let (mut globs, mut open, mut escaped) = (vec![String::new()], 0u32, false);
        for c in word.chars() {
            match c {
                _ if escaped => {}
                '{' | '[' => open += 1,
                '}' | ']' => open = open.saturating_sub(1),
                ',' if open == 0 => {
                    globs.push(String::new());
                    continue;
                }
                _ => {}
            }
            escaped = c == '\\' && !escaped;
            globs.last_mut().expect("one at least").push(c);
        }
        globs.retain(|glob| !glob.is_empty());
        Ok(Self(globs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_separate_globs_but_not_alternatives() {
        let split = |word: &str| Globs::from_str(word).unwrap().0;
        assert_eq!(split("a/**,b.html"), ["a/**", "b.html"]);
        assert_eq!(split("blog/{2023,2024}/**,[x,y]z,"), ["blog/{2023,2024}/**", "[x,y]z"]);
        assert_eq!(split("{a,{b,c}},d"), ["{a,{b,c}}", "d"]);
        assert_eq!(split(r"\{a,b"), [r"\{a", "b"]);
        assert_eq!(split("a}b,c"), ["a}b", "c"], "nothing was open");
        assert!(split("").is_empty());
    }
}
