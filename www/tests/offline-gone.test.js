// A page is open while the site is deployed anew, and needs a file of its version that was never fetched and is gone.

import assert from 'node:assert/strict';
import { browserTests, input, meaning } from './harness.js';
import { builds, controlled, kept, serve, setQuota, stopWorkers, untilKept, versions } from './offline.js';

/** @import { Page } from 'playwright-core' */

const browserTest = browserTests();
const box = { attributes: 'offline' };
const [OLD, NEW] = [1, 2].map((build) => Array(6).fill(build));

/** Whose postings are kept, and whose are not: words of one first letter share a file. */
const [KEPT, UNKNOWN] = ['packages', 'unwinding'];
const list = (/** @type {Page} */ page, /** @type {RegExp} */ text) => page.locator('.list', { hasText: text }).waitFor();
const error = (/** @type {Page} */ page) => page.locator('.message.error');
const retry = (/** @type {Page} */ page) => error(page).getByRole('button', { name: 'Try again' });

/**
 * Searches one word through the service worker, which keeps what that needs.
 * @param {Page} page
 * @returns {Promise<string>} path of the file that the other word needs
 */
async function searched(page) {
  await controlled(page);
  await page.reload();
  await input(page).fill(KEPT);
  await list(page, /cargo package/);
  await meaning(page);
  const { files } = await untilKept(page, ({ files }) => ['postings', 'passages', 'vectors', 'model'].every((kind) => files?.some((name) => name.includes(kind))));
  const unknown = String(files.find((name) => /postings/.test(name))).replace(/-\d+\./, `-${UNKNOWN.charCodeAt(0) % 4}.`);
  assert.ok(!files.includes(unknown), 'it is not kept');
  return unknown;
}

/** Another tab, which takes the newest version. @param {Page} page */
async function nextTab(page) {
  const next = await page.context().newPage();
  await next.goto(new URL('box.html', page.url()).href);
  return next;
}

/** Errors that a box shows from now on, also those that go by. @param {Page} page */
const watchErrors = (page) =>
  page.evaluate(() => {
    const message = document.querySelector('siteseer-search')?.shadowRoot?.querySelector('.message');
    /** @type {string[]} */
    const seen = [];
    Object.assign(window, { seen });
    if (message) new MutationObserver(() => message.classList.contains('error') && seen.push(String(message.textContent))).observe(message, { attributes: true, childList: true });
  });
const seenErrors = (/** @type {Page} */ page) => page.evaluate(() => /** @type {any} */ (window).seen);

browserTest('the page takes the new version whole and answers; another tab keeps the old one', async ({ page, site }) => {
  await searched(page);
  const other = await nextTab(page);
  await input(other).fill(KEPT);
  await list(other, /cargo package/);
  await watchErrors(page);
  site.deploy({ build: 2, modelBytes: 100_000 });
  await input(page).fill(UNKNOWN);
  await list(page, /Unwinding the Stack/);
  await list(page, /build 2/);
  await meaning(page);
  assert.deepEqual(await seenErrors(page), []);
  assert.deepEqual(await builds(page), NEW);
  await stopWorkers(page); // it is written down
  assert.deepEqual(await builds(page), NEW);
  await input(page).fill(KEPT);
  await list(page, /cargo package[^]*build 2/);

  assert.deepEqual(await builds(other), OLD);
  await input(other).fill('package'); // of the same files
  await list(other, /cargo package/);
  await meaning(other);
  assert.doesNotMatch(String(await other.locator('.list').textContent()), /build/);
}, { serve, box });

browserTest('a search that goes on meanwhile stays with the version whose files it has read', async ({ page, site }) => {
  await searched(page);
  const first = await page.evaluate(async (query) => {
    const { open } = await import(new URL('siteseer/siteseer.js', location.href).href);
    const search = Object.assign(window, { search: await open({ tiers: 'lexical' }) }).search;
    return (await search.query(query).next()).value.results[0].title;
  }, KEPT);
  const worker = page.workers()[page.workers().length - 1];
  const build = () => worker.evaluate(async () => /build \d/.exec(await (await fetch(new URL('manifest.json', location.href))).text())?.[0]);
  site.deploy({ build: 2 });
  await assert.rejects(page.evaluate((query) => /** @type {any} */ (window).search.query(query).next(), UNKNOWN), /HTTP 404/);
  assert.deepEqual(await builds(page), NEW, 'the workers that the page makes from now on');
  assert.equal(await build(), 'build 1');
  assert.equal(await page.evaluate(async (query) => (await /** @type {any} */ (window).search.query(query).next()).value.results[0].title, KEPT), first);
}, { serve, box });

