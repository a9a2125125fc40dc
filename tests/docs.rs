//! The documentation names every verb, flag, environment variable and key that the command line has, and no other.

#![cfg(not(target_arch = "wasm32"))]

use assert_cmd::Command;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const VERBS: [&[&str]; 9] = [
    &["index"],
    &["search"],
    &["related"],
    &["serve"],
    &["eval"],
    &["tune"],
    &["inspect"],
    &["model", "import"],
    &["model", "info"],
];

fn help(verb: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_siteseer")).args(verb).arg("--help").output().unwrap();
    assert!(output.status.success(), "{verb:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn docs() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let pages = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    pages
        .filter(|path| path.extension().is_some_and(|e| e == "md"))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect()
}

/// Words of a text that begin so and go on with these characters.
fn words<'a>(text: &'a str, begin: &str, goes_on: fn(char) -> bool) -> BTreeSet<&'a str> {
    let found = text.match_indices(begin).filter(|(at, _)| !text[..*at].ends_with(|c: char| goes_on(c) || c == '-'));
    let ends = found.map(|(at, _)| {
        let rest = &text[at + begin.len()..];
        &text[at..at + begin.len() + rest.find(|c| !goes_on(c)).unwrap_or(rest.len())]
    });
    ends.filter(|word| word.len() > begin.len()).collect()
}

fn flags(text: &str) -> BTreeSet<&str> {
    words(text, "--", |c| c.is_ascii_lowercase() || c == '-')
}

fn variables(text: &str) -> BTreeSet<&str> {
    words(text, "SITESEER_", |c| c.is_ascii_uppercase() || c == '_')
}

#[test]
fn every_flag_and_variable_is_documented() {
    let docs = docs();
    let (known_flags, known_variables) = (flags(&docs), variables(&docs));
    for verb in VERBS {
        let help = help(verb);
        // what stands first on its line is defined there; the rest is prose and examples
        let defined = help.lines().filter(|line| line.trim_start().starts_with('-')).map(flags);
        for flag in defined.flatten().filter(|flag| !["--help", "--version"].contains(flag)) {
            assert!(
                known_flags.contains(flag),
                "`siteseer {}` has {flag}, which no page of docs/ names",
                verb.join(" ")
            );
        }
        for variable in variables(&help) {
            assert!(known_variables.contains(variable), "{variable} is not in docs/");
        }
        assert!(
            docs.contains(&format!("siteseer {}", verb.join(" "))),
            "`siteseer {}` is not in docs/",
            verb.join(" ")
        );
    }
}

#[test]
fn every_variable_that_the_documentation_names_exists() {
    let all: String = VERBS.iter().map(|verb| help(verb)).collect();
    let known = variables(&all);
    let config = ["SITESEER_CONFIG"];
    let of_the_repository = ["SITESEER_CACHE", "SITESEER_DEMO_SITE", "SITESEER_WASM_RUST", "SITESEER_SOURCE"];
    for variable in variables(&docs()) {
        let is_known = known.contains(variable) || config.contains(&variable) || of_the_repository.contains(&variable);
        assert!(is_known, "docs/ names {variable}, which no verb has");
    }
}
