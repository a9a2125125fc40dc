// Offline use, as a service worker sees it. Loaded by a worker at the root of the site, it sets `siteseerOffline`:
//
//   importScripts('./siteseer/offline.js');
//   siteseerOffline.listen();                       // a worker that does nothing else
//
//   addEventListener('fetch', (event) => {          // or: in a worker that the site has already
//     if (siteseerOffline.handle(event)) return;
//     …
//   });
//
// By question: *which version does a page get?* `offline-pins.js`. *When does a new one take over?*
// `offline-versions.js`. *What is stored?* `offline-fetch.js` checks, `offline-store.js` keeps. *Files of the index?*
// `offline-files.js`. *The site's pages?* `offline-pages.js`. What a page does itself begins in `offline-line.js`.

import { KEPT_BY_PAGE } from './offline-fetch.js';
import { Files } from './offline-files.js';
import { VERSION_HEADER } from './offline-news.js';
import { Pages } from './offline-pages.js';
import { Pins } from './offline-pins.js';
import { Store } from './offline-store.js';
import { Versions } from './offline-versions.js';

/** @import { Version } from './offline-version.js' */
/** @import { ExtendableEvent, ExtendableMessageEvent, FetchEvent, ServiceWorkerScope } from './service-worker.js' */

/** So long a page that opens waits for news of a deployment; after that it gets what is kept. */
const NEWS_MS = 2_000;

const scope = /** @type {ServiceWorkerScope} */ (/** @type {unknown} */ (globalThis));

/**
 * @typedef {object} OfflineOptions
 * @property {string} [folder] the search folder, relative to the worker; `./siteseer/`
 * @property {boolean} [pages] keep visited pages of the site, too: `listen` does unless told not to, `handle` does not
 */

class Offline {
  /** Clients whose version is being looked up. @type {Map<string, Promise<Version | null>>} */
  #asking = new Map();
  #toldFull = false;

  /** @param {OfflineOptions} options */
  constructor({ folder = './siteseer/', pages = false }) {
    this.store = new Store(new URL(folder, scope.location.href).href);
    this.pins = new Pins(this.store, scope.clients);
    this.versions = new Versions(this.store, { onFull: () => this.#tellFull(), inUse: () => this.pins.inUse() });
    this.files = new Files(this.store, this.pins, this.versions, () => this.#tellFull());
    this.pages = pages ? new Pages(this.store) : null;
  }

  /**
   * @param {Event} event
   * @returns {boolean} whether the event was a fetch and is being answered
   */
  handle(event) {
    const extendable = /** @type {ExtendableEvent} */ (event);
    if (event.type === 'fetch') return this.#onFetch(/** @type {FetchEvent} */ (event));
    if (event.type === 'install' || event.type === 'activate') extendable.waitUntil(this.versions.refresh());
    if (event.type === 'message') this.#onMessage(/** @type {ExtendableMessageEvent} */ (event));
    return false;
  }

  /** @param {FetchEvent} event */
  #onFetch(event) {
    const { request } = event;
    if (request.method !== 'GET') return false;
    if (request.mode === 'navigate') event.waitUntil(this.versions.refresh());
    const inFolder = request.url.startsWith(this.store.folder);
    if (inFolder && request.mode !== 'navigate') {
      if (request.cache === KEPT_BY_PAGE) return false;
      event.respondWith(this.#answer(event).catch(() => fetch(request))); // no caches, or they fail: the network
      return true;
    }
    if (inFolder || !this.pages?.wants(request)) return false;
    event.respondWith(this.pages.answer(event).catch(() => fetch(request)));
    return true;
  }

  /** @param {FetchEvent} event */
  async #answer(event) {
    const { request } = event;
    const name = new URL(request.url).pathname.slice(new URL(this.store.folder).pathname.length);
    const isList = name === 'client.json';
    if (isList && request.cache === 'reload') await this.versions.refresh(); // the page wants to know what there is now
    const version = await this.#versionFor(event);
    if (version?.names.includes(name)) {
      const found = (await this.store.find(version.kind, this.store.folder + name)) ?? (await this.versions.restore(version, name));
      return found ?? new Response(null, { status: 409, statusText: 'Deployed anew: reload the page' });
    }
    const entry = version?.entry(name);
    if (version && entry) return this.files.answer(event, version, entry);
    const response = await fetch(request);
    if (version || !isList) return response;
    const { status, headers } = response;
    return new Response(response.body, { status, headers: { ...Object.fromEntries(headers), [VERSION_HEADER]: this.#toldFull ? 'none' : 'later' } });
  }

  /**
   * The version of the page or worker that asks, fixed by its first request.
   * @param {FetchEvent} event
   * @returns {Promise<Version | null>} null: the network's
   */
  #versionFor({ clientId, resultingClientId }) {
    let asking = this.#asking.get(clientId);
    if (!asking) {
      asking = this.#ask(clientId).finally(() => this.#asking.delete(clientId));
      this.#asking.set(clientId, asking);
    }
    if (!resultingClientId) return asking;
    return asking.then(async (version) => {
      await this.pins.set(resultingClientId, version?.id ?? '', clientId); // the search worker of that page
      return version;
    });
  }

  /** @param {string} clientId */
  async #ask(clientId) {
    const pinned = await this.pins.of(clientId);
    if (pinned !== undefined) return pinned ? this.versions.get(pinned) : null;
    const news = this.versions.refreshing ?? ((await this.versions.current()) ? undefined : this.versions.refresh());
    await Promise.race([news, after(NEWS_MS)]);
    const version = this.versions.beyond ? null : await this.versions.current();
    await this.pins.set(clientId, version?.id ?? '');
    return version;
  }

  /** @param {ExtendableMessageEvent} event */
  #onMessage(event) {
    const { siteseer, urls } = /** @type {{ siteseer?: string, urls?: unknown }} */ (event.data ?? {});
    if (siteseer === 'visited' && Array.isArray(urls)) event.waitUntil(this.pages?.keepVisited(urls.map(String)) ?? Promise.resolve());
  }

  /** Once; the search itself goes on from the network. */
  async #tellFull() {
    if (this.#toldFull) return;
    this.#toldFull = true;
    for (const client of await scope.clients.matchAll({ includeUncontrolled: true, type: 'window' })) client.postMessage({ siteseer: 'full' });
  }
}

/** @param {number} ms */
const after = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @type {Offline | undefined} */
let offline;

export const siteseerOffline = {
  /** @param {OfflineOptions} [options] */
  listen(options = {}) {
    offline ??= new Offline({ pages: true, ...options });
    for (const type of ['install', 'activate', 'fetch', 'message']) scope.addEventListener(type, (event) => void offline?.handle(event));
    scope.addEventListener('activate', (event) => /** @type {ExtendableEvent} */ (event).waitUntil(scope.clients.claim()));
  },

  /**
   * @param {Event} event of the type fetch; also install, activate and message, if the worker hands them on
   * @param {OfflineOptions} [options] the first call's count
   * @returns {boolean} true: it is a fetch and is being answered
   */
  handle(event, options = {}) {
    offline ??= new Offline(options);
    return offline.handle(event);
  },
};

Object.assign(globalThis, { siteseerOffline });
