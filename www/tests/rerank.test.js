// The reranked tier: the third page of a query, within its time, given up for a newer query, and never in the way of
// the two tiers below it.

import assert from 'node:assert/strict';
import { QUERY, active, best, browserTests, input, meaning, passages, rows, until, words } from './harness.js';

/** @import { Page } from 'playwright-core' */

const browserTest = browserTests();
const serve = { rerankerBytes: 50_000 };
/** Words of many passages: more candidates than a slow device has time for. */
const BROAD = 'the that packages one of and workspace';

/** Put into the fake encoder. */
const TRAP_IN_HELPERS = `$&
    if (self.name.endsWith('helper')) throw new WebAssembly.RuntimeError('unreachable');`;

/**
 * The lengths of the slices in which the fake engine was asked to score, as they come.
 * @param {Page} page
 */
function slices(page) {
  /** @type {number[]} */
  const lengths = [];
  page.on('console', (message) => {
    const [, length] = message.text().match(/^score (\d+)$/) ?? [];
    if (length) lengths.push(Number(length));
  });
  return lengths;
}
const sum = (/** @type {number[]} */ numbers) => numbers.reduce((a, b) => a + b, 0);

/**
 * All pages of one query with the module's API, on a search of its own.
 * @param {Page} page
 * @param {string} text
 * @param {object} [options] of `open`
 */
const pagesOf = (page, text, options = {}) =>
  page.evaluate(
    async ([query, settings]) => {
      const { open } = await import(/** @type {any} */ (`${location.origin}/siteseer/siteseer.js`));
      const search = await open(settings);
      /** @type {import('../siteseer/siteseer.js').ResultPage[]} */
      const found = [];
      for await (const answer of search.query(query)) found.push(answer);
      const states = [search.status.dense.state, search.status.reranked.state, search.status.reranked.error?.message];
      search.close();
      return { found, tiers: found.map(({ tier }) => tier), states };
    },
    /** @type {const} */ ([text, options]),
  );

browserTest('pages come in the order lexical, dense, reranked; the last one is explained by logits', async ({ page, site }) => {
  const { found, tiers, states } = await pagesOf(page, QUERY);
  assert.deepEqual(tiers, ['lexical', 'dense', 'reranked']);
  assert.deepEqual(states.slice(0, 2), ['ready', 'ready']);
  const [, dense, reranked] = found.map(({ results }) => results);
  assert.deepEqual(dense.map(({ explain }) => explain.logit), dense.map(() => null));
  const logits = reranked.map(({ explain }) => Number(explain.logit));
  assert.deepEqual(logits, logits.toSorted((a, b) => b - a));
  assert.notDeepEqual(reranked.map(({ url }) => url), dense.map(({ url }) => url));
  assert.deepEqual(reranked.map(({ url }) => url).sort(), dense.map(({ url }) => url).sort());
  const files = site.requests.filter((path) => /(lexical|vectors|model|reranker)-/.test(path)).map((path) => path.match(/\/(\w+)-/)?.[1]);
  assert.deepEqual(files.slice(1, 3).sort(), ['model', 'vectors']); // at the same time
  assert.deepEqual([files.length, files[0], files[3]], [4, 'lexical', 'reranker']);
}, { serve });

browserTest('an index without a reranker, and tiers="dense", end with the dense page', async ({ page, site }) => {
  assert.deepEqual((await pagesOf(page, QUERY, { tiers: 'dense' })).tiers, ['lexical', 'dense']);
  assert.ok(!site.requests.some((path) => path.includes('reranker')));
}, { serve });
browserTest('the tier is off where the index has none', async ({ page }) => {
  const { tiers, states } = await pagesOf(page, QUERY);
  assert.deepEqual(tiers, ['lexical', 'dense']);
  assert.equal(states[1], 'off');
});

browserTest('slices begin with two pairs and grow to what takes about 30 ms', async ({ page }) => {
  const lengths = slices(page);
  const { tiers } = await pagesOf(page, `${BROAD} !pair-8`, { rerankBudget: 5000, rerankWorkers: 1 });
  assert.equal(tiers.at(-1), 'reranked');
  await until(() => lengths.length > 2);
  assert.equal(lengths[0], 2);
  for (const length of lengths.slice(1, -1)) assert.equal(length, 3, lengths.join()); // 8 ms for a pair
  assert.ok(/** @type {number} */ (lengths.at(-1)) <= 3, lengths.join());
}, { serve });

