// The query in the page's address (`?q=…`): read at the start and when the visitor goes back, written as one types.

const WRITE_AFTER_MS = 300;

export class DeepLink {
  #listeners = new AbortController();
  #timer = 0;

  /**
   * @param {string} parameter
   * @param {(query: string) => void} onChange the visitor went back or forward
   */
  constructor(parameter, onChange) {
    this.parameter = parameter;
    addEventListener('popstate', () => onChange(this.read()), { signal: this.#listeners.signal });
  }

  read() {
    return new URL(location.href).searchParams.get(this.parameter) ?? '';
  }

  /**
   * Replaces the history entry; browsers refuse to do that for every key.
   * @param {string} query
   */
  write(query) {
    clearTimeout(this.#timer);
    this.#timer = Number(setTimeout(() => this.#replace(query), WRITE_AFTER_MS));
  }

  /** @param {string} query */
  #replace(query) {
    const url = new URL(location.href);
    if (query) url.searchParams.set(this.parameter, query);
    else url.searchParams.delete(this.parameter);
    if (url.href !== location.href) history.replaceState(history.state, '', url);
  }

  destroy() {
    clearTimeout(this.#timer);
    this.#listeners.abort();
  }
}
