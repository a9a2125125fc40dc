// High contrast: the browser replaces all colours by the visitor's few. What only a colour or a shadow tells is then told by a line or by a
// colour of the system.

import assert from 'node:assert/strict';
import { QUERY, best, browserTests, input, meaning, rows } from './harness.js';

/** @import { Locator, Page } from 'playwright-core' */

const browserTest = browserTests();
/** @type {import('./harness.js').TestOptions} */
const forced = { context: { forcedColors: 'active' } };

/**
 * What a system colour is here.
 * @param {Page} page
 * @param {string} name
 */
const system = (page, name) =>
  page.evaluate((color) => {
    const probe = document.createElement('i');
    Object.assign(probe.style, { color, forcedColorAdjust: 'none' });
    document.body.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  }, name);

/**
 * @param {Locator} element
 * @param {string} [pseudo]
 */
const look = (element, pseudo) =>
  element.evaluate((node, part) => {
    const { outlineStyle, outlineWidth, outlineColor, borderTopStyle, borderTopWidth, borderTopColor, backgroundColor, color } = getComputedStyle(node, part);
    return { outline: `${outlineStyle} ${outlineWidth} ${outlineColor}`, border: `${borderTopStyle} ${borderTopWidth} ${borderTopColor}`, backgroundColor, color };
  }, pseudo);

browserTest('the field in use and the selected row have an outline, matched words their own colours', async ({ page }) => {
  const [highlight, canvas, text] = [await system(page, 'Highlight'), await system(page, 'Canvas'), await system(page, 'CanvasText')];
  assert.ok(highlight !== canvas && text !== canvas, 'the emulation has colours that differ');
  const field = page.locator('.field');
  const resting = await look(field);
  assert.ok(resting.border.startsWith('solid 1px') && !resting.border.endsWith(canvas), `the field is drawn: ${resting.border}`);
  assert.ok(resting.outline.startsWith('none'), resting.outline);
  await input(page).fill(QUERY);
  await meaning(page);
  assert.equal((await look(field)).outline, `solid 2px ${highlight}`);
  await page.keyboard.press('ArrowDown');
  const [selected, other] = [page.locator('.row[aria-selected=true]'), page.locator('.row:not([aria-selected=true])').first()];
  assert.equal((await look(selected)).outline, `solid 2px ${highlight}`);
  assert.ok((await look(other)).outline.startsWith('none'));
  assert.equal((await look(selected, '::before')).backgroundColor, highlight, 'and its bar');
  const mark = await look(rows(page).locator('mark').first());
  assert.deepEqual([mark.backgroundColor, mark.color], [await system(page, 'Mark'), await system(page, 'MarkText')]);
  assert.equal((await look(page.locator('.badge'), '::before')).backgroundColor, text, 'the dot of the tier is filled');
  const panel = await look(page.locator('.panel'));
  assert.ok(panel.border.startsWith('solid 1px') && !panel.border.endsWith(canvas), `the panel has an edge: ${panel.border}`);
  await page.keyboard.press('Tab'); // to the button beside the input
  const button = page.getByRole('button', { name: 'Clear' });
  assert.ok(await button.evaluate((node) => node.matches(':focus-visible')));
  const ring = (await look(button)).outline;
  assert.ok(ring.startsWith('solid 2px') && !ring.endsWith(canvas), ring);
}, forced);

browserTest('a filter that is pressed, and a tier that is the best, look unlike the others', async ({ page }) => {
  await input(page).fill(QUERY);
  await best(page);
  const ring = await look(page.locator('.badge'), '::before');
  const text = await system(page, 'CanvasText');
  assert.ok(ring.outline.startsWith('solid') && ring.outline.endsWith(text) && ring.border.endsWith(text), `a second ring: ${ring.outline}`);
  const chip = page.locator('.chip').first();
  const before = await look(chip);
  await chip.click();
  await page.locator('.chip[aria-pressed=true]').waitFor();
  const pressed = await look(page.locator('.chip[aria-pressed=true]').first());
  assert.equal(pressed.backgroundColor, await system(page, 'Highlight'));
  assert.equal(pressed.color, await system(page, 'HighlightText'));
  assert.notEqual(pressed.backgroundColor, before.backgroundColor);
}, { ...forced, serve: { filters: true, rerankerBytes: 1000 } });

browserTest('the dialog has an edge of its own, dark as well', async ({ page }) => {
  await page.keyboard.press('Control+k');
  const sheet = page.locator('.sheet');
  await sheet.waitFor();
  const { border, backgroundColor } = await look(sheet);
  assert.ok(border.startsWith('solid 2px') && !border.endsWith(backgroundColor), border);
  await input(page).fill(QUERY);
  await meaning(page);
  await page.keyboard.press('ArrowDown');
  assert.equal((await look(page.locator('.row[aria-selected=true]'))).outline, `solid 2px ${await system(page, 'Highlight')}`);
}, { box: { element: 'siteseer-modal' }, context: { forcedColors: 'active', colorScheme: 'dark' } });
