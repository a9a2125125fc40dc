// What goes wrong leaves results or a clear message, never a blank box.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { SearchClient } from '../siteseer/client.js';
import { QUERY, browserTests, input, meaning, rows, until, words } from './harness.js';

/** @import { Page } from 'playwright-core' */

const browserTest = browserTests();
const reason = (/** @type {Page} */ page) => page.locator('.reason').waitFor().then(() => page.locator('.reason').textContent());
const message = (/** @type {Page} */ page) => page.locator('.message.error').textContent();
const spoil = (/** @type {Buffer} */ content) => {
  const spoiled = Buffer.from(content);
  spoiled[spoiled.length - 1] ^= 1;
  return spoiled;
};

browserTest('no model file: results by words, and the status says why', async ({ page, site }) => {
  await input(page).fill(QUERY);
  const why = await reason(page);
  assert.match(String(why), /model-\w+\.bin\.gz could not be loaded \(HTTP 404\)/);
  assert.ok((await rows(page).count()) > 0);
  await words(page);
  site.faults.clear();
  await page.getByRole('button', { name: 'Try again' }).click();
  await meaning(page);
}, { faults: (site) => site.faults.set(/model/, { content: () => null }) });

browserTest('vectors with another hash are refused', async ({ page }) => {
  await input(page).fill(QUERY);
  assert.match(String(await reason(page)), /vectors-\w+\.safetensors is not the one that the manifest names: its SHA-256 differs/);
  assert.ok((await rows(page).count()) > 0);
}, { faults: (site) => site.faults.set(/vectors/, { content: spoil }) });

browserTest('a file that is cut short is named with both lengths', async ({ page }) => {
  await input(page).fill(QUERY);
  assert.match(String(await reason(page)), /vectors-\w+\.safetensors has 100 bytes; the manifest says \d+/);
}, { faults: (site) => site.faults.set(/vectors/, { content: (content) => content.subarray(0, 100) }) });

browserTest('a torn answer is fetched once more', async ({ page, site }) => {
  let answers = 0;
  site.faults.set(/model/, { content: (content) => (answers++ ? content : content.subarray(0, 1000)) });
  await input(page).fill(QUERY);
  await meaning(page);
  assert.equal(answers, 2);
});

browserTest('a host that undoes gzip by itself is understood', async ({ page }) => {
  await input(page).fill(QUERY);
  await meaning(page);
}, { faults: (site) => site.faults.set(/\.gz$/, { content: (content) => gunzipSync(content) }) });

browserTest('a host that sends Content-Encoding: gzip is understood', async ({ page }) => {
  await input(page).fill(QUERY);
  await meaning(page);
}, { faults: (site) => site.faults.set(/\.gz$/, { headers: { 'content-encoding': 'gzip' } }) });

browserTest('an engine that stops on a dense query: words go on, on a new worker', async ({ page }) => {
  await input(page).fill(`${QUERY} !trap-dense`);
  assert.match(String(await reason(page)), /search engine stopped/);
  await input(page).fill('vector index panic');
  await page.locator('.list', { hasText: 'Unrecoverable' }).waitFor();
  await words(page);
});

browserTest('an engine that stops while it reads the model: words go on', async ({ page }) => {
  await input(page).fill(QUERY);
  assert.match(String(await reason(page)), /(model|engine)/);
  assert.ok((await rows(page).count()) > 0);
}, { faults: (site) => site.faults.set(/encoder-\w+\.js/, { content: (code) => Buffer.from(String(code).replace("head === 'TRAP!'", 'true')) }) });

browserTest('an engine that stops on every query says so, and the next query may try again', async ({ page }) => {
  await input(page).fill('packages !trap');
  assert.match(String(await message(page)), /Search is not available.*search engine stopped/);
  await input(page).fill(QUERY);
  await meaning(page);
});

browserTest('a query that stops the engine is not asked again; others are, and the search goes on', async ({ page, site }) => {
  const said = await page.evaluate(async (text) => {
    const { open } = await import(/** @type {any} */ (`${location.origin}/siteseer/siteseer.js`));
    const search = await open({ tiers: 'lexical' });
    const ask = (/** @type {string} */ query) => search.query(query).next().then((/** @type {any} */ { value }) => value.results.length, (/** @type {any} */ { code }) => code);
    const said = [];
    for (let i = 0; i < 3; i++) said.push(...(await Promise.all([ask('packages !trap'), ask(text)])));
    search.close();
    return said;
  }, QUERY);
  assert.deepEqual(said, Array(3).fill(['crash', 3]).flat());
  assert.equal(site.requests.filter((path) => path.endsWith('manifest.json')).length, 4);
}, { address: 'client.html', faults: (site) => void site.pages.set('client.html', '<!doctype html><title>Client</title>') });

