//! `siteseer.toml`: options that are the same at every call, written down once.
//!
//! A key is the name of an option's environment variable without `SITESEER_`, in small letters, with hyphens or underscores:
//! `passage-pieces` for `SITESEER_PASSAGE_PIECES`. The values of the file become the defaults of those options, in all verbs
//! that have them. So what is said on the command line wins, then what the environment says, then the file.

use super::model_path::WORDS;
use anyhow::{Context, Result, anyhow, bail};
use clap::builder::ValueHint;
use clap::{Arg, ArgAction, Command};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};

/// The file that is read if none is named.
pub(super) const FILE_NAME: &str = "siteseer.toml";
/// The option that names another, and its variable.
const OPTION: &str = "--config";
pub(super) const VARIABLE: &str = "SITESEER_CONFIG";
/// What every variable begins with.
const PREFIX: &str = "SITESEER_";

/// Values by the name of their variable.
type Values = BTreeMap<String, Vec<String>>;

/// The command with the file's values as defaults. `arguments` are those of the program, without its name.
///
/// # Errors
/// If a file was named that can't be read, or it is not TOML, or a key or a value makes no sense. For a call of help there is
/// no error, since that is where one looks for the keys.
pub(super) fn with_file(command: Command, arguments: &[OsString]) -> Result<Command> {
    let values = find(arguments).and_then(|path| path.map_or(Ok(Values::new()), |path| read(&path, &command)));
    match values {
        Ok(values) => Ok(apply(command, &values)),
        Err(_) if arguments.iter().any(|a| ["--help", "-h", "help", "--version", "-V"].iter().any(|h| a == h)) => {
            Ok(command)
        }
        Err(error) => Err(error),
    }
}

/// The file named by `--config` or its variable, otherwise `siteseer.toml` of the working directory, if there is one.
fn find(arguments: &[OsString]) -> Result<Option<PathBuf>> {
    let mut words = arguments.iter().take_while(|word| *word != "--");
    let mut named = None;
    while let Some(word) = words.next() {
        if word == OPTION {
            named = words.next().map(PathBuf::from);
        } else if let Some(path) = word.to_str().and_then(|word| word.strip_prefix("--config=")) {
            named = Some(PathBuf::from(path));
        }
    }
    let named = named.or_else(|| std::env::var_os(VARIABLE).map(PathBuf::from));
    if let Some(path) = &named
        && !path.is_file()
    {
        bail!("{}: no such file. {OPTION} (or {VARIABLE}) names a {FILE_NAME}", path.display());
    }
    Ok(named.or_else(|| Some(PathBuf::from(FILE_NAME)).filter(|path| path.is_file())))
}

/// The values of a file, each checked by the option that it belongs to.
fn read(path: &Path, command: &Command) -> Result<Values> {
    let text = fs::read_to_string(path).with_context(|| format!("{}: can't be read", path.display()))?;
    let at = |span: Range<usize>| format!("{}:{}", path.display(), line_of(&text, span.start));
    let table = DeTable::parse(&text).map_err(|error| {
        let place = at(error.span().unwrap_or_default());
        anyhow!("{place}: {} (a text stands in quotes)", error.message().trim_end())
    })?;
    let options = options(command);
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut values = Values::new();
    for (key, value) in table.get_ref() {
        let (name, place) = (key.get_ref(), at(key.span()));
        let variable = format!("{PREFIX}{}", name.replace('-', "_").to_uppercase());
        let Some(option) = options.get(&variable) else { bail!("{place}: {}", unknown(name, &options)) };
        let texts = texts(option, value.get_ref())
            .and_then(|texts| texts.into_iter().map(|text| check(option, from_folder(option, folder, text))).collect())
            .with_context(|| format!("{place}: {name}"))?;
        if values.insert(variable, texts).is_some() {
            bail!("{place}: {name}: given twice, once with hyphens and once with underscores");
        }
    }
    Ok(values)
}

fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

/// The options of all verbs by the name of their variable. Where verbs share one, it means the same in each.
fn options(command: &Command) -> BTreeMap<String, &Arg> {
    let arguments = command.get_subcommands().flat_map(Command::get_arguments);
    arguments.filter_map(|option| Some((variable_of(option)?, option))).collect()
}

