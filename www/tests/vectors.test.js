// Search by meaning where vectors are compressed: codes in place of all vectors, and of the best passages the vectors themselves.

import assert from 'node:assert/strict';
import { QUERY, browserTests, input, meaning, rows, until, words } from './harness.js';
import { controlled, offer, serve, untilKept } from './offline.js';

/** @import { Page } from 'playwright-core' */

const browserTest = browserTests();
const compressed = { compressed: true };

/** The scores of the dense page. @type {(page: Page, query: string, filters?: object) => Promise<[number, number][]>} */
const dense = (page, query, filters) =>
  page.evaluate(async ([text, only]) => {
    const { open } = await import(/** @type {any} */ (`${location.origin}/siteseer/siteseer.js`));
    const search = await open({ tiers: 'dense' });
    let found = [];
    for await (const { tier, results } of search.query(text, { filters: only })) if (tier === 'dense') found = results.map((/** @type {any} */ { passage, score }) => [passage, score]);
    search.close();
    return found;
  }, /** @type {const} */ ([query, filters]));

browserTest('a query reads the codes and the vectors of the best, each once', async ({ page, site }) => {
  await input(page).fill(QUERY);
  await meaning(page);
  assert.ok((await rows(page).count()) > 0);
  assert.ok(site.requests.some((path) => /codes-/.test(path)) && !site.requests.some((path) => /vectors-/.test(path)), 'codes in place of vectors');
  const reads = () => site.requests.filter((path) => /exact-\w+-\d/.test(path));
  const first = reads().length;
  await input(page).fill(`${QUERY} executables`);
  await until(() => reads().length > first); // those of the word that is new
  const read = reads();
  assert.equal(new Set(read).size, read.length, read.join());
}, { serve: compressed });

browserTest('vectors that cannot be had are compared by their codes', async ({ page, site }) => {
  const whole = await dense(page, QUERY);
  site.faults.set(/exact-/, { content: () => null });
  const codes = await dense(page, QUERY);
  assert.deepEqual(new Set(codes.map(([passage]) => passage)), new Set(whole.map(([passage]) => passage)));
  assert.ok(codes.every(([passage, score]) => score < (whole.find(([other]) => other === passage)?.[1] ?? 0)), 'with other scores');
}, { serve: compressed });

browserTest('filters choose among the codes', async ({ page }) => {
  const all = await dense(page, QUERY);
  const hebrew = await dense(page, QUERY, { lang: 'he' });
  assert.ok(hebrew.length < all.length, `${hebrew.length} of ${all.length}`);
}, { serve: { ...compressed, filters: true } });

browserTest('damaged codes: words answer, the status names the file', async ({ page }) => {
  await input(page).fill(QUERY);
  await page.locator('.reason', { hasText: /codes-\w+\.safetensors/ }).waitFor();
  await words(page);
  assert.ok((await rows(page).count()) > 0);
}, { serve: compressed, faults: (site) => site.faults.set(/codes-/, { content: (content) => content.subarray(0, 40) }) });

browserTest('offline those vectors are kept that were used, and nobody keeps the file of all', async ({ page, site }) => {
  await controlled(page);
  await input(page).fill('executables');
  await meaning(page);
  const used = () => site.requests.filter((path) => /exact-/.test(path));
  const before = used();
  await offer(page).click();
  await page.getByText('Search works offline').waitFor();
  assert.deepEqual(used(), before, 'saving everything saves none that no query wants');
  await input(page).fill(QUERY);
  await until(() => used().length > before.length); // the badge is still that of the query before
  await meaning(page);
  const { files } = await untilKept(page, ({ files }) => used().every((path) => files?.includes(path)));
  assert.ok(files.some((name) => /codes/.test(name)) && !files.some((name) => /vectors/.test(name)), files.join());
  await site.close();
  await page.reload();
  await input(page).fill(QUERY);
  await meaning(page);
}, { serve: { ...serve, ...compressed }, box: { attributes: 'offline' } });
