// One search for all boxes of a page that ask for the same index: one worker, one model in memory. The last box to
// leave closes it.

import { SearchClient } from './client.js';
import { refusedTier } from './refused.js';

/** @import { OpenOptions } from './siteseer.js' */

/** @type {Map<string, { search: SearchClient, users: number }>} */
const open = new Map();

/**
 * @param {OpenOptions} options
 * @returns {{ search: SearchClient, release: (renew?: boolean) => void }} `release` once; `renew`: whoever asks next gets another
 */
export function share(options) {
  const key = JSON.stringify([options.manifest, options.tiers, options.rerankBudget, options.rerankPatience, options.rerankWorkers, options.webgpu]);
  let entry = open.get(key);
  if (!entry || entry.search.status.lexical.state === 'failed') {
    entry = { search: new SearchClient(options, refusedTier(/** @type {string | undefined} */ (options.manifest) ?? null)), users: 0 };
    open.set(key, entry);
  }
  const used = entry;
  used.users++;
  const release = (renew = false) => {
    const isLast = --used.users === 0;
    if (isLast) used.search.close();
    if ((isLast || renew) && open.get(key) === used) open.delete(key);
  };
  return { search: used.search, release };
}
