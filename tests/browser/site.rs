//! Sites to search: a small one written for the tests, and the one that `./build.sh demo` made.

use serde_json::Value;
use siteseer::cli::serve::{ServerHandle, spawn};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A served folder.
pub(crate) struct Site {
    pub(crate) folder: PathBuf,
    address: SocketAddr,
    _server: ServerHandle,
    _temporary: Option<tempfile::TempDir>,
}

impl Site {
    /// The gardening site of the tests, indexed by the built binary into a temporary folder, with the demo page before it.
    pub(crate) fn garden() -> Self {
        Self::garden_with(&[])
    }

    /// The same, indexed with further options.
    pub(crate) fn garden_with(options: &[&str]) -> Self {
        Self::indexed("garden", options)
    }

    /// Another site of the tests, in the same way.
    pub(crate) fn indexed(fixture: &str, options: &[&str]) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        copy(&root.join("tests/fixtures").join(fixture), temporary.path());
        for file in
            ["index.html", "demo.css", "demo.js", "favicon.svg", "icon.svg", "site.webmanifest", "siteseer-sw.js"]
        {
            std::fs::copy(root.join("www").join(file), temporary.path().join(file)).unwrap();
        }
        let output = Command::new(env!("CARGO_BIN_EXE_siteseer"))
            .arg("index")
            .args(options)
            .arg(temporary.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Self::serve(temporary.path().to_owned(), Some(temporary))
    }

    /// The demo site, as `./build.sh demo --no-serve` left it.
    pub(crate) fn demo() -> Self {
        let folder = std::env::var_os("SITESEER_DEMO_SITE")
            .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target/demo/site"), PathBuf::from);
        assert!(
            folder.join("siteseer/manifest.json").is_file(),
            "{}: run ./build.sh demo --no-serve first",
            folder.display()
        );
        Self::serve(folder, None)
    }

    fn serve(folder: PathBuf, temporary: Option<tempfile::TempDir>) -> Self {
        let (address, server) = spawn(&folder, 0).unwrap();
        Self { folder, address, _server: server, _temporary: temporary }
    }

    /// Address of a page.
    pub(crate) fn url(&self, page: &str) -> String {
        format!("http://{}/{page}", self.address)
    }

    /// What the command line says of a query in a tier: passages with their scores, best first.
    pub(crate) fn native(&self, query: &str, tier: &str) -> Vec<(u64, f64)> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_siteseer"));
        command.args(["search", query, "--tier", tier, "--json", "--limit", "50", "--index"]).arg(&self.folder);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let results: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
        let pair = |result: &Value| (result["passage"].as_u64().unwrap(), result["score"].as_f64().unwrap());
        results.iter().map(pair).collect()
    }

    /// A file of the index whose name begins with `kind`.
    pub(crate) fn index_file(&self, kind: &str) -> PathBuf {
        let entries = std::fs::read_dir(self.folder.join("siteseer")).unwrap();
        let mut paths = entries.map(|e| e.unwrap().path());
        paths.find(|p| p.file_name().unwrap().to_str().unwrap().starts_with(kind)).unwrap()
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from).min_depth(1) {
        let entry = entry.unwrap();
        let target = to.join(entry.path().strip_prefix(from).unwrap());
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(target).unwrap();
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
