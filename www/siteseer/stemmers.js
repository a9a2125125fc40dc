// Stems words of other languages than English for the engine: a wasm file for each, which takes and gives numbers. The worker loads this
// module only for sites with pages in such a language.

/** @import { StemmerFile } from './manifest.js' */

/** `buffer` is the address of a word, which `stem` replaces by its stem; both lengths are in bytes. @typedef {{ memory: WebAssembly.Memory, buffer(): number, stem(length: number): number }} Stemmer */

/** The longest word that it takes. */
const MAX_BYTES = 256;
/** By two letters of a language, as one number. @type {Map<number, Stemmer>} */
const byLanguage = new Map();
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * From now on the engine stems words of these languages, too.
 * @param {StemmerFile[]} stemmers
 * @param {PromiseSettledResult<Uint8Array>[]} files of these. Without one its words have no stems: they are found as they are written, and by
 *   their beginnings.
 */
export async function useStemmers(stemmers, files) {
  const load = async (/** @type {StemmerFile} */ { languages }, /** @type {number} */ i) => {
    const stemmer = await instantiate(files[i]);
    for (const tag of languages) byLanguage.set(tag.charCodeAt(0) | (tag.charCodeAt(1) << 8), stemmer);
  };
  const failed = (/** @type {StemmerFile} */ { languages, file }, /** @type {unknown} */ cause) =>
    console.warn(`Siteseer searches words in "${languages}" as they are written, without their other forms: ${file.name} could not be loaded.`, cause);
  await Promise.all(stemmers.map((stemmer, i) => load(stemmer, i).catch((cause) => failed(stemmer, cause))));
  globalThis.siteseerStem = (language, word) => {
    const stemmer = byLanguage.get(language);
    return stemmer ? stem(stemmer, word) : '';
  };
}

/**
 * @param {PromiseSettledResult<Uint8Array>} file
 * @returns {Promise<Stemmer>}
 */
async function instantiate(file) {
  if (file.status === 'rejected') throw file.reason;
  const { instance } = await WebAssembly.instantiate(/** @type {Uint8Array<ArrayBuffer>} */ (file.value));
  return /** @type {Stemmer} */ (/** @type {unknown} */ (instance.exports));
}

/**
 * @param {Stemmer} stemmer
 * @param {string} word
 * @returns {string} '' if there is none
 */
function stem({ memory, buffer, stem }, word) {
  const at = buffer();
  const { written } = encoder.encodeInto(word, new Uint8Array(memory.buffer, at, MAX_BYTES));
  try {
    const length = stem(written);
    return decoder.decode(new Uint8Array(memory.buffer, at, length)); // the memory may have grown
  } catch {
    return ''; // a word that it stumbles over
  }
}
