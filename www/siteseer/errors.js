// The one error type of the client: what happened, to which file, and what to do next. Errors are made in the worker
// as well as on the page, so they also know how to cross between the two.

/** @import { ErrorCode } from './siteseer.js' */

/** See `siteseer.d.ts`. */
export class SiteseerError extends Error {
  /**
   * @param {ErrorCode} code
   * @param {string} what one sentence
   * @param {{ file?: string, next?: string, cause?: unknown }} [more]
   */
  constructor(code, what, { file = '', next = '', cause } = {}) {
    super(next ? `${what} ${next}` : what, { cause });
    this.name = 'SiteseerError';
    this.code = code;
    this.what = what;
    this.file = file;
    this.next = next;
  }
}

/** @typedef {{ name: string, code: ErrorCode, what: string, file: string, next: string, cause?: string }} PlainError `cause`: its text */

/** @param {unknown} error */
export const textOf = (error) => (error instanceof Error ? error.message : String(error));

/**
 * The plain form of any thrown value, for postMessage.
 * @param {unknown} error
 * @returns {PlainError}
 */
export function toPlain(error) {
  if (error instanceof Error && error.name === 'SiteseerError') {
    // of this module or of another bundle's
    const { name, code, what, file, next, cause } = /** @type {SiteseerError} */ (error);
    return { name, code, what, file, next, ...(cause !== undefined && { cause: textOf(cause) }) };
  }
  return { name: error instanceof Error ? error.name : 'Error', code: 'engine', what: textOf(error), file: '', next: '' };
}

/**
 * @param {PlainError} plain
 * @returns {Error} an AbortError stays one; everything else is a SiteseerError
 */
export function fromPlain(plain) {
  if (plain.name === 'AbortError') return new DOMException(plain.what, 'AbortError');
  return new SiteseerError(plain.code, plain.what, plain);
}

/** @param {unknown} error */
export const isAbort = (error) => error instanceof DOMException && error.name === 'AbortError';
