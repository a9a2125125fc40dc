// Search by meaning with postings alone, which take the static tower's place: the tier is the same, and what it lacks leaves the results by words.

import assert from 'node:assert/strict';
import { QUERY, browserTests, input, meaning, nearby, rows, words } from './harness.js';

/** @import { Page } from 'playwright-core' */

const browserTest = browserTests();
const sparse = { sparse: true };
const alone = { attributes: 'tiers="static"' };
const reason = (/** @type {Page} */ page) => page.locator('.reason').waitFor().then(() => page.locator('.reason').textContent());

/** For each query its pages' tiers, with whether they have results. @type {(page: Page, queries: string[], tiers?: string) => Promise<[string, boolean][][]>} */
const pagesOf = (page, queries, tiers) =>
  page.evaluate(async ([texts, highest]) => {
    const { open } = await import(/** @type {any} */ (`${location.origin}/siteseer/siteseer.js`));
    const search = await open({ tiers: highest });
    const all = [];
    for (const text of texts) {
      const pages = [];
      for await (const { tier, results } of search.query(text)) pages.push([tier, results.length > 0]);
      all.push(pages);
    }
    search.close();
    return /** @type {any} */ (all);
  }, /** @type {const} */ ([queries, tiers]));

browserTest('a query climbs from words to postings by meaning, and then to the model', async ({ page, site }) => {
  assert.deepEqual(await pagesOf(page, [QUERY]), [[['lexical', true], ['static', true], ['dense', true]]]);
  const order = (/** @type {RegExp} */ what) => site.requests.findIndex((path) => what.test(path));
  assert.ok(order(/passages-/) < order(/sparse\.wasm/), 'it comes after the first results by words');
  assert.ok(order(/sparse\.wasm/) < order(/model-/), 'and before the model');
  assert.ok(!site.requests.some((path) => /tower/.test(path)), 'no tower');
}, { serve: sparse });

browserTest('a query reads the chunks that it needs, each once', async ({ page, site }) => {
  const both = [['lexical', true], ['static', true]];
  assert.deepEqual(await pagesOf(page, [QUERY, `${QUERY} a`, `${QUERY} ab`, QUERY], 'static'), [both, both, both, both]);
  const read = site.requests.filter((path) => /impacts-\w+-\d/.test(path));
  assert.equal(new Set(read).size, read.length, read.join());
  assert.ok(read.length >= 2);
  assert.ok(!site.requests.some((path) => /model-|vectors-|encoder-/.test(path)));
}, { serve: sparse, box: alone });

browserTest('a missing chunk: results by words, the status says why, and another try helps', async ({ page, site }) => {
  await input(page).fill(QUERY);
  assert.match(String(await reason(page)), /impacts-\w+-\d\.bin\.gz could not be loaded \(HTTP 404\)/);
  await words(page);
  assert.ok((await rows(page).count()) > 0);
  site.faults.clear();
  await page.getByRole('button', { name: 'Try again' }).click();
  await nearby(page);
}, { serve: sparse, box: alone, faults: (site) => site.faults.set(/impacts-\w+-\d/, { content: () => null }) });

browserTest('a damaged root is refused by name', async ({ page }) => {
  await input(page).fill(QUERY);
  assert.match(String(await reason(page)), /impacts-root-\w+\.bin\.gz/);
  await words(page);
}, { serve: sparse, box: alone, faults: (site) => site.faults.set(/impacts-root/, { content: (content) => content.subarray(0, 20) }) });

browserTest('postings that stop: words go on, and the model answers', async ({ page }) => {
  await input(page).fill(`${QUERY} !trap-static`);
  await meaning(page);
}, { serve: sparse });
