// The same client in Node: from the folder on disk, or through a loader, with the fake engine; the real one answers in
// tests/browser/node.rs. Each script is a process of its own, which has to end by itself.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { QUERY } from './harness.js';
import { serveSite, writeIndex } from './server.js';

const docs = new URL('../../docs/', import.meta.url);
const RELATED = { 'cargo/reference/workspaces.html': [['cargo/guide.html', 'Guide', 'Members', 'Why']] };
let folder = '';

before(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'siteseer-node-')));
  await writeIndex(join(folder, 'public/siteseer'), { rerankerBytes: 1000, filters: true, tower: true, related: RELATED });
});
after(() => rmSync(folder, { recursive: true }));

/**
 * Runs a module in the folder beside `public/`.
 * @param {string} code
 * @returns {Promise<string>} what it writes
 */
async function run(code) {
  const file = join(folder, 'script.mjs');
  writeFileSync(file, code);
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [file], { cwd: folder, timeout: 60_000 });
  assert.equal(stderr, '');
  return stdout;
}

/** @param {string} code an async function's body; `open`, `SiteseerError` and `query` are there */
async function answer(code) {
  const said = await run(`
    import { open, SiteseerError } from './public/siteseer/siteseer.js';
    const query = ${JSON.stringify(QUERY)};
    const said = await (async () => { ${code} })();
    console.log('\\n' + JSON.stringify(said));
  `);
  return JSON.parse(said.trimEnd().split('\n').at(-1) ?? ''); // before it the fake encoder says what it scores
}

test('a folder on disk answers in every tier, and the process ends after close()', async () => {
  const { pages, globals } = await answer(`
    const search = await open({ rerankWorkers: 3 });
    const pages = [];
    for await (const { tier, results, workers } of search.query(query, { limit: 3 })) pages.push({ tier, workers, urls: results.map(({ url }) => url) });
    search.close();
    return { pages, globals: ['Worker', 'self', 'document', 'HTMLElement', 'customElements'].filter((name) => name in globalThis) };
  `);
  assert.deepEqual(pages.map((/** @type {any} */ { tier }) => tier), ['lexical', 'static', 'dense', 'reranked']);
  for (const { urls } of pages) {
    assert.equal(urls.length, 3);
    for (const url of urls) assert.ok(url.startsWith(`file://${folder}/public/`), url);
  }
  assert.deepEqual(globals, [], 'it leaves the global scope as it was');
});

test('helpers score in threads of their own', async () => {
  const workers = await answer(`
    const search = await open({ rerankWorkers: 3 });
    for (let tries = 0; tries < 100; tries++) {
      let last;
      for await (const page of search.query('the that packages one of and workspace ' + tries)) last = page;
      if (last.tier === 'reranked' && last.workers === 3) break;
      if (tries === 99) throw new Error('only ' + last.workers);
    }
    search.close();
    return 3;
  `);
  assert.equal(workers, 3);
});

test('filters, facets, context, embed and related pages are there too', async () => {
  const said = await answer(`
    const search = await open();
    const { value: page } = await search.query(query, { filters: { lang: 'he' } }).next();
    const facets = await search.facets();
    const { citations } = await search.context(query);
    const vector = await search.embed('a text');
    const related = await search.related(new URL('./public/cargo/reference/workspaces', import.meta.url).href);
    search.close();
    return { langs: page.results.map(({ lang }) => lang), facets, citations, dim: vector.length, kind: vector.constructor.name, related };
  `);
  assert.ok(said.langs.every((/** @type {string} */ lang) => lang === 'he'));
  assert.ok(said.facets.lang.he > 0);
  assert.ok(said.citations[0].url.startsWith('file://'));
  assert.deepEqual([said.dim, said.kind], [4, 'Float32Array']);
  assert.deepEqual(said.related, [{ url: `file://${folder}/public/cargo/guide.html`, title: 'Guide', here: 'Members', there: 'Why' }]);
});

