// The search as the page sees it: one worker behind it, a query climbs the ladder of tiers. The lexical tier must be
// there; those above it are `upper-tier.js`'s.

import { abortable } from './abortable.js';
import { asked } from './asked.js';
import { CANDIDATES, hitsOf } from './context.js';
import { WorkerLink } from './link.js';
import { languageOfPage } from './page-language.js';
import { LadderStatus, UPPER } from './status.js';
import { UpperTier, asSiteseerError, isCrash } from './upper-tier.js';

/** @import { Context, ContextOptions, OpenOptions, QueryOptions, RelatedPage, ResultPage, Search, Tier } from './siteseer.js' */
/** @import { SiteseerError } from './errors.js' */

/** The time that a visitor hardly notices. */
const RERANK_BUDGET_MS = 300;
/** Who reads the first results has so much more: the rest of the candidates, where the device is slow. */
const RERANK_PATIENCE_MS = 2000;

/** @implements {Search} */
export class SearchClient {
  status = new LadderStatus();
  /** Whether pages of the index say anything to filter by; known with the lexical tier. */
  hasFilters = false;
  #link;
  #manifest;
  #budgets;
  #workers;
  #webgpu;
  #tiers;

  /**
   * @param {OpenOptions} [options]
   * @param {string | null} [refused] the lowest tier whose download the visitor has stopped before
   * @param {import('./link.js').WorkerClass} [Start]
   */
  constructor({ manifest = new URL('./manifest.json', import.meta.url), tiers, rerankBudget = RERANK_BUDGET_MS, rerankPatience = RERANK_PATIENCE_MS, rerankWorkers, webgpu } = {}, refused = null, Start = globalThis.Worker) {
    this.status.limit(tiers, refused);
    this.#budgets = [rerankBudget, rerankPatience];
    this.#workers = (tiers ?? 'reranked') === 'reranked' ? rerankWorkers : 1;
    this.#webgpu = webgpu;
    this.#manifest = new URL(manifest, globalThis.document?.baseURI ?? import.meta.url).href;
    this.#link = new WorkerLink(new URL('./worker.js', import.meta.url), {
      onEvent: (_, { url, tier, ...change }) => {
        if (url) asked.add(url);
        else if (change.gone || this.status[/** @type {Tier} */ (tier)].state === 'loading') this.status.set(tier, change);
      },
      onRestart: (error) => this.#restarted(error),
      onEnd: (error) => this.status.set('lexical', { state: 'failed', error }),
    }, Start);
    const tier = (/** @type {(typeof UPPER)[number]} */ name, /** @type {() => Promise<void>} */ below, /** @type {string} */ without) =>
      new UpperTier(name, this.#link, this.status, below, `results ${without}.`);
    const [byWords, alone] = [() => this.ready, 'match words only'];
    const dense = tier('dense', byWords, alone);
    const [byMeaning, asBefore] = [() => dense.load(), 'are not re-ordered'];
    this.#tiers = { static: tier('static', byWords, alone), dense, late: tier('late', byMeaning, asBefore), reranked: tier('reranked', byMeaning, asBefore) };
    /** Settles with the lexical tier; renewed when the worker is started again. @type {Promise<void>} */
    this.ready = this.#open();
    this.ready.catch(() => {}); // told by the status and by whoever waits for it
  }

  /** @returns {Promise<void>} */
  async #open() {
    this.status.set('lexical', { state: 'loading', loaded: 0 });
    try {
      const { backend, bytes, filters } = await this.#link.call('open', { manifest: this.#manifest, language: languageOfPage(), workers: this.#workers, webgpu: this.#webgpu });
      this.status.backend = backend;
      this.hasFilters = filters;
      for (const tier of UPPER) this.status[tier] = { ...this.status[tier], total: bytes[tier], ...(!bytes[tier] && { state: 'off' }) };
      this.status.set('lexical', { state: 'ready' });
    } catch (error) {
      if (isCrash(error) && this.#link.alive) return this.#open(); // on the worker that was started instead
      this.status.set('lexical', { state: 'failed', error: asSiteseerError(error) });
      throw error;
    }
  }

  /** @param {SiteseerError} error */
  #restarted(error) {
    if (this.status.lexical.state === 'loading') return; // `#open` meets the crash itself and opens again
    const tiers = UPPER.map((name) => this.#tiers[name]).reverse();
    tiers.find(({ busy }) => busy)?.fail(error);
    for (const tier of tiers) tier.forget();
    this.ready = this.#open();
    this.ready.catch(() => {});
  }

  /**
   * @param {string} text
   * @param {QueryOptions} [options]
   * @returns {AsyncGenerator<ResultPage, void, void>}
   */
  async *query(text, { limit = 8, filters, sort, meta, signal } = {}) {
    signal?.throwIfAborted();
    if (!text.trim()) return;
    const query = { text, limit, filters, sort, meta };
    const by = (/** @type {'static' | 'dense' | 'late'} */ tier) => this.#tiers[tier].page('query', { ...query, tier }, signal);
    yield await this.#words(query, signal);
    const nearby = this.status.dense.state !== 'ready' && (await by('static'));
    if (nearby) yield nearby;
    const dense = await by('dense');
    if (!dense) return;
    yield dense;
    if (sort) return; // those above know of relevance only
    const late = await by('late');
    if (late) yield late;
    for (const budget of this.#budgets) {
      const reranked = budget > 0 && (await this.#tiers.reranked.page('rerank', { ...query, budget }, signal));
      if (reranked) yield reranked;
      if (this.status.reranked.state !== 'ready') return;
    }
  }

  /**
   * The lexical page; asked for again when the worker was started anew underneath.
   * @param {object} query
   * @param {AbortSignal} [signal]
   * @returns {Promise<ResultPage>}
   */
  async #words(query, signal) {
    await abortable(this.ready, signal);
    const args = { ...query, tier: 'lexical' };
    try {
      return await this.#link.call('query', args, signal);
    } catch (error) {
      if (!isCrash(error) || !this.#link.alive) throw error;
      await abortable(this.ready, signal);
      return this.#link.call('query', args, signal);
    }
  }

  /** @type {Search['facets']} */
  facets = (text = '', options) => this.#ask('facets', text, options);
  /** @type {Search['suggest']} */
  suggest = (text, options) => this.#ask('suggest', text, options);
  /** @type {(method: string, text: string, options?: Pick<QueryOptions, 'filters' | 'signal'>) => Promise<any>} */
  #ask = async (method, text, { filters, signal } = {}) => {
    await abortable(this.ready, signal);
    return this.#link.call(method, { text, filters }, signal);
  };

  /**
   * @param {string} text
   * @param {ContextOptions} [options]
   * @returns {Promise<Context>}
   */
  async context(text, { maxTokens = 1500, filters, signal } = {}) {
    let best;
    for await (const page of this.query(text, { limit: CANDIDATES, filters, signal })) best = page;
    await abortable(this.ready, signal);
    return this.#link.call('context', { text, hits: hitsOf(best), maxTokens }, signal);
  }

  /**
   * @param {string} [url] by default that of the page
   * @param {Pick<QueryOptions, 'signal'>} [options]
   * @returns {Promise<RelatedPage[]>}
   */
  async related(url = location.href, options) {
    const module = new URL('./related.js', import.meta.url).href;
    const { relatedPages } = /** @type {typeof import('./related.js')} */ (await import(module));
    const address = new URL(url, globalThis.document?.baseURI ?? this.#manifest).href;
    return relatedPages(this.#manifest, address, { fetch: this.#link.Start.fetch, ...options });
  }

  /** @param {Tier} tier */
  load(tier) {
    return tier === 'lexical' ? this.ready : this.#tiers[tier].load();
  }

  /** @param {Exclude<Tier, 'lexical'>} tier */
  stop(tier) {
    this.status.savesData = true;
    for (const name of UPPER.slice(UPPER.indexOf(tier))) this.#tiers[name].stop();
  }

  /**
   * @param {string} text
   * @returns {Promise<Float32Array>}
   */
  async embed(text) {
    await this.#tiers.dense.load();
    return this.#tiers.dense.call('embed', { text });
  }

  /**
   * @param {string} text
   * @returns {Promise<Uint32Array>}
   */
  async tokenIds(text) {
    await this.#tiers.dense.load();
    return this.#tiers.dense.call('tokenIds', { text });
  }

  close() {
    this.#link.close();
  }
}
