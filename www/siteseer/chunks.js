// The texts of passages, fetched by the chunk, each once, and handed to the engine.

import { guard } from './guard.js';

/** @import { Engine, Hit } from './engine.js' */
/** @import { FileEntry, Manifest } from './manifest.js' */

export class Chunks {
  /** Chunks that are ready or on their way. @type {Map<number, Promise<void>>} */
  #chunks = new Map();

  /**
   * @param {Engine} engine
   * @param {Manifest} manifest
   * @param {(file: FileEntry) => Promise<Uint8Array>} fetchFile
   */
  constructor(engine, manifest, fetchFile) {
    this.engine = engine;
    this.manifest = manifest;
    this.fetchFile = fetchFile;
  }

  /**
   * Loads the passages of hits.
   * @template {Pick<Hit, 'passage'>} T
   * @param {T[]} hits
   * @returns {Promise<T[]>} without those whose chunk cannot be had, unless that leaves none
   */
  async load(hits) {
    const chunkOf = (/** @type {T} */ { passage }) => Math.floor(passage / this.manifest.passagesPerChunk);
    const chunks = [...new Set(hits.map(chunkOf))];
    const outcomes = await Promise.allSettled(chunks.map((chunk) => this.#chunk(chunk)));
    const failed = new Set(chunks.filter((_, i) => outcomes[i].status === 'rejected'));
    const loaded = hits.filter((hit) => !failed.has(chunkOf(hit)));
    const failure = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failure && loaded.length === 0) throw failure.reason;
    return loaded;
  }

  /** @param {number} chunk */
  #chunk(chunk) {
    let loading = this.#chunks.get(chunk);
    if (!loading) {
      const file = this.manifest.files.passages[chunk];
      loading = this.fetchFile(file).then((bytes) => guard(() => this.engine.add_passages(chunk, bytes), file));
      this.#chunks.set(chunk, loading);
      loading.catch(() => this.#chunks.delete(chunk));
    }
    return loading;
  }
}
