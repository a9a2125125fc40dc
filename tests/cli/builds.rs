//! The bytes of a build, and what a second one takes from the first.

use super::*;

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
