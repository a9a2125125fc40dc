//! What `siteseer index` says at the end: counts, bytes, time; and what it says about odd files.

use crate::index::manifest::{FileEntry, LateFiles, Manifest, StaticFiles};
use crate::site::{NoteKind, ReadReport};
use serde::Serialize;
use std::path::Path;
use std::time::Duration;

/// Files of one kind of note that are named before the rest is only counted.
const NAMED: usize = 5;

/// Prints the notes that a person should see: each broken or lost file by name, the wanted omissions by count.
pub(super) fn print_notes(report: &ReadReport, quiet: bool) {
    if quiet {
        return;
    }
    let mut named = std::collections::BTreeMap::<&str, usize>::new();
    for note in report.notes.iter().filter(|note| note.kind.is_warning()) {
        let count = named.entry(note.kind.summary()).or_default();
        *count += 1;
        if *count <= NAMED {
            eprintln!("   warning {}: {}", note.file, note.kind);
        }
    }
    for (summary, count) in named.iter().filter(|(_, count)| **count > NAMED) {
        eprintln!("   warning … and {} more: {summary}", count - NAMED);
    }
    for (summary, count, first) in report.tally() {
        let wanted = |note: &&crate::site::Note| !note.kind.is_warning() && NoteKind::summary(&note.kind) == summary;
        if report.notes.iter().any(|note| wanted(&note)) {
            eprintln!("      note {count} {summary} ({first}{})", if count > 1 { ", …" } else { "" });
        }
    }
}

/// The account of one run.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Summary<'a> {
    out: &'a Path,
    files: usize,
    left_out: usize,
    pages: u32,
    sections: u32,
    passages: u32,
    /// Passages whose vectors are those of an earlier index.
    reused: usize,
    site_bytes: u64,
    lexical_bytes: u64,
    stemmers_bytes: u64,
    vectors_bytes: u64,
    compressed_bytes: u64,
    passages_bytes: u64,
    filters_bytes: u64,
    model_bytes: u64,
    reranker_bytes: u64,
    static_bytes: u64,
    related_bytes: u64,
    late_bytes: u64,
    client_bytes: u64,
    /// Instruction set or GPU that embedded; none without a model.
    backend: Option<String>,
    seconds: f64,
}

impl<'a> Summary<'a> {
    /// Gathers the figures.
    pub(super) fn new(
        report: &ReadReport,
        manifest: &Manifest,
        reused: usize,
        client_bytes: u64,
        out: &'a Path,
        backend: Option<String>,
        time: Duration,
    ) -> Self {
        let files = &manifest.files;
        let stored = |file: &Option<FileEntry>| file.as_ref().map_or(0, |file| file.bytes);
        Self {
            out,
            files: report.files,
            left_out: report.left_out(),
            pages: manifest.counts.pages,
            sections: manifest.counts.sections,
            passages: manifest.counts.passages,
            reused,
            site_bytes: report.bytes,
            lexical_bytes: files.lexical.bytes + files.postings.bytes + files.spellings.bytes,
            stemmers_bytes: files.stemmers.iter().map(|stemmer| stemmer.file.bytes).sum(),
            vectors_bytes: stored(&files.vectors),
            compressed_bytes: files.compressed.as_ref().map_or(0, |files| files.codes.bytes + files.exact.bytes),
            passages_bytes: files.passages.bytes,
            filters_bytes: stored(&files.filters),
            model_bytes: stored(&files.model),
            reranker_bytes: stored(&files.reranker),
            static_bytes: files.static_tower.as_ref().map_or(0, static_bytes)
                + files.sparse.as_ref().map_or(0, |sparse| sparse.root.bytes + sparse.impacts.bytes),
            related_bytes: manifest.related.as_ref().map_or(0, |related| related.chunks.bytes),
            late_bytes: files.late.as_ref().map_or(0, late_bytes),
            client_bytes,
            backend,
            seconds: time.as_secs_f64(),
        }
    }

    /// Prints it: to standard output as JSON, to standard error for people.
    pub(super) fn print(&self, json: bool, quiet: bool) {
        if json {
            println!("{}", serde_json::to_string_pretty(self).expect("numbers and paths serialize"));
        } else if !quiet {
            let reused = match self.reused {
                0 => String::new(),
                n => format!("; vectors of {n} passages reused"),
            };
            eprintln!(
                "   Indexed {} pages, {} sections, {} passages ({} files read, {} left out{reused})",
                self.pages, self.sections, self.passages, self.files, self.left_out
            );
            let parts = [
                ("words", self.lexical_bytes),
                ("stemmers", self.stemmers_bytes),
                ("vectors", self.vectors_bytes),
                ("vectors compressed", self.compressed_bytes),
                ("texts", self.passages_bytes),
                ("filters", self.filters_bytes),
                ("model", self.model_bytes),
                ("reranker", self.reranker_bytes),
                ("meaning without a model", self.static_bytes),
                ("related pages", self.related_bytes),
                ("late interaction", self.late_bytes),
                ("client", self.client_bytes),
            ];
            let parts: Vec<String> = parts
                .into_iter()
                .filter(|(_, bytes)| *bytes > 0)
                .map(|(part, bytes)| format!("{part} {}", size(bytes)))
                .collect();
            eprintln!("   Written {}: {}", self.out.display(), parts.join(", "));
            let kernels = self.backend.as_ref().map_or(String::new(), |backend| format!(", kernels {backend}"));
            eprintln!("      Done in {:.1} s{kernels}", self.seconds);
        }
    }
}

fn static_bytes(files: &StaticFiles) -> u64 {
    files.root.bytes + files.axes.bytes + files.tokens.bytes + files.cells.bytes + files.rows.bytes
}

fn late_bytes(files: &LateFiles) -> u64 {
    files.head.bytes + files.code.bytes + files.tokens.bytes
}

/// Bytes for people: `1.2 MB`.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} KB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}
