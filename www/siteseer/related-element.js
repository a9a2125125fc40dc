// `<siteseer-related>`: links to the pages that are related to this one, each with the two headings that say why. Hidden
// where there are none, or where they cannot be had: a page is whole without them.

import { h } from './dom.js';
import { relatedLanguages } from './languages-related.js';
import { languageOf } from './page-language.js';
import { relatedPages } from './related-pages.js';
import { related as css } from './style-related.js';
import { tokens } from './style-tokens.js';

/** @import { RelatedPage } from './siteseer.js' */

const NAME = 'siteseer-related';
const Base = globalThis.HTMLElement ?? /** @type {typeof HTMLElement} */ (class {});
/** @type {CSSStyleSheet | undefined} */
let sheet;

export class SiteseerRelatedElement extends Base {
  static observedAttributes = ['manifest', 'url', 'limit', 'label', 'level', 'lang'];

  /** Ends what is on its way. */
  #running = new AbortController();

  connectedCallback() {
    this.#running.abort();
    this.hidden = true;
    const { signal } = (this.#running = new AbortController());
    // after the attributes that are set at the same time, and after what the page itself needs
    (globalThis.requestIdleCallback ?? setTimeout)(() => signal.aborted || this.#load(signal));
  }

  disconnectedCallback() {
    this.#running.abort();
  }

  attributeChangedCallback() {
    if (this.isConnected) this.connectedCallback();
  }

  /** @param {AbortSignal} signal */
  async #load(signal) {
    const manifest = this.getAttribute('manifest');
    const address = manifest ? new URL(manifest, document.baseURI) : new URL('./manifest.json', import.meta.url);
    try {
      const url = new URL(this.getAttribute('url') ?? location.href, document.baseURI).href;
      const pages = await relatedPages(address.href, url, { signal });
      if (!signal.aborted) this.#show(pages.slice(0, Number(this.getAttribute('limit')) || pages.length));
    } catch (error) {
      if (!signal.aborted) console.warn(`Siteseer: related pages could not be loaded. ${error}`);
    }
  }

  /** @param {RelatedPage[]} pages */
  #show(pages) {
    const language = languageOf(this).toLowerCase().split('-')[0];
    const words = relatedLanguages[Object.hasOwn(relatedLanguages, language) ? language : 'en'];
    const root = this.shadowRoot ?? this.attachShadow({ mode: 'open' });
    if (!sheet) (sheet = new CSSStyleSheet()).replaceSync(tokens + css);
    root.adoptedStyleSheets = [sheet];
    const level = this.getAttribute('level') ?? '';
    const tag = /^[2-6]$/.test(level) ? /** @type {'h2'} */ (`h${level}`) : 'h2';
    const heading = h(tag, { id: 'heading', part: 'heading' }, this.getAttribute('label') ?? words.related);
    const list = h('ul', { class: 'pages', part: 'list', role: 'list' }, ...pages.map(item)); // Safari forgets lists without bullets
    root.replaceChildren(h('nav', { 'aria-labelledby': 'heading' }, heading, list));
    this.hidden = pages.length === 0;
  }
}

/** @param {RelatedPage} page */
function item({ url, title, here, there }) {
  const reasons = [...new Set([here, there])].filter((heading) => heading && heading !== title);
  const reason = h('span', { class: 'reason', part: 'reason' }, ...reasons.flatMap((heading, i) => [i ? ' → ' : '', h('bdi', {}, heading)]));
  return h('li', {}, h('a', { class: 'link', part: 'link', href: url }, title || url), ...(reasons.length ? [reason] : []));
}

/** Registers the element, once, and only where there are elements. */
export function define() {
  if (globalThis.customElements && !customElements.get(NAME)) customElements.define(NAME, SiteseerRelatedElement);
}
