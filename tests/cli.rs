//! The built command on small sites, with a tiny model: what it writes, what it refuses, and that it leaves nothing half-done.

#![cfg(not(target_arch = "wasm32"))]

#[path = "cli/builds.rs"]
mod builds;
#[path = "cli/damage.rs"]
mod damage;
#[path = "cli/filters.rs"]
mod filters;
#[path = "cli/languages.rs"]
mod languages;
#[path = "cli/related.rs"]
mod related;
#[path = "cli/reranker.rs"]
mod reranker;
#[path = "cli/sites.rs"]
mod sites;
#[path = "common/tiny_model.rs"]
mod tiny_model;

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use siteseer::Error;
use siteseer::cli::folder;
use siteseer::search::cascade::Cascade;
use siteseer::search::searcher::Tier;
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

    /// A cross-encoder that belongs to the model.
    fn reranker(&self) -> PathBuf {
        let path = self.folder.path().join("cross.safetensors");
        fs::write(&path, tiny_model::tiny_cross_encoder(5, &fs::read(self.model()).unwrap())).unwrap();
        path
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
        command.env("SITESEER_RERANKER", "none");
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

/// A site of forty pages with a cross-encoder in its index.
fn indexed_with_reranker() -> Desk {
    let desk = Desk::new();
    let words = ["cat", "dog", "mat", "sat", "the", "on", "a"];
    for i in 0..40usize {
        let text: Vec<&str> = (0..5 + i % 9).map(|at| words[(i * 5 + at * at * 3) % 7]).collect();
        desk.page(&format!("p{i}.html"), &format!("<h2 id=h>{} mats</h2><p>{}.</p>", words[i % 4], text.join(" ")));
    }
    index_with_reranker(&desk);
    desk
}

/// Indexes the desk's site, with a cross-encoder.
fn index_with_reranker(desk: &Desk) {
    desk.siteseer()
        .args(["index", "--no-client", "--reranker"])
        .arg(desk.reranker())
        .arg(desk.site())
        .assert()
        .success();
}

fn open(desk: &Desk) -> Cascade {
    folder::open(&desk.site().join("siteseer"), true).unwrap()
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
fn a_misspelt_query_is_answered_with_what_may_be_meant() {
    let desk = Desk::new();
    let pages = [
        ("packages.html", "en", "Share code between several Packages of one workspace; two workspaces share nothing."),
        ("haus.html", "de", "Die Häuser am See sind <b>älter</b> als das Dorf."),
        ("mais.html", "fr", "Nous parlons continuellement de la maison."),
    ];
    for (name, lang, text) in pages {
        let html = format!("<!doctype html><html lang={lang}><title>x</title><main><h1>x</h1><p>{text}</main>");
        fs::write(desk.site().join(name), html).unwrap();
    }
    desk.index().success();
    let search = |query: &str| {
        let mut command = desk.siteseer();
        command.args(["search", "--tier", "lexical", query, "--index"]).arg(desk.site());
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    let meant =
        |query: &str| search(query).lines().find_map(|line| line.strip_prefix("Did you mean ").map(str::to_owned));
    assert_eq!(meant("pakcagse here"), None, "one word has nothing near it");
    assert_eq!(meant("kpackages (twice)"), None);
    assert_eq!(
        meant("share pakcagse"),
        Some("“share packages”?".into()),
        "two edits of eight letters; as written on the page"
    );
    assert_eq!(meant("kpackages "), Some("“packages”?".into()), "a letter too much at the front");
    assert_eq!(meant("cdoe "), Some("“code”?".into()), "four letters");
    assert_eq!(meant("wrkspaces "), Some("“workspaces”?".into()), "not the stem, and with its ending");
    assert_eq!(meant("häusre"), Some("“häuser”?".into()));
    assert_eq!(meant("nous pralons"), Some("“nous parlons”?".into()));
    assert_eq!(meant("workspaces packag"), None, "known, and being typed");
    assert_eq!(meant("E0277x 1234 --"), None, "symbols");
    assert!(search("zzzz").contains("Nothing found"));
}

#[test]
fn what_was_meant_may_stand_in_a_later_passage() {
    let desk = Desk::new();
    desk.page("a.html", "<p>It depends on the cat.</p>");
    desk.page("b.html", "<p>A dog depended on a mat.</p>");
    desk.page("c.html", "<h2 id=d>A dependency</h2><p>On the mat.</p>");
    desk.index().success();
    desk.search("dependncy ").stdout(contains("Did you mean “dependency”"));
}

#[test]
fn what_was_meant_is_said_beside_a_phrase_of_a_later_passage() {
    let desk = Desk::new();
    let filler = "<p>The cat sat on the mat and the dog sat on the cat all day long.</p>".repeat(30);
    desk.page("a.html", &format!("{filler}<p>Finally the purple dinosaur sings a workspace ballad.</p>"));
    desk.index().success();
    let meant = "Did you mean “\"purple dinosaur\" workspace”";
    desk.search("\"purple dinosaur\" wrkspce ").success().stdout(contains(meant));
}

#[test]
fn nothing_is_said_of_a_desktop_that_is_not_there() {
    let desk = Desk::new();
    desk.page("cats.html", "<p>The cat sat on the mat.</p>");
    let mut command = desk.siteseer();
    for name in ["XDG_RUNTIME_DIR", "WAYLAND_DISPLAY", "DISPLAY", "NODEVICE_SELECT"] {
        command.env_remove(name);
    }
    command
        .args(["index", "--no-client"])
        .arg(desk.site())
        .assert()
        .success()
        .stderr(contains("XDG_RUNTIME_DIR").not());
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
fn a_context_quotes_and_cites_within_its_budget() {
    let desk = Desk::new();
    let garden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/garden");
    let index = desk.folder.path().join("garden");
    desk.siteseer().args(["index", "--no-client"]).arg(garden).arg("--out").arg(&index).assert().success();
    let search = |args: &[&str]| {
        let mut command = desk.siteseer();
        command.args(["search", "frost on pots in winter", "--context", "--index"]).arg(&index).args(args);
        command.assert().success()
    };
    let quoted = "[1] Winter > Frost protection — winter.html#frost\n\n```text\nWrap pots in fleece";
    search(&["--tier", "lexical"])
        .stdout(predicates::str::starts_with(quoted).and(contains("\n```\n\n[2] ")))
        .stderr(contains("words × 4/3"));

    let json = |args: &[&str]| -> serde_json::Value {
        serde_json::from_slice(&search(&[&["--json"], args].concat()).get_output().stdout).unwrap()
    };
    let (small, large) = (json(&["--max-tokens", "300"]), json(&[]));
    assert_eq!(large["counted"], "word pieces", "the model of the index is there");
    let sizes = |context: &serde_json::Value| {
        let citations = context["citations"].as_array().unwrap();
        let sum: u64 = citations.iter().map(|citation| citation["tokens"].as_u64().unwrap()).sum();
        assert_eq!(context["tokens"], sum);
        for citation in citations {
            let head = format!("[{}] {}", citation["number"], citation["title"].as_str().unwrap());
            assert!(context["markdown"].as_str().unwrap().contains(&head), "{head}");
        }
        (citations.len(), sum)
    };
    let ((few, small), (many, large)) = (sizes(&small), sizes(&large));
    assert!(few < many && small <= 300 && small < large && large <= 1500, "{few} {small} {many} {large}");

    desk.siteseer().args(["search", "frost", "--max-tokens", "300"]).assert().code(2).stderr(contains("--context"));
}

#[test]
fn siteseer_toml_gives_defaults_below_variables_and_flags() {
    let desk = Desk::indexed();
    let folder = desk.folder.path();
    fs::remove_dir_all(desk.site().join("siteseer")).unwrap();
    let file =
        "site = 'site'\nout = 'from-file'\nno-client = true\nexclude = ['dogs.*']\nindex = 'from-file'\nlimit = 1";
    fs::write(folder.join("siteseer.toml"), file).unwrap();
    let run = |args: &[&str]| {
        let mut command = desk.siteseer();
        command.current_dir(folder).args(args);
        command
    };
    let counts = |stdout: &[u8]| -> serde_json::Value { serde_json::from_slice(stdout).unwrap() };
    let indexed = run(&["index", "--json"]).assert().success();
    assert_eq!(counts(&indexed.get_output().stdout)["pages"], 1, "dogs.html is left out");
    assert!(folder.join("from-file/manifest.json").is_file());
    run(&["search", "cat"]).assert().success().stdout(contains("cats.html"));

    run(&["index"]).env("SITESEER_OUT", "from-variable").assert().success();
    assert!(folder.join("from-variable/manifest.json").is_file());
    run(&["index", "--out", "from-flag"]).env("SITESEER_OUT", "nowhere").assert().success();
    assert!(folder.join("from-flag/manifest.json").is_file() && !folder.join("nowhere").exists());
    run(&["index", "--help"]).assert().success().stdout(contains("[default: from-file]"));

    fs::create_dir(folder.join("sub")).unwrap();
    fs::rename(folder.join("siteseer.toml"), folder.join("sub/other.toml")).unwrap();
    fs::rename(desk.site(), folder.join("sub/site")).unwrap();
    run(&["--config", "sub/other.toml", "index"]).assert().success();
    assert!(folder.join("sub/from-file/manifest.json").is_file(), "paths start at the file's folder");

    fs::write(folder.join("siteseer.toml"), "# ours\nsite = 'site'\nexlude = ['a']\n").unwrap();
    run(&["index"])
        .assert()
        .failure()
        .code(2)
        .stderr(contains("siteseer.toml:3: unknown key `exlude`").and(contains("`exclude`")));
    run(&["index", "--help"]).assert().success();
    run(&["index", "sub/site"]).env("SITESEER_CONFIG", "gone.toml").assert().code(2).stderr(contains("gone.toml"));
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
