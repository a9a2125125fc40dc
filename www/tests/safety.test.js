// An index is data: whatever its pages contain stays text, and nothing leaves the origin.

import assert from 'node:assert/strict';
import { QUERY, browserTests, input, meaning, rows } from './harness.js';

const browserTest = browserTests();

browserTest('markup in titles, headings, excerpts and addresses is shown as text', async ({ page }) => {
  await input(page).fill('hostile');
  await meaning(page);
  await page.waitForTimeout(300);
  assert.equal(await page.evaluate(() => 'hacked' in window), false);
  assert.equal(await page.locator('siteseer-search').locator('script, img, b').count(), 0);
  const text = String(await page.locator('.list').textContent());
  assert.ok(text.includes('<img src=x onerror="window.hacked = 1"> hostile title'));
  assert.ok(text.includes('</mark> "quoted"'));
  assert.ok(text.includes('<script>window.hacked = 1</script> & <img'));
});

browserTest('results that leave the site or run script are left out', async ({ page, site }) => {
  await input(page).fill('hostile');
  await meaning(page);
  const links = await rows(page).evaluateAll((options) => options.map((option) => /** @type {HTMLAnchorElement} */ (option).href));
  assert.equal(links.length, 1);
  assert.ok(links[0].startsWith(`${site.url}hostile/page.html`));
});

browserTest('the demo page keeps to the policy and to its origin', async ({ page }) => {
  await page.getByRole('button', { name: QUERY }).click();
  await meaning(page);
  await page.waitForTimeout(300);
  assert.equal(await page.evaluate(() => document.querySelectorAll('[style]').length), 0);
}, { address: 'index.html' });
