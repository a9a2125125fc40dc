// A worker that only scores pairs, for another worker: it has an encoder of its own and no index.

import { loadEncoder } from './detect.js';
import { guard } from './guard.js';

/** @import { Backend } from './siteseer.js' */
/** @import { Encoder } from './encoder.js' */

/** @typedef {{ name: string, bytes: Uint8Array }} ModelFile */
/** @typedef {{ backend: Backend, model: ModelFile, reranker: ModelFile }} Models */

export class Helper {
  /** @type {Encoder | undefined} */
  #encoder;

  /** @param {Models} models */
  async load({ backend, model, reranker }) {
    const EncoderClass = await loadEncoder(backend);
    guard(() => {
      this.#encoder = new EncoderClass(model.bytes, model.name);
      this.#encoder.load_reranker(reranker.bytes, reranker.name);
    });
  }

  /**
   * @param {{ query: string, texts: string[] }} pairs
   * @returns {{ logits: Float32Array, ms: number }}
   */
  score({ query, texts }) {
    const start = performance.now();
    const logits = guard(() => /** @type {Encoder} */ (this.#encoder).score(query, texts));
    return { logits, ms: performance.now() - start };
  }
}
