//! The `siteseer` command. Everything is in [`siteseer::cli`].

fn main() -> std::process::ExitCode {
    siteseer::cli::main()
}
