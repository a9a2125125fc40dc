// What runs in the worker: one index, its engine, and the ladder of tiers. It answers by words itself; what is beyond them is
// `upper.js`'s, which comes after the first results, with the second part of the engine. It fetches what they need, when they
// need it, and says through `emit` how far each tier has come. It knows nothing of messages or of the page.

import { importModule } from './detect.js';
import { SiteseerError } from './errors.js';
import { guard } from './guard.js';
import { Once } from './once.js';
import { openIndex } from './opening.js';
import { storedBytes, sumProgress } from './progress.js';
import { QUOTED, hitsFor, readResults } from './select.js';

/** @import { Backend, Filters, ResultPage, Sort, Tier, WebGpu } from './siteseer.js' */
/** @import { Hit } from './engine.js' */
/** @import { ContextQuery } from './context.js' */
/** @import { FileNews, Index } from './opened.js' */
/** @import { FileEntry } from './manifest.js' */
/** @import { Upper } from './upper.js' */

/** @typedef {{ text: string, limit: number, filters?: Filters, sort?: Sort, meta?: boolean }} Query `limit`: results at most */
/** How pairs are scored. @typedef {{ workers?: number, webgpu?: WebGpu }} Scoring `workers`: that score; by default as the device has cores */

/** @returns {Promise<typeof import('./upper.js')>} */
export const importUpper = () => importModule('upper.js');

export class Host {
  /** @type {Index | undefined} */
  #opened;
  /** @type {Scoring} */
  #scoring = {};
  /** @type {Upper | undefined} */
  #upper;
  /** Whether the first words were asked for: what stems other languages than the page's waits until then. */
  #asked = false;
  /** The same, on its way. @type {Promise<Upper> | undefined} */
  #rising;
  /** @type {Once<Tier>} */
  #tiers = new Once();

  /** @param {(event: 'progress' | 'file', data: { tier: Tier, loaded: number, total: number } | FileNews) => void} emit */
  constructor(emit) {
    this.emit = emit;
  }

  get #index() {
    if (!this.#opened) throw new SiteseerError('engine', 'The search index is not open yet.');
    return this.#opened;
  }

