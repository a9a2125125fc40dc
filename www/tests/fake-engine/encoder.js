// Stands in for the wasm encoder in the tests of the client. The text of a query can order a fault: `!trap-pairs` traps in
// the reranker, `!pair-40` takes 40 ms for every pair that is scored. The reranker prefers short passages, and writes the
// length of every slice to the console. Late interaction prefers what stands further back in the index, and `!trap-late` traps in it,
// `!late-40` takes 40 ms for it. What it gives the GPU instead are the passages' numbers, and `!lose-late` loses the device.
//
// However busy the machine is that runs the tests, once there is a reranker the worker's clock stands still but for what
// the query ordered of a scoring, to the millisecond: budgets and slices must not depend on anything else.

const real = performance.now.bind(performance);
/** What the clock says, once it stands. @type {number | null} */
let stood = null;
performance.now = () => stood ?? real();

/** @param {number} ms */
const work = (ms) => {
  for (const end = real() + ms; real() < end; );
  if (stood !== null) stood += ms;
};

/** @param {{ module_or_path: Response | Promise<Response> }} source */
export default async function init({ module_or_path }) {
  await WebAssembly.compile(await (await module_or_path).arrayBuffer());
}

const words = (/** @type {string} */ text) => text.toLowerCase().match(/[\p{L}\p{N}]{2,}/gu) ?? [];
const DIM = 4;
const HEADER_BYTES = 20;

export class Encoder {
  /** Passages whose token vectors were added. @type {Set<number>} */
  #late = new Set();
  /** Of vectors, whole or compressed: what there is of each passage. @type {string[]} */
  #texts = [];
  /** Passages whose compressed vectors were added. @type {Set<number>} */
  #exact = new Set();
  /** The text of the newest embedding. */
  #newest = '';

  static backend() {
    return /** @type {const} */ ('simd128');
  }

  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    const head = new TextDecoder().decode(bytes.subarray(0, 5));
    if (head === 'TRAP!') throw new WebAssembly.RuntimeError('unreachable');
    if (head !== 'MODEL') throw new Error('The model file is not a safetensors file. Import it again.');
  }

  id() {
    return 'all-MiniLM-L6-v2';
  }

  tokenizer_sha256() {
    return '';
  }

  dim() {
    return DIM;
  }

  /** @param {Uint8Array} bytes */
  load_reranker(bytes) {
    const head = new TextDecoder().decode(bytes.subarray(0, 6));
    if (head !== 'RERANK') throw new Error('The reranker was made with another tokenizer. Index the site again.');
    stood ??= real();
    return 'cross-encoder';
  }

  /** @param {string} text */
  embed(text) {
    this.#newest = text;
    return Float32Array.from({ length: DIM }, (_, i) => (i === text.length % DIM ? 1 : 0));
  }

  /** @param {Uint8Array} bytes */
  load_vectors(bytes) {
    this.#texts = JSON.parse(new TextDecoder().decode(bytes));
  }

  /**
   * @param {Uint8Array} bytes
   * @param {string} file
   * @param {number} _passages
   * @param {string} _name
   * @param {string} _id
   * @param {number} files
   */
  load_codes(bytes, file, _passages, _name, _id, files) {
    if (bytes[0] !== 0x5b) throw new Error(`${file}: damaged. Index the site again.`);
    this.#texts = JSON.parse(new TextDecoder().decode(bytes));
    if (this.#texts.length !== files) throw new Error(`${file}: of another index. Index the site again.`);
  }

  /**
   * @param {number} _number
   * @param {Uint8Array} bytes
   */
  add_exact(_number, bytes) {
    for (const passage of JSON.parse(new TextDecoder().decode(bytes.subarray(HEADER_BYTES)))) this.#exact.add(passage);
  }

  /** A chunk is a passage. Wants those that share a word with the newest text. */
  missing_exact() {
    return Uint32Array.from([...this.#texts.keys()].filter((passage) => this.#compared(passage) > 0 && !this.#exact.has(passage)));
  }

  /**
   * Words in common with the newest text; a vector that was added counts a tenth.
   * @param {number} passage
   */
  #compared(passage) {
    const wanted = new Set(words(this.#newest));
    const score = words(this.#texts[passage]).filter((word) => wanted.has(word)).length / Math.sqrt(this.#texts[passage].length);
    return score && score + Number(this.#exact.has(passage)) / 10;
  }

  /**
   * @param {Float32Array} _embedding
   * @param {Uint8Array} selected
   * @param {Uint32Array} byWords
   * @returns {[Float64Array, Float64Array]}
   */
  compare(_embedding, selected, byWords) {
    const flat = (/** @type {number[]} */ passages) => Float64Array.from(passages.flatMap((passage) => [passage, this.#compared(passage)]));
    return [flat([...this.#texts.keys()].filter((passage) => !selected.length || selected[passage])), flat([...byWords])];
  }

  /**
   * @param {Uint8Array} head
   * @param {string} headFile
   * @param {Uint8Array} code
   * @param {string} codeFile
   */
  load_late(head, headFile, code, codeFile) {
    if (new TextDecoder().decode(head.subarray(0, 4)) !== 'HEAD') throw new Error(`${headFile}: another bi-encoder's. Index the site again.`);
    if (new TextDecoder().decode(code) !== 'CODE') throw new Error(`${codeFile}: damaged. Index the site again.`);
  }

  /**
   * @param {number} _number
   * @param {Uint8Array} bytes
   */
  add_late(_number, bytes) {
    for (const passage of JSON.parse(new TextDecoder().decode(bytes.subarray(HEADER_BYTES)))) this.#late.add(passage);
  }

  /**
   * @param {string} query
   * @param {Uint32Array} passages
   */
  score_late(query, passages) {
    if (query.includes('!trap-late')) throw new WebAssembly.RuntimeError('unreachable');
    const missing = passages.find((passage) => !this.#late.has(passage));
    if (missing !== undefined) throw new Error(`The token vectors of passage ${missing} are not loaded.`);
    work(Number(query.match(/!late-(\d+)/)?.[1] ?? 0));
    return Float32Array.from(passages);
  }

  /**
   * @param {string} query
   * @param {Uint32Array} passages
   * @returns {import('../../siteseer/encoder.js').LateParts}
   */
  late_parts(query, passages) {
    if (query.includes('!trap-late')) throw new WebAssembly.RuntimeError('unreachable');
    return [Int16Array.of(Number(query.includes('!lose-late'))), Float32Array.of(1), new Int8Array(), passages];
  }

  /** @param {string} text */
  token_ids(text) {
    return Uint32Array.from([101, ...words(text).map((word) => word.length), 102]);
  }

  /** @param {string} text */
  count(text) {
    return text.length;
  }

  /**
   * @param {string} query
   * @param {string[]} texts
   */
  score(query, texts) {
    console.debug(`score ${texts.length}`);
    if (query.includes('!trap-pairs')) throw new WebAssembly.RuntimeError('unreachable');
    work(Number(query.match(/!pair-(\d+)/)?.[1] ?? 0.1) * texts.length);
    return Float32Array.from(texts, (text) => 5 - text.length / 40);
  }
}
