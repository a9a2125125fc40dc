// From the engine's results to those that are shown: addresses made absolute, unsafe ones left out, and one result for
// a section, since a long section is several passages with one address, and one for a text: generators write a book's first page twice.

import { guard } from './guard.js';
import { MOST_CANDIDATES } from './scorer.js';
import { SORTED } from './sort.js';

/** @import { Hit } from './engine.js' */
/** @import { Index } from './opened.js' */
/** @import { Result, Sort } from './siteseer.js' */

/** A long section is several passages: so many are ranked for one result, but read only as far as needed. */
const PASSAGES_PER_SECTION = 3;

/** A mark that may begin a phrase. */
export const QUOTED = /["“”„«»]/;

/**
 * Hits that are ranked for so many results.
 * @param {number} limit
 * @param {Sort} [sort]
 */
export const hitsFor = (limit, sort) => Math.max(limit * PASSAGES_PER_SECTION, sort ? SORTED : MOST_CANDIDATES);

/**
 * @param {Result[]} results best first, `url` relative to the site's root
 * @param {string} root
 * @param {number} limit
 * @returns {Result[]} the best of each section, `url` absolute
 */
export function selectResults(results, root, limit) {
  /** @type {Map<string, Result>} */
  const sections = new Map();
  const texts = new Set();
  for (const result of results) {
    const url = locate(result.url, root);
    const text = JSON.stringify([result.title, result.headingPath, result.excerpt]);
    if (!url || sections.has(url) || texts.has(text)) continue;
    texts.add(text);
    sections.set(url, { ...result, url });
  }
  return [...sections.values()].slice(0, limit);
}

/**
 * An index is data: an address that leaves the site's origin (on a disk, its folder), or runs script, is not followed.
 * @param {string} address
 * @param {string} root
 * @returns {string | null}
 */
function locate(address, root) {
  try {
    const { href } = new URL(address, root);
    return href.startsWith(root.startsWith('http') ? new URL('/', root).href : root) ? href : null;
  } catch {
    return null; // not an address at all
  }
}

/**
 * Reads the hits' passages as far as needed for `limit` results.
 * @param {Index} index
 * @param {string} text
 * @param {number} limit
 * @param {Hit[]} hits
 * @param {AbortSignal} signal
 * @returns {Promise<Result[]>}
 */
export async function readResults({ engine, root, chunks }, text, limit, hits, signal) {
  let results = /** @type {Result[]} */ ([]);
  for (let end = limit; results.length < limit && end < hits.length + limit; end += limit) {
    const shown = await chunks.load(hits.slice(0, end));
    signal.throwIfAborted();
    results = selectResults(guard(() => engine.results(text, shown)), root, limit);
  }
  return results;
}
