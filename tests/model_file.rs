//! The model file: what import makes of a model, and that nothing broken is ever taken for a model.

#![cfg(not(target_arch = "wasm32"))]

#[path = "common/tiny_bert.rs"]
mod tiny_bert;
#[path = "common/tokenizer.rs"]
mod tokenizer;

use candle_core::{DType, Tensor};
use serde_json::{Value, json};
use siteseer::Error;
use siteseer::hash::sha256_hex;
use siteseer::model::config::Pooling;
use siteseer::model::file::{ModelFile, tokenizer_sha256};
use siteseer::model::import::Imported;
use std::path::Path;
use tiny_bert::{HIDDEN, INTER, TinyBert};

const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/models/all-MiniLM-L6-v2.safetensors");

fn tiny() -> Vec<u8> {
    TinyBert::new().import().unwrap().bytes
}

/// The file with its header changed; the data stays.
fn with_header(bytes: &[u8], change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let len = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let mut header: Value = serde_json::from_slice(&bytes[8..8 + len]).unwrap();
    change(&mut header);
    let header = header.to_string();
    let mut changed = (header.len() as u64).to_le_bytes().to_vec();
    changed.extend(header.as_bytes());
    changed.extend(&bytes[8 + len..]);
    changed
}

/// The file with one field of the configuration in its metadata changed.
fn with_config(bytes: &[u8], field: &str, value: Value) -> Vec<u8> {
    with_header(bytes, |header| {
        let text = header["__metadata__"]["siteseer.config"].as_str().unwrap();
        let mut config: Value = serde_json::from_str(text).unwrap();
        *config.pointer_mut(field).unwrap() = value;
        header["__metadata__"]["siteseer.config"] = config.to_string().into();
    })
}

fn parse_error(bytes: &[u8]) -> Error {
    let error = ModelFile::parse(bytes, "m.safetensors").expect_err("must be refused");
    assert!(error.to_string().starts_with("m.safetensors: "), "{error}");
    error
}

#[track_caller]
fn assert_damaged(bytes: &[u8], part: &str) {
    let error = parse_error(bytes);
    assert!(matches!(error, Error::Damaged { .. }) && error.to_string().contains(part), "{error}");
}

#[track_caller]
fn assert_unsupported(model: &TinyBert, file: &str, part: &str) {
    let error = model.import().expect_err("must be refused");
    let text = error.to_string();
    assert!(matches!(error, Error::Unsupported { .. }) && text.starts_with(file) && text.contains(part), "{text}");
}

#[track_caller]
fn assert_import_damaged(model: &TinyBert, file: &str, part: &str) {
    let error = model.import().expect_err("must be refused");
    let text = error.to_string();
    assert!(matches!(error, Error::Damaged { .. }) && text.starts_with(file) && text.contains(part), "{text}");
}

#[test]
fn import_then_parse_gives_the_model_back() {
    let model = TinyBert::new();
    let Imported { bytes, left_out, worst_row, .. } = model.import().unwrap();
    assert_eq!(left_out, ["pooler.dense.weight"]);
    assert!(worst_row.error > 0.0 && worst_row.error < 0.01, "{worst_row:?}");

    let file = ModelFile::parse(&bytes, "m").unwrap();
    file.verify().unwrap();
    assert_eq!((file.id(), file.license(), file.source()), ("tiny", "MIT", "made up"));
    assert_eq!(file.source_sha256(), sha256_hex(&[&model.safetensors()]));
    assert_eq!(file.vocab().unwrap().lines().nth(7), Some("##space"));
    let config = file.config();
    assert_eq!((config.hidden_size, config.num_layers, config.num_heads), (HIDDEN, 2, 2));
    assert_eq!((config.max_tokens, config.pooling, config.normalize), (12, Pooling::Mean, true));
    assert_eq!((config.tokenizer.cls_id, config.tokenizer.sep_id, config.tokenizer.unk_id), (2, 3, 1));
    assert!(config.tokenizer.strip_accents, "follows lowercase where it is null");
    assert_eq!(file.tokenizer_sha256(), tokenizer_sha256(file.vocab().unwrap(), &config.tokenizer));
    let weights: usize = model.weights.values().map(Tensor::elem_count).sum();
    assert_eq!(file.num_parameters(), weights - HIDDEN * HIDDEN);

    // Every weight is restored to within half a step, q, k and v stacked in this order.
    let name = |part: &str| format!("layers.1.qkv.{part}");
    let values = file.i8(&name("weight"), &[3 * HIDDEN, HIDDEN]).unwrap();
    let scales = file.f32(&name("scale"), &[3 * HIDDEN]).unwrap();
    let bias = file.f32(&name("bias"), &[3 * HIDDEN]).unwrap();
    for (part, theirs) in ["query", "key", "value"].iter().enumerate() {
        let theirs = |field| &model.weights[&format!("encoder.layer.1.attention.self.{theirs}.{field}")];
        assert_eq!(theirs("bias").to_vec1::<f32>().unwrap(), bias[part * HIDDEN..][..HIDDEN]);
        for (row, weights) in theirs("weight").to_vec2::<f32>().unwrap().iter().enumerate() {
            let row = part * HIDDEN + row;
            for (weight, q) in weights.iter().zip(&values[row * HIDDEN..]) {
                let error = (weight - scales[row] * f32::from(*q)).abs();
                assert!(error <= scales[row] * 0.5001, "{weight} {q} {}", scales[row]);
            }
        }
    }
    assert_eq!(file.i8("layers.0.output.weight", &[HIDDEN, INTER]).unwrap().len(), HIDDEN * INTER);
    assert_eq!(bytes, model.import().unwrap().bytes, "the same input gives the same bytes");
}

