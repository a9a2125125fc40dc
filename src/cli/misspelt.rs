//! A misspelt option of `siteseer search` before the query is taken for the query, since queries may begin with hyphens; what follows then
//! makes no sense, and this says what it was.

use clap::Command;
use std::ffi::OsString;

/// Most letters that are wrong in a misspelt option.
const MOST_EDITS: usize = 2;

/// What was typed and the option that it resembles, of the arguments of a call that could not be understood.
pub(super) fn option_taken_for_query(command: &Command, arguments: &[OsString]) -> Option<(String, String)> {
    let verb = arguments.first()?.to_str()?;
    let search = command.get_subcommands().find(|known| known.get_name() == verb && verb == "search")?;
    let known: Vec<String> =
        search.get_arguments().filter_map(|option| Some(format!("--{}", option.get_long()?))).collect();
    let mut words = arguments[1..].iter().map_while(|word| word.to_str()).take_while(|word| *word != "--");
    let typed = words.find(|word| word.starts_with("--") && !known.iter().any(|known| known == word))?;
    let nearest = known.into_iter().min_by_key(|known| strsim::damerau_levenshtein(known, typed))?;
    (strsim::damerau_levenshtein(&nearest, typed) <= MOST_EDITS).then(|| (typed.to_owned(), nearest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Arg;

    #[test]
    fn a_misspelt_option_is_recognised_and_a_query_is_not() {
        let search = Command::new("search").arg(Arg::new("tier").long("tier")).arg(Arg::new("json").long("json"));
        let command = Command::new("siteseer").subcommand(search).subcommand(Command::new("index"));
        let taken =
            |words: &[&str]| option_taken_for_query(&command, &words.iter().map(OsString::from).collect::<Vec<_>>());
        assert_eq!(taken(&["search", "--teir", "lexical", "x"]), Some(("--teir".into(), "--tier".into())));
        assert_eq!(taken(&["search", "--jsn", "x"]), Some(("--jsn".into(), "--json".into())));
        assert_eq!(taken(&["search", "--target-dir", "x"]), None);
        assert_eq!(taken(&["search", "--tier", "lexical"]), None);
        assert_eq!(taken(&["index", "--teir"]), None, "clap says it there");
    }
}
