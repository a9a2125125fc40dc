// One version of the search folder: a manifest and the client files that were deployed with it. Its name is the hash
// of both lists, so two versions never share a name and a half of each is no version at all.

import { hash } from './content-hash.js';
import { detectBackend, encoderName } from './detect.js';
import { chunkFile } from './manifest.js';

/** @import { ChunkGroup, FileEntry, StemmerFile } from './manifest.js' */
/** @import { ClientFile } from './service-worker.js' */

/** What a version is made of: the two files that name all others. */
export const LISTS = /** @type {const} */ (['manifest.json', 'client.json']);

export class Version {
  /** The client's files that this browser uses, by name. @type {Map<string, FileEntry>} */
  shell = new Map();
  /** The index's files by kind: lexical, vectors, … @type {Map<string, FileEntry[]>} */
  kinds = new Map();
  /** The same by name. @type {Map<string, FileEntry>} */
  files = new Map();
  /** Files of related pages: a page asks for its own. @type {ChunkGroup | undefined} */
  #related;

  /**
   * @param {string} id
   * @param {Uint8Array<ArrayBuffer>[]} lists contents of `LISTS`
   * @throws {Error} if they are not such lists
   */
  constructor(id, lists) {
    this.id = id;
    const [manifest, client] = lists.map((list) => JSON.parse(new TextDecoder().decode(list)));
    if (manifest?.format !== 'siteseer-index') throw new Error('manifest.json is not a Siteseer manifest.');
    if (client?.format !== 'siteseer-client') throw new Error('client.json is not the list of the client files.');
    for (const { name, bytes, rawBytes = bytes, sha256 } of /** @type {ClientFile[]} */ (client.files)) {
      if (isUsed(name, manifest)) this.shell.set(name, { name, bytes, rawBytes, sha256 });
    }
    const { staticTower, sparse, compressed, late, stemmers = [], ...others } = manifest.files;
    if (compressed) delete others.vectors; // no browser reads them
    const named = {
      ...(sparse && { impactsRoot: sparse.root, impacts: sparse.impacts }),
      ...(late && { lateHead: late.head, lateCode: late.code, lateTokens: late.tokens }),
    };
    const stemming = { stemmers: stemmers.map((/** @type {StemmerFile} */ { file }) => file) };
    for (const [kind, entries] of Object.entries({ ...others, ...compressed, ...staticTower, ...named, ...stemming })) {
      const chunks = 'largest' in entries && Array.from({ length: entries.files }, (_, number) => chunkFile(entries, number));
      const files = chunks || [entries].flat();
      this.kinds.set(kind, files);
      for (const entry of files) this.files.set(entry.name, entry);
    }
    this.#related = manifest.related?.chunks;
  }

  /**
   * @param {string} name
   * @returns {FileEntry | undefined} undefined: it is none of the index's files
   */
  entry(name) {
    const listed = this.files.get(name);
    if (listed || !this.#related) return listed;
    const [before, after] = this.#related.name.split('*');
    const number = name.slice(before.length, -after.length);
    return /^\d+$/.test(number) && name === before + number + after ? chunkFile(this.#related, Number(number)) : undefined;
  }

  /** @param {Uint8Array<ArrayBuffer>[]} lists */
  static async of(lists) {
    const hashes = await Promise.all(lists.map(hash));
    return new Version((await hash(new TextEncoder().encode(hashes.join()))).slice(0, 16), lists);
  }

  /** Of its cache. */
  get kind() {
    return `shell ${this.id}`;
  }

  /** Everything that its cache holds. */
  get names() {
    return [...LISTS, ...this.shell.keys()];
  }
}

/**
 * Of the encoders a browser loads one; of two ways to meaning without a model an index has one.
 * @param {string} name
 * @param {{ files: { sparse?: object } }} manifest
 */
function isUsed(name, { files }) {
  if (/^(tower|sparse)\./.test(name)) return name.startsWith(files.sparse ? 'sparse' : 'tower');
  if (!name.startsWith('encoder-')) return true;
  try {
    return name.startsWith(`${encoderName(detectBackend())}.`);
  } catch {
    return false; // it can load none
  }
}
