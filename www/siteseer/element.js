// `<siteseer-search>`: the life of the element. It reads the attributes, builds the box when it enters a document and
// takes it down when it leaves; what the box does is in `box.js`. Its public face is described in `siteseer.d.ts`.

import { Box } from './box.js';
import { DeepLink } from './deep-link.js';
import { offerOffline } from './offline-offer.js';
import { languageOf } from './page-language.js';
import { share } from './shared.js';
import { Words, learn } from './strings.js';
import { buildView } from './view.js';

/** @import { Filters, OpenOptions, Strings, Tier } from './siteseer.js' */

const NAME = 'siteseer-search';
const TIERS = /** @type {Tier[]} */ (['lexical', 'static', 'dense', 'late', 'reranked']);
const WEBGPU = /** @type {const} */ (['auto', 'force', 'off']);

/** Outside a document (a worker, Node) the module can be imported for `open()`. */
export const Base = globalThis.HTMLElement ?? /** @type {typeof HTMLElement} */ (class {});

/** @implements {Pick<import('./siteseer.js').SiteseerSearchElement, 'value' | 'filters' | 'strings'>} */
export class SiteseerSearchElement extends Base {
  static observedAttributes = ['label', 'placeholder', 'lang', 'limit', 'manifest', 'tiers', 'rerank-budget', 'rerank-patience', 'rerank-workers', 'webgpu', 'panel', 'deep-link', 'facets', 'meta', 'recent', 'highlight', 'offline', 'offline-worker'];

  /** @type {Box | undefined} */
  #box;
  /** @type {DeepLink | undefined} */
  #link;
  /** @type {AbortController | undefined} */
  #offline;
  /** @type {Partial<Strings>} */
  #strings = {};
  /** The text while there is no box. */
  #text = '';
  /** What is chosen while there is no box. @type {Filters} */
  #filters = {};

  connectedCallback() {
    if (!this.isConnected || this.#box) return;
    const lang = languageOf(this);
    if (learn(lang)?.then(() => this.connectedCallback())) return;
    const root = this.shadowRoot ?? this.attachShadow({ mode: 'open', delegatesFocus: true });
    const words = new Words(lang, this.#strings);
    const view = buildView(root, words, { label: this.getAttribute('label'), placeholder: this.getAttribute('placeholder') });
    const box = (this.#box = new Box(view, words, {
      limit: Number(this.getAttribute('limit')) || 8,
      stays: this.getAttribute('panel') === 'static',
      share: () => share(this.#options()),
      emit: (type, detail) => this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true, cancelable: true })),
      onQuery: (query, filters) => this.#link?.write(query, filters),
      manifest: this.getAttribute('manifest'),
      facets: this.getAttribute('facets'),
      meta: (this.getAttribute('meta') ?? '').split(',').map((key) => key.trim()).filter(Boolean),
      recent: this.getAttribute('recent') !== 'none',
      highlight: this.getAttribute('highlight') !== 'none',
      linked: this.hasAttribute('deep-link'),
    }));
    if (this.hasAttribute('deep-link')) {
      this.#link = new DeepLink(this.getAttribute('deep-link') || 'q', ({ query, filters }) => {
        box.filters = filters;
        box.answers.renew();
        box.setText(query);
      });
      const { query, filters } = this.#link.read();
      if (!this.#text) [this.#text, this.#filters] = [query, filters];
    }
    box.filters = this.#filters;
    if (this.#text) box.setText(this.#text);
    if (this.hasAttribute('autofocus')) view.input.focus();
    if (this.hasAttribute('offline')) {
      const { signal } = (this.#offline = new AbortController());
      const all = this.getAttribute('offline') === 'all';
      offerOffline(view.offline, words, { script: this.getAttribute('offline-worker'), all, highest: this.#options().tiers ?? 'reranked', signal });
    }
  }

  disconnectedCallback() {
    this.#text = this.#box?.text ?? '';
    this.#filters = this.#box?.filters ?? {};
    this.#box?.destroy();
    this.#link?.destroy();
    this.#offline?.abort();
    this.#box = this.#link = this.#offline = undefined;
  }

  /** Attributes seldom change: then the box is built anew, with its text. */
  attributeChangedCallback() {
    if (!this.#box) return;
    this.disconnectedCallback();
    this.connectedCallback();
  }

  get value() {
    return this.#box?.text ?? this.#text;
  }

  set value(text) {
    if (this.#box) this.#box.setText(text);
    else this.#text = text;
  }

  get filters() {
    return this.#box?.filters ?? this.#filters;
  }

  set filters(filters) {
    if (this.#box) this.#box.setFilters(filters);
    else this.#filters = filters;
  }

  get strings() {
    return this.#strings;
  }

  set strings(strings) {
    this.#strings = strings;
    this.attributeChangedCallback();
  }

  /** Whether the address holds the query: the modal's, while that is open. @param {boolean} linked */
  link(linked) {
    this.#link?.write(linked ? this.value.trim() : '', this.filters);
  }

  /** @returns {OpenOptions} */
  #options() {
    const manifest = this.getAttribute('manifest');
    const tiers = TIERS.find((tier) => tier === this.getAttribute('tiers'));
    const rerankBudget = Number(this.getAttribute('rerank-budget'));
    const rerankWorkers = Number(this.getAttribute('rerank-workers'));
    const patience = this.getAttribute('rerank-patience');
    const webgpu = WEBGPU.find((choice) => choice === this.getAttribute('webgpu'));
    return {
      ...(webgpu && { webgpu }),
      ...(manifest && { manifest }),
      ...(tiers && { tiers }),
      ...(rerankBudget > 0 && { rerankBudget }),
      ...(rerankWorkers > 0 && { rerankWorkers }),
      ...(Number(patience) >= 0 && patience !== null && { rerankPatience: Number(patience) }),
    };
  }
}

/** Registers the element, once, and only where there are elements. */
export function define() {
  if (globalThis.customElements && !customElements.get(NAME)) customElements.define(NAME, SiteseerSearchElement);
}
