// The way to offline use, in the page's own module: loads the rest where the attribute asks for it.

import { asked } from './asked.js';

/** @import { Tier } from './siteseer.js' */
/** @import { Words } from './strings.js' */

/**
 * What an element asks for.
 * @typedef {object} OfflineWishes
 * @property {string | null} script `offline-worker`: the site's own service worker
 * @property {boolean} all `offline="all"`: everything at once, without being asked
 * @property {Tier} highest no files of tiers above it
 * @property {AbortSignal} signal the element's end
 */

/**
 * @param {HTMLElement} place the line of the panel
 * @param {Words} words
 * @param {OfflineWishes} wishes
 */
export async function offerOffline(place, words, wishes) {
  try {
    const module = new URL('./offline-line.js', import.meta.url).href;
    const { OfflineLine } = /** @type {typeof import('./offline-line.js')} */ (await import(module));
    if (!wishes.signal.aborted) await new OfflineLine(place, words, wishes, asked).begin();
  } catch (error) {
    console.warn(`Siteseer: offline use could not be started. ${error}`); // search is as it was
  }
}
