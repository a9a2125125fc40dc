// The line below the results: which tier ordered them, what the next tier is doing, and the way to ask for it.

import { h } from './dom.js';

/** @import { ResultPage, Status } from './siteseer.js' */
/** @import { Words } from './strings.js' */

const KEYS = /** @type {const} */ ([
  ['↑↓', 'keyMove'],
  ['↵', 'keyOpen'],
  ['esc', 'keyClose'],
]);

export class Foot {
  #badge = h('span', { class: 'badge', part: 'badge' });
  #note = h('span', { class: 'note', part: 'note' });
  #reason = h('span', { class: 'reason', part: 'reason' });
  #action = h('button', { class: 'action', part: 'action', type: 'button' });
  #keys = h('span', { class: 'keys', 'aria-hidden': 'true' });

  /**
   * @param {HTMLElement} foot
   * @param {Words} words
   * @param {() => void} onAction the visitor asks for the dense tier
   */
  constructor(foot, words, onAction) {
    this.words = words;
    this.#action.addEventListener('click', onAction);
    this.#keys.append(...KEYS.map(([key, name]) => h('span', {}, h('kbd', {}, key), ` ${words.say(name)}`)));
    foot.replaceChildren(this.#badge, this.#note, this.#reason, this.#action, this.#keys);
  }

  /**
   * @param {ResultPage | null} page
   * @param {Status | undefined} status
   * @returns {boolean} whether there is anything to say
   */
  update(page, status) {
    this.#keys.hidden = this.#badge.hidden = !page?.results.length;
    this.#badge.classList.toggle('dense', page?.tier === 'dense');
    this.#badge.textContent = this.words.say(page?.tier === 'dense' ? 'byMeaning' : 'byWords');

    const { note, reason = '', action = '' } = this.#dense(status);
    setText(this.#note, note);
    this.#note.hidden = !note;
    setText(this.#reason, reason);
    this.#reason.hidden = !reason;
    this.#reason.title = reason; // whole, where the line is cut
    this.#action.hidden = !action;
    setText(this.#action, action);
    return !this.#badge.hidden || note !== '';
  }

  /**
   * @param {Status | undefined} status
   * @returns {{ note: string, reason?: string, action?: string }}
   */
  #dense(status) {
    const { words } = this;
    if (!status || status.lexical.state === 'failed') return { note: '' };
    const { state, loaded, total, error } = status.dense;
    switch (state) {
      case 'loading':
        return { note: words.say('meaningLoading', { loaded: words.size(loaded), total: words.size(total) }) };
      case 'failed':
        return { note: words.say('meaningFailed'), reason: error?.message, action: words.say('retry') };
      case 'off':
        if (!status.savesData) return { note: '' };
        return { note: words.say('meaningOff'), action: words.say('load', { size: words.size(total) }) };
      default:
        return { note: '' };
    }
  }
}

/**
 * Leaves a text alone that is right already: progress comes often.
 * @param {HTMLElement} element
 * @param {string} text
 */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
