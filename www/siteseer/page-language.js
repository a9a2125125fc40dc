// In which language an element speaks.

/**
 * The language of an element's surroundings, BCP 47.
 * @param {Element} element
 */
export const languageOf = (element) =>
  element.closest('[lang]')?.getAttribute('lang') || document.documentElement.lang || navigator.language || 'en';
