// `<siteseer-modal>`: the search box in a dialog, for sites that have room for a button only. It opens by the button,
// by the keys of `shortcut.js`, or by `show()`. What happens inside is `<siteseer-search>`'s; the browser's own modal
// dialog keeps the focus in and gives it back.

import { Base } from './element.js';
import { h, icon } from './dom.js';
import { languageOf } from './page-language.js';
import { lockScroll } from './scroll-lock.js';
import { ARIA_SHORTCUT, SHORTCUT, readShortcut } from './shortcut.js';
import { Words, learn } from './strings.js';
import { modalSheets } from './styles.js';
import { CROSS, GLASS } from './view.js';

/** @import { SiteseerSearchElement } from './element.js' */
/** @import { Strings } from './siteseer.js' */

const NAME = 'siteseer-modal';
/** Handed on to the search box as they are. */
const PASSED = ['placeholder', 'limit', 'manifest', 'tiers', 'rerank-budget', 'rerank-patience', 'rerank-workers', 'webgpu', 'deep-link', 'facets', 'meta', 'recent', 'highlight', 'offline', 'offline-worker'];

export class SiteseerModalElement extends Base {
  static observedAttributes = ['label', 'lang', ...PASSED];

  /** @type {AbortController | undefined} */
  #listeners;
  /** @type {HTMLDialogElement | undefined} */
  #dialog;
  /** @type {SiteseerSearchElement | undefined} */
  #search;
  /** @type {Partial<Strings>} */
  #strings = {};
  /** @type {(() => void) | undefined} */
  #unlock;
  /** The dialog closes for a result, and the address keeps the query. */
  #followed = false;

  connectedCallback() {
    if (!this.isConnected || this.#listeners) return;
    const lang = languageOf(this);
    if (learn(lang)?.then(() => this.connectedCallback())) return;
    const root = this.shadowRoot ?? this.attachShadow({ mode: 'open' });
    const words = new Words(lang, this.#strings);
    const label = this.getAttribute('label') ?? words.say('label');
    const passed = Object.fromEntries(PASSED.map((name) => [name, this.getAttribute(name) ?? false]));

    const search = (this.#search = /** @type {SiteseerSearchElement} */ (/** @type {unknown} */ (h('siteseer-search', { ...passed, lang, label, panel: 'static' }))));
    search.strings = this.#strings;
    const trigger = h(
      'button',
      { class: 'trigger', part: 'trigger', type: 'button', 'aria-haspopup': 'dialog', 'aria-keyshortcuts': ARIA_SHORTCUT },
      icon('glass', GLASS),
      h('span', { class: 'name' }, label),
      h('kbd', { 'aria-hidden': 'true' }, SHORTCUT),
    );
    const close = h('button', { class: 'close', part: 'close', type: 'button', 'aria-label': words.say('close') }, icon('cross', CROSS));
    const sheet = h('div', { class: 'sheet' }, h('div', { class: 'head' }, h('span', { 'aria-hidden': 'true' }, label), close), search);
    const dialog = (this.#dialog = h('dialog', { class: 'dialog', part: 'dialog', 'aria-label': label }, sheet));
    root.adoptedStyleSheets = modalSheets();
    root.replaceChildren(trigger, dialog);

    this.#listeners = new AbortController();
    const { signal } = this.#listeners;
    trigger.addEventListener('click', () => this.show(), { signal });
    close.addEventListener('click', () => this.close(), { signal });
    let beside = false; // the sheet; a text that is selected may end there
    dialog.addEventListener('pointerdown', ({ target }) => (beside = target === dialog), { signal });
    dialog.addEventListener('click', ({ target }) => beside && target === dialog && this.close(), { signal });
    dialog.addEventListener('close', () => this.#closed(), { signal });
    dialog.addEventListener('keydown', (event) => this.#onEscape(event), { signal, capture: true });
    dialog.addEventListener('siteseer-open', (event) => /** @type {CustomEvent} */ (event).detail.newTab || ((this.#followed = true), this.close()), { signal });
    document.addEventListener('keydown', (event) => this.#onShortcut(event), { signal });
    if (search.value) this.show(); // the address holds a query
  }

  disconnectedCallback() {
    this.#dialog?.close();
    this.#unlock?.();
    this.#listeners?.abort();
    this.#search?.remove();
    this.#listeners = this.#dialog = this.#search = undefined;
  }

  attributeChangedCallback() {
    if (!this.#listeners) return;
    const text = this.value;
    this.disconnectedCallback();
    this.connectedCallback();
    this.value = text;
  }

  show() {
    if (!this.#dialog || this.#dialog.open) return;
    this.#dialog.showModal();
    this.#unlock?.();
    this.#unlock = lockScroll();
    this.#followed = false;
    this.#search?.link(true);
    this.#search?.focus();
    this.#search?.shadowRoot?.querySelector('input')?.select();
  }

  close() {
    this.#dialog?.close();
    let active = this.shadowRoot?.activeElement; // nothing had the focus before: it must not stay in what is hidden now
    while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
    if (this.#dialog?.contains(this.shadowRoot?.activeElement ?? null)) /** @type {HTMLElement} */ (active).blur();
  }

  /** Also by the browser itself, such as a phone's gesture. */
  #closed() {
    if (this.open) return; // again, meanwhile
    this.#unlock?.();
    if (!this.#followed) this.#search?.link(false);
  }

  get open() {
    return this.#dialog?.open ?? false;
  }

  get value() {
    return this.#search?.value ?? '';
  }

  set value(text) {
    if (this.#search) this.#search.value = text;
  }

  get strings() {
    return this.#strings;
  }

  set strings(strings) {
    this.#strings = strings;
    this.attributeChangedCallback();
  }

  /**
   * One press closes, whatever the box would do with it.
   * @param {KeyboardEvent} event
   */
  #onEscape(event) {
    if (event.key !== 'Escape' || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    event.stopPropagation();
    this.close();
  }

  /** @param {KeyboardEvent} event */
  #onShortcut(event) {
    const wish = readShortcut(event);
    if (!wish) return;
    event.preventDefault();
    if (wish === 'toggle' && this.open) this.close();
    else this.show();
  }
}

/** Registers the element, once, and only where there are elements. */
export function defineModal() {
  if (globalThis.customElements && !customElements.get(NAME)) customElements.define(NAME, SiteseerModalElement);
}
