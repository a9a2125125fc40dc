//! What the native benches share: medians of rounds in which the contestants take turns, and the name of the processor.
#![allow(dead_code, unreachable_pub)] // A module of several benches; each uses a part.

use std::time::Instant;

/// Milliseconds that `work` takes.
pub fn time_ms(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e3
}

/// Median milliseconds of each contestant over `rounds` rounds, in which all take one turn each.
pub fn medians_ms(rounds: usize, contestants: &mut [&mut dyn FnMut()]) -> Vec<f64> {
    let mut times = vec![Vec::with_capacity(rounds); contestants.len()];
    for _ in 0..rounds {
        for (times, work) in times.iter_mut().zip(contestants.iter_mut()) {
            times.push(time_ms(work));
        }
    }
    times.into_iter().map(median).collect()
}

/// The middle value.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The processor's name, and those of its vector extensions that decide the speed of integer dot products.
pub fn processor() -> String {
    /// As Linux names them.
    const EXTENSIONS: &[&str] =
        &["avx2", "avx512f", "avx_vnni", "avx512_vnni", "amx_int8", "asimd", "asimddp", "i8mm", "sve"];
    let Ok(info) = std::fs::read_to_string("/proc/cpuinfo") else {
        return format!("{} (the system doesn't say which)", std::env::consts::ARCH);
    };
    let field = |names: &[&str]| {
        let line = info.lines().find(|line| names.iter().any(|name| line.starts_with(name)))?;
        Some(line.split_once(':')?.1.trim())
    };
    let flags: Vec<&str> = field(&["flags", "Features"]).unwrap_or_default().split(' ').collect();
    let (has, lacks): (Vec<&str>, Vec<&str>) = EXTENSIONS.iter().partition(|extension| flags.contains(extension));
    let name = field(&["model name", "CPU part"]).unwrap_or(std::env::consts::ARCH);
    format!("{name}: {}; not {}", has.join(", "), lacks.join(", "))
}
