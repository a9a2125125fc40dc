// The service worker as the page sees it: registering one where there is none, and telling what the page has loaded
// before the worker was there.

import { NoRoom } from './offline-download.js';
import { VERSION_HEADER } from './offline-versions.js';

/** A worker that takes the page over does so soon after it is active. */
const CLAIM_MS = 3_000;

/**
 * @param {string} folder
 * @param {string | null} script address of the site's own worker; null: the one that the page has, or the usual one
 * @param {ReadonlySet<string>} asked addresses of index files that the page has asked for
 * @returns {Promise<void>} when search can be kept
 * @throws {Error} that says why it cannot
 */
export async function register(folder, script, asked) {
  if (!window.isSecureContext) throw new Error('Offline use needs https (or localhost).');
  const { serviceWorker } = navigator;
  if (!serviceWorker || !globalThis.caches) throw new Error('This browser has no service workers here; a private window may forbid them.');
  const before = serviceWorker.controller;
  const url = script ? new URL(script, document.baseURI).href : new URL('../siteseer-sw.js', folder).href;
  const there = script ? undefined : await serviceWorker.getRegistration();
  if (!there) {
    await serviceWorker.register(url, { updateViaCache: 'none' }).catch((error) => {
      throw new Error(`The service worker ${url} could not be registered (${error.message}). docs/offline.md says what it must contain.`);
    });
  }
  const { active } = await serviceWorker.ready;
  await controlled(serviceWorker);
  if (!serviceWorker.controller) return; // it takes over when the page is loaded the next time
  const version = (await fetch(`${folder}client.json`)).headers.get(VERSION_HEADER);
  if (version === 'none') throw new NoRoom('There is no room for the client files.');
  if (!version) {
    throw new Error(`The service worker ${serviceWorker.controller.scriptURL} does not answer for ${folder}. docs/offline.md says what it must contain.`);
  }
  if (before) return;
  active?.postMessage({ siteseer: 'visited', urls: visited(folder) });
  for (const url of asked) if (url.startsWith(folder)) askAgain(url);
}

/** Through the service worker, which keeps it; the browser's own cache has it. @param {string} url */
async function askAgain(url) {
  await fetch(url).then((response) => response.arrayBuffer()).catch(() => {}); // it is kept when it is used the next time
}

/** @param {ServiceWorkerContainer} container */
async function controlled(container) {
  if (container.controller) return;
  await new Promise((resolve) => {
    container.addEventListener('controllerchange', resolve, { once: true });
    setTimeout(resolve, CLAIM_MS);
  });
}

/**
 * The page and what it is made of, the search's own files apart.
 * @param {string} folder
 */
function visited(folder) {
  const parts = /** @type {PerformanceResourceTiming[]} */ (performance.getEntriesByType('resource')).filter(({ name, initiatorType }) => {
    return name.startsWith(`${location.origin}/`) && !name.startsWith(folder) && !['fetch', 'xmlhttprequest', 'beacon'].includes(initiatorType);
  });
  return [location.href, ...parts.map(({ name }) => name)];
}

/**
 * Asks the browser not to evict what is kept: once, for some browsers ask the visitor.
 * @param {import('./offline-store.js').Store} store
 */
export async function askToPersist(store) {
  const { storage } = navigator;
  if (!storage?.persist || (await storage.persisted()) || (await store.read('asked'))) return;
  await store.write('asked', true);
  await storage.persist().catch(() => false);
}
