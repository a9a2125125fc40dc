// Enter that comes before the rows of its text: it is kept until they come, and chooses the first of them, unless meanwhile the
// text changes or the panel closes.

import { choose } from './follow.js';

/** @import { Box } from './box.js' */

export class EarlyEnter {
  /** Whether for a new tab. @type {boolean | undefined} */
  #newTab;

  /** @param {Box} box */
  constructor(box) {
    this.box = box;
  }

  /**
   * @param {boolean} newTab
   * @returns {boolean} whether rows are to come
   */
  keep(newTab) {
    if (this.box.answers.page?.query === this.box.text) return false;
    this.#newTab = newTab;
    return true;
  }

  forget() {
    this.#newTab = undefined;
  }

  /** A page has come. @param {string} query */
  answer(query) {
    const newTab = this.#newTab;
    const [row] = this.box.combobox.options;
    this.forget();
    if (row && newTab !== undefined && query === this.box.text) choose(this.box, row, newTab);
  }
}
