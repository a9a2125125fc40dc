// The versions of the search folder that are kept, and the step from one to the next. A version becomes the current
// one only when all of it is there and has been checked; until then, and if anything fails, the old one stays.

import { fetchWhole } from './offline-fetch.js';
import { look } from './offline-news.js';
import { LISTS, Version } from './offline-version.js';

/** @import { News } from './offline-news.js' */
/** @import { Store } from './offline-store.js' */

/** Files on their way at once. */
const LANES = 4;

export class Versions {
  /** The look for news that is going on. @type {Promise<void> | undefined} */
  refreshing;
  /** The network has a version that cannot be kept. */
  beyond = false;
  /** @type {Map<string, Version>} */
  #known = new Map();

  /**
   * @param {Store} store
   * @param {{ onFull: () => void, inUse: () => Promise<Set<string>> }} hooks `inUse`: the versions of open pages
   */
  constructor(store, hooks) {
    this.store = store;
    this.hooks = hooks;
  }

  /** @returns {Promise<Version | null>} what is kept for a new page; null: nothing yet */
  async current() {
    const id = await this.store.read('current');
    return id ? this.get(id) : null;
  }

  /**
   * @param {string} id
   * @returns {Promise<Version | null>} null: the browser has evicted it
   */
  async get(id) {
    let version = this.#known.get(id);
    if (!version) {
      const lists = await Promise.all(LISTS.map((name) => this.store.find(`shell ${id}`, this.store.folder + name)));
      if (lists.includes(undefined)) return null;
      version = new Version(id, await Promise.all(lists.map(async (list) => new Uint8Array(await /** @type {Response} */ (list).arrayBuffer()))));
      this.#known.set(id, version);
    }
    return version;
  }

  /** Looks whether the site was deployed anew, and takes the step if so. One look at a time, in all workers. */
  refresh() {
    this.refreshing ??= navigator.locks
      .request(this.store.prefix, () => this.#update())
      .catch((error) => console.warn(`Siteseer: offline use stays as it was. ${error?.message ?? error}`))
      .finally(() => (this.refreshing = undefined));
    return this.refreshing;
  }

  async #update() {
    const news = await look(this.store);
    if (!news) return void (this.beyond = false); // no network
    const { version } = news;
    const old = await this.current();
    const there = await this.store.names(version.kind);
    if (old?.id !== version.id || version.names.some((name) => !there.has(name))) {
      if (!(await this.#fill(news)) && !((await this.#makeRoom(old, version)) && (await this.#fill(news)))) return this.#leave(old, version);
      if (old && old.id !== version.id && !(await this.#follow(old, version))) this.hooks.onFull();
      const again = await look(this.store);
      if (again?.version.id !== version.id) return; // it is being deployed just now
      if (!(await this.store.write('current', version.id))) return this.#leave(old, version);
    }
    this.beyond = false;
    await this.#prune(version);
  }

  /**
   * Drops what is half made, and gives up the version that was before, unless a page has it.
   * @param {Version | null} old
   * @param {Version} next
   * @returns {Promise<boolean>} whether there may be room now
   */
  async #makeRoom(old, next) {
    if (old?.id === next.id) return false;
    const inUse = await this.hooks.inUse();
    if (!inUse.has(next.id)) await this.store.drop(next.kind);
    if (!old || inUse.has(old.id)) return false;
    await this.store.forget('current');
    await this.#prune(next);
    return true;
  }

  /**
   * There is no room for it: pages get it from the network.
   * @param {Version | null} old
   * @param {Version} next
   */
  async #leave(old, next) {
    this.beyond = true;
    this.hooks.onFull();
    await this.#makeRoom(old, next);
  }

  /**
   * Fills a version's cache with what it lacks; nothing is stored before all of it has come.
   * @param {News} news
   * @returns {Promise<boolean>} false: there is no room for it
   */
  async #fill({ version, lists }) {
    const { folder } = this.store;
    const there = await this.store.names(version.kind);
    const missing = [...version.shell.values()].filter(({ name }) => !there.has(name));
    const files = await inLanes(missing, async (entry) => ({ name: entry.name, answer: await fetchWhole(folder, entry, { cache: 'no-cache' }) }));
    for (const { name, answer } of [...files, ...lists]) {
      if (!(await this.store.put(version.kind, folder + name, answer))) return false;
    }
    return true;
  }

  /**
   * Fetches what the browser has evicted from a version's cache. Another version's file would not fit the rest.
   * @param {Version} version
   * @param {string} name
   * @returns {Promise<Response | undefined>} undefined: the network has it no more, or there is no room
   */
  async restore(version, name) {
    try {
      const news = await look(this.store);
      if (news?.version.id !== version.id) return undefined;
      await this.#fill(news);
      return await this.store.find(version.kind, this.store.folder + name);
    } catch {
      return undefined;
    }
  }

  /**
   * What could be searched offline before can be searched offline after: for each file that is kept for the old
   * version its like is fetched for the new one, before that is the current one.
   * @param {Version} old
   * @param {Version} next
   * @returns {Promise<boolean>} false: there is no room for it
   */
  async #follow(old, next) {
    const there = await this.store.names('files');
    const wanted = [...next.kinds].flatMap(([kind, entries]) => {
      const kept = (old.kinds.get(kind) ?? []).map(({ name }) => there.has(name));
      const whole = kept.length > 0 && kept.every(Boolean);
      return entries.filter(({ name }, i) => !there.has(name) && (whole || kept[i])); // of many files those in the same places
    });
    const stored = await inLanes(wanted, async (entry) =>
      this.store.put('files', this.store.folder + entry.name, await fetchWhole(this.store.folder, entry, { cache: 'default' })),
    );
    return !stored.includes(false);
  }

  /**
   * Removes what no open page and no new one needs.
   * @param {Version} next what a new page gets
   */
  async #prune(next) {
    const inUse = (await this.hooks.inUse()).add(next.id);
    for (const kind of await this.store.kinds()) {
      const [, id] = kind.split('shell ');
      if (id === undefined || inUse.has(id)) continue;
      this.#known.delete(id); // a page that comes back has the network's
      await this.store.drop(kind);
    }
    const versions = [next, ...(await Promise.all([...inUse].map((id) => this.get(id))))];
    for (const name of await this.store.names('files')) {
      if (!versions.some((version) => version?.entry(name))) await (await this.store.open('files')).delete(this.store.folder + name);
    }
  }
}

/**
 * @template T, R
 * @param {T[]} items
 * @param {(item: T) => Promise<R>} work
 * @returns {Promise<R[]>} the first failure ends all
 */
export async function inLanes(items, work) {
  /** @type {R[]} */
  const done = [];
  const entries = items.entries();
  await Promise.all(
    Array.from({ length: LANES }, async () => {
      for (const [i, item] of entries) done[i] = await work(item);
    }),
  );
  return done;
}
