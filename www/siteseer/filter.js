// Which pages and passages may answer: what pages say of themselves, a file that is loaded with the first query that asks for
// it, be it to filter, to sort, or to show metadata; and the phrases of a query, which only texts can tell.

import { SiteseerError } from './errors.js';
import { guard } from './guard.js';
import { QUOTED } from './select.js';

/** @import { Chunks } from './chunks.js' */
/** @import { Engine } from './engine.js' */
/** @import { FileEntry, Manifest } from './manifest.js' */
/** @import { Index } from './opened.js' */
/** @import { Facets, Filters, Sort } from './siteseer.js' */

const NEXT = 'Mark pages with data-siteseer-filter="name" and index the site again.';

/** What a query may ask of pages. @typedef {{ filters?: Filters, sort?: Sort, meta?: boolean }} Asked */

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

  /**
   * Loads the file, if there is one and somebody asks.
   * @param {Asked} asked
   */
  async load({ filters, sort, meta }) {
    const { file } = this;
    if (!filters && !sort && !(meta && file)) return;
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
   * Loads the texts that tell where the phrases of a query are. Its words are there.
   * @param {{ text: string, filters?: Filters }} query
   * @param {Chunks} chunks
   */
  async quote({ text, filters }, chunks) {
    if (!QUOTED.test(text)) return;
    this.set('', filters);
    const read = guard(() => this.engine.phrase_reading(text));
    await chunks.load(Array.from(read, (passage) => ({ passage })));
  }

  /**
   * Right before a ranking: the next query may have other conditions.
   * @param {string} text
   * @param {Filters} [filters]
   */
  set(text, filters = {}) {
    /** @type {[string, string[]][]} */
    const conditions = Object.entries(filters).map(([name, values]) => [name, [values].flat()]);
    guard(() => this.engine.set_filter(conditions.filter(([, anyOf]) => anyOf.length)));
    if (QUOTED.test(text)) guard(() => this.engine.choose_phrases(text));
  }
}

/**
 * What may have been meant by a text with words that no page has.
 * @param {Index} index
 * @param {Filter} filter
 * @param {{ text: string, filters?: Filters }} query
 * @param {AbortSignal} signal
 * @returns {Promise<string[]>} the best first
 */
export async function suggestQueries({ engine, chunks }, filter, { text, filters }, signal) {
  await filter.load({ filters });
  await chunks.words(text, signal);
  let queries = /** @type {string[]} */ ([]);
  await chunks.words(text, signal, (query) => {
    filter.set('', filters);
    const suggestions = engine.suggest(query);
    ({ queries } = suggestions);
    return suggestions.missing;
  });
  return queries;
}

/**
 * How many pages with a word of the text have each value.
 * @param {Index} index
 * @param {Filter} filter
 * @param {{ text: string, filters?: Filters }} query
 * @param {AbortSignal} signal
 * @returns {Promise<Facets>}
 */
export async function countPages({ engine, chunks }, filter, { text, filters }, signal) {
  await filter.load({ filters: filters ?? {} });
  await chunks.words(text, signal);
  await filter.quote({ text, filters }, chunks);
  filter.set(text, filters);
  const facets = guard(() => engine.facets(text));
  return Object.fromEntries(facets.map(([name, values]) => [name, Object.fromEntries(values)]));
}
