// Which pages are related to a page: written by `siteseer index`, a small file a page, found by the page's address.

import { abortable } from './abortable.js';
import { SiteseerError } from './errors.js';
import { isGone, loadFile } from './loader.js';
import { chunkFile, fetchManifest } from './manifest.js';

/** @import { RelatedPage } from './siteseer.js' */
/** @import { ChunkGroup } from './manifest.js' */

/** Length of what stands before a chunk's body, and where the group's id and the number are in it. */
const HEADER_BYTES = 20;
const ID_AT = 8;
const NUMBER_AT = 16;

/**
 * The pages related to a page, the best first; none for a page that the index does not have.
 * @param {string} manifestUrl
 * @param {string} url of the page
 * @param {{ signal?: AbortSignal, fetch?: typeof globalThis.fetch }} [options]
 * @returns {Promise<RelatedPage[]>}
 * @throws {SiteseerError} if the manifest or the page's file cannot be had
 */
export async function relatedPages(manifestUrl, url, { signal, fetch } = {}) {
  const { manifest } = await abortable(fetchManifest(manifestUrl, fetch), signal);
  const root = new URL(manifest.siteRoot, manifestUrl).href;
  const { related } = manifest;
  if (!related || !url.startsWith(root)) return [];
  const key = keyOf(url.slice(root.length));
  const number = numberOf(key, related.bits);
  const file = chunkFile(related.chunks, number);
  try {
    const content = await abortable(loadFile(manifestUrl, file, { fetch }), signal);
    return read(bodyOf(content, related.chunks, number), key, root);
  } catch (error) {
    if (error instanceof SiteseerError && isGone(error.cause)) return [];
    if (error instanceof SiteseerError || signal?.aborted) throw error;
    throw new SiteseerError('damaged', `The index file ${file.name} is no list of related pages.`, {
      file: file.name,
      next: 'Deploy the index folder again, all files of it.',
      cause: error,
    });
  }
}

/**
 * What a page is found by, however its host calls it: `guide/index.html`, `guide.html`, `guide/` and `guide` are one.
 * @param {string} path relative to the site's root
 */
export function keyOf(path) {
  let [key] = path.split(/[?#]/);
  try {
    key = decodeURIComponent(key);
  } catch {} // not one of the index's addresses
  return key.replace(/(^|\/)index\.html?$/, '').replace(/\.html?$/, '').replace(/^\/+|\/+$/g, '');
}

/**
 * The number of a page's file: the first bits of the FNV-1a hash of its key.
 * @param {string} key
 * @param {number} bits
 */
export function numberOf(key, bits) {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(key)) hash = Math.imul(hash ^ byte, 0x01000193);
  return bits ? hash >>> (32 - bits) : 0;
}

/**
 * @param {Uint8Array} content
 * @param {ChunkGroup} group
 * @param {number} number
 */
function bodyOf(content, group, number) {
  const header = new DataView(content.buffer, content.byteOffset, HEADER_BYTES);
  const id = header.getBigUint64(ID_AT).toString(16).padStart(16, '0');
  if (id !== group.id || header.getUint32(NUMBER_AT, true) !== number) throw new Error('It belongs to another index.');
  return JSON.parse(new TextDecoder().decode(content.subarray(HEADER_BYTES)));
}

/**
 * @param {[key: string, pages: string[][]][]} pages
 * @param {string} key
 * @param {string} root
 * @returns {RelatedPage[]} with addresses of the site's own origin only
 */
function read(pages, key, root) {
  const [, rows] = pages.find(([name]) => name === key) ?? [key, []];
  const related = rows.map(([path, title, here, there]) => ({ url: new URL(path, root).href, title, here, there }));
  return related.filter(({ url }) => url.startsWith(new URL('/', root).href));
}
