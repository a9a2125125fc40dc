// Service workers that a site has already: merged with ours, or strangers to it.

import assert from 'node:assert/strict';
import { QUERY, browserTests, input, meaning } from './harness.js';
import { builds, controlled, kept, line, offer, serve, twice, untilKept } from './offline.js';

const browserTest = browserTests();

/** The line is below the results. */
const searched = async (/** @type {import('playwright-core').Page} */ page) => {
  await input(page).fill(QUERY);
  await meaning(page);
};

const MERGED = `importScripts('./siteseer/offline.js');
addEventListener('fetch', (event) => {
  if (siteseerOffline.handle(event)) return;
  const { pathname } = new URL(event.request.url);
  if (pathname === '/greeting') event.respondWith(new Response('of the site’s own worker'));
  else if (event.request.mode === 'navigate') event.respondWith(fetch(event.request).catch(() => caches.match('/box.html')));
});
addEventListener('install', (event) => event.waitUntil(caches.open('own').then((own) => own.add('/box.html'))));`;

browserTest('merged into the site\'s own worker: both do their part, also after a deployment and offline', async ({ page, site }) => {
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.reload();
  await input(page).fill(QUERY);
  await meaning(page);
  await untilKept(page, ({ files, shell }) => files?.some((name) => /model/.test(name)) && shell?.includes('siteseer/worker.js'));
  assert.equal(await page.evaluate(async () => (await fetch('greeting')).text()), 'of the site’s own worker');
  assert.ok((await kept(page)).own.includes('box.html'));
  assert.equal((await kept(page)).pages, undefined, 'pages are its own affair');
  site.deploy({ build: 2 });
  await page.reload();
  await page.reload();
  assert.deepEqual(await builds(page), [2, 2, 2, 2, 2, 2]);
  await site.close();
  await page.reload();
  await input(page).fill(QUERY);
  await meaning(page);
}, { serve, box: { attributes: 'offline offline-worker="sw.js"' }, faults: (site) => site.pages.set('sw.js', MERGED) });

browserTest('a worker that knows nothing of it is left alone, and the line says that search is not available offline', async ({ page, site }) => {
  await page.evaluate(async () => {
    await navigator.serviceWorker.register('sw.js');
    await navigator.serviceWorker.ready;
  });
  await page.goto(`${site.url}box.html`);
  await input(page).fill(QUERY);
  await meaning(page);
  await line(page).getByText('Search is not available offline here.').waitFor();
  assert.match(String(await line(page).locator('.said').getAttribute('title')), /sw\.js does not answer for/);
  assert.ok(!site.requests.includes('siteseer-sw.js'));
}, {
  serve,
  box: { attributes: 'offline' },
  address: 'plain.html',
  faults: (site) => site.pages.set('sw.js', "addEventListener('fetch', () => {});").set('plain.html', '<!doctype html><title>Plain</title>'),
});

browserTest('a site below another on the same origin has a worker of its own, whichever was visited first', async ({ page, site }) => {
  const origin = await twice(site);
  try {
    await page.goto(`${origin.url}box.html`);
    await controlled(page);
    await searched(page);
    await offer(page).waitFor();
    await page.goto(`${origin.url}project/box.html`);
    await searched(page);
    await offer(page).waitFor();
    assert.equal(await page.evaluate(() => navigator.serviceWorker.controller?.scriptURL), `${origin.url}project/siteseer-sw.js`);
    await offer(page).click();
    await line(page).getByText('Search works offline').waitFor();
    await page.goto(`${origin.url}box.html`);
    await searched(page);
    await offer(page).waitFor();
    assert.equal(await page.evaluate(() => navigator.serviceWorker.controller?.scriptURL), `${origin.url}siteseer-sw.js`);
    origin.close();
    await page.goto(`${origin.url}project/box.html`);
    await input(page).fill(QUERY);
    await meaning(page);
  } finally {
    origin.close();
  }
}, { serve, box: { attributes: 'offline' }, address: 'nothing-here.html', expected: /^request: / });

browserTest('a worker of the site that does not take pages over: the line says from when on search works offline', async ({ page, site }) => {
  await searched(page);
  await line(page).getByText('Search works offline from the next page on').waitFor();
  site.faults.set(/engine\.js/, { bytesPerSecond: 2000 }); // the client is a while on its way, and that is no fault
  await page.reload();
  await searched(page);
  await line(page).locator('.said').getByText('Search works offline', { exact: true }).waitFor();
  await site.close();
  await page.reload();
  await input(page).fill(QUERY);
  await meaning(page);
}, {
  serve,
  box: { attributes: 'offline="all" offline-worker="sw.js"' },
  faults: (site) => site.pages.set('sw.js', MERGED),
});

const MODULE = `import './siteseer/offline.js';
for (const type of ['install', 'fetch']) addEventListener(type, (event) => siteseerOffline.handle(event));
addEventListener('activate', (event) => event.waitUntil(clients.claim()));`;

for (const who of ['the site', 'the box']) {
  browserTest(`a module worker, registered by ${who}`, async ({ page, site }) => {
    if (who === 'the site') {
      await page.evaluate(async () => {
        await navigator.serviceWorker.register('sw.js', { type: 'module' });
        await navigator.serviceWorker.ready;
      });
    }
    await page.goto(`${site.url}box.html`);
    await searched(page);
    await offer(page).waitFor();
    await page.reload();
    await searched(page);
    await offer(page).click();
    await line(page).getByText('Search works offline').waitFor();
  }, {
    serve,
    box: { attributes: 'offline offline-worker="sw.js"' },
    address: 'nothing-here.html',
    faults: (site) => site.pages.set('sw.js', MODULE),
    expected: who === 'the box' ? /import statement/ : undefined, // it tries a classic worker first
  });
}

browserTest('an address without https says what is missing', async ({ page }) => {
  await page.addInitScript(() => Object.defineProperty(window, 'isSecureContext', { value: false }));
  await page.reload();
  await input(page).fill(QUERY);
  await line(page).getByText('Search is not available offline here.').waitFor();
  assert.equal(await line(page).locator('.said').getAttribute('title'), 'Offline use needs https (or localhost).');
  await meaning(page);
}, { serve, box: { attributes: 'offline' } });

browserTest('the line speaks the language of the page, and the site\'s own words win', async ({ page }) => {
  await input(page).fill(QUERY);
  await line(page).getByRole('button', { name: /^Offline verfügbar machen \([\d,.]+ kB\)$/ }).waitFor();
  await page.evaluate(() => {
    const search = document.querySelector('siteseer-search');
    if (search) search.strings = { offlineOffer: 'Mitnehmen' };
  });
  await line(page).getByRole('button', { name: 'Mitnehmen' }).waitFor();
}, { serve, box: { attributes: 'offline', lang: 'de' } });

browserTest('the demo page can be installed: a web manifest without faults, and its icons are there', async ({ page }) => {
  const session = await page.context().newCDPSession(page);
  const { url, data, errors } = await session.send('Page.getAppManifest');
  assert.deepEqual(errors, []);
  const { icons, start_url: start } = JSON.parse(data ?? '');
  assert.equal(new URL(start, url).href, page.url());
  assert.deepEqual(icons.map((/** @type {{ purpose: string }} */ { purpose }) => purpose), ['any', 'maskable']);
  for (const { src } of icons) {
    const width = await page.evaluate(async (address) => {
      const image = new Image();
      image.src = address;
      await image.decode();
      return image.width;
    }, new URL(src, url).href);
    assert.ok(width > 0, src);
  }
  const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
  assert.deepEqual(installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== 'in-incognito'), []);
}, { serve, address: '' });
