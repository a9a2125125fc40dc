// The look of the search box, as constructable style sheets: allowed under a strict Content-Security-Policy, shared by
// all boxes, and there before the first paint.

import { controls } from './style-field.js';
import { iconButton } from './style-icon-button.js';
import { modal } from './style-modal.js';
import { results } from './style-results.js';
import { tokens } from './style-tokens.js';

/** Sheets by their text. @type {Map<string, CSSStyleSheet>} */
const made = new Map();

/** @param {string} css */
function sheet(css) {
  const known = made.get(css);
  if (known) return known;
  const fresh = new CSSStyleSheet();
  fresh.replaceSync(css);
  made.set(css, fresh);
  return fresh;
}

/** Of `<siteseer-search>`. */
export const boxSheets = () => [tokens, iconButton, controls, results].map(sheet);
/** Of `<siteseer-modal>`. */
export const modalSheets = () => [tokens, iconButton, modal].map(sheet);
