// Opening an index: its manifest, and the engine that answers from it.

import { Chunks } from './chunks.js';
import { detectBackend, importModule, loadEngine } from './detect.js';
import { guard } from './guard.js';
import { loadFile } from './loader.js';
import { fetchManifest } from './manifest.js';

/** @import { Index } from './opened.js' */
/** @import { FileEntry } from './manifest.js' */

globalThis.siteseerStem = () => ''; // the engine asks, also where no stemmer is loaded

/**
 * @param {string} url of the manifest
 * @param {(url: string) => void} onAsk told of each file of the index that is asked for
 * @returns {Promise<Index>} of which no file is loaded yet
 */
export async function openIndex(url, onAsk) {
  const backend = detectBackend();
  const loading = loadEngine();
  loading.catch(() => {}); // meanwhile the manifest, whose error says more
  const { manifest, text } = await fetchManifest(url);
  const { EngineClass, more } = await loading;
  const engine = guard(() => new EngineClass(text));
  /** @type {Index['fetch']} */
  const fetch = (file, priority, progress, signal) => {
    onAsk(new URL(file.name, url).href);
    return loadFile(url, file, { priority, signal, onBytes: (loaded) => progress?.(file, loaded) });
  };
  const now = (/** @type {FileEntry} */ file) => fetch(file, 'high');
  const { stemmers } = manifest.files;
  return {
    engine,
    manifest,
    stemmed: stemmers && Promise.all([importModule('stemmers.js'), Promise.allSettled(stemmers.map(({ file }) => now(file)))]).then(([{ useStemmers }, files]) => useStemmers(stemmers, files), console.warn),
    root: new URL(manifest.siteRoot, url).href,
    fetch,
    chunks: new Chunks(engine, manifest, now),
    backend,
    more,
  };
}
