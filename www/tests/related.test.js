// Related pages: the element and `search.related()`, read from the manifest and one small file, without the engine; and nothing
// at all where there are none.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { keyOf, numberOf } from '../siteseer/related-pages.js';
import { violations } from './axe.js';
import { boxPage } from './browser.js';
import { browserTests, until } from './harness.js';
import { controlled, untilKept, serve as serveOffline } from './offline.js';

/** @import { Page } from 'playwright-core' */

const browserTest = browserTests();
const rows = [
  ['guide/workspaces.html', 'Workspaces & <b>members</b>', 'Shared code', 'The members section'],
  ['guide/', 'The guide', '', 'Where to begin'],
  ['https://elsewhere.example/x.html', 'Another site', '', ''],
  ['reference/manifest.html', 'The manifest', 'Sections', 'Sections'],
];
const serve = { related: { 'box.html': rows, 'lonely.html': [] } };

/** A page with the element. */
const relatedPage = ({ attributes = '', lang = 'en' } = {}) =>
  boxPage({ element: 'siteseer-related', attributes, lang }).replace('siteseer/siteseer.js', 'siteseer/related.js');
const shown = {
  serve,
  faults: (/** @type {import('./server.js').TestSite} */ site) => void site.pages.set('box.html', relatedPage()),
};
const nav = (/** @type {Page} */ page) => page.getByRole('navigation', { name: 'Related pages' });
const texts = (/** @type {Page} */ page) => nav(page).getByRole('listitem').allTextContents();
const isHidden = (/** @type {Page} */ page) => page.locator('siteseer-related').evaluate((element) => /** @type {HTMLElement} */ (element).hidden && element.getBoundingClientRect().height === 0);

test('one page has one key, however its host calls it; numbers are those of the Rust side', () => {
  for (const path of ['a/guide', 'a/guide/', 'a/guide.html', 'a/guide/index.html', 'a/guide.html?q=1#x', '/a/guide.htm']) assert.equal(keyOf(path), 'a/guide', path);
  for (const path of ['', '/', 'index.html', '#top']) assert.equal(keyOf(path), '', path);
  assert.equal(keyOf('gr%C3%B6%C3%9Fe.html'), 'größe');
  assert.equal(keyOf('100%.html'), '100%');
  assert.equal(keyOf('my-index.html'), 'my-index');
  assert.deepEqual(['', 'a', 'foobar'].map((key) => numberOf(key, 32)), [0x811c9dc5, 0xe40c292c, 0xbf9cf968]);
  assert.deepEqual([13, 1, 0].map((bits) => numberOf('a', bits)), [0xe40c292c >>> 19, 1, 0]);
});

browserTest('the element lists links with the headings that say why; it reads the manifest and one file', async ({ page, site }) => {
  await nav(page).waitFor();
  assert.deepEqual(await texts(page), ['Workspaces & <b>members</b>Shared code → The members section', 'The guideWhere to begin', 'The manifestSections']);
  const links = nav(page).getByRole('link');
  assert.deepEqual(await links.evaluateAll((all) => all.map((link) => /** @type {HTMLAnchorElement} */ (link).href)), ['guide/workspaces.html', 'guide/', 'reference/manifest.html'].map((path) => site.url + path));
  const asked = site.requests.filter((path) => path.startsWith('siteseer/'));
  assert.equal(asked.length, 3, String(asked));
  assert.deepEqual(asked.slice(0, 2), ['siteseer/related.js', 'siteseer/manifest.json']);
  assert.match(asked[2], new RegExp(`^siteseer/related-[0-9a-f]{12}-${numberOf('box', 32)}\\.bin\\.gz$`));
}, shown);

browserTest('attributes: another page, fewer, another heading', async ({ page }) => {
  await page.getByRole('navigation', { name: 'See also' }).waitFor();
  assert.equal(await page.getByRole('heading', { name: 'See also', level: 3 }).count(), 1);
  assert.equal(await page.getByRole('listitem').count(), 1);
  await page.locator('siteseer-related').evaluate((element) => element.setAttribute('limit', '2'));
  await page.getByRole('listitem').nth(1).waitFor();
}, { serve, faults: (site) => site.pages.set('box.html', relatedPage({ attributes: 'url="/box.html?x#y" limit="1" label="See also" level="3"' })) });

browserTest('it speaks the page\'s language', async ({ page }) => {
  await page.getByRole('heading', { name: 'Verwandte Seiten', level: 2 }).waitFor();
}, { serve, faults: (site) => site.pages.set('box.html', relatedPage({ lang: 'de-AT' })) });

