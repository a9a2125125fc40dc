//! Each kernel, with the tunables of a GPU and with those of a processor, against plain loops in f64, at sizes about every tile.

use super::open;
use super::random::Random;
use siteseer::gpu::kernel::{Kernel, Pipelines, bind};
use siteseer::gpu::tuning::{Products, Tuning};
use siteseer::gpu::{Context, floats_of, transposed_words};
use siteseer::kernels::Backend;
use wgpu::BufferUsages;

/// Rounding of sums in another order, in parts of the sum of the terms' sizes: `k · ε / 2` at worst for k terms, and `√k · ε`
/// as a rule; the longest sum here has 384 terms. WGSL allows divisions and roots a few ε more.
const ROUNDING: f64 = 32.0 * f32::EPSILON as f64;
/// WGSL allows `exp(x)` an error of `(3 + 2 |x|) · ε`; arguments here are above -40, where exp still counts.
const EXP: f64 = 83.0 * f32::EPSILON as f64;
/// Of the kernel's approximation of erf (Abramowitz and Stegun 7.1.26), by itself; its exp comes on top.
const ERF: f64 = 1.5e-7 + EXP;

/// Of f16, which may be rounded either way: to it, a product, three sums.
const HALF: f64 = 5.0 / 1024.0;
/// The least f16 that counts; smaller ones may become nothing.
const HALF_LEAST: f64 = 1.0 / 16384.0;

const TUNINGS: [Tuning; 2] = [Tuning::HARDWARE, Tuning::SOFTWARE];

struct Device {
    context: Context,
    pipelines: Pipelines,
}

impl Device {
    fn all() -> Vec<Self> {
        TUNINGS.map(Self::with).into()
    }

    /// One that has what these tunables want: the adapters in software have it, and GPUs of these years.
    fn with(tuning: Tuning) -> Self {
        let context = open();
        assert_eq!(tuning.on(context.features()), tuning, "{} has not all of it", context.adapter().name);
        Self { context, pipelines: Pipelines::new(tuning) }
    }

    /// Runs a kernel with `inputs` in the order of its bindings, and returns the matrix that it writes.
    fn run(&self, kernel: Kernel, [rows, columns]: [usize; 2], fields: [u32; 2], inputs: &[Vec<u32>]) -> Vec<f32> {
        let Self { context, pipelines } = self;
        let shape = context.buffer("shape", 16, BufferUsages::UNIFORM | BufferUsages::COPY_DST);
        let words = [rows as u32, fields[0], fields[1], 0].map(u32::to_le_bytes).concat();
        context.queue().write_buffer(&shape, 0, &words);
        let inputs: Vec<_> = inputs.iter().map(|input| context.upload("input", input)).collect();
        let len = rows * columns;
        let out = context.buffer("out", len * 4, BufferUsages::STORAGE | BufferUsages::COPY_SRC);
        let staging = context.buffer("staging", len * 4, BufferUsages::MAP_READ | BufferUsages::COPY_DST);
        let pipeline = pipelines.get(context, kernel).unwrap();
        let buffers = [&shape].into_iter().chain(&inputs).chain([&out]);
        let bindings = bind(context, &pipeline, &buffers.map(|b| b.as_entire_binding()).collect::<Vec<_>>());
        let mut encoder = context.device().create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        {
            let [x, y] = kernel.workgroups(pipelines.tuning(), rows as u32, columns as u32);
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
            pass.set_pipeline(&pipeline);
            pass.set_bind_group(0, &bindings, &[]);
            pass.dispatch_workgroups(x, y, 1);
        }
        encoder.copy_buffer_to_buffer(&out, 0, &staging, 0, len as u64 * 4);
        context.queue().submit([encoder.finish()]);
        pollster::block_on(context.read(&staging, len)).unwrap()
    }
}

fn bits(floats: &[f32]) -> Vec<u32> {
    floats.iter().map(|float| float.to_bits()).collect()
}

/// Rows of int8, four a word.
fn words(bytes: &[i8]) -> Vec<u32> {
    bytes.as_chunks::<4>().0.iter().map(|four| u32::from_le_bytes(four.map(|byte| byte as u8))).collect()
}

/// A number between the two.
fn float(random: &mut Random, least: f32, most: f32) -> f32 {
    least + (most - least) * random.below(1 << 20) as f32 / (1 << 20) as f32
}

fn floats(random: &mut Random, len: usize) -> Vec<f32> {
    (0..len).map(|_| float(random, -2.0, 2.0)).collect()
}

fn int8(random: &mut Random, len: usize) -> Vec<i8> {
    (0..len).map(|_| (random.below(255) as i16 - 127) as i8).collect()
}

