// What runs in the worker: one engine, one index, and the ladder of tiers. It fetches what the engine needs, when it
// needs it, and says through `emit` how far each tier has come. It knows nothing of messages or of the page.

import { detectBackend, loadEngine } from './detect.js';
import { SiteseerError } from './errors.js';
import { loadFile } from './loader.js';
import { fetchManifest } from './manifest.js';
import { storedBytes, sumProgress } from './progress.js';
import { passagesFor, selectResults } from './select.js';

/** @import { Backend, ResultPage, Tier } from './siteseer.js' */
/** @import { Engine, Hit } from './engine.js' */
/** @import { FileEntry, Manifest } from './manifest.js' */

/**
 * What `open` found.
 * @typedef {{ engine: Engine, backend: Backend, manifest: Manifest, base: string, root: string }} Index
 */

export class Host {
  /** @type {Index | undefined} */
  #opened;
  /** Tiers that are ready or on their way. @type {Map<Tier, Promise<void>>} */
  #tiers = new Map();
  /** Passage chunks that are ready or on their way. @type {Map<number, Promise<void>>} */
  #chunks = new Map();

  /** @param {(event: 'progress', data: { tier: Tier, loaded: number, total: number }) => void} emit */
  constructor(emit) {
    this.emit = emit;
  }

  get #index() {
    if (!this.#opened) throw new SiteseerError('engine', 'The search index is not open yet.');
    return this.#opened;
  }

  /**
   * Reads the manifest, starts the engine, and loads the lexical tier.
   * @param {{ manifest: string }} args
   * @returns {Promise<{ backend: Backend, denseBytes: number }>}
   */
  async open({ manifest: url }) {
    const loading = loadEngine(detectBackend());
    loading.catch(() => {}); // meanwhile the manifest, whose error says more
    const { manifest, text } = await fetchManifest(url);
    const EngineClass = await loading;
    this.#opened = {
      engine: guard(() => new EngineClass(text)),
      backend: EngineClass.backend(),
      manifest,
      base: url,
      root: new URL(manifest.siteRoot, url).href,
    };
    await this.load({ tier: 'lexical' });
    return { backend: this.#opened.backend, denseBytes: storedBytes(manifest.files.vectors, manifest.files.model) };
  }

  /**
   * Loads a tier once; a failed load may be tried again.
   * @param {{ tier: Tier }} args
   */
  load({ tier }) {
    let loading = this.#tiers.get(tier);
    if (!loading) {
      loading = tier === 'lexical' ? this.#loadLexical() : this.#loadDense();
      this.#tiers.set(tier, loading);
      loading.catch(() => this.#tiers.delete(tier));
    }
    return loading;
  }

  async #loadLexical() {
    const { engine, manifest } = this.#index;
    const { lexical } = manifest.files;
    const bytes = await this.#fetch(lexical, this.#progress('lexical', [lexical]), 'high');
    guard(() => engine.load_lexical(bytes), lexical);
  }

  async #loadDense() {
    const { engine, manifest } = this.#index;
    const { vectors, model } = manifest.files;
    const progress = this.#progress('dense', [vectors, model]);
    await Promise.all([
      this.#fetch(vectors, progress, 'low').then((bytes) => guard(() => engine.load_vectors(bytes), vectors)),
      this.#fetch(model, progress, 'low').then((bytes) => guard(() => engine.load_model(bytes), model)),
    ]);
  }

  /**
   * @param {{ text: string, tier: Tier, limit: number }} args
   * @param {AbortSignal} signal
   * @returns {Promise<ResultPage>}
   */
  async query({ text, tier, limit }, signal) {
    const start = performance.now();
    const { engine, backend, root } = this.#index;
    await this.load({ tier });
    const { hits, missing } = guard(() => engine.rank(text, tier, passagesFor(limit)));
    const shown = missing.length ? await this.#withPassages(hits, missing) : hits;
    signal.throwIfAborted();
    const results = selectResults(guard(() => engine.results(text, shown)), root, limit);
    return { tier, query: text, results, backend, ms: performance.now() - start };
  }

  /** @param {{ text: string }} args */
  async embed({ text }) {
    await this.load({ tier: 'dense' });
    return guard(() => this.#index.engine.embed(text));
  }

  /** @param {{ text: string }} args */
  async tokenIds({ text }) {
    await this.load({ tier: 'dense' });
    return guard(() => this.#index.engine.token_ids(text));
  }

  /**
   * Loads chunks of passages. Hits whose chunk cannot be had are left out, unless that leaves none.
   * @param {Hit[]} hits
   * @param {number[]} missing
   */
  async #withPassages(hits, missing) {
    const outcomes = await Promise.allSettled(missing.map((chunk) => this.#chunk(chunk)));
    const failed = new Set(missing.filter((_, i) => outcomes[i].status === 'rejected'));
    const shown = hits.filter(({ passage }) => !failed.has(Math.floor(passage / this.#index.manifest.passagesPerChunk)));
    const failure = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failure && shown.length === 0) throw failure.reason;
    return shown;
  }

  /** @param {number} chunk */
  #chunk(chunk) {
    let loading = this.#chunks.get(chunk);
    if (!loading) {
      const file = this.#index.manifest.files.passages[chunk];
      loading = this.#fetch(file, () => {}, 'high').then((bytes) => {
        guard(() => this.#index.engine.add_passages(chunk, bytes), file);
      });
      this.#chunks.set(chunk, loading);
      loading.catch(() => this.#chunks.delete(chunk));
    }
    return loading;
  }

  /**
   * @param {FileEntry} file
   * @param {(file: FileEntry, loaded: number) => void} progress
   * @param {RequestPriority} priority
   */
  #fetch(file, progress, priority) {
    return loadFile(this.#index.base, file, { priority, onBytes: (loaded) => progress(file, loaded) });
  }

  /**
   * @param {Tier} tier
   * @param {FileEntry[]} files
   */
  #progress(tier, files) {
    return sumProgress(files, (loaded, total) => this.emit('progress', { tier, loaded, total }));
  }
}

/**
 * Calls the engine. A trap leaves its memory in an unknown state: the error says `crash`, and the page starts a new
 * worker. Any other error is the engine's own message.
 * @template T
 * @param {() => T} call
 * @param {FileEntry} [file] which the call reads
 * @returns {T}
 */
function guard(call, file) {
  try {
    return call();
  } catch (cause) {
    const trapped = cause instanceof WebAssembly.RuntimeError || cause instanceof RangeError;
    const what = cause instanceof Error ? cause.message : String(cause);
    throw new SiteseerError(trapped ? 'crash' : 'engine', trapped ? `The search engine stopped (${what}).` : what, {
      file: file?.name,
      next: trapped ? 'There may be too little memory on this device.' : '',
      cause,
    });
  }
}
