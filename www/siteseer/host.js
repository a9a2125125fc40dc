// What runs in the worker: one index, its engine and models, and the ladder of tiers. It fetches what they need, when they
// need it, and says through `emit` how far each tier has come. It knows nothing of messages or of the page.

import { readContext } from './context.js';
import { SiteseerError } from './errors.js';
import { countPages } from './filter.js';
import { guard } from './guard.js';
import { openIndex } from './opening.js';
import { workersHere } from './pool.js';
import { storedBytes, sumProgress } from './progress.js';
import { MOST_CANDIDATES, PairScorer } from './scorer.js';
import { hitsFor, readResults } from './select.js';
import { sortHits } from './sort.js';

/** @import { Backend, Filters, ResultPage, Sort, Tier, WebGpu } from './siteseer.js' */
/** @import { Hit } from './engine.js' */
/** @import { ContextQuery } from './context.js' */
/** @import { Index } from './opened.js' */
/** @import { FileEntry } from './manifest.js' */

/** @typedef {{ text: string, limit: number, filters?: Filters, sort?: Sort, meta?: boolean }} Query `limit`: results at most */

export class Host {
  /** @type {Index | undefined} */
  #opened;
  /** Tiers that are ready or on their way. @type {Map<Tier, Promise<void>>} */
  #tiers = new Map();
  /** The newest dense ranking, and the logits of its first hits, as far as they are known. @type {{ key: string, hits: Hit[], logits: Float32Array } | undefined} */
  #ranked;
  #scorer = new PairScorer((query, passages) => this.#index.models.scorePairs(query, passages));

  /** @param {(event: 'progress' | 'ask', data: { tier: Tier, loaded: number, total: number } | { url: string }) => void} emit */
  constructor(emit) {
    this.emit = emit;
  }

  get #index() {
    if (!this.#opened) throw new SiteseerError('engine', 'The search index is not open yet.');
    return this.#opened;
  }

