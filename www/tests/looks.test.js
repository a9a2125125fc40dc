// What can be measured of the looks: axe-core finds nothing, targets are large enough, narrow phones need no sideways
// scrolling, and no motion where none is wanted.

import assert from 'node:assert/strict';
import { violations } from './axe.js';
import { QUERY, browserTests, input, meaning, rows, words } from './harness.js';

const browserTest = browserTests();

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  browserTest(`axe finds nothing on the demo page, ${colorScheme}`, async ({ page }) => {
    await page.locator('#facts').waitFor();
    assert.deepEqual(await violations(page), []);
    await input(page).fill(QUERY);
    await meaning(page);
    await page.keyboard.press('ArrowDown');
    assert.deepEqual(await violations(page), []);
    await input(page).fill('zzzz');
    await page.locator('.headline').waitFor();
    assert.deepEqual(await violations(page), []);
  }, { address: 'index.html', context: { colorScheme } });

  browserTest(`axe finds nothing while the model loads, ${colorScheme}`, async ({ page }) => {
    await input(page).fill(QUERY);
    await words(page);
    await page.locator('.note').waitFor();
    assert.deepEqual(await violations(page), []);
  }, { context: { colorScheme }, faults: (site) => site.faults.set(/model/, { bytesPerSecond: 20_000 }) });

  browserTest(`axe finds nothing in the error and the degraded state, ${colorScheme}`, async ({ page, site }) => {
    await input(page).fill(QUERY);
    await page.locator('.message.error').waitFor();
    assert.deepEqual(await violations(page), []);
    site.faults.clear();
    site.faults.set(/model/, { content: () => null });
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.locator('.reason').waitFor();
    assert.deepEqual(await violations(page), []);
  }, { context: { colorScheme }, faults: (site) => site.faults.set(/lexical/, { content: () => null }) });
}

browserTest('a phone of 320 px: no sideways scrolling, targets of 44 px', async ({ page }) => {
  await input(page).fill(QUERY);
  await meaning(page);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  for (const target of [...(await rows(page).all()), page.getByRole('button', { name: 'Clear' }), input(page)]) {
    const box = await target.boundingBox();
    assert.ok(box && box.height >= 43.5, `${await target.textContent()}: ${box?.height}`);
  }
  const foot = await page.locator('.foot').boundingBox();
  assert.ok(foot && foot.y + foot.height <= 568, 'the foot is on the screen');
}, { address: 'index.html', context: { viewport: { width: 320, height: 568 }, hasTouch: true, isMobile: true } });

browserTest('long titles, headings and words are cut: three lines, one line each, and no sideways scrolling', async ({ page }) => {
  await input(page).fill('lengthy');
  await meaning(page);
  const lines = (/** @type {string} */ part) =>
    rows(page).locator(part).evaluateAll((elements) => elements.map((element) => Math.round(element.clientHeight / parseFloat(getComputedStyle(element).lineHeight))));
  assert.deepEqual(await lines('.title'), [3]);
  assert.deepEqual(await lines('.path bdi'), [1, 1, 1]);
  assert.deepEqual(await lines('.path'), [3]);
  assert.deepEqual(await lines('.excerpt'), [2]);
  assert.ok(await page.locator('.list').evaluate((list) => list.scrollWidth <= list.clientWidth));
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
}, { context: { viewport: { width: 320, height: 568 } } });

browserTest('without a color-scheme on the page the box is light; theme overrides', async ({ page }) => {
  const color = () => page.locator('.field').evaluate((field) => getComputedStyle(field).backgroundColor);
  assert.equal(await color(), 'rgb(255, 255, 255)');
  await page.locator('siteseer-search').evaluate((box) => box.setAttribute('theme', 'auto'));
  assert.equal(await color(), 'rgb(23, 26, 33)');
}, { box: { scheme: 'light' }, context: { colorScheme: 'dark' } });

