// A page opened from the disk, where browsers run no modules: the text between the tags, or what `from-disk.js` says.

import assert from 'node:assert/strict';
import { mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { diskLanguages } from '../siteseer/languages-disk.js';
import { violations } from './axe.js';
import { boxPage, launch, openPage } from './browser.js';
import { browserTests } from './harness.js';
import { writeIndex } from './server.js';

/** @import { Browser, BrowserContextOptions, Page } from 'playwright-core' */

/** @type {Browser} */
let browser;
let folder = '';
before(async () => {
  browser = await launch();
  folder = realpathSync(await mkdtemp(join(tmpdir(), 'siteseer disk-')));
  await writeIndex(join(folder, 'siteseer'));
  mkdirSync(join(folder, 'guide'));
});
after(() => (rmSync(folder, { recursive: true }), browser.close()));

const SCRIPT = '<script src="../siteseer/from-disk.js" defer></script>';

/**
 * @param {string} html
 * @param {(page: Page, complaints: string[]) => Promise<void>} look
 * @param {{ context?: BrowserContextOptions, in?: Browser }} [options]
 */
async function openFromDisk(html, look, { context: contextOptions, in: other = browser } = {}) {
  const file = join(folder, 'guide/page.html');
  writeFileSync(file, html.replace('"siteseer/siteseer.js"', '"../siteseer/siteseer.js"'));
  const { page, context, complaints } = await openPage(other, 'file:', contextOptions);
  try {
    await page.goto(pathToFileURL(file).href);
    await look(page, complaints.filter((complaint) => !complaint.includes('blocked by CORS policy'))); // which is why
  } finally {
    await context.close();
  }
}
/** @param {Parameters<typeof boxPage>[0]} box */
const withScript = (box) => boxPage(box).replace('</head>', `${SCRIPT}</head>`);
/** What a person reads in the place of the box. */
const said = (/** @type {Page} */ page, element = 'siteseer-search') => page.locator(`${element} .message`).innerText();

test('the box says that it was opened from the disk, and the command that helps, with the folder of this site', async () => {
  await openFromDisk(withScript({}), async (page, complaints) => {
    assert.equal(await said(page), `${diskLanguages.en.disk}\n\n${diskLanguages.en.diskNext.replace('{command}', `siteseer serve "${folder}/"`)}`);
    assert.deepEqual(complaints, []);
  });
});

for (const [lang, { disk }] of Object.entries(diskLanguages)) {
  test(`it speaks ${lang}`, () => openFromDisk(withScript({ lang: `${lang}-x-any` }), async (page) => assert.ok((await said(page)).startsWith(disk))));
}

test('in the place of the modal, too, and on a phone of 320 px without sideways scrolling', async () => {
  await openFromDisk(withScript({ element: 'siteseer-modal', lang: 'de', dir: 'rtl' }), async (page) => {
    assert.match(await said(page, 'siteseer-modal'), /siteseer serve/);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  }, { context: { viewport: { width: 320, height: 568 } } });
});

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  test(`axe finds nothing, ${colorScheme}`, () => openFromDisk(withScript({}), async (page) => {
    await page.locator('.message').waitFor();
    assert.deepEqual(await violations(page, 'siteseer-search'), []);
  }, { context: { colorScheme } }));
}

test('a text of the site between the tags stays, with the script and without it', async () => {
  for (const script of [SCRIPT, '']) {
    const html = boxPage().replace('></siteseer-search>', '>Ask the server.</siteseer-search>').replace('</head>', `${script}</head>`);
    await openFromDisk(html, async (page) => {
      await page.waitForLoadState();
      await page.waitForTimeout(100);
      assert.equal(await page.locator('siteseer-search').innerText(), 'Ask the server.');
    });
  }
});

test('a browser that runs modules from the disk searches', async () => {
  const permissive = await launch('--allow-file-access-from-files');
  try {
    await openFromDisk(withScript({}), async (page) => {
      await page.getByRole('combobox').fill('workspace');
      await page.getByRole('option').first().waitFor();
      assert.equal(await page.locator('.message').first().isVisible(), false);
    }, { in: permissive });
  } finally {
    await permissive.close();
  }
});

const browserTest = browserTests();
browserTest('on a server the script says nothing, and the text between the tags gives way to the box', async ({ page }) => {
  await page.getByRole('combobox').waitFor();
  assert.doesNotMatch(await page.locator('siteseer-search').innerText(), /Ask the server|disk/);
}, {
  faults: (site) => site.pages.set('box.html', boxPage().replace('></siteseer-search>', '>Ask the server.</siteseer-search>').replace('</head>', '<script src="siteseer/from-disk.js" defer></script></head>')),
});