test('a query under which the worker goes silent is not asked again; one that it had not begun is', async ({ mock }) => {
  mock.timers.enable({ apis: ['setInterval'] });
  /** What the workers were asked, by each. @type {string[][]} */
  const asked = [];
  /** Opens at once, begins the first query, and says no more. */
  class Silent extends EventTarget {
    asked = asked[asked.push([]) - 1];
    /** @param {any} message */
    async postMessage({ id, method, args }) {
      if (!id) return;
      const say = (/** @type {object} */ data) => this.dispatchEvent(new MessageEvent('message', { data }));
      if (method === 'query') this.asked.push(args.text);
      await null;
      if (method === 'open') say({ id, result: { backend: 'simd128', bytes: {}, filters: false } });
      else if (asked.length > 1) say({ id, result: { tier: 'lexical' } });
      else if (args.text === 'long') say({ begun: id });
    }
    terminate() {}
  }
  const search = new SearchClient({ manifest: 'https://example.org/manifest.json' }, null, /** @type {any} */ (Silent));
  await search.ready;
  const [long, other] = ['long', 'other'].map((text) => search.query(text).next().then(({ value }) => value?.tier, ({ code }) => code));
  await new Promise((resolve) => setTimeout(resolve, 20));
  mock.timers.tick(25_000);
  assert.deepEqual(await Promise.all([long, other]), ['crash', 'lexical']);
  assert.deepEqual(asked, [['long', 'other'], ['other']]);
});

browserTest('a worker that cannot start says so', async ({ page }) => {
  await input(page).fill(QUERY);
  assert.match(String(await message(page)), /worker stopped.*deployed/);
}, { faults: (site) => site.faults.set(/worker\.js/, { content: () => null }) });

browserTest('no manifest: the message names the file and the next step', async ({ page, site }) => {
  await input(page).fill(QUERY);
  assert.match(String(await message(page)), /no search index at .*manifest\.json.*siteseer index/);
  site.faults.clear();
  await page.getByRole('button', { name: 'Try again' }).click();
  await meaning(page);
}, { faults: (site) => site.faults.set(/manifest\.json/, { content: () => null }) });

browserTest('a failure is announced, and once more after another try in vain', async ({ page }) => {
  const live = page.locator('.aside[role=status]');
  await input(page).fill(QUERY);
  await live.filter({ hasText: 'Search is not available' }).waitFor({ state: 'attached' });
  await page.evaluate(() => {
    const region = document.querySelector('siteseer-search')?.shadowRoot?.querySelector('.aside[role=status]');
    const said = Object.assign(window, { said: /** @type {(string | null)[]} */ ([]) }).said;
    if (region) new MutationObserver(() => said.push(region.textContent)).observe(region, { childList: true });
  });
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.waitForFunction(() => /** @type {any} */ (window).said.includes('Search is not available'));
}, { faults: (site) => site.faults.set(/manifest\.json/, { content: () => null }) });

browserTest('a page in place of the manifest is recognised', async ({ page }) => {
  await input(page).fill(QUERY);
  assert.match(String(await message(page)), /not JSON/);
}, { faults: (site) => site.faults.set(/manifest\.json/, { content: () => Buffer.from('<!doctype html>') }) });

browserTest('an index of another version is refused', async ({ page }) => {
  await input(page).fill(QUERY);
  assert.match(String(await message(page)), /has version 2; this client reads version 3/);
}, { faults: (site) => site.faults.set(/manifest\.json/, { content: (text) => Buffer.from(String(text).replace('"version":3', '"version":2')) }) });

browserTest('a policy that forbids WebAssembly is named', async ({ page }) => {
  await input(page).fill(QUERY);
  assert.match(String(await message(page)), /Content-Security-Policy forbids WebAssembly.*wasm-unsafe-eval/);
}, { serve: { csp: "default-src 'self'" }, expected: /Content Security Policy|WebAssembly/i });

browserTest('one missing chunk of postings: the other words answer, and the next query asks for it again', async ({ page, site }) => {
  await input(page).fill('crates workspace'); // both in chunk 3; p is in chunk 0
  await words(page);
  await input(page).fill('packages crates');
  await page.locator('.list', { hasText: 'Packages and Crates' }).waitFor();
  site.faults.clear();
  const before = site.requests.filter((path) => /postings-.*-0\./.test(path)).length;
  await input(page).fill('packages');
  await page.locator('.list', { hasText: 'cargo package' }).waitFor();
  assert.ok(site.requests.filter((path) => /postings-.*-0\./.test(path)).length > before);
}, { box: { attributes: 'tiers="lexical"' }, faults: (site) => site.faults.set(/postings-.*-0\./, { content: () => null }) });

browserTest('no postings at all: the message names the file', async ({ page }) => {
  await input(page).fill('packages');
  assert.match(String(await message(page)), /postings-\w+-0\.bin\.gz could not be loaded \(HTTP 404\)/);
}, { faults: (site) => site.faults.set(/postings/, { content: () => null }) });

