//! Files that are broken, missing or of another index: each is named, with the next step.

use super::*;

#[test]
fn a_truncated_model_is_named() {
    let desk = Desk::indexed();
    let before = desk.written();
    let bytes = fs::read(desk.model()).unwrap();
    for part in [0, 5, 100, bytes.len() / 2, bytes.len() - 1] {
        fs::write(desk.model(), &bytes[..part]).unwrap();
        desk.index().failure().code(1).stderr(contains("tiny.safetensors").and(contains("siteseer model import")));
    }
    assert!(desk.written() == before, "the old index is untouched");
}

#[test]
fn a_missing_model_is_named() {
    let desk = Desk::new();
    desk.page("a.html", "<p>The cat sat.</p>");
    fs::remove_file(desk.model()).unwrap();
    desk.index().failure().stderr(contains("tiny.safetensors: no such model file"));
}

#[test]
fn every_truncated_index_file_is_named_with_the_next_step() {
    for kind in ["lexical-", "postings-", "vectors-", "model-", "passages-"] {
        let desk = Desk::indexed();
        let path = desk.index_file(kind);
        let bytes = fs::read(&path).unwrap();
        for part in [0, 10, bytes.len() / 2, bytes.len() - 1] {
            fs::write(&path, &bytes[..part]).unwrap();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            desk.search("cat").failure().code(1).stderr(contains(name).and(contains("siteseer index")));
        }
        fs::remove_file(&path).unwrap();
        desk.search("cat").failure().stderr(contains("can't be read").and(contains("siteseer index")));
    }
}

#[test]
fn flipped_bits_are_found_by_their_hash() {
    let desk = Desk::indexed();
    let path = desk.index_file("vectors-");
    let mut bytes = fs::read(&path).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&path, bytes).unwrap();
    desk.search("cat").failure().stderr(contains("SHA-256"));
}

#[test]
fn a_chunk_of_another_index_or_another_place_is_refused() {
    let (desk, other) = (Desk::indexed(), Desk::new());
    other.page("cats.html", "<p>The cat sat on another mat.</p>");
    other.index().success();
    let theirs = fs::read(other.index_file("postings-")).unwrap();
    fs::write(desk.index_file("postings-"), theirs).unwrap();
    desk.search("cat").failure().stderr(contains("postings-").and(contains("another index")));

    let desk = Desk::indexed();
    let name = desk.index_file("passages-").to_str().unwrap().replace("-1.bin.gz", "-0.bin.gz");
    fs::copy(&name, name.replace("-0.bin.gz", "-1.bin.gz")).unwrap();
    desk.search("cat").failure().stderr(contains("-1.bin.gz").and(contains("another place")));
}

#[test]
fn an_index_of_the_former_format_is_refused() {
    let desk = Desk::indexed();
    let manifest = desk.site().join("siteseer/manifest.json");
    let former = fs::read_to_string(&manifest).unwrap().replace("\"version\": 3", "\"version\": 2");
    fs::write(&manifest, former).unwrap();
    desk.search("cat").failure().stderr(contains("format version 2, but this build reads version 3"));
}

#[test]
fn an_index_with_another_tokenizer_is_refused() {
    let desk = Desk::indexed();
    // a model that differs in its tokenizer, put in the place of the right one, with a manifest that says so
    let other = Desk::new();
    fs::write(other.model(), tiny_model::tiny_model(1, false)).unwrap();
    other.page("cats.html", "<p>The cat sat on the mat.</p>");
    other.index().success();
    let theirs = other.index_file("model-");
    fs::copy(&theirs, desk.site().join("siteseer").join(theirs.file_name().unwrap())).unwrap();
    let manifest = desk.site().join("siteseer/manifest.json");
    let read = |path: &Path| serde_json::from_slice::<serde_json::Value>(&fs::read(path).unwrap()).unwrap();
    let mut mixed = read(&manifest);
    mixed["files"]["model"] = read(&other.site().join("siteseer/manifest.json"))["files"]["model"].clone();
    fs::write(&manifest, mixed.to_string()).unwrap();
    desk.search("cat").failure().stderr(contains("tokenizer hash").and(contains("siteseer index")));
    // words do not need the model
    desk.siteseer().args(["search", "cat", "--tier", "lexical", "--index"]).arg(desk.site()).assert().success();
}

#[test]
fn a_truncated_reranker_in_an_index_is_named() {
    let desk = indexed_with_reranker();
    let path = desk.index_file("reranker-");
    let bytes = fs::read(&path).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap().to_owned();
    for part in [0, 10, bytes.len() / 2, bytes.len() - 1] {
        fs::write(&path, &bytes[..part]).unwrap();
        desk.search("cat").failure().code(1).stderr(contains(&name).and(contains("siteseer index")));
    }
    fs::remove_file(&path).unwrap();
    desk.search("cat").failure().stderr(contains("can't be read").and(contains("siteseer index")));
    desk.siteseer().args(["search", "cat", "--tier", "dense", "--index"]).arg(desk.site()).assert().success();
}
