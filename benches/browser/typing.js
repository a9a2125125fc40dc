// A person at the keyboard: queries letter by letter with the pauses of a quick typist, and in the page a stopwatch from each input
// event to the frame that shows rows of that text.

/** What people look for in the Rust books, some of it names. */
export const QUERIES = [
  'share code', 'workspace members', 'borrow checker', 'smaller binary', 'E0277', 'lifetime elision', '--cfg flag', 'trait object',
  'read a file', 'panic unwind', 'Vec::push', 'async await', 'cargo test one', 'feature flags', 'build script', 'macro_rules',
  'embedded no_std', 'link C library', 'doc tests', 'git dependency',
];

/** Between two keys; some 75 words a minute. */
const LEAST_MS = 90;
const MOST_MS = 230;
/** After the last key of a query, for whatever is still to come. */
const READING_MS = 600;

/**
 * In the page. For each input event the text, and when rows of that text were painted: the first message after the frame's callbacks
 * comes when that frame is on its way to the screen.
 */
export function startStopwatch() {
  const box = /** @type {any} */ (document.querySelector('siteseer-search'));
  /** @type {{ text: string, at: number, ms?: number, tier?: string, rows?: number }[]} */
  const keys = [];
  const channel = new MessageChannel();
  /** @type {(() => void)[]} */
  const waiting = [];
  channel.port1.onmessage = () => waiting.shift()?.();
  box.shadowRoot.addEventListener('input', (/** @type {Event} */ event) => keys.push({ text: box.value, at: event.timeStamp }), { capture: true });
  box.addEventListener('siteseer-results', (/** @type {CustomEvent} */ { detail: { query, tier, results } }) => {
    const key = keys.at(-1);
    if (!key || key.text !== query || key.tier) return;
    key.tier = tier;
    requestAnimationFrame(() => {
      waiting.push(() => {
        key.ms = performance.now() - key.at;
        key.rows = results.length && box.shadowRoot.querySelectorAll('[role=option]').length;
      });
      channel.port2.postMessage(0);
    });
  });
  Object.assign(globalThis, { takeKeys: () => keys.splice(0) });
}

/**
 * Types all queries, each into an empty field.
 * @param {import('playwright-core').Page} page
 */
export async function typeAll(page) {
  let random = 1;
  const pause = () => {
    random = (random * 48_271) % 2_147_483_647; // the same pauses in every run (MINSTD)
    return LEAST_MS + (random % (MOST_MS - LEAST_MS));
  };
  await page.locator('siteseer-search').getByRole('combobox').focus();
  for (const query of QUERIES) {
    for (const letter of query) {
      await page.keyboard.type(letter);
      await page.waitForTimeout(pause());
    }
    await page.waitForTimeout(READING_MS);
    await page.keyboard.press('Control+A');
    await page.keyboard.press('Delete');
    await page.waitForTimeout(pause());
  }
  const keys = await page.evaluate(() => /** @type {any} */ (globalThis).takeKeys());
  return keys.filter((/** @type {{ text: string }} */ { text }) => text.trim());
}
