// The site's own pages, so that a result can be opened offline: what was visited is kept, with the styles, scripts,
// fonts and pictures that it used. The network comes first, so nothing is ever old while there is one.

import { isGood } from './offline-fetch.js';

/** @import { Store } from './offline-store.js' */
/** @import { FetchEvent } from './service-worker.js' */

const DESTINATIONS = ['style', 'script', 'font', 'image', 'manifest'];
/** A network that takes longer is answered for, if the file is kept. */
const PATIENCE_MS = 4_000;
/** Files at most; the oldest go first. */
const MOST = 400;

export class Pages {
  /** @param {Store} store */
  constructor(store) {
    this.store = store;
  }

  /**
   * @param {Request} request
   * @returns {boolean} whether it is for a page or for what a page is made of
   */
  wants({ mode, destination, url, headers }) {
    const ours = new URL(url).origin === new URL(this.store.folder).origin && !headers.has('range');
    return ours && (mode === 'navigate' || DESTINATIONS.includes(destination));
  }

  /**
   * @param {FetchEvent} event
   * @returns {Promise<Response>}
   */
  async answer(event) {
    const { request } = event;
    const isPage = request.mode === 'navigate';
    const key = keyOf(request.url, isPage);
    const fetched = fetch(request).then((response) => {
      if (isPage && !/html/.test(response.headers.get('content-type') ?? '')) return response; // a download
      const copy = response.clone();
      event.waitUntil(this.#keep(key, response, copy).catch(() => {})); // cut short on the way
      return response;
    });
    const kept = fetched.catch(() => undefined).then((response) => response ?? this.store.find('pages', key));
    event.waitUntil(kept);
    const late = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS)).then(() => this.store.find('pages', key));
    return (await Promise.race([kept, late.then((found) => found ?? kept)])) ?? (isPage ? await this.#alias(request.url) : undefined) ?? fetched;
  }

  /**
   * Where hosts redirect from or to: a page without its `.html`, a folder without its slash.
   * @param {string} url
   * @returns {Promise<Response | undefined>}
   */
  async #alias(url) {
    const to = new URL(url);
    const { pathname } = to;
    const stem = pathname.replace(/(\/(index\.html)?|\.html)$/, '');
    for (const end of ['', '/', '.html', '/index.html']) {
      to.pathname = stem + end;
      if (to.pathname !== pathname && (await this.store.find('pages', keyOf(to.href, true)))) return Response.redirect(to.href);
    }
    return undefined;
  }

  /**
   * Keeps what a page has loaded before there was a service worker.
   * @param {string[]} urls the page's own first
   */
  async keepVisited(urls) {
    for (const [i, url] of urls.entries()) {
      const key = keyOf(url, i === 0);
      if (new URL(key).origin !== new URL(this.store.folder).origin || (await this.store.find('pages', key))) continue;
      const response = await fetch(url).catch(() => null);
      if (response) await this.#keep(key, response, response).catch(() => {});
    }
  }

  /**
   * @param {string} key
   * @param {Response} response
   * @param {Response} copy
   */
  async #keep(key, response, copy) {
    if (!isGood(response) || /no-store|private/.test(response.headers.get('cache-control') ?? '')) return;
    const content = await copy.blob();
    const { headers } = response;
    await this.store.put('pages', key, () => new Response(content, { headers: plain(headers) }));
    const cache = await this.store.open('pages');
    for (const old of (await cache.keys()).slice(0, -MOST)) await cache.delete(old);
  }
}

/** @param {Headers} headers */
function plain(headers) {
  const copy = new Headers(headers);
  copy.delete('content-encoding');
  copy.delete('content-length');
  return copy;
}

/**
 * Pages of a static site do not depend on the query, and what a visitor searched for is not written down.
 * @param {string} url
 * @param {boolean} isPage
 */
function keyOf(url, isPage) {
  const key = new URL(url);
  key.hash = '';
  if (isPage) key.search = '';
  return key.href;
}
