// Opening an index: its manifest, and the engine that answers from it.

import { Chunks } from './chunks.js';
import { detectBackend, importModule, loadEngine } from './detect.js';
import { guard } from './guard.js';
import { loadFile } from './loader.js';
import { fetchManifest } from './manifest.js';

/** @import { FileNews, Index } from './opened.js' */
/** @import { FileEntry, StemmerFile } from './manifest.js' */

/** A language of so many of a site's pages is stemmed from the first query, whatever the page's own. */
const MAIN = 0.1;

globalThis.siteseerStem = () => ''; // the engine asks, also where no stemmer is loaded

/**
 * @param {string} url of the manifest
 * @param {(news: FileNews) => void} onFile
 * @param {string} [language] of the page: stemmers of other languages that few pages have come later. Without it, all come at once
 * @returns {Promise<Index>} of which no file is loaded yet
 */
export async function openIndex(url, onFile, language) {
  const backend = detectBackend();
  const loading = loadEngine();
  loading.catch(() => {}); // meanwhile the manifest, whose error says more
  const { manifest, text } = await fetchManifest(url);
  const { EngineClass, more } = await loading;
  const engine = guard(() => new EngineClass(text));
  /** @type {Index['fetch']} */
  const fetch = (file, priority, progress, signal) => {
    onFile({ url: new URL(file.name, url).href });
    return loadFile(url, file, { priority, signal, onBytes: (loaded) => progress?.(file, loaded), onGone: () => onFile({ tier: 'lexical', gone: text }) });
  };
  const now = (/** @type {FileEntry} */ file) => fetch(file, 'high');
  const { stemmers = [] } = manifest.files;
  const short = (/** @type {string} */ tag) => tag.slice(0, 2).toLowerCase();
  const isFirst = (/** @type {StemmerFile} */ { languages }) => {
    const pages = Object.entries(manifest.languages).reduce((sum, [tag, count]) => sum + (languages.includes(short(tag)) ? count : 0), 0);
    return !language || languages.includes(short(language)) || pages >= MAIN * manifest.counts.pages;
  };
  const stem = async (/** @type {StemmerFile[]} */ some) => {
    if (!some.length) return;
    const [{ useStemmers }, files] = await Promise.all([importModule('stemmers.js'), Promise.allSettled(some.map(({ file }) => now(file)))]);
    return useStemmers(some, files);
  };
  const first = stemmers.filter(isFirst);
  /** @type {Promise<void> | undefined} */
  let others;
  return {
    engine,
    manifest,
    stemmed: stem(first).catch(console.warn),
    stemOthers: () => (others ??= stem(stemmers.filter((file) => !first.includes(file))).catch(console.warn)),
    root: new URL(manifest.siteRoot, url).href,
    fetch,
    chunks: new Chunks(engine, manifest, now),
    backend,
    more,
  };
}
