// Where recent searches are kept: one key of the browser's storage for each index, since one origin may hold many sites.

/**
 * @param {string | null} manifest the element's attribute
 */
export const recentKey = (manifest) =>
  `siteseer-recent ${new URL(manifest ?? new URL('./manifest.json', import.meta.url), globalThis.document?.baseURI).pathname}`;

/**
 * Whether there are any, without reading them. Storage may be denied.
 * @param {string | null} manifest
 */
export function hasRecent(manifest) {
  try {
    return localStorage.getItem(recentKey(manifest)) !== null;
  } catch {
    return false;
  }
}