browserTest('the budget ends the scoring; what was not scored follows', async ({ page }) => {
  const lengths = slices(page);
  const { found, tiers } = await pagesOf(page, `${BROAD} !pair-40`, { rerankBudget: 300, rerankPatience: 0, rerankWorkers: 1 });
  assert.equal(tiers.at(-1), 'reranked');
  await until(() => lengths.length > 0);
  const scored = sum(lengths);
  assert.equal(scored, 7, lengths.join());
  const known = found[2].results.map(({ explain }) => explain.logit !== null);
  const shown = known.indexOf(false); // some scored passages have addresses that are not shown
  assert.ok(shown > 0 && shown <= scored, known.join());
  assert.ok(known.slice(shown).every((scoredToo) => !scoredToo), known.join());
}, { serve });

browserTest('what was left out is scored while the visitor reads, and makes a second page', async ({ page }) => {
  const lengths = slices(page);
  const { found, tiers } = await pagesOf(page, `${BROAD} !pair-40`, { rerankBudget: 200, rerankPatience: 5000, rerankWorkers: 1 });
  assert.deepEqual(tiers, ['lexical', 'dense', 'reranked', 'reranked']);
  await until(() => sum(lengths) >= found[2].results.length);
  const scored = found.slice(2).map(({ results }) => results.filter(({ explain }) => explain.logit !== null).length);
  assert.ok(scored[0] <= 5 && scored[0] < scored[1], scored.join()); // time for five, some of them not shown
  assert.equal(scored[1], found[3].results.length, 'all that is shown was scored');
  const logits = found[3].results.map(({ explain }) => Number(explain.logit));
  assert.deepEqual(logits, logits.toSorted((a, b) => b - a));
  assert.ok(sum(lengths) <= 30, `none is scored twice: ${lengths}`);
}, { serve });

browserTest('a query that is asked again ends with the reranked page, once; nothing is scored twice', async ({ page }) => {
  const lengths = slices(page);
  const found = await page.evaluate(async (text) => {
    const { open } = await import(/** @type {any} */ (`${location.origin}/siteseer/siteseer.js`));
    const search = await open({ rerankBudget: 5000, rerankWorkers: 1 });
    /** @type {[string, number[]][][]} */
    const pages = [];
    for (const query of [text, text]) {
      pages.push([]);
      for await (const { tier, results } of search.query(query)) pages.at(-1)?.push([tier, results.map((/** @type {any} */ { passage }) => passage)]);
    }
    search.close();
    return pages;
  }, BROAD);
  assert.deepEqual(found[0].map(([tier]) => tier), ['lexical', 'dense', 'reranked']);
  assert.deepEqual(found[1], found[0]);
  await until(() => sum(lengths) > 0);
  assert.ok(sum(lengths) <= 30, lengths.join());
}, { serve });

/**
 * The reranked page of a query, asked again until so many workers take part.
 * @param {Page} page
 * @param {string} text
 * @param {number} workers
 */
const withHelpers = (page, text, workers) =>
  page.evaluate(
    async ([query, rerankWorkers]) => {
      const { open } = await import(/** @type {any} */ (`${location.origin}/siteseer/siteseer.js`));
      const search = await open({ rerankBudget: 5000, rerankWorkers });
      /** @type {import('../siteseer/siteseer.js').ResultPage | undefined} */
      let best;
      for (let tries = 0; best?.workers !== rerankWorkers; tries++) {
        if (tries === 100) throw new Error(`${best?.workers} workers take part, not ${rerankWorkers}`);
        for await (const answer of search.query('vector index panic')) best = answer;
        for await (const answer of search.query(query)) best = answer;
      }
      search.close();
      return /** @type {import('../siteseer/siteseer.js').ResultPage} */ (best).results.map(({ passage, explain }) => [passage, explain.logit]);
    },
    /** @type {const} */ ([text, workers]),
  );

