//! The server over a real socket.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;

use super::*;

struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// Sends a request line (`GET /path`) and further header lines as they are: no client tidies the path.
fn ask(address: SocketAddr, request: &str, headers: &str) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "{request} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n").unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let split = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(bytes[..split].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head, body: bytes[split + 4..].to_vec() }
}

fn site() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, content) in [
        ("site/index.html", "<h1>home"),
        ("site/guide/index.html", "<h1>guide"),
        ("site/a b.html", "spaced"),
        ("site/.well-known/x.txt", "known"),
        ("site/data.bin", "0123456789"),
        ("site/siteseer/manifest.json", "{}"),
        ("site/siteseer/engine.js", "js"),
        ("site/siteseer/engine.wasm", "wasm"),
        ("site/siteseer/worker.mjs", "js"),
        ("site/siteseer/lexical-0123456789ab.bin.gz", "gz"),
        ("site/app.webmanifest", "{}"),
        ("site/app-0123456789ab.css", "css"),
        ("secret.txt", "secret"),
        ("site-too/secret.txt", "secret"),
    ] {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

#[test]
fn files_folders_and_types() {
    let site = site();
    let (address, _server) = spawn(&site.path().join("site"), 0).unwrap();
    for (path, kind, body) in [
        ("/", "text/html", "<h1>home"),
        ("/guide/", "text/html", "<h1>guide"),
        ("/a%20b.html?x=1", "text/html", "spaced"),
        ("/.well-known/x.txt", "text/plain", "known"),
        ("/siteseer/engine.js", "text/javascript", "js"),
        ("/siteseer/worker.mjs", "text/javascript", "js"),
        ("/siteseer/engine.wasm", "application/wasm", "wasm"),
        ("/siteseer/manifest.json", "application/json", "{}"),
        ("/app.webmanifest", "application/manifest+json", "{}"),
    ] {
        let answer = ask(address, &format!("GET {path}"), "");
        assert_eq!((answer.status, answer.body.as_slice()), (200, body.as_bytes()), "{path}");
        assert_eq!(answer.header("content-type"), Some(kind), "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-cache"), "{path}");
    }
    let answer = ask(address, "GET /siteseer/lexical-0123456789ab.bin.gz", "");
    assert_eq!(answer.header("cache-control"), Some("public, max-age=31536000, immutable"));
    assert_eq!(answer.header("content-encoding"), None);
    assert_eq!(ask(address, "GET /app-0123456789ab.css", "").header("cache-control"), Some("no-cache"));
    let moved = ask(address, "GET /guide", "");
    assert_eq!((moved.status / 100, moved.header("location")), (3, Some("/guide/")));
    let head = ask(address, "HEAD /data.bin", "");
    assert_eq!((head.status, head.body.len(), head.header("content-length")), (200, 0, Some("10")));
    assert_eq!(ask(address, "POST /data.bin", "Content-Length: 0\r\n").status, 405);
}

#[test]
fn ranges_and_revalidation() {
    let site = site();
    let (address, _server) = spawn(&site.path().join("site"), 0).unwrap();
    let part = ask(address, "GET /data.bin", "Range: bytes=2-4\r\n");
    assert_eq!((part.status, part.body.as_slice()), (206, b"234".as_slice()));
    assert_eq!(part.header("content-range"), Some("bytes 2-4/10"));
    assert_eq!(ask(address, "GET /data.bin", "Range: bytes=-3\r\n").body, b"789");
    assert_eq!(ask(address, "GET /data.bin", "Range: bytes=20-\r\n").status, 416);
    let whole = ask(address, "GET /data.bin", "");
    assert_eq!(whole.header("accept-ranges"), Some("bytes"));
    let since = format!("If-Modified-Since: {}\r\n", whole.header("last-modified").unwrap());
    assert_eq!(ask(address, "GET /data.bin", &since).status, 304);
}

