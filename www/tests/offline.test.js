// Offline use in a real browser: the server goes away, is deployed anew, or answers badly.

import assert from 'node:assert/strict';
import { QUERY, best, browserTests, input, meaning, rows } from './harness.js';
import { builds, controlled, kept, line, serve, stopWorkers, untilKept, versions } from './offline.js';

/** @import { Page } from 'playwright-core' */

const browserTest = browserTests();
const box = { attributes: 'offline' };
const firstTitle = '.list .page >> nth=0';
const unwinding = (/** @type {Page} */ page) => page.locator('.list', { hasText: 'Unwinding the Stack' }).waitFor();

/** Files of the index that were asked for, by name. @param {{ requests: string[] }} site */
const usedFiles = (site) => site.requests.filter((path) => /^siteseer\/.*-\w{12}[-.]/.test(path));

browserTest('after one visit the page and all of the search work with the server gone', async ({ page, site }) => {
  await controlled(page);
  await input(page).fill(QUERY);
  await best(page);
  const shown = (await rows(page).allTextContents()).sort();
  const used = usedFiles(site);
  await untilKept(page, ({ files, pages }) => used.every((path) => files?.includes(path)) && pages?.includes('demo.css') && pages.includes('demo.js'));
  await site.close();
  await page.reload();
  await page.getByText('9,034').waitFor(); // of the manifest
  await input(page).fill(QUERY);
  await best(page);
  assert.deepEqual((await rows(page).allTextContents()).sort(), shown);
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).marginTop), '0px', 'the page has its styles');
}, { serve: { ...serve, rerankerBytes: 1000 }, address: '' });

browserTest('what was searched before the service worker was there is kept, too', async ({ page, site }) => {
  await input(page).fill(QUERY);
  await best(page);
  assert.equal(await page.evaluate(() => navigator.serviceWorker.controller), null, 'the worker is still on its way');
  const used = usedFiles(site);
  assert.ok(used.length > 4, String(used));
  site.faults.clear();
  await untilKept(page, ({ files }) => used.every((path) => files?.includes(path)));
}, { serve: { ...serve, rerankerBytes: 1000 }, box, faults: (site) => site.faults.set(/-sw\.js$/, { bytesPerSecond: 40 }) });

browserTest('a visited page opens offline, whatever was searched on it; one that asks not to be stored does not', async ({ page, site }) => {
  site.pages.set('guide/one.html', '<!doctype html><title>One</title><h1>One</h1>').set('two.html', '<!doctype html><title>Two</title><h1>Two</h1>');
  site.faults.set(/^two/, { headers: { 'cache-control': 'no-store' } });
  await controlled(page);
  await page.goto(`${site.url}guide/one.html?q=secret`);
  await page.goto(`${site.url}two.html`);
  const { pages } = await untilKept(page, ({ pages }) => pages?.includes('guide/one.html'));
  assert.ok(!pages.some((url) => /secret|two/.test(url)), String(pages));
  await site.close();
  await page.goto(`${site.url}guide/one.html?q=other#part`);
  assert.equal(await page.title(), 'One');
  await assert.rejects(page.goto(`${site.url}two.html`), /ERR_/);
}, { serve, box });

browserTest('a visited page opens offline by the address that a result has, where the host redirects from it', async ({ page, site }) => {
  const [html, moved] = ['<!doctype html><title>Two</title>', (/** @type {string} */ location) => ({ status: 302, headers: { location } })];
  for (const path of ['guide/two.html', 'guide/two', 'docs', 'docs/']) site.pages.set(path, html);
  site.faults.set(/^guide\/two\.html$/, moved('/guide/two')).set(/^docs$/, moved('/docs/')).set(/^(guide\/two|docs\/)$/, { headers: { 'content-type': 'text/html' } });
  await controlled(page);
  for (const path of ['guide/two.html', 'docs']) await page.goto(site.url + path);
  await untilKept(page, ({ pages }) => pages?.includes('guide/two') && pages.includes('docs/'));
  await site.close();
  await page.goto(`${site.url}guide/two.html?highlight=x`);
  assert.equal(page.url(), `${site.url}guide/two?highlight=x`);
  assert.equal(await page.title(), 'Two');
  await page.goto(`${site.url}docs`);
  assert.equal(page.url(), `${site.url}docs/`);
}, { serve, box });

