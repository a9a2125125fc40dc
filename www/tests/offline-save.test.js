// Saving everything at once: the offer, its progress and its end, and a device without room.

import assert from 'node:assert/strict';
import { violations } from './axe.js';
import { QUERY, browserTests, input, meaning, until } from './harness.js';
import { builds, controlled, kept, line, offer, serve, setQuota, untilKept } from './offline.js';

/** @import { Page } from 'playwright-core' */

const browserTest = browserTests();
const box = { attributes: 'offline' };
const bar = (/** @type {Page} */ page) => line(page).getByRole('progressbar', { name: 'Saving for offline use' });
const ready = (/** @type {Page} */ page) => line(page).getByText('Search works offline').waitFor();
const noRoom = (/** @type {Page} */ page) => line(page).getByText('There is no room on this device to search offline; online everything works.').waitFor();

/** The line is below the results. */
const searched = async (/** @type {Page} */ page) => {
  await input(page).fill(QUERY);
  await meaning(page);
};

/** Names of all files of the index. */
const all = (/** @type {Page} */ page) =>
  page.evaluate(async () => {
    const { files } = /** @type {import('../siteseer/manifest.js').Manifest} */ (await (await fetch('siteseer/manifest.json')).json());
    const names = Object.values({ ...files, staticTower: undefined, sparse: undefined, compressed: undefined, late: undefined, stemmers: undefined }).flatMap((entry) =>
      !entry ? [] :
      'largest' in entry ? Array.from({ length: entry.files }, (_, number) => entry.name.replace('*', String(number))) : [entry.name],
    );
    return names.map((name) => `siteseer/${name}`).sort();
  });

browserTest('the button saves everything: progress, cancel, again, done; the browser is asked once to persist', async ({ page, site }) => {
  await page.addInitScript(() => {
    navigator.storage.persisted = async () => false;
    navigator.storage.persist = async () => (localStorage.setItem('asked', `${localStorage.getItem('asked') ?? ''}x`), false);
  });
  await page.reload();
  await controlled(page);
  await input(page).fill(QUERY);
  await meaning(page);
  site.faults.set(/passages-.*-3\./, { bytesPerSecond: 100 });
  assert.match(String(await offer(page).textContent()), /\(\d+ kB\)/);
  assert.deepEqual(await violations(page, 'siteseer-search'), []);
  await offer(page).click();
  await bar(page).waitFor();
  const seen = new Set();
  for (let i = 0; i < 20; i++) {
    seen.add(await bar(page).evaluate((progress) => /** @type {HTMLProgressElement} */ (progress).value));
    await page.waitForTimeout(50);
  }
  assert.ok([...seen].some((value) => value > 0 && value < 1), [...seen].join());
  assert.match(String(await line(page).textContent()), /\d+ kB of \d+ kB/);
  assert.deepEqual(await violations(page, 'siteseer-search'), []);

  await page.getByRole('button', { name: 'Cancel' }).click();
  await line(page).getByText('Stopped; what was saved is kept.').waitFor();
  assert.equal(await bar(page).isVisible(), false);
  await page.waitForTimeout(300);
  assert.ok(!(await kept(page)).files.some((name) => /passages-.*-3\./.test(name)));

  site.faults.clear();
  await offer(page).click();
  await ready(page);
  assert.deepEqual((await kept(page)).files.sort(), await all(page));
  assert.equal(await offer(page).count(), 0);
  assert.deepEqual(await violations(page, 'siteseer-search'), []);
  assert.equal(site.requests.filter((path) => /model/.test(path)).length, 1, 'what was loaded for use is not loaded again');

  await page.reload();
  await input(page).fill('unwinding');
  await ready(page);
  await site.close();
  await page.reload();
  await input(page).fill('lengthy');
  await meaning(page);
  assert.equal(await page.evaluate(() => localStorage.getItem('asked')), 'x');
}, { serve, box });

