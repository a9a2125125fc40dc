// A result is chosen, or the page of several, by pointer or key, here or in a new tab: says so to the page, which may do something else.

/** @import { Box } from './box.js' */

/**
 * @param {Box} box
 * @param {MouseEvent} event
 * @returns {boolean} whether the page is left by it
 */
export function follow(box, event) {
  const target = /** @type {Element} */ (event.target);
  const heading = /** @type {HTMLAnchorElement | null} */ (target.closest('.page'));
  const row = box.answers.rows.resultOf(heading ? heading.nextElementSibling : target.closest('.row'));
  if (!row) return false;
  const result = heading ? { ...row, url: heading.href } : row;
  const newTab = event.ctrlKey || event.metaKey || event.shiftKey;
  if (!box.options.emit('siteseer-open', { result, newTab })) event.preventDefault();
  box.extras?.opened();
  return !newTab;
}

/**
 * By key.
 * @param {Box} box
 * @param {HTMLElement} row
 * @param {boolean} newTab
 */
export function choose(box, row, newTab) {
  if (!newTab) return row.click();
  const result = box.answers.rows.resultOf(row);
  if (!result || !box.options.emit('siteseer-open', { result, newTab: true })) return;
  box.extras?.opened();
  window.open(box.extras?.address(result) ?? result.url, '_blank', box.options.linked ? 'noreferrer' : 'noopener');
}
