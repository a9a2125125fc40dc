//! The cross-encoder of an index.

use super::*;

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
