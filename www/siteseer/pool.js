// Scoring pairs on several workers, each with an encoder of its own: no shared memory, so no headers that isolate the
// page. Texts are dealt out by their tokens and by what each worker has shown to be its pace, so that all are done at the
// same time. The worker that asks does its own share, and that of a helper that fails.

import { guard } from './guard.js';
import { RpcClient } from './rpc-client.js';

/** @import { Encoder } from './encoder.js' */
/** @import { Models } from './helper.js' */

/** More would want more memory and heat than they save time. */
const MOST_WORKERS = 4;
/** A helper takes some 70 MB. */
const GB_PER_WORKER = 2;

/** @returns {number} workers that score on this device, this one included */
export function workersHere() {
  const { hardwareConcurrency = 1, deviceMemory = 4 } = /** @type {{ hardwareConcurrency?: number, deviceMemory?: number }} */ (navigator);
  return Math.max(1, Math.min(hardwareConcurrency, Math.floor(deviceMemory / GB_PER_WORKER), MOST_WORKERS));
}

/**
 * `pace`: milliseconds a token, the newest counting most; 0 while unknown.
 * @typedef {{ score(query: string, texts: string[]): Promise<{ logits: Float32Array, ms: number }>, pace: number }} Scorer
 */

export class Pool {
  /** This worker, then those helpers that are ready. @type {Scorer[]} */
  #scorers;

  /** @param {Encoder} encoder with its reranker */
  constructor(encoder) {
    this.encoder = encoder;
    const score = async (/** @type {string} */ query, /** @type {string[]} */ texts) => {
      const start = performance.now();
      const logits = guard(() => encoder.score(query, texts));
      return { logits, ms: performance.now() - start };
    };
    this.#scorers = [{ score, pace: 0 }];
  }

  /** Workers that score, this one included. */
  get size() {
    return this.#scorers.length;
  }

  /**
   * Starts helpers, which join in when they are ready. What goes wrong with one leaves the others.
   * @param {number} count
   * @param {URL} url the worker's module
   * @param {Models} models whose bytes the last helper takes away
   * @returns {Promise<unknown>} when all are ready or have failed
   */
  grow(count, url, models) {
    if (typeof Worker !== 'function') return Promise.resolve(); // in a worker of an old browser
    return Promise.allSettled(Array.from({ length: count }, (_, i) => this.#help(url, models, i === count - 1)));
  }

  /**
   * @param {URL} url
   * @param {Models} models
   * @param {boolean} last
   */
  async #help(url, models, last) {
    const worker = new Worker(url, { type: 'module', name: 'siteseer helper' });
    const leave = (/** @type {unknown} */ reason) => {
      worker.terminate();
      this.#scorers = this.#scorers.filter((other) => other !== helper);
      return Promise.reject(reason);
    };
    const failed = new Promise((_, reject) => worker.addEventListener('error', (event) => (event.preventDefault(), reject(event))));
    failed.catch(() => {});
    const rpc = new RpcClient(worker, { onEvent: () => {}, onSilent: () => worker.dispatchEvent(new Event('error')) });
    const ask = (/** @type {string} */ method, /** @type {object} */ args, /** @type {Transferable[]} */ moved = []) =>
      Promise.race([rpc.call(method, args, undefined, moved), failed]).catch(leave);
    /** @type {Scorer} */
    const helper = { score: (query, texts) => ask('score', { query, texts }), pace: 0 };
    await ask('help', models, last ? [models.model.bytes.buffer, models.reranker.bytes.buffer] : []);
    this.#scorers.push(helper);
  }

  /**
   * @param {string} query
   * @param {string[]} texts
   * @returns {Promise<Float32Array>} the logit of each text
   */
  async score(query, texts) {
    if (this.size === 1) return (await this.#scorers[0].score(query, texts)).logits;
    const logits = new Float32Array(texts.length);
    const shares = this.#deal(texts);
    const [own, ...theirs] = shares.map((share) => share.places.map((place) => texts[place]));
    // helpers first: this worker's own share blocks it
    const asked = theirs.map((part, i) => part.length && shares[i + 1].scorer.score(query, part).catch(() => null));
    const answers = [own.length && (await shares[0].scorer.score(query, own)), ...(await Promise.all(asked))];
    for (const [i, { places, tokens, scorer }] of shares.entries()) {
      if (!places.length) continue;
      const answer = answers[i] || (await shares[0].scorer.score(query, places.map((place) => texts[place])));
      answer.logits.forEach((logit, at) => (logits[places[at]] = logit));
      const pace = answer.ms / tokens;
      if (answers[i]) scorer.pace = scorer.pace ? (scorer.pace + pace) / 2 : pace;
    }
    return logits;
  }

  /**
   * Longest text first, each to the worker that would be done with it first.
   * @param {string[]} texts
   */
  #deal(texts) {
    const shares = this.#scorers.map((scorer) => ({ scorer, places: /** @type {number[]} */ ([]), tokens: 0 }));
    const known = this.#scorers.filter(({ pace }) => pace);
    const usual = known.reduce((sum, { pace }) => sum + pace, 0) / known.length || 1;
    const lengths = texts.map((text) => this.encoder.count(text));
    for (const place of texts.map((_, i) => i).sort((a, b) => lengths[b] - lengths[a])) {
      const done = shares.map(({ scorer, tokens }) => (tokens + lengths[place]) * (scorer.pace || usual));
      const share = shares[done.indexOf(Math.min(...done))];
      share.places.push(place);
      share.tokens += lengths[place];
    }
    return shares;
  }
}
