//! The built command on small sites, with a tiny model: what it writes, what it refuses, and that it leaves nothing half-done.

#![cfg(not(target_arch = "wasm32"))]

#[path = "cli/languages.rs"]
mod languages;
#[path = "cli/related.rs"]
mod related;
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
fn the_same_site_gives_the_same_bytes() {
    let desk = Desk::indexed();
    let first = desk.written();
    desk.index().success();
    assert_eq!(desk.written().keys().collect::<Vec<_>>(), first.keys().collect::<Vec<_>>());
    assert!(desk.written() == first, "contents differ");
    assert_eq!(files(&desk.site()).len(), 3, "two pages, one index, nothing temporary");
}

/// A site of thirty pages with different texts, indexed.
fn indexed_many() -> Desk {
    let desk = Desk::new();
    for i in 0..30usize {
        desk.page(
            &format!("p{i:02}.html"),
            &format!("<p>The cat sat on mat {i}.</p><h2>b</h2><p>A dog, {}.</p>", i * i),
        );
    }
    desk.index().success();
    desk
}

impl Desk {
    /// The index of a build that reuses nothing.
    fn clean_build(&self) -> BTreeMap<String, Vec<u8>> {
        let out = self.folder.path().join("clean");
        self.siteseer().args(["index", "--no-client", "--out"]).arg(&out).arg(self.site()).assert().success();
        let clean = files(&out);
        fs::remove_dir_all(out).unwrap();
        clean
    }
}

#[test]
fn a_second_build_reuses_vectors_and_gives_the_bytes_of_a_clean_one() {
    let desk = indexed_many();
    desk.page("p07.html", "<p>Now the dog sat on the cat.</p><h2>b</h2><p>A dog, 49.</p>");
    fs::remove_file(desk.site().join("p20.html")).unwrap();
    desk.page("a.html", "<p>A new page of the cat.</p>");
    // 31 - 1 + 1 pages; new are the text of a.html and the first one of p07.html
    desk.index().success().stderr(contains("59 passages").and(contains("vectors of 57 passages reused")));
    assert!(desk.written() == desk.clean_build(), "contents differ");
    desk.index().success().stderr(contains("vectors of 59 passages reused").and(contains("Embedding").not()));
    assert!(desk.written() == desk.clean_build(), "contents differ");
}

#[test]
fn reuse_can_be_refused_or_pointed_elsewhere() {
    let desk = indexed_many();
    let index = |args: &[&str]| {
        let mut command = desk.siteseer();
        command.current_dir(desk.folder.path()).args(["index", "--no-client", "site"]).args(args);
        command.assert().success()
    };
    index(&["--fresh"]).stderr(contains("reused").not());
    fs::rename(desk.site().join("siteseer"), desk.folder.path().join("kept")).unwrap();
    index(&["--reuse", "kept"]).stderr(contains("vectors of 60 passages reused"));
    assert!(desk.written() == files(&desk.folder.path().join("kept")));
    index(&["--reuse", "nowhere"])
        .stderr(contains("nowhere: no vectors are taken from it").and(contains("reused").not()));
}

#[test]
fn vectors_of_another_model_or_other_kernels_are_not_reused() {
    let desk = indexed_many();
    // as if they had been rounded by another instruction set: a valid index, with other bits in its vectors
    let path = desk.index_file("vectors-");
    let mut bytes = fs::read(&path).unwrap();
    let header = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    bytes[header..header + 60 * 4].chunks_exact_mut(4).for_each(|scale| scale[0] ^= 1);
    fs::write(&path, &bytes).unwrap();
    let manifest = desk.site().join("siteseer/manifest.json");
    let mut json: serde_json::Value = serde_json::from_slice(&fs::read(&manifest).unwrap()).unwrap();
    json["files"]["vectors"]["sha256"] = siteseer::hash::sha256_hex(&[&bytes]).into();
    fs::write(&manifest, json.to_string()).unwrap();
    desk.search("cat").success();
    desk.index().success().stderr(contains("made with other kernels").and(contains("reused").not()));
    assert!(desk.written() == desk.clean_build(), "contents differ");

    fs::write(desk.model(), tiny_model::tiny_model(2, true)).unwrap();
    desk.index().success().stderr(contains("made with another model").and(contains("reused").not()));
    assert!(desk.written() == desk.clean_build(), "contents differ");
}

