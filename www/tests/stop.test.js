// A download that the visitor does not want: stopped while it comes, remembered, and asked for again.

import assert from 'node:assert/strict';
import { violations } from './axe.js';
import { QUERY, best, browserTests, input, meaning, nearby, rows, until, words } from './harness.js';

/** @import { Page } from 'playwright-core' */
/** @import { TestSite } from './server.js' */

const browserTest = browserTests();
const MODEL_BYTES = 400_000;
/** Slow enough to be stopped, whatever the machine does meanwhile. */
const slowModel = (/** @type {TestSite} */ site) => site.faults.set(/model/, { bytesPerSecond: 20_000 });
const slowReranker = (/** @type {TestSite} */ site) => site.faults.set(/reranker/, { bytesPerSecond: 20_000 });

const stopButton = (/** @type {Page} */ page) => page.getByRole('button', { name: 'Stop', exact: true });
const offer = (/** @type {Page} */ page) => page.getByRole('button', { name: /Search by meaning \(\d+ kB\)/ });
const bestOffer = (/** @type {Page} */ page) => page.getByRole('button', { name: /Best order \(\d+ kB\)/ });
const note = (/** @type {Page} */ page) => page.locator('.note').innerText();
const asks = (/** @type {TestSite} */ site, /** @type {RegExp} */ pattern) => site.requests.filter((path) => pattern.test(path)).length;
const brokeOff = (/** @type {TestSite} */ site, /** @type {RegExp} */ pattern) => until(() => site.broken.some((path) => pattern.test(path)));

browserTest('the keyboard stops the model: the download ends, the results stay, the next visit does not begin it', async ({ page, site }) => {
  await input(page).fill(QUERY);
  await words(page);
  await stopButton(page).waitFor();
  assert.match(await note(page), /^Meaning: .* of .*kB$/);
  assert.equal(await stopButton(page).evaluate((button) => /** @type {ShadowRoot} */ (button.getRootNode()).getElementById(button.getAttribute('aria-describedby') ?? '')?.className), 'note');
  const before = await rows(page).allInnerTexts();
  for (let i = 0; i < 9 && !(await stopButton(page).evaluate((button) => button.matches(':focus'))); i++) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await offer(page).waitFor();
  assert.ok(await offer(page).evaluate((button) => button.matches(':focus')), 'the focus stays where the next offer is');
  assert.equal(await note(page), 'Not loaded, to save data; results match words.');
  await brokeOff(site, /model/);
  await page.waitForTimeout(300);
  assert.deepEqual(await rows(page).allInnerTexts(), before);
  assert.equal(await page.locator('progress.progress').isVisible(), false);
  assert.deepEqual(await violations(page), []);

  const asked = asks(site, /model|vectors/);
  await page.reload();
  await input(page).fill('vector index');
  await words(page);
  await offer(page).waitFor();
  await page.waitForTimeout(300);
  assert.equal(asks(site, /model|vectors/), asked, 'the choice is remembered');

  site.faults.clear();
  await offer(page).click();
  await meaning(page);
  await page.reload();
  await input(page).fill(QUERY);
  await meaning(page); // and so is the other one
}, { serve: { modelBytes: MODEL_BYTES }, faults: slowModel });

browserTest('the reranker is stopped by itself; who refused the model is asked about each', async ({ page, site }) => {
  await input(page).fill(QUERY);
  await meaning(page);
  await stopButton(page).click();
  await bestOffer(page).waitFor();
  await brokeOff(site, /reranker/);
  await page.reload();
  await input(page).fill(QUERY);
  await meaning(page);
  await bestOffer(page).waitFor();

  slowModel(site);
  await page.reload();
  await input(page).fill(QUERY);
  await stopButton(page).click();
  await offer(page).waitFor();
  site.faults.clear();
  const asked = asks(site, /reranker/);
  await offer(page).click();
  await meaning(page);
  await bestOffer(page).waitFor();
  assert.equal(asks(site, /reranker/), asked);
  await bestOffer(page).click();
  await best(page);
  assert.deepEqual(await page.evaluate(() => Object.keys(localStorage).filter((key) => key.includes('refused'))), []);
}, { serve: { modelBytes: MODEL_BYTES, rerankerBytes: 400_000 }, faults: slowReranker });

browserTest('with a static tower the results by meaning stay', async ({ page }) => {
  await input(page).fill(QUERY);
  await nearby(page);
  await stopButton(page).click();
  await offer(page).waitFor();
  assert.ok(await page.locator('.badge.static').isVisible());
  await input(page).fill('vector index');
  await nearby(page);
}, { serve: { modelBytes: MODEL_BYTES, tower: true }, faults: slowModel });

