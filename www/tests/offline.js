// What the tests of offline use share: looking into the caches of a page, and waiting for what happens behind it.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';

/** @import { Page } from 'playwright-core' */
/** @import { TestSite } from './server.js' */

export const PATIENCE_MS = 30_000;
export const serve = { cacheControl: 'no-cache' };

export const line = (/** @type {Page} */ page) => page.locator('.offline');
export const offer = (/** @type {Page} */ page) => page.getByRole('button', { name: /^Make available offline \(/ });

/**
 * Names of the files that are kept, by kind of cache.
 * @param {Page} page
 * @returns {Promise<Record<string, string[]>>}
 */
export const kept = (page) =>
  page.evaluate(async () => {
    /** @type {Record<string, string[]>} */
    const found = {};
    for (const name of await caches.keys()) {
      const kind = name.replace(/^siteseer-1 \/siteseer\/ (\w+).*/, '$1');
      const urls = (await (await caches.open(name)).keys()).map(({ url }) => url.replace(`${location.origin}/`, ''));
      found[kind] = [...(found[kind] ?? []), ...urls];
    }
    return found;
  });

/** How many versions are kept. */
export const versions = (/** @type {Page} */ page) => page.evaluate(async () => (await caches.keys()).filter((name) => / shell /.test(name)).length);

/**
 * Waits for what is kept.
 * @param {Page} page
 * @param {(found: Record<string, string[]>) => boolean | undefined} condition
 */
export async function untilKept(page, condition) {
  for (const end = Date.now() + PATIENCE_MS; ; ) {
    const found = await kept(page);
    if (condition(found)) return found;
    assert.ok(Date.now() < end, `waited in vain for ${condition}; kept: ${JSON.stringify(found)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** When the worker has the page and a version is the current one. */
export const controlled = async (/** @type {Page} */ page) => {
  await page.waitForFunction(() => navigator.serviceWorker.controller);
  await untilKept(page, ({ state }) => state?.some((name) => name.endsWith('/current')));
};

/** Which build of each file with a stable name the page gets. */
export const builds = (/** @type {Page} */ page) =>
  page.evaluate(async () => {
    const files = ['manifest.json', 'siteseer.js', 'worker.js', 'engine.js', 'encoder-relaxed.js', 'offline-line.js'];
    const texts = await Promise.all(files.map(async (name) => (await fetch(`siteseer/${name}`)).text()));
    return texts.map((text) => Number(/\bbuild (\d)/.exec(text.slice(text.lastIndexOf('build ')))?.[1]));
  });

/** Ends all service workers, as browsers do after half a minute without work. */
export async function stopWorkers(/** @type {Page} */ page) {
  const session = await page.context().newCDPSession(page);
  await session.send('ServiceWorker.enable');
  await session.send('ServiceWorker.stopAllWorkers');
  await session.detach();
}

/** Bounds what the origin may store. */
export async function setQuota(/** @type {Page} */ page, /** @type {number} */ quotaSize) {
  const session = await page.context().newCDPSession(page);
  await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(page.url()).origin, quotaSize });
}

/**
 * One origin with the same site twice: at the root, and in the folder `project/`.
 * @param {TestSite} site
 * @returns {Promise<{ url: string, close: () => void }>}
 */
export async function twice(site) {
  const server = createServer(async ({ url = '/' }, response) => {
    const answer = await fetch(site.url + url.replace(/^\/(project\/)?/, ''));
    const headers = Object.fromEntries(['content-type', 'cache-control'].map((name) => [name, answer.headers.get(name) ?? '']));
    response.writeHead(answer.status, headers).end(Buffer.from(await answer.arrayBuffer()));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const close = () => (server.close(), server.closeAllConnections());
  return { url: `http://127.0.0.1:${port}/`, close };
}
