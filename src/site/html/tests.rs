//! Hostile, odd and ordinary HTML.

use super::*;
use crate::site::ReadOptions;
use std::collections::BTreeMap;

fn read_with(html: &str, options: &ReadOptions) -> Result<HtmlPage, NoteKind> {
    read_html(html, &Rules::new(options).unwrap(), "the-file")
}

fn read(html: &str) -> HtmlPage {
    read_with(html, &ReadOptions::default()).unwrap()
}

/// Sections as `anchor | path | blocks`.
fn sections(html: &str) -> Vec<String> {
    let page = read(html);
    page.sections
        .iter()
        .map(|s| format!("{} | {} | {}", s.anchor, s.heading_path.join(" > "), s.blocks.join(" / ")))
        .collect()
}

fn blocks(html: &str) -> Vec<String> {
    read(html).sections.into_iter().flat_map(|section| section.blocks).collect()
}

#[test]
fn an_mdbook_page() {
    let html = r##"<!DOCTYPE HTML><html lang="en-GB"><head><!-- Book generated using mdBook --><title>Paths - Book</title></head>
        <body><nav id="sidebar"><h2>Menu</h2></nav><div id="menu-bar"><h1 class="menu-title">Book</h1></div><main>
        <h1 id="paths"><a class="header" href="#paths">Paths</a></h1><p>A <em>path</em>
        is <code>a::b</code>.</p><ul><li>one<ul><li>two</li></ul></li></ul>
        <h2 id="more"><a class="header" href="#more">More &amp; <code>::</code></a></h2>
        <pre><code><span class="boring">fn main() {
</span>let a = 1;
<span class="boring">}</span></code></pre>
        <h3 id=""><a class="header" href="#">::</a></h3><p>signs</p></main>
        <nav class="nav-chapters"><a>Next</a></nav></body></html>"##;
    let page = read(html);
    assert_eq!((page.title.as_str(), page.lang.as_str()), ("Paths", "en-gb"));
    assert_eq!(
        sections(html),
        ["paths |  | A path is a::b. / one / two", "more | More & :: | let a = 1;", " | More & :: > :: | signs"]
    );
}

#[test]
fn headings_find_their_ids() {
    let html = r##"<main><section id="s1"><h2>One<a class="headerlink" href="#s1" title="Link">¶</a></h2><p>a</p></section>
        <a id="named"></a><h2>Two</h2><p>b</p><h2><a name="inner"></a>Three</h2><p>c</p>
        <h2>Four <a href="#f%C3%BCnf">#</a></h2><p>d</p><h2 id="own"><a class="header-anchor" href="#own"><span>Five</span></a></h2><p>e</p>
        <div id="box"><h2>Six</h2><p>f</p></div><p><a id="stale"></a>g</p><h2>C#</h2><p>h</p>
        <h2 id="x"><a href="#x">#</a> Seven</h2><p>i</p><h2></h2><p>j</p></main>"##;
    assert_eq!(
        sections(html),
        [
            "s1 | One | a",
            "named | Two | b",
            "inner | Three | c",
            "fünf | Four | d",
            "own | Five | e",
            " | Six | f / g",
            " | C# | h",
            "x | Seven | i / j",
        ]
    );
}

#[test]
fn furniture_and_hidden_things_are_ignored() {
    let html = r#"<body><header>banner</header><main><header><h1>Title</h1><p>by me</p></header>
        <p>kept <script>no()</script><svg><title>no</title><text>no</text></svg><button>no</button></p>
        <div data-pagefind-ignore>no <div>no <p data-siteseer-ignore>no</p></div><h2>no</h2></div>
        <div hidden>no</div><div hidden="until-found">found</div><p aria-hidden="true">no</p><p style="display : none">no</p>
        <template><p>no</p></template><noscript><p>no</p></noscript><style>no</style><textarea>no</textarea>
        <aside class="sidebar">no</aside><aside class="starlight-aside--tip">a tip</aside><nav>no</nav>
        <sup class="footnote-reference"><a href="\#1">1</a></sup><footer>no</footer></main><aside role="note">no</aside></body>"#;
    assert_eq!(blocks(html), ["by me", "kept", "found", "a tip"]);
    let options = ReadOptions { ignore: vec![".ad, p > b".into()], ..Default::default() };
    let page = read_with("<main><p>a <b>no</b></p><div class=ad>no</div><b>c</b></main>", &options).unwrap();
    assert_eq!(page.sections[0].blocks, ["a", "c"]);
}

