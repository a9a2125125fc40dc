// Stands in for the wasm file that searches by meaning without a model, in the tests of the client: the same surface. A query
// needs one chunk of tokens, by its first letter, and then one more; a cell for each of its first two letters; all rows
// that they lead to. A passage is as near as it shares words with the query, counted in what it means.

/** @param {{ module_or_path: Response | Promise<Response> }} source */
export default async function init({ module_or_path }) {
  await WebAssembly.compile(await (await module_or_path).arrayBuffer());
}

const HEADER_BYTES = 20;
const words = (/** @type {string} */ text) => text.toLowerCase().match(/[\p{L}\p{N}]{2,}/gu) ?? [];
const decode = (/** @type {Uint8Array} */ bytes) => JSON.parse(new TextDecoder().decode(bytes.subarray(HEADER_BYTES)));

export class Tower {
  /** @type {Set<string>} */
  #there = new Set();
  /** Passage and its text, by chunk of rows. @type {Map<number, [number, string][]>} */
  #rows = new Map();
  /** Passages by cell. @type {Map<number, number[]>} */
  #cells = new Map();

  /**
   * @param {Uint8Array} root
   * @param {string} rootName
   * @param {Uint8Array} axes
   * @param {string} axesName
   * @param {number} passages
   * @param {(string | number)[]} groups
   */
  constructor(root, rootName, axes, axesName, passages, ...groups) {
    if (new TextDecoder().decode(root) !== 'TOWER') throw new Error(`${rootName}: damaged. Index the site again.`);
    if (new TextDecoder().decode(axes) !== 'AXES!') throw new Error(`${axesName}: damaged. Index the site again.`);
    this.passages = passages;
    this.tokens = Number(groups[2]);
    this.cells = Number(groups[5]);
  }

  /** @param {string} query */
  #tokensOf(query) {
    const first = query.trim().length % this.tokens;
    return this.#there.has(`tokens ${first}`) ? [first, (first + 1) % this.tokens] : [first];
  }

  /** @param {string} query */
  missing_tokens(query) {
    return Uint32Array.from(this.#tokensOf(query).filter((number) => !this.#there.has(`tokens ${number}`)));
  }

  /** @param {string} query */
  missing_cells(query) {
    if (this.missing_tokens(query).length) throw new Error('A chunk of tokens is not loaded.');
    return Uint32Array.from(Array(this.cells).keys()).filter((number) => !this.#cells.has(number));
  }

  /**
   * @param {number} number
   * @param {Uint8Array} _bytes
   */
  add_tokens(number, _bytes) {
    this.#there.add(`tokens ${number}`);
  }

  /**
   * @param {number} number
   * @param {Uint8Array} bytes
   */
  add_cells(number, bytes) {
    this.#cells.set(number, decode(bytes));
  }

  /**
   * @param {number} number
   * @param {Uint8Array} bytes
   */
  add_rows(number, bytes) {
    this.#rows.set(number, decode(bytes));
  }

  /** @param {string} _query */
  near(_query) {
    return Float64Array.from([...this.#cells.values()].flat().flatMap((passage) => [passage, 0.5]));
  }

  /**
   * @param {string} query
   * @param {Uint32Array} chunks
   */
  score_rows(query, chunks) {
    const wanted = new Set(words(query));
    const rows = Array.from(chunks).flatMap((chunk) => this.#rows.get(chunk) ?? []);
    return Float64Array.from(rows.flatMap(([passage, text]) => [passage, words(text).filter((word) => wanted.has(word)).length]));
  }
}
