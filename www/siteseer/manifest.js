// The manifest: the one file of the index folder that browsers revalidate. It names every other file: large ones with
// length and SHA-256, small ones by groups, so that what is loaded always belongs together.

import { SiteseerError } from './errors.js';

/**
 * One file of the index. `bytes` as stored, `rawBytes` and `sha256` (hex) of the uncompressed content. A chunk has no
 * `sha256`: it says itself what it is, `bytes` is the mean of its group and `rawBytes` the most.
 * @typedef {{ name: string, bytes: number, rawBytes: number, sha256?: string }} FileEntry
 */
/**
 * Many small files. `name` has `*` for the number, `bytes` is the sum as stored, `largest` the longest uncompressed content.
 * @typedef {{ name: string, id: string, files: number, bytes: number, largest: number }} ChunkGroup
 */
/** @typedef {'postings' | 'spellings' | 'passages'} ChunkKind */
/** Meaning without a model. @typedef {{ root: FileEntry, axes: FileEntry, tokens: ChunkGroup, cells: ChunkGroup, rows: ChunkGroup }} StaticFiles */
/** What stems words of some languages: a wasm file. @typedef {{ languages: string[], file: FileEntry }} StemmerFile */
/** Meaning with postings alone, in place of it. @typedef {{ root: FileEntry, impacts: ChunkGroup }} SparseFiles */
/** What is read of many vectors. @typedef {{ codes: FileEntry, exact: ChunkGroup }} CompressedFiles */
/** Late interaction. @typedef {{ head: FileEntry, code: FileEntry, tokens: ChunkGroup }} LateFiles */
/**
 * @typedef {object} Manifest
 * @property {string} format
 * @property {number} version
 * @property {string} siteRoot relative to the manifest
 * @property {{ pages: number, sections: number, passages: number }} counts
 * @property {Record<string, number>} languages pages by tag
 * @property {number} passagesPerChunk
 * @property {{ id: string, dim: number, lambda: number, passagesPerChunk: number }} [late] `lambda`: what its score weighs
 * @property {{ id: string, terms: number, fusion: { dense: number, lexical: number } }} [sparse] what its scores weigh
 * @property {{ count: number, bits: number, chunks: ChunkGroup }} [related] a file a page; its number has so many bits of a hash
 * @property {{ lexical: FileEntry, stemmers?: StemmerFile[], vectors?: FileEntry, compressed?: CompressedFiles, model?: FileEntry, reranker?: FileEntry, filters?: FileEntry, staticTower?: StaticFiles, sparse?: SparseFiles, late?: LateFiles } & Record<ChunkKind, ChunkGroup>} files
 */

const VERSION = 3;
const BUILD = 'Run "siteseer index SITE" and deploy the folder it writes.';

/**
 * A file of a group.
 * @param {ChunkGroup} group
 * @param {number} number
 * @returns {FileEntry}
 */
export const chunkFile = ({ name, files, bytes, largest }, number) => ({
  name: name.replace('*', String(number)),
  bytes: bytes / files,
  rawBytes: largest,
});

/**
 * @param {string} url
 * @param {typeof globalThis.fetch} [fetch]
 * @returns {Promise<{ manifest: Manifest, text: string }>} also as text, which is what the engine takes
 * @throws {SiteseerError}
 */
export async function fetchManifest(url, fetch = globalThis.fetch) {
  let response;
  try {
    response = await fetch(url, { cache: 'no-cache' });
  } catch (cause) {
    throw new SiteseerError('network', `The search index (${url}) could not be reached (${cause}).`, {
      file: url,
      next: 'Check the connection and try again.',
      cause,
    });
  }
  if (!response.ok) {
    throw new SiteseerError('network', `There is no search index at ${url} (HTTP ${response.status}).`, {
      file: url,
      next: BUILD,
    });
  }
  const text = await response.text();
  return { manifest: parseManifest(text, url), text };
}

/**
 * @param {string} text
 * @param {string} url for the error
 * @returns {Manifest}
 */
function parseManifest(text, url) {
  let manifest;
  try {
    manifest = JSON.parse(text);
  } catch (cause) {
    throw new SiteseerError('manifest', `${url} is not JSON: the host may answer with a page instead.`, {
      file: url,
      next: BUILD,
      cause,
    });
  }
  if (manifest?.format !== 'siteseer-index') {
    throw new SiteseerError('manifest', `${url} is not a Siteseer manifest.`, { file: url, next: BUILD });
  }
  if (manifest.version !== VERSION) {
    throw new SiteseerError('manifest', `${url} has version ${manifest.version}; this client reads version ${VERSION}.`, {
      file: url,
      next: 'Deploy the index and the client files of one Siteseer release together.',
    });
  }
  return manifest;
}
