// Stands in for the wasm file that searches by meaning with postings alone, in the tests of the client: the same surface. A query
// needs one chunk, by its length, and then one more; a part, here a passage, has as many impacts as it shares words with the query,
// counted in what it means.

/** @param {{ module_or_path: Response | Promise<Response> }} source */
export default async function init({ module_or_path }) {
  await WebAssembly.compile(await (await module_or_path).arrayBuffer());
}

const HEADER_BYTES = 20;
const words = (/** @type {string} */ text) => text.toLowerCase().match(/[\p{L}\p{N}]{2,}/gu) ?? [];

export class Sparse {
  /** What passages mean, once a chunk is there. @type {string[]} */
  #meanings = [];
  /** @type {Set<number>} */
  #there = new Set();

  /**
   * @param {Uint8Array} root
   * @param {string} rootName
   * @param {string} _name
   * @param {string} _id
   * @param {number} files
   */
  constructor(root, rootName, _name, _id, files) {
    if (new TextDecoder().decode(root) !== 'IMPACTS') throw new Error(`${rootName}: damaged. Index the site again.`);
    this.files = files;
  }

  /** @param {string} query */
  missing(query) {
    const first = query.trim().length % this.files;
    const needed = this.#there.has(first) ? [first, (first + 1) % this.files] : [first];
    return Uint32Array.from(needed.filter((number) => !this.#there.has(number)));
  }

  /**
   * @param {number} number
   * @param {Uint8Array} bytes
   */
  add(number, bytes) {
    this.#meanings = JSON.parse(new TextDecoder().decode(bytes.subarray(HEADER_BYTES)));
    this.#there.add(number);
  }

  /**
   * @param {string} query
   * @param {Uint32Array} others
   */
  score(query, others) {
    if (this.missing(query).length) throw new Error('A chunk of impacts is not loaded.');
    if (!others.length) throw new Error('The engine names no parts.');
    const wanted = new Set(words(query));
    return Float64Array.from(this.#meanings.flatMap((text, part) => [part, words(text).filter((word) => wanted.has(word)).length]));
  }
}
