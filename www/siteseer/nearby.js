// Search by meaning without a model: the static query tower, its tokens, and the vectors that lie near a query's, each
// fetched in small pieces. The tower's wasm file says which pieces; the engine knows the words and joins both.

import { loadTower } from './detect.js';
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
/** @import { Tower } from './tower.js' */

/** @typedef {'tokens' | 'cells' | 'rows'} Kind */

export class Nearby {
  /** @type {Tower | undefined} */
  #tower;
  /** By file name. @type {Once<string>} */
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
    this.passages = manifest.counts.passages;
    this.files = manifest.files.staticTower;
    this.fetchFile = fetchFile;
  }

  /** @throws {SiteseerError} if the index has none */
  get #files() {
    if (!this.files) throw new SiteseerError('engine', 'This index has no static query tower.');
    return this.files;
  }

  get #loaded() {
    if (!this.#tower) throw new SiteseerError('engine', 'The static query tower is not loaded yet.');
    return this.#tower;
  }

  /** Loads the wasm file and the two roots. */
  async load() {
    const { root, axes, tokens, cells, rows } = this.#files;
    const [TowerClass, top, scales] = await Promise.all([loadTower(), this.fetchFile(root), this.fetchFile(axes)]);
    const groups = /** @type {const} */ ([tokens.name, tokens.id, tokens.files, cells.name, cells.id, cells.files, rows.name, rows.id, rows.files]);
    this.#tower = guard(() => new TowerClass(top, root.name, scales, axes.name, this.passages, ...groups), root);
  }

  /**
   * The best sections by words and by meaning. The words' chunks are there.
   * @param {{ text: string, limit: number, filters?: Filters, sort?: Sort }} query `limit`: results
   * @param {AbortSignal} signal looked at between the rounds; what is on its way is kept for the next key
   * @returns {Promise<Hit[]>}
   * @throws {SiteseerError} if a token cannot be had, or nothing of the rest
   */
  async rank({ text, limit, filters, sort }, signal) {
    const tower = this.#loaded;
    for (let missing; (missing = guard(() => tower.missing_tokens(text))).length; ) {
      const outcomes = await this.#settle('tokens', missing, signal);
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    }
    await this.#some('cells', guard(() => tower.missing_cells(text)), signal);
    this.filter.set(text, filters);
    const rows = guard(() => this.engine.rows_needed(text, tower.near(text)));
    await this.#some('rows', rows, signal);
    this.filter.set(text, filters); // another query may have come between
    const { hits } = guard(() => this.engine.rank_static(text, tower.score_rows(text, rows), hitsFor(limit, sort)));
    return sortHits(this.engine, hits, sort);
  }

  /**
   * Fetches chunks of which some may fail: the others answer.
   * @param {Kind} kind
   * @param {Uint32Array} numbers
   * @param {AbortSignal} signal
   */
  async #some(kind, numbers, signal) {
    const outcomes = await this.#settle(kind, numbers, signal);
    const failure = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failure && outcomes.every((outcome) => outcome.status === 'rejected')) throw failure.reason;
  }

  /**
   * @param {Kind} kind
   * @param {Uint32Array} numbers
   * @param {AbortSignal} signal
   */
  async #settle(kind, numbers, signal) {
    const outcomes = await Promise.allSettled(Array.from(numbers, (number) => this.#chunk(kind, number)));
    signal.throwIfAborted();
    return outcomes;
  }

  /**
   * @param {Kind} kind
   * @param {number} number
   */
  #chunk(kind, number) {
    const file = chunkFile(this.#files[kind], number);
    return this.#chunks.get(file.name, () => this.fetchFile(file).then((bytes) => guard(() => this.#loaded[`add_${kind}`](number, bytes), file)));
  }
}
