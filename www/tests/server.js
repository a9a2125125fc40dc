// A static server for the tests: the demo page, the client as it ships (bundled) or as it is written, and a fake index,
// under the Content-Security-Policy that the product promises to work with. Tests can withhold, spoil or slow down single
// files.

import { createServer } from 'node:http';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { PACKAGE, bundle } from '../bundle.js';
import { listClient } from '../list.js';
import { fakeIndex } from './fake-engine/site.js';

const WWW = fileURLToPath(new URL('..', import.meta.url));
const CSP = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'";
/** @type {Record<string, string>} */
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
};
/** Made once for a test file. @type {ReturnType<typeof bundle> | undefined} */
let bundled;
/** The shortest module there is. */
const EMPTY_WASM = Buffer.from([0, 97, 115, 109, 1, 0, 0, 0]);
/** The engine's second part: it calls the first's `arrived`, a function of no arguments, when it is instantiated. */
const MORE_WASM = Buffer.from([...EMPTY_WASM, 1, 4, 1, 96, 0, 0, 2, 17, 1, 5, ...Buffer.from('first'), 7, ...Buffer.from('arrived'), 0, 0, 8, 1, 0]);
/** The engine and the tower travel packed. @type {(name: string) => [name: string, content: Buffer<ArrayBuffer>]} */
const wasmOf = (name) => (/^(engine|tower|sparse)$/.test(name) ? [`${name}.wasm.gz`, Buffer.from(gzipSync(EMPTY_WASM))] : [`${name}.wasm`, EMPTY_WASM]);
const MORE = /** @type {const} */ (['engine-more.wasm.gz', Buffer.from(gzipSync(MORE_WASM))]);

/**
 * What to do to a file: another status, a new content or null for 404, and bytes per second.
 * @typedef {{ status?: number, content?: (content: Buffer) => Buffer | null, bytesPerSecond?: number, headers?: Record<string, string> }} Fault
 */

/**
 * @typedef {object} TestSite
 * @property {string} url with a trailing slash
 * @property {string[]} requests paths, in the order of arrival
 * @property {string[]} broken paths of answers that were given up by who asked
 * @property {Map<RegExp, Fault>} faults
 * @property {Map<string, string>} pages further pages by path
 * @property {(options: ServeOptions) => void} deploy replaces index and client by those of another build
 * @property {() => Promise<void>} close
 */

/**
 * @typedef {object} ServeOptions
 * @property {number} [modelBytes]
 * @property {number} [rerankerBytes] without it the index has no reranker
 * @property {boolean} [filters] pages have a filter `lang`
 * @property {boolean} [tower] the index has a static query tower
 * @property {boolean} [sparse] it has postings by meaning
 * @property {boolean} [compressed] its vectors are compressed
 * @property {boolean} [late] the index has token vectors
 * @property {string[]} [stemmers] languages of the site that have one
 * @property {Record<string, number>} [languages] pages by language
 * @property {Record<string, string[][]>} [related] related pages by address
 * @property {boolean} [models] false: an index of words alone
 * @property {string} [csp]
 * @property {string} [cacheControl]
 * @property {number} [build] written into the manifest, the titles and every module of the client
 * @property {number} [missing] the status of what is not there
 * @property {boolean} [unbundled] the client's modules as they are written
 */

const fake = (/** @type {string} */ name) => readFile(join(WWW, `tests/fake-engine/${name}.js`));

/**
 * @param {ServeOptions} [options]
 * @returns {Promise<TestSite>}
 */
