// Which build of the encoder this browser can run, and the loading of the wasm files. Each probe is a module of one function that
// uses one instruction of the feature in question: `WebAssembly.validate` compiles and runs nothing.

import { SiteseerError } from './errors.js';

/** @import { Backend } from './siteseer.js' */

/** The eight bytes of every module, then a type section with `() -> v128`, and one function of that type. */
const HEAD = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0];
/** `i32.const 0; i8x16.splat` */
const VECTOR = [65, 0, 253, 15];

/** @param {number[]} code instructions of the function, without locals and `end` */
function validates(code) {
  const body = [0, ...code, 11];
  return WebAssembly.validate(new Uint8Array([...HEAD, 10, body.length + 2, 1, body.length, ...body]));
}

/** `i8x16.popcnt` */
const hasSimd128 = () => validates([...VECTOR, 253, 98]);
/** `i32x4.relaxed_dot_i8x16_i7x16_add_s` */
const hasRelaxedSimd = () => validates([...VECTOR, ...VECTOR, ...VECTOR, 253, 147, 2]);

/**
 * @returns {Backend} the quickest build that this browser validates
 * @throws {SiteseerError} `wasm` when there is none
 */
export function detectBackend() {
  if (typeof WebAssembly !== 'object') {
    throw new SiteseerError('wasm', 'This browser runs no WebAssembly.', {
      next: 'It may be in a lockdown mode: allow this site, or use another browser.',
    });
  }
  if (hasRelaxedSimd()) return 'relaxed-simd';
  if (hasSimd128()) return 'simd128';
  throw new SiteseerError('wasm', 'This browser has no WebAssembly SIMD.', {
    next: 'Update it: every browser since 2023 has it.',
  });
}

/** The file name of an encoder's build, without extension. @param {Backend} backend */
export const encoderName = (backend) => (backend === 'relaxed-simd' ? 'encoder-relaxed' : 'encoder-simd');

/** @typedef {{ EngineClass: import('./engine.js').EngineClass, more: () => Promise<unknown> }} EngineParts `more` loads the second */

/** @returns {Promise<EngineParts>} the first part of the engine */
export async function loadEngine() {
  const { glue, exports } = await loadWasm('engine', '.gz');
  return { EngineClass: glue.Engine, more: () => loadMore('engine-more.wasm.gz', exports) };
}

/** @returns {Promise<import('./tower.js').TowerClass>} */
export const loadTower = async () => (await loadWasm('tower', '.gz')).glue.Tower;

/** @returns {Promise<import('./sparse.js').SparseClass>} */
export const loadSparse = async () => (await loadWasm('sparse', '.gz')).glue.Sparse;

/**
 * @param {Backend} backend
 * @returns {Promise<import('./encoder.js').EncoderClass>}
 */
export const loadEncoder = async (backend) => (await loadWasm(encoderName(backend))).glue.Encoder;

/** @returns {Promise<import('./encoder-gpu.js').GpuEncoderClass>} */
export const loadGpuEncoder = async () => (await loadWasm('encoder-gpu')).glue.GpuEncoder;

/**
 * Imports a wasm file's glue and instantiates it; both lie beside this module.
 * @param {string} name without extension
 * @param {'' | '.gz'} [packed]
 */
async function loadWasm(name, packed = '') {
  const file = `${name}.wasm${packed}`;
  const wasm = fetchWasm(file);
  wasm.catch(() => {}); // a failed fetch is reported below, where it is awaited
  const glue = await importModule(`${name}.js`);
  const response = await wasm;
  try {
    return { glue, exports: await glue.default({ module_or_path: packed ? await unpack(response) : response }) };
  } catch (cause) {
    throw refused(file, cause);
  }
}

/**
 * The second part of a wasm file: it fills the places that the first keeps free for it. That of another build is refused.
 * @param {string} file packed
 * @param {WebAssembly.ModuleImports} first what the first part exports
 */
async function loadMore(file, first) {
  const response = await fetchWasm(file);
  try {
    await WebAssembly.instantiateStreaming(unpack(response), { first });
  } catch (cause) {
    throw refused(file, cause);
  }
}

/** @param {string} file */
async function fetchWasm(file) {
  const response = await fetch(new URL(`./${file}`, import.meta.url)).catch((cause) => {
    throw missing(file, cause);
  });
  if (!response.ok) throw missing(file, response.status);
  return response;
}

/**
 * What every visitor loads is packed as tightly as gzip can be, which no host does by itself.
 * @param {Response} response
 * @returns {Promise<Response>} of the wasm file
 */
async function unpack(response) {
  const content = await response.blob();
  const [first] = new Uint8Array(await content.slice(0, 1).arrayBuffer());
  const stream = content.stream(); // a host that sent `Content-Encoding: gzip` has had it undone already
  return new Response(first === 0x1f ? stream.pipeThrough(new DecompressionStream('gzip')) : stream, {
    headers: { 'content-type': 'application/wasm' },
  });
}

/** A module that lies beside this one and is not always needed. @param {string} name */
export const importModule = (name) =>
  import(new URL(`./${name}`, import.meta.url).href).catch((cause) => {
    throw missing(name, cause);
  });

/**
 * @param {string} file
 * @param {unknown} cause
 */
const missing = (file, cause) =>
  new SiteseerError('network', `The search engine's file ${file} could not be loaded.`, {
    file,
    next: 'Deploy the whole index folder; "siteseer index" writes it.',
    cause,
  });

/**
 * @param {string} file
 * @param {unknown} cause
 */
function refused(file, cause) {
  if (cause instanceof RangeError) return new SiteseerError('memory', 'There is not enough memory for search.', { file, cause });
  const policy = /Content.Security.Policy|unsafe-eval|CSP|disallowed|blocked/i.test(String(cause));
  return policy
    ? new SiteseerError('wasm', "The page's Content-Security-Policy forbids WebAssembly.", {
        file,
        next: `Add 'wasm-unsafe-eval' to its script-src.`,
        cause,
      })
    : new SiteseerError('damaged', `The search engine's file ${file} could not be compiled (${cause}).`, {
        file,
        next: 'Deploy the index folder again.',
        cause,
      });
}
