// Kernels of the engine's wasm files against the plain loops of the same file, in Node: MaxSim, which late interaction needs.
//
//   node kernels.js ENGINE_FOLDER

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const DIM = 64;
const ROUNDS = 21;
// query tokens, tokens of a passage, passages: a cascade reads fifty at most
const SHAPES = [[8, 45, 50], [16, 45, 50], [16, 7, 50], [32, 120, 50]];

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
  const { initSync, max_sim: maxSim } = await import(pathToFileURL(join(folder, `engine-${level}.js`)).href);
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
}
