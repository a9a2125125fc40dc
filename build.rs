//! Rebuilds the binary when the browser files that it carries have changed.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // the wasm build makes these files, so it must not depend on them
    if std::env::var_os("CARGO_FEATURE_CLI").is_some() {
        println!("cargo::rerun-if-changed=www/dist");
    }
}
