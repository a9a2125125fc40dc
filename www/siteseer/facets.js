// The filters of the panel: for each name its values as toggles, with the number of pages that have the value and a word
// of the query. What is pressed narrows every tier. The counts of a name leave its own values aside, so that another one
// can be added. Hidden where the index has no filters.

import { h } from './dom.js';
import { isAbort } from './errors.js';

/** @import { Box } from './box.js' */
/** @import { Facets, Filters } from './siteseer.js' */

/** Values of a name at most; those of most pages, and those that are pressed. */
const MOST_VALUES = 24;

export class FacetBar {
  /** How many pages of the index have each value: which toggles there are, and their order. @type {Promise<Facets> | undefined} */
  #all;
  /** @type {AbortController | undefined} */
  #asking;
  /** By name. @type {Map<string, HTMLElement>} */
  #groups = new Map();
  /** By name and value. @type {Map<string, HTMLButtonElement>} */
  #toggles = new Map();
  #clear;
  #empty = true;

  /**
   * @param {Box} box
   * @param {string | null} wanted names to offer, in order, each with a label of its own if it has one: `version, section=Part`
   */
  constructor(box, wanted) {
    this.box = box;
    this.wanted = wanted?.split(',').map((part) => part.split('=').map((text) => text.trim())).filter(([name]) => name);
    const clear = (this.#clear = h('button', { class: 'chip clear-filters', part: 'chip', type: 'button' }, box.words.say('clearFilters')));
    this.bar = h('div', { class: 'facets', part: 'facets', role: 'group', 'aria-label': box.words.say('filters') }, clear);
    this.bar.hidden = true;
    const { signal } = box;
    clear.addEventListener('click', () => (box.setFilters({}), box.view.input.focus()), { signal });
    signal.addEventListener('abort', () => this.#asking?.abort());
    box.view.panel.prepend(this.bar);
  }

  /** @param {boolean} hidden whatever there is to show */
  set hidden(hidden) {
    this.bar.hidden = hidden || this.#empty;
  }

  /**
   * Counts anew. The last call wins.
   * @param {string} text
   */
  async update(text) {
    this.#asking?.abort();
    const { signal } = (this.#asking = new AbortController());
    const { box } = this;
    const { search } = box;
    if (!search?.hasFilters) return;
    try {
      const all = await (this.#all ??= search.facets());
      const chosen = box.filters;
      /** @type {Facets} */
      const counts = { ...(await search.facets(text, { filters: chosen, signal })) };
      for (const name of Object.keys(chosen)) {
        const { [name]: _, ...others } = chosen;
        counts[name] = (await search.facets(text, { filters: others, signal }))[name];
      }
      if (!signal.aborted) this.#draw(all, counts, chosen);
    } catch (error) {
      if (signal.aborted || isAbort(error)) return;
      this.#all = undefined; // asked for again with the next query
      console.warn(`Siteseer: filters are not available. ${error}`);
    }
  }

  /**
   * Toggles that are there stay where they are, so that none loses the focus.
   * @param {Facets} all
   * @param {Facets} counts
   * @param {Filters} chosen
   */
  #draw(all, counts, chosen) {
    const names = this.wanted ?? Object.keys(all).map((name) => [name]);
    const { activeElement } = this.box.view.root;
    this.#empty = true;
    for (const [name, label = name] of names.filter(([known]) => all[known])) {
      const group = this.#groups.get(name) ?? this.#group(name, label);
      const pressed = [chosen[name] ?? []].flat();
      let last = /** @type {Element} */ (group.firstElementChild);
      let shown = 0;
      for (const [value] of Object.entries(all[name]).sort(byPages)) {
        const pages = counts[name]?.[value] ?? 0;
        const key = JSON.stringify([name, value]);
        let toggle = this.#toggles.get(key);
        const isPressed = pressed.includes(value);
        const isShown = isPressed || (toggle && toggle === activeElement) || (pages > 0 && shown < MOST_VALUES);
        if (!toggle && isShown) last.after((toggle = this.#toggle(key, name, value)));
        if (!toggle) continue;
        last = toggle;
        toggle.hidden = !isShown;
        if (!isShown) continue;
        shown++;
        toggle.setAttribute('aria-pressed', String(isPressed));
        /** @type {Element} */ (toggle.lastElementChild).textContent = this.box.words.numbers.format(pages);
      }
      group.hidden = !shown;
      if (shown) this.#empty = false;
    }
    this.#clear.hidden = !Object.keys(chosen).length;
    this.box.changed();
  }

  /**
   * @param {string} name
   * @param {string} label
   */
  #group(name, label) {
    const id = `facet-${this.#groups.size}`;
    const group = h('div', { class: 'facet', part: 'facet', role: 'group', 'aria-labelledby': id }, h('span', { class: 'facet-name', id }, label));
    this.#groups.set(name, group);
    this.#clear.before(group);
    return group;
  }

  /**
   * @param {string} key
   * @param {string} name
   * @param {string} value
   */
  #toggle(key, name, value) {
    const toggle = h('button', { class: 'chip', part: 'chip', type: 'button' }, h('bdi', {}, value), ' ', h('span', { class: 'count' }));
    toggle.addEventListener('click', () => this.#flip(name, value));
    this.#toggles.set(key, toggle);
    return toggle;
  }

  /**
   * @param {string} name
   * @param {string} value
   */
  #flip(name, value) {
    const { [name]: chosen = [], ...others } = this.box.filters;
    const before = [chosen].flat();
    const values = before.includes(value) ? before.filter((other) => other !== value) : [...before, value];
    this.box.setFilters(values.length ? { ...others, [name]: values } : others);
    // at once: the counts, with which all toggles are drawn, may come behind the rows
    this.#toggles.get(JSON.stringify([name, value]))?.setAttribute('aria-pressed', String(!before.includes(value)));
  }
}

/** @type {(a: [string, number], b: [string, number]) => number} */
const byPages = ([a, m], [b, n]) => n - m || a.localeCompare(b, undefined, { numeric: true });
