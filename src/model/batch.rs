//! A batch of token sequences of different lengths, packed end to end.

use super::config::ModelConfig;
use crate::error::{Error, Result};

/// Token ids of several sequences, without padding.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenBatch {
    input_ids: Vec<u32>,
    token_type_ids: Vec<u32>,
    offsets: Vec<usize>,
}

impl TokenBatch {
    /// An empty batch.
    pub fn new() -> Self {
        Self { offsets: vec![0], ..Self::default() }
    }

    /// A batch of one sequence of token type 0.
    pub fn one(input_ids: &[u32]) -> Self {
        let mut batch = Self::new();
        batch.push(input_ids);
        batch
    }

    /// Forgets all sequences and keeps the memory.
    pub fn clear(&mut self) {
        self.input_ids.clear();
        self.token_type_ids.clear();
        self.offsets.clear();
        self.offsets.push(0);
    }

    /// Appends a sequence of token type 0.
    pub fn push(&mut self, input_ids: &[u32]) {
        self.token_type_ids.resize(self.token_type_ids.len() + input_ids.len(), 0);
        self.input_ids.extend_from_slice(input_ids);
        self.offsets.push(self.input_ids.len());
    }

    /// Appends a pair that was joined to one sequence, with the token types that tell its parts.
    ///
    /// # Panics
    /// If the two differ in length.
    pub fn push_pair(&mut self, input_ids: &[u32], token_type_ids: &[u32]) {
        assert_eq!(input_ids.len(), token_type_ids.len(), "one token type per token");
        self.input_ids.extend_from_slice(input_ids);
        self.token_type_ids.extend_from_slice(token_type_ids);
        self.offsets.push(self.input_ids.len());
    }

    /// Token ids, `[tokens]`.
    pub fn input_ids(&self) -> &[u32] {
        &self.input_ids
    }

    /// Token types, `[tokens]`.
    pub fn token_type_ids(&self) -> &[u32] {
        &self.token_type_ids
    }

    /// Start of each sequence, and the number of tokens at the end: `[sequences + 1]`.
    pub fn offsets(&self) -> &[usize] {
        if self.offsets.is_empty() { &[0] } else { &self.offsets }
    }

    /// Number of sequences.
    pub fn len(&self) -> usize {
        self.offsets().len() - 1
    }

    /// Whether there is no sequence.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Checks that a model of this configuration can read the batch.
    ///
    /// # Errors
    /// If a token id, token type or sequence length is outside of what the model knows.
    pub fn check(&self, config: &ModelConfig) -> Result<()> {
        let error = |detail: String| Err(unfit(detail));
        if let Some(id) = self.input_ids.iter().find(|&&id| id as usize >= config.vocab_size) {
            return error(format!("token id {id} in a vocabulary of {}", config.vocab_size));
        }
        if let Some(id) = self.token_type_ids.iter().find(|&&id| id as usize >= config.type_vocab_size) {
            return error(format!("token type {id} of {}", config.type_vocab_size));
        }
        let longest = self.lengths().max().unwrap_or(0);
        if longest > config.max_positions {
            return error(format!("a sequence of {longest} tokens, longer than {}", config.max_positions));
        }
        Ok(())
    }

    /// Checks that every sequence has a first token.
    ///
    /// # Errors
    /// If one has none.
    pub fn check_first(&self) -> Result<()> {
        if self.lengths().any(|len| len == 0) { Err(unfit("a sequence of no tokens".to_owned())) } else { Ok(()) }
    }

    fn lengths(&self) -> impl Iterator<Item = usize> {
        self.offsets().windows(2).map(|window| window[1] - window[0])
    }

    /// Number of tokens of all sequences.
    pub fn tokens(&self) -> usize {
        self.input_ids.len()
    }
}

fn unfit(detail: String) -> Error {
    Error::Unsupported { file: "token batch".to_owned(), detail, next: "Encode texts with this model's tokenizer" }
}
