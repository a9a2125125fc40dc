// What runs in the worker: one index, its engine, the encoder that runs the models, and the ladder of tiers. It fetches
// what they need, when they need it, and says through `emit` how far each tier has come. It knows nothing of messages or
// of the page.

import { Chunks } from './chunks.js';
import { readContext } from './context.js';
import { detectBackend, loadEncoder, loadEngine } from './detect.js';
import { SiteseerError } from './errors.js';
import { Filter } from './filter.js';
import { guard } from './guard.js';
import { loadFile } from './loader.js';
import { fetchManifest } from './manifest.js';
import { Pool, workersHere } from './pool.js';
import { storedBytes, sumProgress } from './progress.js';
import { MOST_CANDIDATES, PairScorer } from './scorer.js';
import { selectResults } from './select.js';

/** @import { Backend, Facets, Filters, Result, ResultPage, Tier } from './siteseer.js' */
/** @import { Hit } from './engine.js' */
/** @import { ContextQuery } from './context.js' */
/** @import { Index } from './opened.js' */
/** @import { FileEntry } from './manifest.js' */

/** A long section is several passages: so many are ranked for one result, but read only as far as needed. */
const PASSAGES_PER_SECTION = 3;

/** @typedef {{ text: string, limit: number, filters?: Filters }} Query `limit`: results at most */

export class Host {
  /** @type {Index | undefined} */
  #opened;
  /** Tiers that are ready or on their way. @type {Map<Tier, Promise<void>>} */
  #tiers = new Map();
  /**
   * The newest dense ranking, for the reranker, and the logits of its first hits, as far as they are known.
   * @type {{ key: string, hits: Hit[], logits: Float32Array } | undefined}
   */
  #ranked;
  #scorer = new PairScorer((query, passages) => this.#scorePairs(query, passages));
  /** @type {Pool | undefined} */
  #pool;
  /** The bi-encoder's bytes, until the helpers have them. @type {Uint8Array | undefined} */
  #model;
  /** Workers that score pairs, this one included. */
  #workers = 1;

  /** @param {(event: 'progress', data: { tier: Tier, loaded: number, total: number }) => void} emit */
  constructor(emit) {
    this.emit = emit;
  }

  get #index() {
    if (!this.#opened) throw new SiteseerError('engine', 'The search index is not open yet.');
    return this.#opened;
  }