browserTest('`offline="all"` saves everything without a click, also of a modal; `tiers` bounds it', async ({ page }) => {
  await controlled(page);
  const everything = await all(page);
  await untilKept(page, ({ files }) => files?.length === everything.length - 1);
  await page.waitForTimeout(300);
  assert.deepEqual((await kept(page)).files.sort(), everything.filter((name) => !/reranker/.test(name)));
  await page.keyboard.press('/');
  await input(page).fill(QUERY);
  await ready(page);
}, { serve: { ...serve, rerankerBytes: 1000, late: true }, box: { element: 'siteseer-modal', attributes: 'offline="all" tiers="dense"' } });

browserTest('token vectors are saved where no reranker takes their place', async ({ page }) => {
  await controlled(page);
  const names = new Set(await all(page));
  const { files } = await untilKept(page, ({ files }) => files?.some((name) => /late-\w+-6\.bin/.test(name)) && files.filter((name) => names.has(name)).length === names.size - 1); // all but the reranker
  assert.ok(['late-head', 'late-code'].every((kind) => files.some((name) => name.includes(kind))), files.join());
  assert.ok(files.filter((name) => /late-\w+-\d+\.bin/.test(name)).length > 3 && !files.some((name) => /reranker/.test(name)), files.join());
}, { serve: { ...serve, rerankerBytes: 1000, late: true }, box: { attributes: 'offline="all" tiers="late"' } });

browserTest('a file that cannot be saved: said, and what came is kept for another try', async ({ page, site }) => {
  await controlled(page);
  await input(page).fill(QUERY);
  await meaning(page);
  site.faults.set(/passages-.*-2\./, { status: 500 });
  await offer(page).click();
  await line(page).getByText('Not everything could be saved.').waitFor();
  assert.match(String(await line(page).locator('.said').getAttribute('title')), /passages-\S+-2\.\S+ could not be loaded \(HTTP 500\)/);
  site.faults.clear();
  await offer(page).click();
  await ready(page);
}, { serve, box });

browserTest('no room for the model: search goes on from the network, and the line says so', async ({ page }) => {
  await controlled(page);
  const { usage = 0 } = await page.evaluate(() => navigator.storage.estimate());
  await setQuota(page, usage + 50_000);
  await input(page).fill(QUERY);
  await meaning(page);
  await noRoom(page);
  assert.ok(!(await kept(page)).files?.some((name) => /model/.test(name)));
  await page.reload();
  await input(page).fill(QUERY);
  await meaning(page);
}, { serve: { ...serve, modelBytes: 3_000_000 }, box });

browserTest('no room for anything: the page and the search are as without a service worker', async ({ page, site }) => {
  await setQuota(page, 1);
  await page.goto(`${site.url}box.html`);
  await input(page).fill(QUERY);
  await meaning(page);
  await noRoom(page);
  await page.reload();
  await input(page).fill(QUERY);
  await meaning(page);
  assert.deepEqual((await kept(page)).shell ?? [], []);
}, { serve, box, address: 'nothing-here.html' });

browserTest('a cache that cannot be written to costs nothing but itself', async ({ page, site }) => {
  await page.context().addInitScript(() => (Cache.prototype.put = () => Promise.reject(new DOMException('no room', 'QuotaExceededError'))));
  await page.goto(`${site.url}box.html`);
  await controlled(page);
  await input(page).fill(QUERY);
  await meaning(page);
  await offer(page).click();
  await noRoom(page);
  await offer(page).waitFor(); // there may be room later
  await input(page).fill('unwinding');
  await page.locator('.list', { hasText: 'Unwinding' }).waitFor();
}, { serve, box });

browserTest('no room for the client: the line goes on saying so, whatever else is saved', async ({ page, site }) => {
  await setQuota(page, 60_000);
  await page.goto(`${site.url}box.html`);
  await input(page).fill(QUERY);
  await noRoom(page);
  await page.evaluate(() => /** @type {HTMLElement} */ (document.querySelector('siteseer-search')?.shadowRoot?.querySelector('.offline .action')).click());
  await untilKept(page, ({ files }) => files?.some((name) => /lexical/.test(name)));
  await noRoom(page);
  await page.waitForTimeout(500);
  await noRoom(page);
  assert.equal(await line(page).getByText('Search works offline').count(), 0);
}, { serve, box: { attributes: 'offline tiers="lexical"' }, address: 'nothing-here.html' });