for (const [name, options] of /** @type {[string, Partial<Parameters<typeof browserTest>[2]>][]} */ ([
  ['a page has none', { serve, faults: (site) => site.pages.set('box.html', relatedPage({ attributes: 'url="lonely.html"' })) }],
  ['the index does not have the page', { serve, faults: (site) => site.pages.set('box.html', relatedPage({ attributes: 'url="unknown.html"' })) }],
  ['its host answers 403 for what it has not', { serve: { ...serve, missing: 403 }, faults: (site) => site.pages.set('box.html', relatedPage({ attributes: 'url="unknown.html"' })) }],
  ['the page is of another site', { serve, faults: (site) => site.pages.set('box.html', relatedPage({ attributes: 'url="https://elsewhere.example/box.html"' })) }],
  ['the index has no related pages', { faults: (site) => site.pages.set('box.html', relatedPage()) }],
])) {
  browserTest(`nothing is shown, and nothing said, where ${name}`, async ({ page, site }) => {
    /** @type {string[]} */
    const said = [];
    page.on('console', (message) => said.push(message.text()));
    await until(() => site.requests.includes('siteseer/manifest.json'));
    await page.waitForTimeout(300);
    assert.ok(await isHidden(page));
    assert.deepEqual(said.filter((text) => !/^Failed to load resource/.test(text)), []);
  }, options);
}

for (const [what, fault] of /** @type {[string, import('./server.js').Fault][]} */ ([
  ['is damaged', { content: (content) => gzipSync(gunzipSync(content).map((byte, i) => (i === 30 ? byte ^ 1 : byte))) }],
  ['is a page instead', { content: () => Buffer.from('<!doctype html><title>Not found</title>') }],
])) {
  browserTest(`a file that ${what} leaves the page as it was, and the console says which`, async ({ page, site }) => {
    const warned = page.waitForEvent('console', (message) => message.type() === 'warning');
    site.faults.set(/related-/, fault);
    await page.goto(`${site.url}box.html`);
    assert.match((await warned).text(), /^Siteseer: related pages could not be loaded\. SiteseerError: .*related-[0-9a-f]{12}-\d+\.bin\.gz/);
    assert.ok(await isHidden(page));
  }, { ...shown, address: 'client.txt' });
}

browserTest('search.related gives the pages related to this one, or to another; it aborts', async ({ page, site }) => {
  const found = await page.evaluate(async () => {
    const { open } = await import(/** @type {any} */ (`${location.origin}/siteseer/siteseer.js`));
    const search = await open();
    const aborted = search.related('box.html', { signal: AbortSignal.abort() }).catch((/** @type {Error} */ error) => error.name);
    const all = [await search.related(), await search.related('lonely.html'), await search.related('https://elsewhere.example/'), await aborted];
    search.close();
    return all;
  });
  assert.deepEqual(found.slice(1), [[], [], 'AbortError']);
  assert.deepEqual(found[0][0], { url: `${site.url}guide/workspaces.html`, title: rows[0][1], here: 'Shared code', there: 'The members section' });
  assert.equal(found[0].length, 3, 'not the one of another site');
}, { serve });

browserTest('search.related names a file that is damaged', async ({ page }) => {
  const error = await page.evaluate(async () => {
    const { open, SiteseerError } = await import(/** @type {any} */ (`${location.origin}/siteseer/siteseer.js`));
    const search = await open();
    return search.related().catch((/** @type {any} */ error) => ({ typed: error instanceof SiteseerError, code: error.code, file: error.file, next: error.next }));
  });
  assert.ok(error.typed, 'of the class of the module that was asked');
  assert.equal(error.code, 'hash');
  assert.match(error.file, /^related-/);
  assert.match(error.next, /Deploy/);
}, { serve, faults: (site) => site.faults.set(/related-/, { content: (content) => gzipSync(gunzipSync(content).map((byte, i) => (i === 30 ? byte ^ 1 : byte))) }) });

browserTest('offline they are there on a page that was visited', async ({ page, site }) => {
  await controlled(page);
  await page.goto(`${site.url}guide.html`);
  await nav(page).waitFor();
  await untilKept(page, ({ files, pages }) => files?.some((name) => /related-/.test(name)) && pages?.includes('guide.html'));
  await site.close();
  await page.reload();
  await nav(page).waitFor();
  assert.equal((await texts(page)).length, 3);
}, {
  serve: { ...serveOffline, related: { 'guide.html': rows } },
  box: { attributes: 'offline' },
  faults: (site) => site.pages.set('guide.html', relatedPage()),
});

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  browserTest(`axe finds nothing, and a phone of 320 px needs no sideways scrolling, ${colorScheme}`, async ({ page }) => {
    await nav(page).waitFor();
    await page.evaluate(() => (document.documentElement.style.background = 'Canvas')); // axe takes an unpainted page for white
    assert.deepEqual(await violations(page), []);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    for (const item of await nav(page).getByRole('listitem').all()) assert.ok(((await item.boundingBox())?.height ?? 0) >= 43.5);
    const background = await nav(page).getByRole('listitem').first().evaluate((element) => getComputedStyle(element).backgroundColor);
    assert.equal(background, colorScheme === 'light' ? 'rgb(255, 255, 255)' : 'rgb(23, 26, 33)');
  }, { ...shown, context: { colorScheme, viewport: { width: 320, height: 568 } } });
}