#[test]
fn tables_terms_and_code() {
    let html = "<main><table><tr><th>Key<th>Value<tr><td><p>a</p><td><ul><li>1<li>2</ul><tr><td><td>only</table>
        <dl><dt>-p<dt>--package<dd><p>Which package.</p><p>More.</p><dt>--all<dd><dt>--quiet</dl>
        <pre><div>let a;</div><div>let b;</div>c
        d</pre><blockquote>quoted</blockquote><figure><img alt=no><figcaption>caption</figcaption></figure>
        text<br>broken <span>in</span>line<wbr>d <a>x</a><a>y</a> 2<sup>7</sup> 1<sup>st</sup> ::<sup>?</sup></main>";
    assert_eq!(
        blocks(html),
        [
            "Key | Value",
            "a | 1 2",
            "only",
            "-p, --package: Which package.",
            "More.",
            "--all",
            "--quiet",
            "let a; let b; c d",
            "quoted",
            "caption",
            "text broken inlined x y 2^7 1st ::?",
        ]
    );
}

#[test]
fn the_content_is_the_marked_one_then_main_then_article_then_body() {
    assert_eq!(blocks("<main>m</main><div data-pagefind-body>b</div><div data-siteseer-body>c</div>"), ["b", "c"]);
    assert!(read("<main>m</main><div data-pagefind-body>b</div>").marked);
    assert_eq!(blocks("<body>x<main>m</main><article>a</article>"), ["m"]);
    assert_eq!(blocks("<body>x<div role=main>m</div>"), ["m"]);
    assert_eq!(blocks("<body>x<main></main><article>a</article>"), ["a"], "an empty main is passed over");
    assert_eq!(blocks("<body>x<article>a</article><article>b</article>"), ["x", "a", "b"]);
    assert_eq!(blocks("<p>bare"), ["bare"]);
    let options = ReadOptions { root_selector: Some("#text".into()), ..Default::default() };
    assert_eq!(read_with("<main>m<p id=text>t</main>", &options).unwrap().sections[0].blocks, ["t"]);
    assert_eq!(read_with("<main>m</main>", &options).unwrap_err(), NoteKind::NoRoot);
    assert_eq!(
        read_with("<body data-pagefind-ignore><main>m</main>", &ReadOptions::default()).unwrap_err(),
        NoteKind::NoText
    );
}

#[test]
fn titles_by_preference() {
    let title = |html: &str| read(html).title;
    assert_eq!(title("<title>T</title><main><h1>H</h1><p data-pagefind-meta=title>M</p></main>"), "M");
    assert_eq!(title("<title>T</title><p data-pagefind-meta='date, title:A, b'>x"), "A, b");
    assert_eq!(title("<title>T</title><p data-pagefind-meta='title:A, b'>x"), "A, b");
    assert_eq!(title("<title>T</title><img data-pagefind-meta='image[src], title[alt]' alt=Alt><p>x"), "Alt");
    assert_eq!(title("<title> T\n t</title><main><h1>H</h1>x</main>"), "H");
    assert_eq!(title("<title> T\n t</title><h1></h1><h2>two</h2>x"), "T t");
    assert_eq!(title("<h2>two</h2>x"), "two");
    assert_eq!(title("<title>Two - Site</title><h2>two</h2>x<h2>three</h2>x"), "two");
    assert_eq!(title("<title>Site</title><h2>two</h2>x<h2>three</h2>x"), "Site");
    assert_eq!(title("<h2>two</h2>x<h2>three</h2>x"), "The file");
    assert_eq!(title("x"), "The file");
}

#[test]
fn pages_that_ask_to_be_left_out() {
    let reason = |html: &str| read_with(html, &ReadOptions::default()).unwrap_err();
    assert_eq!(reason("<meta name=Robots content='follow, NOINDEX'>x"), NoteKind::NoIndex);
    assert_eq!(reason("<meta http-equiv=Refresh content='0; url=/there'>x"), NoteKind::Redirect);
    assert_eq!(read("<meta http-equiv=refresh content=30>x").title, "The file");
    let book = "<!-- Book generated using mdBook --><main>all</main>";
    assert_eq!(read_html(book, &Rules::default(), "print").unwrap_err(), NoteKind::PrintVersion);
    assert_eq!(read_html("<main>all</main>", &Rules::default(), "print").unwrap().title, "Print");
}

