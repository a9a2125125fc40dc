// Where a result leads: to its section with the found words marked, by click, key or new tab, and back to the results.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withTextFragment } from '../siteseer/text-fragment.js';
import { violations } from './axe.js';
import { QUERY, browserTests, input, meaning, rows } from './harness.js';

/** @import { Page } from 'playwright-core' */

const browserTest = browserTests();
const TALL = '<p style="height:3000px">above</p>';
const target = `<!doctype html><title>Cargo Workspaces</title><h1 id="creating-a-workspace">Creating</h1>${TALL}<p>As your project develops, you might find that the library crate keeps growing.</p>${TALL}`;
const faults = (/** @type {import('./server.js').TestSite} */ site) => site.pages.set('book/ch14-03-cargo-workspaces.html', target);
const serve = { csp: "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src-attr 'unsafe-inline'" }; // for the tall page

const ready = async (/** @type {Page} */ page) => {
  await input(page).fill('library crate growing');
  await meaning(page);
  await page.locator('.suggestions').waitFor({ state: 'attached' });
};
const scrolled = (/** @type {Page} */ page) => page.waitForFunction(() => scrollY > 1000);

test('the fragment is the run of words with most marks, as they stand in the text', () => {
  const to = (/** @type {string} */ excerpt) => decodeURIComponent(withTextFragment('p.html#a', excerpt).replace('p.html#a', ''));
  assert.equal(to('We <mark>share</mark> much <mark>code</mark>.'), ':~:text=share much code.');
  assert.equal(to('… one <mark>crate</mark>. Then the <mark>library</mark> <mark>crate</mark> keeps going'), ':~:text=library crate keeps');
  assert.equal(to('A &lt;b&gt; of <mark>it&#39;s</mark>'), ":~:text=<b> of it's");
  assert.equal(to('no mark at all'), '');
  assert.equal(withTextFragment('p.html', '<mark>a-b</mark>, c &amp; d'), 'p.html#:~:text=a%2Db%2C%20c%20%26');
});

browserTest('Enter leads to the words; back brings text and results back', async ({ page }) => {
  await ready(page);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/ch14-03-cargo-workspaces.html*');
  await scrolled(page);
  assert.doesNotMatch(await page.evaluate(() => location.href), /:~:/, 'scripts of the page do not see it');
  await page.goBack();
  await meaning(page);
  assert.equal(await input(page).inputValue(), 'library crate growing');
  assert.ok((await rows(page).count()) > 0);
}, { faults, serve, box: { attributes: 'deep-link' }, address: 'box.html?q=library+crate+growing' });

browserTest('a click, and Ctrl+Enter in a new tab, lead there, too', async ({ page }) => {
  await ready(page);
  await input(page).focus();
  await page.keyboard.press('ArrowDown');
  const [tab] = await Promise.all([page.context().waitForEvent('page'), page.keyboard.press('Control+Enter')]);
  await scrolled(tab);
  const [second] = await Promise.all([page.context().waitForEvent('page'), rows(page).first().click({ button: 'middle' })]);
  await second.bringToFront();
  await scrolled(second);
  await page.bringToFront();
  await rows(page).first().click();
  await scrolled(page);
}, { faults, serve });

const deep = { attributes: 'deep-link' };
const anchor = (/** @type {Page} */ page) => page.evaluate(() => document.querySelector('main')?.insertAdjacentHTML('beforeend', '<a id="toc" href="#end">contents</a>'));

browserTest('an anchor of the page leaves the box alone, with a text and with recent searches', async ({ page }) => {
  await anchor(page);
  await ready(page);
  await page.waitForURL('**?q=library+crate+growing');
  await page.keyboard.press('Escape');
  await page.locator('#toc').click();
  await page.waitForURL('**#end');
  await page.waitForTimeout(300);
  assert.equal(await page.locator('.panel').isVisible(), false);
  assert.equal(await input(page).inputValue(), 'library crate growing');

  await page.evaluate(() => localStorage.setItem('siteseer-recent /siteseer/manifest.json', '["packages"]'));
  await input(page).fill('');
  await page.getByText('Recent searches').waitFor();
  await page.keyboard.press('Escape');
  await page.waitForURL('**/box.html#end');
  await page.evaluate(() => (location.hash = 'other'));
  await page.waitForTimeout(300);
  assert.equal(await page.locator('.panel').isVisible(), false);
}, { box: deep });

browserTest('the query in the address is not told to the page that is opened, which learns the origin', async ({ page, site }) => {
  site.pages.set('book/ch14-03-cargo-workspaces.html', '<!doctype html><title>Opened</title>');
  await ready(page);
  await page.waitForURL('**?q=library+crate+growing');
  await input(page).focus();
  await page.keyboard.press('ArrowDown');
  const [tab] = await Promise.all([page.context().waitForEvent('page'), page.keyboard.press('Control+Enter')]);
  await tab.waitForURL('**/ch14-03-cargo-workspaces.html*');
  assert.doesNotMatch(await tab.evaluate(() => document.referrer), /library/);
  await page.bringToFront();
  await rows(page).first().click();
  await page.waitForURL('**/ch14-03-cargo-workspaces.html*');
  assert.equal(await page.evaluate(() => document.referrer), site.url);
}, { box: deep });

browserTest('the title above several results of a page leads to the page, and to assistive technology is the name of their group', async ({ page, site }) => {
  site.pages.set('cargo/reference/workspaces.html', '<!doctype html><title>Workspaces</title>');
  await page.evaluate(() => document.addEventListener('siteseer-open', (event) => sessionStorage.setItem('opened', /** @type {CustomEvent} */ (event).detail.result.url)));
  await input(page).fill(QUERY);
  await meaning(page);
  const group = page.getByRole('group', { name: 'Workspaces - The Cargo Book' });
  assert.equal(await group.getByRole('link').count(), 0);
  assert.deepEqual(await violations(page, 'siteseer-search'), []);
  await page.getByText('Workspaces - The Cargo Book').click();
  await page.waitForURL('**/cargo/reference/workspaces.html');
  assert.equal(await page.evaluate(() => sessionStorage.getItem('opened')), page.url());
});

browserTest('highlight="none": the anchor only', async ({ page }) => {
  await ready(page);
  await rows(page).first().click();
  await page.waitForURL('**/ch14-03-cargo-workspaces.html*');
  await page.waitForTimeout(300);
  assert.equal(await page.evaluate(() => scrollY < 1000), true);
}, { faults, serve, box: { attributes: 'highlight="none"' } });
