//! Progress of long work: a bar on a terminal, a plain line every few seconds elsewhere (CI logs), nothing if asked.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Time between two plain lines.
const PLAIN_EVERY: Duration = Duration::from_secs(5);

/// One stage of work with a known number of steps.
pub(super) struct Progress {
    label: &'static str,
    unit: &'static str,
    total: AtomicU64,
    started: Instant,
    display: Display,
}

enum Display {
    Bar(ProgressBar),
    Plain(Mutex<(u64, Instant)>),
    Quiet,
}

impl Progress {
    /// Starts a stage: `label` is a verb (`Embedding`), `unit` what is counted (`passages`).
    pub(super) fn new(label: &'static str, unit: &'static str, total: u64, quiet: bool) -> Self {
        let display = if quiet {
            Display::Quiet
        } else if std::io::stderr().is_terminal() {
            let bar = ProgressBar::new(total);
            let template =
                format!("{{prefix:>10}} [{{bar:32}}] {{human_pos}}/{{human_len}} {unit}, {{per_sec:.0}}, {{eta}} left");
            if let Ok(style) = ProgressStyle::with_template(&template) {
                bar.set_style(style.progress_chars("━━╌"));
            }
            bar.set_prefix(label);
            Display::Bar(bar)
        } else {
            Display::Plain(Mutex::new((0, Instant::now())))
        };
        Self { label, unit, total: AtomicU64::new(total), started: Instant::now(), display }
    }

    /// Counts `n` more steps.
    pub(super) fn add(&self, n: u64) {
        match &self.display {
            Display::Bar(bar) => bar.inc(n),
            Display::Plain(state) => {
                let Ok(mut state) = state.lock() else { return };
                state.0 += n;
                if state.1.elapsed() >= PLAIN_EVERY {
                    state.1 = Instant::now();
                    eprintln!("{:>10} {}/{} {}", self.label, state.0, self.total(), self.unit);
                }
            }
            Display::Quiet => {}
        }
    }

    /// Sets the number of steps, where it is known only later.
    pub(super) fn set_total(&self, total: u64) {
        self.total.store(total, Ordering::Relaxed);
        if let Display::Bar(bar) = &self.display {
            bar.set_length(total);
        }
    }

    fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }

    /// Ends the stage; says how many there were and how fast it went.
    pub(super) fn finish(self) {
        let seconds = self.started.elapsed().as_secs_f64().max(1e-3);
        let line = format!(
            "{:>10} {} {} in {seconds:.1} s ({:.0}/s)",
            self.label,
            self.total(),
            self.unit,
            self.total() as f64 / seconds
        );
        match self.display {
            Display::Bar(bar) => {
                bar.finish_and_clear();
                eprintln!("{line}");
            }
            Display::Plain(_) => eprintln!("{line}"),
            Display::Quiet => {}
        }
    }
}
