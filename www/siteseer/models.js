// The models of an index in the worker: the encoder that runs them, and the helpers that score pairs beside it.

import { loadEncoder } from './detect.js';
import { SiteseerError } from './errors.js';
import { Gpu } from './gpu.js';
import { guard } from './guard.js';
import { Pool } from './pool.js';

/** @import { Backend, WebGpu } from './siteseer.js' */
/** @import { Encoder } from './encoder.js' */
/** @import { Engine } from './engine.js' */
/** @import { FileEntry } from './manifest.js' */

export class Models {
  /** @type {Encoder | undefined} */
  #encoder;
  /** @type {Pool | undefined} */
  #pool;
  /** What scores instead of the pool, where it is quicker and has not failed. @type {Gpu | undefined} */
  #gpu;
  /** The bi-encoder's file, until helpers and GPU have it. @type {import('./helper.js').ModelFile | undefined} */
  #model;

  /**
   * @param {Engine} engine refuses models that are not its index's
   * @param {Backend} backend the best that this browser runs; later the encoder's own word
   * @param {number} workers that score pairs, this one included
   * @param {WebGpu} webgpu
   */
  constructor(engine, backend, workers, webgpu) {
    this.engine = engine;
    this.backend = backend;
    this.workers = workers;
    this.webgpu = webgpu;
  }

  /** @throws {SiteseerError} while it is not loaded */
  get encoder() {
    if (!this.#encoder) throw new SiteseerError('engine', 'The models are not loaded yet.');
    return this.#encoder;
  }

  /** @param {string} text */
  count = (text) => this.encoder.count(text);

  /** Whether there is an encoder yet. */
  get areLoaded() {
    return this.#encoder !== undefined;
  }

  /** The GPU, where it scores pairs. */
  get gpu() {
    return this.#gpu;
  }

  /** Workers that score pairs by now. */
  get scoring() {
    return this.#gpu ? 1 : (this.#pool?.size ?? 1);
  }

  /** What scores pairs by now. @returns {Backend} */
  get scorer() {
    return this.#gpu ? 'webgpu' : this.backend;
  }

  /**
   * @param {Promise<Uint8Array>} fetching the bi-encoder
   * @param {FileEntry} file
   */
  async loadBiEncoder(fetching, file) {
    const [EncoderClass, bytes] = await Promise.all([loadEncoder(this.backend), fetching]);
    this.#encoder = guard(() => {
      const encoder = new EncoderClass(bytes, file.name);
      this.engine.check_encoder(encoder.id(), encoder.tokenizer_sha256(), encoder.dim());
      return encoder;
    }, file);
    this.backend = EncoderClass.backend();
    if (this.workers > 1 || this.webgpu !== 'off') this.#model = { name: file.name, bytes };
  }

  /**
   * @param {Uint8Array} bytes given away to the helpers
   * @param {FileEntry} file
   * @returns {Promise<unknown>} when pairs can be scored, the GPU's way if that is forced
   */
  async loadReranker(bytes, file) {
    guard(() => this.engine.check_reranker(this.encoder.load_reranker(bytes, file.name)), file);
    this.#pool = new Pool(this.encoder);
    if (!this.#model) return;
    const pool = this.#pool;
    const models = { backend: this.backend, model: this.#model, reranker: { name: file.name, bytes } };
    this.#model = undefined;
    const help = () => pool.grow(this.workers - 1, new URL('./worker.js', import.meta.url), models);
    if (this.webgpu === 'off') return void help();
    const opening = Gpu.open(this.webgpu, models.model, models.reranker, (query, texts) => pool.score(query, texts));
    // the helpers take the bytes away, so the GPU comes first; where there is none, that is known at once
    const opened = opening.catch(() => undefined).then((gpu) => ((this.#gpu = gpu), gpu || void help()));
    if (this.webgpu === 'force') await opened;
  }

  /**
   * The reranker's logits of passages whose texts the engine has.
   * @param {string} query
   * @param {Uint32Array} passages
   */
  async scorePairs(query, passages) {
    if (!this.#pool) throw new SiteseerError('engine', 'The reranker is not loaded yet.');
    const texts = guard(() => this.engine.pair_texts(passages));
    const gpu = this.#gpu;
    if (gpu) {
      try {
        return await gpu.score(query, texts);
      } catch {
        this.#gpu = undefined; // for good; this slice and those to come are the workers'
      }
    }
    return this.#pool.score(query, texts);
  }
}
