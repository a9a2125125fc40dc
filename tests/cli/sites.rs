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
    let mut command = Command::new(env!("CARGO_BIN_EXE_siteseer"));
    command.args(["search", "cat", "--index"]).arg(desk.site()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take()); // before anything is written: the program has an index to open first
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_ne!(output.status.code(), Some(101), "no panic");
}
