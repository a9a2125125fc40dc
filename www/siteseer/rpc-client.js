// The page's side of the worker protocol: `{id, method, args}` goes out; `{begun: id}`, then `{id, result}` or `{id, error}`
// and, with no id, `{event, data}` come back. `{cancel: id}` withdraws a call. While calls are pending the worker is pinged, so
// that one which the browser ended without a word is noticed.

import { SiteseerError, fromPlain } from './errors.js';

const PING_EVERY_MS = 5000;
/** Four unanswered pings: even a slow phone loads a model's weights in less time. */
const SILENT_AFTER_PINGS = 4;

/** @typedef {{ resolve: (value: any) => void, reject: (error: unknown) => void, signal?: AbortSignal, onAbort?: () => void, begun?: boolean }} Pending */

export class RpcClient {
  /** @type {Map<number, Pending>} */
  #pending = new Map();
  #lastId = 0;
  #unanswered = 0;
  #timer = 0;

  /**
   * @param {Pick<Worker, 'postMessage' | 'addEventListener'>} worker
   * @param {{ onEvent: (event: string, data: any) => void, onSilent: () => void }} hooks
   */
  constructor(worker, { onEvent, onSilent }) {
    this.worker = worker;
    this.onSilent = onSilent;
    worker.addEventListener('message', ({ data }) => {
      this.#unanswered = 0;
      if (data.event) onEvent(data.event, data.data);
      else if (data.id) this.#settle(data);
      else if (data.begun) this.#begun(data.begun);
    });
  }

  /**
   * @param {string} method
   * @param {object} [args]
   * @param {AbortSignal} [signal]
   * @param {Transferable[]} [moved] what of the arguments is given away
   * @returns {Promise<any>} rejects with the worker's error, or with the signal's reason
   */
  call(method, args = {}, signal, moved = []) {
    if (signal?.aborted) return Promise.reject(signal.reason);
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.worker.postMessage({ cancel: id });
        this.#take(id)?.reject(signal?.reason);
      };
      this.#pending.set(id, { resolve, reject, signal, onAbort });
      signal?.addEventListener('abort', onAbort, { once: true });
      this.worker.postMessage({ id, method, args }, moved);
      this.#timer ||= Number(setInterval(() => this.#ping(), PING_EVERY_MS));
    });
  }

  /**
   * Ends every pending call.
   * @param {SiteseerError} error
   * @param {SiteseerError} [other] of those that the worker had not begun
   */
  rejectAll(error, other = error) {
    for (const [id, { begun }] of [...this.#pending]) this.#take(id)?.reject(begun ? error : other);
  }

  /** @param {number} id */
  #begun(id) {
    const call = this.#pending.get(id);
    if (call) call.begun = true;
  }

  /** @param {number} id */
  #take(id) {
    const call = this.#pending.get(id);
    this.#pending.delete(id);
    if (call?.onAbort) call.signal?.removeEventListener('abort', call.onAbort);
    if (this.#pending.size === 0) {
      clearInterval(this.#timer);
      this.#timer = this.#unanswered = 0;
    }
    return call;
  }

  /** @param {{ id: number, result?: any, error?: import('./errors.js').PlainError }} answer */
  #settle({ id, result, error }) {
    const call = this.#take(id);
    if (error) call?.reject(fromPlain(error));
    else call?.resolve(result);
  }

  #ping() {
    if (this.#unanswered++ >= SILENT_AFTER_PINGS) this.onSilent();
    else this.worker.postMessage({ ping: true });
  }
}
