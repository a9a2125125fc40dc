// How many bytes the first lexical results of a real site cost a visitor with nothing in the cache: one word, five results,
// everything counted, as the browser's own resource timing has it, on a host that compresses what is not compressed. The
// site is an indexed folder; with PAGEFIND (the program, `npm install pagefind`) the same pages are indexed by that, too,
// and asked for the same words.
//
//   SITESEER_DEMO_SITE=public CHROMIUM=chromium PAGEFIND=node_modules/.bin/pagefind npm run test:site

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch } from './browser.js';
import { SITE, measure, serve } from './cold-visit.js';

/** @import { Browser, Page } from 'playwright-core' */

const BUDGET_BYTES = 110_000;
const WORDS = ['workspace', 'lifetime', 'error', 'trait'];

/** @param {string} word */
const siteseer = (word) => (/** @type {Page} */ page) =>
  page.evaluate(async (text) => {
    const { open } = await import(/** @type {any} */ (`${location.origin}/siteseer/siteseer.js`));
    const search = await open({ tiers: 'lexical' });
    for await (const { results } of search.query(text, { limit: 5 })) return results.length;
    return 0;
  }, word);

/** @param {string} word */
const pagefind = (word) => (/** @type {Page} */ page) =>
  page.evaluate(async (text) => {
    const engine = await import(/** @type {any} */ (`${location.origin}/pagefind/pagefind.js`));
    const { results } = await engine.search(text);
    return (await Promise.all(results.slice(0, 5).map((/** @type {any} */ result) => result.data()))).length;
  }, word);

/** @type {Browser} */
let browser;
before(async () => {
  assert.ok(existsSync(join(SITE, 'siteseer/manifest.json')), 'SITESEER_DEMO_SITE names the folder of an indexed site');
  browser = await launch();
});
after(() => browser?.close());

test('one word and five results cost at most 110 KB, everything counted', async (t) => {
  const theirs = process.env.PAGEFIND ? mkdtempSync(join(tmpdir(), 'pagefind-')) : null;
  if (theirs) execFileSync(String(process.env.PAGEFIND), ['--site', SITE, '--output-path', join(theirs, 'pagefind'), '--quiet']);
  const site = await serve(SITE, ...(theirs ? [theirs] : []));
  try {
    const all = [];
    for (const word of WORDS) {
      const ours = await measure(browser, site.url, siteseer(word));
      const peer = theirs ? await measure(browser, site.url, pagefind(word)) : null;
      for (const [name, found] of /** @type {const} */ ([['Siteseer', ours], ['Pagefind', peer]])) {
        if (found) t.diagnostic(`${word}: ${name} ${found.bytes} bytes; ${found.files.map((file) => `${file.name} ${file.bytes}`).join(', ')}`);
      }
      all.push({ word, ours, peer });
    }
    for (const { word, ours, peer } of all) {
      assert.equal(ours.results, 5);
      assert.ok(ours.bytes <= BUDGET_BYTES, `${word}: ${ours.bytes} bytes`);
      if (!peer) continue;
      assert.equal(peer.results, 5);
      assert.ok(ours.bytes < peer.bytes, `${word}: Pagefind needs ${peer.bytes} bytes, we ${ours.bytes}`);
    }
  } finally {
    site.close();
    if (theirs) rmSync(theirs, { recursive: true });
  }
});
