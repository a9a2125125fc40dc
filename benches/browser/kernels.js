// Kernels of the engine's wasm files in Node: MaxSim, which late interaction needs, against the plain loops of the same file, and the
// flat scan with its best ten against a sum of the same bytes.
//
//   node kernels.js ENGINE_FOLDER

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const DIM = 64;
const ROUNDS = 21;
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

function timed(work) {
  const start = performance.now();
  const result = work();
  return { result, ms: performance.now() - start };
}

const folder = process.argv[2];
for (const level of ['relaxed', 'simd']) {
  const { initSync, max_sim: maxSim, FlatScan } = await import(pathToFileURL(join(folder, `engine-${level}.js`)).href);
  initSync({ module: readFileSync(join(folder, `engine-${level}.wasm`)) });
  console.log(`\nMaxSim, ${level}, ${DIM} dimensions, median of ${ROUNDS} (ms for all passages)`);
  console.log('| query tokens | passage tokens | passages | plain loops | kernel | ratio |\n|---|---|---|---|---|---|');
  for (const [tokens, rows, passages] of SHAPES) {
    const query = numbers(Int16Array, tokens * DIM, 32767), passage = numbers(Int8Array, rows * DIM, 127);
    const times = { plain: [], kernel: [] };
    for (let round = 0; round < ROUNDS; round += 1) {
      const plain = timed(() => maxSim(true, query, passage, DIM, passages));
      const kernel = timed(() => maxSim(false, query, passage, DIM, passages));
      if (String(plain.result) !== String(kernel.result)) throw new Error(`${level}: the kernel gives other numbers`);
      times.plain.push(plain.ms);
      times.kernel.push(kernel.ms);
    }
    const [plain, kernel] = [median(times.plain), median(times.kernel)];
    console.log(`| ${tokens} | ${rows} | ${passages} | ${plain.toFixed(2)} | ${kernel.toFixed(3)} | ${(plain / kernel).toFixed(1)} |`);
  }
  console.log(`\nFlat scan, ${level}, ${SCAN_DIM} dimensions, best ${BEST}, one thread, median of ${ROUNDS}`);
  console.log('| vectors | scan (ms) | sum of the bytes (ms) | ratio |\n|---|---|---|---|');
  for (const count of SCANNED) {
    const index = new FlatScan(Float32Array.from(numbers(Int8Array, count * SCAN_DIM, 127)), SCAN_DIM);
    const times = { scan: [], sum: [] };
    for (let round = 0; round < ROUNDS; round += 1) {
      const scan = timed(() => index.top_k(BEST));
      if (scan.result[0] !== 0) throw new Error(`${level}: the query is not the best match for itself`);
      times.scan.push(scan.ms);
      times.sum.push(timed(() => index.sum()).ms);
    }
    index.free();
    const [scan, sum] = [median(times.scan), median(times.sum)];
    console.log(`| ${count} | ${scan.toFixed(2)} | ${sum.toFixed(2)} | ${(scan / sum).toFixed(2)} |`);
  }
}
