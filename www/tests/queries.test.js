// Queries climb the tiers: nothing is loaded before it is needed, the latest query wins, and a better tier re-orders
// the rows in place.

import assert from 'node:assert/strict';
import { QUERY, active, browserTests, input, meaning, passages, rows, until, words } from './harness.js';

const browserTest = browserTests();
const asked = (/** @type {string[]} */ requests, /** @type {RegExp} */ pattern) => requests.some((path) => pattern.test(path));

browserTest('a visitor who does not search loads neither engine nor index', async ({ page, site }) => {
  await page.waitForTimeout(400);
  assert.ok(!asked(site.requests, /engine|worker|manifest|lexical|vectors|model|passages/), site.requests.join(' '));
  await input(page).focus();
  await until(() => asked(site.requests, /lexical/));
  await page.waitForTimeout(400);
  assert.ok(!asked(site.requests, /vectors|model/), 'the dense tier waits for a query');
  await page.keyboard.type('packages');
  await meaning(page);
  assert.ok(asked(site.requests, /model/));
});

browserTest('a query fetches the chunks of its words only, each once, and spellings for a word that is not there', async ({ page, site }) => {
  const chunks = () => site.requests.flatMap((path) => path.match(/(postings|spellings)-\w+-(\d+)\./)?.slice(1).join(' ') ?? []);
  await input(page).fill('packages');
  await words(page);
  assert.deepEqual(chunks(), ['postings 0']);
  await input(page).fill('packages pakages'); // the same letter
  await until(() => chunks().length === 2);
  assert.deepEqual(chunks(), ['postings 0', 'spellings 0']);
  await input(page).fill('packages manifest rust');
  await until(() => chunks().length === 4);
  assert.deepEqual(chunks().slice(2).sort(), ['postings 1', 'postings 2']);
}, { box: { attributes: 'tiers="lexical"' } });

browserTest('lexical results come first, then the dense order in the same rows', async ({ page, site }) => {
  site.faults.set(/model/, { bytesPerSecond: 80_000 });
  await input(page).fill(QUERY);
  await words(page);
  const before = await passages(page);
  await rows(page).evaluateAll((options) => options.forEach((option) => Object.assign(option, { seenBefore: true })));
  await meaning(page);
  const after = await passages(page);
  assert.notDeepEqual(after, before);
  const kept = await rows(page).evaluateAll((options) => options.filter((option) => 'seenBefore' in option).length);
  assert.equal(kept, after.filter((passage) => before.includes(passage)).length);
});

browserTest('re-ordering keeps the active row active', async ({ page, site }) => {
  site.faults.set(/model/, { bytesPerSecond: 80_000 });
  await input(page).fill(QUERY);
  await words(page);
  await page.keyboard.press('ArrowDown');
  const title = await active(page);
  const id = await input(page).getAttribute('aria-activedescendant');
  await meaning(page);
  assert.notEqual(await rows(page).first().getAttribute('id'), id, 'the row has moved');
  assert.equal(await input(page).getAttribute('aria-activedescendant'), id);
  assert.equal(await active(page), title);
  assert.equal(await page.locator(`#${id}`).getAttribute('aria-selected'), 'true');
});

browserTest('an active row that the better tier does not know stays, at the end', async ({ page, site }) => {
  site.faults.set(/model/, { bytesPerSecond: 80_000 });
  await input(page).fill('workspace members code');
  await words(page);
  await page.keyboard.press('End').catch(() => {});
  for (let i = 0; i < 2; i++) await page.keyboard.press('ArrowUp');
  const id = await input(page).getAttribute('aria-activedescendant');
  assert.ok(id);
  await meaning(page);
  assert.equal(await input(page).getAttribute('aria-activedescendant'), id);
  assert.equal(await page.locator(`#${id}`).count(), 1);
}, { box: { attributes: 'limit="2"' } });

browserTest('the latest query wins', async ({ page }) => {
  await input(page).fill('packages');
  await meaning(page);
  await input(page).fill('packages !slow'); // 300 ms in the worker
  await page.waitForTimeout(60);
  await input(page).fill('vector index panic');
  await page.locator('.list', { hasText: 'Unrecoverable' }).waitFor();
  await page.waitForTimeout(900);
  assert.match(String(await page.locator('.list').textContent()), /Unrecoverable/);
  assert.doesNotMatch(String(await page.locator('.list').textContent()), /cargo package/);
});