#[test]
fn nothing_outside_the_folder_is_shown() {
    let site = site();
    let root = site.path().join("site");
    #[cfg(unix)]
    {
        use std::os::unix::fs::symlink;
        symlink(site.path().join("secret.txt"), root.join("link.txt")).unwrap();
        symlink(site.path().join("site-too"), root.join("linked")).unwrap();
        symlink(root.join("data.bin"), root.join("inner.bin")).unwrap();
        fs::create_dir(root.join("folder")).unwrap();
        symlink(site.path().join("secret.txt"), root.join("folder/index.html")).unwrap();
        symlink(site.path().join("secret.txt"), root.join("404.html")).unwrap();
    }
    let (address, _server) = spawn(&root, 0).unwrap();
    for path in [
        "/../secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e/secret.txt",
        "/guide/../../secret.txt",
        "/..%5csecret.txt",
        "//etc/passwd",
        "/%2fetc%2fpasswd",
        "/../site-too/secret.txt",
        "/link.txt",
        "/linked/secret.txt",
        "/linked",
        "/folder/",
        "/404.html",
        "/%00",
        "/%ff",
    ] {
        let answer = ask(address, &format!("GET {path}"), "");
        assert!(matches!(answer.status, 400..=404), "{path}: {}", answer.status);
        let body = String::from_utf8_lossy(&answer.body);
        assert!(!body.contains("secret") && !body.contains("root:"), "{path}: {body}");
    }
    if cfg!(unix) {
        assert_eq!(ask(address, "GET /inner.bin", "").status, 200, "links within the folder are followed");
    }
}

#[test]
fn what_is_missing_gets_the_sites_own_page() {
    let site = site();
    let root = site.path().join("site");
    let (address, _server) = spawn(&root, 0).unwrap();
    let plain = ask(address, "GET /nowhere/at/all", "");
    assert_eq!((plain.status, plain.body.as_slice()), (404, b"404: not found\n".as_slice()));
    fs::write(root.join("404.html"), "<h1>lost").unwrap();
    let own = ask(address, "GET /nowhere.html", "");
    assert_eq!((own.status, own.body.as_slice()), (404, b"<h1>lost".as_slice()));
    assert_eq!((own.header("content-type"), own.header("cache-control")), (Some("text/html"), Some("no-cache")));
    assert!(ask(address, "HEAD /nowhere.html", "").body.is_empty());
}

#[test]
fn errors_name_the_next_step_and_dropping_frees_the_port() {
    let site = site();
    let root = site.path().join("site");
    let (address, server) = spawn(&root, 0).unwrap();
    assert!(address.ip().is_loopback());
    let taken = spawn(&root, address.port()).unwrap_err().to_string();
    assert!(taken.contains("is taken") && taken.contains("--port 0"), "{taken}");
    drop(server);
    assert!(TcpStream::connect(address).is_err());
    let missing = spawn(&root.join("missing"), 0).unwrap_err().to_string();
    assert!(missing.contains("missing: not a folder"), "{missing}");
    let file = spawn(&root.join("data.bin"), 0).unwrap_err().to_string();
    assert!(file.contains("it is a file"), "{file}");
}

#[test]
fn only_hashed_names_of_an_index_are_immutable() {
    for (path, immutable) in [
        ("/siteseer/vectors-0123456789ab.safetensors", true),
        ("/docs/siteseer/models/m-0123456789ab.bin", true),
        ("/siteseer/postings-0123456789ab-17.bin.gz", true),
        ("/siteseer/related-0123456789ab-4026531840.bin.gz", true),
        ("/siteseer/encoder-relaxed.wasm", false),
        ("/siteseer/engine-more.wasm.gz", false),
        ("/siteseer/0123456789ab.bin", false),
        ("/siteseer/manifest.json", false),
        ("/siteseer/engine.js", false),
        ("/siteseer/a-abc.js", false),
        ("/vectors-0123456789ab.safetensors", false),
        ("/siteseer/", false),
    ] {
        assert_eq!(is_immutable(path), immutable, "{path}");
    }
}
