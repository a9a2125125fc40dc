// The answers to one query on the screen: the rows of its newest page, what is announced of them, and how the list
// goes from one tier's order to the next without losing the active row.

import { afterPress } from './press.js';
import { Announcer } from './announcer.js';
import { Rows } from './rows.js';

/** @import { ResultPage } from './siteseer.js' */
/** @import { Combobox } from './combobox.js' */
/** @import { RowOptions } from './rows.js' */
/** @import { Words } from './strings.js' */
/** @import { View } from './view.js' */

const ORDERED = /** @type {const} */ ({ static: 'orderedByMeaning', dense: 'orderedByMeaning', late: 'orderedByMeaning', reranked: 'orderedByBest' });

export class Answers {
  /** What was shown last. @type {ResultPage | null} */
  page = null;
  /** The next page is another question's, though its text may be the same. */
  #renewed = false;

  /**
   * @param {View} view
   * @param {Words} words
   * @param {Combobox} combobox
   * @param {RowOptions} options
   */
  constructor(view, words, combobox, options) {
    this.list = view.list;
    this.words = words;
    this.combobox = combobox;
    this.rows = new Rows(view.list, options);
    this.announcer = new Announcer(view.live);
  }

  clear() {
    this.page = null;
    this.combobox.activate(null);
    this.rows.clear();
    this.announcer.silence();
  }

  /** There are none: search failed. */
  fail() {
    this.clear();
    this.announcer.say(this.words.say('unavailable'));
  }

  /** The filters have changed. */
  renew() {
    this.#renewed = true;
  }

  /**
   * @param {ResultPage} page
   * @returns {boolean} whether it answers another question than the one before
   */
  show(page) {
    const better = this.page?.query === page.query && !this.#renewed;
    this.#renewed = false;
    this.page = page;
    if (better) {
      afterPress(this.list, () => this.page === page && this.#reorder(page));
    } else {
      this.combobox.activate(null);
      this.rows.replace(page.results);
    }
    this.#announce(page, better);
    return !better;
  }

  /** @param {ResultPage} page */
  #reorder(page) {
    this.rows.reorder(page.results, this.combobox.active);
    this.combobox.activate(this.combobox.active);
  }

  /**
   * @param {ResultPage} page
   * @param {boolean} better the same query, answered by a higher tier
   */
  #announce({ results, query, tier }, better) {
    const count = this.words.results(results.length);
    if (!results.length) this.announcer.say(this.words.say('none', { query }));
    else if (better && tier !== 'lexical') this.announcer.say(this.words.say(ORDERED[tier], { results: count }));
    else this.announcer.say(count);
  }
}
