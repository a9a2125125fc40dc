//! Rebuilds the binary when the browser files that it carries have changed, and takes the comments out of the shaders.

use std::path::Path;
use std::{env, fs, io};

const SHADERS: &str = "src/gpu/shaders";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    // the wasm build makes these files, so it must not depend on them
    if env::var_os("CARGO_FEATURE_CLI").is_some() {
        println!("cargo::rerun-if-changed=www/dist");
    }
    if env::var_os("CARGO_FEATURE_GPU").is_some() {
        println!("cargo::rerun-if-changed={SHADERS}");
        let out = env::var("OUT_DIR").map_err(io::Error::other)?;
        for file in fs::read_dir(SHADERS)? {
            let file = file?;
            let text = fs::read_to_string(file.path())?;
            fs::write(Path::new(&out).join(file.file_name()), without_comments(&text))?;
        }
    }
    Ok(())
}

/// The same lines, so that a shader compiler's messages name the right ones. WGSL has no strings in which `//` could stand.
fn without_comments(wgsl: &str) -> String {
    wgsl.lines().map(|line| line.split("//").next().unwrap_or_default().trim_end().to_owned() + "\n").collect()
}
