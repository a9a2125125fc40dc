// The words of the search box: choosing a language, filling in values, plurals and sizes. English is at hand; the others
// are in `languages.js`, which is loaded for a page that needs it.

import { english } from './english.js';

/** @import { Strings } from './siteseer.js' */

/** @type {Record<string, Strings>} */
const languages = { en: english };
/** @type {Promise<unknown> | undefined} */
let learning;
let learned = false;

/**
 * @param {string} tag BCP 47
 * @returns {Promise<unknown> | undefined} when the strings of this language are there, or English must do; undefined if
 *   there is nothing to wait for
 */
export function learn(tag) {
  if (Object.hasOwn(languages, primary(tag)) || learned) return undefined;
  const module = new URL('./languages.js', import.meta.url).href;
  const add = (/** @type {typeof import('./languages.js')} */ module) => Object.assign(languages, module.languages);
  return (learning ??= import(module).then(add, () => {}).then(() => (learned = true)));
}

export class Words {
  /**
   * @param {string} tag BCP 47, of the element or the document; English where we have no such language
   * @param {Partial<Strings>} [own] replaces single strings
   */
  constructor(tag, own = {}) {
    const language = primary(tag);
    const known = Object.hasOwn(languages, language);
    /** The language that the strings are in. */
    this.lang = known ? tag : 'en';
    /** @type {Strings} */
    this.strings = { ...languages[known ? language : 'en'], ...own };
    this.plurals = new Intl.PluralRules(this.lang);
    this.numbers = new Intl.NumberFormat(this.lang);
  }

  /**
   * Adds the strings of a part that came later; those that the site has set itself stay.
   * @param {Record<string, Partial<Strings>>} parts by language
   */
  add(parts) {
    this.strings = { ...parts[primary(this.lang)], ...this.strings };
  }

  /**
   * @param {Exclude<keyof Strings, 'results'>} key
   * @param {Record<string, string>} [values]
   */
  say(key, values = {}) {
    return fill(this.strings[key] ?? '', values);
  }

  /** @param {number} n */
  results(n) {
    const { results } = this.strings;
    return fill(results[this.plurals.select(n)] ?? results.other, { n: this.numbers.format(n) });
  }

  /** @param {number} bytes */
  size(bytes) {
    const [unit, value] = bytes < 1e6 ? ['kilobyte', bytes / 1e3] : ['megabyte', bytes / 1e6];
    const digits = bytes < 1e6 || value >= 100 ? 0 : 1;
    return new Intl.NumberFormat(this.lang, {
      style: 'unit',
      unit,
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    }).format(value);
  }
}

/** Of a tag the language alone. @param {string} tag */
const primary = (tag) => tag.toLowerCase().split('-')[0];

/**
 * @param {string} text
 * @param {Record<string, string>} values
 */
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
