// Hits in the order of a value that their pages have, not of relevance: numbers where all are numbers, else texts; pages
// without a value last; equal ones in the order they had. `src/cli/sort.rs` does the same natively.

import { guard } from './guard.js';

/** @import { Engine, Hit } from './engine.js' */
/** @import { Sort } from './siteseer.js' */

/** So many of the best are brought into order. */
export const SORTED = 200;

/**
 * @param {Engine} engine
 * @param {Hit[]} hits best first
 * @param {Sort} [sort] the first key decides, the next ones where it does not
 * @returns {Hit[]}
 */
export function sortHits(engine, hits, sort = {}) {
  const passages = Uint32Array.from(hits, ({ passage }) => passage);
  const columns = Object.entries(sort).map(([key, order]) => compare(guard(() => engine.sort_values(key, passages)), order === 'desc'));
  const places = hits.map((_, i) => i);
  places.sort((a, b) => columns.reduce((decided, column) => decided || column(a, b), 0) || a - b);
  return places.map((i) => hits[i]);
}

/**
 * @param {(string | null)[]} values of the hits
 * @param {boolean} descending
 * @returns {(a: number, b: number) => number} compares two hits by their places
 */
export function compare(values, descending) {
  const areNumbers = values.every((value) => value === null || /^[-+]?(\d+\.?\d*|\.\d+)$/.test(value));
  return (i, j) => {
    const [a, b] = [values[i], values[j]];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    const order = areNumbers ? Number(a) - Number(b) : a < b ? -1 : Number(a > b);
    return descending ? -order : order;
  };
}
