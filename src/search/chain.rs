//! Chains of rungs, as `siteseer eval --chain` writes them: what gathers candidates, and what reorders the best of them.
//!
//! ```text
//! chain   first (">" rung)*
//! first   "lexical" | "dense" | "lexical+static" | "lexical+sparse" | "lexical+dense" or "fused"
//! rung    "late:" N | "cross:" N                      N candidates, 1 to 200
//! ```
//! Each rung adds what it says to the scores of the first N and reorders these. A first list of one kind of scores is standardised,
//! so that the rungs add to it as they add to a fused one.

use std::fmt;
use std::str::FromStr;

/// Most candidates of a rung.
const MOST: usize = 200;

/// What gathers the candidates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum First {
    /// Words alone.
    Lexical,
    /// Vectors of the bi-encoder alone.
    Dense,
    /// Words, and vectors of the static query tower.
    Static,
    /// Words, and learned sparse impacts.
    Sparse,
    /// Words, and vectors of the bi-encoder.
    Fused,
}

/// What reorders the best so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rung {
    /// Late interaction.
    Late(usize),
    /// The cross-encoder.
    Cross(usize),
}

/// A chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// What gathers the candidates.
    pub first: First,
    /// What reorders them, in order.
    pub rungs: Vec<Rung>,
}

/// Why a text is no chain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no part of a chain. One is written lexical+dense>late:30>cross:10: first lexical, dense, lexical+static, \
     lexical+sparse or lexical+dense (fused), then late:N or cross:N with N from 1 to 200"
)]
pub struct NotAChain(String);

impl First {
    /// The name in a chain.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lexical => "lexical",
            Self::Dense => "dense",
            Self::Static => "lexical+static",
            Self::Sparse => "lexical+sparse",
            Self::Fused => "lexical+dense",
        }
    }
}

impl FromStr for First {
    type Err = NotAChain;

    fn from_str(text: &str) -> Result<Self, NotAChain> {
        if text == "fused" {
            return Ok(Self::Fused);
        }
        let all = [Self::Lexical, Self::Dense, Self::Static, Self::Sparse, Self::Fused];
        all.into_iter().find(|first| first.name() == text).ok_or_else(|| NotAChain(text.to_owned()))
    }
}

impl FromStr for Rung {
    type Err = NotAChain;

    fn from_str(text: &str) -> Result<Self, NotAChain> {
        let parts = text.split_once(':').and_then(|(name, n)| Some((name, n.parse::<usize>().ok()?)));
        match parts {
            Some(("late", n @ 1..=MOST)) => Ok(Self::Late(n)),
            Some(("cross", n @ 1..=MOST)) => Ok(Self::Cross(n)),
            _ => Err(NotAChain(text.to_owned())),
        }
    }
}

impl FromStr for Chain {
    type Err = NotAChain;

    fn from_str(text: &str) -> Result<Self, NotAChain> {
        let mut parts = text.split('>').map(str::trim);
        let first = parts.next().unwrap_or_default().parse()?;
        Ok(Self { first, rungs: parts.map(str::parse).collect::<Result<_, _>>()? })
    }
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.first.name())?;
        self.rungs.iter().try_for_each(|rung| match rung {
            Rung::Late(n) => write!(f, ">late:{n}"),
            Rung::Cross(n) => write!(f, ">cross:{n}"),
        })
    }
}

impl Chain {
    /// Whether a rung is late interaction.
    pub fn has_late(&self) -> bool {
        self.rungs.iter().any(|rung| matches!(rung, Rung::Late(_)))
    }

    /// Whether a rung is the cross-encoder.
    pub fn has_cross(&self) -> bool {
        self.rungs.iter().any(|rung| matches!(rung, Rung::Cross(_)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_are_read_and_written() {
        let chain: Chain = "lexical+dense > late:30 > cross:10".parse().unwrap();
        assert_eq!(chain, Chain { first: First::Fused, rungs: vec![Rung::Late(30), Rung::Cross(10)] });
        assert!(chain.has_late() && chain.has_cross());
        for text in [
            "lexical",
            "dense>cross:30",
            "lexical+static>late:200",
            "lexical+sparse>cross:9",
            "lexical+dense>late:30>cross:10",
        ] {
            assert_eq!(text.parse::<Chain>().unwrap().to_string(), text);
        }
        let fused: Chain = "fused".parse().unwrap();
        assert_eq!((fused.to_string().as_str(), fused.has_late(), fused.has_cross()), ("lexical+dense", false, false));
    }

    #[test]
    fn what_is_no_chain_is_named() {
        let error = |text: &str| text.parse::<Chain>().unwrap_err().to_string();
        for (text, part) in [
            ("", "``"),
            ("late:30", "`late:30`"),
            ("lexical>late", "`late`"),
            ("lexical>late:0", "`late:0`"),
            ("lexical>late:201", "`late:201`"),
            ("lexical>cross:-1", "`cross:-1`"),
            ("lexical>>cross:1", "``"),
            ("lexical>sparse:9", "`sparse:9`"),
            ("dense+lexical", "`dense+lexical`"),
        ] {
            assert!(error(text).starts_with(part), "{text}: {}", error(text));
        }
    }
}
