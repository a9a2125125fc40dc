// The module's API for developers: `open`, `query`, `load`, `embed`, `tokenIds`, `status`, `close`.

import assert from 'node:assert/strict';
import { QUERY, browserTests } from './harness.js';

const browserTest = browserTests();

browserTest('query gives pages of one shape, lexical then dense', async ({ page, site }) => {
  const pages = await page.evaluate(async (text) => {
    const { open } = await import(/** @type {any} */ (`${location.origin}/siteseer/siteseer.js`));
    const search = await open();
    const found = [];
    for await (const answer of search.query(text, { limit: 3 })) found.push(answer);
    search.close();
    return found;
  }, QUERY);
  assert.deepEqual(pages.map(({ tier }) => tier), ['lexical', 'dense']);
  // what this browser can, until the encoder is there and says what it is
  assert.deepEqual(pages.map(({ backend }) => backend), ['relaxed-simd', 'simd128']);
  for (const { query, results, ms } of pages) {
    assert.equal(query, QUERY);
    assert.ok(ms > 0);
    assert.equal(results.length, 3);
    for (const result of results) {
      assert.ok(result.url.startsWith(site.url));
      assert.deepEqual(Object.keys(result).sort(), ['anchor', 'excerpt', 'explain', 'headingPath', 'lang', 'meta', 'passage', 'score', 'title', 'url']);
    }
  }
});

browserTest('tiers: "lexical" ends after the words and loads no model', async ({ page, site }) => {
  const tiers = await page.evaluate(async (text) => {
    const { open } = await import(/** @type {any} */ (`${location.origin}/siteseer/siteseer.js`));
    const search = await open({ tiers: 'lexical' });
    const found = [];
    for await (const { tier } of search.query(text)) found.push(tier);
    return [...found, search.status.dense.state];
  }, QUERY);
  assert.deepEqual(tiers, ['lexical', 'off']);
  assert.ok(!site.requests.some((path) => path.includes('model')));
});

browserTest('status tells bytes and states; embed and tokenIds load the model', async ({ page }) => {
  const told = await page.evaluate(async () => {
    const { open } = await import(/** @type {any} */ (`${location.origin}/siteseer/siteseer.js`));
    const search = await open();
    /** @type {{ state: string, loaded: number, total: number }[]} */
    const states = [];
    search.status.addEventListener('change', () => states.push(search.status.dense));
    const vector = await search.embed('a text');
    const ids = await search.tokenIds('two words');
    return { states, vector: [...vector], ids: [...ids], kinds: [vector.constructor.name, ids.constructor.name] };
  });
  assert.deepEqual(told.kinds, ['Float32Array', 'Uint32Array']);
  assert.deepEqual(told.ids, [101, 3, 5, 102]);
  assert.equal(told.vector.length, 4);
  assert.ok(told.states.some(({ state, loaded, total }) => state === 'loading' && loaded > 0 && loaded <= total));
  assert.equal(told.states.at(-1)?.state, 'ready');
  assert.equal(told.states.at(-1)?.loaded, told.states.at(-1)?.total);
});

