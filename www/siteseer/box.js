// The search box at work: typing runs queries, pages of results become rows, the status of the tiers becomes words.
// The keyboard is `combobox.js`'s, the tree is `view.js`'s; `destroy()` leaves nothing.

import { Answers } from './answers.js';
import { Combobox } from './combobox.js';
import { fitPanel } from './fit.js';
import { Foot } from './foot.js';
import { Message } from './message.js';
import { Runner } from './runner.js';

/** @import { SearchClient } from './client.js' */
/** @import { Tier } from './siteseer.js' */
/** @import { Words } from './strings.js' */
/** @import { View } from './view.js' */

/**
 * @typedef {object} BoxOptions
 * @property {number} limit
 * @property {boolean} stays the panel is a part of the page and stays open when the focus leaves the box
 * @property {() => { search: SearchClient, release: () => void }} share
 * @property {(type: string, detail: object) => boolean} emit false if a listener prevented the default
 * @property {(query: string) => void} onQuery every new text, for the deep link
 */

const TIERS = /** @type {const} */ (['lexical', 'static', 'dense', 'reranked']);
const LOADING = /** @type {const} */ ({ lexical: 'opening', static: 'loadingMeaning', dense: 'loadingMeaning', reranked: 'loadingBest' });

export class Box {
  #listeners = new AbortController();
  /** @type {{ search: SearchClient, release: () => void } | undefined} */
  #shared;
  /** @type {Error | null} */
  #error = null;
  #open = false;

  /**
   * @param {View} view
   * @param {Words} words
   * @param {BoxOptions} options
   */
  constructor(view, words, options) {
    this.view = view;
    this.words = words;
    this.options = options;
    this.combobox = new Combobox(view.input, view.list, {
      onChoose: (row, newTab) => (newTab ? this.#openTab(row) : row.click()),
      canChooseFirst: () => this.answers.page?.query === this.text,
      onClear: () => this.setText(''),
      onReopen: () => this.#toggle(true),
      onClose: () => this.#toggle(false),
    });
    this.answers = new Answers(view, words, this.combobox);
    this.message = new Message(view.message, words, () => this.run(true));
    this.foot = new Foot(view.foot, words, (tier) => this.#askFor(tier));
    this.runner = new Runner({
      search: () => this.#search(),
      onPage: (page) => {
        this.#error = null;
        this.answers.show(page);
        this.options.emit('siteseer-results', page);
        this.#sync();
      },
      onError: (error) => {
        this.answers.clear();
        this.#error = error instanceof Error ? error : new Error(String(error));
        this.#sync();
      },
    });
    this.#listen();
  }

  destroy() {
    this.#listeners.abort();
    this.runner.cancel();
    this.combobox.destroy();
    this.answers.clear();
    this.#shared?.release();
    this.#shared = undefined;
  }

  get text() {
    return this.view.input.value;
  }

  /** @param {string} text */
  setText(text) {
    this.view.input.value = text;
    this.run(true);
  }

  /**
   * Searches for what stands in the field.
   * @param {boolean} [now] without waiting for a pause in typing
   */
  run(now = false) {
    const { text } = this;
    this.#open = true;
    this.options.onQuery(text.trim());
    if (text.trim()) {
      this.runner.run(text, { limit: this.options.limit, now });
    } else {
      this.runner.cancel();
      this.answers.clear();
      this.#error = null;
    }
    this.#sync();
  }

  #listen() {
    const { input, clear, panel, list, root } = this.view;
    const { signal } = this.#listeners;
    const on = (/** @type {EventTarget} */ target, /** @type {string} */ type, /** @type {(event: any) => void} */ listener) =>
      target.addEventListener(type, listener, { signal });
    on(input, 'input', (event) => event.isComposing || this.run());
    on(input, 'compositionend', () => this.run());
    on(input, 'focus', () => (this.#search(), this.#toggle(true)));
    on(input, 'click', () => this.#toggle(true));
    on(clear, 'click', () => (this.setText(''), input.focus()));
    on(list, 'click', (event) => this.#onClick(event));
    on(panel, 'mousedown', (event) => event.preventDefault()); // the focus stays in the input
    on(window.visualViewport ?? window, 'resize', () => fitPanel(panel, root.host)); // also when a screen keyboard opens
    if (this.options.stays) return;
    on(root, 'focusout', ({ relatedTarget }) => root.contains(relatedTarget) || this.#toggle(false));
    on(document, 'pointerdown', (event) => event.composedPath().includes(root) || this.#toggle(false));
  }

  /** Opened when it is first needed; opened anew after it failed. */
  #search() {
    if (this.#shared?.search.status.lexical.state === 'failed') {
      this.#shared.release();
      this.#shared = undefined;
    }
    if (!this.#shared) {
      this.#shared = this.options.share();
      this.#shared.search.status.addEventListener('change', () => this.#sync(), { signal: this.#listeners.signal });
    }
    return this.#shared.search;
  }

  /** @param {Tier} tier */
  async #askFor(tier) {
    await this.#shared?.search.load(tier).catch(() => {}); // the status tells
    if (this.#shared?.search.status[tier].state === 'ready' && this.#open) this.run(true);
  }

  /** @param {MouseEvent} event */
  #onClick(event) {
    const result = this.answers.rows.resultOf(/** @type {Element} */ (event.target).closest('.row'));
    if (!result) return;
    const newTab = event.ctrlKey || event.metaKey || event.shiftKey;
    if (!this.options.emit('siteseer-open', { result, newTab })) event.preventDefault();
    if (!newTab) this.#toggle(false);
  }

  /** @param {HTMLElement} row */
  #openTab(row) {
    const result = this.answers.rows.resultOf(row);
    if (!result || !this.options.emit('siteseer-open', { result, newTab: true })) return;
    window.open(result.url, '_blank', 'noopener');
  }

  /**
   * @param {boolean} open
   * @returns {boolean} whether the panel is open now
   */
  #toggle(open) {
    this.#open = open;
    if (!open) this.combobox.activate(null);
    this.#sync();
    return this.combobox.expanded;
  }

  /** Makes the tree say what is the case. */
  #sync() {
    const { view, answers, words } = this;
    const status = this.#shared?.search.status;
    const typed = this.text.trim() !== '';
    this.message.update(answers.page, status, this.#error);
    view.foot.hidden = !this.foot.update(answers.page, status) || !!this.#error;
    view.clear.hidden = this.text === '';
    const opening = view.panel.hidden === true;
    view.panel.hidden = !(this.#open && typed);
    view.list.hidden = !answers.page?.results.length;
    this.combobox.expanded = !view.panel.hidden && !view.list.hidden;
    fitPanel(view.panel, view.root.host, opening);

    const loading = typed && TIERS.find((tier) => status?.[tier].state === 'loading');
    view.progress.hidden = !loading;
    if (!loading || !status) return;
    const { loaded, total } = status[loading];
    view.progress.setAttribute('aria-label', words.say(LOADING[loading]));
    if (total) view.progress.value = loaded / total;
    else view.progress.removeAttribute('value');
  }
}
