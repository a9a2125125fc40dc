// Stands in for the wasm engine in the tests of the client: the same surface, a ranker that counts words, those whose
// chunk of postings it has. A word that is in no passage wants the chunk of spellings, too. The text of a query can order
// a fault: `!trap` traps, `!trap-dense` only in the dense tier, `!slow` takes 300 ms.

/** @typedef {import('./passages.js').FakePassage} FakePassage */
/** @typedef {import('../../siteseer/engine.js').Hit} Hit */

/** @param {{ module_or_path: Response | Promise<Response> }} source */
export default async function init({ module_or_path }) {
  await WebAssembly.compile(await (await module_or_path).arrayBuffer());
  return { arrived: () => (arrived = true) };
}

/** Whether the engine's second part is there. */
let arrived = false;
/** What is in it. */
export const LATER = /** @type {const} */ (['check_encoder', 'check_reranker', 'choose_phrases', 'context', 'context_reading', 'facets', 'load_filters', 'pair_texts', 'phrase_reading', 'parts_by_words', 'passages_by_words', 'rank_compared', 'rank_impacts', 'rank_static', 'reading', 'rerank', 'rows_needed', 'selected', 'set_filter', 'sort_values', 'suggest']);

/** As `site.js` has it. */
const POSTINGS = 4;
const HEADER_BYTES = 20;

