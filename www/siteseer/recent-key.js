// What is kept in the browser's storage: one key for each kind of thing and each index, since one origin may hold many sites.

/**
 * @param {string} what
 * @param {string | null} manifest the element's attribute
 */
export const storageKey = (what, manifest) =>
  `siteseer-${what} ${new URL(manifest ?? new URL('./manifest.json', import.meta.url), globalThis.document?.baseURI).pathname}`;

/** Of recent searches. @param {string | null} manifest */
export const recentKey = (manifest) => storageKey('recent', manifest);

/**
 * What is kept there. Storage may be denied.
 * @param {string} key
 */
export function kept(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/**
 * Whether there are any, without reading them.
 * @param {string | null} manifest
 */
export const hasRecent = (manifest) => kept(recentKey(manifest)) !== null;
