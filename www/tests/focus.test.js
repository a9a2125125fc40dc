// The focus stays in the box whatever comes and goes in it, and Escape closes the panel from wherever it is.

import assert from 'node:assert/strict';
import { QUERY, browserTests, focused, input, meaning, rows, words } from './harness.js';
import { controlled, line, offer, serve as kept } from './offline.js';

/** @import { Page } from 'playwright-core' */

const browserTest = browserTests();
const isOpen = (/** @type {Page} */ page) => page.locator('.panel').isVisible();
const stays = async (/** @type {Page} */ page) => {
  await page.waitForTimeout(300);
  assert.equal(await focused(page), 'input');
  assert.equal(await isOpen(page), true);
};
const press = async (/** @type {Page} */ page, /** @type {string | RegExp} */ name) => {
  await page.getByRole('button', { name }).focus();
  await page.keyboard.press('Enter');
};

browserTest('“Try again” goes when it has helped: the focus is in the field, the panel stays', async ({ page, site }) => {
  await input(page).fill(QUERY);
  await page.locator('.message.error').waitFor();
  site.faults.clear();
  await press(page, 'Try again');
  await meaning(page);
  await stays(page);
}, { faults: (site) => site.faults.set(/manifest\.json/, { content: () => null }) });

browserTest('“Stop” goes when the download is done: the focus is in the field, the panel stays', async ({ page }) => {
  await input(page).fill(QUERY);
  await words(page);
  await page.getByRole('button', { name: 'Stop' }).focus();
  await meaning(page);
  await stays(page);
}, { faults: (site) => site.faults.set(/model/, { bytesPerSecond: 60_000 }) });

browserTest('“Make available offline” goes when it is done: the focus is in the field, the panel stays', async ({ page }) => {
  await controlled(page);
  await input(page).fill(QUERY);
  await meaning(page);
  await offer(page).waitFor();
  await press(page, /^Make available offline/);
  await line(page).getByText('Search works offline').waitFor();
  await stays(page);
}, { serve: kept, box: { attributes: 'offline' } });

for (const name of ['Clear', 'Stop']) {
  browserTest(`Escape on “${name}” closes the panel and leads back to the field`, async ({ page }) => {
    await input(page).fill(QUERY);
    await words(page);
    await page.getByRole('button', { name }).focus();
    await page.keyboard.press('Escape');
    assert.equal(await isOpen(page), false);
    assert.equal(await focused(page), 'input');
    assert.equal(await input(page).inputValue(), QUERY);
  }, { faults: (site) => site.faults.set(/model/, { bytesPerSecond: 20_000 }) });
}

browserTest('the list is no stop for Tab', async ({ page }) => {
  await page.keyboard.press('Tab');
  await page.keyboard.type('cargo packages crates');
  await meaning(page);
  const seen = [];
  do {
    await page.keyboard.press('Tab');
    seen.push(await focused(page));
  } while (seen.length < 9 && seen.at(-1) !== 'after');
  assert.deepEqual(seen, ['clear', 'after']);
}, { box: { attributes: 'limit="20"' }, context: { viewport: { width: 1280, height: 500 } } });

browserTest('without rows, too, the first Escape closes the panel and the second takes the text away', async ({ page }) => {
  for (const message of ['Opening the index…', 'No results for “zzzz”']) {
    await page.keyboard.press('Tab');
    await page.keyboard.type('zzzz');
    await page.getByText(message).first().waitFor();
    await page.keyboard.press('Escape');
    assert.equal(await isOpen(page), false);
    assert.equal(await input(page).inputValue(), 'zzzz');
    await page.keyboard.press('Escape');
    assert.equal(await input(page).inputValue(), '');
    await page.keyboard.press('Shift+Tab');
  }
}, { faults: (site) => site.faults.set(/lexical/, { bytesPerSecond: 2000 }) });

browserTest('a panel that the address has opened closes by Escape, though nobody has entered it', async ({ page }) => {
  await meaning(page);
  assert.equal(await isOpen(page), true);
  await page.keyboard.press('Escape');
  assert.equal(await isOpen(page), false);
  assert.equal(await focused(page).then((element) => element !== 'input'), true);
  assert.equal(await input(page).inputValue(), 'packages');
  assert.ok((await rows(page).count()) === 0);
}, { box: { attributes: 'deep-link' }, address: 'box.html?q=packages' });
