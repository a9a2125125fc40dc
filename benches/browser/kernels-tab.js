// What `./build.sh bench kernels` times in a tab: a kernel and what it is compared with take turns.

const DIM = 64;
const ROUNDS = 21;
/** Calls of a turn, where one is hardly longer than a tick of the clock. */
const CALLS = 10;
// query tokens, tokens of a passage, passages: a cascade reads fifty at most
const SHAPES = [[8, 45, 50], [16, 45, 50], [16, 7, 50], [32, 120, 50]];
const SCANNED = [10_000, 100_000];
const SCAN_DIM = 384;
const BEST = 10;

/** Whole numbers between ±most that look random and are the same each time. */
function numbers(Type, count, most) {
  let state = 1;
  return Type.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.round((state / 2 ** 31 - 1) * most);
  });
}

const median = (times) => times.sort((a, b) => a - b)[times.length >> 1];

/** The result, and milliseconds a call. */
function timed(work) {
  const start = performance.now();
  let result;
  for (let call = 0; call < CALLS; call += 1) result = work();
  return { result, ms: (performance.now() - start) / CALLS };
}

/** @param {'relaxed' | 'simd'} level which of the engine's files */
export async function run(level) {
  const { default: open, max_sim: maxSim, FlatScan } = await import(`/engine/engine-${level}.js`);
  await open({ module_or_path: `/engine/engine-${level}.wasm` });

  function compareMaxSim([tokens, rows, passages]) {
    const query = numbers(Int16Array, tokens * DIM, 32767), passage = numbers(Int8Array, rows * DIM, 127);
    const times = { plain: [], kernel: [] };
    for (let round = 0; round < ROUNDS; round += 1) {
      const plain = timed(() => maxSim(true, query, passage, DIM, passages));
      const kernel = timed(() => maxSim(false, query, passage, DIM, passages));
      if (String(plain.result) !== String(kernel.result)) throw new Error(`${level}: the kernel gives other numbers`);
      times.plain.push(plain.ms);
      times.kernel.push(kernel.ms);
    }
    return { shape: [tokens, rows, passages], plain: median(times.plain), kernel: median(times.kernel) };
  }

  function compareScan(count) {
    const index = new FlatScan(Float32Array.from(numbers(Int8Array, count * SCAN_DIM, 127)), SCAN_DIM);
    const times = { scan: [], sum: [] };
    for (let round = 0; round < ROUNDS; round += 1) {
      const scan = timed(() => index.top_k(BEST));
      if (scan.result[0] !== 0) throw new Error(`${level}: the query is not the best match for itself`);
      times.scan.push(scan.ms);
      times.sum.push(timed(() => index.sum()).ms);
    }
    index.free();
    return { count, scan: median(times.scan), sum: median(times.sum) };
  }

  const dims = { maxSim: DIM, scan: SCAN_DIM };
  return { rounds: ROUNDS, dims, best: BEST, maxSim: SHAPES.map(compareMaxSim), scans: SCANNED.map(compareScan) };
}
