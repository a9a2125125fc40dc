// The look of the search box, as constructable style sheets: allowed under a strict Content-Security-Policy, shared by
// all boxes, and there before the first paint.

import { controls } from './style-field.js';
import { results } from './style-results.js';
import { tokens } from './style-tokens.js';

/** @type {CSSStyleSheet[] | undefined} */
let made;

export function sheets() {
  made ??= [tokens, controls, results].map((css) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    return sheet;
  });
  return made;
}
