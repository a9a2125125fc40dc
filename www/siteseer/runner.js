// Runs queries for the box: the latest one wins. Words answer every key at once; what is beyond them begins after a short pause in
// typing, so that rows change their order when somebody looks, not at every key, and no half a word is asked for its meaning.

import { isAbort } from './errors.js';

/** @import { Filters, ResultPage, Search } from './siteseer.js' */

const PAUSE_MS = 120;

/**
 * @typedef {object} RunnerHooks
 * @property {() => Search} search opens it at the first query
 * @property {(page: ResultPage) => void} onPage
 * @property {(error: unknown) => void} onError
 */

export class Runner {
  /** The running query's. @type {AbortController | undefined} */
  #current;

  /** @param {RunnerHooks} hooks */
  constructor(hooks) {
    this.hooks = hooks;
  }

  cancel() {
    this.#current?.abort();
  }

  /**
   * @param {string} text
   * @param {{ limit: number, filters?: Filters, meta?: boolean, now?: boolean }} options `now`: without waiting for a pause
   */
  async run(text, { limit, filters = {}, meta, now = false }) {
    this.#current?.abort();
    const controller = (this.#current = new AbortController());
    const { signal } = controller;
    const quiet = now ? undefined : pause(PAUSE_MS, signal);
    quiet?.catch(() => {}); // the next key may come before anybody waits for the pause
    try {
      const options = { limit, meta, signal, ...(Object.keys(filters).length && { filters }) };
      for await (const page of this.hooks.search().query(text, options)) {
        if (signal.aborted) return;
        this.hooks.onPage(page);
        await quiet; // the next page is computed when it is asked for
      }
    } catch (error) {
      if (!signal.aborted && !isAbort(error)) this.hooks.onError(error);
    }
  }
}

/**
 * @param {number} ms
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => (clearTimeout(timer), reject(signal.reason)), { once: true });
  });
}
