//! The command line: one file per verb. Only here do errors get context, progress bars, colours and exit codes.
//!
//! Exit codes: 0 done; 1 it failed, and standard error says why and what to do; 2 the command line makes no sense; 3
//! the quality of search dropped (`eval --fail-on-drop`).

mod alike;
mod client;
mod config;
pub mod eval;
pub mod folder;
pub mod index;
pub mod inspect;
mod misspelt;
pub mod model;
mod model_path;
mod no_display;
mod progress;
pub mod related;
pub mod search;
pub mod serve;
mod sort;
pub mod tune;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

/// Exit code of a command line, or of a siteseer.toml, that makes no sense; clap's own.
const WRONG_USAGE: u8 = 2;

/// Semantic search that lives inside a static site.
#[derive(Debug, Parser)]
#[command(
    name = "siteseer",
    version,
    about,
    arg_required_else_help = true,
    after_help = "A first run:\n  siteseer index public/          read the built site, write public/siteseer/\n  \
                  siteseer search 'your question' --index public/siteseer\n  siteseer serve public/          \
                  look at it in a browser\n\nIn the site's pages:\n  \
                  <script type=\"module\" src=\"/siteseer/siteseer.js\"></script>\n  <siteseer-search></siteseer-search>\n\n\
                  Options can also be given as environment variables, or as keys of siteseer.toml (passage-pieces = 96);\n\
                  a flag wins over the variable, the variable over the file.\n\n\
                  Exit codes: 0 done, 1 failed, 2 wrong usage, 3 quality dropped (eval --fail-on-drop)."
)]
struct Cli {
    /// File with options [default: siteseer.toml of the working directory, if there is one]
    #[arg(long, global = true, env = config::VARIABLE, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Read a built site and write its search index
    Index(index::IndexArgs),
    /// Search an index in the terminal, with the engine that the browser runs
    Search(search::SearchArgs),
    /// Name the pages that are related to a page
    Related(related::RelatedArgs),
    /// Serve a folder on this machine, to try a site with its search
    Serve(serve::ServeArgs),
    /// Judge search quality on queries whose right answers are known
    Eval(eval::EvalArgs),
    /// Find the weights that suit a site, on queries whose right answers are known
    Tune(tune::TuneArgs),
    /// Say what an index costs its visitors, and what its shortcuts lose
    Inspect(inspect::InspectArgs),
    /// Import a model, or look into one
    Model(model::ModelArgs),
}

/// Ends the program as clap does, with a hint where clap has none.
fn refuse(error: &clap::Error, command: &clap::Command, arguments: &[OsString]) -> ! {
    if error.kind() == ErrorKind::UnknownArgument
        && let Some((typed, option)) = misspelt::option_taken_for_query(command, arguments)
    {
        error.print().ok();
        eprintln!("\n  tip: '{typed}' was taken for the query; a similar argument exists: '{option}'");
        std::process::exit(error.exit_code());
    }
    error.exit()
}

/// From here on a verb only prints, and ends as other programs do when nobody reads on (`siteseer search … | head`). What is still to be written
/// or cleaned up has to be before.
fn only_print() {
    sigpipe::reset();
}

/// Entry point of the command. Returns the exit code.
pub fn main() -> ExitCode {
    // SAFETY: No other thread runs yet: this is the first thing that the program does.
    unsafe { no_display::ask_no_desktop() };
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let command = match config::with_file(Cli::command(), &arguments) {
        Ok(command) => command,
        Err(error) => {
            eprintln!("error: {error:#}");
            return ExitCode::from(WRONG_USAGE);
        }
    };
    let matches = command.clone().try_get_matches().unwrap_or_else(|error| refuse(&error, &command, &arguments));
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    if matches!(cli.verb, Verb::Search(_) | Verb::Related(_) | Verb::Inspect(_)) {
        only_print();
    }
    let done = |()| ExitCode::SUCCESS;
    let result = match &cli.verb {
        Verb::Index(args) => index::run(args).map(done),
        Verb::Search(args) => search::run(args).map(done),
        Verb::Related(args) => related::run(args).map(done),
        Verb::Serve(args) => serve::run(args).map(done),
        Verb::Eval(args) => eval::run(args),
        Verb::Tune(args) => tune::run(args).map(done),
        Verb::Inspect(args) => inspect::run(args).map(done),
        Verb::Model(args) => model::run(args).map(done),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
