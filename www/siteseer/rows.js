// The list of results. Rows are grouped by page and keyed by address: when a better tier answers the same query, the
// rows that stay are moved, not made anew, and slide to their new places.

import { h, setAttributes } from './dom.js';
import { toTop } from './fit.js';
import { fillRow, makeRow } from './row.js';
import { slide } from './slide.js';

/** @import { Result } from './siteseer.js' */

/**
 * @typedef {object} RowOptions
 * @property {string[]} meta keys of metadata that results show
 * @property {boolean} linked the address holds the query, which is nobody else's business
 */

export class Rows {
  /** Rows by address. @type {Map<string, { row: HTMLAnchorElement, result: Result }>} */
  #rows = new Map();
  /** Groups by page address. @type {Map<string, HTMLElement>} */
  #groups = new Map();
  #lastId = 0;

  /**
   * @param {HTMLElement} list
   * @param {RowOptions} options
   */
  constructor(list, { meta, linked }) {
    this.list = list;
    this.meta = meta;
    this.referrerpolicy = linked ? 'origin' : /** @type {const} */ (false);
  }

  /** @param {Element | null} row */
  resultOf(row) {
    for (const entry of this.#rows.values()) if (entry.row === row) return entry.result;
    return null;
  }

  clear() {
    this.#rows.clear();
    this.#groups.clear();
    this.list.replaceChildren();
  }

  /**
   * Results of a new query.
   * @param {Result[]} results
   */
  replace(results) {
    this.clear();
    this.#place(results);
    toTop(this.list);
  }

  /**
   * Better results of the same query. The active row stays, at the end if the better tier does not know it.
   * @param {Result[]} results
   * @param {HTMLElement | null} active
   */
  reorder(results, active) {
    const kept = this.resultOf(active);
    const lost = kept && !results.some(({ url }) => url === kept.url);
    slide(this.list, () => this.#place(lost ? [...results, kept] : results));
  }

  /** @param {Result[]} results */
  #place(results) {
    const pages = groupBy(results, pageOf);
    const groups = [...pages].map(([page, members]) => this.#group(page, members));
    arrange(this.list, groups);
    for (const page of this.#groups.keys()) if (!pages.has(page)) this.#groups.delete(page);
    const shown = new Set(results.map(({ url }) => url));
    for (const url of this.#rows.keys()) if (!shown.has(url)) this.#rows.delete(url);
  }

  /**
   * @param {string} page
   * @param {Result[]} members
   */
  #group(page, members) {
    const several = members.length > 1;
    const group = this.#groups.get(page) ?? h('div', { class: 'group', part: 'group' });
    this.#groups.set(page, group);
    const rows = members.map((result, i) => this.#row(result, several, i ? [] : this.meta));
    if (several) {
      const heading = /** @type {HTMLElement} */ (group.querySelector('.page')) ?? this.#heading(page);
      const title = (heading.textContent = members[0].title || page);
      setAttributes(group, { role: 'group', 'aria-label': title });
      arrange(group, [heading, ...rows]);
    } else {
      group.setAttribute('role', 'presentation');
      group.removeAttribute('aria-label');
      arrange(group, rows);
    }
    return group;
  }

  /**
   * For pointers a link to the page; to assistive technology the group's name, since a listbox has options only.
   * @param {string} href
   */
  #heading(href) {
    return h('a', { class: 'page', part: 'page', href, tabindex: '-1', 'aria-hidden': 'true', dir: 'auto', referrerpolicy: this.referrerpolicy });
  }

  /**
   * @param {Result} result
   * @param {boolean} grouped
   * @param {string[]} meta
   */
  #row(result, grouped, meta) {
    const row = this.#rows.get(result.url)?.row ?? makeRow(`row-${++this.#lastId}`, this.referrerpolicy);
    this.#rows.set(result.url, { row, result });
    fillRow(row, result, grouped, meta);
    return row;
  }
}

/** @param {Result} result */
const pageOf = ({ url }) => url.split('#')[0];

/**
 * @template T
 * @param {T[]} items
 * @param {(item: T) => string} key
 * @returns {Map<string, T[]>} keys in the order of their first items
 */
function groupBy(items, key) {
  /** @type {Map<string, T[]>} */
  const groups = new Map();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}

/**
 * Makes `children` the parent's children, moving only what is not in place.
 * @param {Element} parent
 * @param {Element[]} children
 */
function arrange(parent, children) {
  children.forEach((child, i) => {
    if (parent.children[i] !== child) parent.insertBefore(child, parent.children[i] ?? null);
  });
  while (parent.children.length > children.length) parent.lastElementChild?.remove();
}
