//! cli
pub mod serve;

/// Entry point of the command. Returns the exit code.
pub fn main() -> std::process::ExitCode { std::process::ExitCode::SUCCESS }
