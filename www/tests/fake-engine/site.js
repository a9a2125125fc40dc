// Makes a whole index folder in memory for the fake engine: manifest, lexical, vectors, model, chunks and, if wanted, a
// reranker, with true lengths and hashes.

import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { keyOf, numberOf } from '../../siteseer/related-pages.js';
import { passages as written } from './passages.js';

const PER_CHUNK = 4;
/** Chunks of postings; a word is in that of its first letter. */
const POSTINGS = 4;
const TOKENS = 3;

/**
 * @param {{ modelBytes?: number, rerankerBytes?: number, filters?: boolean, models?: boolean, tower?: boolean, sparse?: boolean, compressed?: boolean, late?: boolean, stemmers?: string[], languages?: Record<string, number>, related?: Record<string, string[][]>, build?: number }} [options] lengths of the model files,
 *   incompressible; whether pages have a filter `lang`; whether there are vectors and models; whether there is a static query tower, or postings by meaning; whether vectors are compressed; whether
 *   there are token vectors; languages that have a stemmer; pages by language;
 *   related pages by address, each `[URL, title, heading here, heading there]`
 * @returns {Map<string, Buffer>} file name → stored content
 */
export function fakeIndex({ modelBytes = 200_000, rerankerBytes, filters = false, models = true, tower = false, sparse = false, compressed = false, late = false, stemmers, languages = { en: 687, he: 2 }, related, build = 1 } = {}) {
  const passages = written.map((passage) => (build === 1 ? passage : { ...passage, title: `${passage.title}, build ${build}` }));
  /** @type {Map<string, Buffer>} */
  const files = new Map();
  const add = (/** @type {string} */ kind, /** @type {Buffer} */ raw, gzip = true) => {
    const sha256 = createHash('sha256').update(raw).digest('hex');
    const stored = gzip ? gzipSync(raw) : raw;
    const name = `${kind}-${sha256.slice(0, 12)}${gzip ? '.bin.gz' : '.safetensors'}`;
    files.set(name, stored);
    return { name, bytes: stored.length, rawBytes: raw.length, sha256 };
  };
  const json = (/** @type {unknown} */ value) => Buffer.from(JSON.stringify(value));

  const lexical = add('lexical', json(passages.map(({ title, headingPath, text }) => [title, ...headingPath, text].join(' '))));
  const vectors = add('vectors', json(passages.map(({ title, text, meaning }) => `${meaning} ${meaning} ${title} ${text}`)), false);
  const model = add('model', Buffer.concat([Buffer.from('MODEL'), noise(modelBytes)]));
  const reranker = rerankerBytes && add('reranker', Buffer.concat([Buffer.from('RERANK'), noise(rerankerBytes)]));
  const langs = filters && add('filters', json(passages.map(({ lang }) => lang)));
  const chunks = (/** @type {string} */ kind, /** @type {Buffer[]} */ bodies, /** @type {number[]} */ numbers = [...bodies.keys()]) => {
    const id = createHash('sha256').update(Buffer.concat(bodies)).digest();
    const name = `${kind}-${id.toString('hex').slice(0, 12)}-*.bin.gz`;
    const contents = bodies.map((body, i) => {
      const rest = Buffer.concat([id.subarray(0, 8), Buffer.from(Uint32Array.of(numbers[i]).buffer), body]);
      return Buffer.concat([createHash('sha256').update(rest).digest().subarray(0, 8), rest]);
    });
    const stored = contents.map((content) => gzipSync(content));
    stored.forEach((file, i) => files.set(name.replace('*', String(numbers[i])), file));
    const bytes = stored.reduce((sum, { length }) => sum + length, 0);
    return { name, id: id.toString('hex').slice(0, 16), files: stored.length, bytes, largest: Math.max(...contents.map(({ length }) => length)) };
  };
  const starts = Array.from({ length: Math.ceil(passages.length / PER_CHUNK) }, (_, i) => i * PER_CHUNK);
  const postings = chunks('postings', Array.from({ length: POSTINGS }, (_, i) => json(`postings ${i} of build ${build}`)));
  const spellings = chunks('spellings', [json(`spellings of build ${build}`)]);
  const texts = chunks('passages', starts.map((start) => json(passages.slice(start, start + PER_CHUNK))));

  const bits = 32;
  const keys = Object.keys(related ?? {}).map(keyOf);
  const relatedChunks = related && chunks('related', Object.values(related).map((rows, i) => json([[keys[i], rows]])), keys.map((key) => numberOf(key, bits)));

  const nearby = tower && {
    root: add('tower', Buffer.from('TOWER')),
    axes: add('axes', Buffer.from('AXES!')),
    tokens: chunks('tokens', Array.from({ length: TOKENS }, (_, i) => json(`tokens ${i}`))),
    cells: chunks('cells', [0, 1].map((cell) => json(passages.flatMap((_, i) => (i % 2 === cell ? [i] : []))))),
    rows: chunks('rows', starts.map((start) => json(passages.slice(start, start + PER_CHUNK).map(({ title, meaning }, i) => [start + i, `${meaning} ${title}`])))),
  };

  const impacts = sparse && {
    root: add('impacts-root', Buffer.from('IMPACTS')),
    impacts: chunks('impacts', Array.from({ length: TOKENS }, () => json(passages.map(({ title, meaning }) => `${meaning} ${title}`)))),
  };

  const compressedFiles = compressed && {
    codes: add('codes', json(passages.map(({ title, text, meaning }) => `${meaning} ${meaning} ${title} ${text}`)), false),
    exact: chunks('exact', passages.map((_, passage) => json([passage]))),
  };

  const LATE_PER_CHUNK = 2;
  const lateFiles = late && {
    head: add('late-head', Buffer.from('HEAD of late interaction')),
    code: add('late-code', Buffer.from('CODE')),
    tokens: chunks('late', Array.from({ length: Math.ceil(passages.length / LATE_PER_CHUNK) }, (_, i) => json([LATE_PER_CHUNK * i, LATE_PER_CHUNK * i + 1]))),
  };

  const stemmer = (/** @type {string} */ language) => ({ languages: [language], file: add(`stemmer-${language}`, Buffer.from(language)) });

  const manifest = {
    format: 'siteseer-index',
    version: 3,
    generator: `fake, build ${build}`,
    siteRoot: '../',
    counts: { pages: 689, sections: 5210, passages: 9034 },
    languages,
    model: { id: 'all-MiniLM-L6-v2', dim: 4, maxTokens: 256, tokenizerSha256: '' },
    fusion: { dense: 0.94, lexical: 0.59 },
    passagesPerChunk: PER_CHUNK,
    ...(relatedChunks && { related: { count: 3, bits, chunks: relatedChunks } }),
    ...(nearby && { staticTower: { id: 'static-tower', fusion: { dense: 0.8, lexical: 0.75 }, rowsPerChunk: PER_CHUNK } }),
    ...(impacts && { sparse: { id: 'sparse', terms: 128, fusion: { dense: 0.4, lexical: 0.75 } } }),
    ...(lateFiles && { late: { id: 'late', dim: 16, lambda: 1, passagesPerChunk: LATE_PER_CHUNK } }),
    ...(reranker && { reranker: { id: 'cross-encoder', maxTokens: 128, lambda: 0.5 } }),
    files: { lexical, ...(stemmers && { stemmers: stemmers.map(stemmer) }), postings, spellings, ...(models && { vectors, model }), ...(compressedFiles && { compressed: compressedFiles }), ...(langs && { filters: langs }), ...(reranker && { reranker }), ...(nearby && { staticTower: nearby }), ...(impacts && { sparse: impacts }), ...(lateFiles && { late: lateFiles }), passages: texts },
  };
  return files.set('manifest.json', json(manifest));
}

/**
 * Bytes that gzip cannot shorten, the same at every run.
 * @param {number} length
 */
function noise(length) {
  const bytes = Buffer.alloc(length);
  for (let i = 0, x = 1; i < length; i++) bytes[i] = (x = (Math.imul(x, 1664525) + 1013904223) >>> 0) >>> 24;
  return bytes;
}