#[test]
fn spellings_of_the_same_weights_give_the_same_numbers() {
    let data = |bytes: &[u8]| {
        let file = ModelFile::parse(bytes, "m").unwrap();
        let floats = file.f32("layers.1.output_norm.weight", &[HIDDEN]).unwrap();
        (file.i8("layers.1.intermediate.weight", &[INTER, HIDDEN]).unwrap().to_vec(), floats)
    };
    let expected = data(&tiny());
    let spellings = [
        TinyBert::new().renamed(|name| format!("bert.{name}")),
        TinyBert::new().renamed(|name| name.replace("Norm.weight", "Norm.gamma").replace("Norm.bias", "Norm.beta")),
        TinyBert::new().cast(DType::F16),
        TinyBert::new().cast(DType::BF16),
    ];
    for spelling in spellings {
        assert_eq!(data(&spelling.import().unwrap().bytes), expected);
    }
}

#[test]
fn truncated_at_any_length() {
    let bytes = tiny();
    for len in 0..bytes.len() {
        let error = parse_error(&bytes[..len]);
        assert!(matches!(error, Error::Truncated { found, .. } if found == len as u64), "{len}: {error}");
    }
    let header = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap());
    let Error::Truncated { expected, .. } = parse_error(&bytes[..bytes.len() - 1]) else { panic!() };
    assert_eq!(expected, bytes.len() as u64);
    let Error::Truncated { expected, .. } = parse_error(&bytes[..20]) else { panic!() };
    assert_eq!(expected, header);
    let mut longer = bytes.clone();
    longer.push(0);
    assert_damaged(&longer, "1 bytes too many");
}

#[test]
fn no_change_of_a_header_byte_panics() {
    let bytes = tiny();
    let end = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    for at in 0..end {
        for flip in [0x01, 0x10, 0x80, 0xff] {
            let mut broken = bytes.clone();
            broken[at] ^= flip;
            if let Ok(file) = ModelFile::parse(&broken, "m") {
                // A changed name, licence or rule of the tokenizer is still a model file; reading it must be safe.
                let _ = file.verify();
            }
        }
    }
}

#[test]
fn files_that_are_not_models() {
    assert_damaged(&[0x1f; 64], "not a safetensors file");
    assert_damaged(b"<!doctype html><title>404</title>", "not a safetensors file");
    let error = parse_error(&TinyBert::new().safetensors());
    assert!(
        matches!(error, Error::Unsupported { .. }) && error.to_string().contains("siteseer model import"),
        "{error}"
    );
}

