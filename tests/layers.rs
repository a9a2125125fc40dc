//! Dependencies point one way: `cli, wasm → search → index, model → kernels, text`, and nothing below `search` knows
//! JavaScript, files, the network or a clock.

#![cfg(not(target_arch = "wasm32"))]

use std::fs;
use std::path::Path;

/// Layers from the bottom up; a layer may use those before it, and itself.
const LAYERS: &[&[&str]] = &[
    &["codes", "error", "hash", "json"],
    &["bytes", "kernels", "tensors", "text"],
    &["index", "model"],
    &["gpu"],
    &["search"],
    &["site"],
    &["eval"],
    &["cli", "wasm"],
];
/// The layers that never see the world outside: all up to this one.
const PURE: &[&str] = &["search"];
/// What only the top may touch.
const OUTSIDE: &[&str] =
    &["std::fs", "std::net", "std::time", "std::env", "js_sys", "web_sys", "wasm_bindgen", "tokio", "axum"];

#[test]
fn modules_use_only_what_lies_below_them() {
    for (level, layer) in LAYERS.iter().enumerate() {
        for module in *layer {
            for (file, text) in sources(module) {
                for (upper, above) in LAYERS.iter().enumerate() {
                    for other in above.iter().filter(|other| upper > level || (upper == level && *other != module)) {
                        // kernels and text, index and model stand side by side; the bi-encoder has its tokenizer below it
                        assert!(
                            !text.contains(&format!("crate::{other}")),
                            "{file} uses crate::{other}, which is not below it"
                        );
                    }
                }
                if level <= LAYERS.iter().position(|layer| *layer == PURE).unwrap() {
                    for name in OUTSIDE {
                        assert!(!text.contains(name), "{file} uses {name}");
                    }
                }
            }
        }
    }
}

/// Files of a module, without comments and tests.
fn sources(module: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files: Vec<_> =
        walkdir::WalkDir::new(root.join(module)).into_iter().flatten().map(|e| e.into_path()).collect();
    files.push(root.join(format!("{module}.rs")));
    files.retain(|path| path.extension().is_some_and(|e| e == "rs") && path.is_file());
    assert!(!files.is_empty(), "module {module} has no files");
    let code = |text: String| {
        let body = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default().to_owned();
        body.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
    };
    files.iter().map(|path| (path.display().to_string(), code(fs::read_to_string(path).unwrap()))).collect()
}
