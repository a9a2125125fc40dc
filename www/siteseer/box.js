// The search box at work: typing runs queries, pages of results become rows, the status of the tiers becomes words.
// The keyboard is `combobox.js`'s, the tree is `view.js`'s; `destroy()` leaves nothing.

import { Answers } from './answers.js';
import { Combobox } from './combobox.js';
import { loadExtras } from './extras-load.js';
import { fitPanel } from './fit.js';
import { follow, openTab } from './follow.js';
import { Foot } from './foot.js';
import { Lease } from './lease.js';
import { Message } from './message.js';
import { ProgressLine } from './progress-line.js';
import { hasRecent } from './recent-key.js';
import { Runner } from './runner.js';

/** @import { Extras } from './extras.js' */
/** @import { Shared } from './lease.js' */
/** @import { Filters } from './siteseer.js' */
/** @import { Words } from './strings.js' */
/** @import { View } from './view.js' */

/**
 * @typedef {object} BoxOptions
 * @property {number} limit
 * @property {boolean} stays the panel is a part of the page and stays open when the focus leaves the box
 * @property {() => Shared} share
 * @property {(type: string, detail: object) => boolean} emit false if a listener prevented the default
 * @property {(query: string, filters: Filters) => void} onQuery every new text or choice, for the deep link
 * @property {string | null} manifest as the element has it
 * @property {string | null} facets names of filters to offer; null: all; `none`
 * @property {string[]} meta keys of metadata that results show
 * @property {boolean} recent recent searches are kept on the device
 * @property {boolean} highlight links lead to the words
 */

export class Box {
  #listeners = new AbortController();
  /** @type {Error | null} */
  #error = null;
  #open = false;
  /** @type {Promise<void> | undefined} */
  #loading;
  /** @type {Extras | undefined} */
  extras;
  /** What the visitor has chosen. @type {Filters} */
  filters = {};

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
      onChoose: (row, newTab) => (newTab ? openTab(this, row) : row.click()),
      canChooseFirst: () => this.answers.page?.query === this.text,
      onClear: () => this.setText(''),
      onReopen: () => this.#toggle(true),
      onClose: () => this.#toggle(false),
    });
    this.answers = new Answers(view, words, this.combobox, options.meta);
    this.message = new Message(view.message, words, () => (this.lease.renew(), this.run(true)));
    this.lease = new Lease(options, () => (this.lease.leave() ? this.run(true, this.#open) : this.changed()), this.signal);
    this.foot = new Foot(view.foot, words, async (tier, stops) => (await this.lease.ask(tier, stops)) && this.#open && this.run(true));
    this.progress = new ProgressLine(view.progress, words);
    this.runner = new Runner({
      search: () => this.lease.open(),
      onPage: (page) => {
        this.#error = null;
        if (this.answers.show(page)) this.extras?.show(page);
        this.options.emit('siteseer-results', page);
        this.#loadExtras();
        this.changed();
      },
      onError: (error) => {
        // an address or a script may name filters that this index does not have
        if (/** @type {any} */ (error)?.code === 'engine' && Object.keys(this.filters).length) return this.setFilters({});
        this.answers.clear();
        this.#error = error instanceof Error ? error : new Error(String(error));
        this.changed();
      },
    });
    this.#listen();
  }

  destroy() {
    this.runner.cancel();
    this.combobox.destroy();
    this.answers.clear();
    this.#listeners.abort();
  }

  get text() {
    return this.view.input.value;
  }

  get signal() {
    return this.#listeners.signal;
  }

  get search() {
    return this.lease.search;
  }

  /** @param {string} text */
  setText(text) {
    this.view.input.value = text;
    this.run(true);
  }

  /** @param {Filters} filters */
  setFilters(filters) {
    this.filters = filters;
    this.answers.renew();
    this.run(true);
  }

  /**
   * Searches for what stands in the field.
   * @param {boolean} [now] without waiting for a pause in typing
   * @param {boolean} [open] the panel
   */
  run(now = false, open = true) {
    const { text, filters, options: { limit, meta } } = this;
    this.#open = open;
    this.options.onQuery(text.trim(), filters);
    if (text.trim()) {
      this.runner.run(text, { limit, filters, meta: meta.length > 0, now });
    } else {
      this.runner.cancel();
      this.answers.clear();
      this.#error = null;
    }
    this.changed();
  }

  #listen() {
    const { input, clear, panel, list, root } = this.view;
    const { signal } = this.#listeners;
    const on = (/** @type {EventTarget} */ target, /** @type {string} */ type, /** @type {(event: any) => void} */ listener) =>
      target.addEventListener(type, listener, { signal });
    on(input, 'input', (event) => event.isComposing || this.run());
    on(input, 'compositionend', () => this.run());
    on(input, 'focus', () => {
      this.lease.open();
      if (this.options.recent && hasRecent(this.options.manifest)) this.#loadExtras();
      this.#toggle(true);
    });
    on(input, 'click', () => this.#toggle(true));
    on(clear, 'click', () => (this.setText(''), input.focus()));
    on(list, 'click', (event) => follow(this, event) && this.#toggle(false));
    on(panel, 'mousedown', (event) => event.preventDefault()); // the focus stays in the input
    on(window.visualViewport ?? window, 'resize', () => fitPanel(panel, root.host)); // also when a screen keyboard opens
    if (this.options.stays) return;
    on(root, 'focusout', ({ relatedTarget }) => root.contains(relatedTarget) || this.#toggle(false));
    on(document, 'pointerdown', (event) => event.composedPath().includes(root) || this.#toggle(false));
  }

  /**
   * @param {boolean} open
   * @returns {boolean} whether the panel is open now
   */
  #toggle(open) {
    this.#open = open;
    if (!open) this.combobox.activate(null);
    this.changed();
    return this.combobox.expanded;
  }

  /** Once; it comes while the visitor reads. */
  #loadExtras() {
    this.#loading ??= loadExtras(this).then((extras) => {
      this.extras = extras;
      const { page } = this.answers;
      if (page) extras?.show(page);
      this.changed();
    });
  }

  /** Makes the tree say what is the case. */
  changed() {
    const { view, answers } = this;
    const { status } = this.lease;
    const typed = this.text.trim() !== '';
    const page = typed && !this.#error ? answers.page : null;
    const recent = !!this.extras?.sync(page, this.#open && !typed);
    this.message.update(answers.page, status, this.#error, !typed);
    view.foot.hidden = !this.foot.update(answers.page, status) || !!this.#error || !typed;
    view.clear.hidden = this.text === '';
    const opening = view.panel.hidden === true;
    view.panel.hidden = !(this.#open && (typed || recent));
    view.list.hidden = !(recent || answers.page?.results.length);
    this.combobox.expanded = !view.panel.hidden && !view.list.hidden;
    fitPanel(view.panel, view.root.host, opening);
    this.progress.update(typed ? status : undefined);
  }
}
