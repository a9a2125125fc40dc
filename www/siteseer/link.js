// Keeps one worker alive: starts it, notices when it stops (an error, a trap in the engine, silence), and starts it
// again once. After a second stop every call is refused, unless a query was answered in between.

import { SiteseerError } from './errors.js';
import { RpcClient } from './rpc-client.js';

const RESTARTS = 1;

/**
 * @typedef {object} LinkHooks
 * @property {(event: string, data: any) => void} onEvent
 * @property {(error: SiteseerError) => void} onRestart a new worker stands in for one that stopped
 * @property {(error: SiteseerError) => void} onEnd there will be no other
 */

/** `fetch`: for what the page itself reads, where the browser's own does not. @typedef {typeof Worker & { fetch?: typeof fetch }} WorkerClass */

export class WorkerLink {
  /** @type {Worker | undefined} */
  #worker;
  /** @type {RpcClient | undefined} */
  #rpc;
  #restarts = 0;
  /** Why there is no worker any more. @type {SiteseerError | undefined} */
  #ended;

  /**
   * @param {URL} url the worker's module
   * @param {LinkHooks} hooks
   * @param {WorkerClass} Start
   */
  constructor(url, hooks, Start) {
    this.url = url;
    this.hooks = hooks;
    this.Start = Start;
    this.#start();
  }

  /** False when the worker stopped for good. */
  get alive() {
    return !this.#ended;
  }

  /**
   * @param {string} method
   * @param {object} [args]
   * @param {AbortSignal} [signal]
   * @returns {Promise<any>}
   */
  async call(method, args, signal) {
    const rpc = this.#rpc;
    if (this.#ended || !rpc) throw this.#ended;
    try {
      return await rpc.call(method, args, signal);
    } catch (error) {
      if (error instanceof SiteseerError && error.code === 'crash' && rpc === this.#rpc) this.#crashed(error, true);
      throw error;
    }
  }

  /** Forgets earlier stops: it works, or the visitor asked to try again. */
  pardon() {
    this.#restarts = 0;
  }

  close() {
    this.#end(new SiteseerError('closed', 'The search was closed.'));
  }

  #start() {
    try {
      this.#worker = new this.Start(this.url, { type: 'module', name: 'siteseer' });
    } catch (cause) {
      const next = 'The client files must lie on the same origin as the page that imports them.';
      this.#ended = new SiteseerError('page', 'The search worker could not be started.', { file: this.url.href, next, cause });
      return;
    }
    const worker = this.#worker;
    const stopped = (/** @type {string} */ why) => {
      if (worker === this.#worker) this.#crashed(stop(this.url, why));
    };
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      stopped(event.message || 'its module could not be loaded');
    });
    this.#rpc = new RpcClient(worker, { onEvent: this.hooks.onEvent, onSilent: () => stopped('it does not answer') });
  }

  /**
   * @param {SiteseerError} error which those calls get that may have caused it; the others get its like
   * @param {boolean} [told] who caused it was told
   */
  #crashed(error, told = false) {
    if (this.#restarts++ >= RESTARTS) return this.#end(error);
    const rpc = this.#rpc;
    this.#worker?.terminate();
    this.#start();
    this.hooks.onRestart(error);
    const like = new SiteseerError(error.code, error.what, error);
    rpc?.rejectAll(told ? like : error, like);
  }

  /** @param {SiteseerError} error */
  #end(error) {
    if (this.#ended) return;
    this.#ended = error;
    this.#worker?.terminate();
    this.hooks.onEnd(error);
    this.#rpc?.rejectAll(error);
  }
}

/**
 * @param {URL} url
 * @param {string} why
 */
const stop = (url, why) =>
  new SiteseerError('crash', `The search worker stopped: ${why}.`, {
    file: url.href,
    next: 'Check that the whole index folder is deployed and that the page allows workers (worker-src \'self\').',
  });
