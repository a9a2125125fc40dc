// Fetches one file of the index: counts bytes as they come, undoes gzip, and checks length and SHA-256. A file that fails a check, or is said to be gone, is fetched once more past the browser's cache, which may hold an old or torn answer.

import { isWritten } from './content-hash.js';
import { SiteseerError } from './errors.js';

/** @import { FileEntry } from './manifest.js' */

/** `loaded` counts stored bytes; `onGone`: the server has no such file, for sure. @typedef {{ onBytes?: (loaded: number) => void, onGone?: () => void, priority?: RequestPriority, signal?: AbortSignal, fetch?: typeof globalThis.fetch }} LoadOptions */

const REDEPLOY = 'Deploy the index folder again, all files of it.';

/**
 * @param {string} base the manifest's address
 * @param {FileEntry} entry
 * @param {LoadOptions} [options]
 * @returns {Promise<Uint8Array>} the uncompressed content
 * @throws {SiteseerError} `network`, `length`, `hash`, `damaged` or `memory`
 */
export async function loadFile(base, entry, options = {}) {
  const { onGone } = options;
  const gone = (/** @type {unknown} */ error) => onGone && error instanceof SiteseerError && isGone(error.cause);
  return fetchChecked(base, entry, options, 'default')
    .catch((error) => {
      const torn = error instanceof SiteseerError && ['length', 'hash', 'damaged'].includes(error.code);
      if (!torn && !gone(error)) throw error;
      return fetchChecked(base, entry, options, 'reload');
    })
    .catch((error) => {
      if (gone(error)) onGone?.();
      throw error;
    });
}

/** Whether a server so says that it has no such file: stores of files answer 403 where a listing is not allowed. @param {unknown} cause */
export const isGone = (cause) => /^HTTP 4(03|04|10)$/.test(String(cause));

/**
 * @param {string} base
 * @param {FileEntry} entry
 * @param {LoadOptions} options
 * @param {RequestCache} cache
 */
async function fetchChecked(base, entry, { onBytes, priority, signal, fetch = globalThis.fetch }, cache) {
  const file = entry.name;
  /** @type {(cause: unknown) => SiteseerError} */
  const broken = (cause) =>
    new SiteseerError('network', `The index file ${file} could not be loaded (${cause}).`, {
      file,
      next: 'Check the connection; if it persists, deploy the index folder again.',
      cause,
    });
  let response;
  try {
    response = await fetch(new URL(file, base), { cache, priority, signal });
  } catch (cause) {
    throw broken(cause);
  }
  if (!response.ok || !response.body) throw broken(`HTTP ${response.status}`);

  const { stream, zipped, received } = await unzip(response.body, entry, broken, onBytes);
  const bytes = await readInto(stream, entry);
  const expected = zipped ? entry.bytes : entry.rawBytes;
  if (entry.sha256 && (received() !== expected || bytes.length !== entry.rawBytes)) {
    throw new SiteseerError('length', `The index file ${file} has ${received()} bytes; the manifest says ${expected}.`, {
      file,
      next: REDEPLOY,
    });
  }
  await checkHash(bytes, entry);
  return bytes;
}

/**
 * Undoes gzip if the first bytes are gzip's: a host that sent `Content-Encoding: gzip` has had it undone already.
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} body
 * @param {FileEntry} entry
 * @param {(cause: unknown) => SiteseerError} broken
 * @param {(loaded: number) => void} [onBytes]
 */
async function unzip(body, entry, broken, onBytes) {
  const reader = body.getReader();
  const read = () => reader.read().catch((cause) => Promise.reject(broken(cause)));
  let first = (await read()).value ?? new Uint8Array();
  for (let more; first.length < 2 && (more = (await read()).value); ) first = join(first, more);
  const zipped = entry.name.endsWith('.gz') && first[0] === 0x1f && first[1] === 0x8b;
  const scale = zipped ? 1 : entry.bytes / entry.rawBytes;
  let received = 0;

  /** @type {ReadableStream<Uint8Array<ArrayBuffer>>} */
  const counted = new ReadableStream({
    async pull(controller) {
      const chunk = first.length ? first : (await read()).value;
      first = new Uint8Array();
      if (!chunk) return controller.close();
      received += chunk.length;
      onBytes?.(Math.min(Math.round(received * scale), entry.bytes));
      controller.enqueue(chunk);
    },
    cancel: (reason) => reader.cancel(reason),
  });
  const stream = zipped ? counted.pipeThrough(new DecompressionStream('gzip')) : counted;
  return { stream, zipped, received: () => received };
}

/**
 * @param {Uint8Array<ArrayBuffer>} a
 * @param {Uint8Array<ArrayBuffer>} b
 */
function join(a, b) {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/**
 * Reads a stream into one buffer of the length that the manifest allows, and not a byte more.
 * @param {ReadableStream<Uint8Array>} stream
 * @param {FileEntry} entry
 */
async function readInto(stream, { name: file, rawBytes }) {
  let bytes;
  try {
    bytes = new Uint8Array(rawBytes);
  } catch (cause) {
    throw new SiteseerError('memory', `There is not enough memory for ${file} (${rawBytes} bytes).`, { file, cause });
  }
  const reader = stream.getReader();
  let length = 0;
  try {
    for (let step; !(step = await reader.read()).done; length += step.value.length) {
      if (length + step.value.length > rawBytes) {
        reader.cancel().catch(() => {});
        throw new SiteseerError('length', `The index file ${file} is longer than the manifest says (${rawBytes} bytes).`, {
          file,
          next: REDEPLOY,
        });
      }
      bytes.set(step.value, length);
    }
  } catch (cause) {
    if (cause instanceof SiteseerError) throw cause;
    throw new SiteseerError('damaged', `The index file ${file} is damaged: its gzip stream cannot be read.`, {
      file,
      next: REDEPLOY,
      cause,
    });
  }
  return bytes.subarray(0, length);
}

/**
 * On plain http there is no `crypto.subtle`: the length check must do.
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {FileEntry} entry
 */
async function checkHash(bytes, { name: file, sha256 }) {
  if (!globalThis.crypto?.subtle) return;
  if (!(await isWritten(bytes, sha256))) {
    throw new SiteseerError('hash', `The index file ${file} is not the one that the manifest names: its SHA-256 differs.`, {
      file,
      next: REDEPLOY,
    });
  }
}
