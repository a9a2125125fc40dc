// For sites that are also opened from the disk (`file:`), where browsers run no modules and so no search: says so in the
// place of each search box, with the command that helps. A page loads it as a classic script, which runs from the disk, too:
//
//   <script src="siteseer/from-disk.js" defer></script>
//
// Under any other address it does nothing.

import { h } from './dom.js';
import { diskLanguages } from './languages-disk.js';
import { languageOf } from './page-language.js';
import { disk as css } from './style-disk.js';

const NAMES = ['siteseer-search', 'siteseer-modal'];
const { src } = /** @type {HTMLScriptElement} */ (document.currentScript);

if (location.protocol === 'file:') addEventListener('load', tell); // a browser may be told to run modules all the same

function tell() {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  for (const element of document.querySelectorAll(NAMES.filter((name) => !customElements.get(name)).join() || 'none')) {
    if (element.shadowRoot || element.textContent?.trim()) continue; // the site has a text of its own
    const language = languageOf(element).toLowerCase().split('-')[0];
    const lang = Object.hasOwn(diskLanguages, language) ? language : 'en';
    const { disk, diskNext } = diskLanguages[lang];
    const [before, after] = diskNext.split('{command}');
    const next = h('p', {}, before, h('code', { dir: 'ltr' }, `siteseer serve ${quote(siteFolder())}`), after);
    const root = element.attachShadow({ mode: 'open' });
    root.adoptedStyleSheets = [sheet];
    root.append(h('div', { class: 'message', part: 'message', role: 'note', lang }, h('p', { class: 'headline' }, disk), next));
  }
}

/** The folder of the site: the one that the index folder is in. */
function siteFolder() {
  const path = decodeURIComponent(new URL('..', src).pathname);
  return /^\/[A-Z]:/i.test(path) ? path.slice(1) : path; // Windows: /C:/site/
}

/** For a shell, where it is needed. @param {string} path */
const quote = (path) => (/^[\w./:~-]+$/.test(path) ? path : `"${path}"`);
