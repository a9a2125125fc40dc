// What the search box has beyond its results: filters, recent searches, a way on where nothing was found, and links that
// lead to the words. A module of its own, which comes after the first results, or at once for a visitor with recent searches.

import { FacetBar } from './facets.js';
import { extraLanguages } from './languages-extras.js';
import { Recent } from './recent.js';
import { extras as css } from './style-extras.js';
import { Suggestions } from './suggestions.js';
import { withTextFragment } from './text-fragment.js';

/** @import { Box } from './box.js' */
/** @import { Backend, Result, ResultPage } from './siteseer.js' */

/** @type {Record<Backend, string>} */
const BACKENDS = { 'relaxed-simd': 'WebAssembly, relaxed SIMD', simd128: 'WebAssembly, SIMD', scalar: 'WebAssembly', webgpu: 'WebGPU' };

/** @type {CSSStyleSheet | undefined} */
let sheet;

export class Extras {
  /** @param {Box} box */
  constructor(box) {
    this.box = box;
    const { view, words, options } = box;
    words.add(extraLanguages);
    if (!sheet) (sheet = new CSSStyleSheet()).replaceSync(css);
    view.root.adoptedStyleSheets = [...view.root.adoptedStyleSheets.filter((other) => other !== sheet), sheet];

    this.facets = options.facets === 'none' ? null : new FacetBar(box, options.facets);
    this.recent = new Recent(box, options.recent);
    this.suggestions = new Suggestions(box, this.recent);
    // before the browser follows the link, also by the middle button or the menu
    for (const type of ['pointerdown', 'click']) view.list.addEventListener(type, (event) => this.#lead(event), { capture: true, signal: box.signal });
  }

  /**
   * The address to open: with the words to be marked on that page.
   * @param {Result} result
   */
  address({ url, excerpt }) {
    return this.box.options.highlight ? withTextFragment(url, excerpt) : url;
  }

  /** The visitor opens a result of this query. */
  opened() {
    this.recent.add(this.box.text);
  }

  /** Another text or other filters: what stands beside the results is to follow. @param {ResultPage} page */
  show(page) {
    this.facets?.update(page.query);
    this.suggestions.ask(page);
  }

  /**
   * Brings itself in line with the panel.
   * @param {ResultPage | null} page what is shown
   * @param {boolean} idle no text, and the panel may open
   * @returns {boolean} whether recent searches are in the list
   */
  sync(page, idle) {
    if (this.facets) this.facets.hidden = !page;
    this.suggestions.show(page);
    this.#sayWhatScored(page);
    return this.recent.show(idle);
  }

  /** @param {ResultPage | null} page */
  #sayWhatScored(page) {
    const badge = this.box.view.foot.querySelector('.badge');
    if (!page || !badge) return;
    const key = page.backend === 'webgpu' ? 'scoredOnGpu' : 'scoredOnProcessor';
    badge.setAttribute('title', this.box.words.say(key, { backend: BACKENDS[page.backend] }));
  }

  /** @param {Event} event */
  #lead({ target }) {
    const row = /** @type {Element} */ (target).closest('.row');
    const result = this.box.answers.rows.resultOf(row);
    if (result) /** @type {HTMLAnchorElement} */ (row).href = this.address(result);
  }
}
