//! The reranker and late interaction on WebGPU, in a browser whose adapter is a processor that plays a GPU (SwiftShader): the whole way
//! from the query to the page, and what a visitor sees of a GPU that crashes.

use crate::browser::Browser;
use crate::site::Site;
use serde_json::Value;
use std::collections::HashMap;

/// Lets pages use the adapter in software.
const FLAG: &str = "--enable-unsafe-webgpu";

/// Scores that may change places: the CPU rounds activations to seven bits, the GPU does not. Their logits differ by 0.22 root
/// mean square (pairs of `tests/gpu`, AVX2's seven bits against the GPU); a score holds 0.5 of a logit, and the difference of two
/// scores 0.5 · 0.22 · √2. Two and a half times that.
const TIE: f64 = 0.39;

/// How far a score with late interaction may be off. Products are the same integers on both; what is rounded in f32 are two sums of at most
/// ten terms, below 32 here, so by at most 2⁻²⁰ for each term of each.
const ROUNDING: f64 = 2e-5;

/// Few: a processor that plays a GPU takes a second for a pair.
const QUERIES: [&str; 3] = ["garbage pile stinks", "slugs eat my plants", "make soil better"];

/// Opens two searches in the page, `cpu` and `gpu`, with time for all candidates.
async fn open(browser: &Browser, site: &Site) {
    browser.open(&site.url("index.html")).await;
    browser
        .run_async(
            "const { open } = await import(`${location.origin}/siteseer/siteseer.js`);
             const options = { rerankWorkers: 1, rerankBudget: 600000, rerankPatience: 0 };
             window.cpu = await open({ ...options, webgpu: 'off' });
             window.gpu = await open({ ...options, webgpu: 'force' });
             await cpu.load('reranked');
             await gpu.load('reranked');",
        )
        .await;
}

/// The last page of a query: its tier and backend, and passages with their scores, best first; only those that were scored.
async fn ask(browser: &Browser, search: &str, query: &str) -> (String, String, Vec<(u64, f64)>) {
    let query = serde_json::to_string(query).unwrap();
    let page = browser
        .run_async(&format!(
            "let page;
             for await (page of {search}.query({query}, {{ limit: 30 }}));
             const scored = page.results.filter(({{ explain }}) => explain.logit !== null);
             return [page.tier, page.backend, scored.map(({{ passage, score }}) => [passage, score])];"
        ))
        .await;
    serde_json::from_value(page).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gpu_orders_results_as_the_cpu_does() {
    let site = Site::garden();
    let browser = Browser::start_with(1280, 900, false, &[FLAG]).await;
    open(&browser, &site).await;
    for query in QUERIES {
        let (tier, backend, on_cpu) = ask(&browser, "cpu", query).await;
        assert!(tier == "reranked" && backend != "webgpu", "{query}: {tier}, {backend}");
        let (tier, backend, on_gpu) = ask(&browser, "gpu", query).await;
        assert_eq!((tier.as_str(), backend.as_str()), ("reranked", "webgpu"), "{query}");
        let scores: HashMap<u64, f64> = on_cpu.iter().copied().collect();
        assert_eq!(on_gpu.len(), on_cpu.len(), "{query}");
        for (place, (passage, _)) in on_gpu.iter().take(10).enumerate() {
            for (later, _) in &on_gpu[place + 1..] {
                let behind = scores[later] - scores[passage];
                assert!(behind <= TIE, "{query}: the GPU puts {passage} before {later}, the CPU {behind} behind it");
            }
        }
        let same = on_gpu.iter().zip(&on_cpu).take(10).filter(|(a, b)| a.0 == b.0).count();
        println!("`{query}`: {} candidates, {same} of the first 10 at the same place", on_gpu.len());
    }
    browser.close().await;
}

/// The late page of a query: its backend, and passages with their scores, best first.
async fn ask_late(browser: &Browser, search: &str, query: &str) -> (String, Vec<(u64, f64)>) {
    let query = serde_json::to_string(query).unwrap();
    let page = browser
        .run_async(&format!(
            "for await (const {{ tier, backend, results }} of {search}.query({query}, {{ limit: 30 }}))
                 if (tier === 'late') return [backend, results.map(({{ passage, score }}) => [passage, score])];"
        ))
        .await;
    serde_json::from_value(page).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn late_interaction_on_the_gpu_has_the_cpus_scores_and_a_crash_leaves_the_cpu() {
    let site = Site::garden_with(&["--late", "rerank"]);
    let browser = Browser::start_with(1280, 900, false, &[FLAG]).await;
    open(&browser, &site).await;
    let mut worst = 0f64;
    for query in QUERIES {
        let (backend, on_cpu) = ask_late(&browser, "cpu", query).await;
        assert_ne!(backend, "webgpu", "{query}");
        let (backend, on_gpu) = ask_late(&browser, "gpu", query).await;
        assert_eq!((backend.as_str(), on_gpu.len()), ("webgpu", on_cpu.len()), "{query}");
        let scores: HashMap<u64, f64> = on_cpu.iter().copied().collect();
        for (place, (passage, score)) in on_gpu.iter().enumerate() {
            worst = worst.max((scores[passage] - score).abs());
            let there = on_cpu[place].0;
            let tie = scores[passage] - scores[&there];
            assert!(tie.abs() <= ROUNDING, "{query}: {passage} stands at {place}, on the CPU {there}, {tie} apart");
        }
        println!("`{query}`: {} passages", on_gpu.len());
    }
    println!("scores differ by {worst:e} at most");
    assert!(worst <= ROUNDING, "scores differ by {worst}");

    browser.devtools("Browser.crashGpuProcess").await;
    for query in ["prune roses", QUERIES[1]] {
        let (backend, found) = ask_late(&browser, "gpu", query).await;
        let expected = ask_late(&browser, "cpu", query).await;
        assert_eq!((backend, found), expected, "{query}: the same query, and for good");
    }
    let states = browser.run("return [gpu.status.late.state, gpu.status.reranked.state]").await;
    assert_eq!(states, serde_json::json!(["ready", "ready"]));
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gpu_that_crashes_leaves_the_cpu_within_the_query() {
    let site = Site::garden();
    let browser = Browser::start_with(1280, 900, false, &[FLAG]).await;
    open(&browser, &site).await;
    // it has scored, so it is there
    assert_eq!(ask(&browser, "gpu", QUERIES[0]).await.1, "webgpu");
    browser
        .run("window.asked = (async () => { let page; for await (page of gpu.query('prune roses')); return page; })()")
        .await;
    browser.devtools("Browser.crashGpuProcess").await;
    let page = browser
        .run_async("const { tier, backend, results } = await asked; return [tier, backend, results.length];")
        .await;
    let (tier, backend, results): (String, String, usize) = serde_json::from_value(page).unwrap();
    assert_eq!(tier, "reranked");
    assert_ne!(backend, "webgpu");
    assert!(results > 0);
    // and for good
    assert_ne!(ask(&browser, "gpu", QUERIES[1]).await.1, "webgpu");
    let state = browser.run("return gpu.status.reranked.state").await;
    assert_eq!(state, Value::from("ready"));
    browser.close().await;
}
