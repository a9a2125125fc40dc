// What the server has now: the two lists that name all other files, and the version that they make.

import { isGood, remake } from './offline-fetch.js';
import { LISTS, Version } from './offline-version.js';

/** @import { Store } from './offline-store.js' */

/** The two lists are small: a network that takes longer is no network. */
const LISTS_MS = 15_000;
/**
 * Tells a page that its list came from here. Where no version is kept the value is `none` if there is no room for one,
 * `later` if it is on its way.
 */
export const VERSION_HEADER = 'siteseer-version';

/** A version, and answers with its lists. @typedef {{ version: Version, lists: { name: string, answer: () => Response }[] }} News */

/**
 * @param {Store} store
 * @returns {Promise<News | null>} null: the network is away
 */
export async function look(store) {
  const signal = AbortSignal.timeout(LISTS_MS);
  const fetched = LISTS.map((name) => fetch(store.folder + name, { cache: 'no-cache', signal }));
  const responses = await Promise.all(fetched).catch(() => null);
  if (!responses) return null;
  const bad = responses.find((response) => !isGood(response));
  if (bad) throw new Error(`${bad.url}: HTTP ${bad.status}. Deploy the whole index folder.`);
  const buffers = await Promise.all(responses.map((response) => response.arrayBuffer())).catch(() => null);
  if (!buffers) return null;
  const contents = buffers.map((buffer) => new Uint8Array(buffer));
  const version = await Version.of(contents);
  const lists = LISTS.map((name, i) => {
    const make = remake(responses[i], contents[i]);
    return { name, answer: () => marked(make(), version) };
  });
  return { version, lists };
}

/**
 * @param {Response} list
 * @param {Version} version
 */
function marked(list, { id }) {
  list.headers.set(VERSION_HEADER, id);
  return list;
}
