//! cli
use clap::{Parser, Subcommand};
pub mod model;

/// Temporary command line until the lead's is merged.
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}
#[derive(Debug, Subcommand)]
enum Verb {
    /// Import and inspect models
    Model(model::ModelArgs),
}
/// Entry point of the command. Returns the exit code.
pub fn main() -> std::process::ExitCode {
    let cli = Cli::parse();
    let Verb::Model(args) = &cli.verb;
    match model::run(args) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}
