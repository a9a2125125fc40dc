//! Sites that are no sites, and pages that are too large, broken or hostile.

use super::*;

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

#[cfg(unix)]
#[test]
fn output_that_nobody_reads_is_no_crash() {
    use std::process::{Command, Stdio};
    let desk = Desk::indexed();
    let (site, model) = (desk.site().display().to_string(), desk.model().display().to_string());
    let questions = desk.folder.path().join("questions");
    fs::create_dir(&questions).unwrap();
    fs::write(questions.join("queries.tsv"), "q\tcat\n").unwrap();
    fs::write(questions.join("qrels.tsv"), "q\tcats.html\n").unwrap();
    let questions = questions.display().to_string();
    for words in [
        vec!["search", "cat", "--index", &site],
        vec!["model", "info", &model, "--json"],
        vec!["eval", &questions, "--index", &site, "--quiet", "--rerank-depth", "0"],
        vec!["tune", &questions, "--index", &site, "--quiet"],
        vec!["index", &site, "--model", &model, "--quiet", "--json", "--no-client"],
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_siteseer"));
        command.args(&words).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        drop(child.stdout.take()); // before anything is written: the program has files to open first
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{words:?}");
        assert_ne!(output.status.code(), Some(101), "{words:?}: no panic");
    }
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_leaves_nothing_behind() {
    use std::process::{Command, Stdio};
    use std::time::Duration;
    let desk = Desk::indexed();
    for page in 0..400u32 {
        let words: String = (0..300).map(|word| format!("word{} ", page * 7919 % 977 * word % 4001)).collect();
        desk.page(&format!("{page}.html"), &format!("<p>The cat sat. {words}</p>"));
    }
    let before = files(&desk.site().join("siteseer"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_siteseer"));
    command.arg("index").arg(desk.site()).arg("--model").arg(desk.model()).args(["--quiet", "--no-client"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let unfinished = || {
        let names = fs::read_dir(desk.site()).unwrap().map(|entry| entry.unwrap().file_name());
        names.filter(|name| name.to_string_lossy().starts_with(".siteseer")).count()
    };
    while unfinished() == 0 {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it could be interrupted");
        std::thread::sleep(Duration::from_millis(1));
    }
    Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(unfinished(), 0);
    assert_eq!(files(&desk.site().join("siteseer")), before, "the old index is as it was");
}

#[test]
fn globs_may_have_alternatives() {
    let desk = Desk::new();
    for name in ["a.html", "b.html", "c.html", "d.html"] {
        desk.page(name, "<p>The cat sat.</p>");
    }
    let mut index = desk.siteseer();
    index.arg("index").arg(desk.site()).args(["--model", "none", "--no-client", "--exclude", "{a,b}.html,c.html"]);
    index.assert().success().stderr(contains("Indexed 1 page"));
}

#[test]
fn passages_have_a_length_that_the_model_can_read() {
    let desk = Desk::new();
    for pieces in ["0", "1000", "many"] {
        let mut index = desk.siteseer();
        index.arg("index").arg(desk.site()).args(["--passage-pieces", pieces]);
        index.assert().failure().code(2).stderr(contains("from 8 to 224"));
    }
}
