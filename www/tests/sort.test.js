// Metadata of results, and results in the order of a value of their pages.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compare } from '../siteseer/sort.js';
import { browserTests, input, meaning, rows } from './harness.js';

/** @import { Page } from 'playwright-core' */
/** @import { QueryOptions } from '../siteseer/siteseer.js' */

const browserTest = browserTests();
const serve = { filters: true, rerankerBytes: 1000 };

test('numbers as numbers, texts as texts, none last', () => {
  const by = (/** @type {(string | null)[]} */ values, descending = false) => values.map((_, i) => i).sort(compare(values, descending));
  assert.deepEqual(by(['10', '9', null, '-1.5']), [3, 1, 0, 2]);
  assert.deepEqual(by(['10', '9', null, '-1.5'], true), [0, 1, 3, 2]);
  assert.deepEqual(by(['10', '9', 'x']), [0, 1, 2]);
  assert.deepEqual(by(['2022-06', '2021-12', '2022-06'], true), [0, 2, 1]);
  assert.deepEqual(by(['1e3', '5']), [0, 1]);
});

/**
 * @param {Page} page
 * @param {QueryOptions} options
 */
const ask = (page, options) =>
  page.evaluate(async (given) => {
    const { open } = await import(/** @type {any} */ (`${location.origin}/siteseer/siteseer.js`));
    const search = await open();
    try {
      const pages = [];
      for await (const { tier, results } of search.query('cargo toml members hostile', given)) pages.push({ tier, langs: results.map((/** @type {any} */ { lang }) => lang.slice(0, 2)), meta: results[0].meta });
      return { pages };
    } catch (error) {
      return { error: String(error) };
    } finally {
      search.close();
    }
  }, options);

browserTest('sort brings the results into order in each tier but the last, which is left out', async ({ page }) => {
  const { pages: usual } = await ask(page, { limit: 12 });
  assert.deepEqual(usual?.map(({ tier }) => tier).slice(0, 3), ['lexical', 'dense', 'reranked']);
  const { pages } = await ask(page, { limit: 12, sort: { lang: 'desc' } });
  assert.deepEqual(pages?.map(({ tier }) => tier), ['lexical', 'dense']);
  for (const { langs } of pages ?? []) {
    assert.ok(langs.includes('he') && langs.includes('en'), langs.join());
    const known = langs.slice(0, langs.lastIndexOf('he') + 1);
    assert.ok(known.every((/** @type {string} */ lang) => lang === 'he'), langs.join());
  }
  const first = await ask(page, { limit: 1, sort: { lang: 'asc' } });
  assert.deepEqual(first.pages?.map(({ langs }) => langs), [['en'], ['en']]);
}, { serve });

browserTest('a key that no page has is an error; an index that knows none says what to do', async ({ page, site }) => {
  assert.match((await ask(page, { sort: { date: 'asc' } })).error ?? '', /no page of the index has it/);
  site.deploy({});
  assert.match((await ask(page, { sort: { date: 'asc' } })).error ?? '', /again/);
}, { serve });

browserTest('metadata comes when it is asked for, and its file with it', async ({ page, site }) => {
  const loads = () => site.requests.filter((path) => path.includes('/filters-')).length;
  assert.deepEqual((await ask(page, {})).pages?.[0].meta, {});
  assert.equal(loads(), 0);
  assert.equal((await ask(page, { meta: true, limit: 1 })).pages?.[0].meta.lang?.length, 2);
  assert.equal(loads(), 1);
}, { serve: { filters: true } });

browserTest('the attribute `meta` names what results show; what a page lacks is left out, and markup is text', async ({ page }) => {
  await input(page).fill('hostile');
  await meaning(page);
  const lines = page.locator('[part=meta]');
  assert.ok((await lines.count()) > 0);
  assert.equal(await lines.first().textContent(), 'en"><script>window.hacked = 1</script>');
  assert.equal(await page.evaluate(() => 'hacked' in window), false);
  assert.ok((await lines.count()) <= (await rows(page).count()));
}, { serve: { filters: true }, box: { attributes: 'meta="nothing, lang, author"' } });