#[test]
fn versions_and_kinds_of_the_future() {
    let meta = |key: &str, value: Value| with_header(&tiny(), |header| header["__metadata__"][key] = value);
    let error = parse_error(&meta("siteseer.format", json!("2")));
    assert!(matches!(error, Error::Version { found: 2, supported: 1, .. }), "{error}");
    assert!(error.to_string().contains("newer siteseer"), "{error}");
    assert_damaged(&meta("siteseer.format", json!("one")), "format version");
    assert!(matches!(parse_error(&meta("siteseer.kind", json!("late-interaction"))), Error::Unsupported { .. }));
    assert_damaged(&meta("siteseer.kind", json!("cross-encoder")), "siteseer.table_source_sha256");
    for key in ["kind", "id", "config", "license", "source", "source_sha256", "tokenizer_sha256"] {
        let key = format!("siteseer.{key}");
        let removed = with_header(&tiny(), |header| {
            header["__metadata__"].as_object_mut().unwrap().remove(&key).unwrap();
        });
        assert_damaged(&removed, &key);
    }
}

#[test]
fn tensors_that_are_not_as_the_configuration_says() {
    let bytes = tiny();
    let rename = |from: &str, to: &str| {
        with_header(&bytes, |header| {
            let entry = header.as_object_mut().unwrap().remove(from).unwrap();
            header[to] = entry;
        })
    };
    assert_damaged(&rename("layers.1.output.bias", "layers.1.output.bios"), "no tensor layers.1.output.bias");
    assert_damaged(&rename("tokenizer.vocab", "vocab"), "no tensor tokenizer.vocab");
    let set = |name: &str, field: &str, value: Value| with_header(&bytes, |header| header[name][field] = value);
    assert_damaged(&set("layers.0.output.weight", "dtype", json!("U8")), "is U8, but must be I8");
    assert_damaged(&set("layers.0.output.weight", "shape", json!([INTER, HIDDEN])), "must have [8, 12]");
    assert_damaged(&set("layers.0.output.weight", "shape", json!([HIDDEN * INTER])), "must have [8, 12]");
    assert_damaged(&set("layers.0.output.weight", "shape", json!([7])), "header");
    assert_damaged(&set("layers.0.output.weight", "shape", json!([u64::MAX, 2])), "header");
    assert_damaged(&set("layers.0.output.weight", "data_offsets", json!([0, 96])), "header");
    let fewer_layers = with_config(&bytes, "/num_layers", json!(1));
    assert_damaged(&fewer_layers, "tensors, but the configuration has");

    let file = ModelFile::parse(&bytes, "m").unwrap();
    assert!(matches!(file.i8("layers.0.output.weight", &[1, 2]), Err(Error::Damaged { .. })));
    assert!(matches!(file.i8("layers.0.output.bias", &[HIDDEN]), Err(Error::Damaged { .. })));
    assert!(matches!(file.f32("nothing", &[]), Err(Error::Damaged { .. })));
}

#[test]
fn impossible_configurations() {
    let bytes = tiny();
    for (field, value, part) in [
        ("/hidden_size", json!(0), "hidden_size is 0"),
        ("/hidden_size", json!(1u64 << 40), "hidden_size"),
        ("/num_heads", json!(3), "does not divide"),
        ("/hidden_size", json!(2048), "a head has 1024"),
        ("/num_layers", json!(1 << 20), "num_layers"),
        ("/vocab_size", json!(8), "embeddings.word has shape [9, 8]"),
        ("/max_tokens", json!(17), "max_tokens is 17"),
        ("/max_tokens", json!(2), "max_tokens is 2"),
        ("/layer_norm_eps", json!(0.0), "layer_norm_eps"),
        ("/tokenizer/sep_id", json!(9), "sep_id is 9"),
        ("/pooling", json!("max"), "siteseer.config"),
        ("/num_heads", json!(-1), "siteseer.config"),
    ] {
        assert_damaged(&with_config(&bytes, field, value), part);
    }
}

