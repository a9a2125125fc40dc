//! Reading whole sites from disk: what is kept, what is left out and why, and that it is the same every time.

#![cfg(not(target_arch = "wasm32"))]

use std::fs;
use std::path::Path;
use std::sync::Mutex;

use siteseer::site::{NoteKind, Page, ReadOptions, Site, SiteError, embedding_text, read_site, split};

/// A site of files given as (path, content).
fn site_folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, content) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

fn read(root: &Path) -> Result<Site, SiteError> {
    read_site(root, &ReadOptions::default(), &|_, _| {})
}

fn urls(pages: &[Page]) -> Vec<&str> {
    pages.iter().map(|page| page.url.as_str()).collect()
}

#[test]
fn a_site_of_many_kinds_of_pages() {
    let utf16: Vec<u8> =
        "\u{feff}<title>Wide</title><p>sixteen bits".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let large = format!("<p>{}", "word ".repeat(4_000_000));
    let folder = site_folder(&[
        ("index.html", b"\xEF\xBB\xBF<html lang=en><title>Home</title><p>welcome to all"),
        ("404.html", b"<p>not here"),
        ("blog/index.html", b"<h1>Blog</h1><p>posts"),
        ("blog/index.htm", b"<h1>Blog</h1><p>other"),
        ("broken.html", b"<meta charset=latin1><title>Caf\xE9</title><p>caf\xE9 au lait"),
        ("empty.html", b""),
        ("large.html", large.as_bytes()),
        ("moved.html", b"<meta http-equiv=refresh content='0; url=/new'><p>moved"),
        ("notes.md", b"# Passed over"),
        ("print.html", b"<!-- Book generated using mdBook --><main><p>everything"),
        ("secret.html", b"<meta name=robots content=noindex><p>secret"),
        ("wide.html", &utf16),
    ]);
    let calls = Mutex::new(Vec::new());
    let site =
        read_site(folder.path(), &ReadOptions::default(), &|done, total| calls.lock().unwrap().push((done, total)))
            .unwrap();
    assert_eq!(urls(&site.pages), ["", "blog/", "broken.html", "wide.html"]);
    assert_eq!(site.pages[2].title, "Caf\u{FFFD}");
    assert_eq!(site.pages[3].sections[0].blocks, ["sixteen bits"]);

    let notes: Vec<_> = site.report.notes.iter().map(|note| (note.file.as_str(), note.kind.clone())).collect();
    let limit = 16 * 1024 * 1024;
    assert_eq!(
        notes,
        [
            ("404.html", NoteKind::NotFoundPage),
            ("blog/index.htm", NoteKind::SameUrl { kept: "blog/index.html".into() }),
            ("broken.html", NoteKind::BrokenEncoding { offset: 31, declared: Some("latin1".into()) }),
            ("empty.html", NoteKind::NoText),
            ("large.html", NoteKind::TooLarge { bytes: 20_000_003, limit }),
            ("moved.html", NoteKind::Redirect),
            ("print.html", NoteKind::PrintVersion),
            ("secret.html", NoteKind::NoIndex),
            ("wide.html", NoteKind::Utf16),
        ]
    );
    assert_eq!((site.report.files, site.report.pages, site.report.left_out()), (11, 4, 7));
    assert_eq!(site.report.markdown_passed_over, 1);
    let mut calls = calls.into_inner().unwrap();
    calls.sort_unstable();
    assert_eq!(calls, (1..=11).map(|done| (done, 11)).collect::<Vec<_>>());
    assert_eq!(site, read(folder.path()).unwrap(), "the same folder gives the same site");
}

#[test]
fn a_limit_of_ones_own() {
    let folder = site_folder(&[("a.html", b"<p>short"), ("b.html", b"<p>a little longer")]);
    let options = ReadOptions { max_file_bytes: 8, ..Default::default() };
    let site = read_site(folder.path(), &options, &|_, _| {}).unwrap();
    assert_eq!(urls(&site.pages), ["a.html"]);
}

#[test]
fn marked_pages_leave_out_the_others() {
    let folder = site_folder(&[("a.html", b"<div data-pagefind-body>a</div>b"), ("b.html", b"<main>b</main>")]);
    let site = read(folder.path()).unwrap();
    assert_eq!(urls(&site.pages), ["a.html"]);
    assert_eq!(site.pages[0].sections[0].blocks, ["a"]);
    assert_eq!(site.report.notes[0].kind, NoteKind::NotMarked);
}

#[test]
fn markdown_alone_is_a_site() {
    let folder = site_folder(&[
        ("README.md", b"# Start\n\nHello there, reader."),
        ("guide/a b.md", b"---\nlang: DE\n---\n# Eins\n\n## Zwei drei\n\nText mit Sinn."),
        ("off.md", b"---\nsearch: false\n---\ntext"),
    ]);
    let site = read(folder.path()).unwrap();
    assert_eq!(urls(&site.pages), ["", "guide/a%20b.html"]);
    let page = &site.pages[1];
    assert_eq!(page.lang, "de");
    assert_eq!(page.sections[0].anchor, "zwei-drei");
    let passages = split(&site.pages, &|text| text.split_whitespace().count(), 160);
    let texts: Vec<_> = passages
        .iter()
        .map(|p| embedding_text(&site.pages[p.page], &site.pages[p.page].sections[p.section], &p.text))
        .collect();
    assert_eq!(texts, ["Start. Hello there, reader.", "Eins > Zwei drei. Text mit Sinn."]);
}

#[test]
fn nothing_to_index_is_an_error_that_says_what_to_do() {
    let folder = site_folder(&[("a.txt", b"text")]);
    let error = read(folder.path()).unwrap_err();
    assert!(matches!(error, SiteError::NoPages { .. }));
    let message = error.to_string();
    assert!(
        message.contains(&folder.path().display().to_string()) && message.contains("Build the site first"),
        "{message}"
    );

    let folder =
        site_folder(&[("a.html", b"<meta name=robots content=none>x"), ("b.html", b""), ("c.html", b"<main></main>")]);
    let message = read(folder.path()).unwrap_err().to_string();
    assert!(message.contains("3 files found"), "{message}");
    assert!(message.contains("1 ask not to be indexed (a.html), 2 have no text (b.html, …)"), "{message}");

    let message = read(&folder.path().join("absent")).unwrap_err().to_string();
    assert!(message.contains("not a folder"), "{message}");
}

#[test]
fn an_index_within_the_site_is_not_read() {
    let folder = site_folder(&[
        ("a.html", b"<p>text"),
        ("siteseer/manifest.json", br#"{"format":"siteseer-index","version":1}"#),
        ("siteseer/demo.html", b"<p>no"),
        ("app/manifest.json", br#"{"name":"a PWA"}"#),
        ("app/page.html", b"<p>yes"),
    ]);
    assert_eq!(urls(&read(folder.path()).unwrap().pages), ["a.html", "app/page.html"]);
}
