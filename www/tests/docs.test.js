// What docs/ says of the browser's side is all of it, and true: every attribute, property, part and option is named, what is
// named exists, every example runs, and every page is in the table of contents with links that lead somewhere.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { SiteseerSearchElement } from '../siteseer/element.js';
import { SiteseerModalElement } from '../siteseer/modal.js';
import { SiteseerRelatedElement } from '../siteseer/related.js';
import { browserTests } from './harness.js';

const docs = new URL('../../docs/', import.meta.url);
const client = new URL('../siteseer/', import.meta.url);
const pages = readdirSync(docs).filter((name) => name.endsWith('.md'));
const read = (/** @type {string} */ name) => readFileSync(new URL(name, docs), 'utf8');
const api = read('browser-api.md');
const sources = readdirSync(client).filter((name) => name.endsWith('.js')).map((name) => readFileSync(new URL(name, client), 'utf8')).join('\n');
const types = readFileSync(new URL('siteseer.d.ts', client), 'utf8');

/** @param {string} text @param {RegExp} pattern */
const all = (text, pattern) => [...new Set([...text.matchAll(pattern)].map(([, name]) => name))].sort();
/** Names in backquotes in the first column of the table below a line. @param {string} head */
const column = (head) => {
  const [, table] = api.split(head);
  assert.ok(table, head);
  return all(table.split('\n\n')[0].replace(/^\| ([^|]*)\|.*$/gm, '$1'), /`([^`]+)`/g);
};

test('every attribute of the elements is in the table, and no other', () => {
  const read = [...SiteseerSearchElement.observedAttributes, 'autofocus', 'theme'].sort();
  assert.deepEqual(column('| attribute | meaning |\n|---|---|\n'), read);
  const own = SiteseerModalElement.observedAttributes.filter((name) => !read.includes(name));
  assert.deepEqual(own, [], 'the modal has no attribute of its own');
  const missing = read.filter((name) => !SiteseerModalElement.observedAttributes.includes(name));
  assert.deepEqual(missing, ['autofocus', 'panel', 'theme'], 'as the page says, it lacks `panel`; it inherits the theme, and opens focused');
});

test('every attribute of <siteseer-related> is in its table, and no other', () => {
  const read = [...SiteseerRelatedElement.observedAttributes, 'theme'].sort();
  assert.deepEqual(column('| attribute of `<siteseer-related>` | meaning |\n|---|---|\n'), read);
});

test('every custom property is in the table, and no other', () => {
  assert.deepEqual(column('| custom property | what it is |\n|---|---|\n'), all(sources, /var\((--siteseer-[a-z-]+)/g));
});

test('every part is named, and no other', () => {
  const [, list] = api.match(/styled by `::part\(\)`: ([^]*?)\.\n/) ?? [];
  const others = all(api, /The parts ([^]*?) can be styled/g);
  assert.deepEqual(all(`${list} ${others}`, /`([a-z]+)`/g), all(sources, /\bpart: '([a-z-]+)'/g));
});

test('every member of the public types is named', () => {
  for (const [, name, body] of types.matchAll(/^export interface (OpenOptions|QueryOptions|Result|ResultPage|Explanation|ContextOptions|RelatedPage|Status|TierStatus|Search|Context)\b[^{]*\{\n([^]*?)^\}/gm)) {
    for (const member of all(body, /^ {2}(?:readonly )?(\w+)[?(:]/gm)) assert.match(api, new RegExp(`\`${member}[\`(]|[{,] ${member}[,? }]`), `${name}.${member}`);
  }
});

test('every page is in SUMMARY.md and index.md, and every link leads somewhere', () => {
  const others = pages.filter((name) => !['SUMMARY.md', 'index.md'].includes(name));
  for (const list of ['SUMMARY.md', 'index.md']) assert.deepEqual(all(read(list), /\]\(([\w-]+\.md)\)/g).filter((name) => name !== 'index.md'), others, list);
  const slug = (/** @type {string} */ heading) => heading.toLowerCase().replace(/[^\w\s-]/g, '').trim().replace(/\s+/g, '-');
  for (const page of pages) {
    for (const [, file, anchor] of read(page).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)) {
      const target = file || page;
      assert.ok(existsSync(new URL(target, docs)), `${page}: ${target}`);
      if (!anchor) continue;
      const anchors = [...read(target).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => slug(heading));
      assert.ok(anchors.includes(anchor), `${page}: ${target}#${anchor}`);
    }
  }
});

const browserTest = browserTests();
const examples = pages.flatMap((page) =>
  [...read(page).matchAll(/```js\n([^]*?)```/g)].map(([, code]) => code).filter((code) => code.includes("from '/siteseer/siteseer.js'")).map((code, i) => ({ page, code, i })),
);

test('there are examples to run', () => assert.ok(examples.length >= 5));

for (const { page: name, code, i } of examples) {
  browserTest(`${name}: example ${i + 1} runs and says something`, async ({ page }) => {
    /** @type {string[]} */
    const said = [];
    page.on('console', (message) => said.push(message.text()));
    await page.addScriptTag({ url: '/example.js', type: 'module' });
    await page.waitForFunction(() => 'done' in window);
    assert.ok(said.length > 0);
  }, {
    serve: { filters: true },
    faults: (site) => site.pages.set('example.js', `${code}\nwindow.done = true;`),
  });
}
