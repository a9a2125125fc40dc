// The line of the search box for offline use: an offer with its size, a progress bar that can be cancelled, and what
// came of it. Loaded only where a page asks for it with the attribute `offline`.

import { abortable } from './abortable.js';
import { h } from './dom.js';
import { isAbort } from './errors.js';
import { hide } from './hide.js';
import { offlineLanguages } from './languages-offline.js';
import { NoRoom, askVersion, planFor, saveFiles } from './offline-download.js';
import { askToPersist, register } from './offline-register.js';
import { Store } from './offline-store.js';
import { offline as css } from './style-offline.js';

/** @import { OfflineKey } from './siteseer.js' */
/** @import { OfflineWishes } from './offline-offer.js' */
/** @import { Words } from './strings.js' */

const FOLDER = new URL('./', import.meta.url).href;
/** Of all boxes of a page. @type {Map<string | null, Promise<boolean>>} */
const registered = new Map();
/** @type {CSSStyleSheet | undefined} */
let sheet;

/** What the line says; `loading` has its own parts. @typedef {'loading' | 'offer' | 'ready' | 'later' | 'stopped' | 'full' | 'failed' | 'none'} State */
const SAID = /** @type {Partial<Record<State, OfflineKey>>} */ ({
  ready: 'offlineReady',
  later: 'offlineLater',
  stopped: 'offlineStopped',
  full: 'offlineFull',
  failed: 'offlineFailed',
  none: 'offlineNone',
});

export class OfflineLine {
  store = new Store(FOLDER);
  /** @type {AbortController | undefined} */
  #download;
  /** The page has the service worker. */
  #served = false;
  #said = h('span', { class: 'said', role: 'status' });
  #bar = h('progress', { max: '1', value: '0' });
  #sum = h('span', { class: 'sum' });
  #action = h('button', { class: 'action', part: 'action', type: 'button' });

  /**
   * @param {HTMLElement} place
   * @param {Words} words
   * @param {OfflineWishes} wishes
   * @param {ReadonlySet<string>} asked addresses of index files that the page has asked for
   */
  constructor(place, words, wishes, asked) {
    this.place = place;
    this.words = words;
    this.wishes = wishes;
    this.asked = asked;
    words.add(offlineLanguages);
    if (!sheet) (sheet = new CSSStyleSheet()).replaceSync(css);
    const root = /** @type {ShadowRoot} */ (place.getRootNode());
    root.adoptedStyleSheets = [...root.adoptedStyleSheets.filter((other) => other !== sheet), sheet];
    this.#bar.setAttribute('aria-label', words.say('offlineLoading'));
    this.#action.addEventListener('click', () => (this.#download ? this.#download.abort() : this.save()));
    place.replaceChildren(this.#said, this.#bar, this.#sum, this.#action);

    const { signal } = wishes;
    signal.addEventListener('abort', () => this.#download?.abort());
    navigator.serviceWorker?.addEventListener('message', ({ data }) => data?.siteseer === 'full' && !this.#download && this.#show('full'), { signal });
  }

  /** Makes search keepable, and offers to keep all of it now. */
  async begin() {
    const { script, all, signal } = this.wishes;
    try {
      if (!registered.has(script)) registered.set(script, afterLoad().then(() => register(FOLDER, script, this.asked)));
      this.#served = !!(await registered.get(script));
      if (signal.aborted) return;
      let missing = await this.#offer();
      if (this.#served && this.place.classList.contains('later')) {
        if ((await askVersion(FOLDER, 'reload')) === 'none') throw new NoRoom('There is no room for the client files.'); // it is on its way
        missing = await this.#offer();
      }
      if (all && missing && !savesData()) await this.save();
    } catch (error) {
      registered.delete(script);
      this.#fail(error, error instanceof NoRoom ? 'full' : 'none');
    }
  }

  /** Fetches what is missing. */
  async save() {
    const { signal } = (this.#download = new AbortController());
    try {
      this.#show('loading');
      await abortable(askToPersist(this.store), signal);
      await saveFiles(this.store, this.wishes.highest, { signal, onProgress: (loaded, total) => this.#progress(loaded, total) });
      this.#download = undefined;
      await this.#offer();
    } catch (error) {
      this.#download = undefined;
      if (isAbort(error)) this.#show('stopped');
      else this.#fail(error, error instanceof NoRoom ? 'full' : 'failed');
      await this.#offer(true).catch(() => {});
    }
  }

  /** @param {boolean} [again] below what was said */
  async #offer(again = false) {
    const { missing, whole } = await planFor(this.store, this.wishes.highest);
    const bytes = missing.reduce((sum, { bytes }) => sum + bytes, 0);
    if (!again) this.#show(bytes ? 'offer' : whole && this.#served ? 'ready' : 'later');
    hide(this.#action, bytes === 0);
    this.#action.textContent = this.words.say('offlineOffer', { size: this.words.size(bytes) });
    return bytes;
  }

  /**
   * @param {unknown} error
   * @param {State} state
   */
  #fail(error, state) {
    const reason = error instanceof Error ? error.message : String(error);
    if (reason) console.warn(`Siteseer: ${reason}`);
    this.#show(state);
    this.#said.title = reason;
  }

  /** @param {State} state */
  #show(state) {
    const loading = state === 'loading';
    const key = SAID[state];
    this.place.hidden = false;
    this.place.className = `offline ${state}`;
    this.#said.textContent = key ? this.words.say(key) : '';
    this.#said.title = '';
    this.#bar.hidden = this.#sum.hidden = !loading;
    hide(this.#action, state === 'ready' || state === 'later' || state === 'none');
    if (loading) this.#action.textContent = this.words.say('offlineCancel');
  }

  /**
   * @param {number} loaded
   * @param {number} total
   */
  #progress(loaded, total) {
    const { words } = this;
    this.#bar.value = total ? loaded / total : 1;
    this.#sum.textContent = words.say('offlineProgress', { loaded: words.size(loaded), total: words.size(total) });
  }
}

const savesData = () => /** @type {{ connection?: { saveData?: boolean } }} */ (navigator).connection?.saveData === true;

/** The page itself comes first. */
async function afterLoad() {
  if (document.readyState === 'complete') return;
  await new Promise((resolve) => addEventListener('load', resolve, { once: true }));
}
