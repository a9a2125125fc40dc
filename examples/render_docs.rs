//! Renders a folder of Markdown pages to HTML, with the heading ids that `siteseer index` links to: the demo's site where
//! the Rust documentation is not installed. `cargo run --example render_docs docs target/site`

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html};
use siteseer::site::slug;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let folders: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    let [from, to] = folders.as_slice() else {
        eprintln!("usage: render_docs FROM TO");
        std::process::exit(2);
    };
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        // the table of contents is for mdBook
        if path.extension().is_some_and(|e| e == "md") && !path.ends_with("SUMMARY.md") {
            let page = render(&fs::read_to_string(&path)?);
            fs::write(to.join(path.file_name().map(Path::new).unwrap_or(&path)).with_extension("html"), page)?;
        }
    }
    Ok(())
}

/// One page as HTML. Links between pages lead to the rendered ones.
fn render(markdown: &str) -> String {
    let title = markdown.lines().find_map(|line| line.strip_prefix("# ")).unwrap_or("Documentation");
    let mut events: Vec<Event> = Parser::new_ext(markdown, Options::ENABLE_TABLES).collect();
    for i in 0..events.len() {
        let mut heading = String::new();
        if matches!(events[i], Event::Start(Tag::Heading { .. })) {
            for event in &events[i + 1..] {
                match event {
                    Event::Text(text) | Event::Code(text) => heading += text,
                    Event::End(TagEnd::Heading(_)) => break,
                    _ => {}
                }
            }
        }
        match &mut events[i] {
            Event::Start(Tag::Heading { id, .. }) => *id = Some(slug(&heading).into()),
            Event::Start(Tag::Link { dest_url, .. }) if dest_url.ends_with(".md") => {
                *dest_url = dest_url.replace(".md", ".html").into();
            }
            _ => {}
        }
    }
    let mut body = String::new();
    html::push_html(&mut body, events.into_iter());
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width\">\n<title>{title} - Siteseer</title>\n<link rel=\"stylesheet\" href=\"demo.css\">\n</head>\n\
         <body>\n<nav><a href=\"index.html\">Search</a></nav>\n<main>\n{body}</main>\n</body>\n</html>\n"
    )
}
