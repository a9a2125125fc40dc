// What a visitor does not want to be downloaded: the lowest tier that was stopped while it came, remembered on the device
// until it is asked for.

import { kept, storageKey } from './recent-key.js';

/** @import { Tier } from './siteseer.js' */

const keyOf = (/** @type {string | null} */ manifest) => storageKey('refused', manifest);

/** @param {string | null} manifest the element's attribute */
export const refusedTier = (manifest) => kept(keyOf(manifest));

/**
 * @param {string | null} manifest
 * @param {Tier} tier
 * @param {boolean} stops else it is asked for, and with it those below
 */
export function remember(manifest, tier, stops) {
  if (!stops && !refusedTier(manifest)) return;
  try {
    if (stops || tier === 'dense') localStorage.setItem(keyOf(manifest), stops ? tier : 'reranked');
    else localStorage.removeItem(keyOf(manifest));
  } catch {} // no storage, or full
}