  get #encoder() {
    const { encoder } = this.#index;
    if (!encoder) throw new SiteseerError('engine', 'The models are not loaded yet.');
    return encoder;
  }

  /**
   * Reads the manifest, starts the engine, and loads the lexical tier.
   * @param {{ manifest: string, workers?: number }} args `workers`: that score pairs; by default as the device has cores
   * @returns {Promise<{ backend: Backend, bytes: { dense: number, reranked: number } }>} stored bytes; 0: not in this index
   */
  async open({ manifest: url, workers = workersHere() }) {
    this.#workers = workers;
    const backend = detectBackend();
    const loading = loadEngine();
    loading.catch(() => {}); // meanwhile the manifest, whose error says more
    const { manifest, text } = await fetchManifest(url);
    const EngineClass = await loading;
    const engine = guard(() => new EngineClass(text));
    /** @type {Index['fetch']} */
    const fetch = (file, priority, progress) => loadFile(url, file, { priority, onBytes: (loaded) => progress?.(file, loaded) });
    const chunks = new Chunks(engine, manifest, (file) => fetch(file, 'high'));
    const root = new URL(manifest.siteRoot, url).href;
    const filter = new Filter(engine, manifest, (file) => fetch(file, 'high'));
    this.#opened = { engine, backend, manifest, root, fetch, chunks, filter };
    await this.load({ tier: 'lexical' });
    const { vectors, model, reranker } = manifest.files;
    const dense = vectors && model ? storedBytes(vectors, model) : 0;
    return { backend, bytes: { dense, reranked: reranker ? storedBytes(reranker) : 0 } };
  }

  /**
   * Loads a tier once; a failed load may be tried again.
   * @param {{ tier: Tier }} args
   */
  load({ tier }) {
    let loading = this.#tiers.get(tier);
    if (!loading) {
      loading = this.#load(tier);
      this.#tiers.set(tier, loading);
      loading.catch(() => this.#tiers.delete(tier));
    }
    return loading;
  }

  /** @param {Tier} tier */
  async #load(tier) {
    const { engine, manifest, fetch, backend } = this.#index;
    const { lexical, vectors, model, reranker } = manifest.files;
    if (tier === 'lexical') {
      const bytes = await fetch(lexical, 'high', this.#progress(tier, [lexical]));
      guard(() => engine.load_lexical(bytes), lexical);
    } else if (tier === 'dense') {
      if (!vectors || !model) throw new SiteseerError('engine', 'This index is of words alone.');
      const progress = this.#progress(tier, [vectors, model]);
      await Promise.all([
        fetch(vectors, 'low', progress).then((bytes) => guard(() => engine.load_vectors(bytes), vectors)),
        this.#loadEncoder(fetch(model, 'low', progress), model),
      ]);
    } else {
      if (!reranker || !model) throw new SiteseerError('engine', 'This index has no reranker.');
      await this.load({ tier: 'dense' });
      const bytes = await fetch(reranker, 'low', this.#progress(tier, [reranker]));
      guard(() => engine.check_reranker(this.#encoder.load_reranker(bytes, reranker.name)), reranker);
      this.#pool = new Pool(this.#encoder);
      if (this.#model && this.#workers > 1) {
        const models = { backend, model: { name: model.name, bytes: this.#model }, reranker: { name: reranker.name, bytes } };
        this.#pool.grow(this.#workers - 1, new URL('./worker.js', import.meta.url), models);
      }
      this.#model = undefined;
    }
  }

  /**
   * @param {Promise<Uint8Array>} fetching
   * @param {FileEntry} model
   */
  async #loadEncoder(fetching, model) {
    const index = this.#index;
    const [EncoderClass, bytes] = await Promise.all([loadEncoder(index.backend), fetching]);
    index.encoder = guard(() => {
      const encoder = new EncoderClass(bytes, model.name);
      index.engine.check_encoder(encoder.id(), encoder.tokenizer_sha256(), encoder.dim());
      return encoder;
    }, model);
    index.backend = EncoderClass.backend();
    if (index.manifest.files.reranker && this.#workers > 1) this.#model = bytes;
  }

  /**
   * @param {Query & { tier: 'lexical' | 'dense' }} args
   * @param {AbortSignal} signal
   * @returns {Promise<ResultPage>}
   */
  async query({ tier, ...query }, signal) {
    const start = performance.now();
    await this.load({ tier });
    await this.#index.filter.load(query.filters);
    const failure = await this.#index.chunks.words(query.text, signal);
    const hits = this.#rank(tier, query);
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
    await this.#index.filter.load(query.filters);
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
  #rank(tier, { text, limit, filters }) {
    const key = JSON.stringify([text, limit, filters]);
    if (tier === 'dense' && this.#ranked?.key === key) return this.#ranked.hits;
    const { engine, filter } = this.#index;
    filter.set(filters);
    const most = Math.max(limit * PASSAGES_PER_SECTION, MOST_CANDIDATES);
    const { hits } = guard(() =>
      tier === 'dense' ? engine.rank_dense(text, this.#encoder.embed(text), most) : engine.rank_lexical(text, most),
    );
    if (tier === 'dense') this.#ranked = { key, hits, logits: new Float32Array() };
    return hits;
  }

  /**
   * @param {string} query
   * @param {Uint32Array} passages
   */
  async #scorePairs(query, passages) {
    const texts = guard(() => this.#index.engine.pair_texts(passages));
    return /** @type {Pool} */ (this.#pool).score(query, texts);
  }

  /**
   * Reads the hits' passages as far as needed for `limit` results.
   * @param {Tier} tier
   * @param {Query} query
   * @param {Hit[]} hits
   * @param {number} start when the work on this page began
   * @param {AbortSignal} signal
   * @returns {Promise<ResultPage>}
   */
  async #page(tier, { text, limit }, hits, start, signal) {
    const { engine, backend, root, chunks } = this.#index;
    let results = /** @type {Result[]} */ ([]);
    for (let end = limit; results.length < limit && end < hits.length + limit; end += limit) {
      const shown = await chunks.load(hits.slice(0, end));
      signal.throwIfAborted();
      results = selectResults(guard(() => engine.results(text, shown)), root, limit);
    }
    const workers = tier === 'reranked' ? /** @type {Pool} */ (this.#pool).size : 1;
    return { tier, query: text, results, backend, workers, ms: performance.now() - start };
  }

  /**
   * @param {{ text: string, filters?: Filters }} args
   * @param {AbortSignal} signal
   * @returns {Promise<Facets>}
   */
  async facets({ text, filters }, signal) {
    await this.load({ tier: 'lexical' });
    const { engine, filter, chunks } = this.#index;
    if (!filter.exists) return {};
    await filter.load(filters ?? {});
    await chunks.words(text, signal);
    filter.set(filters);
    const facets = guard(() => engine.facets(text));
    return Object.fromEntries(facets.map(([name, values]) => [name, Object.fromEntries(values)]));
  }

  /** @param {ContextQuery} args */
  context(args) {
    return readContext(this.#index, args);
  }

  /** @param {{ text: string }} args */
  async embed({ text }) {
    await this.load({ tier: 'dense' });
    return guard(() => this.#encoder.embed(text));
  }

  /** @param {{ text: string }} args */
  async tokenIds({ text }) {
    await this.load({ tier: 'dense' });
    return guard(() => this.#encoder.token_ids(text));
  }

  /**
   * @param {Tier} tier
   * @param {FileEntry[]} files
   */
  #progress(tier, files) {
    return sumProgress(files, (loaded, total) => this.emit('progress', { tier, loaded, total }));
  }
}
