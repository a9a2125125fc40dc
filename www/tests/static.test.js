// Search by meaning without a model: it comes before the model and stays where that does not come, and what it lacks leaves the
// results by words.

import assert from 'node:assert/strict';
import { QUERY, browserTests, input, meaning, nearby, rows, words } from './harness.js';

/** @import { Page } from 'playwright-core' */

const browserTest = browserTests();
const tower = { tower: true };
const reason = (/** @type {Page} */ page) => page.locator('.reason').waitFor().then(() => page.locator('.reason').textContent());
const spoil = (/** @type {Buffer} */ content) => {
  const spoiled = Buffer.from(content);
  spoiled[spoiled.length >> 1] ^= 1;
  return spoiled;
};
/** The tiers of a query's pages, in order. @type {(page: Page, tiers?: string) => Promise<{ tier: string, titles: string[] }[]>} */
const pagesOf = (page, tiers) =>
  page.evaluate(async ([text, highest]) => {
    const { open } = await import(/** @type {any} */ (`${location.origin}/siteseer/siteseer.js`));
    const search = await open({ tiers: highest });
    const pages = [];
    for await (const { tier, results } of search.query(text)) pages.push({ tier, titles: results.map((/** @type {any} */ { title }) => title) });
    search.close();
    return pages;
  }, /** @type {const} */ ([QUERY, tiers]));

browserTest('a query climbs from words to meaning without a model, and with one', async ({ page, site }) => {
  const pages = await pagesOf(page);
  assert.deepEqual(pages.map(({ tier }) => tier), ['lexical', 'static', 'dense']);
  assert.ok(pages[1].titles.length > 0);
  const order = (/** @type {RegExp} */ what) => site.requests.findIndex((path) => what.test(path));
  assert.ok(order(/tower\.wasm/) < order(/model-/), 'the model comes after the first results by meaning');
  assert.ok(order(/passages-/) < order(/tower\.wasm/), 'the tower comes after the first results by words');
}, { serve: tower });

browserTest('no model is fetched where the static tier is the highest', async ({ page, site }) => {
  assert.deepEqual((await pagesOf(page, 'static')).map(({ tier }) => tier), ['lexical', 'static']);
  assert.ok(!site.requests.some((path) => /model-|vectors-|encoder-/.test(path)));
  assert.deepEqual((await pagesOf(page, 'lexical')).map(({ tier }) => tier), ['lexical']);
}, { serve: tower });

browserTest('when it is ready, all of it was loaded', async ({ page }) => {
  const { loaded, total } = await page.evaluate(async () => {
    const { open } = await import(/** @type {any} */ (`${location.origin}/siteseer/siteseer.js`));
    const search = await open({ tiers: 'static' });
    await search.load('static');
    return search.status.static;
  });
  assert.ok(total > 0);
  assert.equal(loaded, total);
}, { serve: tower });

browserTest('who saves data searches by meaning without a model, and may load it', async ({ page, site }) => {
  await page.addInitScript(() => Object.defineProperty(navigator, 'connection', { value: { saveData: true } }));
  await page.reload();
  await input(page).fill(QUERY);
  await nearby(page);
  assert.ok(!site.requests.some((path) => /model-/.test(path)));
  await page.getByRole('button', { name: /Search by meaning/ }).click();
  await meaning(page);
}, { serve: tower });

browserTest('a missing chunk of tokens: results by words, and the status says why', async ({ page, site }) => {
  await input(page).fill(QUERY);
  assert.match(String(await reason(page)), /tokens-\w+-\d\.bin\.gz could not be loaded \(HTTP 404\)/);
  await words(page);
  assert.ok((await rows(page).count()) > 0);
  site.faults.clear();
  await page.getByRole('button', { name: 'Try again' }).click();
  await nearby(page);
}, { serve: tower, box: { attributes: 'tiers="static"' }, faults: (site) => site.faults.set(/tokens-/, { content: () => null }) });

browserTest('a damaged chunk of tokens is refused by name', async ({ page }) => {
  await input(page).fill(QUERY);
  assert.match(String(await reason(page)), /tokens-\w+-\d\.bin\.gz/);
  await words(page);
}, { serve: tower, box: { attributes: 'tiers="static"' }, faults: (site) => site.faults.set(/tokens-/, { content: spoil }) });

browserTest('a missing cell costs its passages and nothing else', async ({ page }) => {
  await input(page).fill(QUERY);
  await nearby(page);
  assert.ok((await rows(page).count()) > 0);
}, { serve: tower, box: { attributes: 'tiers="static"' }, faults: (site) => site.faults.set(/cells-\w+-1\./, { content: () => null }) });

browserTest('a tower that stops: words go on, and the model answers', async ({ page }) => {
  await input(page).fill(`${QUERY} !trap-static`);
  await meaning(page);
}, { serve: tower });