browserTest('a link to a file that is no page does not keep it', async ({ page, site }) => {
  site.pages.set('manual.zip', 'z'.repeat(1000));
  await controlled(page);
  await page.goto(`${site.url}manual.zip`).catch(() => {}); // a download
  await page.goto(`${site.url}box.html?again`);
  await page.waitForTimeout(500);
  const { pages } = await untilKept(page, ({ pages }) => pages?.includes('box.html'));
  assert.ok(!pages.includes('manual.zip'), String(pages));
}, { serve, box });

browserTest('deployed anew: an open page keeps its version, the next one gets the new one whole, then the old one is removed', async ({ page, site }) => {
  await controlled(page);
  await page.reload(); // from here on every file comes through the worker
  await input(page).fill('unwinding');
  await unwinding(page);
  await input(page).fill(QUERY);
  await page.locator('.list', { hasText: 'Workspaces' }).waitFor();
  await meaning(page);
  const used = usedFiles(site);
  const { files } = await untilKept(page, ({ files }) => used.every((path) => files?.includes(path)));
  const lexical = files.find((name) => /lexical/.test(name)) ?? '';

  site.deploy({ build: 2, modelBytes: 100_000 });
  const next = await page.context().newPage();
  await next.goto(`${site.url}box.html`);
  assert.deepEqual([...new Set(await builds(next))].length, 1, 'no mix');
  await untilKept(next, ({ files }) => files?.filter((name) => /lexical|model/.test(name)).length === 4); // fetched before they are needed
  await next.reload();
  assert.deepEqual(await builds(next), [2, 2, 2, 2, 2, 2]);
  assert.deepEqual(await builds(page), [1, 1, 1, 1, 1, 1]);
  await stopWorkers(page);
  assert.deepEqual(await builds(page), [1, 1, 1, 1, 1, 1]);

  await input(page).fill('unwinding'); // what that needs is kept; what is not and is gone: offline-gone.test.js
  await unwinding(page);
  await page.evaluate(() => document.querySelector('siteseer-search')?.remove()); // its worker ends; the next one is of its version
  await page.evaluate(() => document.querySelector('main')?.append(document.createElement('siteseer-search')));
  await input(page).fill(QUERY);
  await meaning(page);
  assert.doesNotMatch(String(await page.locator(firstTitle).textContent()), /build/);
  await input(next).fill(QUERY);
  await meaning(next);
  assert.match(String(await next.locator('.list').textContent()), /Workspaces - The Cargo Book, build 2/);
  assert.equal(await versions(next), 2);

  await page.close();
  for (let i = 0; i < 20 && (await versions(next)) > 1; i++) await next.reload(); // the browser takes a moment to forget a page
  assert.equal(await versions(next), 1);
  assert.ok(!(await kept(next)).files.includes(lexical));
}, { serve, box });

browserTest('a deployment that is not whole is not taken: the old version goes on', async ({ page, site }) => {
  await controlled(page);
  site.deploy({ build: 2 });
  site.faults.set(/worker\.js/, { status: 500, content: () => Buffer.from('try later') });
  for (let i = 0; i < 2; i++) {
    await page.reload();
    assert.deepEqual(await builds(page), [1, 1, 1, 1, 1, 1]);
  }
  site.faults.clear();
  site.faults.set(/worker\.js/, { content: (code) => Buffer.concat([code, Buffer.from('/* of a later build */')]) });
  await page.reload();
  assert.deepEqual(await builds(page), [1, 1, 1, 1, 1, 1]);
  site.faults.clear();
  await page.reload();
  assert.deepEqual(await builds(page), [2, 2, 2, 2, 2, 2]);
}, { serve, box });

browserTest('deployed while the new version is being fetched: no mix of the two', async ({ page, site }) => {
  await controlled(page);
  site.deploy({ build: 2 });
  let asked = 0;
  site.faults.set(/manifest\.json/, {
    content: (manifest) => {
      if (asked++ === 0) site.deploy({ build: 3 }); // the manifest of build 2, and from here on files of build 3
      return manifest;
    },
  });
  await page.reload();
  assert.deepEqual(await builds(page), [1, 1, 1, 1, 1, 1]);
  assert.ok(asked >= 2, 'it was looked at again');
  await page.reload();
  assert.deepEqual(await builds(page), [3, 3, 3, 3, 3, 3]);
}, { serve, box });

