// In which language an element speaks, and its page.

/**
 * The language of an element's surroundings, BCP 47.
 * @param {Element} element
 */
export const languageOf = (element) =>
  element.closest('[lang]')?.getAttribute('lang') || document.documentElement.lang || navigator.language || 'en';

/** The language of the page, BCP 47; undefined where there is no page. */
export const languageOfPage = () => globalThis.document && (document.documentElement.lang || navigator.language);
