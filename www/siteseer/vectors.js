// The vectors of the passages, which the encoder compares. All of them are in one file; or, on large sites, only a code of each, and then
// it says which vectors a query wants beside them. The engine knows words and sections, and joins both.

import { SiteseerError } from './errors.js';
import { guard } from './guard.js';
import { chunkFile } from './manifest.js';
import { Once } from './once.js';

/** @import { Hit } from './engine.js' */
/** @import { Filter } from './filter.js' */
/** @import { FileEntry } from './manifest.js' */
/** @import { Models } from './models.js' */
/** @import { Index } from './opened.js' */
/** @import { Filters } from './siteseer.js' */

export class Vectors {
  /** By number. @type {Once<number>} */
  #chunks = new Once();

  /**
   * @param {Index} index
   * @param {Models} models
   * @param {Filter} filter
   */
  constructor(index, models, filter) {
    this.index = index;
    this.models = models;
    this.filter = filter;
  }

  /** What is loaded before the first query. @returns {FileEntry} */
  get file() {
    const { compressed, vectors } = this.index.manifest.files;
    const file = compressed ? compressed.codes : vectors;
    if (!file) throw new SiteseerError('engine', 'This index is of words alone.');
    return file;
  }

  /**
   * @param {Promise<Uint8Array>} fetching the file
   * @param {Promise<void>} encoder when it is there
   */
  async load(fetching, encoder) {
    const { counts: { passages }, files: { compressed } } = this.index.manifest;
    const [bytes] = await Promise.all([fetching, encoder]);
    const { file, models } = this;
    if (!compressed) return guard(() => models.encoder.load_vectors(bytes, file.name, passages), file);
    const { name, id, files } = compressed.exact;
    guard(() => models.encoder.load_codes(bytes, file.name, passages, name, id, files), file);
    this.#chunks.clear();
  }

  /**
   * The best sections by words and by meaning. The words' chunks are there.
   * @param {{ text: string, filters?: Filters }} query
   * @param {number} most
   * @param {AbortSignal} signal looked at when the vectors are there; they are kept for the next key
   * @returns {Promise<Hit[]>}
   */
  async rank({ text, filters }, most, signal) {
    const { engine, manifest: { files: { compressed } } } = this.index;
    const { encoder } = this.models;
    this.filter.set(text, filters);
    const embedding = guard(() => encoder.embed(text));
    const selected = guard(() => engine.selected());
    if (compressed) {
      const missing = guard(() => encoder.missing_exact(embedding, selected));
      // what cannot be had is compared by its code
      await Promise.allSettled(Array.from(missing, (number) => this.#chunk(chunkFile(compressed.exact, number), number)));
      signal.throwIfAborted();
      this.filter.set(text, filters); // another query may have come between
    }
    const words = guard(() => engine.passages_by_words(text));
    const [near, byWords] = guard(() => encoder.compare(embedding, selected, words));
    return guard(() => engine.rank_compared(text, near, byWords, most)).hits;
  }

  /**
   * @param {FileEntry} file
   * @param {number} number
   */
  #chunk(file, number) {
    return this.#chunks.get(number, () => this.index.fetch(file, 'high').then((bytes) => guard(() => this.models.encoder.add_exact(number, bytes), file)));
  }
}