browserTest('a network that hardly answers: the box does not wait for it', async ({ page, site }) => {
  await controlled(page);
  await input(page).fill(QUERY);
  await meaning(page);
  await untilKept(page, ({ files, pages }) => files?.some((name) => /model/.test(name)) && pages?.includes('box.html'));
  site.faults.set(/\.json$/, { bytesPerSecond: 20 });
  await page.reload();
  await input(page).fill(QUERY);
  await meaning(page);
  const waited = await page.evaluate(() => performance.getEntriesByName(new URL('siteseer/siteseer.js', location.href).href)[0].duration);
  assert.ok(waited < 10_000, `${waited} ms for the box, which waits 2 s for news; a look for news gives up after 15 s`);
}, { serve, box });

browserTest('only good answers are kept: no error page, nothing short, nothing else under a right name', async ({ page, site }) => {
  await controlled(page);
  /** @type {import('./server.js').Fault[]} */
  const faults = [
    { status: 500 },
    { content: () => null },
    { content: (content) => content.subarray(0, 50) },
    { content: (content) => Buffer.from(content.map((byte, i) => (i === content.length - 9 ? byte ^ 1 : byte))) },
  ];
  for (const fault of faults) {
    site.faults.clear();
    site.faults.set(/vectors|lexical/, fault);
    await page.reload();
    await input(page).fill(QUERY);
    await page.locator('.message.error').waitFor();
    await page.waitForTimeout(300); // for what must not come
    const { files = [] } = await kept(page);
    assert.deepEqual(files.filter((name) => /vectors|lexical/.test(name)), []);
  }
  site.faults.clear();
  await page.getByRole('button', { name: 'Try again' }).click();
  await meaning(page);
  await untilKept(page, ({ files }) => files?.filter((name) => /vectors|lexical/.test(name)).length === 2);
}, { serve, box });

browserTest('what was spoiled in the cache is fetched anew and kept anew', async ({ page, site }) => {
  await controlled(page);
  await input(page).fill(QUERY);
  await meaning(page);
  const { files } = await untilKept(page, ({ files }) => files?.some((name) => /model/.test(name)));
  const model = files.find((name) => /model/.test(name)) ?? '';
  const spoil = (/** @type {string} */ url) => caches.open('siteseer-1 /siteseer/ files').then((cache) => cache.put(url, new Response('spoiled')));
  await page.evaluate(spoil, `/${model}`);
  await page.reload();
  await input(page).fill(QUERY);
  await meaning(page);
  await untilKept(page, ({ files }) => files?.includes(model));
  await site.close();
  await page.reload();
  await input(page).fill(QUERY);
  await meaning(page);
}, { serve, box });

browserTest('the browser evicts half of it: fetched again, and never a blank box', async ({ page, site }) => {
  await controlled(page);
  await input(page).fill(QUERY);
  await meaning(page);
  await untilKept(page, ({ files }) => files?.some((name) => /model/.test(name)));
  const evict = async (/** @type {string} */ pattern) => {
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) if (new RegExp(pattern).test(request.url)) await cache.delete(request);
    }
  };
  await page.evaluate(evict, 'worker\\.js|engine|manifest|vectors|passages-.*-0\\.');
  await page.reload();
  await input(page).fill(QUERY);
  await meaning(page);
  const { shell } = await untilKept(page, ({ files }) => files?.some((name) => /vectors/.test(name)));
  assert.ok(shell.includes('siteseer/worker.js') && shell.includes('siteseer/manifest.json'), String(shell));
  await page.evaluate(evict, 'vectors');
  await site.close();
  await page.reload();
  await input(page).fill(QUERY);
  await page.locator('.reason', { hasText: /vectors.* could not be loaded/ }).waitFor();
  assert.ok((await rows(page).count()) > 0, 'words go on');
  await page.evaluate(evict, '.');
  await input(page).fill('unwinding');
  await page.waitForTimeout(300);
  await page.locator('.row, .message.error').first().waitFor();
}, { serve, box });

browserTest('no service worker file: search works, and the line says that it is not available offline', async ({ page }) => {
  await input(page).fill(QUERY);
  await meaning(page);
  await line(page).getByText('Search is not available offline here.').waitFor();
  assert.match(String(await line(page).locator('.said').getAttribute('title')), /siteseer-sw\.js could not be registered/);
}, { serve, box, faults: (site) => site.faults.set(/siteseer-sw/, { content: () => null }), expected: /404.* fetching the script/ });

browserTest('without the attribute nothing of it is loaded and nothing is kept', async ({ page, site }) => {
  await input(page).fill(QUERY);
  await meaning(page);
  assert.ok(!site.requests.some((path) => /offline|-sw|client\.json/.test(path)), String(site.requests));
  assert.deepEqual(await kept(page), {});
}, { serve });