fn variable_of(option: &Arg) -> Option<String> {
    let name = option.get_env()?.to_str()?;
    (name.starts_with(PREFIX) && name != VARIABLE).then(|| name.to_owned())
}

fn unknown(name: &str, options: &BTreeMap<String, &Arg>) -> String {
    let keys = options.keys().map(|variable| variable[PREFIX.len()..].replace('_', "-").to_lowercase());
    let distance = |key: &String| strsim::damerau_levenshtein(&name.replace('_', "-").to_lowercase(), key);
    let nearest = keys.min_by_key(distance).unwrap_or_default();
    format!(
        "unknown key `{name}`. The nearest known one is `{nearest}`; `siteseer index --help`, and that of the other verbs, \
         names them as variables, SITESEER_…"
    )
}

/// A value of the file as the words of the command line.
fn texts(option: &Arg, value: &DeValue<'_>) -> Result<Vec<String>> {
    let is_list = matches!(option.get_action(), ArgAction::Append);
    if matches!(option.get_action(), ArgAction::SetTrue) {
        return match value {
            DeValue::Boolean(value) => Ok(vec![value.to_string()]),
            _ => bail!("must be true or false"),
        };
    }
    match value {
        DeValue::String(text) => Ok(vec![text.clone().into_owned()]),
        DeValue::Integer(number) => Ok(vec![number.to_string()]),
        DeValue::Array(items) if is_list => {
            let text =
                |item: &DeValue<'_>| item.as_str().map(str::to_owned).context("every item must be a text in quotes");
            items.iter().map(|item| text(item.get_ref())).collect()
        }
        _ if is_list => bail!("must be a list of texts, as in [\"a\", \"b\"]"),
        _ => bail!("must be a number or a text in quotes"),
    }
}

/// Paths of the file start at the file's folder.
fn from_folder(option: &Arg, folder: &Path, text: String) -> String {
    let is_path = option.get_value_hint() == ValueHint::AnyPath && !WORDS.contains(&text.as_str());
    if is_path { folder.join(text).display().to_string() } else { text }
}

/// What the option itself says of the value.
fn check(option: &Arg, text: String) -> Result<String> {
    if matches!(option.get_action(), ArgAction::SetTrue) {
        return Ok(text);
    }
    let alone = option.clone().required(false).long("value").index(None);
    let command = Command::new("check").no_binary_name(true).arg(alone);
    match command.try_get_matches_from([format!("--value={text}")]) {
        Ok(_) => Ok(text),
        Err(error) => {
            let error = error.to_string();
            let reason = error.lines().next().unwrap_or_default();
            bail!("`{text}` {}", reason.rsplit_once(": ").map_or("is not a value that it takes", |(_, reason)| reason))
        }
    }
}

