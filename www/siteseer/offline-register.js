// The service worker as the page sees it: registering one where there is none, and telling what the page has loaded
// before the worker was there.

import { NoRoom, askVersion } from './offline-download.js';

/** A worker that takes the page over does so soon after it is active. */
const CLAIM_MS = 3_000;
/** Until a worker is looked at again that is being installed. */
const LOOK_MS = 100;

/**
 * @param {string} folder
 * @param {string | null} script address of the site's own worker; null: the one that the folder has, or the usual one
 * @param {ReadonlySet<string>} asked addresses of index files that the page has asked for
 * @returns {Promise<boolean>} when search can be kept; false: of the next page
 * @throws {Error} that says why it cannot
 */
export async function register(folder, script, asked) {
  if (!window.isSecureContext) throw new Error('Offline use needs https (or localhost).');
  const { serviceWorker } = navigator;
  if (!serviceWorker || !globalThis.caches) throw new Error('This browser has no service workers here; a private window may forbid them.');
  const before = serviceWorker.controller;
  const url = script ? new URL(script, document.baseURI).href : new URL('../siteseer-sw.js', folder).href;
  const registration = (await find(folder, script, url)) ?? (await add(url, script !== null));
  if (!location.href.startsWith(registration.scope)) throw new Error(`The service worker ${url} rules only below ${registration.scope}.`);
  const worker = await begun(registration);
  const has = () => serviceWorker.controller?.scriptURL === worker.scriptURL;
  await taken(serviceWorker, has);
  if (!has() && (await serviceWorker.getRegistration())?.scope === registration.scope) return false; // it takes over when the page is loaded the next time
  const version = await askVersion(folder);
  if (version === 'none') throw new NoRoom('There is no room for the client files.');
  if (!version) {
    throw new Error(`The service worker ${serviceWorker.controller?.scriptURL} does not answer for ${folder}. docs/offline.md says what it must contain.`);
  }
  if (before?.scriptURL === worker.scriptURL) return true;
  worker.postMessage({ siteseer: 'visited', urls: visited(folder) });
  for (const url of asked) if (url.startsWith(folder)) askAgain(url);
  return true;
}

/**
 * The registration that is there: of that very worker, or without a name one that is for the folder or answers for it. On
 * one origin a site may lie below another, whose worker is not its own.
 * @param {string} folder
 * @param {string | null} script
 * @param {string} url
 * @returns {Promise<ServiceWorkerRegistration | undefined>}
 */
async function find(folder, script, url) {
  const { serviceWorker } = navigator;
  if (script !== null) {
    return (await serviceWorker.getRegistrations()).find(({ scope, active, waiting, installing }) => {
      return location.href.startsWith(scope) && [active, waiting, installing].some((worker) => worker?.scriptURL === url);
    });
  }
  const there = await serviceWorker.getRegistration();
  return there && (there.scope === new URL('../', folder).href || (serviceWorker.controller && (await askVersion(folder)))) ? there : undefined;
}

/**
 * @param {string} url
 * @param {boolean} own a site's worker may be a module
 */
function add(url, own) {
  const register = (/** @type {WorkerType} */ type) => navigator.serviceWorker.register(url, { type, updateViaCache: 'none' });
  return register('classic')
    .catch((error) => (own ? register('module') : Promise.reject(error)))
    .catch((error) => {
      throw new Error(`The service worker ${url} could not be registered (${error.message}). docs/offline.md says what it must contain.`);
    });
}

/**
 * @param {ServiceWorkerRegistration} registration that another page may be making just now
 * @returns {Promise<ServiceWorker>} its worker, installed
 */
async function begun(registration) {
  for (let before; ; ) {
    const worker = registration.active ?? registration.waiting ?? registration.installing;
    if (worker?.state.startsWith('activat')) return worker;
    if (before && (!worker || worker.state === 'redundant')) throw new Error(`The service worker ${before.scriptURL} could not be installed.`);
    before = worker;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** Through the service worker, which keeps it; the browser's own cache has it. @param {string} url */
async function askAgain(url) {
  await fetch(url).then((response) => response.arrayBuffer()).catch(() => {}); // it is kept when it is used the next time
}

/**
 * @param {ServiceWorkerContainer} container
 * @param {() => boolean} has whether the worker has the page
 */
async function taken(container, has) {
  if (has()) return;
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