browserTest('a signal ends a query at once with its reason; close ends the rest', async ({ page }) => {
  const names = await page.evaluate(async (text) => {
    const { open } = await import(/** @type {any} */ (`${location.origin}/siteseer/siteseer.js`));
    const search = await open();
    const failure = async (/** @type {() => Promise<unknown>} */ run) => run().then(() => 'none', (error) => error.code ?? error.name);
    const controller = new AbortController();
    const aborted = failure(async () => {
      for await (const _ of search.query(text, { signal: controller.signal }));
    });
    controller.abort();
    const first = await aborted;
    const pending = failure(async () => {
      for await (const _ of search.query(`${text} !slow`));
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    search.close();
    return [first, await pending, await failure(() => search.query(text).next())];
  }, QUERY);
  assert.deepEqual(names, [20, 'closed', 'closed']);
});

browserTest('context quotes the hits of the best tier, with the passages around them', async ({ page, site }) => {
  const [context, lexical, none] = await page.evaluate(async (text) => {
    const { open } = await import(/** @type {any} */ (`${location.origin}/siteseer/siteseer.js`));
    const search = await open();
    const words = await open({ tiers: 'lexical' });
    const found = [await search.context(text, { maxTokens: 200 }), await words.context(text), await search.context(' ')];
    search.close();
    words.close();
    return found;
  }, QUERY);
  assert.equal(context.markdown, `${QUERY} 1`, 'the first of the dense list');
  assert.equal(lexical.markdown, `${QUERY} null`);
  assert.equal(context.citations.length, 2);
  assert.ok(lexical.citations.length > 2, 'fifteen would have room');
  for (const { url } of context.citations) assert.ok(url.startsWith(site.url), url);
  assert.deepEqual(none.citations, []);
});

browserTest('open rejects with an error that names the file and the next step', async ({ page }) => {
  const error = await page.evaluate(async () => {
    const { open, SiteseerError } = await import(/** @type {any} */ (`${location.origin}/siteseer/siteseer.js`));
    return open({ manifest: 'nowhere/manifest.json' }).catch((/** @type {any} */ e) => ({ typed: e instanceof SiteseerError, code: e.code, file: e.file, next: e.next }));
  });
  assert.equal(error.typed, true);
  assert.equal(error.code, 'network');
  assert.match(error.file, /nowhere\/manifest\.json$/);
  assert.match(error.next, /siteseer index/);
});

browserTest('of a long text the beginning is read, up to the last whole word', async ({ page }) => {
  const read = await page.evaluate(async () => {
    const { open } = await import(/** @type {any} */ (`${location.origin}/siteseer/siteseer.js`));
    const search = await open({ tiers: 'lexical' });
    const texts = ['packages '.repeat(9999), `${'packages '.repeat(111)} x`, `packages ${'x'.repeat(5000)}`, 'packages '.repeat(111)];
    const read = [];
    for (const text of texts) for await (const { query } of search.query(text)) read.push([query.length, query.slice(-9)]);
    const { markdown } = await search.context(texts[0]);
    search.close();
    return [...read, markdown.indexOf(' null')];
  });
  assert.deepEqual(read, [[998, ' packages'], [999, 'packages '], [1000, 'xxxxxxxxx'], [999, 'packages '], 998]);
});

browserTest('limit and maxTokens are whole numbers within their bounds, whatever is given', async ({ page }) => {
  const { counts, tokens } = await page.evaluate(async (text) => {
    const { open } = await import(/** @type {any} */ (`${location.origin}/siteseer/siteseer.js`));
    const search = await open({ tiers: 'lexical' });
    const counts = [];
    for (const limit of [undefined, null, NaN, '2', 2.9, -1, 0, Infinity, 1431655766]) for await (const { results } of search.query(text, { limit })) counts.push(results.length);
    const tokens = [];
    for (const maxTokens of [undefined, null, NaN, '200', -1, 0]) tokens.push((await search.context(text, { maxTokens })).tokens);
    tokens.push((await search.context(text, { maxTokens: Infinity })).tokens);
    search.close();
    return { counts, tokens };
  }, 'the that packages one of and workspace');
  const [usual, , , , , , , most] = counts;
  assert.ok(most > usual);
  assert.deepEqual(counts, [8, 8, 8, 2, 2, 1, 1, most, most]);
  const all = tokens[0];
  assert.ok(all > 200);
  assert.deepEqual(tokens, [all, all, all, 200, 0, 0, all]);
});

browserTest('after close() what runs and what is asked rejects with `closed`, and nothing else is said', async ({ page, site }) => {
  /** @type {string[]} */
  const warnings = [];
  page.on('console', (message) => message.type() === 'warning' && warnings.push(message.text()));
  site.faults.set(/model/, { bytesPerSecond: 20_000 });
  const said = await page.evaluate(async (text) => {
    const { open, SiteseerError } = await import(/** @type {any} */ (`${location.origin}/siteseer/siteseer.js`));
    const search = await open();
    const code = (/** @type {Promise<unknown>} */ work) => work.then(() => 'none', (error) => (error instanceof SiteseerError ? error.code : String(error)));
    const tiers = /** @type {string[]} */ ([]);
    const running = code((async () => {
      for await (const { tier } of search.query(text)) tiers.push(tier);
    })());
    const running2 = code(search.load('dense'));
    while (!search.status.dense.loaded) await new Promise((resolve) => setTimeout(resolve, 20));
    search.close();
    const later = [search.load('lexical'), search.load('dense'), search.related(), search.embed('x'), search.facets(), search.suggest('x'), search.context('x')];
    return { tiers, codes: await Promise.all([running, running2, ...later.map(code)]), dense: search.status.dense };
  }, QUERY);
  assert.deepEqual(said.tiers, ['lexical']);
  assert.deepEqual(new Set(said.codes), new Set(['closed']));
  assert.deepEqual([said.dense.state, said.dense.error], ['idle', undefined]);
  assert.deepEqual(warnings, []);
});

browserTest('a tier or an address that is none is refused; nothing at all is the default', async ({ page }) => {
  const said = await page.evaluate(async () => {
    const { open, SiteseerError } = await import(/** @type {any} */ (`${location.origin}/siteseer/siteseer.js`));
    const failure = (/** @type {any} */ error) => [error instanceof SiteseerError && error.code, error.message];
    const search = await open(null);
    /** @type {any} */
    let stopped;
    try {
      search.stop('foo');
    } catch (error) {
      stopped = failure(error);
    }
    const works = [open({ tiers: 'rerank' }), open({ tiers: 'Dense' }), search.load('foo'), open({ manifest: 'http://' }), search.related('http://')];
    return { state: search.status.dense.state, said: [stopped, ...(await Promise.all(works.map((work) => work.catch(failure))))] };
  });
  assert.equal(said.state, 'idle');
  const all = 'is none of the tiers lexical, static, dense, late, reranked.';
  assert.deepEqual(said.said, [
    ['page', '"foo" is none of the tiers static, dense, late, reranked.'],
    ['page', `"rerank" ${all}`],
    ['page', `"Dense" ${all}`],
    ['page', `"foo" ${all}`],
    ['page', '"http://" is no address.'],
    ['page', '"http://" is no address.'],
  ]);
});

browserTest('siteseer-open can be prevented', async ({ page }) => {
  await page.evaluate(() => {
    document.addEventListener('siteseer-open', (event) => {
      event.preventDefault();
      Object.assign(window, { opened: /** @type {CustomEvent} */ (event).detail.result.title });
    });
  });
  await page.getByRole('combobox').fill(QUERY);
  await page.locator('.badge.dense').waitFor();
  await page.getByRole('option').first().click();
  await page.waitForTimeout(200);
  assert.match(page.url(), /box\.html$/);
  assert.equal(await page.evaluate(() => /** @type {any} */ (window).opened), 'Workspaces - The Cargo Book');
});

browserTest('a module worker can search as well', async ({ page, site }) => {
  const tiers = await page.evaluate(() => new Promise((resolve, reject) => {
    const worker = new Worker('/own.js', { type: 'module' });
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = reject;
  }));
  assert.deepEqual(tiers, ['lexical', 'dense', `${site.url}cargo/reference/workspaces.html`]);
}, {
  faults: (site) => site.pages.set('own.js', `
    import { open } from '/siteseer/siteseer.js';
    const search = await open();
    const said = [];
    let last;
    for await (const page of search.query('${QUERY}')) said.push((last = page).tier);
    search.close();
    postMessage([...said, last.results[0].url.split('#')[0]]);
  `),
});