browserTest('custom properties of the page reach every colour', async ({ page }) => {
  await page.evaluate(() => document.documentElement.style.setProperty('--siteseer-field', 'rgb(1, 2, 3)'));
  assert.equal(await page.locator('.field').evaluate((field) => getComputedStyle(field).backgroundColor), 'rgb(1, 2, 3)');
});

browserTest('reduced motion: rows do not slide', async ({ page }) => {
  await page.evaluate(() => {
    const animate = Element.prototype.animate;
    Element.prototype.animate = function (...args) {
      Object.assign(window, { slid: true });
      return animate.apply(this, args);
    };
  });
  await input(page).fill(QUERY);
  await meaning(page);
  assert.equal(await page.evaluate(() => 'slid' in window), false);
}, { context: { reducedMotion: 'reduce' }, faults: (site) => site.faults.set(/model/, { bytesPerSecond: 80_000 }) });

browserTest('the language of the document chooses the strings; own strings replace single ones', async ({ page }) => {
  assert.equal(await input(page).getAttribute('placeholder'), 'Suchen …');
  await page.locator('siteseer-search').evaluate((box) => Object.assign(box, { strings: { placeholder: 'Handbuch' } }));
  assert.equal(await input(page).getAttribute('placeholder'), 'Handbuch');
  assert.ok(await page.getByLabel('Diese Website durchsuchen').first().isVisible());
}, { box: { lang: 'de-AT' } });

browserTest('nothing on the demo page jumps when the numbers of the index come', async ({ page }) => {
  await page.addInitScript(() => {
    const moved = Object.assign(window, { moved: 0 });
    new PerformanceObserver((list) => list.getEntries().forEach((entry) => (moved.moved += /** @type {any} */ (entry).value))).observe({ type: 'layout-shift', buffered: true });
  });
  await page.reload();
  await page.locator('#facts').waitFor();
  await page.waitForTimeout(300);
  assert.ok((await page.evaluate(() => /** @type {any} */ (window).moved)) < 0.05);
}, { address: 'index.html', context: { viewport: { width: 412, height: 823 } }, faults: (site) => site.faults.set(/manifest/, { bytesPerSecond: 5000 }) });

for (const [width, height] of [[320, 256], [667, 320], [844, 390]]) {
  for (const element of ['siteseer-search', 'siteseer-modal']) {
    browserTest(`${element} in ${width} × ${height}: everything can be reached`, async ({ page }) => {
      await page.evaluate(() => (document.body.style.minHeight = '200vh'));
      if (element === 'siteseer-modal') await page.keyboard.press('/');
      await input(page).fill('cargo toml members');
      await meaning(page);
      await page.locator('.facets').waitFor();
      await page.waitForTimeout(300);
      const onScreen = async (/** @type {string} */ what) => {
        const place = await page.locator(what).last().boundingBox();
        assert.ok(place && place.y >= 0 && place.y + place.height <= height + 0.5, `${what}: ${JSON.stringify(place)}`);
      };
      await onScreen('.field');
      await onScreen('.panel');
      const bar = await page.locator('.facets').boundingBox();
      assert.ok(bar && bar.height < 60, `filters in one line: ${bar?.height}`);
      const panel = await page.locator('.panel').boundingBox();
      assert.ok(panel && panel.height >= 120, `enough to read: ${panel?.height}`);
      await page.keyboard.press('ArrowUp');
      const last = await rows(page).last().boundingBox(); // which may be higher than the panel
      assert.ok(last && last.y >= 0 && last.y + Math.min(last.height, 100) <= height, JSON.stringify(last));
      await page.mouse.move(width / 2, panel.y + panel.height / 2);
      for (let i = 0; i < 3; i++) {
        await page.mouse.wheel(0, 1000);
        await page.waitForTimeout(150);
      }
      await onScreen('.badge');
      assert.deepEqual(await violations(page, element), []);
      await input(page).fill('packages');
      await page.locator('.list', { hasText: 'cargo package' }).waitFor();
      await onScreen('.facets');
    }, { box: { element }, serve: { filters: true }, context: { viewport: { width, height } } });
  }
}
