//! Related pages: what `siteseer index` writes of them, what `siteseer related` says, and pages that say the same.

use super::{Desk, contains, files, fs};
use predicates::prelude::*;
use std::path::PathBuf;

impl Desk {
    fn related(&self, args: &[&str]) -> assert_cmd::assert::Assert {
        self.siteseer().arg("related").args(args).arg("--index").arg(self.site()).assert()
    }

    fn json(&self, args: &[&str]) -> serde_json::Value {
        let output = self.siteseer().args(args).arg(self.site()).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn related_files(&self) -> usize {
        self.written().keys().filter(|name| name.starts_with("related-")).count()
    }
}

/// Two pages on cats, two on dogs and one that repeats the first word for word, indexed.
fn indexed() -> Desk {
    let desk = Desk::new();
    let cats = "<h2 id=a>The cat</h2><p>The cat sat on the cat.</p><h2 id=b>A mat</h2><p>On a mat sat a mat.</p>";
    desk.page("cat.html", cats);
    desk.page("copy.html", cats);
    desk.page("cats.html", "<h2>Cat mat</h2><p>The cat sat on the cat mat, a cat on the cat.</p>");
    desk.page("dog.html", "<p>On the dog sat a mat. A dog, a mat, a dog.</p><h2>Sat</h2><p>Sat sat sat on.</p>");
    fs::create_dir(desk.site().join("dogs")).unwrap();
    desk.page("dogs/index.html", "<h2>A dog</h2><p>Dog dog dog a dog, dog a dog dog.</p>");
    desk.index().success();
    desk
}

#[test]
fn pages_whose_addresses_hosts_confuse_have_no_related_pages() {
    let desk = indexed();
    let before = desk.related_files();
    desk.page("dogs.html", "<h2>A dog</h2><p>Dog dog sat, a dog on the dog.</p>");
    desk.index().success();
    assert_eq!(desk.related_files(), before - 1, "neither dogs.html nor dogs/index.html");
    desk.related(&["dog.html"]).success();
}

#[test]
fn names_related_pages_and_why() {
    let desk = indexed();
    desk.related(&["cat.html"]).success().stdout(contains("    cats.html\n").and(contains(" → Cat mat")));
    let urls = |url: &str| {
        let pages = desk.json(&["related", url, "--json", "--index"]);
        pages.as_array().unwrap().iter().map(|page| page["url"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let of_dogs = urls("dogs/");
    assert!(!of_dogs.is_empty());
    for form in ["dogs", "dogs/index.html", "/dogs/?q=1#x", "https://example.org/a/dogs/"] {
        assert_eq!(urls(form), of_dogs, "{form}");
    }
    let is_cat = |url: &String| ["cat.html", "copy.html"].contains(&url.as_str());
    let cats = |url: &str| urls(url).iter().filter(|url| is_cat(url)).count();
    assert_eq!([cats("cat.html"), cats("copy.html")], [0, 0], "they say the same");
    for page in ["dog.html", "dogs/", "cats.html"] {
        assert!(cats(page) <= 1, "{page}: one text once");
    }
    assert!(cats("dog.html") + cats("dogs/") + cats("cats.html") > 0);
    let pages = desk.json(&["related", "dog.html", "--json", "--index"]);
    let page = pages.as_array().unwrap().iter().find(|page| page["url"] == "dogs/").unwrap();
    assert_eq!([&page["title"], &page["there"]], ["dogs/index.html", "A dog"]);
    assert!(page["here"] == "" || page["here"] == "Sat", "{page}");
    desk.related(&["nowhere.html"]).failure().code(1).stderr(contains("nowhere.html: the index has no such page"));
    desk.related(&[]).code(2);
    assert_eq!(desk.related_files(), 5, "one for each page");
}

#[test]
fn how_many_is_an_option_and_none_another() {
    let desk = indexed();
    let all = desk.written();
    let index = |args: &[&str]| desk.siteseer().args(["index", "--no-client"]).args(args).arg(desk.site()).assert();
    index(&["--related", "1"]).success();
    assert_eq!(desk.json(&["related", "cat.html", "--json", "--index"]).as_array().unwrap().len(), 1);
    fs::write(desk.folder.path().join("siteseer.toml"), "related = 'off'\n").unwrap();
    desk.siteseer().current_dir(desk.folder.path()).args(["index", "--no-client", "site"]).assert().success();
    let off = |desk: &Desk| {
        assert_eq!(desk.related_files(), 0);
        desk.related(&["cat.html"])
            .failure()
            .code(1)
            .stderr(contains("no related pages").and(contains("--related off")));
        desk.search("cat").success();
    };
    off(&desk);
    index(&["--model", "none"]).success();
    off(&desk);
    for wrong in ["0", "13", "some"] {
        index(&["--related", wrong]).code(2).stderr(contains("a number from 1 to 12, or off"));
    }
    index(&[]).success();
    assert!(desk.written() == all, "the same bytes again");
}

#[test]
fn a_damaged_file_is_named_and_search_does_not_need_it() {
    let desk = indexed();
    let paths: Vec<PathBuf> = files(&desk.site().join("siteseer"))
        .into_keys()
        .filter(|name| name.starts_with("related-"))
        .map(|name| desk.site().join("siteseer").join(name))
        .collect();
    let truncate =
        |keep: usize| paths.iter().for_each(|path| fs::write(path, &fs::read(path).unwrap()[..keep]).unwrap());
    for keep in [40, 10, 0] {
        truncate(keep);
        desk.related(&["cat.html"]).failure().code(1).stderr(contains("related-").and(contains("siteseer index")));
    }
    desk.search("cat").success();

    let desk = indexed();
    let number = |name: &str| name.rsplit('-').next().unwrap().to_owned();
    let names: Vec<String> = desk.written().into_keys().filter(|name| name.starts_with("related-")).collect();
    assert_ne!(number(&names[0]), number(&names[1]));
    let folder = desk.site().join("siteseer");
    for name in &names[1..] {
        fs::copy(folder.join(&names[0]), folder.join(name)).unwrap();
    }
    let refused = ["cat.html", "dog.html"].map(|page| desk.related(&[page]).get_output().clone());
    let said: Vec<String> = refused.iter().map(|output| String::from_utf8_lossy(&output.stderr).into_owned()).collect();
    assert!(said.iter().any(|said| said.contains("another place")), "{said:?}");
}

#[test]
fn inspect_counts_bytes_and_names_pages_that_say_the_same() {
    let desk = indexed();
    let report = desk.json(&["inspect", "--json"]);
    let bytes = &report["relatedViewBytes"];
    assert!(bytes["least"].as_u64() > Some(50) && bytes["most"].as_u64() <= Some(400), "{bytes}");
    let pairs = desk.json(&["inspect", "--json", "--duplicates"]);
    let first = &pairs[0];
    assert_eq!([&first["first"], &first["second"]], ["cat.html", "copy.html"]);
    assert_eq!([&first["firstShare"], &first["secondShare"]], [1.0, 1.0]);
    desk.siteseer()
        .args(["inspect", "--duplicates"])
        .arg(desk.site())
        .assert()
        .success()
        .stdout(contains("100% of cat.html\n100% of copy.html").and(contains("pairs of pages that have 80%")));
    desk.siteseer()
        .args(["inspect", "--duplicates=2"])
        .arg(desk.site())
        .assert()
        .failure()
        .stderr(contains("a share is"));
    desk.siteseer().args(["index", "--no-client", "--model", "none"]).arg(desk.site()).assert().success();
    desk.siteseer()
        .args(["inspect", "--duplicates"])
        .arg(desk.site())
        .assert()
        .failure()
        .stderr(contains("words alone"));
}

#[test]
fn judgements_give_a_precision() {
    let desk = indexed();
    let file = desk.folder.path().join("judged.tsv");
    let judge = |text: &str| {
        fs::write(&file, text).unwrap();
        desk.related(&["--judge", file.to_str().unwrap()])
    };
    desk.siteseer().args(["index", "--no-client", "--related", "1"]).arg(desk.site()).assert().success();
    let all = "precision@1: 0.500 (1 of 2 on 2 pages)";
    judge("# page, related\ncat.html\tnone.html\tof none\ndogs/\t*\n")
        .success()
        .stdout(contains(all).and(contains("cat.html: ")).and(contains("dogs/: ").not()));
    judge("cat.html\n").failure().stderr(contains("judged.tsv:1: a line is PAGE"));
    judge("\n\nnowhere\tcat.html\n").failure().stderr(contains("judged.tsv:3: nowhere is not in the index"));
    judge("# nothing\n").failure().stderr(contains("no judgements"));
}