browserTest('helpers score their share; the order and the logits are those of one worker', async ({ page, site }) => {
  const alone = await withHelpers(page, BROAD, 1);
  const before = site.requests.length;
  assert.deepEqual(await withHelpers(page, BROAD, 3), alone);
  const workers = site.requests.slice(before).filter((path) => path === 'siteseer/worker.js');
  assert.equal(workers.length, 3);
}, { serve });

browserTest('a helper that stops while it scores costs no results', async ({ page, site }) => {
  const alone = await withHelpers(page, BROAD, 1);
  const encoders = () => site.requests.filter((path) => path.endsWith('-simd.wasm') || path.endsWith('-relaxed.wasm')).length;
  const before = encoders();
  await input(page).fill(QUERY);
  await best(page);
  await until(() => encoders() === before + 2); // the box's own, and its helper's
  await page.waitForTimeout(300);
  await input(page).fill(BROAD);
  await page.locator('.list', { hasText: 'Profiles' }).waitFor();
  await best(page);
  assert.deepEqual(await passages(page), alone.map(([passage]) => passage));
}, {
  serve,
  box: { attributes: 'rerank-budget="5000" rerank-workers="2"' },
  faults: (site) => site.faults.set(/encoder-\w+\.js/, { content: (code) => Buffer.from(String(code).replace('score(query, texts) {', TRAP_IN_HELPERS)) }),
});

browserTest('time for fewer than four candidates: the query ends with the dense page, and the next does not try', async ({ page }) => {
  const lengths = slices(page);
  const tiers = await page.evaluate(async (text) => {
    const { open } = await import(/** @type {any} */ (`${location.origin}/siteseer/siteseer.js`));
    const search = await open({ rerankBudget: 150, rerankPatience: 0, rerankWorkers: 1 });
    const found = [];
    for (const query of [`${text} !pair-60`, `${text} again !pair-60`]) for await (const { tier } of search.query(query)) found.push(tier);
    const { state } = search.status.reranked;
    search.close();
    return [...found, state];
  }, BROAD);
  assert.deepEqual(tiers, ['lexical', 'dense', 'lexical', 'dense', 'ready']);
  assert.deepEqual(lengths, [2]);
}, { serve });

browserTest('a newer query does not wait for the scoring of the older one', async ({ page }) => {
  const lengths = slices(page);
  await input(page).fill(BROAD);
  await best(page);
  lengths.length = 0;
  const begun = Date.now();
  await input(page).fill(`${BROAD} !pair-100`); // some 12 pairs, more than a second
  await until(() => lengths.length >= 2);
  await input(page).fill('vector index panic');
  await page.locator('.list', { hasText: 'Unrecoverable' }).waitFor();
  await page.waitForTimeout(1500 - Math.min(1400, Date.now() - begun));
  assert.ok(lengths.length >= 2);
  const older = lengths.length;
  await page.waitForTimeout(300);
  assert.equal(lengths.length, older, 'nothing is scored any more');
  assert.ok(sum(lengths) < 9, `the older query was given up: ${lengths}`);
}, { serve, box: { attributes: 'rerank-budget="5000" rerank-workers="1"' } });

browserTest('rows move to the new order and the active row stays active; the badge and the live region say so', async ({ page, site }) => {
  site.faults.set(/reranker/, { bytesPerSecond: 40_000 });
  await input(page).fill(QUERY);
  await meaning(page);
  await page.locator('.note', { hasText: /^Best order: \d+ kB of \d+ kB$/ }).waitFor();
  assert.equal(await page.getByRole('progressbar', { name: 'The best order is loading' }).count(), 1);
  const before = await passages(page);
  await rows(page).evaluateAll((options) => options.forEach((option) => Object.assign(option, { seenBefore: true })));
  await page.keyboard.press('ArrowDown');
  const [title, id] = [await active(page), await input(page).getAttribute('aria-activedescendant')];
  await best(page);
  const after = await passages(page);
  assert.notDeepEqual(after, before);
  assert.deepEqual(after.toSorted(), before.toSorted());
  assert.ok(await rows(page).evaluateAll((options) => options.every((option) => 'seenBefore' in option)), 'the rows are the same ones');
  assert.equal(await input(page).getAttribute('aria-activedescendant'), id);
  assert.equal(await active(page), title);
  assert.equal(await page.locator('.badge').textContent(), 'Best first');
  assert.equal(await page.locator('.note').isVisible(), false);
  await page.getByRole('status').filter({ hasText: /^\d results, now best first$/ }).waitFor({ state: 'attached' });
}, { serve });

