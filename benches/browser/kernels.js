// Kernels of the engine's wasm files in headless Chromium: MaxSim, which late interaction needs, against the plain loops of the same
// file, and the flat scan with its best ten against a sum of the same bytes. What is timed is in kernels-tab.js.
//
//   node kernels.js ENGINE_FOLDER

import { fileURLToPath } from 'node:url';
import { launch } from '../../www/tests/browser.js';
import { WITHOUT_AVX_VNNI, processor } from './machine.js';
import { serve } from './server.js';

const server = await serve({ bench: fileURLToPath(new URL('.', import.meta.url)), engine: process.argv[2] });

/** Each of the files, and the quicker one as processors run it that have no AVX-VNNI. */
const RUNS = [
  { level: 'relaxed', title: 'relaxed', flags: [] },
  { level: 'relaxed', title: 'relaxed, AVX-VNNI switched off', flags: [WITHOUT_AVX_VNNI] },
  { level: 'simd', title: 'simd', flags: [] },
];
console.log(processor().model);
for (const { level, title, flags } of RUNS) {
  const browser = await launch(...flags);
  const page = await browser.newPage();
  await page.goto(`${server.origin}/bench/kernels.html`);
  const { rounds, dims, best, maxSim, scans } = await page.evaluate(async (level) => {
    const { run } = await import('/bench/kernels-tab.js');
    return run(level);
  }, level);
  console.log(`\nMaxSim, ${title}, ${dims.maxSim} dimensions, median of ${rounds} (ms for all passages); Chromium ${browser.version()}`);
  console.log('| query tokens | passage tokens | passages | plain loops | kernel | ratio |\n|---|---|---|---|---|---|');
  for (const { shape, plain, kernel } of maxSim) {
    console.log(`| ${shape.join(' | ')} | ${plain.toFixed(2)} | ${kernel.toFixed(3)} | ${(plain / kernel).toFixed(1)} |`);
  }
  console.log(`\nFlat scan, ${title}, ${dims.scan} dimensions, best ${best}, one thread, median of ${rounds}`);
  console.log('| vectors | scan (ms) | sum of the bytes (ms) | ratio |\n|---|---|---|---|');
  for (const { count, scan, sum } of scans) {
    console.log(`| ${count} | ${scan.toFixed(2)} | ${sum.toFixed(2)} | ${(scan / sum).toFixed(2)} |`);
  }
  await browser.close();
}
server.close();
