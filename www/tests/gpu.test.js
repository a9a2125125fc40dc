// The GPU's part in the reranked tier and in late interaction, with a fake encoder for it: when it is loaded, and that nothing is lost when
// it fails. The real one is tested end to end in tests/browser.

import assert from 'node:assert/strict';
import { QUERY, best, browserTests, input } from './harness.js';

/** @import { Page } from 'playwright-core' */

/** An adapter answers, a processor that plays a GPU. */
const browserTest = browserTests('--enable-unsafe-webgpu');
const serve = { rerankerBytes: 50_000 };
const late = { ...serve, late: true };
/** Another query, after which the first one is ranked anew. */
const OTHER = 'the that packages one of and workspace';

/** Code of a worker whose adapter does not say that it is a processor. */
const PLAYS_HARDWARE = 'navigator.gpu.requestAdapter = async () => ({ info: { isFallbackAdapter: false } })';

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

const of = (/** @type {string} */ tier, /** @type {string[]} */ backends) => backends.filter((page) => page.startsWith(tier)).map((page) => page.slice(tier.length + 1));

browserTest('with webgpu="force" the GPU compares token vectors once it is there, with the same scores', async ({ page }) => {
  const { found, backends } = await pagesOf(page, [QUERY, OTHER, QUERY], { webgpu: 'force' });
  assert.deepEqual(of('late', backends), ['simd128', 'webgpu', 'webgpu'], 'it comes with the reranker, after the first');
  assert.ok(of('dense', backends).every((backend) => backend === 'simd128'));
  const [first, , again] = found.filter(({ tier }) => tier === 'late');
  assert.deepEqual(again.results, first.results);
}, { serve: late });

browserTest('a device that is lost in late interaction: the CPU compares in the same query, and scores pairs from then on', async ({ page }) => {
  const { found, backends } = await pagesOf(page, [QUERY, `${OTHER} !lose-late`, QUERY, OTHER], { webgpu: 'force' });
  assert.deepEqual(of('late', backends), Array(4).fill('simd128'));
  assert.deepEqual(of('reranked', backends), ['webgpu', 'simd128', 'simd128', 'simd128']);
  const pages = found.filter(({ tier }) => tier === 'late');
  assert.deepEqual(pages[2].results, pages[0].results);
}, { serve: late });

/** Milliseconds that the processor takes to compare; the fake GPU takes none. @type {[number, string][]} */
const TIMES = [[40, 'webgpu'], [0, 'simd128']];
for (const [ms, backend] of TIMES) {
  browserTest(`where a GPU scores pairs, late interaction is measured in its first ranking there: ${ms} ms on the processor`, async ({ page }) => {
    /** @type {string[]} */
    const asked = [];
    page.on('console', (message) => message.text().startsWith('gpu late') && asked.push(message.text()));
    const backends = await page.evaluate(async ([one, other]) => {
      const { open } = await import(/** @type {any} */ (`${location.origin}/siteseer/siteseer.js`));
      const search = await open({ rerankWorkers: 1 });
      const backends = [];
      for (let there = 0, turn = 0; there < 3 && turn < 100; turn++) {
        /** @type {Record<string, string>} */
        const by = {};
        for await (const answer of search.query(turn % 2 ? one : other)) by[answer.tier] = answer.backend;
        there += Number(by.reranked === 'webgpu');
        backends.push(`${by.late} ${by.reranked}`);
      }
      search.close();
      return backends;
    }, [`${QUERY} !late-${ms}`, `${OTHER} !late-${ms}`]);
    assert.equal(backends[0].split(' ')[0], 'simd128');
    assert.equal(backends.at(-1), `${backend} webgpu`);
    assert.equal(asked.length > 2, backend === 'webgpu', `two calls are the probe: ${asked}`);
  }, { serve: late, faults: (site) => site.faults.set(/encoder-(relaxed|simd)\.js/, { content: (code) => Buffer.from(`${code};\n${PLAYS_HARDWARE}`) }) });
}

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
