// Siteseer in Node, which has neither a `Worker` like a browser's nor a `fetch` that reads from the disk: both, made of
// what Node has. `open()` loads this module where there is no `Worker`; visitors never do. What runs in the thread is
// `worker.js` as in a browser, in a scope that `node-thread.js` prepares.

import { readFile } from 'node:fs/promises';
import { MessageChannel, Worker as Thread } from 'node:worker_threads';
import { textOf } from './errors.js';

/** @import { MessagePort } from 'node:worker_threads' */
/** @import { WorkerClass } from './link.js' */
/** @import { Loader } from './siteseer.js' */

/** A file as it crosses between threads; without bytes it is not there. @typedef {{ status: number, bytes?: Uint8Array<ArrayBuffer> }} Loaded */
/** @typedef {(url: string) => Promise<Loaded>} Load */

const { fetch } = globalThis; // a thread replaces it
/** The engine lies beside its modules, which only the disk can give. */
const ENGINE = /^file:.*\/(engine|tower|encoder)[^/]*\.wasm(\.gz)?$/;

/**
 * A `fetch` for the files of an index and of the engine.
 * @param {Load} [load] of the index; by default the disk, or the network
 * @returns {typeof globalThis.fetch}
 */
export function reader(load) {
  return async (address, init) => {
    const url = String(address);
    if (load && !ENGINE.test(url)) return respond(await load(url));
    return url.startsWith('file:') ? respond(await readDisk(url, init?.signal)) : fetch(url, init);
  };
}

/**
 * @param {string} url
 * @param {AbortSignal | null} [signal]
 * @returns {Promise<Loaded>}
 */
async function readDisk(url, signal) {
  const bytes = await readFile(new URL(url), { signal: signal ?? undefined }).catch(orNothing);
  return { status: bytes ? 200 : 404, bytes };
}

/** A file that is not there. @param {NodeJS.ErrnoException | null} error @returns {undefined} */
function orNothing(error) {
  if (error?.code !== 'ENOENT') throw error;
}

/** @param {Loaded} loaded */
const respond = ({ status, bytes }) =>
  new Response(bytes, { status, headers: { 'content-type': 'application/wasm' } }); // only wasm files are asked for their type

/**
 * @param {Loader} loader
 * @returns {Load}
 */
const loadBy = (loader) => async (url) => {
  const content = await Promise.resolve(url).then(loader).catch(orNothing);
  if (!content) return { status: 404 };
  const response = content instanceof Response ? content : new Response(/** @type {BodyInit} */ (content));
  return { status: response.status, bytes: new Uint8Array(await response.arrayBuffer()) };
};

/**
 * A class like a browser's `Worker`.
 * @param {Loader} [loader] called in this thread, with what the worker reads of the index
 * @returns {WorkerClass}
 */
export function workers(loader) {
  const load = loader && loadBy(loader);
  const NodeWorker = class extends EventTarget {
    static fetch = reader(load);
    #thread;

    /**
     * @param {URL} url
     * @param {WorkerOptions} options
     */
    constructor(url, { name }) {
      super();
      const { port1, port2 } = new MessageChannel();
      const workerData = { module: url.href, name, port: load && port2 };
      this.#thread = new Thread(new URL('./node-thread.js', import.meta.url), { workerData, transferList: load ? [port2] : [] });
      this.#thread.on('message', (data) => this.dispatchEvent(new MessageEvent('message', { data })));
      this.#thread.on('error', ({ message }) => this.dispatchEvent(Object.assign(new Event('error'), { message })));
      if (load) answer(port1, load);
    }

    /**
     * @param {unknown} message
     * @param {ArrayBuffer[]} [moved]
     */
    postMessage(message, moved) {
      this.#thread.postMessage(message, moved);
    }

    terminate() {
      this.#thread.terminate();
    }
  };
  return /** @type {WorkerClass} */ (/** @type {unknown} */ (NodeWorker));
}

/**
 * Reads for a thread: `{id, url}` comes, `{id, loaded}` or `{id, error}` goes.
 * @param {MessagePort} port
 * @param {Load} load
 */
function answer(port, load) {
  port.on('message', async ({ id, url }) => {
    try {
      port.postMessage({ id, loaded: await load(url) });
    } catch (error) {
      port.postMessage({ id, error: textOf(error) });
    }
  });
}

/**
 * The other side of `answer`.
 * @param {MessagePort} port
 * @returns {Load}
 */
export function askThrough(port) {
  /** @type {{ resolve: (loaded: Loaded) => void, reject: (error: Error) => void }[]} by id */
  const asked = [];
  port.on('message', ({ id, loaded, error }) => {
    if (loaded) asked[id].resolve(loaded);
    else asked[id].reject(new Error(error));
    delete asked[id];
  });
  return (url) => new Promise((resolve, reject) => port.postMessage({ id: asked.push({ resolve, reject }) - 1, url }));
}
