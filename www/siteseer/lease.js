// The search that a box uses: opened when it is first needed, opened anew after it failed, given back at the end.

import { remember } from './refused.js';

/** @import { SearchClient } from './client.js' */
/** @import { Offered } from './foot.js' */

/** @typedef {{ search: SearchClient, release: () => void }} Shared */

export class Lease {
  /** @type {Shared | undefined} */
  #shared;

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
    this.#release();
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
    else await this.search?.load(tier).catch(() => {});
    return this.status?.[tier].state === 'ready';
  }

  #release() {
    this.#shared?.release();
    this.#shared = undefined;
  }
}
