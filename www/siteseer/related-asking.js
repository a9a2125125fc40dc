// Related pages for who has a search: by `related.js`, which is fetched then, and with the errors of the page's own class.

import { addressOf } from './asking.js';
import { fromPlain } from './errors.js';
import { asSiteseerError } from './upper-tier.js';

/** @import { RelatedPage } from './siteseer.js' */

/**
 * @param {string} manifest
 * @param {string} [url] by default that of the page
 * @param {{ signal?: AbortSignal, fetch?: typeof fetch }} [options]
 * @returns {Promise<RelatedPage[]>}
 * @throws {SiteseerError}
 */
export async function askRelated(manifest, url, options) {
  try {
    const { relatedPages } = /** @type {typeof import('./related.js')} */ (await import(new URL('./related.js', import.meta.url).href));
    return await relatedPages(manifest, addressOf(url ?? location.href, manifest), options);
  } catch (thrown) {
    const error = /** @type {any} */ (thrown);
    throw options?.signal?.aborted ? error : asSiteseerError(error.what ? fromPlain(error) : error);
  }
}