browserTest('tiers="dense" on the element keeps the reranker away', async ({ page, site }) => {
  await input(page).fill(QUERY);
  await meaning(page);
  await page.waitForTimeout(300);
  await meaning(page);
  assert.ok(!site.requests.some((path) => path.includes('reranker')));
}, { serve, box: { attributes: 'tiers="dense"' } });

browserTest('Save-Data offers the reranker after the visitor has asked for meaning', async ({ page, site }) => {
  await page.addInitScript(() => Object.defineProperty(navigator, 'connection', { value: { saveData: true } }));
  await page.reload();
  await input(page).fill(QUERY);
  await words(page);
  await page.getByRole('button', { name: /Search by meaning/ }).click();
  await meaning(page);
  await page.waitForTimeout(200);
  assert.ok(!site.requests.some((path) => path.includes('reranker')));
  await page.getByRole('button', { name: /^Best order \(\d+ kB\)$/ }).click();
  await best(page);
}, { serve });

/** @type {[string, string, RegExp, (content: Buffer) => Buffer | null][]} */
const SPOILT = [
  ['no reranker file', QUERY, /reranker-\w+\.bin\.gz could not be loaded \(HTTP 404\)/, () => null],
  ['a reranker with another hash', QUERY, /reranker-\w+\.bin\.gz (is damaged|is not the one that the manifest names)/, (content) => {
    const spoiled = Buffer.from(content);
    spoiled[spoiled.length >> 1] ^= 1;
    return spoiled;
  }],
];
for (const [name, query, reason, content] of SPOILT) {
  browserTest(`${name}: results by meaning, the reason, and another try`, async ({ page, site }) => {
    await input(page).fill(query);
    await page.locator('.reason', { hasText: reason }).waitFor();
    assert.equal(await page.locator('.note').textContent(), 'The best order is not available; results are by meaning.');
    await meaning(page);
    assert.ok((await rows(page).count()) > 0);
    site.faults.clear();
    await page.getByRole('button', { name: 'Try again' }).click();
    await best(page);
  }, { serve, faults: (site) => site.faults.set(/reranker/, { content }) });
}

browserTest('a reranker that the engine refuses: results by meaning, now and for the next query', async ({ page }) => {
  await input(page).fill(QUERY);
  await page.locator('.reason', { hasText: 'another tokenizer. Index the site again.' }).waitFor();
  await meaning(page);
  await input(page).fill('vector index panic');
  await page.locator('.list', { hasText: 'Unrecoverable' }).waitFor();
  await meaning(page);
}, { serve, faults: (site) => site.faults.set(/encoder-\w+\.js/, { content: (code) => Buffer.from(String(code).replace("head !== 'RERANK'", 'true')) }) });

browserTest('an engine that stops while it scores: the dense rows stay, and words and meaning go on on a new worker', async ({ page }) => {
  await input(page).fill(`${QUERY} !trap-pairs`);
  await page.locator('.reason', { hasText: 'search engine stopped' }).waitFor();
  assert.ok((await rows(page).count()) > 0);
  await input(page).fill(BROAD);
  await page.locator('.list', { hasText: 'Profiles' }).waitFor();
  await meaning(page);
  await page.getByRole('button', { name: 'Try again' }).click();
  await best(page);
}, { serve });

browserTest('one missing chunk of passages is left out of the scoring', async ({ page }) => {
  await input(page).fill(BROAD);
  await best(page);
  assert.ok((await rows(page).count()) > 0);
  assert.equal(await page.locator('[data-passage="0"]').count(), 0);
}, { serve, faults: (site) => site.faults.set(/passages-.*-0\./, { content: () => null }) });
