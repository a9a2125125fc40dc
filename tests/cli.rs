//! The built command on small sites, with a tiny model: what it writes, what it refuses, and that it leaves nothing half-done.

#![cfg(not(target_arch = "wasm32"))]

#[path = "common/tiny_model.rs"]
mod tiny_model;

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A temporary folder with a model and an empty site.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let desk = Self { folder: tempfile::tempdir().unwrap() };
        fs::write(desk.model(), tiny_model::tiny_model(1, true)).unwrap();
        fs::create_dir(desk.site()).unwrap();
        desk
    }

    fn model(&self) -> PathBuf {
        self.folder.path().join("tiny.safetensors")
    }

    fn site(&self) -> PathBuf {
        self.folder.path().join("site")
    }

    fn page(&self, name: &str, body: &str) {
        let html = format!("<!doctype html><html lang=en><title>{name}</title><main><h1>{name}</h1>{body}</main>");
        fs::write(self.site().join(name), html).unwrap();
    }

    fn siteseer(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_siteseer"));
        command.env("SITESEER_MODEL", self.model());
        command
    }

    fn index(&self) -> assert_cmd::assert::Assert {
        self.siteseer().args(["index", "--no-client"]).arg(self.site()).assert()
    }

    fn search(&self, query: &str) -> assert_cmd::assert::Assert {
        self.siteseer().args(["search", query, "--index"]).arg(self.site()).assert()
    }

    /// Files of the index by name.
    fn written(&self) -> BTreeMap<String, Vec<u8>> {
        files(&self.site().join("siteseer"))
    }

    fn index_file(&self, kind: &str) -> PathBuf {
        let name = self.written().into_keys().find(|name| name.starts_with(kind)).unwrap();
        self.site().join("siteseer").join(name)
    }

    /// A site of two pages, indexed.
    fn indexed() -> Self {
        let desk = Self::new();
        desk.page("cats.html", "<h2 id=mat>Where it sat</h2><p>The cat sat on the mat.</p>");
        desk.page("dogs.html", "<p>A dog sat on a cat. The mat sat on the dog.</p>");
        desk.index().success();
        desk
    }
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries =
        fs::read_dir(folder).map(|entries| entries.map(|e| e.unwrap()).collect()).unwrap_or_else(|_| Vec::new());
    entries
        .into_iter()
        .map(|e| (e.file_name().into_string().unwrap(), fs::read(e.path()).unwrap_or_default()))
        .collect()
}

#[test]
fn indexes_and_finds() {
    let desk = Desk::indexed();
    desk.search("cat mat").success().stdout(contains("cats.html#mat"));
    let json = desk
        .siteseer()
        .args(["search", "mat", "--json", "--tier", "lexical", "--index"])
        .arg(desk.site())
        .output()
        .unwrap();
    let results: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(results.as_array().unwrap().len(), 2);
    assert!(results[0]["excerpt"].as_str().unwrap().contains("<mark>"));
    desk.search("").success().stdout(contains("Nothing found"));
}

#[test]
fn the_same_site_gives_the_same_bytes() {
    let desk = Desk::indexed();
    let first = desk.written();
    desk.index().success();
    assert_eq!(desk.written().keys().collect::<Vec<_>>(), first.keys().collect::<Vec<_>>());
    assert!(desk.written() == first, "contents differ");
    assert_eq!(files(&desk.site()).len(), 3, "two pages, one index, nothing temporary");
}

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
    for kind in ["lexical-", "vectors-", "model-", "passages-"] {
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
fn a_site_without_pages_says_what_to_do() {
    let desk = Desk::new();
    desk.index().failure().stderr(contains("no pages found").and(contains("Build the site first")));
    desk.siteseer()
        .args(["index", "--no-client"])
        .arg(desk.folder.path().join("nowhere"))
        .assert()
        .failure()
        .stderr(contains("nowhere"));
    desk.page("empty.html", "");
    fs::write(desk.site().join("empty.html"), "<!doctype html><title></title><main><script>1</script></main>").unwrap();
    desk.index().failure().stderr(contains("empty.html"));
    assert!(!desk.site().join("siteseer").exists(), "nothing is written");
}

#[test]
fn a_huge_page_is_left_out_and_named() {
    let desk = Desk::new();
    desk.page("good.html", "<p>The cat sat on the mat.</p>");
    let filler = "<p>the dog sat on the mat.</p>\n".repeat(20_000_000 / 30);
    desk.page("huge.html", &filler);
    desk.index().success().stderr(contains("huge.html").and(contains("Indexed 1 pages")));
}

#[test]
fn broken_encoding_is_read_and_named() {
    let desk = Desk::new();
    let mut html = b"<!doctype html><title>t</title><main><p>The cat sat on the ".to_vec();
    html.extend([0xff, 0xfe, 0x80]);
    html.extend(b" mat.</p></main>");
    fs::write(desk.site().join("broken.html"), html).unwrap();
    desk.index().success().stderr(contains("broken.html").and(contains("UTF-8")));
    desk.search("mat").success().stdout(contains("broken.html"));
}

#[test]
fn hostile_titles_do_not_reach_the_terminal() {
    let desk = Desk::new();
    desk.page("a.html", "<p>The cat \u{1b}]0;pwned\u{7} sat &lt;script&gt;alert(1)&lt;/script&gt; on the mat.</p>");
    desk.index().success();
    let shown = desk.search("cat").success();
    assert!(!shown.get_output().stdout.contains(&0x1b), "no escape sequences");
}

#[test]
fn a_folder_of_somebody_else_is_not_overwritten() {
    let desk = Desk::new();
    desk.page("a.html", "<p>The cat sat.</p>");
    fs::create_dir(desk.site().join("siteseer")).unwrap();
    fs::write(desk.site().join("siteseer/thesis.txt"), "precious").unwrap();
    desk.index().failure().stderr(contains("left alone"));
    assert_eq!(files(&desk.site().join("siteseer")).len(), 1);
}

#[test]
fn wrong_usage_has_a_code_of_its_own_and_help_teaches() {
    let desk = Desk::new();
    desk.siteseer().arg("indx").assert().code(2).stderr(contains("index"));
    desk.siteseer().arg("--help").assert().success().stdout(contains("<siteseer-search>").and(contains("Exit codes")));
    desk.siteseer()
        .args(["index", "--help"])
        .assert()
        .success()
        .stdout(contains("SITESEER_MODEL").and(contains("Examples")));
}
