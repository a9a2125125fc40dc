// Search by meaning with postings alone: the impacts of a query's tokens, each chunk fetched once. The wasm file says which chunks;
// the engine knows the words and joins both.

import { loadSparse } from './detect.js';
import { SiteseerError } from './errors.js';
import { guard } from './guard.js';
import { chunkFile } from './manifest.js';
import { Once } from './once.js';
import { hitsFor } from './select.js';
import { sortHits } from './sort.js';

/** @import { Engine, Hit } from './engine.js' */
/** @import { Filter } from './filter.js' */
/** @import { FileEntry, Manifest } from './manifest.js' */
/** @import { Filters, Sort } from './siteseer.js' */
/** @import { Sparse } from './sparse.js' */

export class Impacts {
  /** @type {Sparse | undefined} */
  #sparse;
  /** By number. @type {Once<number>} */
  #chunks = new Once();

  /**
   * @param {Engine} engine
   * @param {Manifest} manifest
   * @param {(file: FileEntry) => Promise<Uint8Array>} fetchFile
   * @param {Filter} filter
   */
  constructor(engine, manifest, fetchFile, filter) {
    this.engine = engine;
    this.filter = filter;
    this.entry = manifest.sparse;
    this.files = manifest.files.sparse;
    this.fetchFile = fetchFile;
  }

  /** @throws {SiteseerError} if the index has none */
  get #parts() {
    const { entry, files } = this;
    if (!entry || !files) throw new SiteseerError('engine', 'This index has no postings by meaning.');
    return { ...entry, ...files };
  }

  get #loaded() {
    if (!this.#sparse) throw new SiteseerError('engine', 'The postings by meaning are not loaded yet.');
    return this.#sparse;
  }

  /** Loads the wasm file and the root. */
  async load() {
    const { root, impacts: { name, id, files } } = this.#parts;
    const [SparseClass, top] = await Promise.all([loadSparse(), this.fetchFile(root)]);
    this.#sparse = guard(() => new SparseClass(top, root.name, name, id, files), root);
  }

  /**
   * The best sections by words and by meaning. The words' chunks are there.
   * @param {{ text: string, limit: number, filters?: Filters, sort?: Sort }} query `limit`: results
   * @param {AbortSignal} signal looked at between the rounds; what is on its way is kept for the next key
   * @returns {Promise<Hit[]>}
   * @throws {SiteseerError} if a chunk cannot be had
   */
  async rank({ text, limit, filters, sort }, signal) {
    const sparse = this.#loaded;
    for (let missing; (missing = guard(() => sparse.missing(text))).length; ) {
      const outcomes = await Promise.allSettled(Array.from(missing, (number) => this.#chunk(number)));
      signal.throwIfAborted();
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    }
    const { engine } = this;
    const { fusion: { dense, lexical } } = this.#parts;
    this.filter.set(text, filters); // another query may have come between
    const { hits } = guard(() => engine.rank_impacts(text, sparse.score(text, engine.parts_by_words(text)), dense, lexical, hitsFor(limit, sort)));
    return sortHits(engine, hits, sort);
  }

  /** @param {number} number */
  #chunk(number) {
    const file = chunkFile(this.#parts.impacts, number);
    return this.#chunks.get(number, () => this.fetchFile(file).then((bytes) => guard(() => this.#loaded.add(number, bytes), file)));
  }
}
