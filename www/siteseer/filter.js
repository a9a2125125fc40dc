// What pages say of themselves, and the choice of pages by it: a file that is loaded with the first query that asks for it.

import { SiteseerError } from './errors.js';
import { guard } from './guard.js';

/** @import { Engine } from './engine.js' */
/** @import { FileEntry, Manifest } from './manifest.js' */
/** @import { Filters } from './siteseer.js' */

const NEXT = 'Mark pages with data-siteseer-filter="name" and index the site again.';

export class Filter {
  /** @type {Promise<void> | undefined} */
  #loading;

  /**
   * @param {Engine} engine
   * @param {Manifest} manifest
   * @param {(file: FileEntry) => Promise<Uint8Array>} fetchFile
   */
  constructor(engine, manifest, fetchFile) {
    this.engine = engine;
    this.file = manifest.files.filters;
    this.fetchFile = fetchFile;
  }

  /** Whether a page of the index says anything. */
  get exists() {
    return this.file !== undefined;
  }

  /**
   * Loads the file, if there is one and somebody asks.
   * @param {Filters} [filters]
   */
  async load(filters) {
    const { file } = this;
    if (!filters) return;
    if (!file) throw new SiteseerError('engine', 'No page of this index has filters.', { next: NEXT });
    this.#loading ??= this.fetchFile(file).then((bytes) => guard(() => this.engine.load_filters(bytes), file));
    try {
      await this.#loading;
    } catch (error) {
      this.#loading = undefined;
      throw error;
    }
  }

  /**
   * Right before a ranking: the next query may have other conditions.
   * @param {Filters} [filters]
   */
  set(filters = {}) {
    /** @type {[string, string[]][]} */
    const conditions = Object.entries(filters).map(([name, values]) => [name, [values].flat()]);
    guard(() => this.engine.set_filter(conditions.filter(([, anyOf]) => anyOf.length)));
  }
}
