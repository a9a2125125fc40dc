// Late interaction: a page between dense and reranked, which no other page waits for, and without which the others are what they are.

import assert from 'node:assert/strict';
import { QUERY, best, browserTests, input, meaning, passages, rows, until, words } from './harness.js';

/** @import { Page } from 'playwright-core' */
/** @import { ResultPage } from '../siteseer/siteseer.js' */

const browserTest = browserTests();
const serve = { late: true, rerankerBytes: 1000 };
/** Words of many passages: more candidates than the reranker reads after late interaction. */
const BROAD = 'the that packages one of and workspace';
const TOKENS = /late-\w+-\d+\.bin/;
const refined = (/** @type {Page} */ page) => page.locator('.badge.late').waitFor();

/**
 * All pages of some queries, one after the other, on a search of their own.
 * @param {Page} page
 * @param {string[]} queries
 * @param {object} [options] of `open`
 */
const pagesOf = (page, queries, options = {}) =>
  page.evaluate(
    async ([texts, settings]) => {
      const { open } = await import(/** @type {any} */ (`${location.origin}/siteseer/siteseer.js`));
      const search = await open({ rerankBudget: 5000, rerankWorkers: 1, ...settings });
      /** @type {ResultPage[][]} */
      const found = [];
      for (const text of texts) {
        found.push([]);
        for await (const answer of search.query(text, { limit: 20 })) found.at(-1)?.push(answer);
      }
      const { late, reranked } = search.status;
      search.close();
      return { found, tiers: found.map((pages) => pages.map(({ tier }) => tier)), late: { state: late.state, total: late.total, error: late.error?.message }, reranked: reranked.state };
    },
    /** @type {const} */ ([queries, options]),
  );
const order = (/** @type {ResultPage} */ { results }) => results.map(({ passage }) => passage);

browserTest('pages come in the order lexical, dense, late, reranked; late is the order of its scores', async ({ page, site }) => {
  const { found, tiers, late } = await pagesOf(page, [BROAD]);
  assert.deepEqual(tiers, [['lexical', 'dense', 'late', 'reranked']]);
  const [, dense, refinedPage] = found[0];
  assert.deepEqual(order(refinedPage), order(refinedPage).toSorted((a, b) => b - a), 'further back is better');
  const urls = [refinedPage, dense].map(({ results }) => results.map(({ url }) => url));
  assert.notDeepEqual(urls[0], urls[1]);
  assert.deepEqual(urls[0].toSorted(), urls[1].toSorted());
  const scores = refinedPage.results.map(({ score }) => score);
  assert.deepEqual(scores, scores.toSorted((a, b) => b - a));
  assert.ok(refinedPage.results.every(({ explain }) => Number(explain.denseRank) > 0 && explain.logit === null));
  assert.deepEqual([late.state, late.total > 0], ['ready', true]);
  const first = (/** @type {RegExp} */ what) => site.requests.findIndex((path) => what.test(path));
  assert.ok(first(/model-/) < first(/late-head/) && first(/late-code/) < first(TOKENS) && first(TOKENS) < first(/reranker-/), site.requests.join(' '));
}, { serve });

/** Time for so many pairs in the first page, at 40 ms each. @type {[number, number][]} */
const TIMES = [[6, 2], [10, 1]];
for (const [pairs, pages] of TIMES) {
  browserTest(`the reranker reads the best of late interaction, ${pairs} pairs in its time, and goes on only where those were fewer than ten`, async ({ page }) => {
    let scored = 0;
    page.on('console', (message) => (scored += Number(message.text().match(/^score (\d+)$/)?.[1] ?? 0)));
    const { found, tiers } = await pagesOf(page, [`${BROAD} !pair-40`], { rerankBudget: pairs * 40 + 20, rerankPatience: 5000 });
    assert.deepEqual(tiers[0].slice(3), Array(pages).fill('reranked'));
    const [, , late, reranked] = found[0];
    const known = reranked.results.filter(({ explain }) => explain.logit !== null).length; // some scored passages have addresses that are not shown
    assert.ok(known > 0 && known <= pairs, String(known));
    assert.deepEqual(order(reranked).slice(known), order(late).slice(known), 'what was not read follows as it was');
    await until(() => scored >= pairs);
    assert.equal(scored > pairs, pages > 1, String(scored));
  }, { serve });
}

browserTest('a query that is asked again has the same pages and reads nothing anew', async ({ page, site }) => {
  const { found, tiers } = await pagesOf(page, [BROAD, BROAD]);
  assert.deepEqual(tiers[1], tiers[0]);
  const [first, again] = found.map((pages) => pages.map(order));
  assert.deepEqual(again, first); // all pairs were read
  const asked = site.requests.filter((path) => /late/.test(path));
  assert.deepEqual(asked.length, new Set(asked).size);
}, { serve });

browserTest('results by meaning do not wait for token vectors', async ({ page, site }) => {
  site.faults.set(/late-/, { bytesPerSecond: 100 });
  await input(page).fill(QUERY);
  await meaning(page);
  const dense = await passages(page);
  await until(() => site.requests.some((path) => /late-head/.test(path)));
  assert.equal(await page.locator('.badge').textContent(), 'By meaning');
  site.faults.clear();
  await refined(page);
  assert.equal(await page.locator('.badge').textContent(), 'By meaning, refined');
  assert.notDeepEqual(await passages(page), dense);
  assert.deepEqual((await passages(page)).toSorted(), dense.toSorted());
}, { serve: { late: true } });

