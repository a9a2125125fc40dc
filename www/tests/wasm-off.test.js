// A browser that runs no WebAssembly, as in a lockdown mode: the box says so and what to do.

import assert from 'node:assert/strict';
import { QUERY, browserTests, input, rows } from './harness.js';

const browserTest = browserTests('--js-flags=--jitless');

browserTest('no WebAssembly: a message with the next step, and no blank box', async ({ page }) => {
  assert.equal(await page.evaluate(() => typeof WebAssembly), 'undefined');
  await input(page).fill(QUERY);
  const message = page.locator('.message.error');
  await message.waitFor();
  assert.match(String(await message.textContent()), /Search is not available.*no WebAssembly.*allow this site, or use another browser/);
  assert.equal(await rows(page).count(), 0);
});
