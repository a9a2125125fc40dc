// The line below the results: which tier ordered them, what the next tier is doing, and the way to ask for it.

import { h } from './dom.js';
import { hide } from './hide.js';

/** @import { ResultPage, Status } from './siteseer.js' */
/** @import { Words } from './strings.js' */

const KEYS = /** @type {const} */ ([
  ['↑↓', 'keyMove'],
  ['↵', 'keyOpen'],
  ['esc', 'keyClose'],
]);

const BADGES = /** @type {const} */ ({ lexical: 'byWords', static: 'byMeaning', dense: 'byMeaning', late: 'refined', reranked: 'bestFirst' });

/** What the button would load, or stop loading. @typedef {'static' | 'dense' | 'reranked'} Offered */
/** What a tier says of itself, and what the button offers. @typedef {{ note?: string, reason?: string, action?: string, tier?: Offered, stops?: boolean }} Saying */

export class Foot {
  /** @type {Offered} */
  #offered = 'dense';
  #stops = false;
  #badge = h('span', { class: 'badge', part: 'badge' });
  #note = h('span', { id: 'note', class: 'note', part: 'note' });
  #reason = h('span', { class: 'reason', part: 'reason' });
  #action = h('button', { class: 'action', part: 'action', type: 'button', 'aria-describedby': 'note' });
  #keys = h('span', { class: 'keys', 'aria-hidden': 'true' });

  /**
   * @param {HTMLElement} foot
   * @param {Words} words
   * @param {(tier: Offered, stops: boolean) => void} onAction the visitor asks for a tier, or says no to it
   */
  constructor(foot, words, onAction) {
    this.words = words;
    this.#action.addEventListener('click', () => onAction(this.#offered, this.#stops));
    this.#keys.append(...KEYS.map(([key, name]) => h('span', {}, h('kbd', {}, key), ` ${words.say(name)}`)));
    foot.replaceChildren(this.#badge, this.#note, this.#reason, this.#action, this.#keys);
  }

  /**
   * @param {ResultPage | null} page
   * @param {Status | undefined} status
   * @returns {boolean} whether there is anything to say
   */
  update(page, status) {
    const shown = page?.tier ?? 'lexical';
    this.#keys.hidden = this.#badge.hidden = !page?.results.length;
    this.#badge.className = `badge ${shown}`;
    setText(this.#badge, this.words.say(BADGES[shown]));

    const { note = '', reason = '', action = '', tier = 'dense', stops = false } = this.#saying(status, shown === 'static');
    this.#offered = tier;
    this.#stops = stops;
    setText(this.#note, note);
    this.#note.hidden = !note;
    setText(this.#reason, reason);
    this.#reason.hidden = !reason;
    this.#reason.title = reason; // whole, where the line is cut
    hide(this.#action, !action);
    setText(this.#action, action);
    return !this.#badge.hidden || note !== '';
  }

  /**
   * The lowest tier that has something to say.
   * @param {Status | undefined} status
   * @param {boolean} means whether the rows are in the order of meaning, without the model
   * @returns {Saying}
   */
  #saying(status, means) {
    const { words } = this;
    if (!status || status.lexical.state === 'failed') return {};
    const { static: tower, dense, reranked, savesData } = status;
    const size = (/** @type {number} */ bytes) => words.size(bytes);
    const retry = words.say('retry');
    const progress = ({ loaded = 0, total = 0 }) => ({ loaded: size(loaded), total: size(total) });
    const stop = { action: words.say('stop'), stops: true };
    if (dense.state === 'loading') return { note: words.say('meaningLoading', progress(dense)), ...stop };
    const failed = means ? '' : words.say('meaningFailed');
    if (dense.state === 'failed') return { note: failed, reason: dense.error?.message, action: retry };
    if (dense.state === 'off') {
      if (tower.state === 'failed') return { note: failed, reason: tower.error?.message, action: retry, tier: 'static' };
      const note = tower.state === 'off' ? words.say('meaningOff') : '';
      return savesData ? { note, action: words.say('load', { size: size(dense.total) }) } : {};
    }
    const tier = /** @type {const} */ ('reranked');
    if (reranked.state === 'loading') return { note: words.say('bestLoading', progress(reranked)), ...stop, tier };
    if (reranked.state === 'failed') return { note: words.say('bestFailed'), reason: reranked.error?.message, action: retry, tier };
    if (reranked.state === 'off' && savesData && reranked.total) {
      return { action: words.say('loadBest', { size: size(reranked.total) }), tier };
    }
    return {};
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
