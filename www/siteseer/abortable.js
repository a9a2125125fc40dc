// Waiting that can be given up, for work that goes on all the same; and work that nobody need wait for.

/**
 * @template T
 * @param {Promise<T>} work
 * @param {AbortSignal} [signal]
 * @returns {Promise<T>} rejects with the signal's reason once it aborts
 */
export function abortable(work, signal) {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/**
 * The same promise, which need not be waited for: the status tells, too, when it rejects.
 * @template T
 * @param {Promise<T>} work
 */
export function quiet(work) {
  work.catch(() => {});
  return work;
}
