// From the key to the rows: the search box of an indexed site in headless Chromium, typed into as people do (`typing.js`). Two states of a warm
// page are measured: words alone, and the whole ladder with both models. `./build.sh bench keystroke` calls it:
//
//   CHROMIUM=chromium node benches/browser/keystroke.js SITE
//
// It asserts no time: what it prints is the machine's, too.

import { launch } from '../../www/tests/browser.js';
import { serve } from '../../www/tests/cold-visit.js';
import { tasksDuring } from './main-thread.js';
import { startStopwatch, typeAll } from './typing.js';

/** What a main thread may be kept without a frame being lost. */
const FRAME_MS = 16;
const STATES = /** @type {const} */ ([
  { name: 'words alone', tier: 'lexical' },
  { name: 'whole ladder', tier: 'reranked' },
]);

/** @param {number[]} sorted */
const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
const figures = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  return `median ${at(sorted, 0.5).toFixed(1)}, 95 of 100 ${at(sorted, 0.95).toFixed(1)}, most ${sorted.at(-1).toFixed(1)} ms`;
};

/** @param {import('playwright-core').Page} page */
async function open(page, url, tier) {
  await page.goto(`${url}index.html`);
  await page.evaluate(async (tier) => {
    await customElements.whenDefined('siteseer-search');
    const box = /** @type {any} */ (document.querySelector('siteseer-search'));
    box.setAttribute('tiers', tier);
    const ready = new Promise((resolve) => {
      box.addEventListener('siteseer-results', (/** @type {CustomEvent} */ { detail }) => detail.tier === tier && resolve(undefined));
    });
    box.value = 'where is the manifest of a package';
    await ready;
    box.value = '';
  }, tier);
  await page.evaluate(startStopwatch);
}

function report(title, keys, tasks) {
  const shown = keys.filter(({ ms, rows }) => ms !== undefined && rows > 0);
  const early = keys.filter(({ ms }) => ms === undefined).length;
  const tiers = [...new Set(shown.map(({ tier }) => tier))].map((name) => `${shown.filter(({ tier }) => tier === name).length} ${name}`);
  console.log(`  ${title}: ${figures(shown.map(({ ms }) => ms))}`);
  console.log(`    ${keys.length} keys, ${tiers.join(', ')}; ${early} overtaken by the next key, ${keys.length - early - shown.length} without rows`);
  if (!tasks) return;
  const over = (/** @type {'ms' | 'cpuMs'} */ what) => tasks.filter((task) => task[what] > FRAME_MS).length;
  const onCore = Math.max(...tasks.map(({ cpuMs }) => cpuMs));
  console.log(`    main thread, ${tasks.length} tasks: longest ${tasks[0].ms.toFixed(1)} ms by the clock, ${onCore.toFixed(1)} ms on a core; over ${FRAME_MS} ms: ${over('ms')} and ${over('cpuMs')}`);
  for (const { ms, cpuMs, parts } of tasks.slice(0, 3)) console.log(`      ${ms.toFixed(1)} (${cpuMs.toFixed(1)}): ${parts}`);
}

const [site] = process.argv.slice(2);
const server = await serve(site);
const browser = await launch();
console.log(`Chromium ${browser.version()}; from the input event to the frame with rows of that text`);
for (const state of STATES) {
  const page = await browser.newPage();
  await open(page, server.url, state.tier);
  report(`${state.name}, typed first (postings are fetched)`, await typeAll(page));
  let keys = [];
  const tasks = await tasksDuring(browser, page, async () => void (keys = await typeAll(page)));
  report(`${state.name}, warm`, keys, tasks);
  await page.close();
}
await browser.close();
server.close();
