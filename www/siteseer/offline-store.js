// Where offline use keeps its files: the caches of one search folder, and writing to them when there may be no room.
// Caches belong to an origin, on which several sites may lie, so their names carry the folder's path.
//
//   shell VERSION   manifest and client files that belong together, and nothing else
//   files           the index and model files, whose names tell their content: shared by all versions
//   pages           visited pages of the site; the first to go when room is short
//   state           which version is current, and which page uses which one

/** A new layout gets new names, and leaves these behind. */
const LAYOUT = 'siteseer-1';

export class Store {
  /** @param {string} folder address of the search folder, with a slash at the end */
  constructor(folder) {
    this.folder = folder;
    this.prefix = `${LAYOUT} ${new URL(folder).pathname} `;
  }

  /** @param {string} kind */
  open(kind) {
    return caches.open(this.prefix + kind);
  }

  /**
   * File by file, which makes room at once: browsers keep a cache that is dropped for as long as someone has it open.
   * @param {string} kind
   */
  async drop(kind) {
    const name = this.prefix + kind;
    if (!(await caches.has(name))) return;
    const cache = await caches.open(name);
    for (const request of await cache.keys()) await cache.delete(request);
    await caches.delete(name);
  }

  /** Of the caches that there are. @returns {Promise<string[]>} */
  async kinds() {
    return (await caches.keys()).filter((name) => name.startsWith(this.prefix)).map((name) => name.slice(this.prefix.length));
  }

  /**
   * Never makes a cache.
   * @param {string} kind
   * @param {string} url
   * @returns {Promise<Response | undefined>}
   */
  find(kind, url) {
    return caches.match(url, { cacheName: this.prefix + kind, ignoreVary: true });
  }

  /**
   * Names of the files in a cache.
   * @param {string} kind
   * @returns {Promise<Set<string>>} relative to the folder
   */
  async names(kind) {
    if (!(await caches.has(this.prefix + kind))) return new Set();
    return new Set((await (await this.open(kind)).keys()).map(({ url }) => url.slice(this.folder.length)));
  }

  /**
   * Stores an answer that is whole in memory. Visited pages make room for it.
   * @param {string} kind
   * @param {string} url
   * @param {() => Response} answer
   * @returns {Promise<boolean>} false: there is no room for it
   */
  async put(kind, url, answer) {
    for (const last of [false, true]) {
      try {
        await (await this.open(kind)).put(url, answer());
        return true;
      } catch (error) {
        if (last || kind === 'pages') console.warn(`Siteseer: ${url} is not kept for offline use. ${error}`);
        if (kind === 'pages') return false;
        await this.drop('pages').catch(() => {});
      }
    }
    return false;
  }

  /**
   * @param {string} key
   * @returns {Promise<any>}
   */
  async read(key) {
    return (await this.find('state', this.folder + key))?.json();
  }

  /** @param {string} key */
  async forget(key) {
    await (await this.open('state')).delete(this.folder + key);
  }

  /**
   * @param {string} key
   * @param {unknown} value
   */
  write(key, value) {
    return this.put('state', this.folder + key, () => new Response(JSON.stringify(value)));
  }
}
