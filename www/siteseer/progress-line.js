// The thin line along the field while a tier is being loaded.

/** @import { Status } from './siteseer.js' */
/** @import { Words } from './strings.js' */

const TIERS = /** @type {const} */ (['lexical', 'static', 'dense', 'reranked']);
const LOADING = /** @type {const} */ ({ lexical: 'opening', static: 'loadingMeaning', dense: 'loadingMeaning', reranked: 'loadingBest' });

export class ProgressLine {
  /**
   * @param {HTMLProgressElement} element
   * @param {Words} words
   */
  constructor(element, words) {
    this.element = element;
    this.words = words;
  }

  /** @param {Status | undefined} status undefined: nobody waits */
  update(status) {
    const { element } = this;
    const tier = TIERS.find((name) => status?.[name].state === 'loading');
    element.hidden = !tier;
    if (!tier || !status) return;
    const { loaded, total } = status[tier];
    element.setAttribute('aria-label', this.words.say(LOADING[tier]));
    if (total) element.value = loaded / total;
    else element.removeAttribute('value');
  }
}
