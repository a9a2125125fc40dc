//! Compressed vectors in an index: their files, and the dense tier, which finds what it finds among all vectors.

#![cfg(not(target_arch = "wasm32"))]

#[path = "common/garden.rs"]
mod garden;

use garden::{files, siteseer};
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;
use siteseer::cli::folder;
use siteseer::search::searcher::Tier;
use std::fs;
use std::path::Path;

/// Options that make an index sooner.
const QUICK: [&str; 4] = ["--static", "none", "--related", "off"];

/// Indexes the gardening site, which has fewer passages than a shortlist, into `out`.
fn index(out: &Path, args: &[&str]) -> assert_cmd::assert::Assert {
    garden::index(out, &[&QUICK, args].concat())
}

/// A site of so many pages of ten sections each, whose texts are about one of seven things.
fn write_site(folder: &Path, pages: usize) {
    const THINGS: [&str; 7] = ["cats", "rain in spring", "old maps", "bread dough", "bicycles", "stars", "the sea"];
    for page in 0..pages {
        let section = |at: usize| {
            let thing = THINGS[(page * 3 + at) % THINGS.len()];
            format!(
                "<h2 id=s{at}>Part {at}</h2><p>Note {page}.{at} is about {thing}, and about the number {}.</p>",
                page * at
            )
        };
        let html: String = (0..10).map(section).collect();
        fs::write(folder.join(format!("p{page}.html")), format!("<main><h1>Page {page}</h1>{html}</main>")).unwrap();
    }
}

#[test]
fn few_vectors_stay_whole_unless_compressed_ones_are_asked_for() {
    let desk = tempfile::tempdir().unwrap();
    let out = desk.path().join("index");
    index(&out, &[]).success();
    assert!(files(&out, "codes").is_empty() && files(&out, "exact").is_empty());
    index(&out, &["--vectors", "compressed"]).success();
    let (codes, exact) = (files(&out, "codes"), files(&out, "exact"));
    let manifest: Value = serde_json::from_slice(&fs::read(out.join("manifest.json")).unwrap()).unwrap();
    let passages = manifest["counts"]["passages"].as_u64().unwrap();
    assert_eq!((codes.len(), exact.len() as u64), (1, passages.div_ceil(6)));
    assert_eq!(manifest["files"]["compressed"]["codes"]["name"], codes[0].as_str());
    assert_eq!(files(&out, "vectors").len(), 1, "later builds take vectors from it");
    index(&out, &["--vectors", "compressed", "--fresh"]).success();
    assert_eq!((files(&out, "codes"), files(&out, "exact")), (codes, exact), "the same bytes have the same names");
    index(&out, &["--vectors", "packed"]).failure().code(2).stderr(contains("auto").and(contains("whole")));
    let words = index(&out, &["--vectors", "compressed", "--model", "none"]);
    words.success();
    assert!(files(&out, "codes").is_empty(), "words have no vectors");
}

#[test]
fn where_all_are_on_the_shortlist_the_order_is_that_of_all_vectors() {
    let desk = tempfile::tempdir().unwrap();
    let out = desk.path().join("index");
    index(&out, &["--vectors", "compressed"]).success();
    let mut cascade = folder::open(&out, true).unwrap();
    folder::load_all_chunks(&out, &mut cascade.searcher).unwrap();
    for query in ["garbage pile stinks", "slugs eat my plants", "compost", "zzz", " "] {
        let embedding = cascade.embed(query).unwrap();
        let whole = cascade.searcher.rank_dense(query, &embedding, 50).unwrap();
        assert_eq!(cascade.rank(query, Tier::Dense, 50).unwrap(), whole, "{query}");
        assert_eq!(whole.is_empty(), query == " ");
    }
    assert!(cascade.near(&[1.0]).unwrap_err().to_string().contains("embedding length"));
}

