// What visitors load: modules that stand alone, under the strict policy; and the sources, which run as they are.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { bundle, gzipSize } from '../bundle.js';
import { QUERY, best, browserTests, input, meaning } from './harness.js';

const browserTest = browserTests();
/** @param {string[]} requests */
const modules = (requests) => [...new Set(requests.filter((path) => /^siteseer\/(?!engine|encoder).*\.js$/.test(path)))];

browserTest('a page loads one module, a search one more and, after its results, two; the worker and the engine are found beside them', async ({ page, site }) => {
  assert.deepEqual(modules(site.requests), ['siteseer/siteseer.js']);
  await input(page).fill(QUERY);
  await best(page);
  const [first, worker, ...later] = modules(site.requests);
  assert.deepEqual([first, worker, ...later.sort()], ['siteseer/siteseer.js', 'siteseer/worker.js', 'siteseer/extras.js', 'siteseer/upper.js']);
  assert.ok(site.requests.some((path) => /^siteseer\/encoder-(relaxed|simd)\.wasm$/.test(path)));
}, { serve: { rerankerBytes: 1000 } });

browserTest('the sources run unbundled', async ({ page, site }) => {
  await input(page).fill(QUERY);
  await meaning(page);
  assert.ok(modules(site.requests).includes('siteseer/combobox.js'));
}, { serve: { unbundled: true } });

test('the bundles import nothing, evaluate nothing, keep no comments, and are the same twice', async () => {
  const [first, second] = [await bundle(), await bundle()];
  for (const [name, { content, sources }] of first) {
    const code = String(content);
    assert.ok(sources.length > (/languages|node|disk|stemmers/.test(name) ? 0 : 5), `${name} is made of ${sources}`);
    assert.doesNotMatch(name.startsWith('node') ? code.replace(/import\{[^}]*\}from"node:\w+/g, '') : code, /\bimport\s*["'{*]|\beval\(|new Function|innerHTML|blob:|@import|@param/, name);
    assert.ok(content.equals(second.get(name)?.content ?? Buffer.alloc(0)), name);
  }
});

test('the folder holds the modules and the public types, which need no other file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'siteseer-bundle-'));
  try {
    const said = execFileSync(process.execPath, [fileURLToPath(new URL('../bundle.js', import.meta.url)), folder], { encoding: 'utf8' });
    assert.match(said, /^siteseer\.js: \d+ modules as written, \d+ bytes gzip -> 1 module, \d+ bytes gzip$/m);
    assert.deepEqual(readdirSync(folder).sort(), ['extras.js', 'from-disk.js', 'languages.js', 'node-thread.js', 'node.js', 'offline-line.js', 'offline.js', 'package.json', 'related.js', 'siteseer.d.ts', 'siteseer.js', 'stemmers.js', 'upper.js', 'worker.js']);
    assert.doesNotMatch(readFileSync(join(folder, 'siteseer.d.ts'), 'utf8'), /^import|^export .* from/m);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the public types are enough for Node, which has no document', () => {
  const folder = mkdtempSync(join(tmpdir(), 'siteseer-types-'));
  try {
    const www = fileURLToPath(new URL('..', import.meta.url));
    copyFileSync(join(www, 'siteseer/siteseer.d.ts'), join(folder, 'siteseer.d.ts'));
    writeFileSync(join(folder, 'own.mts'), "import { open } from './siteseer.js';\nconst search = await open({ loader: async (url) => new Response(url) });\nsearch.close();\n");
    symlinkSync(join(www, 'node_modules'), join(folder, 'node_modules'));
    const options = ['--noEmit', '--strict', '--target', 'es2022', '--module', 'nodenext', '--lib', 'es2023', '--types', 'node'];
    const { stdout, status } = spawnSync(join(www, 'node_modules/.bin/tsc'), [...options, join(folder, 'own.mts')], { cwd: folder, encoding: 'utf8' });
    assert.equal(stdout, '');
    assert.equal(status, 0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('client.json names every file that pages load, with length and hash, and nothing else', () => {
  const folder = mkdtempSync(join(tmpdir(), 'siteseer-list-'));
  try {
    const files = { 'siteseer.js': 'a', 'encoder-simd.wasm': 'bc', 'siteseer.d.ts': 'd', 'node.js': 'd', 'node-thread.js': 'd', 'package.json': 'd', 'offline.js': 'e', 'w.wasm.gz': gzipSync('fgh') };
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    for (let i = 0; i < 2; i++) execFileSync(process.execPath, [fileURLToPath(new URL('../list.js', import.meta.url)), folder]); // it does not list itself
    assert.deepEqual(JSON.parse(readFileSync(join(folder, 'client.json'), 'utf8')), {
      format: 'siteseer-client',
      files: [
        { name: 'encoder-simd.wasm', bytes: 2, sha256: createHash('sha256').update('bc').digest('hex') },
        { name: 'siteseer.js', bytes: 1, sha256: createHash('sha256').update('a').digest('hex') },
        { name: 'w.wasm.gz', bytes: gzipSync('fgh').length, rawBytes: 3, sha256: createHash('sha256').update('fgh').digest('hex') },
      ],
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the page pays at most 25 kB for the search box, styles included', async () => {
  const files = await bundle();
  const [page, extras] = ['siteseer.js', 'extras.js'].map((name) => gzipSize(files.get(name)?.content ?? Buffer.alloc(0)));
  assert.ok(page > 1000 && extras > 1000 && page + extras <= 25_000, `${page} + ${extras}`);
});