#[test]
fn a_damaged_earlier_index_is_no_obstacle() {
    let desk = indexed_many();
    let clean = desk.written();
    for kind in ["vectors-", "passages-", "manifest"] {
        let path = desk.index_file(kind);
        for part in [2, 3] {
            let bytes = fs::read(&path).unwrap();
            fs::write(&path, &bytes[..bytes.len() * part / 4]).unwrap();
            let indexed = desk.index().success().stderr(contains("no vectors are taken from it"));
            let stderr = String::from_utf8_lossy(&indexed.get_output().stderr).into_owned();
            assert_eq!(stderr.lines().filter(|line| line.contains("no vectors")).count(), 1, "{stderr}");
            assert!(desk.written() == clean, "{kind}: contents differ");
        }
        fs::remove_file(&path).unwrap();
        if kind != "manifest" {
            desk.index().success().stderr(contains("no vectors are taken from it"));
            assert!(desk.written() == clean, "{kind}: contents differ");
        }
    }
}

#[test]
fn words_alone_can_be_indexed() {
    let desk = Desk::new();
    desk.page("cats.html", "<h2 id=mat>Where it sat</h2><p>The cat sat on the mat.</p>");
    let index = |args: &[&str]| {
        let mut command = desk.siteseer();
        command.args(["index", "--no-client", "--model", "none"]).args(args).arg(desk.site());
        command.assert()
    };
    index(&[]).success().stderr(contains("words ").and(contains("vectors").not()).and(contains("Embedding").not()));
    assert!(desk.written().keys().all(|name| !name.starts_with("vectors-") && !name.starts_with("model-")));
    desk.search("cat").success().stdout(contains("cats.html#mat")).stderr(contains("words, "));
    let dense = desk.siteseer().args(["search", "cat", "--tier", "dense", "--index"]).arg(desk.site()).assert();
    dense.failure().code(1).stderr(contains("no model").and(contains("--tier lexical")));
    index(&["--reranker", "cross.safetensors"]).failure().stderr(contains("cross.safetensors: a reranker needs"));
    // words first, meaning later, and back
    desk.index().success().stderr(contains("it holds words alone").and(contains("vectors ")));
    desk.search("cat").success().stderr(contains("words and meaning"));
    index(&[]).success();
    assert!(desk.written().keys().all(|name| !name.starts_with("vectors-")));
}

