// Where the ladder of tiers stands, as an observable object.

import { SiteseerError } from './errors.js';

/** @import { Backend, Status, Tier, TierStatus } from './siteseer.js' */

/** The tiers above the lexical, from the lowest. */
export const UPPER = /** @type {const} */ (['static', 'dense', 'late', 'reranked']);

/**
 * @param {string} tier
 * @param {readonly string[]} [tiers]
 * @throws {SiteseerError} if it is none of them
 */
export function checkTier(tier, tiers = ['lexical', ...UPPER]) {
  if (!tiers.includes(tier)) throw new SiteseerError('page', `"${tier}" is none of the tiers ${tiers.join(', ')}.`);
}

/** @implements {Status} */
export class LadderStatus extends EventTarget {
  /** `gone`: the manifest, once a file that it names is gone from the server. @type {TierStatus & { gone?: string }} */
  lexical = { state: 'idle', loaded: 0, total: 0 };
  /** @type {TierStatus} */
  static = { state: 'idle', loaded: 0, total: 0 };
  /** @type {TierStatus} */
  dense = { state: 'idle', loaded: 0, total: 0 };
  /** @type {TierStatus} */
  late = { state: 'idle', loaded: 0, total: 0 };
  /** @type {TierStatus} */
  reranked = { state: 'idle', loaded: 0, total: 0 };
  /** @type {Backend | null} */
  backend = null;
  savesData = false;
  /** @type {Tier} */
  #highest = 'reranked';

  /**
   * Switches off the tiers above those that the site wants and the visitor does not mind.
   * @param {Tier} [tiers] the highest that the site wants
   * @param {string | null} [refused] the lowest whose download the visitor has stopped
   */
  limit(tiers, refused) {
    const place = (/** @type {string | null | undefined} */ tier) => UPPER.indexOf(/** @type {any} */ (tier));
    const connection = /** @type {{ connection?: { saveData?: boolean } } | undefined} */ (globalThis.navigator)?.connection;
    const saved = place(refused) > 0 ? refused : !tiers && connection?.saveData && 'dense';
    if (tiers) this.#highest = tiers;
    let most = place(this.#highest);
    this.savesData = !!saved && place(saved) <= most;
    if (this.savesData) most = Math.min(place(saved || ''), place('late')) - 1; // that one reads for every query
    for (const tier of UPPER.slice(most + 1)) this.set(tier, { state: 'off' });
  }

  /**
   * @param {Tier} tier
   * @param {Partial<TierStatus & { gone: string }>} change
   */
  set(tier, change) {
    if (tier === this.#highest && change.state === 'loading') this.savesData = false; // all of it was asked for
    const { error, ...kept } = this[tier];
    this[tier] = { ...kept, ...(!change.state && { error }), ...change }; // a new state forgets the old one's error
    this.dispatchEvent(new Event('change'));
  }
}
