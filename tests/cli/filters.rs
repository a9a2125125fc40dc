//! Filters, phrases, metadata, sorting and weights.

use super::*;

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