browserTest('a newer query does not wait for the token vectors of the older one', async ({ page, site }) => {
  await input(page).fill('vector index panic'); // has too few results for the reranker
  await refined(page);
  site.faults.set(TOKENS, { bytesPerSecond: 1 });
  await input(page).fill(BROAD);
  await meaning(page);
  await input(page).fill('vector index panic');
  await page.locator('.list', { hasText: 'Unrecoverable' }).waitFor();
  await refined(page);
}, { serve });

browserTest('tiers="late" says no to the reranker, tiers="dense" to token vectors', async ({ page, site }) => {
  assert.deepEqual((await pagesOf(page, [QUERY], { tiers: 'dense' })).tiers, [['lexical', 'dense']]);
  assert.ok(!site.requests.some((path) => /late-/.test(path)));
  assert.deepEqual((await pagesOf(page, [QUERY], { tiers: 'late' })).tiers, [['lexical', 'dense', 'late']]);
  assert.ok(!site.requests.some((path) => /reranker-/.test(path)));
}, { serve });

browserTest('where the index has none it cannot be loaded, and nothing else is for it', async ({ page, site }) => {
  const said = await page.evaluate(async () => {
    const { open } = await import(/** @type {any} */ (`${location.origin}/siteseer/siteseer.js`));
    const search = await open({ tiers: 'lexical' });
    const error = await search.load('late').catch((/** @type {any} */ { code, message }) => [code, message]);
    const { late, dense } = search.status;
    return [...error, late.state, dense.state];
  });
  assert.deepEqual(said, ['engine', 'This index has no late tier.', 'off', 'off']);
  assert.ok(!site.requests.some((path) => /model-/.test(path)));
});

browserTest('the tier is off where the index has none', async ({ page }) => {
  const { tiers, late } = await pagesOf(page, [QUERY]);
  assert.deepEqual([tiers, late.state, late.total], [[['lexical', 'dense']], 'off', 0]);
});

browserTest('Save-Data: the visitor who asks for meaning has no late interaction', async ({ page, site }) => {
  await page.addInitScript(() => Object.defineProperty(navigator, 'connection', { value: { saveData: true } }));
  await page.reload();
  await input(page).fill(QUERY);
  await words(page);
  await page.getByRole('button', { name: /Search by meaning/ }).click();
  await meaning(page);
  await page.getByRole('button', { name: /^Best order \(\d+ kB\)$/ }).waitFor();
  assert.ok(!site.requests.some((path) => /late-/.test(path)));
}, { serve });

browserTest('one missing chunk: that query goes without, others with', async ({ page }) => {
  const { tiers, late } = await pagesOf(page, [BROAD, 'vector index panic']);
  assert.deepEqual(tiers, [['lexical', 'dense', 'reranked'], ['lexical', 'dense', 'late']]); // too few for the reranker
  assert.equal(late.state, 'ready');
}, { serve, faults: (site) => site.faults.set(/late-\w+-0\./, { content: () => null }) });

/** @type {[string, string, RegExp, RegExp, (content: Buffer) => Buffer | null][]} */
const SPOILT = [
  ['no token vectors', QUERY, TOKENS, /late-\w+-\d+\.bin\.gz could not be loaded \(HTTP 404\)/, () => null],
  ['no head', QUERY, /late-head/, /late-head-\w+\.bin\.gz could not be loaded \(HTTP 404\)/, () => null],
  ['a damaged code', QUERY, /late-code/, /late-code-\w+\.bin\.gz/, (content) => content.subarray(0, -9)],
];
for (const [name, query, what, reason, content] of SPOILT) {
  browserTest(`${name}: the reranker goes on from the dense tier, and the status says why`, async ({ page }) => {
    const { found, tiers, late, reranked } = await pagesOf(page, [query, query]);
    assert.deepEqual(tiers[0], ['lexical', 'dense', 'reranked']);
    assert.match(String(late.error), reason);
    assert.deepEqual([late.state, reranked], ['failed', 'ready']);
    assert.deepEqual(found[0][2].results.filter(({ explain }) => explain.logit === null), [], 'as many pairs as without');
  }, { serve, faults: (site) => site.faults.set(what, { content }) });
}

browserTest('a head that the encoder refuses: the rest goes on', async ({ page }) => {
  const { tiers, late } = await pagesOf(page, [QUERY]);
  assert.deepEqual(tiers, [['lexical', 'dense', 'reranked']]);
  assert.match(String(late.error), /another bi-encoder's/);
}, { serve, faults: (site) => site.faults.set(/encoder-\w+\.js/, { content: (code) => Buffer.from(String(code).replace("!== 'HEAD'", "!== 'hand'")) }) });

browserTest('an encoder that stops in it: the dense rows stay, and the next query has what the others give', async ({ page }) => {
  await input(page).fill(`${QUERY} !trap-late`);
  await meaning(page);
  assert.ok((await rows(page).count()) > 0);
  await input(page).fill(BROAD);
  await page.locator('.list', { hasText: 'Profiles' }).waitFor();
  await best(page);
}, { serve });
