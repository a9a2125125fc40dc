// What is loaded once: who asks again gets the same promise, and what failed may be asked for again.

/** @template K */
export class Once {
  /** What is ready or on its way. @type {Map<K, Promise<void>>} */
  #started = new Map();

  /**
   * @param {K} key
   * @param {() => Promise<void>} start
   */
  get(key, start) {
    let loading = this.#started.get(key);
    if (!loading) {
      this.#started.set(key, (loading = start()));
      loading.catch(() => this.#started.get(key) === loading && this.#started.delete(key));
    }
    return loading;
  }

  /** From now on everything starts again. */
  clear() {
    this.#started.clear();
  }
}
