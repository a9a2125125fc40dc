// The modal: opened by keys or its button, worked with the keyboard alone, and gone without a trace.

import assert from 'node:assert/strict';
import { QUERY, active, best, browserTests, focused, input, meaning, rows, words } from './harness.js';
import { violations } from './axe.js';

/** @import { Page } from 'playwright-core' */

const browserTest = browserTests();
const box = { element: 'siteseer-modal' };
const dialog = (/** @type {Page} */ page) => page.getByRole('dialog', { name: 'Search this site' });
const trigger = (/** @type {Page} */ page) => page.getByRole('button', { name: 'Search this site' });
const isOpen = (/** @type {Page} */ page) => dialog(page).isVisible();

browserTest('Ctrl+K opens and closes it; the field has the focus and the text is selected', async ({ page, site }) => {
  await page.waitForTimeout(200);
  assert.ok(!site.requests.some((path) => /worker|manifest/.test(path)), 'nothing is loaded for those who do not search');
  await page.keyboard.press('Control+k');
  assert.equal(await isOpen(page), true);
  assert.equal(await focused(page), 'input');
  await page.keyboard.type(QUERY);
  await meaning(page);
  await page.keyboard.press('Control+k');
  assert.equal(await isOpen(page), false);
  await page.keyboard.press('Control+k');
  assert.equal(await input(page).inputValue(), QUERY);
  await page.keyboard.type('packages');
  assert.equal(await input(page).inputValue(), 'packages');
}, { box });

browserTest('`/` opens it, but not while the visitor is typing', async ({ page }) => {
  await page.evaluate(() => {
    const field = document.createElement('input');
    field.setAttribute('aria-label', 'name');
    const editable = document.createElement('div');
    editable.contentEditable = 'true';
    document.querySelector('main')?.append(field, editable);
  });
  await page.getByLabel('name').focus();
  await page.keyboard.type('a/b');
  assert.equal(await isOpen(page), false);
  assert.equal(await page.getByLabel('name').inputValue(), 'a/b');
  await page.locator('[contenteditable]').focus();
  await page.keyboard.type('c/d');
  assert.equal(await isOpen(page), false);
  assert.equal(await page.locator('[contenteditable]').textContent(), 'c/d');
  await page.locator('a').focus();
  await page.keyboard.press('Control+/');
  assert.equal(await isOpen(page), false);
  await page.keyboard.press('/');
  assert.equal(await isOpen(page), true);
  await page.keyboard.type('and/or');
  assert.equal(await input(page).inputValue(), 'and/or');
}, { box });

browserTest('Tab stays in the dialog; one Escape closes it and the focus returns to where it was', async ({ page }) => {
  await page.keyboard.press('Tab');
  assert.match(String(await focused(page)), /trigger/);
  await page.keyboard.press('Tab');
  assert.equal(await focused(page), 'after');
  await page.keyboard.press('Control+k');
  await page.keyboard.type(QUERY);
  await meaning(page);
  await page.keyboard.press('ArrowDown');
  const seen = new Set();
  for (let i = 0; i < 8; i++) {
    await page.keyboard.press('Tab');
    seen.add(String(await focused(page)));
  }
  assert.ok(seen.has('clear') && seen.has('close') && seen.has('input'), [...seen].join());
  assert.ok(!seen.has('after') && !seen.has('trigger'), [...seen].join());
  assert.ok(await rows(page).first().isVisible(), 'the results stay');
  await page.keyboard.press('Escape');
  assert.equal(await isOpen(page), false);
  assert.equal(await focused(page), 'after');
}, { box });

browserTest('Escape closes it from the field, with results and with none', async ({ page }) => {
  for (const text of ['', QUERY, 'zzzz']) {
    await page.keyboard.press('/');
    await page.keyboard.type(text);
    if (text) await page.locator('.row, .headline').first().waitFor();
    await page.keyboard.press('Escape');
    assert.equal(await isOpen(page), false, text);
  }
}, { box });

browserTest('the button opens it; a click beside the sheet or the close button closes it, a click inside does not', async ({ page }) => {
  await trigger(page).click();
  await page.getByRole('dialog').locator('.head').click({ position: { x: 5, y: 5 } });
  assert.equal(await isOpen(page), true);
  await page.mouse.click(20, 700);
  assert.equal(await isOpen(page), false);
  assert.match(String(await focused(page)), /trigger/);
  await trigger(page).click();
  await page.getByRole('button', { name: 'Close' }).click();
  assert.equal(await isOpen(page), false);
}, { box });

browserTest('Enter opens the result and closes the dialog', async ({ page }) => {
  await page.evaluate(() => document.addEventListener('siteseer-open', (event) => event.preventDefault()));
  await page.keyboard.press('/');
  await page.keyboard.type(QUERY);
  await best(page);
  await page.keyboard.press('ArrowDown');
  assert.notEqual(await active(page), null);
  await page.keyboard.press('Enter');
  assert.equal(await isOpen(page), false);
}, { box, serve: { rerankerBytes: 1000 } });

browserTest('a query in the address opens it', async ({ page }) => {
  assert.equal(await isOpen(page), true);
  await meaning(page);
  assert.equal(await input(page).inputValue(), 'make the binary smaller');
}, { box: { ...box, attributes: 'deep-link' }, address: 'box.html?q=make+the+binary+smaller' });

