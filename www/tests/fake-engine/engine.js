// Stands in for the wasm engine in the tests of the client: the same surface, a ranker that counts words. The text of
// a query can order a fault: `!trap` traps, `!trap-dense` only in the dense tier, `!slow` takes 300 ms.

/** @typedef {import('./passages.js').FakePassage} FakePassage */
/** @typedef {import('../../siteseer/engine.js').Hit} Hit */

/** @param {{ module_or_path: Response | Promise<Response> }} source */
export default async function init({ module_or_path }) {
  await WebAssembly.compile(await (await module_or_path).arrayBuffer());
}

const words = (/** @type {string} */ text) => text.toLowerCase().match(/[\p{L}\p{N}]{2,}/gu) ?? [];
const decode = (/** @type {Uint8Array} */ bytes) => JSON.parse(new TextDecoder().decode(bytes));
const escape = (/** @type {string} */ text) =>
  text.replace(/[&<>"']/g, (c) => `&${{ '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": '#39' }[c]};`);

export class Engine {
  /** @type {{ lexical: string[], dense: string[] }} */
  #texts = { lexical: [], dense: [] };
  /** @type {Map<number, FakePassage>} */
  #passages = new Map();

  static backend() {
    return /** @type {const} */ ('simd128');
  }

  /** @param {string} manifestJson */
  constructor(manifestJson) {
    this.manifest = JSON.parse(manifestJson);
  }

  /** @param {Uint8Array} bytes */
  load_lexical(bytes) {
    this.#texts.lexical = decode(bytes);
  }

  /** @param {Uint8Array} bytes */
  load_vectors(bytes) {
    this.#texts.dense = decode(bytes);
  }

  /** @param {Uint8Array} bytes */
  load_model(bytes) {
    const head = new TextDecoder().decode(bytes.subarray(0, 5));
    if (head === 'TRAP!') throw new WebAssembly.RuntimeError('unreachable');
    if (head !== 'MODEL') throw new Error('The model file is not a safetensors file. Import it again.');
  }

  /**
   * @param {string} query
   * @param {'lexical' | 'dense'} tier
   * @param {number} limit
   */
  rank(query, tier, limit) {
    if (query.includes('!trap-dense') ? tier === 'dense' : query.includes('!trap')) throw new WebAssembly.RuntimeError('unreachable');
    if (query.includes('!slow')) for (const end = performance.now() + 300; performance.now() < end; );
    const wanted = new Set(words(query));
    const hits = this.#texts[tier]
      .map((text, passage) => ({ passage, score: words(text).filter((word) => wanted.has(word)).length / Math.sqrt(text.length) }))
      .filter(({ score }) => score > 0)
      .sort((a, b) => b.score - a.score)
      .slice(0, limit)
      .map((hit, i) => ({ ...hit, lexicalRank: tier === 'lexical' ? i + 1 : null, denseRank: tier === 'dense' ? i + 1 : null }));
    const chunks = new Set(hits.map(({ passage }) => Math.floor(passage / this.manifest.passagesPerChunk)));
    const missing = [...chunks].filter((chunk) => !this.#passages.has(chunk * this.manifest.passagesPerChunk));
    return { tier, hits, missing };
  }

  /**
   * @param {number} chunk
   * @param {Uint8Array} bytes
   */
  add_passages(chunk, bytes) {
    decode(bytes).forEach((/** @type {FakePassage} */ passage, /** @type {number} */ i) =>
      this.#passages.set(chunk * this.manifest.passagesPerChunk + i, passage),
    );
  }

  /**
   * @param {string} query
   * @param {Hit[]} hits
   */
  results(query, hits) {
    const wanted = new Set(words(query));
    return hits.flatMap(({ passage, score, lexicalRank, denseRank }) => {
      const found = this.#passages.get(passage);
      if (!found) return [];
      const { url, title, lang, headingPath, anchor, text } = found;
      const marked = text.split(/([\p{L}\p{N}]+)/u).map((part) => (wanted.has(part.toLowerCase()) ? `<mark>${escape(part)}</mark>` : escape(part)));
      const explain = { lexicalRank, denseRank, matchedTerms: [...wanted] };
      return [{ url, title, headingPath, anchor, excerpt: marked.join(''), lang, score, passage, explain }];
    });
  }

  /** @param {string} text */
  embed(text) {
    return Float32Array.from({ length: this.manifest.model.dim }, (_, i) => (i === text.length % 4 ? 1 : 0));
  }

  /** @param {string} text */
  token_ids(text) {
    return Uint32Array.from([101, ...words(text).map((word) => word.length), 102]);
  }
}
