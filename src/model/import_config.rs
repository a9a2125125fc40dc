//! The JSON files of a Hugging Face sentence encoder, read into our configuration and vocabulary.
//!
//! Everything that would change the result and that this engine does not do is refused here, naming file and field:
//! another architecture, another activation, relative positions, a tokenizer other than BERT's WordPiece, extra layers.

use serde_json::Value;

use super::config::{ModelConfig, Pooling};
use super::file::ModelFile;
use crate::error::{Error, Result};
use crate::text::word_piece::WordPieceConfig;

/// Files of a model's folder that an import reads beside the weights, where they exist. Only `config.json` must.
pub const SIDE_FILES: [&str; 8] = [
    "config.json",
    "tokenizer.json",
    "vocab.txt",
    "tokenizer_config.json",
    "sentence_bert_config.json",
    "config_sentence_transformers.json",
    "modules.json",
    "1_Pooling/config.json",
];

/// A file of the model's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SideFile {
    /// Path within the folder, one of [`SIDE_FILES`].
    pub name: String,
    /// Content.
    pub bytes: Vec<u8>,
}

const NOT_OURS: &str = "Siteseer imports BERT-type sentence encoders, such as all-MiniLM-L6-v2 or bge-small-en-v1.5";

/// One JSON file, with errors that name file and field.
struct Json<'a> {
    file: &'a str,
    value: Value,
}

impl Json<'_> {
    fn unsupported(&self, field: &str, found: &Value, supported: &str) -> Error {
        let detail = format!("{field} is {found}; supported: {supported}");
        Error::Unsupported { file: self.file.to_string(), detail, next: NOT_OURS }
    }

    fn damaged(&self, detail: String) -> Error {
        damaged(self.file, detail)
    }

    /// The value at a JSON pointer; null where there is none.
    fn at(&self, pointer: &str) -> &Value {
        self.value.pointer(pointer).unwrap_or(&Value::Null)
    }

    /// Refuses any value at `pointer` but these; a missing one counts as null.
    fn only(&self, pointer: &str, supported: &[Value]) -> Result<()> {
        let found = self.at(pointer);
        if supported.contains(found) {
            return Ok(());
        }
        let list = supported.iter().filter(|value| !value.is_null()).map(Value::to_string).collect::<Vec<_>>();
        Err(self.unsupported(pointer.trim_start_matches('/'), found, &list.join(", ")))
    }

    fn size(&self, pointer: &str) -> Result<usize> {
        let number = self.at(pointer).as_u64().and_then(|number| usize::try_from(number).ok());
        number.ok_or_else(|| self.damaged(format!("{} is missing or not a whole number", &pointer[1..])))
    }

    /// The architecture that a `config.json` describes, at most `max_tokens` long.
    fn model(
        &self,
        max_tokens: usize,
        pooling: Pooling,
        normalize: bool,
        tokenizer: WordPieceConfig,
    ) -> Result<ModelConfig> {
        let max_positions = self.size("/max_position_embeddings")?;
        Ok(ModelConfig {
            hidden_size: self.size("/hidden_size")?,
            num_layers: self.size("/num_hidden_layers")?,
            num_heads: self.size("/num_attention_heads")?,
            intermediate_size: self.size("/intermediate_size")?,
            vocab_size: self.size("/vocab_size")?,
            max_positions,
            type_vocab_size: self.size("/type_vocab_size")?,
            layer_norm_eps: self.at("/layer_norm_eps").as_f64().unwrap_or(1e-12),
            max_tokens: max_tokens.min(max_positions),
            pooling,
            normalize,
            tokenizer,
        })
    }
}

fn damaged(file: &str, detail: String) -> Error {
    Error::Damaged { file: file.to_string(), detail, next: "Give the folder of a complete sentence-transformers model" }
}

/// The files of a model's folder that are there.
#[derive(Debug, Clone, Copy)]
pub struct SideFiles<'a>(pub &'a [SideFile]);

impl<'a> SideFiles<'a> {
    fn bytes(&self, name: &str) -> Option<(&'a str, &'a [u8])> {
        self.0.iter().find(|file| file.name == name).map(|file| (file.name.as_str(), file.bytes.as_slice()))
    }