/// `[tokens, 4]` and `[sequences + 1]` of sequences of these lengths.
fn spans(lengths: &[usize]) -> (Vec<u32>, Vec<u32>) {
    let (mut tokens, mut first) = (Vec::new(), vec![0]);
    for &len in lengths {
        let start = first[first.len() - 1];
        (0..len).for_each(|_| tokens.extend([0, 0, start, start + len as u32]));
        first.push(start + len as u32);
    }
    (tokens, first)
}

fn assert_near(got: &[f32], want: &[f64], tolerance: impl Fn(usize) -> f64, what: &str) {
    assert_eq!(got.len(), want.len(), "{what}");
    for (at, (&got, &want)) in got.iter().zip(want).enumerate() {
        let allowed = tolerance(at);
        assert!((f64::from(got) - want).abs() <= allowed, "{what}: [{at}] is {got}, not {want} within {allowed:e}");
    }
}

fn gelu(v: f64) -> f64 {
    0.5 * v * (1.0 + libm::erf(v * std::f64::consts::FRAC_1_SQRT_2))
}

/// Rows of int8, four a word, and behind them their scale, as `quantize.wgsl` makes them; and the numbers that they stand for.
fn quantized(x: &[f32], k: usize) -> (Vec<u32>, Vec<f64>) {
    let (mut rows, mut values) = (Vec::new(), Vec::new());
    for row in x.chunks_exact(k) {
        let scale = row.iter().fold(0.0f32, |most, v| most.max(v.abs())) / 127.0;
        let bytes: Vec<i8> = row.iter().map(|v| if scale == 0.0 { 0 } else { (v / scale).round() as i8 }).collect();
        rows.extend(words(&bytes));
        rows.push(scale.to_bits());
        values.extend(bytes.iter().map(|&byte| f64::from(byte) * f64::from(scale)));
    }
    (rows, values)
}

/// Products of each kind, at the same sizes; the largest error in parts of the sums of the terms' sizes.
fn check_matmul(random: &mut Random, device: &Device) -> f64 {
    let products = device.pipelines.tuning().products;
    let mut largest = 0.0f64;
    for (rows, n, k) in [(1, 1, 4), (7, 31, 8), (8, 32, 12), (9, 127, 64), (33, 129, 384), (65, 260, 20)] {
        let (x, weights) = (floats(random, rows * k), int8(random, n * k));
        let scale: Vec<f32> = (0..n).map(|_| float(random, 0.001, 0.02)).collect();
        let bias = floats(random, n);
        let (left, values) = match products {
            Products::Packed => quantized(&x, k),
            _ => (bits(&x), x.iter().map(|&v| f64::from(v)).collect()),
        };
        let (part, least) = match products {
            Products::Half => (HALF + ROUNDING, HALF_LEAST),
            _ => (ROUNDING, 0.0),
        };
        for activation in [false, true] {
            let inputs = [left.clone(), transposed_words(&weights, n, k), bits(&floats_of(&scale, &bias))];
            let kernel = Kernel::Matmul { gelu: activation };
            let got = device.run(kernel, [rows, n], [n as u32, k as u32 / 4], &inputs);
            let (mut want, mut allowed) = (Vec::new(), Vec::new());
            for row in values.chunks_exact(k) {
                for (c, w) in weights.chunks_exact(k).enumerate() {
                    let terms = row.iter().zip(w).map(|(x, &w)| x * f64::from(w));
                    let (scale, bias) = (f64::from(scale[c]), f64::from(bias[c]));
                    let size = terms.clone().map(f64::abs).sum::<f64>() * scale + bias.abs();
                    let v = terms.sum::<f64>() * scale + bias;
                    want.push(if activation { gelu(v) } else { v });
                    // an activation and a product, of which the kernel has 128 times less
                    let lost = 2.0 * least * 128.0 * k as f64 * scale;
                    // the slope of GELU is at most 1.13
                    allowed.push((size * part + lost) * 1.13 + if activation { v.abs() * ERF } else { 0.0 });
                    let error = (f64::from(got[want.len() - 1]) - want[want.len() - 1]).abs() / size;
                    largest = largest.max(error);
                }
            }
            let what = format!("{products:?}, {rows} x {n} x {k}, GELU {activation}");
            assert_near(&got, &want, |at| allowed[at], &what);
        }
    }
    largest
}

#[test]
fn matmul() {
    let mut random = Random::new(1);
    for device in Device::all() {
        check_matmul(&mut random, &device);
    }
}