#[test]
fn filters_choose_pages_before_the_best_are_taken() {
    let desk = Desk::new();
    for i in 0..30usize {
        desk.page(
            &format!("p{i:02}.html"),
            &format!("<p data-pagefind-filter='author:Ann'>The cat sat on cat {i}.</p>"),
        );
    }
    let html = "<p data-siteseer-filter='author:Ben, Jr., tag[title]'>The dog sat on the mat.</p><h2>b</h2><p>A dog, a cat, b.</p>";
    desk.page("z.html", html);
    desk.page("plain.html", "<p>The cat sat.</p>");
    desk.index().success().stderr(contains("filters "));
    let search = |args: &[&str]| {
        let mut command = desk.siteseer();
        command.args(["search", "cat", "--json", "--index"]).arg(desk.site()).args(args);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()
    };
    for tier in ["lexical", "dense"] {
        let urls = |args: &[&str]| -> Vec<String> {
            let results = search(&[&["--tier", tier, "-n", "50"], args].concat());
            results.as_array().unwrap().iter().map(|result| result["url"].as_str().unwrap().to_owned()).collect()
        };
        assert!(urls(&[]).len() > 30, "{tier}");
        let of_ben = urls(&["--filter", "author=Ben, Jr., tag[title]"]);
        assert!(!of_ben.is_empty() && of_ben.iter().all(|url| url.starts_with("z.html")), "{tier} {of_ben:?}");
        let of_ann = urls(&["--filter", "author=Ann"]);
        assert!(of_ann.len() == 30 && of_ann.iter().all(|url| url.starts_with('p') && url != "plain.html"), "{tier}");
        assert!(urls(&["--filter", "author=Ann", "--filter", "author=Nobody"]).is_empty(), "{tier}");
    }
    let facets = search(&["--facets"]);
    assert_eq!(facets[0]["name"], "author");
    assert_eq!(facets[0]["values"], serde_json::json!([["Ann", 30], ["Ben, Jr., tag[title]", 1]]));

    let asked = |filter: &str| {
        desk.siteseer().args(["search", "cat", "--filter", filter, "--index"]).arg(desk.site()).assert().failure()
    };
    asked("autor=Ann").code(1).stderr(contains("filter `autor`").and(contains("--facets")));
    asked("author").code(2).stderr(contains("NAME=VALUE"));
    let path = desk.index_file("filters-");
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    asked("author=Ann").code(1).stderr(contains("filters-").and(contains("siteseer index")));
    desk.search("cat").success();

    let plain = Desk::indexed();
    assert!(plain.written().keys().all(|name| !name.starts_with("filters-")));
    let asked = plain.siteseer().args(["search", "cat", "--filter", "a=b", "--index"]).arg(plain.site()).assert();
    asked.failure().code(1).stderr(contains("no page of the index has filters"));
}

#[test]
fn a_phrase_chooses_passages_in_every_tier() {
    let desk = indexed_with_reranker();
    desk.page(
        "cats.html",
        "<h1>Pets</h1><p>The cat sat on the mat.</p><h2>b</h2><p>On the mat the cat sat, a dog, too.</p>",
    );
    desk.page(
        "dogs.html",
        "<h1>The dog sat</h1><p data-pagefind-filter='of:dogs'>The mat is the dog. Sat on the cat.</p>",
    );
    index_with_reranker(&desk);
    for tier in ["lexical", "dense", "reranked"] {
        let urls = |args: &[&str]| -> Vec<String> {
            let mut command = desk.siteseer();
            let output =
                command.args(["search", "--json", "--tier", tier, "-n", "50", "--index"]).arg(desk.site()).args(args);
            let output = output.output().unwrap();
            assert!(output.status.success(), "{output:?}");
            let results: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
            let urls = results.as_array().unwrap().iter().map(|result| result["url"].as_str().unwrap().to_owned());
            urls.filter(|url| url.starts_with("cats") || url.starts_with("dogs")).collect()
        };
        let mut both = urls(&["\"the mat\" cat"]);
        both.sort();
        assert_eq!(both.len(), 3, "{tier} {both:?}");
        assert!(urls(&["\"cat sat\""]).iter().all(|url| url.starts_with("cats")), "{tier}");
        assert_eq!(urls(&["\"cat sat\""]).len(), 2, "{tier}: a comma is no word");
        assert_eq!(
            urls(&["\"dog sat\" mat"]),
            ["dogs.html"],
            "{tier}: the title counts, the end of a sentence does not part"
        );
        assert_eq!(urls(&["\"sat on the mat\""]).len(), 1, "{tier}");
        assert_eq!(urls(&["\"sat on\" \"the dog\""]).len(), 1, "{tier}: both in one section");
        assert!(urls(&["\"mat cat\""]).is_empty(), "{tier}: nothing rather than something else");
        assert!(urls(&["\"mat cat"]).len() >= 3, "{tier}: a quotation that is not closed");
        assert!(urls(&["\"cat sat\"", "--filter", "of=dogs"]).is_empty(), "{tier}: and a filter");
    }
}

