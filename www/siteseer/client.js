// The search as the page sees it: one worker behind it, a query climbs the ladder of tiers. What fails above the
// lexical tier is written into the status and leaves the results as they are.

import { abortable } from './abortable.js';
import { SiteseerError, isAbort } from './errors.js';
import { WorkerLink } from './link.js';
import { LadderStatus } from './status.js';

/** @import { OpenOptions, QueryOptions, ResultPage, Search, Tier } from './siteseer.js' */

/** @type {Tier[]} quickest first */
const TIERS = ['lexical', 'dense'];

/** @implements {Search} */
export class SearchClient {
  status = new LadderStatus();
  #link;
  #manifest;
  /** Calls that use the dense tier, now running: a crash among them is laid at its door. */
  #denseCalls = 0;
  /** @type {Promise<void> | null} */
  #dense = null;

  /** @param {OpenOptions} [options] */
  constructor({ manifest = new URL('./manifest.json', import.meta.url), tiers } = {}) {
    const connection = /** @type {{ connection?: { saveData?: boolean } }} */ (navigator).connection;
    this.status.savesData = !tiers && connection?.saveData === true;
    if ((tiers ?? (this.status.savesData ? 'lexical' : 'dense')) === 'lexical') this.status.set('dense', { state: 'off' });

    this.#manifest = new URL(manifest, globalThis.document?.baseURI ?? import.meta.url).href;
    this.#link = new WorkerLink(new URL('./worker.js', import.meta.url), {
      onEvent: (_, { tier, loaded, total }) => this.status[/** @type {Tier} */ (tier)].state === 'loading' && this.status.set(tier, { loaded, total }),
      onRestart: (error) => this.#restarted(error),
      onEnd: (error) => this.status.set('lexical', { state: 'failed', error }),
    });
    /** Settles with the lexical tier; renewed when the worker is started again. @type {Promise<void>} */
    this.ready = this.#open();
    this.ready.catch(() => {}); // told by the status and by whoever waits for it
  }

  /** @returns {Promise<void>} */
  async #open() {
    this.status.set('lexical', { state: 'loading', loaded: 0 });
    try {
      const { backend, denseBytes } = await this.#link.call('open', { manifest: this.#manifest });
      this.status.backend = backend;
      this.status.dense = { ...this.status.dense, total: denseBytes };
      this.status.set('lexical', { state: 'ready' });
    } catch (error) {
      if (isCrash(error) && this.#link.alive) return this.#open(); // on the worker that was started instead
      this.status.set('lexical', { state: 'failed', error: asSiteseerError(error) });
      throw error;
    }
  }

  /** @param {SiteseerError} error */
  #restarted(error) {
    if (this.status.lexical.state === 'loading') return; // `#open` meets the crash itself and opens again
    if (this.#denseCalls > 0) this.#denseFailed(error);
    this.#dense = null;
    if (['loading', 'ready'].includes(this.status.dense.state)) this.status.set('dense', { state: 'idle', loaded: 0 });
    this.ready = this.#open();
    this.ready.catch(() => {});
  }

  /** @param {SiteseerError} error */
  #denseFailed(error) {
    this.#dense = null;
    if (this.status.dense.error === error) return;
    console.warn(`Siteseer: results match words only. ${error.message}`);
    this.status.set('dense', { state: 'failed', error });
  }

  /**
   * @param {string} text
   * @param {QueryOptions} [options]
   * @returns {AsyncGenerator<ResultPage, void, void>}
   */
  async *query(text, { limit = 8, signal } = {}) {
    signal?.throwIfAborted();
    if (!text.trim()) return;
    for (const tier of TIERS) {
      const page = tier === 'lexical' ? await this.#words(text, limit, signal) : await this.#meaning(text, limit, signal);
      if (!page) return;
      yield page;
    }
  }

  /**
   * The lexical page; asked for again when the worker was started anew underneath.
   * @param {string} text
   * @param {number} limit
   * @param {AbortSignal} [signal]
   * @returns {Promise<ResultPage>}
   */
  async #words(text, limit, signal) {
    await abortable(this.ready, signal);
    const args = { text, tier: 'lexical', limit };
    try {
      return await this.#link.call('query', args, signal);
    } catch (error) {
      if (!isCrash(error) || !this.#link.alive) throw error;
      await abortable(this.ready, signal);
      return this.#link.call('query', args, signal);
    }
  }

  /**
   * The dense page, or null where the tier is off, failed or fails now.
   * @param {string} text
   * @param {number} limit
   * @param {AbortSignal} [signal]
   * @returns {Promise<ResultPage | null>}
   */
  async #meaning(text, limit, signal) {
    const { state } = this.status.dense;
    if (state === 'off' || state === 'failed') return null;
    try {
      await abortable(this.load('dense'), signal);
      return await this.#denseCall('query', { text, tier: 'dense', limit }, signal);
    } catch (error) {
      if (signal?.aborted || isAbort(error)) throw error;
      if (!isCrash(error)) this.#denseFailed(asSiteseerError(error)); // a crash was written down by `#restarted`
      return null;
    }
  }

  /**
   * @param {Tier} tier
   * @returns {Promise<void>}
   */
  load(tier) {
    if (tier === 'lexical') return this.ready;
    if (!this.#dense) {
      this.#dense = this.#loadDense();
      this.#dense.catch(() => {}); // written into the status
    }
    return this.#dense;
  }

  async #loadDense() {
    await this.ready;
    if (this.status.dense.state === 'failed') this.#link.pardon();
    this.status.set('dense', { state: 'loading', loaded: 0 });
    try {
      await this.#denseCall('load', { tier: 'dense' });
    } catch (error) {
      this.#denseFailed(asSiteseerError(error));
      throw error;
    }
    this.status.set('dense', { state: 'ready' });
  }

  /**
   * @param {string} text
   * @returns {Promise<Float32Array>}
   */
  async embed(text) {
    await this.load('dense');
    return this.#denseCall('embed', { text });
  }

  /**
   * @param {string} text
   * @returns {Promise<Uint32Array>}
   */
  async tokenIds(text) {
    await this.load('dense');
    return this.#denseCall('tokenIds', { text });
  }

  /**
   * @param {string} method
   * @param {object} args
   * @param {AbortSignal} [signal]
   */
  async #denseCall(method, args, signal) {
    this.#denseCalls++;
    try {
      return await this.#link.call(method, args, signal);
    } finally {
      this.#denseCalls--;
    }
  }

  close() {
    this.#link.close();
  }
}

/** @param {unknown} error */
const isCrash = (error) => error instanceof SiteseerError && error.code === 'crash';

/**
 * @param {unknown} error
 * @returns {SiteseerError}
 */
const asSiteseerError = (error) =>
  error instanceof SiteseerError ? error : new SiteseerError('engine', error instanceof Error ? error.message : String(error));
