// Late interaction: the best of the dense tier, compared with the query word by word. The encoder keeps token vectors, of the
// query and of the passages whose chunks were added, and compares them, if the GPU does not.

import { SiteseerError } from './errors.js';
import { guard } from './guard.js';
import { LateScorer } from './late-scorer.js';
import { chunkFile } from './manifest.js';
import { Once } from './once.js';

/** @import { Hit } from './engine.js' */
/** @import { FileEntry } from './manifest.js' */
/** @import { Models } from './models.js' */
/** @import { Index } from './opened.js' */

/** Hits that are compared; `src/search/late.rs` has the same number. */
export const LATE_CANDIDATES = 30;
/** After it the reranker is about as good with so many pairs as with twice as many without it (docs/index-format.md). */
export const PAIRS_AFTER_LATE = 10;

export class Late {
  /** By number. @type {Once<number>} */
  #chunks = new Once();

  /**
   * @param {Index} index
   * @param {Models} models
   */
  constructor(index, models) {
    this.index = index;
    this.models = models;
    this.scorer = new LateScorer(models);
  }

  /** @throws {SiteseerError} if the index has no token vectors */
  get #parts() {
    const { late: entry, files: { late: files } } = this.index.manifest;
    if (!entry || !files) throw new SiteseerError('engine', 'This index has no token vectors.');
    return { entry, files };
  }

  /**
   * Loads the query's half, and what codes of token vectors mean. The encoder is there.
   * @param {(files: FileEntry[]) => (file: FileEntry, loaded: number) => void} progress
   * @param {AbortSignal} [signal]
   */
  async load(progress, signal) {
    const { entry, files: { head, code, tokens } } = this.#parts;
    const { fetch, manifest: { counts } } = this.index;
    const told = progress([head, code]);
    const [top, meaning] = await Promise.all([head, code].map((file) => fetch(file, 'low', told, signal)));
    const group = /** @type {const} */ ([tokens.name, tokens.id, tokens.files]);
    guard(() => this.models.encoder.load_late(top, head.name, meaning, code.name, counts.passages, entry.passagesPerChunk, ...group), head);
    this.#chunks.clear();
  }

  /**
   * @param {string} text
   * @param {Hit[]} hits of the dense tier
   * @param {AbortSignal} signal looked at when the chunks are there; they are kept for the next key
   * @returns {Promise<Hit[] | null>} null: a chunk cannot be had, and hits with and without a score are not to be compared
   * @throws {SiteseerError} if none can be had
   */
  async rank(text, hits, signal) {
    const { lambda, passagesPerChunk } = this.#parts.entry;
    const passages = Uint32Array.from(hits.slice(0, LATE_CANDIDATES), ({ passage }) => passage);
    const numbers = [...new Set(passages.map((passage) => Math.floor(passage / passagesPerChunk)))];
    const outcomes = await Promise.allSettled(numbers.map((number) => this.#chunk(number)));
    signal.throwIfAborted();
    const failures = outcomes.filter((outcome) => outcome.status === 'rejected');
    if (failures.length) {
      if (failures.length < numbers.length) return null;
      throw failures[0].reason;
    }
    const scores = await this.scorer.score(text, passages);
    const scored = Array.from(scores, (score, i) => ({ ...hits[i], score: hits[i].score + lambda * score }));
    return [...scored.sort((a, b) => b.score - a.score), ...hits.slice(scored.length)];
  }

  /** @param {number} number */
  #chunk(number) {
    const file = chunkFile(this.#parts.files.tokens, number);
    return this.#chunks.get(number, () => this.index.fetch(file, 'high').then((bytes) => guard(() => this.models.encoder.add_late(number, bytes), file)));
  }
}
