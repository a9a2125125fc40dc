// Takes a picture of every state of the search box, on a desktop and a phone, light and dark, for a person to look at.
// Usage: node tests/screenshots.js [FOLDER]   (default: a folder in the system's temporary directory)

import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { boxPage, launch, openPage } from './browser.js';
import { serveSite } from './server.js';

/** @import { BrowserContextOptions, Page } from 'playwright-core' */
/** @import { TestSite } from './server.js' */

const folder = process.argv[2] ?? join(tmpdir(), 'siteseer-screenshots');
const QUERY = 'share code between several packages';
const MB = 1_000_000;

const type = (/** @type {Page} */ page, /** @type {string} */ text) => page.locator('siteseer-search input').fill(text);
const settled = (/** @type {Page} */ page) => page.locator('.badge.dense, .badge.reranked').waitFor().then(() => page.waitForTimeout(250));
/** The dialog, by its key: pressed before the page has the keyboard, that is lost. @param {Page} page */
const opened = async (page) => {
  await page.locator('.trigger').click({ trial: true });
  await page.bringToFront();
  await page.keyboard.press('/');
  await page.locator('dialog[open]').waitFor();
};
const lexical = (/** @type {Page} */ page) => page.locator('.row').first().waitFor().then(() => page.waitForTimeout(700));