test('a loader reads the index, and nothing but the index', async () => {
  const { asked, urls, related } = await answer(`
    const { readFile } = await import('node:fs/promises');
    const asked = [];
    const kinds = [(bytes) => bytes, (bytes) => new Uint8Array(bytes).buffer, (bytes) => new Response(bytes)];
    const loader = async (url) => {
      asked.push(url);
      return kinds[asked.length % 3](await readFile('public' + new URL(url).pathname));
    };
    const search = await open({ manifest: 'https://example.org/siteseer/manifest.json', loader });
    let last;
    for await (const page of search.query(query)) last = page;
    const related = await search.related('https://example.org/cargo/reference/workspaces.html');
    search.close();
    return { asked, urls: last.results.map(({ url }) => url), related };
  `);
  assert.ok(asked.some((/** @type {string} */ url) => url.endsWith('/manifest.json')));
  assert.ok(asked.some((/** @type {string} */ url) => url.includes('/reranker-')));
  for (const url of asked) assert.match(url, /^https:\/\/example\.org\/siteseer\/(manifest\.json|[a-z]+-[0-9a-f]{12}[\w.-]*)$/);
  for (const url of urls) assert.match(url, /^https:\/\/example\.org\//);
  assert.equal(related[0].url, 'https://example.org/cargo/guide.html');
});

test('what a loader throws is told; a file that it does not find is not there', async () => {
  const said = await answer(`
    const { readFile } = await import('node:fs/promises');
    const manifest = 'https://example.org/siteseer/manifest.json';
    const fails = (pattern) => async (url) => {
      if (pattern.test(url)) throw new Error('no bucket');
      return readFile('public' + new URL(url).pathname);
    };
    const told = ({ code, message, cause }) => [code, message, cause];
    const first = await open({ manifest, loader: fails(/manifest/) }).catch(told);
    console.warn = () => {};
    const search = await open({ manifest, loader: fails(/model-/) });
    const second = await search.load('dense').catch(told);
    const related = await search.related('https://example.org/nowhere.html');
    search.close();
    return { first, second, related };
  `);
  assert.deepEqual(said.first, ['network', 'The search index (https://example.org/siteseer/manifest.json) could not be reached (Error: no bucket). Check the connection and try again.', 'no bucket']);
  assert.match(said.second[1], /model-.* could not be loaded \(Error: no bucket\)/);
  assert.equal(said.second[2], 'no bucket');
  assert.deepEqual(said.related, []);
});

test('an index on a server is read through fetch', async () => {
  const site = await serveSite();
  try {
    const urls = await answer(`
      const search = await open({ manifest: '${site.url}siteseer/manifest.json' });
      let last;
      for await (const page of search.query(query)) last = page;
      search.close();
      return last.results.map(({ url }) => url);
    `);
    assert.ok(urls.length > 0);
    for (const url of urls) assert.ok(url.startsWith(site.url), url);
  } finally {
    await site.close();
  }
});

test('what is missing is named, by type; a missing model costs its tiers only', async () => {
  const said = await answer(`
    const fails = (options) => open(options).catch((error) => [error instanceof SiteseerError, error.code, error.message]);
    const nowhere = await fails({ manifest: new URL('./nowhere/manifest.json', import.meta.url) });
    const nothing = await fails({ manifest: 'https://example.org/manifest.json', loader: async () => null });
    const thrown = await fails({ manifest: 'https://example.org/manifest.json', loader: async () => { throw new Error('no bucket'); } });
    const { readFile } = await import('node:fs/promises');
    const loader = (url) => /model-/.test(url) ? Promise.resolve(undefined) : readFile(new URL(url));
    const warn = console.warn;
    console.warn = () => {};
    const search = await open({ loader });
    const tiers = [];
    for await (const { tier } of search.query(query)) tiers.push(tier);
    const { state, error } = search.status.dense;
    search.close();
    return { nowhere, nothing, thrown, tiers, state, message: error.message };
  `);
  assert.deepEqual(said.nowhere.slice(0, 2), [true, 'network']);
  assert.match(said.nowhere[2], /nowhere\/manifest\.json \(HTTP 404\).*siteseer index/);
  assert.match(said.nothing[2], /HTTP 404/);
  assert.equal(said.thrown[1], 'network');
  assert.deepEqual(said.tiers, ['lexical', 'static']);
  assert.equal(said.state, 'failed');
  assert.match(said.message, /model-.* could not be loaded \(HTTP 404\)/);
});

const examples = readdirSync(docs).filter((name) => name.endsWith('.md')).flatMap((page) =>
  [...readFileSync(new URL(page, docs), 'utf8').matchAll(/```js\n([^]*?)```/g)].map(([, code]) => ({ page, code })).filter(({ code }) => code.includes("from './public/siteseer/siteseer.js'")),
);

test('there are examples for Node', () => assert.ok(examples.length >= 2));

for (const [i, { page, code }] of examples.entries()) {
  test(`${page}: example ${i + 1} for Node runs and says something`, async () => {
    assert.ok(existsSync(join(folder, 'public/siteseer/siteseer.js')));
    assert.match(await run(code), /\S/);
  });
}
