// The many small files of an index, postings and passages and spellings: which of them a query needs the engine says, and
// each is fetched once and handed to it.

import { guard } from './guard.js';
import { chunkFile } from './manifest.js';
import { Once } from './once.js';

/** @import { Chunk, Engine, Hit } from './engine.js' */
/** @import { FileEntry, Manifest } from './manifest.js' */

export class Chunks {
  /** By file name. @type {Once<string>} */
  #chunks = new Once();

  /**
   * @param {Engine} engine
   * @param {Manifest} manifest
   * @param {(file: FileEntry) => Promise<Uint8Array>} fetchFile
   */
  constructor(engine, manifest, fetchFile) {
    this.engine = engine;
    this.manifest = manifest;
    this.fetchFile = fetchFile;
  }

  /**
   * Loads what the words of a query need: their postings; for a word that is not there also spellings, and the postings
   * of those.
   * @param {string} text
   * @param {AbortSignal} [signal] looked at between the rounds; what is on its way is kept for the next key
   * @param {(text: string) => Chunk[]} [missing] what else a query may need
   * @returns {Promise<unknown>} why a word is left out, if one is: its chunk cannot be had
   */
  async words(text, signal, missing = (query) => this.engine.missing_words(query)) {
    /** @type {Map<string, unknown>} */
    const failed = new Map();
    for (;;) {
      const wanted = guard(() => missing(text)).filter((chunk) => !failed.has(this.#file(chunk).name));
      if (!wanted.length) return [...failed.values()][0];
      const outcomes = await this.#settle(wanted);
      signal?.throwIfAborted();
      outcomes.forEach((outcome, i) => outcome.status === 'rejected' && failed.set(this.#file(wanted[i]).name, outcome.reason));
    }
  }

  /**
   * Loads the passages of hits.
   * @template {Pick<Hit, 'passage'>} T
   * @param {T[]} hits
   * @returns {Promise<T[]>} without those whose chunk cannot be had, unless that leaves none
   */
  async load(hits) {
    const numbers = guard(() => this.engine.chunks_of(Uint32Array.from(hits, ({ passage }) => passage)));
    const chunks = [...new Set(numbers)];
    const outcomes = await this.#settle(chunks.map((number) => ({ kind: 'passages', number })));
    const failed = new Set(chunks.filter((_, i) => outcomes[i].status === 'rejected'));
    const loaded = hits.filter((_, i) => !failed.has(numbers[i]));
    const failure = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failure && loaded.length === 0) throw failure.reason;
    return loaded;
  }

  /** @param {Chunk[]} chunks */
  #settle(chunks) {
    return Promise.allSettled(chunks.map((chunk) => this.#chunk(chunk)));
  }

  /** @param {Chunk} chunk */
  #file({ kind, number }) {
    return chunkFile(this.manifest.files[kind], number);
  }

  /** @param {Chunk} chunk */
  #chunk(chunk) {
    const { kind, number } = chunk;
    const file = this.#file(chunk);
    return this.#chunks.get(file.name, () => this.fetchFile(file).then((bytes) => guard(() => this.engine.add_chunk(kind, number, bytes), file)));
  }
}