/** @param {number} ms */
const work = (ms) => {
  for (const end = Date.now() + ms; Date.now() < end; );
};
const words = (/** @type {string} */ text) => text.toLowerCase().match(/[\p{L}\p{N}]{2,}/gu) ?? [];
const postingsOf = (/** @type {string} */ word) => (word.codePointAt(0) ?? 0) % POSTINGS;
const decode = (/** @type {Uint8Array} */ bytes) => JSON.parse(new TextDecoder().decode(bytes));
/** @param {Float64Array} flat passage, score, … @returns {[number, number][]} */
const pairs = (flat) => Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]);
const escape = (/** @type {string} */ text) =>
  text.replace(/[&<>"']/g, (c) => `&${{ '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": '#39' }[c]};`);

export class Engine {
  /** Of each passage. @type {string[]} */
  #texts = [];
  /** @type {Map<number, FakePassage>} */
  #passages = new Map();
  /** Kinds and numbers of the chunks of words. @type {Set<string>} */
  #chunks = new Set();

  /** Of each passage. @type {string[]} */
  #langs = [];
  /** @type {string[][]} */
  #wanted = [];
  /** A passage holds it. */
  #phrase = '';

  /** @param {string} manifestJson */
  constructor(manifestJson) {
    this.manifest = JSON.parse(manifestJson);
  }

  /** @param {Uint8Array} bytes */
  load_lexical(bytes) {
    this.#texts = decode(bytes);
  }

  /** @param {Uint8Array} bytes */
  load_filters(bytes) {
    this.#langs = decode(bytes);
  }

  /** @param {[string, string[]][]} conditions */
  set_filter(conditions) {
    if (conditions.some(([name]) => name !== 'lang')) throw new Error('filter: no page of the index has it.');
    this.#wanted = conditions.map(([, anyOf]) => anyOf);
    this.#phrase = '';
  }

  /** @param {number} passage */
  #isSelected = (passage) =>
    this.#wanted.every((anyOf) => anyOf.includes(this.#langs[passage])) && (!this.#phrase || !!this.#passages.get(passage)?.text.toLowerCase().includes(this.#phrase));

  /** @param {string} query */
  phrase_reading(query) {
    return Uint32Array.from(this.rank_lexical(query, Infinity).hits, ({ passage }) => passage);
  }

  /** @param {string} query */
  choose_phrases(query) {
    this.#phrase = /"(.+)"/.exec(query)?.[1].toLowerCase() ?? '';
  }

  /** @param {string} query */
  facets(query) {
    const hits = query ? this.rank_lexical(query, Infinity).hits : this.#langs.map((_, passage) => ({ passage }));
    /** @type {Map<string, number>} */
    const counts = new Map();
    for (const { passage } of hits) counts.set(this.#langs[passage], (counts.get(this.#langs[passage]) ?? 0) + 1);
    return [['lang', [...counts]]];
  }

  /**
   * @param {string} key
   * @param {Uint32Array} passages
   */
  sort_values(key, passages) {
    if (key !== 'lang') throw new Error('sort key: no page of the index has it.');
    return Array.from(passages, (passage) => (this.#langs[passage]?.length === 2 ? this.#langs[passage] : null));
  }

  /**
   * @param {string} id
   * @param {string} tokenizer
   * @param {number} dim
   */
  check_encoder(id, tokenizer, dim) {
    if (tokenizer) throw new Error('The model has another tokenizer. Index the site again.');
    if (dim !== this.manifest.model.dim) throw new Error(`The model ${id} has embeddings of ${dim}. Index the site again.`);
  }

  /** @param {string} id */
  check_reranker(id) {
    if (id !== this.manifest.reranker.id) throw new Error('The reranker is another one. Index the site again.');
  }

  /** @param {string} query */
  missing_words(query) {
    const known = new Set(this.#texts.flatMap(words));
    /** @type {Map<string, import('../../siteseer/engine.js').Chunk>} */
    const missing = new Map();
    for (const word of words(query)) {
      const number = postingsOf(word);
      if (!this.#chunks.has(`postings ${number}`)) missing.set(`postings ${number}`, { kind: 'postings', number });
      else if (!known.has(word) && !this.#chunks.has('spellings 0')) missing.set('spellings', { kind: 'spellings', number: 0 });
    }
    return [...missing.values()];
  }

  /**
   * For a word that is not there the known ones of the same first three letters. The chunk of spellings is asked for at first.
   * @param {string} query
   */
  suggest(query) {
    const known = [...new Set(this.#texts.flatMap(words))];
    const unknown = words(query).filter((word) => !known.includes(word));
    if (!unknown.length) return { queries: [], missing: [] };
    if (!this.#chunks.has('spellings 0')) return { queries: [], missing: [{ kind: /** @type {const} */ ('spellings'), number: 0 }] };
    const like = known.filter((word) => word.slice(0, 3) === unknown[0].slice(0, 3)).slice(0, 3);
    return { queries: like.map((word) => query.toLowerCase().replace(unknown[0], word).trim()), missing: [] };
  }

  /**
   * @param {string} query
   * @param {number} limit
   */
  rank_lexical(query, limit) {
    if (/!trap(?!-)/.test(query)) throw new WebAssembly.RuntimeError('unreachable');
    if (query.includes('!slow')) work(300);
    const wanted = new Set(words(query).filter((word) => this.#chunks.has(`postings ${postingsOf(word)}`)));
    const hits = this.#texts
      .map((text, passage) => ({ passage, score: words(text).filter((word) => wanted.has(word)).length / Math.sqrt(text.length) }))
      .filter(({ passage, score }) => score > 0 && this.#isSelected(passage))
      .sort((a, b) => b.score - a.score)
      .slice(0, limit)
      .map((hit, i) => ({ ...hit, lexicalRank: i + 1, denseRank: null, logit: null }));
    return { tier: /** @type {const} */ ('lexical'), hits };
  }

  selected() {
    return this.#wanted.length || this.#phrase ? Uint8Array.from(this.#langs, (_, passage) => Number(this.#isSelected(passage))) : new Uint8Array();
  }

  /** @param {string} query */
  passages_by_words(query) {
    return Uint32Array.from(this.rank_lexical(query, Infinity).hits, ({ passage }) => passage);
  }

  /**
   * @param {string} query
   * @param {Float64Array} near
   * @param {Float64Array} byWords
   * @param {number} limit
   */
  rank_compared(query, near, byWords, limit) {
    if (query.includes('!trap-dense')) throw new WebAssembly.RuntimeError('unreachable');
    const scored = [...new Map([...pairs(near), ...pairs(byWords)].map(([passage, score]) => [passage, score]))];
    const hits = scored
      .filter(([passage, score]) => score > 0 && this.#isSelected(passage))
      .sort(([, a], [, b]) => b - a)
      .slice(0, limit)
      .map(([passage, score], i) => ({ passage, score, lexicalRank: null, denseRank: i + 1, logit: null }));
    return { tier: /** @type {const} */ ('dense'), hits };
  }

  /**
   * @param {string} _query
   * @param {Float64Array} near
   */
  rows_needed(_query, near) {
    return Uint32Array.from(new Set(pairs(near).map(([passage]) => Math.floor(passage / this.manifest.staticTower.rowsPerChunk))));
  }

  /**
   * @param {string} query
   * @param {Float64Array} scored
   * @param {number} limit
   */
  rank_static(query, scored, limit) {
    if (query.includes('!trap-static')) throw new WebAssembly.RuntimeError('unreachable');
    const hits = pairs(scored)
      .filter(([passage, score]) => score > 0 && this.#isSelected(passage))
      .sort(([, a], [, b]) => b - a)
      .slice(0, limit)
      .map(([passage, score], i) => ({ passage, score, lexicalRank: null, denseRank: i + 1, logit: null }));
    return { tier: /** @type {const} */ ('static'), hits };
  }

  /** @param {string} _query */
  parts_by_words(_query) {
    return Uint32Array.of(0);
  }

  /**
   * @param {string} query
   * @param {Float64Array} scored of parts, which are passages here
   * @param {number} dense
   * @param {number} lexical
   * @param {number} limit
   */
  rank_impacts(query, scored, dense, lexical, limit) {
    const { fusion } = this.manifest.sparse;
    if (dense !== fusion.dense || lexical !== fusion.lexical) throw new Error('The weights are not those of the manifest.');
    return this.rank_static(query, scored, limit);
  }

  /** @param {Uint32Array} passages */
  chunks_of(passages) {
    return passages.map((passage) => Math.floor(passage / this.manifest.passagesPerChunk));
  }

  /** @param {Uint32Array} passages */
  reading(passages) {
    return passages;
  }

  /** @param {Uint32Array} passages */
  pair_texts(passages) {
    return Array.from(passages, (passage) => {
      const found = this.#passages.get(passage);
      if (!found) throw new Error(`The text of passage ${passage} is not loaded.`);
      return found.text;
    });
  }

  /**
   * @param {Hit[]} hits
   * @param {Float32Array} logits
   */
  rerank(hits, logits) {
    const scored = hits.slice(0, logits.length).map((hit, i) => ({ ...hit, logit: logits[i], score: logits[i] }));
    const order = [...scored.sort((a, b) => b.logit - a.logit), ...hits.slice(logits.length)];
    return { tier: /** @type {const} */ ('reranked'), hits: order };
  }

  /**
   * @param {import('../../siteseer/manifest.js').ChunkKind} kind
   * @param {number} number
   * @param {Uint8Array} bytes
   */
  add_chunk(kind, number, bytes) {
    const body = decode(bytes.subarray(HEADER_BYTES));
    if (kind !== 'passages') return void this.#chunks.add(`${kind} ${number}`);
    body.forEach((/** @type {FakePassage} */ passage, /** @type {number} */ i) =>
      this.#passages.set(number * this.manifest.passagesPerChunk + i, passage),
    );
  }

  /**
   * @param {string} query
   * @param {Hit[]} hits
   */
  results(query, hits) {
    const wanted = new Set(words(query));
    return hits.flatMap(({ passage, score, lexicalRank, denseRank, logit }) => {
      const found = this.#passages.get(passage);
      if (!found) return [];
      const { url, title, lang, headingPath, anchor, text } = found;
      const marked = text.split(/([\p{L}\p{N}]+)/u).map((part) => (wanted.has(part.toLowerCase()) ? `<mark>${escape(part)}</mark>` : escape(part)));
      const explain = { lexicalRank, denseRank, logit, matchedTerms: [...wanted] };
      return [{ url, title, headingPath, anchor, excerpt: marked.join(''), lang, meta: this.#langs.length ? { lang: this.#langs[passage], nothing: '' } : {}, score, passage, explain }];
    });
  }

  /** @param {Hit[]} hits */
  context_reading(hits) {
    return Uint32Array.from(hits, ({ passage }) => passage + 1);
  }

  /**
   * Quotes the passage behind each hit, to tell whether its chunk was added, too.
   * @param {string} query
   * @param {Hit[]} hits
   * @param {number} max_tokens
   * @param {string} root
   * @param {(text: string) => number} [count]
   */
  context(query, hits, max_tokens, root, count) {
    const citations = hits.slice(0, max_tokens / 100).map(({ passage }, i) => {
      const found = this.#passages.get(passage + 1);
      if (!found) throw new Error(`The text of passage ${passage + 1} is not loaded.`);
      return { number: i + 1, title: found.title, headingPath: found.headingPath, url: root + found.url, tokens: 100 };
    });
    return { markdown: `${query} ${hits[0]?.denseRank}`, citations, tokens: citations.length * 100, counted: count ? `fakes of ${count('x')}` : 'fakes' };
  }
}

for (const name of LATER) {
  /** @type {any} */
  const method = Engine.prototype[name];
  Object.defineProperty(Engine.prototype, name, {
    /** @param {unknown[]} args */
    value(...args) {
      if (!arrived) throw new WebAssembly.RuntimeError(`${name} is in the second part`);
      return method.apply(this, args);
    },
  });
}
