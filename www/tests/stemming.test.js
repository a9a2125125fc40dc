// When stemmers are asked for: that of the page's language before the first results, those of a site's other languages after them. They are
// no real ones here: words are found as they are written.

import assert from 'node:assert/strict';
import { QUERY, browserTests, input, until, words } from './harness.js';

/** @import { TestSite } from './server.js' */

const browserTest = browserTests();
const serve = { stemmers: ['de', 'es'], languages: { en: 640, de: 40, 'es-MX': 9 }, models: false };
/** Where in the order of requests. @type {(site: TestSite, what: RegExp) => number} */
const order = ({ requests }, what) => requests.findIndex((path) => what.test(path));

browserTest('a page does not wait for what stems other languages', async ({ page, site }) => {
  await input(page).fill('share');
  await words(page);
  assert.equal(order(site, /stemmer/), -1, 'not before the first results');
  await input(page).fill(QUERY);
  await words(page);
  await until(() => order(site, /stemmers\.js/) > 0 && order(site, /stemmer-es/) > 0 && order(site, /stemmer-de/) > 0);
  assert.equal(site.requests.filter((path) => /stemmer-/.test(path)).length, 2, 'once');
}, { serve });

browserTest('a language of many pages comes before the first results, too', async ({ page, site }) => {
  await input(page).fill('share');
  await words(page);
  assert.ok(order(site, /stemmer-es/) > 0 && order(site, /stemmer-es/) < order(site, /passages-/));
  assert.equal(order(site, /stemmer-de/), -1);
}, { serve: { ...serve, languages: { en: 600, de: 9, 'es-MX': 40, es: 40 } } });

browserTest("the page's own language comes before the first results", async ({ page, site }) => {
  await input(page).fill('share');
  await words(page);
  assert.ok(order(site, /stemmer-es/) > 0 && order(site, /stemmer-es/) < order(site, /passages-/));
  assert.equal(order(site, /stemmer-de/), -1);
}, { serve, box: { lang: 'es-MX' } });
