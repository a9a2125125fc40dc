// Measures what the search box costs a visitor: the gzip length of every module that the page loads (CSS is in them),
// without comments as it ships, and, apart, of the worker's. Fails above the budget.

import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { strip } from './strip.js';

const BUDGET_BYTES = 25_000;
const WORKER = ['worker.js', 'host.js', 'rpc-worker.js', 'detect.js', 'loader.js', 'manifest.js', 'progress.js', 'select.js'];

const folder = new URL('../siteseer/', import.meta.url);
const sizes = readdirSync(folder)
  .filter((name) => name.endsWith('.js'))
  .map((name) => ({ name, bytes: gzipSync(strip(readFileSync(new URL(name, folder))), { level: 9 }).length }));

const sum = (/** @type {boolean} */ worker) =>
  sizes.filter(({ name }) => WORKER.includes(name) === worker).reduce((total, { bytes }) => total + bytes, 0);

for (const { name, bytes } of sizes.sort((a, b) => b.bytes - a.bytes)) console.log(String(bytes).padStart(6), name);
console.log(`page ${sum(false)} + worker ${sum(true)} bytes, gzip, each file for itself; budget for the page ${BUDGET_BYTES}`);
if (sum(false) > BUDGET_BYTES) process.exitCode = 1;
