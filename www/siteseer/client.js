// The search as the page sees it: one worker behind it, a query climbs the ladder of tiers. The lexical tier must be
// there; those above it are `upper-tier.js`'s.

import { abortable, quiet } from './abortable.js';
import { asked } from './asked.js';
import { addressOf, asQuery, asTokens } from './asking.js';
import { CANDIDATES, hitsOf } from './context.js';
import { WorkerLink } from './link.js';
import { languageOfPage } from './page-language.js';
import { askRelated } from './related-asking.js';
import { LadderStatus, UPPER, checkTier } from './status.js';
import { asSiteseerError, isCrash, upperTiers } from './upper-tier.js';

/** @import { Context, ContextOptions, OpenOptions, QueryOptions, ResultPage, Search, Tier } from './siteseer.js' */
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
  #options;
  /** Why the worker was last started again. @type {SiteseerError | undefined} */
  #crash;
  #budgets;
  #tiers;

  /**
   * @param {OpenOptions} [options]
   * @param {string | null} [refused] the lowest tier whose download the visitor has stopped before
   * @param {import('./link.js').WorkerClass} [Start]
   */
  constructor({ manifest = new URL('./manifest.json', import.meta.url), tiers, rerankBudget = RERANK_BUDGET_MS, rerankPatience = RERANK_PATIENCE_MS, rerankWorkers, webgpu } = {}, refused = null, Start = globalThis.Worker) {
    this.status.limit(tiers, refused);
    this.#budgets = [rerankBudget, rerankPatience];
    this.#options = { manifest, tiers, webgpu, workers: (tiers ?? 'reranked') === 'reranked' ? rerankWorkers : 1 };
    this.#link = new WorkerLink(new URL('./worker.js', import.meta.url), {
      onEvent: (_, { url, tier, ...change }) => {
        if (url) asked.add(url);
        else if (change.gone || this.status[/** @type {Tier} */ (tier)].state === 'loading') this.status.set(tier, change);
      },
      onRestart: (error) => this.#restarted(error),
      onEnd: (error) => this.#ended(error),
    }, Start);
    this.#tiers = upperTiers(this.#link, this.status, () => this.ready);
    /** Settles with the lexical tier; renewed when the worker is started again. @type {Promise<void>} */
    this.ready = quiet(this.#open());
  }

  get #manifest() {
    return addressOf(this.#options.manifest, import.meta.url);
  }

  /** @returns {Promise<void>} */
  async #open() {
    this.status.set('lexical', { state: 'loading', loaded: 0 });
    try {
      const { tiers, ...options } = this.#options;
      checkTier(tiers || 'lexical');
      const { backend, bytes, filters } = await this.#link.call('open', { ...options, manifest: this.#manifest, language: languageOfPage() });
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
    this.#crash = error;
    if (this.status.lexical.state === 'loading') return; // `#open` meets the crash itself and opens again
    const tiers = UPPER.map((name) => this.#tiers[name]).reverse();
    tiers.find(({ busy }) => busy)?.fail(error);
    for (const tier of tiers) tier.forget();
    this.ready = quiet(this.#open());
  }

  /** @param {SiteseerError} error */
  #ended(error) {
    this.status.set('lexical', { state: 'failed', error });
    this.ready = quiet(Promise.reject(error));
    for (const tier of UPPER) this.#tiers[tier].forget();
  }

  /**
   * @param {string} text
   * @param {QueryOptions} [options]
   * @returns {AsyncGenerator<ResultPage, void, void>}
   */
  async *query(text, options = {}) {
    const { signal } = options;
    signal?.throwIfAborted();
    const query = asQuery(text, options);
    if (!query.text.trim()) return;
    const by = (/** @type {'static' | 'dense' | 'late'} */ tier) => this.#tiers[tier].page('query', { ...query, tier }, signal);
    yield await this.#words(query, signal);
    const nearby = this.status.dense.state !== 'ready' && (await by('static'));
    if (nearby) yield nearby;
    const dense = await by('dense');
    if (!dense) return;
    yield dense;
    if (query.sort) return; // those above know of relevance only
    const late = await by('late');
    if (late) yield late;
    for (const budget of this.#budgets) {
      const reranked = budget > 0 && (await this.#tiers.reranked.page('rerank', { ...query, budget }, signal));
      if (reranked) yield reranked;
      if (this.status.reranked.state !== 'ready') return;
    }
  }

  /**
   * The lexical page; asked for again when the worker was started anew underneath, unless this query may have stopped it.
   * @param {object} query
   * @param {AbortSignal} [signal]
   * @returns {Promise<ResultPage>}
   */
  async #words(query, signal) {
    await abortable(this.ready, signal);
    try {
      const page = await this.#link.call('query', { ...query, tier: 'lexical' }, signal);
      this.#link.pardon();
      return page;
    } catch (error) {
      if (isCrash(error) && error !== this.#crash && this.#link.alive) return this.#words(query, signal);
      throw error;
    }
  }

  /** @type {Search['facets']} */
  facets = (text = '', options) => this.#ask('facets', text, options);
  /** @type {Search['suggest']} */
  suggest = (text, options) => this.#ask('suggest', text, options);
  /** @type {(method: string, text: string, options?: QueryOptions, more?: object) => Promise<any>} */
  #ask = async (method, text, options = {}, more) => {
    await abortable(this.ready, options.signal);
    return this.#link.call(method, { ...asQuery(text, options), ...more }, options.signal);
  };

  /**
   * @param {string} text
   * @param {ContextOptions} [options]
   * @returns {Promise<Context>}
   */
  async context(text, { maxTokens, filters, signal } = {}) {
    let best;
    for await (const page of this.query(text, { limit: CANDIDATES, filters, signal })) best = page;
    return this.#ask('context', text, { signal }, { hits: hitsOf(best), maxTokens: asTokens(maxTokens) });
  }

  /** @type {Search['related']} */
  related = async (url, options) => {
    await abortable(this.ready, options?.signal);
    return askRelated(this.#manifest, url, { fetch: this.#link.Start.fetch, ...options });
  };

  /** @param {Tier} tier */
  load(tier) {
    return quiet(this.#load(tier));
  }

  /** @param {Tier} tier */
  async #load(tier) {
    checkTier(tier);
    await (tier === 'lexical' ? this.ready : this.#tiers[tier].load());
  }

  /** @param {Exclude<Tier, 'lexical'>} tier */
  stop(tier) {
    checkTier(tier, UPPER);
    this.status.savesData = true;
    for (const name of UPPER.slice(UPPER.indexOf(tier))) this.#tiers[name].stop();
  }

  /** @type {Search['embed']} */
  embed = (text) => this.#encode('embed', text);
  /** @type {Search['tokenIds']} */
  tokenIds = (text) => this.#encode('tokenIds', text);
  #encode = async (/** @type {string} */ method, /** @type {string} */ text) => {
    await this.#tiers.dense.load();
    return this.#tiers.dense.call(method, { text });
  };

  close() {
    this.#link.close();
  }
}