fn apply(command: Command, values: &Values) -> Command {
    command.mut_subcommands(|verb| {
        verb.mut_args(|option| match variable_of(&option).and_then(|variable| values.get(&variable)) {
            Some(texts) => option.required(false).default_values(texts.iter().map(OsStr::new).map(OsStr::to_owned)),
            None => option,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{CommandFactory, FromArgMatches};
    use std::fmt::Write;

    #[derive(Debug, PartialEq, clap::Parser)]
    struct Cli {
        #[command(subcommand)]
        verb: Verb,
    }

    #[derive(Debug, PartialEq, clap::Subcommand)]
    enum Verb {
        Index {
            #[arg(env = "SITESEER_TEST_SITE")]
            site: PathBuf,
            #[arg(long, env = "SITESEER_TEST_MODEL", value_name = "FILE|none")]
            model: Option<PathBuf>,
            #[arg(long, env = "SITESEER_TEST_PIECES", default_value_t = 96)]
            pieces: usize,
            #[arg(long, env = "SITESEER_TEST_IGNORE")]
            ignore: Vec<String>,
            #[arg(long, env = "SITESEER_TEST_FRESH")]
            fresh: bool,
        },
        Look {
            #[arg(long, env = "SITESEER_TEST_MODEL")]
            model: Option<PathBuf>,
            #[arg(long, env = "SITESEER_TEST_TIER", value_parser = ["words", "meaning"])]
            tier: Option<String>,
        },
    }

    fn parse(file: &str, arguments: &[&str]) -> Result<Verb> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("siteseer.toml");
        fs::write(&path, file).unwrap();
        let config = format!("--config={}", path.display());
        let command = with_file(Cli::command(), &[OsString::from(config)])?;
        let matches = command.try_get_matches_from(["siteseer"].iter().chain(arguments))?;
        let mut verb = Cli::from_arg_matches(&matches)?.verb;
        let (Verb::Index { model, .. } | Verb::Look { model, .. }) = &mut verb;
        // the folder's name differs from run to run
        *model = model.take().map(|model| model.strip_prefix(folder.path()).map(Path::to_owned).unwrap_or(model));
        Ok(verb)
    }

    #[test]
    fn values_are_defaults_of_every_verb_that_has_them() {
        let file = "test-site = '/public'\ntest_model = 'm.bin'\ntest-pieces = 12\ntest-ignore = ['.a, .b', 'nav']\ntest-fresh = true";
        let ignore = vec![".a, .b".to_owned(), "nav".to_owned()];
        let (site, model) = (PathBuf::from("/public"), Some(PathBuf::from("m.bin")));
        assert_eq!(
            parse(file, &["index"]).unwrap(),
            Verb::Index { site, model: model.clone(), pieces: 12, ignore, fresh: true }
        );
        assert_eq!(parse(file, &["look"]).unwrap(), Verb::Look { model, tier: None });
        let arguments = ["index", "other", "--model", "x", "--pieces", "7", "--ignore", "b"];
        let (site, model) = ("other".into(), Some("x".into()));
        assert_eq!(
            parse(file, &arguments).unwrap(),
            Verb::Index { site, model, pieces: 7, ignore: vec!["b".to_owned()], fresh: true }
        );
        for word in ["none", "small", "off", "rerank"] {
            let look = parse(&format!("test-model = '{word}'"), &["look"]).unwrap();
            assert_eq!(look, Verb::Look { model: Some(PathBuf::from(word)), tier: None }, "no file");
        }
        assert!(parse("", &["index"]).is_err(), "the site is still needed");
    }

    #[test]
    fn errors_name_file_line_and_the_nearest_key() {
        for (file, expected) in [
            (
                "\n# c\ntest-peices = 1",
                "siteseer.toml:3: unknown key `test-peices`. The nearest known one is `test-pieces`",
            ),
            ("test-pieces = 'many'", "siteseer.toml:1: test-pieces: `many` invalid digit"),
            ("\ntest-pieces = [1]", "siteseer.toml:2: test-pieces: must be a number or a text"),
            ("test-fresh = 'yes'", "test-fresh: must be true or false"),
            ("test-ignore = [1]", "test-ignore: every item must be a text"),
            ("test-ignore = true", "test-ignore: must be a list"),
            ("test-tier = 'deep'", "test-tier: `deep`"),
            ("[test-model]\na = 1", "siteseer.toml:1: test-model: must be"),
            ("test-model = 'a'\ntest_model = 'b'", "siteseer.toml:2: test_model: given twice"),
            ("a = 1\ntest-model = ", "siteseer.toml:2: "),
            ("config = 'x'", "siteseer.toml:1: unknown key `config`"),
        ] {
            let mut error = String::new();
            write!(error, "{:#}", parse(file, &["index", "s"]).unwrap_err()).unwrap();
            assert!(error.contains(expected), "{file}: {error}");
        }
    }

    #[test]
    fn a_missing_file_is_named_and_help_needs_none() {
        let arguments = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        let error = with_file(Cli::command(), &arguments(&["look", "--config", "nowhere.toml"])).unwrap_err();
        assert!(error.to_string().contains("nowhere.toml: no such file"), "{error}");
        assert!(with_file(Cli::command(), &arguments(&["look", "--config=nowhere.toml", "--help"])).is_ok());
        assert!(with_file(Cli::command(), &arguments(&["look", "--", "--config=nowhere.toml"])).is_ok());
    }
}
