// The keyboard and ARIA behaviour of a combobox with a listbox popup: focus stays in the input, the active option is
// told by aria-activedescendant. It knows nothing of search. Every listener hangs on one AbortSignal, so `destroy()`
// leaves nothing.

import { toTop } from './fit.js';

/**
 * @typedef {object} ComboboxHooks
 * @property {(option: HTMLElement, newTab: boolean) => void} onChoose Enter, or Enter with the platform's modifier
 * @property {() => boolean} canChooseFirst whether Enter without an active option may take the first
 * @property {(newTab: boolean) => boolean} onEarly Enter where there is nothing to choose; true if it was heeded
 * @property {() => boolean} onReopen an arrow key while the popup is closed; true if it opened
 */

export class Combobox {
  #listeners = new AbortController();
  /** @type {HTMLElement | null} */
  #active = null;

  /**
   * @param {HTMLInputElement} input has role=combobox and aria-controls
   * @param {HTMLElement} list has role=listbox
   * @param {ComboboxHooks} hooks
   */
  constructor(input, list, hooks) {
    this.input = input;
    this.list = list;
    this.hooks = hooks;
    input.addEventListener('keydown', (event) => this.#onKey(event), { signal: this.#listeners.signal });
  }

  destroy() {
    this.#listeners.abort();
    this.activate(null);
    this.expanded = false;
  }

  get expanded() {
    return this.input.getAttribute('aria-expanded') === 'true';
  }

  set expanded(open) {
    this.input.setAttribute('aria-expanded', String(open));
  }

  /** In the order on the screen. @returns {HTMLElement[]} */
  get options() {
    return [...this.list.querySelectorAll('[role=option]')].map((option) => /** @type {HTMLElement} */ (option));
  }

  get active() {
    return this.#active;
  }

  /**
   * @param {HTMLElement | null} option with an id; null: none is active
   */
  activate(option) {
    if (this.#active !== option) this.#active?.setAttribute('aria-selected', 'false');
    this.#active = option;
    if (option) {
      option.setAttribute('aria-selected', 'true');
      this.input.setAttribute('aria-activedescendant', option.id);
      option.scrollIntoView({ block: 'nearest' });
      if (option === this.options[0]) toTop(this.list); // with the heading above it
    } else {
      this.input.removeAttribute('aria-activedescendant');
    }
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    // 229: Safari sends the Enter that ends a composition after it
    if (event.isComposing || event.keyCode === 229 || event.altKey) return;
    if (this.#handle(event)) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  /**
   * @param {KeyboardEvent} event
   * @returns {boolean} whether the key was ours
   */
  #handle({ key, ctrlKey, metaKey, shiftKey }) {
    switch (key) {
      case 'ArrowDown':
      case 'ArrowUp':
        if (!this.expanded && !this.hooks.onReopen()) return false;
        this.#move(key === 'ArrowDown' ? 1 : -1);
        return true;
      case 'Home':
      case 'End':
        // without an active option the keys are the caret's
        if (!this.expanded || !this.#active || shiftKey) return false;
        this.activate(this.options.at(key === 'Home' ? 0 : -1) ?? null);
        return true;
      case 'Enter': {
        const option = this.#active ?? (this.hooks.canChooseFirst() ? this.options[0] : null);
        const newTab = ctrlKey || metaKey;
        if (!this.expanded || !option) return this.hooks.onEarly(newTab);
        this.hooks.onChoose(option, newTab);
        return true;
      }
      default:
        return false;
    }
  }

  /**
   * Past either end none is active: the visitor is back in the text.
   * @param {1 | -1} step
   */
  #move(step) {
    const options = this.options;
    const at = this.#active ? options.indexOf(this.#active) : -1;
    const next = at < 0 ? (step > 0 ? 0 : options.length - 1) : at + step;
    this.activate(options[next] ?? null);
  }
}
