// What stands in the panel where there are no rows: the index is being opened, nothing was found, or search failed.
// The panel is never a blank box.

import { h } from './dom.js';
import { hide } from './hide.js';

/** @import { ResultPage, Status } from './siteseer.js' */
/** @import { Words } from './strings.js' */

export class Message {
  #shown = '';

  /**
   * @param {HTMLElement} element
   * @param {Words} words
   * @param {() => void} onRetry
   */
  constructor(element, words, onRetry) {
    this.element = element;
    this.words = words;
    this.onRetry = onRetry;
  }

  /**
   * @param {ResultPage | null} page
   * @param {Status | undefined} status
   * @param {Error | null} error
   * @param {boolean} idle nobody has asked anything
   */
  update(page, status, error, idle) {
    const lines = idle ? [] : this.#lines(page, status, error);
    const key = JSON.stringify(lines);
    if (key === this.#shown) return;
    this.#shown = key;
    hide(this.element);
    this.element.hidden = !lines.length;
    this.element.classList.toggle('error', !!error);
    this.element.replaceChildren(...lines.map((line, i) => h('p', { class: i ? 'hint' : 'headline' }, line)));
    if (!error) return;
    const retry = h('button', { class: 'action', part: 'action', type: 'button' }, this.words.say('retry'));
    retry.addEventListener('click', this.onRetry);
    this.element.append(retry);
  }

  /**
   * @param {ResultPage | null} page
   * @param {Status | undefined} status
   * @param {Error | null} error
   * @returns {string[]} a headline and hints
   */
  #lines(page, status, error) {
    const { words } = this;
    if (error) return [words.say('unavailable'), error.message];
    if (!page) return [words.say('opening')];
    if (page.results.length) return [];
    const waiting = page.tier === 'lexical' && [status?.static, status?.dense].some((tier) => tier?.state === 'loading');
    return [words.say('none', { query: page.query }), words.say('noneHint'), ...(waiting ? [words.say('noneYet')] : [])];
  }
}
