//! s
#[derive(Debug, clap::Args)]
/// x
pub struct ServeArgs {}
/// x
pub fn run(_a: &ServeArgs) -> anyhow::Result<()> { Ok(()) }
