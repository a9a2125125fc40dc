// Measures what the search box costs a visitor, as it ships: the gzip length of the page's modules (CSS is in them), before
// and after the first results, and, apart, of the worker's and of what only sites with offline use load. Fails above the
// budget, which is for all of the page's that every site has.

import { bundle, gzipSize } from '../bundle.js';

const BUDGET_BYTES = 25_000;

const sizes = new Map([...(await bundle())].map(([name, { content }]) => [name, gzipSize(content)]));
const [page, extras] = [sizes.get('siteseer.js') ?? Infinity, sizes.get('extras.js') ?? Infinity];
console.log(`page ${page}, after the first results ${extras}; worker ${sizes.get('worker.js')}, after them ${sizes.get('upper.js')} bytes, gzip; budget for the page's ${BUDGET_BYTES}`);
console.log(`related pages ${sizes.get('related.js')} bytes, gzip`);
console.log(`with offline use: page ${sizes.get('offline-line.js')}, service worker ${sizes.get('offline.js')} bytes, gzip`);
if (page + extras > BUDGET_BYTES) process.exitCode = 1;