browserTest('words answer every key, meaning is asked for after a pause in typing', async ({ page }) => {
  await input(page).fill('packages');
  await meaning(page);
  await page.clock.install();
  await page.evaluate(() => {
    const pages = Object.assign(window, { pages: /** @type {string[]} */ ([]) }).pages;
    document.querySelector('siteseer-search')?.addEventListener('siteseer-results', (event) => {
      const { tier, query } = /** @type {CustomEvent} */ (event).detail;
      pages.push(`${tier} ${query}`);
    });
  });
  const pages = () => page.evaluate(() => /** @type {any} */ (window).pages);
  await page.clock.pauseAt(Date.now() + 60_000);
  for (const text of ['crate', 'crates', 'crates manifest']) {
    await input(page).fill(text);
    await page.waitForFunction((newest) => /** @type {any} */ (window).pages.at(-1) === newest, `lexical ${text}`, { polling: 'raf' });
  }
  assert.deepEqual(await pages(), ['lexical crate', 'lexical crates', 'lexical crates manifest']);
  await page.clock.runFor(500);
  await page.waitForFunction(() => /** @type {any} */ (window).pages.length > 3);
  assert.equal((await pages())[3], 'dense crates manifest');
});

browserTest('only passages with the words in quotation marks answer, in every tier', async ({ page }) => {
  const text = async (/** @type {string} */ query) => {
    await input(page).fill(query);
    await meaning(page);
    return rows(page).evaluateAll((options) => options.map(({ textContent }) => String(textContent)));
  };
  assert.ok((await text('source code of packages')).length > 1);
  const found = await text('"source code" of packages');
  assert.ok(found.length === 1 && /source code/.test(found[0]), found.join(' | '));
  assert.ok((await text('"source code of packages')).length > 1, 'the quotation is not closed yet');
});

browserTest('hits of one page stand together under its title', async ({ page }) => {
  await input(page).fill(QUERY);
  await meaning(page);
  const group = page.getByRole('group', { name: 'Workspaces - The Cargo Book' });
  assert.equal(await group.getByRole('option').count(), 2);
});

browserTest('a section that is several passages is one result', async ({ page }) => {
  await input(page).fill('unwinding stack');
  await meaning(page);
  const links = await rows(page).evaluateAll((options) => options.map((option) => /** @type {HTMLAnchorElement} */ (option).href));
  assert.equal(new Set(links).size, links.length);
  assert.equal(links.filter((link) => link.endsWith('#unwinding')).length, 1);
});

browserTest('counts are announced politely, once typing has paused', async ({ page }) => {
  await input(page).fill(QUERY);
  await meaning(page);
  const live = page.getByRole('status');
  await live.filter({ hasText: /^\d results, now ordered by meaning$/ }).waitFor({ state: 'attached' });
  await live.evaluate((region) => {
    const said = Object.assign(window, { said: /** @type {(string | null)[]} */ ([]) }).said;
    new MutationObserver(() => said.push(region.textContent)).observe(region, { childList: true });
  });
  await page.getByRole('combobox').pressSequentially(' zzzz'); // five texts, one announcement
  await input(page).fill('zzzz');
  await live.filter({ hasText: 'No results for “zzzz”' }).waitFor({ state: 'attached' });
  const said = await page.evaluate(() => /** @type {any} */ (window).said);
  assert.ok(said.length <= 2, said.join(' | '));
});

browserTest('a deep link searches at the start, and the address follows the typing', async ({ page }) => {
  await meaning(page);
  assert.equal(await input(page).inputValue(), 'make the binary smaller');
  assert.match(String(await rows(page).first().textContent()), /Profiles/);
  await input(page).fill('packages & crates');
  await page.waitForURL('**/box.html?q=packages+%26+crates');
  await input(page).fill('');
  await page.waitForURL('**/box.html');
}, { address: 'box.html?q=make+the+binary+smaller', box: { attributes: 'deep-link' } });

browserTest('Save-Data stays with the words until the visitor asks for more', async ({ page, site }) => {
  await page.addInitScript(() => Object.defineProperty(navigator, 'connection', { value: { saveData: true } }));
  await page.reload();
  await input(page).fill(QUERY);
  await words(page);
  await page.waitForTimeout(500);
  assert.ok(!asked(site.requests, /vectors|model/));
  assert.match(String(await page.locator('.note').textContent()), /to save data/);
  await page.getByRole('button', { name: /Search by meaning \(\d+ kB\)/ }).click();
  await meaning(page);
});

browserTest('leaving the document ends the worker and every listener; coming back works', async ({ page }) => {
  await input(page).fill(QUERY);
  await meaning(page);
  assert.equal(page.workers().length, 1);
  await page.evaluate(() => {
    const box = /** @type {HTMLElement} */ (document.querySelector('siteseer-search'));
    Object.assign(window, { box });
    box.remove();
  });
  await page.waitForTimeout(200);
  assert.equal(page.workers().length, 0);
  await page.evaluate(() => document.querySelector('main')?.append(/** @type {any} */ (window).box));
  await meaning(page);
  assert.equal(await input(page).inputValue(), QUERY);
});

browserTest('two boxes share one worker', async ({ page }) => {
  await page.evaluate(() => document.querySelector('main')?.append(document.createElement('siteseer-search')));
  await input(page).nth(0).fill('packages');
  await input(page).nth(1).fill('vector');
  await page.locator('siteseer-search').nth(1).locator('.badge.dense').waitFor();
  assert.equal(page.workers().length, 1);
});
