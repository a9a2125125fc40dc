// Recent searches: kept on the device when a result is opened, shown while the field is empty, gone when asked.

import assert from 'node:assert/strict';
import { violations } from './axe.js';
import { active, browserTests, input, meaning, rows } from './harness.js';

/** @import { Page } from 'playwright-core' */

const browserTest = browserTests();
const KEY = 'siteseer-recent /siteseer/manifest.json';
const stay = (/** @type {Page} */ page) => page.evaluate(() => document.addEventListener('siteseer-open', (event) => event.preventDefault()));
const stored = (/** @type {Page} */ page) => page.evaluate((key) => localStorage.getItem(key), KEY);

/** Searches and opens the first result. @param {Page} page @param {string} text */
async function look(page, text) {
  await input(page).fill(text);
  await meaning(page);
  await page.locator('.suggestions').waitFor({ state: 'attached' });
  await rows(page).first().click();
}

browserTest('the texts with which results were opened, newest first, five at most, each once', async ({ page }) => {
  await stay(page);
  await input(page).fill('vector'); // looked at only
  await meaning(page);
  for (const text of ['packages', 'crate', 'panic', 'stack', 'members', 'Packages', 'manifest']) await look(page, text);
  assert.deepEqual(JSON.parse(String(await stored(page))), ['manifest', 'Packages', 'members', 'stack', 'panic']);

  await page.reload();
  assert.equal(await page.locator('.panel').isVisible(), false);
  await input(page).focus();
  await page.getByText('Recent searches').waitFor();
  assert.deepEqual(await rows(page).allTextContents(), ['manifest', 'Packages', 'members', 'stack', 'panic']);
  assert.equal(await input(page).getAttribute('aria-expanded'), 'true');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  assert.equal(await rows(page).nth(1).getAttribute('aria-selected'), 'true');
  await page.keyboard.press('Enter');
  await meaning(page);
  assert.equal(await input(page).inputValue(), 'Packages');
  assert.equal(await page.getByText('Recent searches').isVisible(), false);
  assert.equal(await page.locator('.recent').count(), 0);

  await page.getByRole('button', { name: 'Clear' }).click();
  await rows(page).nth(3).click(); // by pointer
  assert.equal(await input(page).inputValue(), 'stack');
});

browserTest('Escape closes them, typing replaces them, the button clears them', async ({ page }) => {
  await page.evaluate((key) => localStorage.setItem(key, JSON.stringify(['packages', 'crates'])), KEY);
  await input(page).focus();
  await page.getByText('Recent searches').waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('.panel').isVisible(), false);
  assert.equal(await active(page), null);
  await page.keyboard.type('vector');
  await meaning(page);
  assert.equal(await page.locator('.recent').count(), 0);
  await input(page).fill('');
  await page.getByText('Recent searches').waitFor();
  await page.locator('.recent-head').getByRole('button').click();
  assert.equal(await page.locator('.panel').isVisible(), false);
  assert.equal(await stored(page), null);
  assert.equal(await input(page).evaluate((field) => field.matches(':focus')), true);
});

browserTest('recent="none": nothing is kept nor shown', async ({ page }) => {
  await stay(page);
  await look(page, 'packages');
  assert.equal(await stored(page), null);
  await page.evaluate((key) => localStorage.setItem(key, '["crates"]'), KEY);
  await input(page).fill('');
  await page.waitForTimeout(200);
  assert.equal(await page.locator('.panel').isVisible(), false);
}, { box: { attributes: 'recent="none"' } });

for (const [what, script] of /** @type {const} */ ([
  ['denied', () => Object.defineProperty(window, 'localStorage', { get: () => { throw new DOMException('denied', 'SecurityError'); } })],
  ['full', () => { Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }; }],
  ['not ours', () => localStorage.setItem('siteseer-recent /siteseer/manifest.json', '{"a": [')],
])) {
  browserTest(`storage is ${what}: search is as it was`, async ({ page }) => {
    await page.addInitScript(script);
    await page.reload();
    await stay(page);
    await look(page, 'packages');
    await input(page).fill('');
    await page.waitForTimeout(200);
    await input(page).fill('crates');
    await meaning(page);
    assert.ok((await rows(page).count()) > 0);
  });
}

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  browserTest(`axe finds nothing with recent searches and with suggestions, ${colorScheme}`, async ({ page }) => {
    await page.evaluate((key) => localStorage.setItem(key, JSON.stringify(['packages', 'crates'])), KEY);
    await input(page).focus();
    await page.getByText('Recent searches').waitFor();
    await page.keyboard.press('ArrowDown');
    assert.deepEqual(await violations(page), []);
    await input(page).fill('zzzz qqqq');
    await page.getByRole('button', { name: 'Search for “packages”' }).waitFor();
    assert.deepEqual(await violations(page), []);
    await page.getByRole('button', { name: 'Search for “crates”' }).click();
    await page.locator('.list', { hasText: 'Packages and Crates' }).waitFor();
  }, { box: { attributes: 'tiers="lexical"' }, context: { colorScheme } });
}
