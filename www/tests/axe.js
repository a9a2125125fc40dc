// What axe-core finds on a page.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core'), 'utf8');

/**
 * @param {import('playwright-core').Page} page
 * @param {string} [part] selector; the whole page by default
 * @returns {Promise<string[]>} a line for every rule that is broken
 */
export async function violations(page, part = 'html') {
  await page.waitForTimeout(300); // whatever slides has arrived
  await page.evaluate(AXE);
  const { violations: found } = await page.evaluate((selector) => /** @type {any} */ (window).axe.run(selector), part);
  return found.map((/** @type {any} */ { id, nodes }) => `${id}: ${nodes.map((/** @type {any} */ node) => node.html).join(' ')}`);
}