    fn json(&self, name: &str) -> Result<Option<Json<'a>>> {
        let Some((file, bytes)) = self.bytes(name) else {
            return Ok(None);
        };
        let value = serde_json::from_slice(bytes).map_err(|error| damaged(file, error.to_string()))?;
        Ok(Some(Json { file, value }))
    }

    /// The configuration and the vocabulary (tokens, one a line). `pooling` overrides what the folder says.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for what the engine does not do, [`Error::Damaged`] for files that are missing, broken or
    /// contradict each other.
    pub fn read(&self, pooling: Option<Pooling>) -> Result<(ModelConfig, String)> {
        let config = self.bert_config()?;
        let (tokenizer, vocab) = self.tokenizer()?;
        let (said, normalize) = self.pooling()?;
        let pooling = pooling.or(said).ok_or_else(|| {
            let next = "Pass `--pooling mean` or `--pooling cls`, as the model's card says";
            let detail = "the file is missing, so the pooling is not known".to_string();
            Error::Damaged { file: "1_Pooling/config.json".to_string(), detail, next }
        })?;
        let model = config.model(self.max_tokens()?.unwrap_or(512), pooling, normalize, tokenizer)?;
        model.check().map_err(|detail| config.damaged(detail))?;
        let tokens = vocab.lines().count();
        if tokens > model.vocab_size {
            return Err(config.damaged(format!("vocab_size is {}, but there are {tokens} tokens", model.vocab_size)));
        }
        Ok((model, vocab))
    }

    /// The configuration of a cross-encoder that shares word embeddings and tokenizer with `table_of`, with as many
    /// positions as `max_tokens`; and the number of positions that the checkpoint has.
    ///
    /// # Errors
    /// As [`read`](Self::read); [`Error::Unsupported`] if it has more than one label, [`Error::Mismatch`] if its word
    /// embeddings have another shape than those of `table_of`.
    pub fn read_cross_encoder(&self, table_of: &ModelFile<'_>, max_tokens: usize) -> Result<(ModelConfig, usize)> {
        let config = self.bert_config()?;
        let labels = config.at("/id2label").as_object().map_or(1, serde_json::Map::len);
        if labels != 1 {
            return Err(config.unsupported("id2label", &format!("of {labels} labels").into(), "one label"));
        }
        let table = table_of.config();
        let mut model = config.model(max_tokens, Pooling::Cls, false, table.tokenizer.clone())?;
        for (what, found, expected) in
            [("vocab_size", model.vocab_size, table.vocab_size), ("hidden_size", model.hidden_size, table.hidden_size)]
        {
            if found != expected {
                let (file, next) = ("config.json".to_string(), "Give the bi-encoder that the model was trained with");
                let (found, expected) = (found.to_string(), expected.to_string());
                return Err(Error::Mismatch { file, what, expected, found, next });
            }
        }
        let positions = std::mem::replace(&mut model.max_positions, model.max_tokens);
        model.check().map_err(|detail| config.damaged(detail))?;
        Ok((model, positions))
    }

    /// `config.json`, if it is of a BERT that the engine runs.
    fn bert_config(&self) -> Result<Json<'a>> {
        let config = self.json("config.json")?.ok_or_else(|| damaged("config.json", "the file is missing".into()))?;
        config.only("/model_type", &["bert".into()])?;
        config.only("/hidden_act", &["gelu".into()])?;
        config.only("/position_embedding_type", &["absolute".into(), Value::Null])?;
        config.only("/is_decoder", &[false.into(), Value::Null])?;
        Ok(config)
    }

    /// Tokens of a sequence: what sentence-transformers uses, then the tokenizer's own limit.
    fn max_tokens(&self) -> Result<Option<usize>> {
        let places = [("sentence_bert_config.json", "/max_seq_length"), ("tokenizer_config.json", "/model_max_length")];
        for (file, pointer) in places {
            if let Some(json) = self.json(file)?
                && let Some(limit) = json.at(pointer).as_u64()
            {
                return Ok(usize::try_from(limit).ok());
            }
        }
        Ok(None)
    }

    /// The pooling, if the folder says, and whether embeddings are normalised (yes, if the folder does not say).
    fn pooling(&self) -> Result<(Option<Pooling>, bool)> {
        let mut normalize = true;
        if let Some(modules) = self.json("modules.json")? {
            let types = modules.value.as_array().into_iter().flatten().map(|module| &module["type"]);
            normalize = false;
            for module in types {
                match module.as_str().and_then(|name| name.rsplit('.').next()) {
                    Some("Transformer" | "Pooling") => {}
                    Some("Normalize") => normalize = true,
                    _ => {
                        return Err(modules.unsupported("type", module, "Transformer, Pooling, Normalize"));
                    }
                }
            }
        }
        if let Some(prompts) = self.json("config_sentence_transformers.json")? {
            prompts.only("/default_prompt_name", &[Value::Null])?;
        }
        let Some(json) = self.json("1_Pooling/config.json")? else {
            return Ok((None, normalize));
        };
        let modes = json.value.as_object().into_iter().flatten();
        let on: Vec<&str> = modes
            .filter(|(key, value)| key.starts_with("pooling_mode_") && **value == Value::Bool(true))
            .map(|(key, _)| key.as_str())
            .collect();
        match on[..] {
            ["pooling_mode_mean_tokens"] => Ok((Some(Pooling::Mean), normalize)),
            ["pooling_mode_cls_token"] => Ok((Some(Pooling::Cls), normalize)),
            _ => Err(json.unsupported("pooling_mode", &on.join(" + ").into(), "mean_tokens or cls_token")),
        }
    }

    /// The tokenizer: from `tokenizer.json`, which says everything, or else from `vocab.txt` and
    /// `tokenizer_config.json`.
    fn tokenizer(&self) -> Result<(WordPieceConfig, String)> {
        if let Some(json) = self.json("tokenizer.json")? {
            return fast_tokenizer(&json);
        }
        let Some((file, bytes)) = self.bytes("vocab.txt") else {
            return Err(damaged("tokenizer.json", "neither this file nor vocab.txt is there".into()));
        };
        let text = std::str::from_utf8(bytes).map_err(|error| damaged(file, error.to_string()))?;
        let tokens: Vec<&str> = text.lines().map(str::trim_end).collect();
        let json =
            self.json("tokenizer_config.json")?.unwrap_or(Json { file: "tokenizer_config.json", value: Value::Null });
        let flag = |pointer, default| json.at(pointer).as_bool().unwrap_or(default);
        let lowercase = flag("/do_lower_case", true);
        let id = |token| token_id(&tokens, token).ok_or_else(|| damaged(file, format!("no token {token}")));
        let config = WordPieceConfig {
            lowercase,
            strip_accents: flag("/strip_accents", lowercase),
            split_cjk: flag("/tokenize_chinese_chars", true),
            unk_id: id("[UNK]")?,
            cls_id: id("[CLS]")?,
            sep_id: id("[SEP]")?,
            pad_id: id("[PAD]")?,
            max_word_chars: 100,
        };
        Ok((config, tokens.join("\n")))
    }
}

