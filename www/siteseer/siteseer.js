// Siteseer's public module: `open()` for developers, and the search box as a custom element. A page needs two lines:
//
//   <script type="module" src="siteseer/siteseer.js"></script>
//   <siteseer-search></siteseer-search>
//
// By question: *who answers a query?* `client.js` asks the worker (`worker.js`, `host.js`) tier by tier. *Where do the
// files come from?* `loader.js`, as `manifest.js` names them. *Which engine?* `detect.js`. *Who draws?* `element.js`,
// with the keyboard in `combobox.js` and the rows in `rows.js` and `row.js`; in a dialog, `modal.js`. *What stands beside the
// results?* `extras.js`: filters, recent searches, suggestions.

import { SearchClient } from './client.js';
import { define } from './element.js';
import { defineModal } from './modal.js';

/** @import { OpenOptions, Search } from './siteseer.js' */

export { SiteseerError } from './errors.js';
export { SiteseerSearchElement } from './element.js';
export { SiteseerModalElement } from './modal.js';

/**
 * @param {OpenOptions} [options]
 * @returns {Promise<Search>} when the lexical tier answers
 */
export async function open(options) {
  // Node has no `Worker`
  const Start = globalThis.Worker ?? (await import(new URL('./node.js', import.meta.url).href)).workers(options?.loader);
  const search = new SearchClient(options ?? {}, null, Start);
  try {
    await search.ready;
  } catch (error) {
    search.close();
    throw error;
  }
  return search;
}

define();
defineModal();
