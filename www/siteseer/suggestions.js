// Ways on for a visitor who has not found it: what may have been meant by a misspelt word, the query without its filters or its
// quotation marks, what was looked for before. Buttons below the list; beside results there is only the best spelling.

import { h } from './dom.js';
import { isAbort } from './errors.js';

/** @import { Box } from './box.js' */
/** @import { Recent } from './recent.js' */
/** @import { ResultPage } from './siteseer.js' */

/** Where there are results nobody waits for it, and a word that is being typed is not misspelt. */
const PAUSE_MS = 400;
const MOST_RECENT = 2;
const QUOTES = /["“”„«»「」『』]+/g;

export class Suggestions {
  /** @type {AbortController | undefined} */
  #asking;
  /** What may have been meant, and by which query. @type {{ query: string, queries: string[] }} */
  #meant = { query: '', queries: [] };
  #place = h('div', { class: 'suggestions', part: 'suggestions' });
  #live = h('div', { class: 'aside', 'aria-live': 'polite' });

  /**
   * @param {Box} box
   * @param {Recent} recent
   */
  constructor(box, recent) {
    this.box = box;
    this.recent = recent;
    this.#place.hidden = true;
    box.view.message.after(this.#place);
    box.view.root.append(this.#live);
    box.signal.addEventListener('abort', () => (this.#asking?.abort(), this.#live.remove()));
  }

  /**
   * Asks what may have been meant. The last call wins.
   * @param {ResultPage} page
   */
  async ask({ query, results }) {
    this.#asking?.abort();
    const { signal } = (this.#asking = new AbortController());
    const { box } = this;
    this.#live.textContent = '';
    await new Promise((resolve) => setTimeout(resolve, results.length ? PAUSE_MS : 0));
    try {
      const queries = signal.aborted ? [] : await box.search?.suggest(query, { filters: box.filters, signal });
      if (signal.aborted || !queries?.length) return;
      this.#meant = { query, queries };
      this.#live.textContent = box.words.say('didYouMean', { query: queries[0] });
      box.changed();
    } catch (error) {
      if (!isAbort(error)) console.warn(`Siteseer: there are no suggestions. ${error}`);
    }
  }

  /** @param {ResultPage | null} page what is shown */
  show(page) {
    const buttons = page ? this.#buttons(page) : [];
    this.#place.hidden = !buttons.length;
    const key = JSON.stringify([page?.query, buttons.map(([text]) => text)]);
    if (!buttons.length || this.#place.dataset.key === key) return;
    this.#place.dataset.key = key;
    this.#place.replaceChildren(
      ...buttons.map(([text, act]) => {
        const element = h('button', { class: 'action', part: 'action', type: 'button' }, text);
        element.addEventListener('click', () => (this.box.view.input.focus(), act()));
        return element;
      }),
    );
  }

  /**
   * @param {ResultPage} page
   * @returns {[text: string, act: () => void][]}
   */
  #buttons({ query, results }) {
    const { box } = this;
    const asking = (/** @type {'didYouMean' | 'searchFor'} */ key) => (/** @type {string} */ text) =>
      /** @type {[string, () => void]} */ ([box.words.say(key, { query: text }), () => box.setText(text)]);
    const meant = (this.#meant.query === query ? this.#meant.queries : []).map(asking('didYouMean'));
    if (results.length) return meant.slice(0, 1);
    const filtered = Object.keys(box.filters).length > 0;
    const plain = query.replace(QUOTES, ' ').replace(/\s+/g, ' ').trim();
    const same = (/** @type {string} */ text) => text.toLowerCase() === query.trim().toLowerCase();
    const others = [...(plain && plain !== query.trim() ? [plain] : []), ...this.recent.entries.filter((text) => !same(text)).slice(0, MOST_RECENT)];
    return [...meant, ...(filtered ? [/** @type {[string, () => void]} */ ([box.words.say('withoutFilters'), () => box.setFilters({})])] : []), ...others.map(asking('searchFor'))];
  }
}
