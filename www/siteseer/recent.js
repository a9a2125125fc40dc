// Recent searches: the texts with which a visitor opened a result, the newest first, a few, kept on the device and nowhere
// else. Shown while the field is empty, as options of the list. Where storage is denied or full there are none.

import { h, icon } from './dom.js';
import { recentKey } from './recent-key.js';

/** @import { Box } from './box.js' */

const MOST = 5;
const CLOCK = 'M12 7.5V12l3 2M20 12a8 8 0 1 1-16 0 8 8 0 0 1 16 0z';

export class Recent {
  #key;
  #head;
  #lastId = 0;

  /**
   * @param {Box} box
   * @param {boolean} kept whether the site wants them
   */
  constructor(box, kept) {
    this.box = box;
    this.#key = kept ? recentKey(box.options.manifest) : null;
    const { view, words, signal } = box;
    const clear = h('button', { class: 'action', part: 'action', type: 'button' }, words.say('clearRecent'));
    this.#head = h('div', { class: 'recent-head', part: 'recent' }, h('span', {}, words.say('recent')), clear);
    this.#head.hidden = true;
    view.panel.prepend(this.#head);
    clear.addEventListener('click', () => (this.#write([]), view.input.focus(), box.changed()), { signal });
    view.list.addEventListener('click', ({ target }) => this.#choose(/** @type {Element} */ (target).closest('.recent')), { signal });
  }

  /** @returns {string[]} */
  get entries() {
    if (!this.#key) return [];
    try {
      const kept = JSON.parse(localStorage.getItem(this.#key) ?? '[]');
      return Array.isArray(kept) ? kept.filter((text) => typeof text === 'string' && text.trim()).slice(0, MOST) : [];
    } catch {
      return []; // no storage, or not ours
    }
  }

  /** @param {string} text */
  add(text) {
    const kept = text.trim();
    if (kept && this.#key) this.#write([kept, ...this.entries.filter((other) => other.toLowerCase() !== kept.toLowerCase())].slice(0, MOST));
  }

  /** @param {string[]} entries */
  #write(entries) {
    try {
      if (entries.length) localStorage.setItem(String(this.#key), JSON.stringify(entries));
      else localStorage.removeItem(String(this.#key));
    } catch {} // no storage, or full
  }

  /**
   * @param {boolean} wanted
   * @returns {boolean} whether they are shown
   */
  show(wanted) {
    const { list } = this.box.view;
    const there = list.querySelectorAll('.recent');
    const entries = wanted ? this.entries : [];
    this.#head.hidden = !entries.length;
    if (JSON.stringify([...there].map((row) => row.textContent)) === JSON.stringify(entries)) return entries.length > 0;
    there.forEach((row) => row.remove());
    list.append(...entries.map((text) => this.#row(text)));
    return entries.length > 0;
  }

  /** @param {string} text */
  #row(text) {
    const id = `recent-${++this.#lastId}`;
    return h('div', { class: 'row recent', part: 'row', role: 'option', id, 'aria-selected': 'false' }, icon('clock', CLOCK), h('bdi', {}, text));
  }

  /** @param {Element | null} row */
  #choose(row) {
    if (row) this.box.setText(row.textContent ?? '');
  }
}