/** The second build, whole: nothing of it is missing. @param {Page} page @param {import('./server.js').TestSite} site */
async function isSaved(page, site) {
  await site.close();
  await page.reload();
  assert.deepEqual(await builds(page), Array(6).fill(2));
  await input(page).fill(QUERY);
  await meaning(page);
  await page.locator('.list', { hasText: /build 2/ }).waitFor();
  await ready(page);
}

for (const first of ['the page itself', 'another tab']) {
  browserTest(`deployed anew before everything is saved, and ${first} finds that out: the new version is saved`, async ({ page, site }) => {
    await controlled(page);
    await page.reload();
    await searched(page);
    await offer(page).waitFor();
    site.deploy({ build: 2, modelBytes: 100_000 });
    if (first !== 'the page itself') {
      const next = await page.context().newPage();
      await next.goto(`${site.url}box.html`);
      await next.reload();
      assert.deepEqual(await builds(next), Array(6).fill(2));
      await next.close();
    }
    await offer(page).click();
    await ready(page);
    await isSaved(page, site);
  }, { serve, box });
}

browserTest('deployed while everything is being saved: the new version is saved', async ({ page, site }) => {
  await controlled(page);
  await page.reload();
  await searched(page);
  site.faults.set(/passages-.*-3\./, { bytesPerSecond: 300 });
  await offer(page).click();
  await bar(page).waitFor();
  const next = await page.context().newPage();
  site.deploy({ build: 2 });
  await next.goto(`${site.url}box.html`);
  await next.reload();
  assert.deepEqual(await builds(next), Array(6).fill(2));
  await next.close();
  site.faults.clear();
  await ready(page);
  await isSaved(page, site);
}, { serve, box });

browserTest('visited pages make room', async ({ page, site }) => {
  await controlled(page);
  await page.goto(`${site.url}big.html`);
  await untilKept(page, ({ pages }) => pages?.includes('big.svg'));
  const { usage = 0 } = await page.evaluate(() => navigator.storage.estimate());
  await setQuota(page, usage + 1_000_000);
  await page.goto(`${site.url}box.html`);
  await searched(page);
  await offer(page).click();
  await ready(page);
  assert.ok(!(await kept(page)).pages?.includes('big.svg'));
}, { serve: { ...serve, modelBytes: 3_000_000 }, box, faults: withBigPage });

browserTest('visited pages make room, where the browser says beforehand that there is none', async ({ page, site }) => {
  await controlled(page);
  await page.goto(`${site.url}big.html`);
  await untilKept(page, ({ pages }) => pages?.includes('big.svg'));
  await page.goto(`${site.url}box.html`);
  await searched(page);
  await untilKept(page, ({ files }) => files?.some((name) => /model/.test(name)));
  await page.evaluate(async () => {
    const { storage } = navigator;
    const estimate = storage.estimate.bind(storage);
    const { usage: quota } = await estimate();
    storage.estimate = async () => ({ ...(await estimate()), quota });
  });
  await offer(page).click();
  await ready(page);
}, { serve, box, faults: withBigPage });

browserTest('cancelled while the browser asks: nothing is fetched, and it can be begun again', async ({ page, site }) => {
  await page.addInitScript(() => {
    navigator.storage.persisted = async () => false;
    navigator.storage.persist = () => new Promise((resolve) => setTimeout(resolve, 1500, false));
  });
  await page.reload();
  await controlled(page);
  await searched(page);
  const rest = /passages-.*-3/;
  await offer(page).click();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await line(page).getByText('Stopped; what was saved is kept.').waitFor();
  await page.waitForTimeout(2000);
  assert.ok(!site.requests.some((path) => rest.test(path)));
  site.faults.set(rest, { bytesPerSecond: 100 });
  await offer(page).click();
  await until(() => site.requests.some((path) => rest.test(path)));
  await page.getByRole('button', { name: 'Cancel' }).click();
  await line(page).getByText('Stopped; what was saved is kept.').waitFor();
}, { serve, box });

/** A page with a picture of 3 MB. @param {import('./server.js').TestSite} site */
function withBigPage(site) {
  site.pages.set('big.html', '<!doctype html><title>Big</title><img src="big.svg">').set('big.svg', `<svg xmlns="http://www.w3.org/2000/svg"/>${' '.repeat(3_000_000)}`);
}