  /**
   * Reads the manifest, starts the engine, and loads the lexical tier.
   * @param {{ manifest: string, language?: string } & Scoring} args `language` of the page
   * @returns {Promise<{ backend: Backend, bytes: Record<Exclude<Tier, 'lexical'>, number>, filters: boolean }>} stored bytes (of the static and the late tier, before a query); 0: not in this index
   */
  async open({ manifest, language, ...scoring }) {
    const { backend, manifest: { files: { vectors, compressed, model, late, reranker, filters, staticTower, sparse } } } = (this.#opened = await openIndex(manifest, (news) => this.emit('file', news), language));
    this.#scoring = scoring;
    await this.load({ tier: 'lexical' });
    const size = (/** @type {(FileEntry | undefined)[]} */ ...needed) => (needed.every((file) => file) ? storedBytes(.../** @type {FileEntry[]} */ (needed)) : 0);
    return { backend, bytes: { static: sparse ? size(sparse.root) : size(staticTower?.root, staticTower?.axes), dense: size(compressed?.codes ?? vectors, model), late: size(late?.head, late?.code), reranked: size(reranker) }, filters: filters !== undefined };
  }

  /**
   * Loads a tier once; a load that failed or was given up may be tried again.
   * @param {{ tier: Tier }} args
   * @param {AbortSignal} [signal] of the first to ask
   */
  load({ tier }, signal) {
    return this.#tiers.get(tier, () => this.#load(tier, signal));
  }

  /** @type {(tier: Tier, signal?: AbortSignal) => Promise<void>} */
  async #load(tier, signal) {
    const { engine, manifest: { files: { lexical } }, fetch, stemmed } = this.#index;
    if (tier === 'lexical') {
      const bytes = await fetch(lexical, 'high', this.#progress(tier, [lexical]));
      await stemmed;
      return guard(() => engine.load_lexical(bytes), lexical);
    }
    if (tier === 'late' || tier === 'reranked') await this.load({ tier: 'dense' });
    return (await this.#rise()).load(tier, signal);
  }

  /** What is beyond words: loaded once; a failed load may be tried again. */
  #rise() {
    const index = this.#index;
    this.#rising ??= Promise.all([importUpper(), index.more()]).then(
      ([{ Upper }]) => (this.#upper = new Upper(index, this.#scoring, this.#progress)),
      (error) => {
        this.#rising = undefined;
        throw error;
      },
    );
    return this.#rising;
  }

  /**
   * @param {Query & { tier: Exclude<Tier, 'reranked'> }} args
   * @param {AbortSignal} signal
   * @returns {Promise<ResultPage | null>} null: the late tier has nothing to add
   */
  async query({ tier, ...query }, signal) {
    const start = performance.now();
    const stemmed = this.#asked && this.#index.stemOthers();
    this.#asked = true;
    await this.load({ tier });
    if (tier !== 'lexical') await stemmed; // words do not wait for it
    const { engine, chunks, manifest } = this.#index;
    if (QUOTED.test(query.text) || query.filters || query.sort || (query.meta && manifest.files.filters)) await (await this.#rise()).filter.load(query);
    const failure = await chunks.words(query.text, signal);
    const hits = this.#upper
      ? await this.#upper.rank(tier, query, signal)
      : guard(() => engine.rank_lexical(query.text, hitsFor(query.limit))).hits;
    if (failure && !hits?.length) throw failure; // else the other words answer
    return hits && this.#page(tier, query, hits, start, signal);
  }

  /**
   * The dense page of a query, its best candidates re-ordered. Asked again, it goes on with those that were left out.
   * @param {Query & { budget: number }} args `budget`: milliseconds for scoring
   * @param {AbortSignal} signal
   * @returns {Promise<ResultPage | null>} null: there was time for too few candidates, or there are too few, or no more
   */
  async rerank({ budget, ...query }, signal) {
    const start = performance.now();
    await this.load({ tier: 'reranked' });
    const hits = await (await this.#rise()).rerank(query, budget, signal);
    return hits && this.#page('reranked', query, hits, start, signal);
  }

  /**
   * @param {Tier} tier
   * @param {Query} query
   * @param {Hit[]} hits
   * @param {number} start when the work on this page began
   * @param {AbortSignal} signal
   * @returns {Promise<ResultPage>}
   */
  async #page(tier, { text, limit }, hits, start, signal) {
    const results = await readResults(this.#index, text, limit, hits, signal);
    const by = this.#upper?.by(tier) ?? { backend: this.#index.backend, workers: 1 };
    return { tier, query: text, results, ...by, ms: performance.now() - start };
  }

  /**
   * @param {{ text: string, filters?: Filters }} args
   * @param {AbortSignal} signal
   */
  async facets(args, signal) {
    await this.load({ tier: 'lexical' });
    return this.#index.manifest.files.filters ? (await this.#rise()).facets(args, signal) : {};
  }

  /**
   * @param {{ text: string, filters?: Filters }} args
   * @param {AbortSignal} signal
   */
  async suggest(args, signal) {
    return (await this.#rise()).suggest(args, signal);
  }

  /** @param {ContextQuery} args */
  async context(args) {
    return (await this.#rise()).context(args);
  }

  /** @param {{ text: string }} args */
  async embed({ text }) {
    return (await this.#encoder()).embed(text);
  }

  /** @param {{ text: string }} args */
  async tokenIds({ text }) {
    return (await this.#encoder()).tokenIds(text);
  }

  async #encoder() {
    await this.load({ tier: 'dense' });
    return this.#rise();
  }

  /** @type {(tier: Tier, files: FileEntry[]) => (file: FileEntry, loaded: number) => void} */
  #progress = (tier, files) => sumProgress(files, (loaded, total) => this.emit('progress', { tier, loaded, total }));
}