#[test]
fn matmul_half() {
    let mut random = Random::new(7);
    for tuning in TUNINGS {
        let device = Device::with(Tuning { products: Products::Half, ..tuning });
        let error = check_matmul(&mut random, &device);
        assert!(error > ROUNDING, "{error:e}: too exact for f16, so it was another kernel");
    }
}

#[test]
fn matmul_packed() {
    let mut random = Random::new(8);
    for tuning in TUNINGS {
        check_matmul(&mut random, &Device::with(Tuning { products: Products::Packed, ..tuning }));
    }
}

#[test]
fn quantize() {
    let mut random = Random::new(9);
    for device in Device::all() {
        for (rows, k) in [(1, 4), (31, 32), (32, 132), (33, 384)] {
            let mut x = floats(&mut random, rows * k);
            x[(rows - 1) * k..].fill(0.0); // a row of nothing has a scale of nothing
            let row_words = k / 4 + 1;
            let got = device.run(Kernel::Quantize, [rows, row_words], [k as u32 / 4, 0], &[bits(&x)]);
            for (row, (got, x)) in got.chunks_exact(row_words).zip(x.chunks_exact(k)).enumerate() {
                let want = f64::from(x.iter().fold(0.0f32, |most, v| most.max(v.abs()))) / 127.0;
                let scale = f64::from(got[k / 4]);
                assert!((scale - want).abs() <= want * ROUNDING, "{rows} x {k}, row {row}: scale {scale}, not {want}");
                let bytes = got[..k / 4].iter().flat_map(|word| word.to_bits().to_le_bytes());
                for (byte, v) in bytes.zip(x) {
                    // to the nearest, or next to it where two are as near but for rounding
                    let off = (f64::from(byte as i8) * scale - f64::from(*v)).abs();
                    assert!(
                        off <= scale * (0.5 + 127.0 * ROUNDING),
                        "{rows} x {k}, row {row}: {v} became {}",
                        byte as i8
                    );
                }
            }
        }
    }
}

#[test]
fn attention() {
    let mut random = Random::new(2);
    let lengths = [1, 2, 3, 4, 5, 31, 32, 33, 70];
    let (tokens, first) = spans(&lengths);
    let count = tokens.len() / 4;
    for device in Device::all() {
        for (heads, dim) in [(1, 4), (3, 32), (2, 64)] {
            let hidden = heads * dim;
            let qkv = floats(&mut random, count * 3 * hidden);
            let scale = 1.0 / (dim as f32).sqrt();
            let inputs = [tokens.clone(), first.clone(), bits(&qkv)];
            let part = |token: usize, part: usize, head: usize| &qkv[(token * 3 + part) * hidden + head * dim..][..dim];
            let mut want = Vec::new();
            for window in first.windows(2) {
                let range = window[0] as usize..window[1] as usize;
                for row in range.clone() {
                    for head in 0..heads {
                        let dot = |key| {
                            let pairs = part(row, 0, head).iter().zip(part(key, 1, head));
                            pairs.map(|(q, k)| f64::from(*q) * f64::from(*k)).sum::<f64>() * f64::from(scale)
                        };
                        let weights: Vec<f64> = range.clone().map(|key| dot(key).exp()).collect();
                        let total: f64 = weights.iter().sum();
                        want.extend((0..dim).map(|d| {
                            let values = range.clone().map(|key| f64::from(part(key, 2, head)[d]));
                            values.zip(&weights).map(|(v, w)| v * w).sum::<f64>() / total
                        }));
                    }
                }
            }
            // values are below 2; a weight carries the error of its score (64 terms below 4, scaled) and of its exp, twice
            let tolerance = 2.0 * (EXP * 4.0 + ROUNDING * 64.0 * 4.0 * f64::from(scale));
            let fields = [hidden as u32 / 4, scale.to_bits()];
            let kernel = |first| Kernel::Attention { head_dim: dim as u32, first };
            let got = device.run(kernel(false), [count, hidden], fields, &inputs);
            assert_near(&got, &want, |_| tolerance, &format!("{heads} heads of {dim}"));
            // only first rows: the same numbers
            let firsts = device.run(kernel(true), [lengths.len(), hidden], fields, &inputs);
            let rows = first[..lengths.len()].iter().map(|&row| &got[row as usize * hidden..][..hidden]);
            assert_eq!(firsts, rows.flatten().copied().collect::<Vec<f32>>(), "{heads} heads of {dim}");
        }
    }
}

