// How many bytes the first results by meaning of a real site cost a visitor with nothing in the cache: a question, five results,
// everything counted, the results by words that come before included. The site is an indexed folder.
//
//   SITESEER_DEMO_SITE=public CHROMIUM=chromium node --test www/tests/semantic-bytes.site.js

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch } from './browser.js';
import { SITE, measure, serve } from './cold-visit.js';

/** @import { Browser, Page } from 'playwright-core' */

/** DESIGN §2: of a site, and of a large one. */
const BUDGET_BYTES = 300_000;
const LARGE_PAGES = 10_000;
const LARGE_BUDGET_BYTES = 400_000;
const QUESTIONS = [
  'workspace',
  'make the binary smaller',
  'run only one test',
  'share code between several packages',
  'why can I not return a reference to a local variable',
  'how do I stop a thread from outside',
];

/** @param {string} question */
const ask = (question) => (/** @type {Page} */ page) =>
  page.evaluate(async (text) => {
    const { open } = await import(/** @type {any} */ (`${location.origin}/siteseer/siteseer.js`));
    const search = await open({ tiers: 'static' });
    for await (const { tier, results } of search.query(text, { limit: 5 })) if (tier === 'static') return results.length;
    return 0;
  }, question);

/** @type {Browser} */
let browser;
before(async () => {
  assert.ok(existsSync(join(SITE, 'siteseer/manifest.json')), 'SITESEER_DEMO_SITE names the folder of an indexed site');
  browser = await launch();
});
after(() => browser?.close());

test('five results by meaning cost at most what DESIGN allows, everything counted', async (t) => {
  const { counts } = JSON.parse(readFileSync(join(SITE, 'siteseer/manifest.json'), 'utf8'));
  const budget = counts.pages < LARGE_PAGES ? BUDGET_BYTES : LARGE_BUDGET_BYTES;
  const site = await serve(SITE);
  try {
    const all = [];
    for (const question of QUESTIONS) {
      const found = await measure(browser, site.url, ask(question));
      /** @type {Record<string, { files: number, bytes: number }>} */
      const kinds = {};
      for (const { name, bytes } of found.files) {
        const kind = (kinds[name.replace(/-[0-9a-f]{12}.*/, '')] ??= { files: 0, bytes: 0 });
        kind.files++;
        kind.bytes += bytes;
      }
      const parts = Object.entries(kinds).map(([kind, { files, bytes }]) => `${kind} ${bytes}${files > 1 ? ` in ${files}` : ''}`);
      t.diagnostic(`${question}: ${found.bytes} bytes in ${found.files.length} files; ${parts.join(', ')}`);
      all.push({ question, ...found });
    }
    for (const { question, results, bytes } of all) {
      assert.equal(results, 5, question);
      assert.ok(bytes <= budget, `${question}: ${bytes} bytes of ${budget}`);
    }
  } finally {
    site.close();
  }
});