export async function serveSite(options = {}) {
  const { csp = CSP, cacheControl = 'no-store', unbundled = false, missing = 404 } = options;
  const modules = unbundled ? null : await (bundled ??= bundle());
  const fakes = { engine: await fake('engine'), tower: await fake('tower'), sparse: await fake('sparse'), 'encoder-relaxed': await fake('encoder'), 'encoder-simd': await fake('encoder'), 'encoder-gpu': await fake('encoder-gpu') };
  let index = fakeIndex(options);
  let client = modules && makeClient(modules, fakes, options.build);
  /** @type {string[]} */
  const requests = [];
  /** @type {string[]} */
  const broken = [];
  /** @type {Map<RegExp, Fault>} */
  const faults = new Map();
  /** @type {Map<string, string>} */
  const pages = new Map();

  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname).slice(1) || 'index.html';
    requests.push(path);
    response.on('close', () => response.writableEnded || broken.push(path));
    const fault = [...faults].find(([pattern]) => pattern.test(path))?.[1];
    let content = await find(path);
    if (content && fault?.content) content = fault.content(content);
    if (!content) return response.writeHead(missing, { 'content-type': 'text/plain' }).end('not found');
    response.writeHead(fault?.status ?? 200, {
      'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
      'content-security-policy': csp,
      'cache-control': cacheControl,
      ...fault?.headers,
    });
    await send(response, content, fault?.bytesPerSecond);
  });

  /**
   * @param {string} path
   * @returns {Promise<Buffer | null>}
   */
  async function find(path) {
    const page = pages.get(path);
    if (page) return Buffer.from(page);
    const [folder, name] = path.split('/');
    if (folder === 'siteseer' && index.has(name)) return index.get(name) ?? null;
    if (folder === 'siteseer' && client?.has(name)) return client.get(name) ?? null;
    if (folder === 'siteseer' && name === MORE[0]) return MORE[1];
    const [, stem, type] = path.match(/^siteseer\/(engine|tower|sparse|encoder-relaxed|encoder-simd|encoder-gpu)\.(js|wasm|wasm\.gz)$/) ?? [];
    if (stem) return type !== 'js' ? wasmOf(stem)[1] : fakes[/** @type {keyof typeof fakes} */ (stem)];
    return readFile(join(WWW, path)).catch(() => null);
  }

  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  const close = () =>
    /** @type {Promise<void>} */ (
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      })
    );
  const deploy = (/** @type {ServeOptions} */ next) => {
    index = fakeIndex(next);
    client = modules && makeClient(modules, fakes, next.build);
  };
  return { url: `http://127.0.0.1:${address.port}/`, requests, broken, faults, pages, deploy, close };
}

/**
 * An index folder with the client, the fake engine and what is for developers.
 * @param {string} folder
 * @param {ServeOptions} [options]
 */
export async function writeIndex(folder, options = {}) {
  const names = /** @type {const} */ ({ engine: 'engine', tower: 'tower', sparse: 'sparse', 'encoder-relaxed': 'encoder', 'encoder-simd': 'encoder' });
  const fakes = await Promise.all(Object.entries(names).map(async ([name, source]) => [name, await fake(source)]));
  const files = makeClient(await (bundled ??= bundle()), Object.fromEntries(fakes)).set('package.json', Buffer.from(PACKAGE));
  await mkdir(folder, { recursive: true });
  await Promise.all([...fakeIndex(options), ...files].map(([name, content]) => writeFile(join(folder, name), content)));
}

/**
 * The client as `siteseer index` puts it into the folder, with the fake engine.
 * @param {Awaited<ReturnType<typeof bundle>>} modules
 * @param {Record<string, Buffer>} fakes glue of the wasm files by name
 * @param {number} [build]
 * @returns {Map<string, Buffer>}
 */
function makeClient(modules, fakes, build = 1) {
  const mark = (/** @type {Buffer} */ code) => Buffer.concat([code, Buffer.from(`\n/* build ${build} */\n`)]);
  const files = new Map([...modules].map(([name, { content }]) => [name, mark(content)]));
  for (const [name, glue] of Object.entries(fakes)) files.set(`${name}.js`, mark(glue)).set(...wasmOf(name));
  return files.set(...MORE).set('client.json', Buffer.from(listClient(files)));
}

/**
 * @param {import('node:http').ServerResponse} response
 * @param {Buffer} content
 * @param {number} [bytesPerSecond]
 */
async function send(response, content, bytesPerSecond) {
  if (!bytesPerSecond) return response.end(content);
  const step = Math.max(1, Math.round(bytesPerSecond / 20));
  for (let at = 0; at < content.length && !response.destroyed; at += step) {
    response.write(content.subarray(at, at + step));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  response.end();
}
