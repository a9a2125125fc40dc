// What the browser tests share: one Chromium per file, a fresh site and page per test, and the assertion that a page
// neither reported an error nor asked another origin.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { boxPage, launch, openPage } from './browser.js';
import { serveSite } from './server.js';

/** @import { Browser, BrowserContextOptions, Page } from 'playwright-core' */
/** @import { TestSite } from './server.js' */

/** Long, for machines that do other work meanwhile. */
const PATIENCE_MS = 30_000;

export const QUERY = 'share code between several packages';

/**
 * @typedef {object} Stage
 * @property {TestSite} site
 * @property {Page} page
 * @property {string[]} complaints
 */

/**
 * @typedef {object} TestOptions
 * @property {import('./server.js').ServeOptions} [serve]
 * @property {BrowserContextOptions} [context]
 * @property {Parameters<typeof boxPage>[0]} [box] attributes of the page and the element
 * @property {(site: TestSite) => void} [faults] before the page is opened
 * @property {string} [address] what to open; the page with a box by default
 * @property {RegExp} [expected] complaints that belong to the test
 */

/**
 * @param {string[]} flags of the browser
 * @returns {(name: string, run: (stage: Stage) => Promise<void>, options?: TestOptions) => void} declares a browser test
 */
export function browserTests(...flags) {
  /** @type {Browser} */
  let browser;
  before(async () => {
    browser = await launch(...flags);
  });
  after(() => browser.close());

  return (name, run, { serve, context: contextOptions, box, faults, address = 'box.html', expected } = {}) => {
    test(name, async () => {
      const site = await serveSite(serve);
      site.pages.set('box.html', boxPage(box));
      faults?.(site);
      const { page, context, complaints } = await openPage(browser, site.url, contextOptions);
      try {
        page.setDefaultTimeout(PATIENCE_MS);
        await page.goto(site.url + address);
        await run({ site, page, complaints });
        assert.deepEqual(complaints.filter((complaint) => !expected?.test(complaint)), []);
      } finally {
        await context.close();
        await site.close();
      }
    });
  };
}

/**
 * Waits for something that is not in the page.
 * @param {() => boolean} condition
 */
export async function until(condition) {
  for (const end = Date.now() + PATIENCE_MS; !condition(); ) {
    assert.ok(Date.now() < end, `waited in vain for ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export const input = (/** @type {Page} */ page) => page.getByRole('combobox');
export const rows = (/** @type {Page} */ page) => page.getByRole('option');
export const words = (/** @type {Page} */ page) => page.locator('.badge.lexical').waitFor();
export const nearby = (/** @type {Page} */ page) => page.locator('.badge.static').waitFor();
export const meaning = (/** @type {Page} */ page) => page.locator('.badge.dense').waitFor();
export const best = (/** @type {Page} */ page) => page.locator('.badge.reranked').waitFor();

/** The passage numbers on the screen, in order. */
export const passages = (/** @type {Page} */ page) =>
  rows(page).evaluateAll((options) => options.map((row) => Number(/** @type {HTMLElement} */ (row).dataset.passage)));

/** The title line of the active row, or null. */
export const active = (/** @type {Page} */ page) =>
  input(page).evaluate((field) => {
    const id = field.getAttribute('aria-activedescendant');
    const root = /** @type {ShadowRoot} */ (field.getRootNode());
    return id ? (root.getElementById(id)?.querySelector('.title')?.textContent ?? 'missing') : null;
  });

/** What has the focus, looked for through shadow roots: its tag, class or text. */
export const focused = (/** @type {Page} */ page) =>
  page.evaluate(() => {
    let element = document.activeElement;
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
    return element?.className || element?.textContent || element?.tagName;
  });
