// Filters and facets of the API, and an index of words alone.

import assert from 'node:assert/strict';
import { QUERY, browserTests, input, words } from './harness.js';

/** @import { Page } from 'playwright-core' */
/** @import { Filters } from '../siteseer/siteseer.js' */

const browserTest = browserTests();
const serve = { filters: true };
/** In an English passage and in a Hebrew one. */
const BOTH = 'cargo toml members';

/**
 * @param {Page} page
 * @param {string} text
 * @param {Filters} [filters]
 */
const ask = (page, text, filters) =>
  page.evaluate(
    async ([query, chosen]) => {
      const { open } = await import(/** @type {any} */ (`${location.origin}/siteseer/siteseer.js`));
      const search = await open();
      try {
        const pages = [];
        for await (const { tier, results } of search.query(query, { filters: chosen })) pages.push({ tier, langs: [...new Set(results.map((/** @type {import('../siteseer/siteseer.js').Result} */ { lang }) => lang))].sort() });
        return { pages, facets: await search.facets(query, { filters: chosen }), all: await search.facets(query), dense: search.status.dense.state };
      } catch (error) {
        return { error: String(error) };
      } finally {
        search.close();
      }
    },
    /** @type {const} */ ([text, filters]),
  );
const loads = (/** @type {import('./server.js').TestSite} */ site) => site.requests.filter((path) => path.includes('/filters-')).length;

browserTest('a filter chooses pages in every tier; its file is loaded once, and only for it', async ({ page, site }) => {
  const search = 'members workspace סביבה';
  const { pages } = await ask(page, BOTH);
  assert.deepEqual(pages?.[0], { tier: 'lexical', langs: ['en', 'he'] });
  const before = loads(site);
  const hebrew = await ask(page, BOTH, { lang: 'he' });
  assert.deepEqual(hebrew.pages, [{ tier: 'lexical', langs: ['he'] }, { tier: 'dense', langs: ['he'] }]);
  assert.equal(loads(site), before + 1);
  const both = await ask(page, search, { lang: ['en', 'he'] });
  assert.deepEqual(both.pages?.[0].langs, ['en', 'he']);
  assert.deepEqual((await ask(page, BOTH, { lang: 'fr' })).pages, [{ tier: 'lexical', langs: [] }, { tier: 'dense', langs: [] }]);
}, { serve });

browserTest('facets count what has a word of the query, under the filters that are set', async ({ page }) => {
  const { facets, all } = await ask(page, BOTH, { lang: 'he' });
  assert.deepEqual(Object.keys(all.lang).sort(), ['en', 'he']);
  assert.deepEqual(facets, { lang: { he: all.lang.he } });
}, { serve });

browserTest('a filter that no page has is an error that says what to do', async ({ page }) => {
  assert.match((await ask(page, BOTH, { color: 'red' })).error ?? '', /no page of the index has it/);
}, { serve });

browserTest('an index without filters: no facets, and the next step for a filter', async ({ page }) => {
  assert.deepEqual((await ask(page, BOTH)).all, {});
  assert.match((await ask(page, BOTH, { lang: 'he' })).error ?? '', /No page of this index has filters. Mark pages with data-siteseer-filter/);
});

browserTest('filters and a sort order that ask for nothing are none', async ({ page }) => {
  const counts = await page.evaluate(async (text) => {
    const { open } = await import(/** @type {any} */ (`${location.origin}/siteseer/siteseer.js`));
    const search = await open({ tiers: 'dense' });
    const counts = [];
    for (const options of [{}, { filters: {} }, { filters: { x: [] } }, { sort: {} }, { filters: null, sort: null }]) {
      let tiers = '';
      for await (const { tier, results } of search.query(text, options)) tiers += `${tier} ${results.length} `;
      counts.push(tiers, await search.facets(text, options), await search.suggest('packagez', options));
    }
    search.close();
    return counts;
  }, QUERY);
  assert.deepEqual(counts, Array(5).fill(counts.slice(0, 3)).flat());
  assert.match(String(counts[0]), /^lexical \d dense \d $/);
});

browserTest('an index of words alone ends with the lexical page, and nothing is offered', async ({ page }) => {
  const { pages, dense } = await ask(page, QUERY);
  assert.deepEqual([pages?.map(({ tier }) => tier), dense], [['lexical'], 'off']);
  await input(page).fill(QUERY);
  await words(page);
  assert.equal(await page.locator('.note').isVisible(), false);
}, { serve: { models: false } });