#[test]
fn layer_norm() {
    let mut random = Random::new(3);
    let by_subgroups = TUNINGS.map(|tuning| Device::with(Tuning { norm_subgroups: true, ..tuning }));
    for device in Device::all().into_iter().chain(by_subgroups) {
        for (rows, hidden) in [(1, 4), (31, 32), (32, 132), (33, 384)] {
            let (x, residual) = (floats(&mut random, rows * hidden), floats(&mut random, 2 * rows * hidden));
            let (gamma, beta) = (floats(&mut random, hidden), floats(&mut random, hidden));
            let firsts: Vec<u32> = (0..=rows as u32).map(|row| 2 * row).collect(); // sequences of two tokens
            for (with, first) in [(false, false), (true, false), (true, true)] {
                let inputs = [bits(&x), bits(&residual), firsts.clone(), bits(&[&gamma[..], &beta[..]].concat())];
                let fields = [hidden as u32 / 4, 1e-12f32.to_bits()];
                let got = device.run(Kernel::LayerNorm { residual: with, first }, [rows, hidden], fields, &inputs);
                let mut want = Vec::new();
                for (row, x) in x.chunks_exact(hidden).enumerate() {
                    let from = if first { 2 * row } else { row };
                    let residual = &residual[from * hidden..][..hidden];
                    let add = |(x, r): (&f32, &f32)| f64::from(*x) + if with { f64::from(*r) } else { 0.0 };
                    let v: Vec<f64> = x.iter().zip(residual).map(add).collect();
                    let mean = v.iter().sum::<f64>() / hidden as f64;
                    let variance = v.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / hidden as f64;
                    let norm = |v: f64| (v - mean) / (variance + 1e-12).sqrt();
                    let affine = gamma.iter().zip(&beta).map(|(g, b)| (f64::from(*g), f64::from(*b)));
                    want.extend(v.iter().zip(affine).map(|(&v, (g, b))| norm(v) * g + b));
                }
                // values reach 2 times √hidden deviations at worst, some 4 as a rule; the variance is a difference of sums
                // up to 16 times its size, for a row that began with its smallest value
                let tolerance = 2.0 * 4.0 * 16.0 * ROUNDING;
                assert_near(&got, &want, |_| tolerance, &format!("{rows} x {hidden}, {with} {first}"));
            }
        }
    }
}

#[test]
fn gather_embed() {
    let mut random = Random::new(4);
    for device in Device::all() {
        for hidden in [4, 128, 132] {
            let (vocab, positions, kinds) = (50, 40, 2);
            let (word, position) = (int8(&mut random, vocab * hidden), int8(&mut random, positions * hidden));
            let word_scale: Vec<f32> = (0..vocab).map(|_| float(&mut random, 0.001, 0.02)).collect();
            let position_scale: Vec<f32> = (0..positions).map(|_| float(&mut random, 0.001, 0.02)).collect();
            let kind = floats(&mut random, kinds * hidden);
            let (mut tokens, _) = spans(&[1, 40, 7]);
            for token in tokens.chunks_exact_mut(4) {
                (token[0], token[1]) = (random.below(vocab) as u32, random.below(kinds) as u32);
            }
            let inputs =
                [tokens.clone(), words(&word), bits(&word_scale), words(&position), bits(&position_scale), bits(&kind)];
            let rows = tokens.len() / 4;
            let got = device.run(Kernel::GatherEmbed, [rows, hidden], [hidden as u32 / 4, 0], &inputs);
            let mut want = Vec::new();
            for (row, token) in tokens.chunks_exact(4).enumerate() {
                let (id, place) = (token[0] as usize, row - token[2] as usize);
                want.extend((0..hidden).map(|c| {
                    f64::from(word[id * hidden + c]) * f64::from(word_scale[id])
                        + f64::from(position[place * hidden + c]) * f64::from(position_scale[place])
                        + f64::from(kind[token[1] as usize * hidden + c])
                }));
            }
            assert_near(&got, &want, |_| 8.0 * ROUNDING, &format!("hidden {hidden}"));
        }
    }
}

#[test]
fn pool() {
    let mut random = Random::new(5);
    let lengths = [1, 0, 3, 33];
    let (tokens, first) = spans(&lengths);
    for device in Device::all() {
        for hidden in [4, 128, 132] {
            let x = floats(&mut random, tokens.len() / 4 * hidden);
            for mean in [true, false] {
                let inputs = [first.clone(), bits(&x)];
                let shape = [lengths.len(), hidden];
                let got = device.run(Kernel::Pool { mean }, shape, [hidden as u32 / 4, 0], &inputs);
                let mut want = Vec::new();
                for window in first.windows(2) {
                    let len = if mean { window[1] - window[0] } else { (window[1] - window[0]).min(1) } as usize;
                    want.extend((0..hidden).map(|c| {
                        let rows = (0..len).map(|row| f64::from(x[(window[0] as usize + row) * hidden + c]));
                        rows.sum::<f64>() / len.max(1) as f64
                    }));
                }
                assert_near(&got, &want, |_| 2.0 * ROUNDING, &format!("hidden {hidden}, mean {mean}"));
            }
        }
    }
}