browserTest('a site that wants no reranker offers none, whatever was stopped', async ({ page, site }) => {
  await input(page).fill(QUERY);
  await stopButton(page).click();
  site.faults.clear();
  await offer(page).click();
  await meaning(page);
  await page.waitForTimeout(300);
  assert.equal(await bestOffer(page).count(), 0);
}, { serve: { modelBytes: MODEL_BYTES, rerankerBytes: 1000 }, faults: slowModel, box: { attributes: 'tiers="dense"' } });

browserTest('a finger finds 44 px, in the modal on a phone too', async ({ page }) => {
  await page.locator('.trigger').click();
  await input(page).fill(QUERY);
  await stopButton(page).waitFor();
  const hit = await stopButton(page).evaluate((button) => {
    const { left, top, width, height } = button.getBoundingClientRect();
    const root = /** @type {ShadowRoot} */ (button.getRootNode());
    const middle = top + height / 2;
    return { width, found: [-21, 0, 21].map((y) => root.elementFromPoint(left + width / 2, middle + y) === button) };
  });
  assert.ok(hit.width >= 44, String(hit.width));
  assert.deepEqual(hit.found, [true, true, true]);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
}, {
  serve: { modelBytes: MODEL_BYTES },
  faults: slowModel,
  box: { element: 'siteseer-modal' },
  context: { viewport: { width: 320, height: 568 }, hasTouch: true, isMobile: true },
});

browserTest('where storage is denied it holds for the page', async ({ page, site }) => {
  await page.addInitScript(() => Object.defineProperty(window, 'localStorage', { get: () => { throw new DOMException('denied', 'SecurityError'); } }));
  await page.reload();
  await input(page).fill(QUERY);
  await stopButton(page).click();
  await offer(page).waitFor();
  const asked = asks(site, /model/);
  await input(page).fill('vector index');
  await page.waitForTimeout(300);
  assert.equal(asks(site, /model/), asked);
}, { serve: { modelBytes: MODEL_BYTES }, faults: slowModel });

browserTest('search.stop() ends a running query with what there is; load() begins anew', async ({ page, site }) => {
  const said = await page.evaluate(async (text) => {
    const { open } = await import(/** @type {any} */ (`${location.origin}/siteseer/siteseer.js`));
    const search = await open();
    const tiers = [];
    for await (const { tier } of search.query(text)) {
      tiers.push(tier);
      setTimeout(() => search.stop('dense'), 200); // while the model comes
    }
    const { dense, reranked, savesData } = search.status;
    Object.assign(window, { search });
    return { tiers, states: [dense.state, dense.loaded, reranked.state, savesData], total: dense.total };
  }, QUERY);
  assert.deepEqual(said.tiers, ['lexical']);
  assert.deepEqual(said.states, ['off', 0, 'off', true]);
  assert.ok(said.total > MODEL_BYTES);
  await brokeOff(site, /model/);
  site.faults.clear();
  const tiers = await page.evaluate(async (text) => {
    const { search } = /** @type {any} */ (window);
    await search.load('dense');
    const tiers = [];
    for await (const { tier } of search.query(text)) tiers.push(tier);
    search.close();
    return tiers;
  }, QUERY);
  assert.deepEqual(tiers, ['lexical', 'dense']);
}, { serve: { modelBytes: MODEL_BYTES, rerankerBytes: 1000 }, faults: slowModel });

browserTest('who waits for what is stopped is told so', async ({ page }) => {
  const codes = await page.evaluate(async () => {
    const { open, SiteseerError } = await import(/** @type {any} */ (`${location.origin}/siteseer/siteseer.js`));
    const search = await open();
    const code = (/** @type {any} */ error) => error instanceof SiteseerError && error.code;
    const waiting = ['dense', 'reranked'].map((tier) => search.load(tier).catch(code));
    waiting.push(search.embed('x').catch(code));
    while (!search.status.dense.loaded) await new Promise((resolve) => setTimeout(resolve, 20));
    search.stop('dense');
    const codes = await Promise.all(waiting);
    const { dense, reranked } = search.status;
    search.close();
    return [...codes, dense.state, reranked.state];
  });
  assert.deepEqual(codes, ['closed', 'closed', 'closed', 'off', 'off']);
}, { serve: { modelBytes: MODEL_BYTES, rerankerBytes: 1000 }, faults: slowModel });

browserTest('with a service worker between, the download ends as well', async ({ page, site }) => {
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.reload();
  await page.waitForFunction(() => navigator.serviceWorker.controller);
  await input(page).fill(QUERY);
  await stopButton(page).waitFor();
  await page.waitForTimeout(300);
  await stopButton(page).click();
  await offer(page).waitFor();
  await brokeOff(site, /model/);
}, { serve: { modelBytes: MODEL_BYTES, cacheControl: 'no-cache' }, faults: slowModel, box: { attributes: 'offline' } });
