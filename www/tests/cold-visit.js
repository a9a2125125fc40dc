// What a page of a real, indexed site costs a visitor with nothing in the cache, as the browser's own resource timing has it, on a
// host that compresses what is not compressed.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { join, normalize } from 'node:path';
import { gzipSync } from 'node:zlib';

/** @import { Browser, Page } from 'playwright-core' */

/** The folder of an indexed site. */
export const SITE = process.env.SITESEER_DEMO_SITE ?? '';
const PAGE = '<!doctype html><title>first results</title>';
/** @type {Record<string, string>} */
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.json': 'application/json', '.wasm': 'application/wasm' };

/** @param {string[]} folders the first that has a file answers */
export async function serve(...folders) {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname));
    if (path === '/') return response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE);
    const file = folders.map((folder) => join(folder, path)).find((name) => existsSync(name) && statSync(name).isFile());
    if (!file) return response.writeHead(404).end();
    const type = TYPES[path.slice(path.lastIndexOf('.'))];
    const content = readFileSync(file);
    if (!type) return response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(content);
    response.writeHead(200, { 'content-type': type, 'content-encoding': 'gzip' }).end(gzipSync(content, { level: 9 }));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return { url: `http://127.0.0.1:${port}/`, close: () => (server.close(), server.closeAllConnections()) };
}

/** What a page or a worker has loaded. */
const loaded = () => performance.getEntriesByType('resource').map((entry) => {
  const { name, encodedBodySize } = /** @type {PerformanceResourceTiming} */ (entry);
  return { name: name.replace(/.*\//, ''), bytes: encodedBodySize };
});

/**
 * Runs a search on a page of its own in a fresh profile.
 * @param {Browser} browser
 * @param {string} url
 * @param {(page: Page) => Promise<number>} search returns the number of results
 */
export async function measure(browser, url, search) {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.goto(url);
    const results = await search(page);
    const parts = await Promise.all([page.evaluate(loaded), ...page.workers().map((worker) => worker.evaluate(loaded))]);
    const files = parts.flat().filter(({ name }) => name !== '' && name !== 'favicon.ico');
    assert.ok(files.every(({ bytes }) => bytes > 0), 'every file has a length');
    return { results, files, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) };
  } finally {
    await context.close();
  }
}
