// Calling the engine, so that whatever goes wrong in it becomes an error that says what to do.

import { SiteseerError } from './errors.js';

/** @import { FileEntry } from './manifest.js' */

/**
 * Calls the engine. A trap leaves its memory in an unknown state: the error says `crash`, and the page starts a new
 * worker. Any other error is the engine's own message.
 * @template T
 * @param {() => T} call
 * @param {FileEntry} [file] which the call reads
 * @returns {T}
 */
export function guard(call, file) {
  try {
    return call();
  } catch (cause) {
    const trapped = cause instanceof WebAssembly.RuntimeError || cause instanceof RangeError;
    const what = cause instanceof Error ? cause.message : String(cause);
    throw new SiteseerError(trapped ? 'crash' : 'engine', trapped ? `The search engine stopped (${what}).` : what, {
      file: file?.name,
      next: trapped ? 'There may be too little memory on this device.' : '',
      cause,
    });
  }
}
