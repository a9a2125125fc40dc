// The GPU's part in the reranked tier, with a fake encoder for it: when it is loaded, and that nothing is lost when it
// fails. The real one is tested end to end in tests/browser.

import assert from 'node:assert/strict';
import { QUERY, best, browserTests, input } from './harness.js';

/** @import { Page } from 'playwright-core' */

/** An adapter answers, a processor that plays a GPU. */
const browserTest = browserTests('--enable-unsafe-webgpu');
const serve = { rerankerBytes: 50_000 };

/** The lengths of the slices that the GPU was asked to score. @param {Page} page */
function slices(page) {
  /** @type {number[]} */
  const lengths = [];
  page.on('console', (message) => {
    const [, length] = message.text().match(/^gpu (\d+)$/) ?? [];
    if (length) lengths.push(Number(length));
  });
  return lengths;
}

/**
 * The pages of queries, one after the other, with one search.
 * @param {Page} page
 * @param {string[]} queries
 * @param {import('../siteseer/siteseer.js').OpenOptions} options
 */
const pagesOf = (page, queries, options) =>
  page.evaluate(
    async ([queries, options]) => {
      const { open } = await import(/** @type {any} */ (`${location.origin}/siteseer/siteseer.js`));
      const search = await open({ rerankWorkers: 1, ...options });
      /** @type {import('../siteseer/siteseer.js').ResultPage[]} */
      const found = [];
      for (const query of queries) for await (const answer of search.query(query)) found.push(answer);
      const { state } = search.status.reranked;
      search.close();
      return { found, backends: found.map(({ tier, backend }) => `${tier} ${backend}`), state };
    },
    /** @type {const} */ ([queries, options]),
  );

const loaded = (/** @type {{ requests: string[] }} */ site) => site.requests.some((path) => path.includes('encoder-gpu'));

browserTest('with webgpu="force" the GPU scores, and the page says so', async ({ page, site }) => {
  const lengths = slices(page);
  const { found, backends } = await pagesOf(page, [QUERY], { webgpu: 'force' });
  assert.deepEqual(backends.slice(1), ['dense simd128', 'reranked webgpu']);
  assert.ok(loaded(site) && lengths.length > 1);
  const cpu = await pagesOf(page, [QUERY], { webgpu: 'off' });
  assert.deepEqual(cpu.backends.slice(1), ['dense simd128', 'reranked simd128']);
  assert.deepEqual(found[2].results, cpu.found[2].results);
}, { serve });

browserTest('a device that is lost hands its slice to the CPU, within the query and for good', async ({ page }) => {
  const lengths = slices(page);
  const { found, backends, state } = await pagesOf(page, [`${QUERY} !lose-gpu`, QUERY], { webgpu: 'force' });
  assert.deepEqual(backends.filter((page) => page.startsWith('reranked')), ['reranked simd128', 'reranked simd128']);
  assert.equal(state, 'ready');
  assert.ok(found.every(({ tier, results }) => tier !== 'reranked' || results[0].explain.logit !== null));
  assert.equal(lengths.length, 1 + 1, `the warm-up and the slice that failed, but ${lengths}`);
}, { serve });

browserTest('a processor that plays a GPU is not asked unless forced', async ({ page, site }) => {
  const { backends } = await pagesOf(page, [QUERY], {});
  assert.equal(backends.at(-1), 'reranked simd128');
  assert.ok(!loaded(site));
}, { serve });

browserTest('a GPU file that is missing or broken leaves the CPU', async ({ page, site }) => {
  const { backends, state } = await pagesOf(page, [QUERY], { webgpu: 'force' });
  assert.equal(backends.at(-1), 'reranked simd128');
  assert.equal(state, 'ready');
  assert.ok(loaded(site));
}, { serve, faults: (site) => site.faults.set(/encoder-gpu\.wasm/, { status: 404 }) });

browserTest('the attribute forces it too', async ({ page }) => {
  const backend = await page.evaluate(
    () =>
      new Promise((resolve) => {
        const box = /** @type {import('../siteseer/siteseer.js').SiteseerSearchElement} */ (document.querySelector('siteseer-search'));
        box.addEventListener('siteseer-results', (event) => {
          const { tier, backend } = /** @type {CustomEvent} */ (event).detail;
          if (tier === 'reranked') resolve(backend);
        });
        box.value = 'share code between packages';
      }),
  );
  assert.equal(backend, 'webgpu');
}, { serve, box: { attributes: 'webgpu="force"' } });

/** What scores, by the setting; what the badge says of it in English and in German. @type {[string, string][]} */
const TOOLTIPS = [
  ['webgpu="force"', 'Scored on the GPU (WebGPU)'],
  ['webgpu="off"', 'Scored on the processor (WebAssembly, SIMD)'],
  ['webgpu="force" lang="de"', 'Auf der GPU bewertet (WebGPU)'],
];
for (const [attributes, title] of TOOLTIPS) {
  browserTest(`the badge says what scored: ${attributes}`, async ({ page }) => {
    await input(page).fill(QUERY);
    await best(page);
    await page.locator(`.badge.reranked[title="${title}"]`).waitFor();
  }, { serve, box: { attributes } });
}
