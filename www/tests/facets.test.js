// Filters in the box: toggles with counts, several values, kept in the address; and none where the index has none.

import assert from 'node:assert/strict';
import { violations } from './axe.js';
import { browserTests, input, meaning, rows, words } from './harness.js';

/** @import { Page } from 'playwright-core' */

const browserTest = browserTests();
const serve = { filters: true };
/** In four English passages and in two Hebrew ones. */
const BOTH = 'cargo toml members';

const bar = (/** @type {Page} */ page) => page.getByRole('group', { name: 'Filters' });
const toggle = (/** @type {Page} */ page, /** @type {RegExp} */ name) => bar(page).getByRole('button', { name });
const langs = (/** @type {Page} */ page) => rows(page).evaluateAll((options) => [...new Set(options.map((row) => /** @type {HTMLElement} */ (row).lang))].sort());
const pressed = (/** @type {Page} */ page) => bar(page).locator('[aria-pressed=true]').evaluateAll((chips) => chips.map((chip) => chip.querySelector('bdi')?.textContent));
/** @param {Page} page @param {string[]} expected */
const shows = (page, expected) =>
  page.waitForFunction((wanted) => {
    const root = /** @type {ShadowRoot} */ (document.querySelector('siteseer-search')?.shadowRoot);
    return JSON.stringify([...new Set([...root.querySelectorAll('.row')].map((row) => /** @type {HTMLElement} */ (row).lang))].sort()) === JSON.stringify(wanted);
  }, expected);

browserTest('values of a filter are toggles with counts; several may be pressed, and each narrows the results', async ({ page }) => {
  await input(page).fill(BOTH);
  await toggle(page, /^he \d/).waitFor();
  assert.deepEqual(await langs(page), ['en', 'he']);
  assert.equal(await bar(page).getByRole('group', { name: 'lang' }).getByRole('button').count(), 2);
  const before = await bar(page).locator('[aria-pressed]').allTextContents();

  await toggle(page, /^he \d/).click();
  await shows(page, ['he']);
  assert.deepEqual(await pressed(page), ['he']);
  assert.deepEqual((await bar(page).locator('[aria-pressed]').allTextContents()), before, 'the counts of a name leave its own values aside');
  assert.equal(await input(page).evaluate((field) => field.matches(':focus')), true, 'a click leaves the focus in the field');

  await toggle(page, /^en \d/).click();
  await shows(page, ['en', 'he']);
  assert.deepEqual(await pressed(page), ['en', 'he']);
  await toggle(page, /^he \d/).click();
  await shows(page, ['en']);
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await shows(page, ['en', 'he']);
  assert.deepEqual(await pressed(page), []);
}, { serve });

browserTest('by the keyboard: Tab reaches a toggle, Space presses it and keeps the focus, Escape goes back to the text', async ({ page }) => {
  await page.keyboard.press('Tab');
  await page.keyboard.type(BOTH);
  await toggle(page, /^he \d/).waitFor();
  for (let i = 0; i < 3; i++) await page.keyboard.press('Tab'); // the clear button, en, he
  await page.keyboard.press('Space');
  await shows(page, ['he']);
  await page.waitForTimeout(300);
  assert.equal(await toggle(page, /^he \d/).evaluate((chip) => chip.matches(':focus')), true);
  assert.equal(await page.locator('.panel').isVisible(), true);
  await page.keyboard.press('Escape');
  assert.equal(await input(page).evaluate((field) => field.matches(':focus')), true);
  await page.keyboard.press('ArrowDown');
  assert.equal(await page.locator('[aria-selected=true]').count(), 1);
}, { serve });

