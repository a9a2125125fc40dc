//! The oracle for token ids: the `tokenizers` crate on the model's own `tokenizer.json`, beside our tokenizer on the
//! vocabulary of the same model.
#![allow(dead_code, unreachable_pub)] // A module of several test binaries; each uses a part.

use std::path::{Path, PathBuf};

use siteseer::model::import_config::{SIDE_FILES, SideFile, SideFiles};
use siteseer::text::word_piece::WordPiece;
use tokenizers::{Tokenizer, TruncationStrategy};

/// Folder of the F32 model that the project was made from: config.json, tokenizer.json, model.safetensors.
///
/// # Panics
/// If `SITESEER_REFERENCE_MODEL` does not name such a folder. A test without its oracle has not passed.
pub fn reference_model() -> PathBuf {
    let folder = std::env::var_os("SITESEER_REFERENCE_MODEL").map(PathBuf::from).unwrap_or_else(|| {
        panic!(
            "SITESEER_REFERENCE_MODEL is not set: it must name the folder of the F32 model (config.json, tokenizer.json, \
             model.safetensors). `./build.sh test` downloads it and sets the variable."
        )
    });
    for name in ["config.json", "tokenizer.json", "model.safetensors"] {
        let found = folder.join(name).is_file();
        assert!(found, "SITESEER_REFERENCE_MODEL: no {name} in {}. `./build.sh test` downloads it.", folder.display());
    }
    folder
}

/// Both tokenizers.
pub struct Pair {
    /// The oracle. Special tokens in text are text, nothing is padded or cut.
    pub theirs: Tokenizer,
    /// Ours.
    pub ours: WordPiece,
}

impl Pair {
    /// Both tokenizers of the model in `folder`.
    pub fn load(folder: &Path) -> Self {
        let mut theirs = Tokenizer::from_file(folder.join("tokenizer.json")).expect("tokenizer.json opens");
        theirs.with_truncation(None).expect("truncation can be switched off");
        theirs.with_padding(None);
        theirs.set_encode_special_tokens(true);
        let files: Vec<SideFile> = SIDE_FILES
            .into_iter()
            .filter_map(|name| Some(SideFile { name: name.into(), bytes: std::fs::read(folder.join(name)).ok()? }))
            .collect();
        let (config, vocab) = SideFiles(&files).read(None).expect("the model can be imported");
        Pair { theirs, ours: WordPiece::new(&vocab, config.tokenizer).expect("the vocabulary is good") }
    }

    /// The oracle's ids of `text`, without special tokens.
    pub fn their_ids(&self, text: &str) -> Vec<u32> {
        self.theirs.encode_fast(text, false).expect("tokenizers encodes any text").get_ids().to_vec()
    }

    /// Our ids of `text`, without special tokens.
    pub fn our_ids(&self, text: &str) -> Vec<u32> {
        let mut ids = Vec::new();
        self.ours.encode_into(text, &mut ids);
        ids
    }

    /// Fails with the smallest piece of `text` on which the two differ, if they differ.
    #[track_caller]
    pub fn assert_same(&self, text: &str) {
        if self.their_ids(text) == self.our_ids(text) {
            return;
        }
        let smallest = self.shrink(text);
        panic!(
            "token ids differ on {smallest:?} ({}):\n theirs {:?}\n ours   {:?}",
            smallest.escape_unicode(),
            self.their_ids(&smallest),
            self.our_ids(&smallest)
        );
    }

    /// The oracle, set to cut sequences to `max_tokens`.
    pub fn cutting(&self, max_tokens: usize, strategy: TruncationStrategy) -> Tokenizer {
        let mut theirs = self.theirs.clone();
        let cut = tokenizers::TruncationParams { max_length: max_tokens, strategy, ..Default::default() };
        theirs.with_truncation(Some(cut)).expect("a sensible length");
        theirs
    }

    /// Drops parts of `text` as long as the two tokenizers still differ.
    fn shrink(&self, text: &str) -> String {
        let mut chars: Vec<char> = text.chars().collect();
        let mut step = chars.len().div_ceil(2);
        loop {
            let mut at = 0;
            while at < chars.len() {
                let mut shorter = chars.clone();
                shorter.drain(at..(at + step).min(chars.len()));
                let text: String = shorter.iter().collect();
                if self.their_ids(&text) != self.our_ids(&text) {
                    chars = shorter;
                } else {
                    at += step;
                }
            }
            if step == 1 {
                return chars.into_iter().collect();
            }
            step = step.div_ceil(2);
        }
    }
}
