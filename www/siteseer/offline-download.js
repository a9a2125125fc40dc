// Fetches all files of the index and its models at once, and keeps them where the service worker looks. The page does
// this, not the worker: browsers end a worker that works for minutes.

import { abortable } from './abortable.js';
import { KEPT_BY_PAGE, fetchWhole } from './offline-fetch.js';
import { VERSION_HEADER } from './offline-news.js';
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

/** What the next page needs. @typedef {{ id: string, missing: FileEntry[], whole: boolean }} Plan `whole`: all of its client is kept */

/**
 * The version that the next page gets; where none is kept yet, what the server has.
 * @param {Store} store
 * @returns {Promise<Version>}
 */
async function nextVersion(store) {
  const kept = `shell ${await store.read('current')}`;
  const lists = await Promise.all(LISTS.map(async (name) => (await store.find(kept, store.folder + name)) ?? fetch(store.folder + name)));
  return Version.of(await Promise.all(lists.map(async (list) => new Uint8Array(await list.arrayBuffer()))));
}

/**
 * @param {Store} store
 * @param {Tier} highest
 * @returns {Promise<Plan>} `missing`: what answers first to begin with
 */
export async function planFor(store, highest) {
  const { id, kind, kinds, names } = await nextVersion(store);
  const [there, shell] = await Promise.all([store.names('files'), store.names(kind)]);
  const missing = [...kinds]
    .filter(([kind]) => !ABOVE[highest].includes(kind) && !AS_USED.includes(kind))
    .sort(([a], [b]) => Number(LEXICAL.includes(b)) - Number(LEXICAL.includes(a)))
    .flatMap(([, entries]) => entries)
    .filter(({ name }) => !there.has(name));
  return { id, missing, whole: id === (await store.read('current')) && names.every((name) => shell.has(name)) };
}

/**
 * Saves what is missing. If the site was or is deployed anew meanwhile, it begins again with what that needs.
 * @param {Store} store
 * @param {Tier} highest
 * @param {Following} options
 * @throws {NoRoom | import('./errors.js').SiteseerError | DOMException} an AbortError when the signal ends it
 */
export async function saveFiles(store, highest, options) {
  const { signal } = options;
  for (;;) {
    const { id, missing } = await abortable(planFor(store, highest), signal);
    const failure = await downloadFiles(store, missing, options).then(() => null, (error) => error);
    signal.throwIfAborted();
    if (failure instanceof NoRoom) throw failure;
    const said = await abortable(askVersion(store.folder, 'reload'), signal).catch(() => null);
    const next = await planFor(store, highest);
    if (next.id !== id) continue;
    if (failure) throw failure;
    if (said === 'none' && !next.whole) throw new NoRoom();
    return;
  }
}

/** @typedef {{ signal: AbortSignal, onProgress: (loaded: number, total: number) => void }} Following `loaded`: stored bytes of all files so far */

/**
 * @param {Store} store
 * @param {FileEntry[]} entries
 * @param {Following} options
 */
async function downloadFiles(store, entries, { signal, onProgress }) {
  const total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  onProgress(0, total);
  if (!(await hasRoom(total))) {
    await store.drop('pages');
    if (!(await hasRoom(total))) throw new NoRoom();
  }
  signal.throwIfAborted();
  const end = new AbortController(); // the visitor's, or one failure for all
  signal.addEventListener('abort', () => end.abort(signal.reason), { once: true });
  /** @type {Map<string, number>} */
  const received = new Map();
  try {
    await inLanes(entries, async (entry) => {
      end.signal.throwIfAborted();
      const onBytes = (/** @type {number} */ loaded) => {
        received.set(entry.name, loaded);
        onProgress([...received.values()].reduce((sum, n) => sum + n, 0), total);
      };
      const answer = await fetchWhole(store.folder, entry, { cache: KEPT_BY_PAGE, signal: end.signal, onBytes });
      if (!(await store.put('files', store.folder + entry.name, answer))) throw new NoRoom();
    });
  } catch (error) {
    end.abort(error);
    throw error;
  }
}

/** @param {number} bytes */
async function hasRoom(bytes) {
  const { quota = Infinity, usage = 0 } = (await navigator.storage?.estimate?.()) ?? {};
  return quota - usage >= bytes;
}

/**
 * Asks the service worker for the version that this page has.
 * @param {string} folder
 * @param {RequestCache} [cache] `reload`: it first looks whether the site was deployed anew
 * @returns {Promise<string | null>} its id, or what `VERSION_HEADER` says; null: nobody answers
 */
export const askVersion = async (folder, cache) => (await fetch(`${folder}client.json`, { cache })).headers.get(VERSION_HEADER);
