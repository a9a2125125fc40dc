// Which page uses which version. A page keeps the version that it began with as long as that can be had, and its workers
// follow it. Written down, since the browser ends and starts service workers as it likes.

/** @import { Store } from './offline-store.js' */
/** @import { Versions } from './offline-versions.js' */
/** @import { Clients } from './service-worker.js' */

/** A worker that is being made is not in the browser's list yet; its page is, and has the same version. */
const GRACE_MS = 60_000;

/** `version`: its id, or '' for what the network has; `page`: a worker's. @typedef {{ version: string, page?: string, since: number }} Pin */

export class Pins {
  /** By client id. @type {Promise<Map<string, Pin>> | undefined} */
  #pins;

  /**
   * @param {Store} store
   * @param {Clients} clients
   */
  constructor(store, clients) {
    this.store = store;
    this.clients = clients;
  }

  #read() {
    this.#pins ??= this.store.read('pins').then((pins) => new Map(pins), () => new Map());
    return this.#pins;
  }

  /**
   * @param {string} clientId
   * @returns {Promise<string | undefined>}
   */
  async of(clientId) {
    return (await this.#read()).get(clientId)?.version;
  }

  /**
   * Pins a client, and forgets those that are gone.
   * @param {string} clientId
   * @param {string} version
   * @param {string} [maker] of a worker: the page or the worker that makes it
   */
  async set(clientId, version, maker) {
    const [pins, there] = await Promise.all([this.#read(), this.#there()]);
    for (const [id, { since }] of pins) if (!there.has(id) && Date.now() - since > GRACE_MS) pins.delete(id);
    const page = maker === undefined ? pins.get(clientId)?.page : (pins.get(maker)?.page ?? maker);
    pins.set(clientId, { version, page, since: Date.now() });
    await this.store.write('pins', [...pins]);
  }

  /**
   * The server has a file no more that a worker asks for. If that is because of a newer version, which is there whole, the
   * page gets that (where there is no room for it, the network's), and with it the workers that it makes from now on: the one
   * that asks has read files of its own version.
   * Without a network, and while a deployment is not complete, all stays as it is.
   * @param {string} clientId
   * @param {string} version the worker's
   * @param {Versions} versions
   */
  async moveOn(clientId, version, versions) {
    await versions.refresh();
    const next = versions.beyond ? '' : (await versions.current())?.id;
    const page = (await this.#read()).get(clientId)?.page;
    if (page && next !== undefined && next !== version) await this.set(page, next);
  }

  /**
   * Only looks: a service worker that waits for its turn asks, too.
   * @returns {Promise<Set<string>>} the versions of the clients that are there
   */
  async inUse() {
    const there = await this.#there();
    /** @type {[string, Pin][]} */
    const pins = [...((await this.store.read('pins')) ?? []), ...((await this.#pins) ?? [])];
    return new Set(pins.filter(([id]) => there.has(id)).map(([, { version }]) => version));
  }

  async #there() {
    return new Set((await this.clients.matchAll({ includeUncontrolled: true, type: 'all' })).map(({ id }) => id));
  }
}
