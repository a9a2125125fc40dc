// How many candidates the reranker scores, and in which portions. A pair of query and passage costs milliseconds, on a
// slow phone tens of them, so: best candidates first, until the time is spent; in slices short enough that a newer key
// need not wait; and the pace is remembered, so that the next query knows beforehand how many it can take.

import { nextTask } from './next-task.js';

/** @import { Hit } from './engine.js' */

/** The reranker was trained on lists of about this length; what lies further down seldom comes up. */
export const MOST_CANDIDATES = 30;
/** An order of fewer says nothing. */
const FEWEST_CANDIDATES = 4;
const FIRST_SLICE = 2;
/** A slice is at most so many times as long as the one before: the pace of other queries is not to be relied on. */
const GROWTH = 2;
const SLICE_MS = 30;
/** Clocks in browsers are coarse: a pair never counts as nothing. */
const LEAST_PACE_MS = 0.01;
/** What remains of the pace after a query that was left out: the device may only have been busy, so it is tried again. */
const FORGIVE = 0.9;

export class PairScorer {
  /** Milliseconds a pair, the newest counting most; 0 while unknown. */
  #pace = 0;

  /** @param {(query: string, passages: Uint32Array) => Promise<Float32Array>} scorePairs the reranker's logits of passages */
  constructor(scorePairs) {
    this.scorePairs = scorePairs;
  }

  /**
   * @param {number} budget ms
   * @returns {number} how many pairs fit, by what is known; 0 if too few for an order
   */
  capacity(budget) {
    const fit = this.#pace ? Math.floor(budget / this.#pace) : MOST_CANDIDATES;
    if (fit >= FEWEST_CANDIDATES) return Math.min(fit, MOST_CANDIDATES);
    this.#pace *= FORGIVE;
    return 0;
  }

  /**
   * Scores the hits in their order until the time is spent.
   * @param {string} query
   * @param {Hit[]} hits whose passages the engine has
   * @param {number} budget ms
   * @param {AbortSignal} signal looked at between slices
   * @param {Float32Array} known logits of the first hits, which are not scored again
   * @returns {Promise<Float32Array | null>} logits of the first hits; null if there were too few for an order, or no new one
   */
  async score(query, hits, budget, signal, known) {
    const passages = Uint32Array.from(hits, ({ passage }) => passage);
    const logits = new Float32Array(passages.length);
    logits.set(known);
    let done = known.length;
    let left = passages.length < FEWEST_CANDIDATES ? 0 : budget;
    let most = FIRST_SLICE;
    for (let slice; done < passages.length && (slice = Math.min(most, this.#fit(left))) > 0; most = slice * GROWTH) {
      await nextTask();
      signal.throwIfAborted();
      const pairs = passages.slice(done, done + slice);
      const start = performance.now();
      logits.set(await this.scorePairs(query, pairs), done);
      const took = performance.now() - start;
      const pace = Math.max(took / pairs.length, LEAST_PACE_MS);
      this.#pace = this.#pace ? (this.#pace + pace) / 2 : pace;
      done += pairs.length;
      left -= took;
    }
    return done < FEWEST_CANDIDATES || done === known.length ? null : logits.slice(0, done);
  }

  /**
   * How many pairs next: as many as a slice has time for, if they fit into what is left.
   * @param {number} left ms
   */
  #fit(left) {
    if (!this.#pace) return left > 0 ? FIRST_SLICE : 0;
    return Math.min(Math.max(1, Math.floor(SLICE_MS / this.#pace)), Math.floor(left / this.#pace));
  }
}
