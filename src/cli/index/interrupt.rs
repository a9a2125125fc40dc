//! Ctrl-C while an index is written: the unfinished folder, which lies in the site, goes away with the program. While the finished one is put
//! in place, the signal waits.

use std::fs;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

/// Folders that are not finished.
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());
/// Exit code of a program that Ctrl-C ended, as shells have it.
const INTERRUPTED: i32 = 130;

/// From now on this folder is removed if a signal ends the program.
pub(super) fn remove_if_interrupted(folder: &Path) {
    static LISTEN: Once = Once::new();
    LISTEN.call_once(listen);
    lock().push(folder.to_owned());
}

/// This folder is about to be put in place: signals wait for as long as the guard lives.
pub(super) fn finish(folder: &Path) -> MutexGuard<'static, Vec<PathBuf>> {
    let mut unfinished = lock();
    unfinished.retain(|other| other != folder);
    unfinished
}

fn lock() -> MutexGuard<'static, Vec<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits for a signal in a thread of its own. Where that can't be had, signals end the program as they always do.
fn listen() {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
    let wait = move || {
        if runtime.block_on(signal()).is_ok() {
            let unfinished = lock();
            // threads that still write may put a file into a folder that is being emptied
            for folder in unfinished.iter().cycle().take(3 * unfinished.len()) {
                fs::remove_dir_all(folder).ok();
            }
            process::exit(INTERRUPTED);
        }
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(wait).ok();
}

#[cfg(unix)]
async fn signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn signal() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
