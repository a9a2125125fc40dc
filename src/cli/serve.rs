//! `siteseer serve`: a folder over HTTP, for looking at a site on one's own machine and for tests.
//!
//! It does what a plain static host does and no more: ranges, MIME types, `index.html` of folders, `404.html`. Files
//! are found below the folder only; neither `..` nor a symbolic link leads out of it. Names that carry a content hash
//! (in a folder called `siteseer`) may be cached for ever, everything else is revalidated.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tokio::sync::oneshot;
use tower_http::services::ServeDir;

use crate::site::decode_url;

/// Arguments of `siteseer serve`.
#[derive(Debug, Clone, clap::Args)]
pub struct ServeArgs {
    /// Folder to serve
    #[arg(env = "SITESEER_SITE")]
    pub dir: PathBuf,
    /// Port; 0 picks a free one
    #[arg(long, env = "SITESEER_PORT", default_value_t = 8080)]
    pub port: u16,
    /// Address to listen on; the default is this machine only
    #[arg(long, env = "SITESEER_HOST", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub host: IpAddr,
    /// Open the page in the browser
    #[arg(long)]
    pub open: bool,
}

/// Why a folder cannot be served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The path is not a folder.
    #[error("{}: not a folder ({reason}). Give the folder that holds the site, the one with its index.html", dir.display())]
    NotAFolder {
        /// The path.
        dir: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// Another program listens there.
    #[error(
        "port {} is taken on {}. Stop the other program, or choose another port with `--port`; `--port 0` picks a free one",
        address.port(), address.ip()
    )]
    PortTaken {
        /// The address.
        address: SocketAddr,
    },
    /// The system refuses to listen.
    #[error("cannot listen on {address}: {source}. Try another `--host`, or a `--port` above 1023")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The server's thread could not be started.
    #[error("cannot start the server: {0}")]
    Start(#[from] io::Error),
}

/// A server that runs in a thread of its own. It stops when the handle is dropped.
#[derive(Debug)]
pub struct ServerHandle {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for ServerHandle {
    fn drop(&mut self) {
        // Sending fails only if the server has ended already, and joining only if it panicked; both are over then.
        let _ = self.stop.take().map(|stop| stop.send(()));
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// Runs the command until Ctrl-C.
///
/// # Errors
/// [`ServeError`], or that Ctrl-C cannot be listened to.
pub fn run(args: &ServeArgs) -> anyhow::Result<()> {
    let (address, server) = spawn_on(&args.dir, SocketAddr::new(args.host, args.port))?;
    let url = format!("http://{address}/");
    println!("Serving {} at {url} (Ctrl-C ends it)", args.dir.display());
    if !address.ip().is_loopback() {
        eprintln!("note: other machines of the network can reach it");
    }
    if args.open
        && let Err(error) = open_browser(&url)
    {
        eprintln!("note: no browser could be opened ({error}); open {url} yourself");
    }
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(tokio::signal::ctrl_c())?;
    drop(server);
    Ok(())
}

/// Serves a folder to this machine until the handle is dropped. Port 0 picks a free port; the address has the real one.
///
/// # Errors
/// See [`ServeError`].
pub fn spawn(dir: &Path, port: u16) -> Result<(SocketAddr, ServerHandle), ServeError> {
    spawn_on(dir, SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
}

fn spawn_on(dir: &Path, address: SocketAddr) -> Result<(SocketAddr, ServerHandle), ServeError> {
    let not_a_folder = |reason: String| ServeError::NotAFolder { dir: dir.to_owned(), reason };
    let root = dir.canonicalize().map_err(|error| not_a_folder(error.to_string()))?;
    if !root.is_dir() {
        return Err(not_a_folder("it is a file".to_owned()));
    }
    let listener = TcpListener::bind(address).map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => ServeError::PortTaken { address },
        _ => ServeError::Listen { address, source },
    })?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let (stop, stopped) = oneshot::channel();
    let thread = std::thread::Builder::new().name("siteseer-serve".to_owned()).spawn(move || {
        let outcome = runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            tokio::select! {
                served = axum::serve(listener, router(&root)).into_future() => served,
                _ = stopped => Ok(()),
            }
        });
        if let Err(error) = outcome {
            eprintln!("the server ended: {error}");
        }
        // Open connections are not waited for.
        runtime.shutdown_background();
    })?;
    Ok((address, ServerHandle { stop: Some(stop), thread: Some(thread) }))
}

fn router(root: &Path) -> Router {
    let files = ServeDir::new(root);
    Router::new().fallback_service(files).layer(from_fn_with_state(Arc::<Path>::from(root), around))
}

/// Stands around the file service: guards the folder's borders, sets the caching rule, shows `404.html`.
async fn around(State(root): State<Arc<Path>>, request: Request, next: Next) -> Response {
    let path = decode_url(request.uri().path());
    let with_body = request.method() != Method::HEAD;
    if leads_out(&root, &path) {
        return not_found(&root, with_body);
    }
    let mut response = next.run(request).await;
    if response.status() == StatusCode::NOT_FOUND {
        return not_found(&root, with_body);
    }
    let rule = if is_immutable(&path) { "public, max-age=31536000, immutable" } else { "no-cache" };
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(rule));
    if path.ends_with(".mjs") && response.status().is_success() {
        // The file service knows modules by an older name.
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/javascript"));
    }
    response
}

/// Whether a path, or the `index.html` in it, is a link to something outside the root. What does not exist, or is
/// spelled with `..`, is for the file service to refuse.
fn leads_out(root: &Path, path: &str) -> bool {
    let file = root.join(path.trim_start_matches('/'));
    [file.join("index.html"), file].iter().any(|file| file.canonicalize().is_ok_and(|real| !real.starts_with(root)))
}

fn not_found(root: &Path, with_body: bool) -> Response {
    let page = root.join("404.html");
    let page = if leads_out(root, "404.html") { None } else { std::fs::read(page).ok() };
    let (kind, content) = match page {
        Some(content) => ("text/html", content),
        None => ("text/plain; charset=utf-8", b"404: not found\n".to_vec()),
    };
    let body = if with_body { Body::from(content) } else { Body::empty() };
    (StatusCode::NOT_FOUND, [(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-cache")], body).into_response()
}

/// Whether a path is in a folder called `siteseer` and its name carries a hash of its content:
/// `siteseer/lexical-0123456789ab.bin.gz`, `siteseer/postings-0123456789ab-7.bin.gz`.
fn is_immutable(path: &str) -> bool {
    const HASH_DIGITS: usize = 12;
    let Some((folder, name)) = path.rsplit_once('/') else {
        return false;
    };
    let stem = name.split('.').next().unwrap_or_default();
    // behind the hash a chunk has its number
    let is_hash =
        |word: &str| word.len() == HASH_DIGITS && word.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    stem.split('-').skip(1).any(is_hash) && folder.split('/').any(|segment| segment == "siteseer")
}

fn open_browser(url: &str) -> io::Result<()> {
    let mut command = if cfg!(target_os = "macos") {
        std::process::Command::new("open")
    } else if cfg!(windows) {
        std::process::Command::new("explorer")
    } else {
        std::process::Command::new("xdg-open")
    };
    command.arg(url).spawn().map(drop)
}

#[cfg(test)]
mod tests;
