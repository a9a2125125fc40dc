// Where the ladder of tiers stands, as an observable object.

/** @import { Backend, Status, Tier, TierStatus } from './siteseer.js' */

/** @implements {Status} */
export class LadderStatus extends EventTarget {
  /** @type {TierStatus} */
  lexical = { state: 'idle', loaded: 0, total: 0 };
  /** @type {TierStatus} */
  static = { state: 'idle', loaded: 0, total: 0 };
  /** @type {TierStatus} */
  dense = { state: 'idle', loaded: 0, total: 0 };
  /** @type {TierStatus} */
  reranked = { state: 'idle', loaded: 0, total: 0 };
  /** @type {Backend | null} */
  backend = null;
  savesData = false;

  /**
   * @param {Tier} tier
   * @param {Partial<TierStatus>} change
   */
  set(tier, change) {
    const { error, ...kept } = this[tier];
    this[tier] = { ...kept, ...(!change.state && { error }), ...change }; // a new state forgets the old one's error
    this.dispatchEvent(new Event('change'));
  }
}
