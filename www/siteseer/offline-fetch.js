// Only good answers are kept: complete, of this origin, with the length and the SHA-256 that the manifest (or
// `client.json`) names, or that a chunk itself does.

import { isWritten } from './content-hash.js';
import { SiteseerError } from './errors.js';

/** @import { FileEntry } from './manifest.js' */

/** A short file may become longer by compression, by this at most. */
const GZIP_BYTES = 64;
const NEXT = 'If this persists, deploy the index folder again, all files of it.';

/**
 * What a page asks for in this way it keeps itself, and the service worker lets it pass. Names tell the content, so the
 * age of what the browser's own cache has does not matter.
 */
export const KEPT_BY_PAGE = 'force-cache';

/**
 * An error page, a part, another origin's answer or a redirected one is not for keeping.
 * @param {Response} response
 */
export const isGood = ({ status, type, redirected }) => status === 200 && type === 'basic' && !redirected;

/**
 * Whether a server so says that it has no such file: some answer every address with a page.
 * @param {Response} response
 */
export const isGone = ({ status, headers }) => (status >= 400 ? status < 500 : /^text\/html/.test(headers.get('content-type') ?? ''));

/**
 * Fetches a file whole and checks it; once more past the browser's own cache, which may hold a bad answer.
 * @param {string} folder
 * @param {FileEntry} entry
 * @param {{ cache: RequestCache, signal?: AbortSignal, onBytes?: (loaded: number) => void }} options `loaded` counts stored bytes
 * @returns {Promise<() => Response>} makes an answer, as often as wanted
 * @throws {SiteseerError | DOMException} `network` or `hash`; an AbortError
 */
export async function fetchWhole(folder, entry, options) {
  return fetchOnce(folder, entry, options).catch((error) => {
    const bad = error instanceof SiteseerError && (error.code === 'hash' || /^HTTP/.test(String(error.cause)));
    if (!bad) throw error;
    return fetchOnce(folder, entry, { ...options, cache: 'reload' });
  });
}

/** @type {typeof fetchWhole} */
async function fetchOnce(folder, entry, { cache, signal, onBytes }) {
  const { name: file } = entry;
  const broken = (/** @type {unknown} */ cause) =>
    signal?.aborted ? signal.reason : new SiteseerError('network', `The file ${file} could not be loaded (${cause}).`, { file, next: NEXT, cause });
  const response = await fetch(folder + file, { cache, signal }).catch((cause) => Promise.reject(broken(cause)));
  if (!isGood(response)) throw broken(`HTTP ${response.status}`);
  const bytes = await read(response, entry, onBytes).catch((cause) => Promise.reject(broken(cause)));
  if (!(await isWhole(bytes, entry))) {
    throw new SiteseerError('hash', `The file ${file} is not the one that this version of the site names.`, { file, next: NEXT });
  }
  return remake(response, bytes);
}

/**
 * @param {Response} response
 * @param {FileEntry} entry
 * @param {(loaded: number) => void} [onBytes]
 */
async function read(response, entry, onBytes) {
  const reader = response.body?.getReader();
  /** @type {BlobPart[]} */
  const chunks = [];
  let received = 0;
  for (let step; reader && !(step = await reader.read()).done; ) {
    chunks.push(step.value);
    received += step.value.length;
    if (received > Math.max(entry.bytes, entry.rawBytes) + GZIP_BYTES) await reader.cancel();
    onBytes?.(Math.min(received, entry.bytes));
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

/**
 * A body that is kept as the page reads it, and given up when the page gives it up.
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} source
 * @returns {{ body: ReadableStream, whole: Promise<Uint8Array<ArrayBuffer> | null> }} null: it was cut short
 */
export function readThrough(source) {
  const reader = source.getReader();
  /** @type {BlobPart[]} */
  const chunks = [];
  /** @type {(content: Uint8Array<ArrayBuffer> | null | Promise<Uint8Array<ArrayBuffer>>) => void} */
  let end = () => {};
  /** @type {Promise<Uint8Array<ArrayBuffer> | null>} */
  const whole = new Promise((resolve) => (end = resolve));
  const body = new ReadableStream({
    async pull(controller) {
      const { done, value } = await reader.read().catch((error) => (end(null), Promise.reject(error)));
      if (!done) return chunks.push(value), controller.enqueue(value);
      controller.close();
      end(new Blob(chunks).arrayBuffer().then((content) => new Uint8Array(content)));
    },
    cancel: (reason) => (end(null), reader.cancel(reason)),
  });
  return { body, whole };
}

/**
 * Whether the bytes are the file's: as it is stored, or with its gzip undone by the host.
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {FileEntry} entry
 */
export async function isWhole(bytes, { name, bytes: stored, rawBytes, sha256 }) {
  const zipped = name.endsWith('.gz') && bytes[0] === 0x1f && bytes[1] === 0x8b;
  if (sha256 !== undefined && bytes.length !== (zipped ? stored : rawBytes)) return false;
  try {
    const raw = zipped ? new Uint8Array(await gunzip(bytes)) : bytes;
    return (sha256 === undefined || raw.length === rawBytes) && (await isWritten(raw, sha256));
  } catch {
    return false; // its gzip stream cannot be read
  }
}

/** @param {Uint8Array<ArrayBuffer>} bytes */
const gunzip = (bytes) => new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).arrayBuffer();

/**
 * The same answer with its body in memory. Headers stay (a worker's policy is among them), but not those of the
 * transport, which was undone.
 * @param {Response} response
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @returns {() => Response}
 */
export function remake(response, bytes) {
  const headers = new Headers(response.headers);
  headers.delete('content-encoding');
  headers.delete('content-length');
  return () => new Response(bytes, { headers });
}