fn token_id(tokens: &[&str], token: &str) -> Option<u32> {
    tokens.iter().position(|candidate| *candidate == token).map(|id| id as u32)
}

/// Reads a `tokenizer.json`.
fn fast_tokenizer(json: &Json<'_>) -> Result<(WordPieceConfig, String)> {
    json.only("/model/type", &["WordPiece".into()])?;
    json.only("/model/continuing_subword_prefix", &["##".into()])?;
    json.only("/normalizer/type", &["BertNormalizer".into()])?;
    json.only("/normalizer/clean_text", &[true.into()])?;
    json.only("/pre_tokenizer/type", &["BertPreTokenizer".into()])?;
    json.only("/post_processor/type", &["TemplateProcessing".into(), "BertProcessing".into()])?;

    let entries = json.at("/model/vocab").as_object().ok_or_else(|| json.damaged("model.vocab is missing".into()))?;
    let mut tokens = vec![None; entries.len()];
    for (token, id) in entries {
        if token.is_empty() || token.contains(['\n', '\r']) {
            return Err(json.damaged(format!("model.vocab: token {token:?} can't stand on a line of its own")));
        }
        let slot = id.as_u64().and_then(|id| tokens.get_mut(usize::try_from(id).ok()?));
        match slot {
            Some(slot @ None) => *slot = Some(token.as_str()),
            _ => {
                return Err(json.damaged(format!("model.vocab: id {id} of token {token:?} is double or too large")));
            }
        }
    }
    // As many slots as entries and no id twice: every slot is filled.
    let tokens: Vec<&str> = tokens.into_iter().flatten().collect();
    let id =
        |token: &str| token_id(&tokens, token).ok_or_else(|| json.damaged(format!("model.vocab: no token {token}")));
    let lowercase = json.at("/normalizer/lowercase").as_bool().unwrap_or(true);
    let config = WordPieceConfig {
        lowercase,
        strip_accents: json.at("/normalizer/strip_accents").as_bool().unwrap_or(lowercase),
        split_cjk: json.at("/normalizer/handle_chinese_chars").as_bool().unwrap_or(true),
        unk_id: id(json.at("/model/unk_token").as_str().unwrap_or("[UNK]"))?,
        cls_id: id("[CLS]")?,
        sep_id: id("[SEP]")?,
        pad_id: id("[PAD]")?,
        max_word_chars: json.size("/model/max_input_chars_per_word")?,
    };
    Ok((config, tokens.join("\n")))
}
