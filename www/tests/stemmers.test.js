// The stemmers that ship, each with the words of tests/fixtures/stems.json, which are checked natively, too; and files that are none.
// `./build.sh wasm` makes them.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';

let copies = 0;
/** The module as a worker of its own has it. @type {() => Promise<typeof import('../siteseer/stemmers.js')>} */
const fresh = () => import(`../siteseer/stemmers.js?${++copies}`);

/** @type {Record<string, Record<string, string>>} stems of words, by language */
const stems = JSON.parse(readFileSync(new URL('../../tests/fixtures/stems.json', import.meta.url), 'utf8'));
const read = (/** @type {string} */ tag) => gunzipSync(readFileSync(new URL(`../dist/stemmers/${tag}.wasm.gz`, import.meta.url)));

/** @type {(value: Uint8Array) => PromiseSettledResult<Uint8Array>} */
const fulfilled = (value) => ({ status: 'fulfilled', value });
/** @type {(tags: string[], name?: string) => import('../siteseer/manifest.js').StemmerFile} */
const entry = (languages, name = `stemmer-${languages[0]}-0.wasm.gz`) => ({ languages, file: { name, bytes: 1, rawBytes: 1 } });
const stem = (/** @type {string} */ tag, /** @type {string} */ word) => siteseerStem(tag.charCodeAt(0) | (tag.charCodeAt(1) << 8), word);

test('every language is stemmed as on the command line', async () => {
  const tags = Object.keys(stems);
  assert.equal(tags.length, 17);
  await (await fresh()).useStemmers(tags.map((tag) => entry([tag])), tags.map((tag) => fulfilled(read(tag))));
  for (const tag of tags) for (const [word, expected] of Object.entries(stems[tag])) assert.equal(stem(tag, word), expected, `${word} in ${tag}`);
  assert.equal(stem('ja', '東京'), '', 'a language without a stemmer');
});

test('a language has several names', async () => {
  await (await fresh()).useStemmers([entry(['nb', 'nn'])], [fulfilled(read('no'))]);
  assert.deepEqual(['nb', 'nn', 'no'].map((tag) => stem(tag, 'husene')), ['hus', 'hus', '']);
});

test('what can not be loaded is said, and the others stem', async ({ mock }) => {
  const warn = mock.method(console, 'warn', () => {});
  await (await fresh()).useStemmers([entry(['fr']), entry(['de']), entry(['it'])], [{ status: 'rejected', reason: new Error('HTTP 404') }, fulfilled(read('de')), fulfilled(new Uint8Array(9))]);
  assert.deepEqual([stem('fr', 'maisons'), stem('de', 'häuser'), stem('it', 'case')], ['', 'haus', '']);
  const said = warn.mock.calls.map(({ arguments: [text] }) => text);
  assert.equal(said.length, 2);
  assert.match(said.find((text) => text.includes('"fr"')), /searches words in "fr" as they are written.*stemmer-fr-0\.wasm\.gz could not be loaded/);
  assert.ok(said.some((text) => text.includes('stemmer-it-0.wasm.gz')));
});

test('a word that is too long has no stem, and those after it have', async () => {
  await (await fresh()).useStemmers([entry(['de'])], [fulfilled(read('de'))]);
  assert.ok(stem('de', 'ß'.repeat(200)).length <= 256);
  assert.equal(stem('de', 'häuser'), 'haus');
});
