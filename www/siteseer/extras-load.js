// The way to what the box has beyond its results, in the page's own module: loads the rest, which nothing waits for.

/** @import { Box } from './box.js' */
/** @import { Extras } from './extras.js' */

/**
 * @param {Box} box
 * @returns {Promise<Extras | undefined>} undefined: it cannot be had, and search is as it was
 */
export async function loadExtras(box) {
  try {
    const module = new URL('./extras.js', import.meta.url).href;
    const { Extras } = /** @type {typeof import('./extras.js')} */ (await import(module));
    return box.signal.aborted ? undefined : new Extras(box);
  } catch (error) {
    console.warn(`Siteseer: filters and recent searches could not be loaded. ${error}`);
  }
}
