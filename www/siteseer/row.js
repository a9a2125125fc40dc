// One result as a link with role=option: a heading line, the path to it, and the excerpt.

import { h } from './dom.js';
import { excerptNodes } from './excerpt.js';

/** @import { Result } from './siteseer.js' */

/**
 * @param {string} id
 * @param {string | false} referrerpolicy
 * @returns {HTMLAnchorElement} empty; `fillRow` writes it
 */
export const makeRow = (id, referrerpolicy) =>
  h('a', { class: 'row', part: 'row', role: 'option', dir: 'auto', id, tabindex: '-1', referrerpolicy, 'aria-selected': 'false' });

/**
 * @param {HTMLAnchorElement} row
 * @param {Result} result
 * @param {boolean} grouped whether the page's title stands above, in the group's heading
 * @param {string[]} meta keys of metadata to show
 */
export function fillRow(row, result, grouped, meta) {
  const headings = headingsBelowTitle(result);
  const last = result.headingPath.at(-1);
  const title = (grouped && last) || result.title || last || result.url;
  const said = meta.map((key) => result.meta?.[key]).filter(Boolean);
  const path = grouped ? headings.slice(0, -1) : headings;
  row.href = result.url;
  row.dataset.passage = String(result.passage);
  if (result.lang) row.lang = result.lang;
  row.classList.toggle('inner', grouped);
  row.replaceChildren(
    h('span', { class: 'title', part: 'title' }, title),
    ...(path.length ? [h('span', { class: 'path', part: 'path' }, ...breadcrumb(path))] : []),
    ...(said.length ? [h('span', { class: 'path', part: 'meta' }, ...said.flatMap((value, i) => [...(i ? [' · '] : []), h('bdi', {}, value)]))] : []),
    ...(result.excerpt ? [h('span', { class: 'excerpt', part: 'excerpt' }, ...excerptNodes(result.excerpt))] : []),
  );
}

/**
 * Each heading keeps its own direction; the row's is the title's. The sign stays with the heading that it leads to.
 * @param {string[]} headings
 */
const breadcrumb = (headings) => headings.flatMap((heading, i) => [...(i ? [' ›\u00a0'] : []), h('bdi', {}, heading)]);

/**
 * A page's first heading mostly repeats its title ("Workspaces" under "Workspaces - The Cargo Book").
 * @param {Result} result
 */
function headingsBelowTitle({ title, headingPath }) {
  return headingPath[0] && title.startsWith(headingPath[0]) ? headingPath.slice(1) : headingPath;
}
