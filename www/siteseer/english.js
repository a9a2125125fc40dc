// The strings of the search box in English. `{…}` are filled in by `strings.js`; other languages are in `languages.js`.

/** @import { Strings } from './siteseer.js' */

/** @type {Strings} */
export const english = {
  label: 'Search this site',
  placeholder: 'Search…',
  clear: 'Clear',
  close: 'Close',
  results: { one: '{n} result', other: '{n} results' },
  byWords: 'By words',
  byMeaning: 'By meaning',
  refined: 'By meaning, refined',
  bestFirst: 'Best first',
  opening: 'Opening the index…',
  loadingMeaning: 'Search by meaning is loading',
  meaningLoading: 'Meaning: {loaded} of {total}',
  meaningFailed: 'Search by meaning is not available; results match words.',
  meaningOff: 'Not loaded, to save data; results match words.',
  stop: 'Stop',
  load: 'Search by meaning ({size})',
  loadingBest: 'The best order is loading',
  bestLoading: 'Best order: {loaded} of {total}',
  bestFailed: 'The best order is not available; results are by meaning.',
  loadBest: 'Best order ({size})',
  none: 'No results for “{query}”',
  noneHint: 'Try fewer or other words, or say what you want to do.',
  noneYet: 'Search by meaning is still loading and may find more.',
  unavailable: 'Search is not available',
  retry: 'Try again',
  orderedByMeaning: '{results}, now ordered by meaning',
  orderedByBest: '{results}, now best first',
  keyMove: 'move',
  keyOpen: 'open',
  keyClose: 'close',
};