  /**
   * Reads the manifest, starts the engine, and loads the lexical tier.
   * @param {{ manifest: string, workers?: number, webgpu?: WebGpu }} args `workers`: that score pairs; by default as the device has cores
   * @returns {Promise<{ backend: Backend, bytes: Record<Exclude<Tier, 'lexical'>, number>, filters: boolean }>} stored bytes (of the static tier, before a query); 0: not in this index
   */
  async open({ manifest, workers = workersHere(), webgpu = 'auto' }) {
    const { models, filter, manifest: { files: { vectors, model, reranker, staticTower } } } = (this.#opened = await openIndex(manifest, workers, webgpu, (url) => this.emit('ask', { url })));
    await this.load({ tier: 'lexical' });
    const size = (/** @type {(FileEntry | undefined)[]} */ ...needed) => (needed.every((file) => file) ? storedBytes(.../** @type {FileEntry[]} */ (needed)) : 0);
    return { backend: models.backend, bytes: { static: size(staticTower?.root, staticTower?.axes), dense: size(vectors, model), reranked: size(reranker) }, filters: filter.exists };
  }

  /**
   * Loads a tier once; a load that failed or was given up may be tried again.
   * @param {{ tier: Tier }} args
   * @param {AbortSignal} [signal] of the first to ask
   */
  load({ tier }, signal) {
    let loading = this.#tiers.get(tier);
    if (!loading) {
      this.#tiers.set(tier, (loading = this.#load(tier, signal)));
      loading.catch(() => this.#tiers.delete(tier));
    }
    return loading;
  }

  /** @type {(tier: Tier, signal?: AbortSignal) => Promise<void>} */
  async #load(tier, signal) {
    const { engine, manifest, fetch, models, nearby } = this.#index;
    const { lexical, vectors, model, reranker } = manifest.files;
    if (tier === 'lexical') {
      const bytes = await fetch(lexical, 'high', this.#progress(tier, [lexical]));
      guard(() => engine.load_lexical(bytes), lexical);
    } else if (tier === 'static') {
      await nearby.load();
    } else if (tier === 'dense') {
      if (!vectors || !model) throw new SiteseerError('engine', 'This index is of words alone.');
      const progress = this.#progress(tier, [vectors, model]);
      await Promise.all([
        fetch(vectors, 'low', progress, signal).then((bytes) => guard(() => engine.load_vectors(bytes), vectors)),
        models.loadBiEncoder(fetch(model, 'low', progress, signal), model),
      ]);
    } else {
      if (!reranker || !model) throw new SiteseerError('engine', 'This index has no reranker.');
      await this.load({ tier: 'dense' });
      const bytes = await fetch(reranker, 'low', this.#progress(tier, [reranker]), signal);
      await models.loadReranker(bytes, reranker);
    }
  }

  /**
   * @param {Query & { tier: Exclude<Tier, 'reranked'> }} args
   * @param {AbortSignal} signal
   * @returns {Promise<ResultPage>}
   */
  async query({ tier, ...query }, signal) {
    const start = performance.now();
    await this.load({ tier });
    await this.#index.filter.load(query);
    const failure = await this.#index.chunks.words(query.text, signal);
    const hits = tier === 'static' ? await this.#index.nearby.rank(query, signal) : this.#rank(tier, query);
    if (failure && !hits.length) throw failure; // else the other words answer
    return this.#page(tier, query, hits, start, signal);
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
    const { engine, chunks } = this.#index;
    const capacity = this.#scorer.capacity(budget);
    await this.#index.filter.load(query);
    await chunks.words(query.text, signal);
    const hits = this.#rank('dense', query);
    const ranking = this.#ranked;
    const known = ranking?.logits ?? new Float32Array();
    const most = Math.min(known.length + capacity, MOST_CANDIDATES, hits.length);
    if (!capacity || most === known.length) return null;
    const candidates = await chunks.load(hits.slice(0, most));
    const read = guard(() => engine.reading(Uint32Array.from(candidates, ({ passage }) => passage)));
    await chunks.load(Array.from(read, (passage) => ({ passage })));
    const before = candidates.length === most ? known : new Float32Array(); // else the hits are not those of before
    const logits = await this.#scorer.score(query.text, candidates, budget, signal, before);
    if (!logits) return null;
    if (ranking && candidates.length === most) ranking.logits = logits;
    const reranked = guard(() => engine.rerank([...candidates, ...hits.slice(most)], logits));
    return this.#page('reranked', query, reranked.hits, start, signal);
  }

  /**
   * @param {'lexical' | 'dense'} tier
   * @param {Query} query
   * @returns {Hit[]}
   */
  #rank(tier, { text, limit, filters, sort }) {
    const key = JSON.stringify([text, limit, filters, sort]);
    if (tier === 'dense' && this.#ranked?.key === key) return this.#ranked.hits;
    const { engine, filter, models } = this.#index;
    filter.set(filters);
    const most = hitsFor(limit, sort);
    const ranking = guard(() =>
      tier === 'dense' ? engine.rank_dense(text, models.encoder.embed(text), most) : engine.rank_lexical(text, most),
    );
    const hits = sortHits(engine, ranking.hits, sort);
    if (tier === 'dense') this.#ranked = { key, hits, logits: new Float32Array() };
    return hits;
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
    const { backend, scorer, scoring } = this.#index.models;
    const by = tier === 'reranked' ? { backend: scorer, workers: scoring } : { backend, workers: 1 };
    return { tier, query: text, results, ...by, ms: performance.now() - start };
  }

  /**
   * @param {{ text: string, filters?: Filters }} args
   * @param {AbortSignal} signal
   */
  async facets(args, signal) {
    await this.load({ tier: 'lexical' });
    return countPages(this.#index, args, signal);
  }

  /** @param {ContextQuery} args */
  context(args) {
    return readContext(this.#index, args);
  }

  /** @param {{ text: string }} args */
  async embed({ text }) {
    await this.load({ tier: 'dense' });
    return guard(() => this.#index.models.encoder.embed(text));
  }

  /** @param {{ text: string }} args */
  async tokenIds({ text }) {
    await this.load({ tier: 'dense' });
    return guard(() => this.#index.models.encoder.token_ids(text));
  }

  /** @type {(tier: Tier, files: FileEntry[]) => (file: FileEntry, loaded: number) => void} */
  #progress = (tier, files) => sumProgress(files, (loaded, total) => this.emit('progress', { tier, loaded, total }));
}
