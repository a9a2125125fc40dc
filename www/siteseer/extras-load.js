// The way to what the box has beyond its results, in the page's own module: loads the rest, which nothing waits for.

/** @import { Box } from './box.js' */

/**
 * Comes while the visitor reads. Where it cannot be had, search is as it was.
 * @param {Box} box
 */
export async function loadExtras(box) {
  try {
    const module = new URL('./extras.js', import.meta.url).href;
    const { Extras } = /** @type {typeof import('./extras.js')} */ (await import(module));
    if (box.signal.aborted) return;
    box.extras = new Extras(box);
    if (box.answers.page) box.extras.show(box.answers.page);
    box.changed();
  } catch (error) {
    console.warn(`Siteseer: filters and recent searches could not be loaded. ${error}`);
  }
}
