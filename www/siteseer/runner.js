// Runs queries for the box: waits for a short pause in typing, and the latest query wins. A lexical page is held back
// for a moment when a tier by meaning is ready, so that rows do not jump at every key.

import { isAbort } from './errors.js';

/** @import { Filters, ResultPage, Search } from './siteseer.js' */

const PAUSE_MS = 40;
/** Longer than a tier by meaning takes for a query on an ordinary machine, shorter than a wait that is felt. */
const HOLD_MS = 80;

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
  async run(text, { now = false, ...options }) {
    this.#current?.abort();
    const controller = (this.#current = new AbortController());
    const { signal } = controller;
    try {
      if (!now) await pause(PAUSE_MS, signal);
      await this.#climb(text, options, signal);
    } catch (error) {
      if (!signal.aborted && !isAbort(error)) this.hooks.onError(error);
    }
  }

  /**
   * @param {string} text
   * @param {{ limit: number, filters?: Filters, meta?: boolean }} options
   * @param {AbortSignal} signal
   */
  async #climb(text, { limit, filters = {}, meta }, signal) {
    const search = this.hooks.search();
    /** @type {ResultPage | null} */
    let held = null;
    const show = (/** @type {ResultPage} */ page) => {
      held = null;
      if (!signal.aborted) this.hooks.onPage(page);
    };
    for await (const page of search.query(text, { limit, meta, signal, ...(Object.keys(filters).length && { filters }) })) {
      if (page.tier !== 'lexical' || ![search.status.static, search.status.dense].some(({ state }) => state === 'ready')) {
        show(page);
      } else {
        held = page;
        setTimeout(() => held === page && show(page), HOLD_MS);
      }
    }
    if (held) show(held);
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
