// The search box at work: typing runs queries, pages of results become rows, the status of the tiers becomes words.
// The keyboard is `combobox.js`'s, the tree is `view.js`'s; `destroy()` leaves nothing.

import { Answers } from './answers.js';
import { heedClosing } from './closing.js';
import { Combobox } from './combobox.js';
import { EarlyEnter } from './early-enter.js';
import { loadExtras } from './extras-load.js';
import { fitPanel } from './fit.js';
import { choose, follow } from './follow.js';
import { Foot } from './foot.js';
import { hide } from './hide.js';
import { Lease } from './lease.js';
import { Message } from './message.js';
import { ProgressLine } from './progress-line.js';
import { hasRecent } from './recent-key.js';
import { Runner } from './runner.js';

/** @import { Extras } from './extras.js' */
/** @import { Shared } from './lease.js' */
/** @import { RowOptions } from './rows.js' */
/** @import { Filters } from './siteseer.js' */
/** @import { Words } from './strings.js' */
/** @import { View } from './view.js' */

/**
 * @typedef {object} OwnOptions
 * @property {number} limit
 * @property {boolean} stays the panel is a part of the page and stays open when the focus leaves the box
 * @property {() => Shared} share
 * @property {(type: string, detail: object) => boolean} emit false if a listener prevented the default
 * @property {(query: string, filters: Filters) => void} onQuery every new text or choice, for the deep link
 * @property {string | null} manifest as the element has it
 * @property {string | null} facets names of filters to offer; null: all; `none`
 * @property {boolean} recent recent searches are kept on the device
 * @property {boolean} highlight links lead to the words
 */
/** @typedef {OwnOptions & RowOptions} BoxOptions */

export class Box {
  #listeners = new AbortController();
  /** @type {Error | null} */
  #error = null;
  #open = false;
  /** Something has been asked: there may be a text that an input method has not done with. */
  #asked = false;
  #early = new EarlyEnter(this);
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
      onChoose: (row, newTab) => choose(this, row, newTab),
      canChooseFirst: () => this.answers.page?.query === this.text,
      onEarly: (newTab) => this.#open && this.#asked && this.#early.keep(newTab),
      onReopen: () => this.toggle(true),
    });
    this.answers = new Answers(view, words, this.combobox, options);
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
        this.#loading ??= loadExtras(this);
        this.changed();
        this.#early.answer(page.query);
      },
      onError: (error) => {
        // an address or a script may name filters that this index does not have
        if (/** @type {any} */ (error)?.code === 'engine' && Object.keys(this.filters).length) return this.setFilters({});
        this.answers.fail();
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
    this.#early.forget();
    this.#asked = text.trim() !== '';
    this.options.onQuery(text.trim(), filters);
    if (this.#asked) {
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
      if (this.options.recent && hasRecent(this.options.manifest)) this.#loading ??= loadExtras(this);
      this.toggle(true);
    });
    on(input, 'click', () => this.toggle(true));
    on(clear, 'click', () => (this.setText(''), input.focus()));
    on(list, 'click', (event) => follow(this, event) && this.toggle(false));
    on(panel, 'mousedown', (event) => event.preventDefault()); // the focus stays in the input
    on(window.visualViewport ?? window, 'resize', () => fitPanel(panel, root.host)); // also when a screen keyboard opens
    heedClosing(this);
  }

  /**
   * @param {boolean} open
   * @returns {boolean} whether the panel is open now
   */
  toggle(open) {
    this.#open = open;
    this.#early.forget();
    if (!open) this.combobox.activate(null);
    this.changed();
    return this.combobox.expanded;
  }

  /** Makes the tree say what is the case. */
  changed() {
    const { view, answers } = this;
    const { status } = this.lease;
    const typed = this.text.trim() !== '';
    const asked = typed && this.#asked;
    const page = asked && !this.#error ? answers.page : null;
    const recent = !!this.extras?.sync(page, this.#open && !typed);
    this.message.update(answers.page, status, this.#error, !asked);
    hide(view.foot, !this.foot.update(answers.page, status) || !!this.#error || !asked);
    view.clear.hidden = this.text === '';
    const opening = view.panel.hidden === true;
    view.panel.hidden = !(this.#open && (asked || recent));
    view.list.hidden = !(recent || answers.page?.results.length);
    this.combobox.expanded = !view.panel.hidden && !view.list.hidden;
    fitPanel(view.panel, view.root.host, opening);
    this.progress.update(typed ? status : undefined);
  }
}
