// What a query may be: texts, numbers and addresses come from fields, links and other people's programs.

import { SiteseerError } from './errors.js';

/** @import { Filters, QueryOptions, Sort } from './siteseer.js' */

/** Of a longer text so much is read: every word that no page has costs time. */
const MOST_CHARACTERS = 1000;
/** A word that is cut in two is left out, unless it is none: some languages have no spaces. */
const BROKEN_WORD = /\s\S{0,99}$/;
const RESULTS = 8;
const MOST_RESULTS = 200;
const TOKENS = 1500;
const MOST_TOKENS = 1e6;

/**
 * A query as the worker takes it.
 * @param {string} text
 * @param {QueryOptions} [options]
 */
export const asQuery = (text, { limit, filters, sort, meta } = {}) => ({
  text: cut(`${text ?? ''}`),
  limit: wholeNumber(limit, RESULTS, MOST_RESULTS),
  filters: some(filters),
  sort: some(sort),
  meta,
});

/** @param {string} text */
const cut = (text) => (text.length > MOST_CHARACTERS ? text.slice(0, MOST_CHARACTERS).replace(BROKEN_WORD, '') : text);

/**
 * Nothing, if it asks for nothing, as `{}` and `{ name: [] }` do.
 * @template {Filters | Sort} T
 * @param {T} [named]
 */
const some = (named) => (Object.values(named ?? {}).flat().length ? named : undefined);

/**
 * @param {number | undefined} value
 * @param {number} usual where it is no number
 * @param {number} most
 */
const wholeNumber = (value, usual, most) => Math.min(Math.max(Math.trunc(value ?? usual), 1), most) || usual;

/** Of a context. @param {number} [value] */
export const asTokens = (value) => wholeNumber(value, TOKENS, MOST_TOKENS);

/**
 * @param {string | URL} address
 * @param {string} base outside of pages
 * @throws {SiteseerError} if it is none
 */
export function addressOf(address, base) {
  try {
    return new URL(address, globalThis.document?.baseURI ?? base).href;
  } catch (cause) {
    throw new SiteseerError('page', `"${address}" is no address.`, { cause });
  }
}
