//! A batch of token sequences of different lengths, packed end to end.

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

    /// Number of tokens of all sequences.
    pub fn tokens(&self) -> usize {
        self.input_ids.len()
    }
}
