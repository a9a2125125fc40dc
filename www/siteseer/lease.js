// The search that a box uses: opened when it is first needed, opened anew after it failed or when files of its index are gone,
// given back at the end.

import { remember } from './refused.js';

/** @import { SearchClient } from './client.js' */
/** @import { Offered } from './foot.js' */

/** @typedef {{ search: SearchClient, release: (renew?: boolean) => void }} Shared */

export class Lease {
  /** @type {Shared | undefined} */
  #shared;
  /** Manifest of the index that was left, for a file of it is gone: where no other is there, that is done once. @type {string | undefined} */
  #left;

  /**
   * @param {{ share: () => Shared, manifest: string | null }} options
   * @param {() => void} onChange of the status
   * @param {AbortSignal} signal the box's end
   */
  constructor({ share, manifest }, onChange, signal) {
    this.share = share;
    this.manifest = manifest;
    this.onChange = onChange;
    this.signal = signal;
    signal.addEventListener('abort', () => this.#release());
  }

  /** Undefined before it is needed. */
  get search() {
    return this.#shared?.search;
  }

  get status() {
    return this.#shared?.search.status;
  }

  open() {
    if (this.status?.lexical.state === 'failed') this.#release();
    if (!this.#shared) {
      this.#shared = this.share();
      this.#shared.search.status.addEventListener('change', this.onChange, { signal: this.signal });
    }
    return this.#shared.search;
  }

  /** The next one reads the index anew: the site may have been deployed meanwhile. */
  renew() {
    this.#release(true);
  }

  /** @returns {boolean} whether the index was left just now, and is to be asked again */
  leave() {
    const gone = this.search?.status.lexical.gone;
    if (!gone || gone === this.#left) return false;
    this.#left = gone;
    this.renew();
    return true;
  }

  /**
   * The visitor asks for a tier, or says no to it; either is remembered.
   * @param {Offered} tier
   * @param {boolean} stops
   * @returns {Promise<boolean>} whether it is there now; the status tells why not
   */
  async ask(tier, stops) {
    remember(this.manifest, tier, stops);
    if (stops) this.search?.stop(tier);
    else {
      this.#left = undefined;
      await this.search?.load(tier).catch(() => {});
    }
    return this.status?.[tier].state === 'ready';
  }

  #release(renew = false) {
    this.#shared?.release(renew);
    this.#shared = undefined;
  }
}