browserTest('leaving the document takes its keys along; other words by `strings`', async ({ page }) => {
  await page.evaluate(() => {
    const modal = /** @type {import('../siteseer/siteseer.js').SiteseerModalElement} */ (document.querySelector('siteseer-modal'));
    modal.strings = { label: 'Find' };
    modal.show();
    Object.assign(window, { modal });
  });
  assert.ok(await page.getByRole('dialog', { name: 'Find' }).isVisible());
  await page.evaluate(() => /** @type {any} */ (window).modal.remove());
  await page.waitForTimeout(100);
  assert.equal(page.workers().length, 0);
  await page.keyboard.press('Control+k');
  assert.equal(await page.getByRole('dialog').count(), 0);
  await page.evaluate(() => document.querySelector('main')?.append(/** @type {any} */ (window).modal));
  await page.keyboard.press('Control+k');
  assert.ok(await page.getByRole('dialog', { name: 'Find' }).isVisible());
}, { box });

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  browserTest(`axe finds nothing, closed, open and with results, ${colorScheme}`, async ({ page }) => {
    assert.deepEqual(await violations(page, 'siteseer-modal'), []);
    await page.keyboard.press('/');
    assert.deepEqual(await violations(page, 'siteseer-modal'), []);
    await page.keyboard.type(QUERY);
    await best(page);
    await page.keyboard.press('ArrowDown');
    assert.deepEqual(await violations(page, 'siteseer-modal'), []);
  }, { box, serve: { rerankerBytes: 1000 }, context: { colorScheme } });
}

browserTest('a phone of 320 px: everything is on the screen, targets of 44 px', async ({ page }) => {
  await trigger(page).tap();
  await input(page).fill(QUERY);
  await meaning(page);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  for (const target of [...(await rows(page).all()), page.getByRole('button', { name: 'Close' }), page.getByRole('button', { name: 'Clear' })]) {
    const place = await target.boundingBox();
    assert.ok(place && place.height >= 43.5 && place.x >= 0 && place.x + place.width <= 320, JSON.stringify(place));
  }
  const sheet = await page.locator('.sheet').boundingBox();
  assert.ok(sheet && sheet.y >= 0 && sheet.y + sheet.height <= 568, JSON.stringify(sheet));
}, { box, context: { viewport: { width: 320, height: 568 }, hasTouch: true, isMobile: true } });

browserTest('a text that is selected beyond the sheet does not close it', async ({ page }) => {
  await page.keyboard.press('/');
  await page.keyboard.type('packages');
  const field = await input(page).boundingBox();
  assert.ok(field);
  await page.mouse.move(field.x + 40, field.y + field.height / 2);
  await page.mouse.down();
  await page.mouse.move(20, field.y + field.height / 2, { steps: 5 });
  await page.mouse.up();
  assert.equal(await isOpen(page), true);
  assert.notEqual(await input(page).evaluate((element) => /** @type {HTMLInputElement} */ (element).selectionEnd), 0);
}, { box });

browserTest('closed without a result, the address forgets the query; opened again, it has it; a result leaves it there', async ({ page }) => {
  const { pathname } = new URL(page.url());
  await page.evaluate(() => document.addEventListener('siteseer-open', (event) => event.preventDefault()));
  await page.keyboard.press('/');
  await page.keyboard.type('packages');
  await page.waitForURL(`**${pathname}?q=packages`);
  await page.keyboard.press('Escape');
  await page.waitForURL(`**${pathname}`);
  await page.keyboard.press('/');
  assert.equal(await input(page).inputValue(), 'packages');
  await page.waitForURL(`**${pathname}?q=packages`);
  await meaning(page);
  await page.keyboard.press('Enter');
  assert.equal(await isOpen(page), false);
  await page.waitForTimeout(500);
  assert.match(page.url(), /\?q=packages$/);
  await page.reload();
  await words(page);
  assert.equal(await isOpen(page), true);
}, { box: { ...box, attributes: 'deep-link' } });

browserTest('the page behind it does not scroll, nor move aside, until it is closed', async ({ page }) => {
  const width = () => page.evaluate(() => document.querySelector('h1')?.getBoundingClientRect().width);
  const wheel = async () => {
    await page.mouse.move(20, 700);
    await page.mouse.wheel(0, 300);
    await page.waitForTimeout(300);
    return page.evaluate(() => scrollY);
  };
  await page.evaluate(() => {
    const tall = document.createElement('div');
    tall.style.height = '5000px';
    document.body.append(tall);
    const bar = document.createElement('style'); // the browser of the tests hides them
    bar.textContent = '::-webkit-scrollbar { width: 15px }';
    document.head.append(bar);
  });
  const before = await width();
  await page.keyboard.press('/');
  assert.equal(await wheel(), 0);
  assert.equal(await width(), before);
  await page.evaluate(() => document.querySelector('siteseer-modal')?.shadowRoot?.querySelector('dialog')?.close()); // as the browser itself may
  await page.waitForTimeout(100);
  assert.ok((await wheel()) > 0);
  await page.keyboard.press('/');
  await page.locator('siteseer-modal').evaluate((modal) => modal.remove());
  assert.ok((await wheel()) > 300);
}, { box, serve: { csp: "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'" } });
