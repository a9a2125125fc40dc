// The query in the page's address (`?q=…`) and with it the filters (`&q.section=guide`): read at the start and when the
// visitor goes back, written as one types.

/** @import { Filters } from './siteseer.js' */

const WRITE_AFTER_MS = 300;

/** @typedef {{ query: string, filters: Filters }} Linked */

export class DeepLink {
  #listeners = new AbortController();
  #timer = 0;
  /** What the address held when it was last looked at: going to an anchor of the page is no change. */
  #held = '';

  /**
   * @param {string} parameter
   * @param {(linked: Linked) => void} onChange the visitor went back or forward
   */
  constructor(parameter, onChange) {
    this.parameter = parameter;
    this.#look();
    addEventListener('popstate', () => this.#look() && onChange(this.read()), { signal: this.#listeners.signal });
  }

  /** @returns {Linked} */
  read() {
    const { searchParams } = new URL(location.href);
    /** @type {Record<string, string[]>} */
    const filters = {};
    for (const key of this.#filterKeys(searchParams)) filters[key.slice(this.parameter.length + 1)] = searchParams.getAll(key);
    return { query: searchParams.get(this.parameter) ?? '', filters };
  }

  /**
   * Replaces the history entry; browsers refuse to do that for every key.
   * @param {string} query
   * @param {Filters} filters
   */
  write(query, filters) {
    clearTimeout(this.#timer);
    this.#timer = Number(setTimeout(() => this.#replace(query, filters), WRITE_AFTER_MS));
  }

  /**
   * @param {string} query
   * @param {Filters} filters
   */
  #replace(query, filters) {
    const url = new URL(location.href);
    for (const key of this.#filterKeys(url.searchParams)) url.searchParams.delete(key);
    if (query) url.searchParams.set(this.parameter, query);
    else url.searchParams.delete(this.parameter);
    for (const [name, values] of query ? Object.entries(filters) : []) {
      for (const value of [values].flat()) url.searchParams.append(`${this.parameter}.${name}`, value);
    }
    if (url.href !== location.href) history.replaceState(history.state, '', url);
    this.#look();
  }

  /** @returns {boolean} whether it holds something else */
  #look() {
    const before = this.#held;
    this.#held = JSON.stringify(this.read());
    return this.#held !== before;
  }

  /** @param {URLSearchParams} parameters */
  #filterKeys(parameters) {
    return [...new Set(parameters.keys())].filter((key) => key.startsWith(`${this.parameter}.`));
  }

  destroy() {
    clearTimeout(this.#timer);
    this.#listeners.abort();
  }
}