#[test]
fn verify_finds_what_the_header_does_not_show() {
    let other_rules = with_config(&tiny(), "/tokenizer/lowercase", json!(false));
    let error = ModelFile::parse(&other_rules, "m").unwrap().verify().unwrap_err();
    assert!(error.to_string().contains("tokenizer has SHA-256"), "{error}");

    let mut broken = tiny();
    let header_end = 8 + u64::from_le_bytes(broken[..8].try_into().unwrap()) as usize;
    broken[header_end..header_end + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    let error = ModelFile::parse(&broken, "m").unwrap().verify().unwrap_err();
    assert!(error.to_string().contains("not finite"), "{error}");
}

#[test]
fn import_refuses_other_architectures_naming_the_field() {
    let with = |file: &str, pointer: &str, value: Value| TinyBert::new().with(file, pointer, value);
    for (file, pointer, value, part) in [
        ("config.json", "/model_type", json!("roberta"), "model_type is \"roberta\"; supported: \"bert\""),
        ("config.json", "/hidden_act", json!("relu"), "hidden_act is \"relu\""),
        ("config.json", "/position_embedding_type", json!("relative_key"), "position_embedding_type"),
        ("config.json", "/is_decoder", json!(true), "is_decoder is true"),
        ("tokenizer.json", "/model/type", json!("BPE"), "model/type is \"BPE\""),
        ("tokenizer.json", "/model/continuing_subword_prefix", json!("_"), "continuing_subword_prefix"),
        ("tokenizer.json", "/normalizer/type", json!("NFC"), "normalizer/type"),
        ("tokenizer.json", "/normalizer/clean_text", json!(false), "clean_text"),
        ("tokenizer.json", "/pre_tokenizer/type", json!("Whitespace"), "pre_tokenizer/type"),
        ("1_Pooling/config.json", "/pooling_mode_max_tokens", json!(true), "pooling_mode"),
        ("modules.json", "/1", json!({"type": "sentence_transformers.models.Dense"}), "Dense"),
    ] {
        assert_unsupported(&with(file, pointer, value), file, part);
    }
    assert_unsupported(&TinyBert::new().cast(DType::F64), "model.safetensors", "F64");
}

#[test]
fn import_refuses_broken_models_naming_the_file() {
    let with = |file: &str, pointer: &str, value: Value| TinyBert::new().with(file, pointer, value);
    assert_import_damaged(&TinyBert::new().without("config.json"), "config.json", "missing");
    assert_import_damaged(&TinyBert::new().without("tokenizer.json"), "tokenizer.json", "vocab.txt");
    assert_import_damaged(&TinyBert::new().without("1_Pooling/config.json"), "1_Pooling/config.json", "--pooling");
    assert_import_damaged(&with("config.json", "/hidden_size", json!("8")), "config.json", "hidden_size");
    assert_import_damaged(&with("config.json", "/num_attention_heads", json!(3)), "config.json", "num_heads is 3");
    assert_import_damaged(&with("config.json", "/vocab_size", json!(8)), "config.json", "9 tokens");
    assert_import_damaged(&with("config.json", "/intermediate_size", json!(13)), "model.safetensors", "[12, 8]");
    assert_import_damaged(&with("config.json", "/num_hidden_layers", json!(3)), "model.safetensors", "no tensor");
    assert_import_damaged(&with("tokenizer.json", "/model/vocab/cargo", json!(6)), "tokenizer.json", "id 6");
    assert_import_damaged(&with("tokenizer.json", "/model/vocab/cargo", json!(99)), "tokenizer.json", "id 99");
    assert_import_damaged(&with("tokenizer.json", "/model/vocab/a\nb", json!(9)), "tokenizer.json", "a\\nb");

    let mut not_finite = TinyBert::new();
    let name = "encoder.layer.0.output.dense.weight";
    let weights = (not_finite.weights[name].clone() * f64::INFINITY).unwrap();
    not_finite.weights.insert(name.to_string(), weights);
    assert_import_damaged(&not_finite, "model.safetensors", "not finite");

    let mut text = TinyBert::new();
    text.files.insert("modules.json".into(), json!("not JSON"));
    assert_import_damaged(&text, "modules.json", "expected");
}

#[test]
fn import_without_tokenizer_json_reads_vocab_txt() {
    let mut model = TinyBert::new().without("tokenizer.json").without("sentence_bert_config.json");
    let vocab = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\ncargo\nwork\n##space\n##s\n";
    model.files.insert("vocab.txt".into(), json!(vocab));
    let bytes = model.import().unwrap().bytes;
    let file = ModelFile::parse(&bytes, "m").unwrap();
    let expected = tiny();
    assert_eq!(file.tokenizer_sha256(), ModelFile::parse(&expected, "m").unwrap().tokenizer_sha256());
    assert_eq!(file.config().max_tokens, 14, "from tokenizer_config.json");
}

#[test]
fn the_committed_file_is_good_and_import_makes_it() {
    let bytes = std::fs::read(MODEL).expect("the model file is part of the repository");
    let file = ModelFile::parse(&bytes, MODEL).unwrap();
    file.verify().unwrap();
    assert_eq!((file.id(), file.license()), ("all-MiniLM-L6-v2", "Apache-2.0"));
    let config = file.config();
    assert_eq!((config.hidden_size, config.num_layers, config.num_heads), (384, 6, 12));
    assert_eq!((config.max_tokens, config.pooling, config.normalize), (256, Pooling::Mean, true));
    assert_eq!(file.num_parameters(), 22_565_376);

    let out = tempfile::tempdir().unwrap();
    let made = out.path().join("made.safetensors");
    let mut command = assert_cmd::Command::cargo_bin("siteseer").unwrap();
    command.args(["model", "import", "--id", file.id(), "--license", file.license(), "--source", file.source()]);
    command.arg("--out").arg(&made).arg(tokenizer::reference_model()).assert().success();
    assert!(std::fs::read(&made).unwrap() == bytes, "models/README.md has the command that makes the committed file");
}

#[test]
fn the_command_line_refuses_to_overwrite_and_leaves_nothing_half_written() {
    let model = TinyBert::new();
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("tiny");
    std::fs::create_dir_all(source.join("1_Pooling")).unwrap();
    std::fs::write(source.join("model.safetensors"), model.safetensors()).unwrap();
    for file in model.side_files() {
        std::fs::write(source.join(file.name), file.bytes).unwrap();
    }
    let siteseer = |args: &[&str]| {
        let mut command = assert_cmd::Command::cargo_bin("siteseer").unwrap();
        command.current_dir(folder.path()).args(args).assert()
    };
    let made = folder.path().join("tiny.safetensors");
    siteseer(&["model", "import", "tiny"]).success().stdout(predicates::str::contains("SHA-256"));
    let first = std::fs::read(&made).unwrap();
    siteseer(&["model", "import", "tiny"]).failure().stderr(predicates::str::contains("--force"));
    siteseer(&["model", "import", "tiny", "--force", "--id", "other", "--out", "tiny.safetensors"]).success();
    assert_ne!(std::fs::read(&made).unwrap(), first);

    let info = siteseer(&["model", "info", "tiny.safetensors", "--json", "--tensors"]).success();
    let info: Value = serde_json::from_slice(&info.get_output().stdout).unwrap();
    assert_eq!((&info["id"], &info["config"]["hidden_size"]), (&json!("other"), &json!(HIDDEN)));
    assert_eq!(info["sha256"], json!(sha256_hex(&[&std::fs::read(&made).unwrap()])));
    assert_eq!(info["tensors"].as_array().unwrap().len(), 40);
    siteseer(&["model", "info", "tiny.safetensors"]).success().stdout(predicates::str::contains("2 of 2 heads x 4"));

    siteseer(&["model", "info", "tiny/model.safetensors"]).failure().stderr(predicates::str::contains("model import"));
    siteseer(&["model", "import", "nowhere"]).failure().stderr(predicates::str::contains("no such file or folder"));
    siteseer(&["model", "import", "."]).failure().stderr(predicates::str::contains("no model.safetensors"));
    std::fs::remove_file(source.join("config.json")).unwrap();
    siteseer(&["model", "import", "tiny", "--force"])
        .failure()
        .stderr(predicates::str::contains("config.json: damaged"));
    let mut left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["tiny", "tiny.safetensors"]);
}

#[test]
fn cards_say_length_and_hash_of_each_file_and_the_notice_names_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |name: &str| std::fs::read_to_string(root.join(name)).unwrap();
    let (cards, notice) = (read("models/README.md"), read("NOTICE"));
    let files = std::fs::read_dir(root.join("models")).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<_> = files.filter(|path| path.extension().is_some_and(|end| end == "safetensors")).collect();
    assert!(files.len() >= 6, "{files:?}");
    for path in files {
        let (bytes, id) = (std::fs::read(&path).unwrap(), path.file_stem().unwrap().to_str().unwrap());
        let card = cards.split("\n## ").find(|card| card.starts_with(&format!("{id}\n")));
        let card = card.unwrap_or_else(|| panic!("no card of {id}"));
        assert!(card.contains(&sha256_hex(&[&bytes])), "SHA-256 of {id}: {}", sha256_hex(&[&bytes]));
        let length = card.replace(',', "");
        assert!(
            length.contains(&format!("`{id}.safetensors` {} bytes", bytes.len())),
            "{id} has {} bytes",
            bytes.len()
        );
        assert!(notice.lines().any(|line| line == id), "NOTICE without {id}");
    }
}
