// Measures what the search box costs a visitor, as it ships: the gzip length of the page's module (CSS is in it) and,
// apart, of the worker's and of what only sites with offline use load. Fails above the budget.

import { bundle, gzipSize } from '../bundle.js';

const BUDGET_BYTES = 25_000;

const sizes = new Map([...(await bundle())].map(([name, { content }]) => [name, gzipSize(content)]));
const page = sizes.get('siteseer.js') ?? Infinity;
console.log(`page ${page} + worker ${sizes.get('worker.js')} bytes, gzip; budget for the page ${BUDGET_BYTES}`);
console.log(`with offline use: page ${sizes.get('offline-line.js')}, service worker ${sizes.get('offline.js')} bytes, gzip`);
if (page > BUDGET_BYTES) process.exitCode = 1;