#[test]
fn empty_and_broken_pages_do_no_harm() {
    for html in
        ["", " ", "\0", "<!--", "<main", "<main></main>", "<h1>only</h1>", "<svg><main>", "<![CDATA[", "<frameset>x"]
    {
        assert_eq!(read_with(html, &ReadOptions::default()).unwrap_err(), NoteKind::NoText, "{html:?}");
    }
    assert_eq!(blocks("<p>a<p>b<b><i>c</b>d</i><li>e<h2>h<h2>i<p>j"), ["a", "bcd", "e", "j"]);
    assert_eq!(blocks("<table><p>before<tr><td>cell"), ["before", "cell"]);
    assert_eq!(blocks("&lt;b&gt; &amp;amp; &#x41;&nbsp;&bogus; &copy"), ["<b> &amp; A &bogus; ©"]);
}

#[test]
fn deep_nesting_costs_no_stack() {
    for depth in [10_000, 1_000_000] {
        let html = format!("<main>{}deep<p>end{}", "<div>".repeat(depth), "</div>".repeat(depth));
        assert_eq!(blocks(&html), ["deep end"]);
    }
    let html = format!("<main>{}deep", "<b><i><a href=x>".repeat(30_000));
    assert_eq!(blocks(&html), ["deep"]);
    let html = format!("{}deep", "<table><tr><td>".repeat(30_000));
    assert_eq!(blocks(&html), ["deep"]);
}

#[test]
fn a_blob_is_dropped_and_a_bad_selector_named() {
    let html = format!("<main><p>see</p><pre>{}</pre></main>", "QUJD".repeat(100_000));
    assert_eq!(blocks(&html), ["see"]);
    let error = Rules::new(&ReadOptions { ignore: vec!["p >".into()], ..Default::default() }).unwrap_err();
    assert!(error.to_string().contains("`p >`"), "{error}");
}

#[test]
fn annotations_are_read_wherever_they_stand() {
    let html = r#"<head><meta data-pagefind-filter="site[content]" content="Docs"><meta data-pagefind-default-meta="image[content],
        kind:none" content="/social.png"></head><body><nav data-pagefind-ignore><span data-pagefind-filter="author">Ann</span></nav>
        <main><h1 data-pagefind-meta="title">The
        <i>title</i></h1><p data-tag="a b" data-siteseer-filter="author, tag[data-tag], not, year:2022, and more">Ben  &amp; co</p>
        <p data-pagefind-filter="author">Ann</p><p data-pagefind-meta="kind, by[data-none]" data-pagefind-sort="date:2022-06-01"> post
        </p><p data-pagefind-sort="date:1999">text<p data-pagefind-filter="empty"></p>"#;
    let page = read(html);
    let filters: Vec<String> =
        page.annotations.filters.iter().map(|(name, values)| format!("{name}: {}", values.join(" / "))).collect();
    assert_eq!(filters, ["author: Ann / Ben & co", "site: Docs", "tag: a b", "year: 2022, and more"]);
    let text = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    };
    assert_eq!(page.annotations.meta, text(&[("image", "/social.png"), ("kind", "post")]));
    assert_eq!(page.annotations.sorts, text(&[("date", "2022-06-01")]));
    assert_eq!(page.title, "The title");
}

#[test]
fn a_block_has_the_weight_of_its_innermost_element() {
    let html = r#"<body data-pagefind-weight="2"><main><p>double<div data-siteseer-weight="0.5"><p>half <b data-pagefind-weight="9">
        bold</b></p><ul><li data-pagefind-weight="0">nothing<li>half again</ul></div><h2 data-pagefind-weight="7">head</h2>
        <p data-pagefind-weight="11">double, as 11 is too much</main>"#;
    let sections = read(html).sections;
    assert_eq!(sections[0].blocks, ["double", "half bold", "nothing", "half again"]);
    assert_eq!(sections[0].weights, [200, 50, 0, 50]);
    assert_eq!(sections[1].weights, [200]);
    assert!(read("<main><p>a<p>b").sections[0].weights.is_empty());
    let late = &read("<main><p>a<p>b<p data-pagefind-weight=3>c").sections[0];
    assert_eq!(late.weights, [100, 100, 300]);
}
