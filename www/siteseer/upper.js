// What the worker has beyond words: meaning and the models, the choice and the order of pages by what they say of themselves, and
// quotations. A module of its own, which comes after the first results; the second part of the engine is there with it.

import { readContext } from './context.js';
import { SiteseerError } from './errors.js';
import { Filter, countPages, suggestQueries } from './filter.js';
import { guard } from './guard.js';
import { Impacts } from './impacts.js';
import { Late, PAIRS_AFTER_LATE } from './late.js';
import { Models } from './models.js';
import { Nearby } from './nearby.js';
import { workersHere } from './pool.js';
import { MOST_CANDIDATES, PairScorer } from './scorer.js';
import { hitsFor } from './select.js';
import { sortHits } from './sort.js';
import { Vectors } from './vectors.js';

/** @import { Backend, Filters, Tier } from './siteseer.js' */
/** @import { ContextQuery } from './context.js' */
/** @import { Hit } from './engine.js' */
/** @import { Query, Scoring } from './host.js' */
/** @import { FileEntry } from './manifest.js' */
/** @import { Index } from './opened.js' */

export { Helper } from './helper.js';

/**
 * A dense ranking; its order by late interaction, if that was asked for; for the reranker the logits of the first hits of the better of
 * the two, as far as they are known; and whether a page of the query that runs has them all.
 * @typedef {{ key: string, hits: Hit[], late?: Hit[], logits: Float32Array, shown?: boolean }} Ranking
 */

export class Upper {
  /** The newest dense one. @type {Ranking | undefined} */
  #ranked;
  #scorer = new PairScorer((query, passages) => this.models.scorePairs(query, passages));

  /**
   * @param {Index} index
   * @param {Scoring} scoring
   * @param {(tier: Tier, files: FileEntry[]) => (file: FileEntry, loaded: number) => void} progress to be told what has come of a tier's files
   */
  constructor(index, { workers = workersHere(), webgpu = 'auto' }, progress) {
    const { engine, manifest, fetch, backend } = (this.index = index);
    const now = (/** @type {FileEntry} */ file) => fetch(file, 'high');
    const { reranker } = manifest.files;
    this.progress = progress;
    this.filter = new Filter(engine, manifest, now);
    this.nearby = new (manifest.files.sparse ? Impacts : Nearby)(engine, manifest, now, this.filter);
    this.models = new Models(engine, backend, reranker ? workers : 1, reranker ? webgpu : 'off');
    this.vectors = new Vectors(index, this.models, this.filter);
    this.late = new Late(index, this.models);
  }

  /**
   * @param {Exclude<Tier, 'lexical'>} tier those that it stands on are there
   * @param {AbortSignal} [signal]
   */
  async load(tier, signal) {
    const { manifest: { files: { model, reranker } }, fetch } = this.index;
    if (tier === 'static') {
      await this.nearby.load();
    } else if (tier === 'dense') {
      const { file } = this.vectors;
      if (!model) throw new SiteseerError('engine', 'This index has no model.');
      const progress = this.progress(tier, [file, model]);
      const vectors = fetch(file, 'low', progress, signal);
      const encoder = this.models.loadBiEncoder(fetch(model, 'low', progress, signal), model);
      await Promise.all([encoder, this.vectors.load(vectors, encoder)]);
    } else if (tier === 'late') {
      await this.late.load((files) => this.progress(tier, files), signal);
    } else {
      if (!reranker || !model) throw new SiteseerError('engine', 'This index has no reranker.');
      const bytes = await fetch(reranker, 'low', this.progress(tier, [reranker]), signal);
      await this.models.loadReranker(bytes, reranker);
    }
  }

  /**
   * What computes a page of a tier.
   * @param {Tier} tier
   * @returns {{ backend: Backend, workers: number }}
   */
  by(tier) {
    const { late, models: { backend, scorer, scoring } } = this;
    return tier === 'reranked' ? { backend: scorer, workers: scoring } : { backend: tier === 'late' ? late.scorer.backend : backend, workers: 1 };
  }

