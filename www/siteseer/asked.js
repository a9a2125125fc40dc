// Addresses of the index files that the page's searches have asked for. A first visit begins before the service worker is
// there, so what it did not see is asked for once more when it is.

/** @type {Set<string>} */
export const asked = new Set();