browserTest('what is pressed stands in the address, comes back with it, and goes with the text', async ({ page, site }) => {
  await shows(page, ['he']);
  await toggle(page, /^he \d/).waitFor();
  assert.deepEqual(await pressed(page), ['he']);
  await toggle(page, /^en \d/).click();
  await page.waitForURL('**/box.html?q=cargo+toml+members&q.lang=he&q.lang=en');
  site.pages.set('elsewhere.html', '<!doctype html><title>Elsewhere</title>');
  await page.goto(`${site.url}elsewhere.html`);
  await page.goBack();
  await toggle(page, /^he \d/).waitFor();
  assert.deepEqual(await pressed(page), ['en', 'he']);
  assert.equal(await input(page).inputValue(), BOTH);
  await input(page).fill('');
  await page.waitForURL('**/box.html');
}, { serve, address: 'box.html?q=cargo+toml+members&q.lang=he', box: { attributes: 'deep-link' } });

browserTest('a filter in the address that the index does not have is left out', async ({ page }) => {
  await words(page);
  assert.deepEqual(await langs(page), ['en', 'he']);
  await page.waitForURL('**/box.html?q=cargo+toml+members');
}, { serve, address: 'box.html?q=cargo+toml+members&q.colour=red', box: { attributes: 'deep-link tiers="lexical"' } });

browserTest('the attribute chooses names, their order and labels; filters by script', async ({ page }) => {
  await input(page).fill(BOTH);
  await bar(page).getByRole('group', { name: 'Language' }).waitFor();
  await page.locator('siteseer-search').evaluate((box) => Object.assign(box, { filters: { lang: 'he' } }));
  await shows(page, ['he']);
  assert.deepEqual(await page.locator('siteseer-search').evaluate((box) => /** @type {any} */ (box).filters), { lang: 'he' });
}, { serve, box: { attributes: 'facets="colour, lang=Language"' } });

for (const [what, options] of /** @type {const} */ ([
  ['an index without filters', {}],
  ['facets="none"', { serve, box: { attributes: 'facets="none"' } }],
])) {
  browserTest(`${what}: no toggles, and no file for them`, async ({ page, site }) => {
    await input(page).fill(BOTH);
    await meaning(page);
    await page.locator('.suggestions').waitFor({ state: 'attached' });
    await page.waitForTimeout(300);
    assert.equal(await page.locator('[aria-pressed]').count(), 0);
    assert.ok(!site.requests.some((path) => path.includes('/filters-')));
  }, options);
}

browserTest('a filter that leaves nothing: the way on is to search without it', async ({ page }) => {
  await page.locator('siteseer-search').evaluate((box) => Object.assign(box, { filters: { lang: 'he' } }));
  await input(page).fill('profiles');
  await page.getByRole('button', { name: 'Search without filters' }).click();
  await shows(page, ['en']);
}, { serve, box: { attributes: 'tiers="lexical"' } });

browserTest('values are data: markup in them is text', async ({ page }) => {
  await input(page).fill('hostile');
  await bar(page).waitFor();
  assert.equal(await page.locator('siteseer-search').locator('script').count(), 0);
  assert.equal(await page.evaluate(() => 'hacked' in window), false);
  assert.ok((await bar(page).textContent())?.includes('en"><script>window.hacked = 1</script>'));
}, { serve });

browserTest('a file of filters that cannot be had: results as ever', async ({ page }) => {
  await input(page).fill(BOTH);
  await words(page);
  await page.waitForTimeout(300);
  assert.equal(await bar(page).isVisible(), false);
  assert.ok((await rows(page).count()) > 0);
}, { serve, box: { attributes: 'tiers="lexical"' }, faults: (site) => site.faults.set(/filters-/, { content: () => null }) });

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  browserTest(`axe finds nothing with filters pressed, ${colorScheme}; 320 px: one line, targets of 44 px`, async ({ page }) => {
    await input(page).fill(BOTH);
    await toggle(page, /^he \d/).click();
    await shows(page, ['he']);
    assert.deepEqual(await violations(page), []);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    const box = await bar(page).boundingBox();
    assert.ok(box && box.height < 60, JSON.stringify(box));
    const touched = await toggle(page, /^he \d/).evaluate((chip) => parseFloat(getComputedStyle(chip, '::after').height));
    assert.ok(touched >= 44, String(touched));
  }, { serve, context: { colorScheme, viewport: { width: 320, height: 568 }, hasTouch: true, isMobile: true } });
}
