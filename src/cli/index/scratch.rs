//! What threads keep from batch to batch, handed on. Rayon asks for one whenever it splits its work, more often than there are threads, and
//! memory that is new from the system costs a page fault for every four kilobytes.

use crate::model::batch::TokenBatch;
use crate::model::encoder::Workspace;
use std::sync::Mutex;

/// Tokens, the pass's buffers, and an embedding `[dim]`.
pub(super) type Scratch = (TokenBatch, Workspace, Vec<f32>);

/// Those that nobody uses.
#[derive(Debug, Default)]
pub(super) struct Scratches(Mutex<Vec<Scratch>>);

/// One that goes back when it is dropped.
#[derive(Debug)]
pub(super) struct Lent<'a> {
    from: &'a Scratches,
    pub(super) scratch: Scratch,
}

impl Scratches {
    /// One that is unused, or a new one.
    pub(super) fn lend(&self) -> Lent<'_> {
        let unused = self.0.lock().ok().and_then(|mut unused| unused.pop());
        Lent { from: self, scratch: unused.unwrap_or_default() }
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        if let Ok(mut unused) = self.from.0.lock() {
            unused.push(std::mem::take(&mut self.scratch));
        }
    }
}
