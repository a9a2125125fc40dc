// One tier above the lexical, as the page sees it: loaded when it is first needed, asked for pages, and given up when
// something in it fails. What failed is written into the status and leaves the results as they are.

import { abortable } from './abortable.js';
import { SiteseerError, isAbort, textOf } from './errors.js';

/** @import { ResultPage, Tier } from './siteseer.js' */
/** @import { WorkerLink } from './link.js' */
/** @import { LadderStatus } from './status.js' */

export class UpperTier {
  /** @type {Promise<void> | null} */
  #loading = null;
  #stopper = new AbortController();
  /** Calls that use this tier, now running: a crash among them is laid at its door. */
  #calls = 0;

  /**
   * @param {Exclude<Tier, 'lexical'>} name
   * @param {WorkerLink} link
   * @param {LadderStatus} status
   * @param {() => Promise<void>} ready loads the lexical tier
   * @param {string} without what the console says of the results when this tier has failed
   * @param {UpperTier} [below] that this one stands on
   */
  constructor(name, link, status, ready, without, below) {
    this.name = name;
    this.link = link;
    this.status = status;
    this.ready = ready;
    this.without = without;
    this.below = below;
  }

  get #state() {
    return this.status[this.name].state;
  }

  /** Whether something of this tier runs in the worker. */
  get busy() {
    return this.#calls > 0;
  }

  /** @returns {Promise<void>} also of a tier that is off or has failed */
  load() {
    if (!this.#loading) {
      const loading = (this.#loading = this.#load());
      loading.catch(() => this.#loading === loading && (this.#loading = null)); // written into the status
    }
    return this.#loading;
  }

  async #load() {
    const { signal } = (this.#stopper = new AbortController());
    await abortable(this.ready(), signal);
    if (!this.status[this.name].total) throw new SiteseerError('engine', `This index has no ${this.name} tier.`);
    if (this.below) await abortable(this.below.load(), signal);
    if (this.#state === 'failed') this.link.pardon();
    this.status.set(this.name, { state: 'loading', loaded: 0 });
    try {
      await this.call('load', { tier: this.name }, signal);
    } catch (error) {
      if (!signal.aborted) this.fail(asSiteseerError(error));
      throw error;
    }
    this.status.set(this.name, { state: 'ready', loaded: this.status[this.name].total });
  }

  /**
   * @param {'query' | 'rerank'} method
   * @param {object} args
   * @param {AbortSignal} [signal]
   * @returns {Promise<ResultPage | null>} null where the tier is off, failed or fails now, or has nothing to add
   */
  async page(method, args, signal) {
    if (this.#state === 'off' || this.#state === 'failed') return null;
    try {
      await abortable(this.load(), signal);
      return await this.call(method, args, signal);
    } catch (error) {
      if (signal?.aborted) throw error;
      if (this.status[this.name].state === 'off') return null; // stopped meanwhile
      if (isAbort(error) || isClosed(error)) throw error;
      if (!isCrash(error)) this.fail(asSiteseerError(error)); // a crash was written down when the worker was restarted
      return null;
    }
  }

  /**
   * @param {string} method
   * @param {object} args
   * @param {AbortSignal} [signal]
   * @returns {Promise<any>}
   */
  async call(method, args, signal) {
    this.#calls++;
    try {
      return await this.link.call(method, args, signal);
    } finally {
      this.#calls--;
    }
  }

  /** @param {SiteseerError} error */
  fail(error) {
    if (isClosed(error)) return this.forget();
    this.#loading = null;
    if (this.status[this.name].error?.message === error.message) return;
    console.warn(`Siteseer: ${this.without} ${error.message}`);
    this.status.set(this.name, { state: 'failed', error });
  }

  /** Gives up what is being loaded; the tier is off until it is asked for. */
  stop() {
    this.#loading = null;
    this.status.set(this.name, { state: 'off', loaded: 0 });
    this.#stopper.abort(new SiteseerError('closed', `The download of the ${this.name} tier was stopped.`));
  }

  /** The worker is a new one, with nothing loaded. */
  forget() {
    this.#loading = null;
    if (this.#state === 'loading' || this.#state === 'ready') this.status.set(this.name, { state: 'idle', loaded: 0 });
  }
}

/** @param {unknown} error */
export const isCrash = (error) => error instanceof SiteseerError && error.code === 'crash';

/** @param {unknown} error */
const isClosed = (error) => error instanceof SiteseerError && error.code === 'closed';

/**
 * @param {unknown} error
 * @returns {SiteseerError}
 */
export const asSiteseerError = (error) =>
  error instanceof SiteseerError ? error : new SiteseerError('engine', textOf(error));

/**
 * The tiers above the lexical, by name.
 * @param {WorkerLink} link
 * @param {LadderStatus} status
 * @param {() => Promise<void>} ready loads the lexical one
 */
export function upperTiers(link, status, ready) {
  const tier = (/** @type {Exclude<Tier, 'lexical'>} */ name, without = 'match words only', /** @type {UpperTier | undefined} */ below = undefined) =>
    new UpperTier(name, link, status, ready, `results ${without}.`, below);
  const dense = tier('dense');
  const [late, reranked] = /** @type {const} */ (['late', 'reranked']).map((name) => tier(name, 'are not re-ordered', dense));
  return { static: tier('static'), dense, late, reranked };
}