#[test]
fn results_have_metadata_sorting_orders_them_and_weights_count() {
    let desk = Desk::new();
    let page = |name: &str, says: &str, text: &str| desk.page(name, &format!("<div {says}></div><p>{text}</p>"));
    page("a.html", "data-pagefind-sort='size:9' data-pagefind-meta='author:Ann'", "A cat and a cat.");
    page("b.html", "data-siteseer-sort='size:10' data-siteseer-meta='author:Ben, Jr.'", "One cat.");
    page("c.html", "", "No size, but a cat.");
    desk.page("d.html", "<p data-pagefind-weight='10'>A heavy whale.</p>");
    desk.page("e.html", "<p>A whale of a whale, a whale.</p><p data-siteseer-weight='0'>unicorn</p>");
    desk.index().success();
    let search = |query: &str, args: &[&str]| -> Vec<serde_json::Value> {
        let mut command = desk.siteseer();
        command.args(["search", query, "--tier", "lexical", "--json", "--index"]).arg(desk.site()).args(args);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let urls = |results: &[serde_json::Value]| -> Vec<String> {
        results.iter().map(|result| result["url"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(urls(&search("cat", &["--sort", "size"])), ["a.html", "b.html", "c.html"]);
    assert_eq!(urls(&search("cat", &["--sort", "size:desc"])), ["b.html", "a.html", "c.html"]);
    assert_eq!(urls(&search("cat", &["--sort", "size:desc", "-n", "1"])), ["b.html"]);
    let results = search("cat", &["--sort", "size"]);
    assert_eq!(results[0]["meta"], serde_json::json!({ "author": "Ann" }));
    assert_eq!(results[2]["meta"], serde_json::json!({}));
    assert_eq!(urls(&search("whale", &[])), ["d.html", "e.html"]);
    assert!(search("unicorn", &[]).is_empty());

    let asked = |key: &str| {
        desk.siteseer().args(["search", "cat", "--sort", key, "--index"]).arg(desk.site()).assert().failure()
    };
    asked("date").code(1).stderr(contains("sort key `date`").and(contains("data-siteseer-sort")));
    asked("size:up").code(2).stderr(contains("asc or desc"));
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
fn the_reranker_goes_along_and_reorders() {
    let desk = indexed_with_reranker();
    let folder = desk.site().join("siteseer");
    let mut cascade = open(&desk);
    assert_eq!(cascade.tier(), Some(Tier::Dense));
    folder::load_all_chunks(&folder, &mut cascade.searcher).unwrap();
    assert!(folder::load_reranker(&folder, &mut cascade).unwrap());
    assert_eq!(cascade.tier(), Some(Tier::Reranked));
    let (dense, reranked) = (
        cascade.rank("cat on a mat", Tier::Dense, 40).unwrap(),
        cascade.rank("cat on a mat", Tier::Reranked, 40).unwrap(),
    );
    assert_eq!(dense.len(), reranked.len());
    assert!(dense.len() > 30, "{}", dense.len());
    assert_ne!(
        dense.iter().map(|h| h.passage).collect::<Vec<_>>(),
        reranked.iter().map(|h| h.passage).collect::<Vec<_>>()
    );
    assert_eq!(dense[30..], reranked[30..], "the rest stays as it was");
    assert!(reranked[..30].is_sorted_by(|a, b| a.score >= b.score), "{reranked:?}");
    let passages: Vec<u32> = reranked.iter().take(30).map(|hit| hit.passage).collect();
    for (hit, logit) in reranked.iter().zip(cascade.score_pairs("cat on a mat", &passages).unwrap()) {
        let before = dense.iter().find(|before| before.passage == hit.passage).unwrap();
        assert_eq!((hit.logit, hit.score), (Some(logit), before.score + 0.5 * logit));
    }

    // the command line ranks the same, and loads what it needs by itself
    let search = |args: &[&str]| {
        let output =
            desk.siteseer().args(["search", "cat on a mat", "--index"]).arg(desk.site()).args(args).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        output
    };
    let json: serde_json::Value = serde_json::from_slice(&search(&["--json", "-n", "5"]).stdout).unwrap();
    let found: Vec<u64> = json.as_array().unwrap().iter().map(|r| r["passage"].as_u64().unwrap()).collect();
    assert_eq!(found, reranked[..5].iter().map(|hit| u64::from(hit.passage)).collect::<Vec<_>>());
    assert!((json[0]["explain"]["logit"].as_f64().unwrap() - f64::from(reranked[0].logit.unwrap())).abs() < 1e-6);
    assert!(String::from_utf8_lossy(&search(&[]).stderr).contains("words and meaning, reranked, "), "the tier is told");
    let dense: serde_json::Value = serde_json::from_slice(&search(&["--json", "--tier", "dense"]).stdout).unwrap();
    assert!(dense[0]["explain"]["logit"].is_null());
}

#[test]
fn a_reranker_needs_its_parts_and_says_which() {
    let desk = indexed_with_reranker();
    let folder = desk.site().join("siteseer");
    let missing = |error: Error, part: &str| {
        assert!(matches!(error, Error::Unsupported { .. }) && error.to_string().starts_with(part), "{error}");
    };
    let content = fs::read(desk.reranker()).unwrap();
    let mut without_model = folder::open(&folder, false).unwrap();
    missing(without_model.load_reranker(&content).unwrap_err(), "model-");
    let mut cascade = open(&desk);
    missing(cascade.score_pairs("cat", &[]).unwrap_err(), "reranker-");
    cascade.load_reranker(&content).unwrap();
    missing(cascade.score_pairs("cat", &[3]).unwrap_err(), "passage 3");
    missing(cascade.rank("cat", Tier::Reranked, 5).unwrap_err(), "passage ");
    for len in [0, 9, content.len() / 2, content.len() - 1] {
        assert!(matches!(cascade.load_reranker(&content[..len]), Err(Error::Truncated { .. })), "{len}");
    }
    assert_eq!(cascade.tier(), Some(Tier::Reranked), "a broken file takes nothing away");

    let plain = Desk::indexed();
    missing(open(&plain).load_reranker(&content).unwrap_err(), "reranker: ");
    let asked = plain.siteseer().args(["search", "cat", "--tier", "reranked", "--index"]).arg(plain.site()).assert();
    asked.failure().code(1).stderr(contains("no reranker").and(contains("--reranker")));
}

#[test]
fn a_reranker_of_another_model_is_refused_when_named_and_left_out_when_found() {
    let desk = Desk::new();
    desk.page("a.html", "<p>The cat sat on the mat.</p>");
    let other = tiny_model::tiny_model(2, true);
    let foreign = desk.folder.path().join("models/siteseer-cross-encoder.safetensors");
    fs::create_dir(foreign.parent().unwrap()).unwrap();
    fs::write(&foreign, tiny_model::tiny_cross_encoder(5, &other)).unwrap();
    let index = || {
        let mut command = desk.siteseer();
        command.env_remove("SITESEER_RERANKER").current_dir(desk.folder.path()).args(["index", "--no-client", "site"]);
        command
    };
    index()
        .arg("--reranker")
        .arg(&foreign)
        .assert()
        .failure()
        .code(1)
        .stderr(contains("siteseer-cross-encoder.safetensors").and(contains("source of the word embeddings")));
    index().assert().success();
    assert!(!desk.written().keys().any(|name| name.starts_with("reranker-")));
    fs::copy(desk.reranker(), &foreign).unwrap();
    index().assert().success().stderr(contains(", reranker "));
    assert!(desk.written().keys().any(|name| name.starts_with("reranker-")), "found by itself");
    index().args(["--reranker", "none"]).assert().success();
    assert!(!desk.written().keys().any(|name| name.starts_with("reranker-")));
    index().args(["--reranker", "nowhere"]).assert().failure().stderr(contains("nowhere: no such model file"));
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
