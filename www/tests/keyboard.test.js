// The keyboard alone is enough: choosing, opening, closing, and composing text with an input method.

import assert from 'node:assert/strict';
import { QUERY, active, browserTests, input, meaning, passages, rows } from './harness.js';

const browserTest = browserTests();

browserTest('arrows, Home and End move the active option; past an end there is none', async ({ page }) => {
  await page.keyboard.press('Tab');
  await page.keyboard.type(QUERY);
  await meaning(page);
  const titles = await rows(page).locator('.title').allTextContents();
  assert.ok(titles.length >= 4);
  assert.equal(await active(page), null);

  await page.keyboard.press('ArrowDown');
  assert.equal(await active(page), titles[0]);
  await page.keyboard.press('ArrowDown');
  assert.equal(await active(page), titles[1]);
  await page.keyboard.press('End');
  assert.equal(await active(page), titles.at(-1));
  await page.keyboard.press('ArrowDown');
  assert.equal(await active(page), null);
  await page.keyboard.press('ArrowUp');
  assert.equal(await active(page), titles.at(-1));
  await page.keyboard.press('Home');
  assert.equal(await active(page), titles[0]);
  assert.equal(await rows(page).first().getAttribute('aria-selected'), 'true');
  assert.equal(await page.locator('[aria-selected=true]').count(), 1);
});

browserTest('Home and End belong to the caret while no option is active', async ({ page }) => {
  await page.keyboard.press('Tab');
  await page.keyboard.type('packages');
  await meaning(page);
  await page.keyboard.press('Home');
  assert.equal(await input(page).evaluate((field) => /** @type {HTMLInputElement} */ (field).selectionStart), 0);
});

browserTest('Enter opens the active option', async ({ page, site }) => {
  site.pages.set('cargo/reference/workspaces.html', '<!doctype html><title>Workspaces</title>');
  await page.keyboard.press('Tab');
  await page.keyboard.type(QUERY);
  await meaning(page);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/cargo/reference/workspaces.html#the-members-and-exclude-fields*'); // and the words to be marked
});

browserTest('Enter without an active option opens the first', async ({ page, site }) => {
  site.pages.set('cargo/reference/workspaces.html', '<!doctype html><title>Workspaces</title>');
  await page.keyboard.press('Tab');
  await page.keyboard.type(QUERY);
  await meaning(page);
  await page.keyboard.press('Enter');
  await page.waitForURL('**/cargo/reference/workspaces.html*');
});

browserTest('Ctrl+Enter opens a new tab and leaves the page as it is', async ({ page, site }) => {
  site.pages.set('cargo/reference/workspaces.html', '<!doctype html><title>Workspaces</title>');
  await page.keyboard.press('Tab');
  await page.keyboard.type(QUERY);
  await meaning(page);
  await page.keyboard.press('ArrowDown');
  const [tab] = await Promise.all([page.context().waitForEvent('page'), page.keyboard.press('Control+Enter')]);
  await tab.waitForURL('**/workspaces.html*');
  assert.match(page.url(), /box\.html$/);
  assert.ok(await rows(page).first().isVisible());
});

browserTest('Escape closes the panel, then empties the field; an arrow opens the panel again', async ({ page }) => {
  await page.keyboard.press('Tab');
  await page.keyboard.type(QUERY);
  await meaning(page);
  await page.keyboard.press('Escape');
  assert.equal(await input(page).getAttribute('aria-expanded'), 'false');
  assert.equal(await page.locator('.panel').isVisible(), false);
  await page.keyboard.press('ArrowDown');
  assert.equal(await input(page).getAttribute('aria-expanded'), 'true');
  assert.notEqual(await active(page), null);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  assert.equal(await input(page).inputValue(), '');
});

browserTest('Tab leaves the box and closes the panel', async ({ page }) => {
  await page.keyboard.press('Tab');
  await page.keyboard.type(QUERY);
  await meaning(page);
  await page.keyboard.press('Tab'); // the clear button
  await page.keyboard.press('Tab');
  assert.equal(await page.locator('.panel').isVisible(), false);
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'after');
});

browserTest('keys of a composition are the input method’s, and it searches when the composition ends', async ({ page }) => {
  await page.keyboard.press('Tab');
  const session = await page.context().newCDPSession(page);
  await session.send('Input.imeSetComposition', { text: 'packages', selectionStart: 8, selectionEnd: 8 });
  await page.waitForTimeout(300);
  assert.equal(await rows(page).count(), 0);
  assert.equal(await page.locator('.panel').isVisible(), false, 'nothing has been asked');
  await input(page).dispatchEvent('keydown', { key: 'Escape', isComposing: true, bubbles: true });
  assert.equal(await input(page).inputValue(), 'packages');
  await session.send('Input.insertText', { text: 'packages' });
  await meaning(page);
  assert.ok((await passages(page)).length > 0);
});

const slow = (/** @type {import('./server.js').TestSite} */ site) => site.faults.set(/lexical/, { bytesPerSecond: 2000 });
const target = (/** @type {import('./server.js').TestSite} */ site) => site.pages.set('book/ch07-01-packages-and-crates.html', '<!doctype html><title>Packages</title>');

browserTest('Enter before the rows are there opens the first that come', async ({ page }) => {
  await page.keyboard.press('Tab');
  await page.keyboard.type(QUERY);
  await page.keyboard.press('Enter');
  await page.waitForURL('**/book/ch07-01-packages-and-crates.html*');
}, { faults: (site) => (slow(site), target(site)) });

browserTest('Ctrl+Enter before the rows are there: a new tab', async ({ page }) => {
  await page.keyboard.press('Tab');
  await page.keyboard.type(QUERY);
  const [tab] = await Promise.all([page.context().waitForEvent('page'), page.keyboard.press('Control+Enter')]);
  await tab.waitForURL('**/book/ch07-01-packages-and-crates.html*');
  assert.match(page.url(), /box\.html$/);
}, { faults: (site) => (slow(site), target(site)) });

for (const [what, key] of [['another text', 's'], ['Escape', 'Escape']]) {
  browserTest(`an early Enter is forgotten with ${what}`, async ({ page }) => {
    await page.keyboard.press('Tab');
    await page.keyboard.type(QUERY);
    await page.keyboard.press('Enter');
    await page.keyboard.press(key);
    await page.keyboard.press('ArrowDown');
    await meaning(page);
    await page.waitForTimeout(300);
    assert.match(page.url(), /box\.html$/);
  }, { faults: (site) => (slow(site), target(site)) });
}
