// Files of the index and models: kept as they are used. One that the server has no more leads to the next version.

import { isGone, isGood, isWhole, readThrough, remake } from './offline-fetch.js';

/** @import { FileEntry } from './manifest.js' */
/** @import { Pins } from './offline-pins.js' */
/** @import { Store } from './offline-store.js' */
/** @import { Version } from './offline-version.js' */
/** @import { Versions } from './offline-versions.js' */
/** @import { FetchEvent } from './service-worker.js' */

/** So long a page that needs a file which is gone waits for the next version; later it finds that when it tries again. */
const GONE_MS = 10_000;

export class Files {
  /**
   * @param {Store} store
   * @param {Pins} pins
   * @param {Versions} versions
   * @param {() => void} onFull
   */
  constructor(store, pins, versions, onFull) {
    this.store = store;
    this.pins = pins;
    this.versions = versions;
    this.onFull = onFull;
  }

  /**
   * @param {FetchEvent} event
   * @param {Version} version of who asks
   * @param {FileEntry} entry
   * @returns {Promise<Response>}
   */
  async answer(event, version, entry) {
    const { request } = event;
    const afresh = request.cache === 'reload'; // the page found fault with what it got
    const found = afresh ? undefined : await this.store.find('files', request.url);
    if (found) return found;
    const listed = version.files.has(entry.name);
    let response = await fetch(request);
    if (listed && !afresh && isGone(response)) response = await fetch(request, { cache: 'reload' }); // that may be an old answer
    if (listed && isGone(response)) {
      const moving = this.pins.moveOn(event.clientId, version.id, this.versions);
      event.waitUntil(moving);
      await Promise.race([moving, new Promise((resolve) => setTimeout(resolve, GONE_MS))]);
      return response.ok ? new Response(null, { status: 410, statusText: 'A page came in its place' }) : response;
    }
    if (!isGood(response) || !response.body) return response;
    const { body, whole } = readThrough(response.body);
    event.waitUntil(whole.then((bytes) => bytes && this.#keep(request.url, response, bytes, entry)));
    return new Response(body, { headers: response.headers });
  }

  /**
   * @param {string} url
   * @param {Response} response
   * @param {Uint8Array<ArrayBuffer>} bytes of its body
   * @param {FileEntry} entry
   */
  async #keep(url, response, bytes, entry) {
    if (!(await isWhole(bytes, entry))) return;
    if (!(await this.store.put('files', url, remake(response, bytes)))) this.onFull();
  }
}