browserTest('without a network, or where the server only fails, the page keeps its version', async ({ page, site }) => {
  const unknown = await searched(page);
  site.deploy({ build: 2 });
  const next = await nextTab(page);
  await next.reload();
  assert.deepEqual(await builds(next), NEW, 'the new version is there, whole');
  site.pages.set(unknown, 'try later');
  site.faults.set(/postings/, { status: 503 });
  await input(page).fill(UNKNOWN);
  await error(page).getByText(/HTTP 503/).waitFor();
  assert.deepEqual(await builds(page), OLD);
  await site.close();
  await retry(page).click();
  await error(page).getByText(/Failed to fetch/).waitFor();
  assert.deepEqual(await builds(page), OLD);
  await input(page).fill(KEPT);
  await list(page, /cargo package/);
  assert.doesNotMatch(String(await page.locator('.list').textContent()), /build/);
}, { serve, box });

browserTest('while the deployment is not complete the page keeps its version, and takes the new one when it is', async ({ page, site }) => {
  await searched(page);
  site.deploy({ build: 2 });
  site.faults.set(/worker\.js/, { content: () => null });
  await input(page).fill(UNKNOWN);
  await error(page).getByText(/HTTP 404/).waitFor();
  assert.deepEqual(await builds(page), OLD);
  await input(page).fill(KEPT);
  await list(page, /cargo package/);
  site.faults.clear();
  await input(page).fill(UNKNOWN);
  await error(page).getByText(/HTTP 404/).waitFor(); // its worker has read files of the old version
  await retry(page).click();
  await list(page, /build 2/);
  assert.deepEqual(await builds(page), NEW);
}, { serve, box });

browserTest('models that are gone: the page takes the new version whole', async ({ page, site }) => {
  await controlled(page);
  await page.reload();
  site.faults.set(/vectors/, { status: 503 });
  await input(page).fill(KEPT);
  await page.locator('.reason', { hasText: /HTTP 503/ }).waitFor();
  site.faults.clear();
  site.deploy({ build: 2 });
  const again = page.locator('.foot').getByRole('button', { name: 'Try again' });
  await watchErrors(page);
  await again.click();
  await list(page, /build 2/);
  await meaning(page);
  assert.deepEqual(await seenErrors(page), []);
  assert.deepEqual(await builds(page), NEW);
}, { serve, box });

browserTest('a host that answers every address with a page: the page takes the new version whole', async ({ page, site }) => {
  const unknown = await searched(page);
  site.pages.set(unknown, `<!doctype html><title>Home</title>${'x'.repeat(300)}`);
  site.faults.set(new RegExp(unknown), { headers: { 'content-type': 'text/html' } });
  site.deploy({ build: 2 });
  await input(page).fill(UNKNOWN);
  await list(page, /build 2/);
  assert.deepEqual(await builds(page), NEW);
}, { serve, box });

/** What a host says too early, for good. */
const tooEarly = { status: 404, headers: { 'cache-control': 'public, max-age=31536000, immutable' } };

for (const attributes of ['', 'offline']) {
  browserTest(`a 404 that the browser keeps is asked for again, ${attributes || 'without'} service worker`, async ({ page, site }) => {
    if (attributes) await controlled(page);
    site.faults.set(/passages/, tooEarly);
    await page.reload();
    await input(page).fill(KEPT);
    await error(page).getByText(/HTTP 404/).waitFor();
    site.faults.clear();
    await page.reload();
    await input(page).fill(KEPT);
    await list(page, /cargo package/);
  }, { serve, box: { attributes } });
}

browserTest('a 404 that the browser keeps does not stop a deployment', async ({ page, site }) => {
  await searched(page);
  site.deploy({ build: 2 });
  site.faults.set(/passages/, tooEarly);
  await page.reload();
  assert.deepEqual(await builds(page), OLD);
  site.faults.clear();
  await page.reload();
  await page.reload();
  assert.deepEqual(await builds(page), NEW);
}, { serve, box });

browserTest('no room for the new version: the page goes on with the network\'s', async ({ page, site }) => {
  await searched(page);
  const { usage = 0 } = await page.evaluate(() => navigator.storage.estimate());
  await setQuota(page, usage + 10_000);
  site.deploy({ build: 2 });
  await input(page).fill(UNKNOWN);
  await list(page, /build 2/);
  assert.deepEqual(await builds(page), NEW);
  await page.reload();
  await input(page).fill(UNKNOWN);
  await list(page, /build 2/);
}, { serve, box });

browserTest('no room for two versions: the old one makes room when no page has it', async ({ page, site }) => {
  await searched(page);
  const { usage = 0 } = await page.evaluate(() => navigator.storage.estimate());
  await setQuota(page, usage + 10_000);
  await page.goto('about:blank');
  site.deploy({ build: 2 });
  for (let i = 0; i < 10; i++) {
    await page.goto(`${site.url}box.html`);
    await input(page).fill(UNKNOWN);
    await list(page, /build 2/);
    assert.deepEqual(await builds(page), NEW);
    if ((await versions(page)) === 1 && (await kept(page)).state.includes('siteseer/current')) break;
  }
  await page.reload();
  const { files } = await untilKept(page, ({ shell, state }) => shell?.includes('siteseer/worker.js') && state.includes('siteseer/current'));
  assert.ok(files.length > 0);
  await site.close();
  await page.reload();
  assert.deepEqual(await builds(page), NEW);
}, { serve, box });
