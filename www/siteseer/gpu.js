// Scoring pairs on the browser's GPU, and comparing token vectors. The wasm file for it is fetched only where an adapter answers, behind everything that
// a visitor waits for; from then on the quicker of GPU and workers scores, by a probe of both. Whatever goes wrong (no
// adapter, too little memory, a device that is lost) ends the GPU's part, and the workers score.

import { loadGpuEncoder } from './detect.js';

/** @import { LateParts } from './encoder.js' */
/** @import { GpuEncoder } from './encoder-gpu.js' */
/** @import { ModelFile } from './helper.js' */
/** @import { WebGpu } from './siteseer.js' */

/** A device that does not answer for so long is given up. */
const PATIENCE_MS = 10_000;
/** Few, since the workers' probe holds up a key that comes meanwhile. */
const PROBED_PAIRS = 4;
const PROBE = 'How is a page found by what it means? Its words and those of the question need not be the same. '.repeat(4);

/** @typedef {(query: string, texts: string[]) => Promise<Float32Array>} Score */

/**
 * @param {WebGpu} choice
 * @returns {Promise<boolean>} whether an adapter answers that is not a processor playing one, or, with `force`, any
 */
async function hasAdapter(choice) {
  const gpu = /** @type {any} */ (navigator).gpu;
  if (choice === 'off' || !gpu) return false;
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  return Boolean(adapter) && (choice === 'force' || !(adapter.info?.isFallbackAdapter ?? adapter.isFallbackAdapter));
}

export class Gpu {
  /** Calls follow each other: one device, one set of buffers. @type {Promise<unknown>} */
  #last = Promise.resolve();

  /**
   * @param {GpuEncoder} encoder
   * @param {number} patience ms
   */
  constructor(encoder, patience) {
    this.encoder = encoder;
    this.patience = patience;
  }

  /**
   * @param {WebGpu} choice
   * @param {ModelFile} model
   * @param {ModelFile} reranker
   * @param {Score} score the workers' way, to be beaten; not asked with `force`
   * @returns {Promise<Gpu | undefined>} warm; undefined where there is none, or it is not the quicker way
   */
  static async open(choice, model, reranker, score) {
    if (!(await hasAdapter(choice))) return;
    const forced = choice === 'force';
    const encoder = await (await loadGpuEncoder()).open(forced, model.bytes, model.name);
    const gpu = new Gpu(encoder, forced ? Infinity : PATIENCE_MS);
    const mine = (/** @type {string} */ query, /** @type {string[]} */ texts) => gpu.score(query, texts);
    try {
      encoder.load_reranker(reranker.bytes, reranker.name);
      await probe(mine); // the kernels are compiled now
      if (forced || (await probe(mine)) < (await probe(score))) return gpu;
    } catch {
      // no worse than a slow one
    }
    encoder.destroy();
  }

  /** @type {Score} */
  score(query, texts) {
    return this.#ask(() => this.encoder.score(query, texts));
  }

  /** Late interaction's score of each passage. @param {LateParts} parts */
  maxSim(parts) {
    return this.#ask(() => this.encoder.max_sim(...parts));
  }

  /**
   * How long it takes to compare these, once the kernels are compiled; nothing comes between.
   * @param {LateParts} parts
   * @returns {Promise<number>} ms
   */
  timeMaxSim(parts) {
    return this.#ask(async () => {
      await this.encoder.max_sim(...parts);
      const start = performance.now();
      await this.encoder.max_sim(...parts);
      return performance.now() - start;
    });
  }

  /**
   * @template T
   * @param {() => Promise<T>} call
   * @returns {Promise<T>}
   */
  #ask(call) {
    const scoring = this.#last.then(call);
    this.#last = scoring.catch(() => {});
    if (this.patience === Infinity) return scoring;
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error('The GPU does not answer.')), this.patience);
      scoring.then(resolve, reject).finally(() => clearTimeout(late));
    });
  }
}

/**
 * @param {Score} score
 * @returns {Promise<number>} ms
 */
async function probe(score) {
  const texts = Array.from({ length: PROBED_PAIRS }, (_, i) => PROBE.slice(i));
  const start = performance.now();
  await score('pages by meaning', texts);
  return performance.now() - start;
}
