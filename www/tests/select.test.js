// Which of the engine's results are shown.

import assert from 'node:assert/strict';
import { test } from 'node:test';

// a port that listens would keep the process from ending, and nothing here waits for a message
globalThis.MessageChannel = /** @type {any} */ (class { port1 = {}; port2 = {}; });
const { selectResults } = await import('../siteseer/select.js');

/** @param {string} url @param {string} title @param {string} [excerpt] */
const result = (url, title, excerpt = 'the <mark>same</mark> text') => /** @type {any} */ ({ url, title, headingPath: ['One'], excerpt });

test('a section is shown once, and so is a text that the site has twice', () => {
  const found = selectResults(
    [
      result('book/#one', 'Introduction'),
      result('book/introduction.html#one', 'Introduction'),
      result('book/introduction.html#two', 'Introduction', 'another'),
      result('book/introduction.html#two', 'Introduction', 'a later passage'),
      result('reference/#one', 'Reference'),
      result('//elsewhere.example/#one', 'Away'),
    ],
    'https://example.org/docs/',
    8,
  );
  const urls = found.map(({ url }) => url.replace('https://example.org/docs/', ''));
  assert.deepEqual(urls, ['book/#one', 'book/introduction.html#two', 'reference/#one']);
});