/** @type {Record<string, { model?: number, reranker?: number, filters?: boolean, page?: string, context?: BrowserContextOptions, faults?: (site: TestSite) => void, act: (page: Page) => Promise<unknown> }>} */
const STATES = {
  empty: { act: (page) => page.locator('#facts').waitFor() },
  loading: {
    model: 16 * MB,
    faults: (site) => site.faults.set(/model/, { bytesPerSecond: 8 * MB }),
    act: (page) => type(page, QUERY).then(() => lexical(page)),
  },
  stopped: {
    model: 16 * MB,
    faults: (site) => site.faults.set(/model/, { bytesPerSecond: MB }),
    act: (page) => type(page, QUERY).then(() => lexical(page)).then(() => page.getByRole('button', { name: 'Stop', exact: true }).click()).then(() => page.waitForTimeout(300)),
  },
  dense: { act: (page) => type(page, QUERY).then(() => settled(page)) },
  active: {
    act: async (page) => {
      await type(page, QUERY);
      await settled(page);
      for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowDown');
    },
  },
  reranked: { reranker: 1000, act: (page) => type(page, QUERY).then(() => page.locator('.badge.reranked').waitFor()).then(() => settled(page)) },
  reranking: {
    reranker: 4 * MB,
    faults: (site) => site.faults.set(/reranker/, { bytesPerSecond: 2 * MB }),
    act: (page) => type(page, QUERY).then(() => settled(page)).then(() => page.waitForTimeout(500)),
  },
  norerank: {
    reranker: 1000,
    faults: (site) => site.faults.set(/reranker/, { content: () => null }),
    act: (page) => type(page, QUERY).then(() => page.locator('.reason').waitFor()),
  },
  trigger: { page: boxPage({ element: 'siteseer-modal' }), act: (page) => page.locator('.trigger').waitFor() },
  modal: { page: boxPage({ element: 'siteseer-modal' }), act: (page) => opened(page).then(() => page.waitForTimeout(300)) },
  modalresults: {
    page: boxPage({ element: 'siteseer-modal' }),
    reranker: 1000,
    act: async (page) => {
      await opened(page);
      await page.keyboard.type(QUERY);
      await page.locator('.badge.reranked').waitFor();
      await page.keyboard.press('ArrowDown');
      await page.waitForTimeout(300);
    },
  },
  modalrtl: {
    page: boxPage({ element: 'siteseer-modal', lang: 'he', dir: 'rtl' }),
    act: async (page) => {
      await opened(page);
      await page.keyboard.type('סביבה members');
      await settled(page);
    },
  },
  facets: {
    filters: true,
    act: async (page) => {
      await type(page, 'cargo toml members');
      await settled(page);
      await page.getByRole('button', { name: /^he \d/ }).click();
      await page.getByRole('button', { name: 'Clear filters' }).waitFor();
      await page.waitForTimeout(300);
    },
  },
  meta: {
    filters: true,
    page: boxPage({ attributes: 'meta="lang"' }),
    act: (page) => type(page, QUERY).then(() => settled(page)),
  },
  recent: {
    act: async (page) => {
      await page.evaluate(() => localStorage.setItem('siteseer-recent /siteseer/manifest.json', JSON.stringify(['share code between packages', '--cfg', 'panic'])));
      await page.locator('siteseer-search input').focus();
      await page.getByText('Recent searches').waitFor();
      await page.keyboard.press('ArrowDown');
    },
  },
  nonefiltered: {
    filters: true,
    act: async (page) => {
      await page.locator('siteseer-search').evaluate((box) => Object.assign(box, { filters: { lang: 'fr' } }));
      await type(page, 'profiles');
      await page.getByRole('button', { name: 'Search without filters' }).waitFor();
      await page.waitForTimeout(300);
    },
  },
  long: { act: (page) => type(page, 'lengthy').then(() => settled(page)) },
  identifier: { act: (page) => type(page, '--cfg').then(() => settled(page)) },
  none: { act: (page) => type(page, 'zzzz qqqq').then(() => page.locator('.message .hint').first().waitFor()) },
  meant: {
    page: boxPage({ attributes: 'tiers="lexical"' }),
    act: async (page) => {
      await type(page, 'workspoces');
      await page.getByRole('button', { name: 'Did you mean' }).first().waitFor();
      await page.keyboard.press('Tab');
      await page.keyboard.press('Tab');
      await page.waitForTimeout(300);
    },
  },
  meantbeside: { act: (page) => type(page, 'manifest workspoces').then(() => page.getByRole('button', { name: 'Did you mean' }).waitFor()).then(() => settled(page)) },
  error: {
    faults: (site) => site.faults.set(/lexical/, { content: () => null }),
    act: (page) => type(page, QUERY).then(() => page.locator('.message.error').waitFor()),
  },
  degraded: {
    faults: (site) => site.faults.set(/model/, { content: () => null }),
    act: (page) => type(page, QUERY).then(() => page.locator('.reason').waitFor()),
  },
  hostile: { act: (page) => type(page, 'hostile').then(() => settled(page)) },
  noindex: {
    faults: (site) => site.faults.set(/manifest/, { content: () => null }),
    act: (page) => page.locator('#notice').waitFor(),
  },
  rtl: {
    page: boxPage({ lang: 'he', dir: 'rtl' }),
    act: (page) => type(page, 'סביבה members').then(() => settled(page)).then(() => page.keyboard.press('ArrowDown')),
  },
  contrast: {
    filters: true,
    reranker: 1000,
    context: { forcedColors: 'active' },
    act: (page) => type(page, QUERY).then(() => settled(page)).then(() => page.keyboard.press('ArrowDown')),
  },
  german: { page: boxPage({ lang: 'de' }), model: 16 * MB, faults: (site) => site.faults.set(/model/, { bytesPerSecond: 8 * MB }), act: (page) => type(page, QUERY).then(() => lexical(page)) },
};
const SCREENS = {
  desktop: { viewport: { width: 1280, height: 800 } },
  narrow: { viewport: { width: 320, height: 568 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true },
  phone: { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true },
};

mkdirSync(folder, { recursive: true });
const only = process.argv[3]?.split(',');
const browser = await launch();
for (const [state, { model, reranker, filters, page: html, context: more, faults, act }] of Object.entries(STATES)) {
  if (only && !only.includes(state)) continue;
  for (const [screen, options] of Object.entries(SCREENS)) {
    for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
      const site = await serveSite({ modelBytes: model, rerankerBytes: reranker, filters });
      faults?.(site);
      if (html) site.pages.set('box.html', html);
      const { page, context, complaints } = await openPage(browser, site.url, { ...options, colorScheme, ...more });
      await page.goto(html ? `${site.url}box.html` : site.url);
      await act(page);
      await page.screenshot({ path: join(folder, `${state}-${screen}-${colorScheme}.png`) });
      for (const complaint of complaints) console.log(`${state} ${screen} ${colorScheme}: ${complaint}`);
      await context.close();
      await site.close();
    }
  }
}
await browser.close();
console.log(`Screenshots are in ${folder}`);
