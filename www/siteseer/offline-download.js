// Fetches all files of the index and its models at once, and keeps them where the service worker looks. The page does
// this, not the worker: browsers end a worker that works for minutes.

import { KEPT_BY_PAGE, fetchWhole } from './offline-fetch.js';
import { LISTS, Version } from './offline-version.js';
import { inLanes } from './offline-versions.js';

/** @import { FileEntry } from './manifest.js' */
/** @import { Store } from './offline-store.js' */
/** @import { Tier } from './siteseer.js' */

/** Kinds of files that the lowest tier needs: they come first. */
const LEXICAL = ['lexical', 'stemmers', 'postings', 'spellings', 'passages'];
/** Kinds of files of the static tier, which nobody needs who has the model. */
const STATIC = ['root', 'axes', 'tokens', 'cells', 'rows'];
/** Of late interaction: thousands of files, which nobody needs who has the reranker. */
const LATE = ['lateHead', 'lateCode', 'lateTokens'];
const MODELS = ['vectors', 'codes', 'model', 'reranker', ...LATE];
/** Thousands of files, without which codes are compared: about as good. They are kept as they are used. */
const AS_USED = ['exact'];
/** Kinds of files that are not needed where a tier is the highest. */
const ABOVE = { lexical: [...MODELS, ...STATIC], static: MODELS, dense: ['reranker', ...LATE, ...STATIC], late: ['reranker', ...STATIC], reranked: [...LATE, ...STATIC] };

/** There is no room on the device. */
export class NoRoom extends Error {}

/**
 * What is not kept yet, what answers first to begin with.
 * @param {Store} store
 * @param {Tier} highest
 * @returns {Promise<FileEntry[]>}
 */
export async function missingFiles(store, highest) {
  const responses = await Promise.all(LISTS.map((name) => fetch(store.folder + name)));
  const { kinds } = await Version.of(await Promise.all(responses.map(async (response) => new Uint8Array(await response.arrayBuffer()))));
  const there = await store.names('files');
  return [...kinds]
    .filter(([kind]) => !ABOVE[highest].includes(kind) && !AS_USED.includes(kind))
    .sort(([a], [b]) => Number(LEXICAL.includes(b)) - Number(LEXICAL.includes(a)))
    .flatMap(([, entries]) => entries)
    .filter(({ name }) => !there.has(name));
}

/**
 * @param {Store} store
 * @param {FileEntry[]} entries
 * @param {{ signal: AbortSignal, onProgress: (loaded: number) => void }} options `loaded`: stored bytes of all files so far
 * @throws {NoRoom | import('./errors.js').SiteseerError | DOMException} an AbortError when the signal ends it
 */
export async function downloadFiles(store, entries, { signal, onProgress }) {
  const total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  const { quota = Infinity, usage = 0 } = (await navigator.storage?.estimate?.()) ?? {};
  if (quota - usage < total) throw new NoRoom();
  const end = new AbortController(); // the visitor's, or one failure for all
  signal.addEventListener('abort', () => end.abort(signal.reason), { once: true });
  /** @type {Map<string, number>} */
  const received = new Map();
  try {
    await inLanes(entries, async (entry) => {
      end.signal.throwIfAborted();
      const onBytes = (/** @type {number} */ loaded) => {
        received.set(entry.name, loaded);
        onProgress([...received.values()].reduce((sum, n) => sum + n, 0));
      };
      const options = { signal: end.signal, onBytes };
      const answer = await fetchWhole(store.folder, entry, { cache: KEPT_BY_PAGE, ...options }).catch((error) => {
        if (end.signal.aborted) throw error;
        return fetchWhole(store.folder, entry, { cache: 'reload', ...options }); // the browser's own cache may hold a torn answer
      });
      if (!(await store.put('files', store.folder + entry.name, answer))) throw new NoRoom();
    });
  } catch (error) {
    end.abort(error);
    throw error;
  }
}