#[test]
fn logit() {
    let mut random = Random::new(6);
    for device in Device::all() {
        for (rows, hidden) in [(1, 4), (32, 128), (33, 384)] {
            let mut h = floats(&mut random, rows * hidden);
            h[0] = 200.0; // where a tanh by way of exp overflows
            let weight = floats(&mut random, hidden);
            let fields = [hidden as u32 / 4, 0.25f32.to_bits()];
            let got = device.run(Kernel::Logit, [rows, 1], fields, &[bits(&h), bits(&weight)]);
            let dot = |h: &[f32]| -> f64 {
                let pairs = h.iter().zip(&weight);
                0.25 + pairs.map(|(h, w)| f64::from(*h).tanh() * f64::from(*w)).sum::<f64>()
            };
            let want: Vec<f64> = h.chunks_exact(hidden).map(dot).collect();
            // weights are below 2; WGSL takes tanh from sinh and cosh, that is from exp
            assert_near(&got, &want, |_| 2.0 * hidden as f64 * (EXP + ROUNDING), &format!("{rows} x {hidden}"));
        }
    }
}

/// Rows of passages: about each tile, and none.
fn passage_lengths(random: &mut Random, passages: usize) -> Vec<usize> {
    let edges = [33, 0, 1, 2, 3, 4, 5, 31, 32, 0];
    (0..passages).map(|passage| edges.get(passage).copied().unwrap_or_else(|| random.below(40))).collect()
}

/// Products are those of the CPU's scalar kernel bit for bit, of the extremes, too.
#[test]
fn max_sim() {
    let mut random = Random::new(10);
    for device in Device::all() {
        for (tokens, dim, passages) in
            [(1, 64, 1), (16, 64, 200), (33, 48, 50), (31, 16, 33), (64, 512, 3), (5, 64, 32)]
        {
            for extreme in [false, true] {
                let lengths = passage_lengths(&mut random, passages);
                let first = spans(&lengths).1;
                let mut rows = int8(&mut random, first[passages] as usize * dim);
                let mut query: Vec<i16> =
                    (0..tokens * dim).map(|_| (random.below(65_535) as i32 - 32_767) as i16).collect();
                if extreme {
                    rows.fill(-127);
                    query.fill(32_767); // every product is the least that there is
                }
                let values = query.iter().map(|&value| i32::from(value) as u32).collect();
                let inputs = [values, words(&rows), first.clone()];
                let fields = [tokens as u32, dim as u32 / 4];
                let got = device.run(Kernel::MaxSim { sums: false }, [passages, tokens], fields, &inputs);
                let mut want = vec![0; passages * tokens];
                for (window, want) in first.windows(2).zip(want.chunks_exact_mut(tokens)) {
                    let rows = &rows[window[0] as usize * dim..window[1] as usize * dim];
                    Backend::Scalar.max_sim_into(&query, rows, dim, want);
                }
                let got: Vec<i32> = got.iter().map(|best| best.to_bits() as i32).collect();
                assert_eq!(got, want, "{passages} passages, {tokens} tokens of {dim}, extreme {extreme}");
            }
        }
    }
}

#[test]
fn max_sim_sums() {
    let mut random = Random::new(11);
    for device in Device::all() {
        for (passages, tokens) in [(1, 1), (31, 64), (32, 16), (33, 33), (200, 2)] {
            let best: Vec<i32> =
                (0..passages * tokens).map(|_| random.below(1 << 24) as i32 * 128 - (1 << 30)).collect();
            let weights = floats(&mut random, tokens);
            let inputs = [best.iter().map(|&best| best as u32).collect(), bits(&weights)];
            let got = device.run(Kernel::MaxSim { sums: true }, [passages, 1], [tokens as u32, 0], &inputs);
            let terms = |best: &[i32]| -> Vec<f64> {
                let terms = best.iter().zip(&weights);
                terms.map(|(&best, &weight)| f64::from(best) * f64::from(weight) / (32_767.0 * 127.0)).collect()
            };
            let terms: Vec<Vec<f64>> = best.chunks_exact(tokens).map(terms).collect();
            let want: Vec<f64> = terms.iter().map(|terms| terms.iter().sum()).collect();
            let size = |at: usize| terms[at].iter().map(|term| term.abs()).sum::<f64>();
            assert_near(&got, &want, |at| size(at) * ROUNDING, &format!("{passages} x {tokens}"));
        }
    }
}