#[test]
fn a_query_reads_few_vectors_and_finds_the_same() {
    let desk = tempfile::tempdir().unwrap();
    write_site(desk.path(), 40);
    let run = |args: &[&str]| {
        let mut command = siteseer();
        command
            .args(["index", "--no-client", "-q", "--reranker", "none", "--passage-pieces", "24"])
            .args(QUICK)
            .args(args);
        command.arg(desk.path()).assert().success();
    };
    run(&["--vectors", "compressed"]);
    let out = desk.path().join("siteseer");
    let mut cascade = folder::open(&out, true).unwrap();
    folder::load_all_chunks(&out, &mut cascade.searcher).unwrap();
    let chunks = files(&out, "exact").len();
    for query in ["baking a loaf", "sailing", "kittens", "a chart from long ago"] {
        let read = cascade.vectors_read(query).unwrap();
        assert!(read.is_sorted() && read.len() <= 30 && read.len() < chunks, "{} of {chunks}", read.len());
        let embedding = cascade.embed(query).unwrap();
        let whole = cascade.searcher.rank_meaning(query, &embedding, 5).unwrap();
        let found = cascade.near(&embedding).unwrap();
        assert!(found.len() <= 400 && found.is_sorted_by(|a, b| a.score >= b.score));
        // the very cosines of the exact scan, whichever of its equals come first
        for (found, exact) in found.iter().zip(&whole) {
            assert_eq!(found.score, exact.score, "{query}");
        }
    }
    let inspect = siteseer().args(["inspect", "--json"]).arg(&out).output().unwrap();
    let report: Value = serde_json::from_slice(&inspect.stdout).unwrap();
    let compressed = &report["compressed"];
    assert!(compressed["recallAt10"].as_f64() > Some(0.9), "{compressed}");
    assert!(compressed["queryBytes"]["most"].as_u64() < compressed["wholeBytes"].as_u64(), "{compressed}");
    siteseer().arg("inspect").arg(&out).assert().success().stdout(contains("Vectors are compressed"));

    // a page that changes: the others' vectors are taken over, and the bytes are those of a build from nothing
    fs::write(desk.path().join("p1.html"), "<main><h1>New</h1><p>Something else about kites.</p></main>").unwrap();
    run(&["--vectors", "compressed"]);
    let again = (files(&out, "codes"), files(&out, "exact"));
    run(&["--vectors", "compressed", "--fresh"]);
    assert_eq!((files(&out, "codes"), files(&out, "exact")), again);
}

#[test]
fn a_site_of_one_passage_is_found() {
    let desk = tempfile::tempdir().unwrap();
    fs::write(desk.path().join("index.html"), "<main><h1>Bread</h1><p>Bake a loaf for an hour.</p></main>").unwrap();
    for vectors in ["whole", "compressed"] {
        siteseer().args(["index", "--no-client", "-q", "--vectors", vectors]).arg(desk.path()).assert().success();
        for tier in ["lexical", "static", "dense", "reranked"] {
            let mut search = siteseer();
            search.args(["search", "baking", "--tier", tier, "--index"]).arg(desk.path());
            search.assert().success().stdout(contains("Bread"));
        }
        siteseer().arg("inspect").arg(desk.path()).assert().success();
    }
}

#[test]
fn broken_codes_are_named() {
    let desk = tempfile::tempdir().unwrap();
    let out = desk.path().join("index");
    index(&out, &["--vectors", "compressed"]).success();
    let search = |tier: &str| siteseer().args(["search", "compost", "--tier", tier, "--index"]).arg(&out).assert();
    let name = files(&out, "codes").remove(0);
    let content = fs::read(out.join(&name)).unwrap();
    for damage in [Some(&content[..content.len() / 2]), None] {
        match damage {
            Some(content) => fs::write(out.join(&name), content).unwrap(),
            None => fs::remove_file(out.join(&name)).unwrap(),
        }
        search("dense").failure().code(1).stderr(contains(name.as_str()));
        search("lexical").success();
    }
    fs::write(out.join(&name), &content).unwrap();
    search("dense").success();
}
