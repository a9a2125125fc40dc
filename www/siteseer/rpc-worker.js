// The worker's side of the protocol that `rpc-client.js` describes: says that it begins, calls the named method of one object,
// answers with its result or its error, and aborts the call's signal when the page withdraws it.

import { toPlain } from './errors.js';
import { nextTask } from './next-task.js';

/** @typedef {(args: any, signal: AbortSignal) => unknown} Method */

/**
 * @param {Pick<Worker, 'postMessage' | 'addEventListener'>} scope the worker's own global scope
 * @param {Record<string, Method>} methods
 */
export function serve(scope, methods) {
  /** @type {Map<number, AbortController>} */
  const running = new Map();

  scope.addEventListener('message', async ({ data: { id, method, args, cancel, ping } }) => {
    if (ping) return scope.postMessage({ pong: true });
    if (cancel) return running.get(cancel)?.abort();

    const controller = new AbortController();
    running.set(id, controller);
    try {
      await nextTask(); // a call that was withdrawn meanwhile is never begun
      controller.signal.throwIfAborted();
      scope.postMessage({ begun: id });
      scope.postMessage({ id, result: await methods[method](args, controller.signal) });
    } catch (error) {
      scope.postMessage({ id, error: toPlain(error) });
    } finally {
      running.delete(id);
    }
  });
}
