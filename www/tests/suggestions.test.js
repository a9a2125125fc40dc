// Ways on for a visitor who has not found it: what may have been meant, and the query without its quotation marks.

import assert from 'node:assert/strict';
import { violations } from './axe.js';
import { browserTests, input, rows, words } from './harness.js';

/** @import { Page } from 'playwright-core' */

const browserTest = browserTests();
const box = { attributes: 'tiers="lexical"' };
const suggestions = (/** @type {Page} */ page) => page.locator('.suggestions button');

browserTest('nothing found: what may have been meant, by the keyboard alone', async ({ page }) => {
  await input(page).fill('workspoces');
  await page.getByText('No results for “workspoces”').waitFor();
  await suggestions(page).first().waitFor();
  assert.equal(await suggestions(page).first().textContent(), 'Did you mean “workspaces”?');
  await page.locator('[aria-live=polite]', { hasText: 'Did you mean “workspaces”?' }).waitFor({ state: 'attached' });
  await page.keyboard.press('Tab'); // past the button that empties the field
  await page.keyboard.press('Tab');
  assert.equal(await suggestions(page).first().evaluate((button) => button.matches(':focus')), true);
  await page.keyboard.press('Enter');
  await words(page);
  assert.equal(await input(page).inputValue(), 'workspaces');
  assert.ok((await rows(page).count()) > 0);
  assert.equal(await input(page).evaluate((field) => field.matches(':focus')), true);
  await page.locator('.suggestions').waitFor({ state: 'hidden' });
}, { box });

browserTest('beside results there is the best spelling only, and no file for a query of known words', async ({ page, site }) => {
  await input(page).fill('manifest packages');
  await words(page);
  await page.waitForTimeout(700);
  assert.ok(!site.requests.some((path) => path.includes('spellings')));
  await input(page).fill('manifest workspoces');
  await suggestions(page).first().waitFor();
  assert.deepEqual(await suggestions(page).allTextContents(), ['Did you mean “manifest workspaces”?']);
  assert.ok((await rows(page).count()) > 0);
}, { box });

browserTest('what was typed is text in a suggestion', async ({ page }) => {
  await input(page).fill('<img src=x onerror="window.hacked=1"> workspoces');
  await suggestions(page).filter({ hasText: '<img src=x' }).first().waitFor();
  assert.equal(await page.locator('.suggestions img').count(), 0);
  assert.equal(await page.evaluate(() => 'hacked' in window), false);
}, { box });

browserTest('a quotation that is nowhere: the way on is without its marks', async ({ page }) => {
  await input(page).fill('“zzz qqq”');
  await page.getByRole('button', { name: 'Search for “zzz qqq”' }).click();
  assert.equal(await input(page).inputValue(), 'zzz qqq');
}, { box });

browserTest('suggestions that cannot be had: nothing is found, as ever', async ({ page }) => {
  await input(page).fill('workspoces');
  await page.getByText('No results for “workspoces”').waitFor();
  await page.waitForTimeout(300);
  assert.equal(await suggestions(page).count(), 0);
}, {
  box,
  expected: /there are no suggestions/,
  faults: (site) => site.faults.set(/engine\.js/, { content: (code) => Buffer.from(String(code).replace('suggest(query) {', "suggest(query) {\n    throw new Error('broken');")) }),
});

for (const [lang, asked] of /** @type {const} */ ([['de', 'Meinten Sie „workspaces“?'], ['es', '¿Quiso decir «workspaces»?'], ['fr', 'Vouliez-vous dire « workspaces » ?'], ['ja', 'もしかして「workspaces」'], ['zh', '您要找的是“workspaces”吗？']])) {
  browserTest(`in its language, ${lang}`, async ({ page }) => {
    await input(page).fill('workspoces');
    await suggestions(page).filter({ hasText: asked }).first().waitFor();
  }, { box: { attributes: `tiers="lexical" lang="${lang}"` } });
}

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  browserTest(`axe finds nothing, ${colorScheme}; 320 px: all of it fits, targets of 44 px`, async ({ page }) => {
    await input(page).fill('workspoces');
    await suggestions(page).first().waitFor();
    assert.deepEqual(await violations(page), []);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    const target = await suggestions(page).first().boundingBox();
    assert.ok(target && target.height >= 44, JSON.stringify(target));
  }, { box, context: { colorScheme, viewport: { width: 320, height: 568 }, hasTouch: true, isMobile: true } });
}