browserTest('a chunk that is spoiled is fetched once more, and refused', async ({ page, site }) => {
  await input(page).fill('packages');
  assert.match(String(await message(page)), /postings-\w+-0\.bin\.gz is (not the one that|damaged)/);
  assert.equal(site.requests.filter((path) => /postings-.*-0\./.test(path)).length, 2);
}, { faults: (site) => site.faults.set(/postings-.*-0\./, { content: (content) => gzipSync(spoil(gunzipSync(content))) }) });

browserTest('a chunk that is cut short is refused, compressed or not', async ({ page, site }) => {
  await input(page).fill('packages');
  assert.match(String(await message(page)), /postings-\w+-0\.bin\.gz is damaged/);
  site.faults.clear();
  site.faults.set(/postings-.*-0\./, { content: (content) => gunzipSync(content).subarray(0, 25) });
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.locator('.message.error', { hasText: /SHA-256 differs/ }).waitFor();
}, { faults: (site) => site.faults.set(/postings-.*-0\./, { content: (content) => content.subarray(0, 30) }) });

browserTest('one missing chunk of passages leaves out its results only', async ({ page }) => {
  await input(page).fill(QUERY);
  await meaning(page);
  assert.ok((await rows(page).count()) > 0);
  assert.equal(await page.locator('[data-passage="0"]').count(), 0);
}, { faults: (site) => site.faults.set(/passages-.*-0\./, { content: () => null }) });

browserTest('a worker that the browser ended without a word is noticed, and another one answers', async ({ page }) => {
  await input(page).fill('packages');
  await meaning(page);
  await page.workers()[0].evaluate(() => self.close());
  await input(page).fill('vector index panic');
  await page.locator('.list', { hasText: 'Unrecoverable' }).waitFor({ timeout: 90_000 }); // it has twenty seconds to answer
  await meaning(page);
});

for (const missing of [404, 403, 410]) {
  browserTest(`deployed anew while a page is open, without a service worker, at a host that answers ${missing} for what it has not: the new index answers`, async ({ page, site }) => {
    await input(page).fill('packages');
    await meaning(page);
    site.deploy({ build: 2 });
    await input(page).fill('vector');
    await page.locator('.list', { hasText: 'build 2' }).waitFor();
    await meaning(page);
    site.deploy({ build: 3 });
    await input(page).fill('unwinding');
    await page.locator('.list', { hasText: 'build 3' }).waitFor();
  }, { serve: { missing }, box: { attributes: 'rerank-workers="1"' } });
}

browserTest('deployed anew, and a part of what is needed is there: the new index answers in place of the part', async ({ page, site }) => {
  await input(page).fill('packages');
  await meaning(page);
  site.deploy({ build: 2 });
  await input(page).fill('packages unwinding');
  await page.locator('.list', { hasText: 'build 2' }).waitFor();
  await meaning(page);
  assert.doesNotMatch(String(await page.locator('.list').textContent()), /Book(?!, build 2)/);
}, { box: { attributes: 'rerank-workers="1"' } });

browserTest('a file that is never there: the index is opened once more, not again and again', async ({ page, site }) => {
  const opened = () => site.requests.filter((path) => path.endsWith('manifest.json')).length;
  await input(page).fill('packages');
  assert.match(String(await message(page)), /postings-\w+-0\.bin\.gz could not be loaded \(HTTP 404\)/);
  await until(() => opened() === 2);
  for (const query of ['crates', 'packages', 'pack', 'workspace packages']) {
    await input(page).fill(query);
    await page.locator(/^pack/.test(query) ? '.message.error' : '.row').first().waitFor();
  }
  assert.equal(opened(), 2);
}, { faults: (site) => site.faults.set(/postings-.*-0\./, { content: () => null }) });

browserTest('deployed anew while the panel is closed: it stays closed, and is right when it is opened', async ({ page, site }) => {
  await input(page).fill('packages');
  await words(page);
  site.faults.set(/manifest\.json/, { bytesPerSecond: 4000 });
  site.deploy({ build: 2 });
  await input(page).fill('unwinding');
  await input(page).press('Escape');
  await page.locator('.row', { hasText: 'build 2' }).first().waitFor({ state: 'attached' });
  assert.equal(await page.locator('.panel').isVisible(), false);
  await input(page).press('ArrowDown');
  await page.locator('.list', { hasText: 'build 2' }).waitFor();
}, { box: { attributes: 'tiers="lexical"' } });

browserTest('deployed anew, and two boxes share one search: the new index answers both', async ({ page, site }) => {
  await page.evaluate(() => document.querySelector('main')?.append(document.createElement('siteseer-search')));
  const list = (/** @type {number} */ box, /** @type {string} */ text) => page.locator('.list').nth(box).filter({ hasText: text }).waitFor();
  for (const box of [0, 1]) {
    await input(page).nth(box).fill('packages');
    await list(box, 'cargo package');
  }
  site.deploy({ build: 2 });
  for (const box of [0, 1]) {
    await input(page).nth(box).fill('unwinding');
    await list(box, 'build 2');
  }
});