  /**
   * The best sections of a query, whose words' chunks are there.
   * @param {Exclude<Tier, 'reranked'>} tier
   * @param {Query} query
   * @param {AbortSignal} signal
   * @returns {Promise<Hit[] | null>} null: this tier has nothing to add
   */
  async rank(tier, query, signal) {
    await this.filter.quote(query, this.index.chunks);
    if (tier === 'static') return this.nearby.rank(query, signal);
    if (tier === 'lexical') {
      const { engine } = this.index;
      this.filter.set(query.text, query.filters);
      const { hits } = guard(() => engine.rank_lexical(query.text, hitsFor(query.limit, query.sort)));
      return sortHits(engine, hits, query.sort);
    }
    const ranking = await this.#dense(query, signal);
    if (tier === 'dense') {
      ranking.shown = false; // the query may be asked again
      return ranking.hits;
    }
    const late = ranking.late ?? (await this.late.rank(query.text, ranking.hits, signal));
    if (late && !ranking.late) Object.assign(ranking, { late, logits: new Float32Array() });
    return late;
  }

  /**
   * The newest ranking again, if it is of the same query.
   * @param {Query} query
   * @param {AbortSignal} signal
   * @returns {Promise<Ranking>}
   */
  async #dense(query, signal) {
    const { text, limit, filters, sort } = query;
    const key = JSON.stringify([text, limit, filters, sort]);
    if (this.#ranked?.key === key) return this.#ranked;
    const hits = sortHits(this.index.engine, await this.vectors.rank(query, hitsFor(limit, sort), signal), sort);
    return (this.#ranked = { key, hits, logits: new Float32Array() });
  }

  /**
   * The dense ranking of a query, or that of late interaction, with its best candidates re-ordered, as `Host.rerank` says.
   * @param {Query} query
   * @param {number} budget ms
   * @param {AbortSignal} signal
   * @returns {Promise<Hit[] | null>}
   */
  async rerank(query, budget, signal) {
    const { engine, chunks } = this.index;
    const capacity = this.#scorer.capacity(budget);
    await this.filter.load(query);
    await chunks.words(query.text, signal);
    await this.filter.quote(query, chunks);
    const ranking = await this.#dense(query, signal);
    const { logits: known, hits: dense, late } = ranking;
    const hits = late ?? dense;
    const most = Math.min(known.length + capacity, MOST_CANDIDATES, hits.length);
    if (!capacity || most === known.length || (late && known.length >= PAIRS_AFTER_LATE)) return this.#known(ranking);
    const candidates = await chunks.load(hits.slice(0, most));
    const read = guard(() => engine.reading(Uint32Array.from(candidates, ({ passage }) => passage)));
    await chunks.load(Array.from(read, (passage) => ({ passage })));
    const before = candidates.length === most ? known : new Float32Array(); // else the hits are not those of before
    const logits = await this.#scorer.score(query.text, candidates, budget, signal, before);
    if (!logits) return this.#known(ranking);
    if (candidates.length === most) Object.assign(ranking, { logits, shown: true });
    return guard(() => engine.rerank([...candidates, ...hits.slice(most)], logits)).hits;
  }

  /**
   * What the reranker has said of a query before, when it has no more to say.
   * @param {Ranking} ranking
   * @returns {Hit[] | null} null: nothing, or nothing that is not in a page of this query
   */
  #known(ranking) {
    if (!ranking.logits.length || ranking.shown) return null;
    ranking.shown = true;
    return guard(() => this.index.engine.rerank(ranking.late ?? ranking.hits, ranking.logits)).hits;
  }

  /**
   * @param {{ text: string, filters?: Filters }} args
   * @param {AbortSignal} signal
   */
  facets(args, signal) {
    return countPages(this.index, this.filter, args, signal);
  }

  /**
   * @param {{ text: string, filters?: Filters }} args
   * @param {AbortSignal} signal
   */
  suggest(args, signal) {
    return suggestQueries(this.index, this.filter, args, signal);
  }

  /** @param {ContextQuery} args */
  context(args) {
    return readContext(this.index, this.models, args);
  }

  /** @param {string} text */
  embed(text) {
    return guard(() => this.models.encoder.embed(text));
  }

  /** @param {string} text */
  tokenIds(text) {
    return guard(() => this.models.encoder.token_ids(text));
  }
}
